"""Isolate this process from what a grader does not need: the network, the user's files, other processes.

On Linux where the kernel lets a plain user make namespaces, the code that comes after `enclose` sees a file system of
its own: the system's libraries, this interpreter and the zip, all read-only and where Lambda has them, and an empty
/tmp. There is no home, so no ``~/.aws``, and no /dev/shm, so no semaphores. It runs as a plain user, sees no process
but its own, and when it ends, or we do, all of its processes end.
"""

import contextlib
import ctypes
import fcntl
import os
import resource
import signal
import socket
import stat
import struct
import sys

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
SETTINGS = (
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime", "/etc/ssl"),
    *("/etc/ca-certificates", "/etc/pki", "/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/mime.types"),
)
DEVICES = ("null", "zero", "full", "random", "urandom")
TMP_BYTES = 512 << 20  # Lambda's /tmp; AWS "Lambda quotas", read 2026-11
MAX_FILE_BYTES = TMP_BYTES
MAX_OPEN_FILES, MAX_PROCESSES = 1024, 1024  # the same page
USER, GROUP = 993, 990  # as which Lambda runs a function: sbx_user1051
_SPARE_ADDRESSES = 4 << 30  # threads and mapped libraries reserve far more addresses than they use

_USERS, _PROCESSES, _NETWORK, _FILES, _IPC, _NAMES = 0x10000000, 0x20000000, 0x40000000, 0x20000, 0x8000000, 0x4000000
_NOSUID, _NODEV, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 2, 4, 32, 4096, 16384, 1 << 18
_KEPT = 2 | 4 | 8 | 1024 | 2048  # nosuid, nodev, noexec, noatime, nodiratime: a plain user cannot take them off again
_RELATIME_SEEN, _RELATIME = 4096, 1 << 21
_PDEATHSIG, _NO_NEW_PRIVILEGES = 1, 38  # <linux/prctl.h>
_CAPABILITIES_V3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def limit(memory_mb: int) -> None:
    """Limit files, descriptors, processes and address space, as Lambda does, and disable core dumps."""
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
        (resource.RLIMIT_FSIZE, MAX_FILE_BYTES),
        (resource.RLIMIT_AS, 4 * (memory_mb << 20) + _SPARE_ADDRESSES),
    ):
        _lower(what, most)


def _lower(what: int, most: int) -> None:
    """Limit something to `most`, or to what this process is limited to already."""
    _, hard = resource.getrlimit(what)
    lowered = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (lowered, lowered))


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent dies."""
    _libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def enclose(root: str, own: dict[str, str], *, offline: bool, ours_alone: int) -> None:
    """Continue as a process that sees only the system and `own`; `root` is an empty folder for the new root.

    `own` says of each path where it is seen. The caller's process stays behind as a guard, which closes the descriptor
    `ours_alone`, waits, and ends as the enclosed one ends. Raises OSError where the kernel forbids it.
    """
    user, group = os.getuid(), os.getgid()
    _checked(_libc.unshare(_USERS | _PROCESSES | _FILES | _IPC | _NAMES | (_NETWORK if offline else 0)), "unshare")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{USER} {user} 1")
    _write("/proc/self/gid_map", f"{GROUP} {group} 1")
    if offline:
        _raise_loopback()
    ended, ends = os.pipe()
    if os.fork():
        os.close(ends)
        _close(ours_alone)
        _end_as(ended)
    os.close(ended)
    end_with_parent()
    _build(root, own)
    if worker := os.fork():  # process 1 of the namespace ignores signals that the grader may send itself
        _close(ours_alone)
        os.write(ends, struct.pack("i", _wait_for(worker)))
        os._exit(0)
    os.close(ends)
    end_with_parent()
    if user:
        _lower(resource.RLIMIT_NPROC, MAX_PROCESSES)
    _drop_capabilities()


def _end_as(ended: int) -> None:
    """Wait for the enclosed process and end as it does: with its exit status, or by its signal."""
    told = os.read(ended, 4)
    os.wait()
    status = struct.unpack("i", told)[0] if told else 1 << 8
    if os.WIFSIGNALED(status):
        with contextlib.suppress(OSError):  # SIGKILL has no handler to take off
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _wait_for(worker: int) -> int:
    """The wait status of `worker`, collecting whatever else ends meanwhile."""
    while True:
        process, status = os.wait()
        if process == worker:
            return status


def _build(root: str, own: dict[str, str]) -> None:
    """Make a root of read-only views of what may be seen, and step into it."""
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)
    _mount("tmpfs", root, "tmpfs", _NOSUID | _NODEV, "size=1m,mode=755")
    for folder in ("tmp", "dev", "proc"):
        os.mkdir(f"{root}/{folder}")
    _mount("tmpfs", f"{root}/tmp", "tmpfs", _NOSUID | _NODEV, f"size={TMP_BYTES},mode=1777")  # noqa: S108  our own
    shown: list[str] = []
    for path, place in {**{path: path for path in (*SYSTEM, *SETTINGS)}, **own}.items():
        if os.path.lexists(path) and not any(place == above or place.startswith(f"{above}/") for above in shown):
            _show(path, root + place)
            shown.append(place)
    for device in DEVICES:
        _write(f"{root}/dev/{device}", "")
        _mount(f"/dev/{device}", f"{root}/dev/{device}", None, _BIND)
    for path in SETTINGS:
        _cover_secrets(root + path, root)
    os.symlink("/proc/self/fd", f"{root}/dev/fd")
    with contextlib.suppress(OSError):  # a container may hide parts of /proc, and then no new one may be mounted
        _mount("proc", f"{root}/proc", "proc", _NOSUID | _NODEV)
    os.chdir(root)
    _checked(_libc.pivot_root(b".", b"."), "pivot_root")
    _checked(_libc.umount2(b".", 2), "umount2")  # MNT_DETACH: the old root is gone
    os.chdir("/")
    _mount(None, "/", None, _REMOUNT | _BIND | os.ST_RDONLY | _NOSUID | _NODEV)


def _show(path: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(path):
        os.symlink(os.readlink(path), target)
        return
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        _write(target, "")
    _mount(path, target, None, _BIND | _RECURSIVE)
    flags = os.statvfs(target).f_flag
    kept = (flags & _KEPT) | (_RELATIME if flags & _RELATIME_SEEN else 0)
    _mount(None, target, None, _REMOUNT | _BIND | os.ST_RDONLY | _NOSUID | kept)


def _cover_secrets(path: str, root: str) -> None:
    """Hide what only its owner may read, such as private keys: the owner may be us, where we are root."""
    if os.path.islink(path) or not os.path.lexists(path):
        return
    mode = os.stat(path).st_mode
    if stat.S_ISREG(mode) and not mode & stat.S_IROTH:
        _mount(f"{root}/dev/null", path, None, _BIND)
    elif stat.S_ISDIR(mode) and not mode & stat.S_IXOTH:
        _mount("tmpfs", path, "tmpfs", _NOSUID | _NODEV, "size=0,mode=755")
    elif stat.S_ISDIR(mode):
        with contextlib.suppress(PermissionError):
            for name in os.listdir(path):
                _cover_secrets(f"{path}/{name}", root)


def _raise_loopback() -> None:
    """Switch `lo` on: in a new network namespace it is down (ioctl SIOCSIFFLAGS with IFF_UP | IFF_RUNNING)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x41))


def _drop_capabilities() -> None:
    header = struct.pack("Ii", _CAPABILITIES_V3, 0)
    _checked(_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "prctl")
    _checked(_libc.capset(header, bytes(24)), "capset")


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    words = [os.fsencode(word) if word is not None else None for word in (source, target, kind, data)]
    result = _libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3])
    _checked(result, f"mount {target}")


def _checked(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _close(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)


if __name__ == "__main__":  # a trial: whether this machine lets us do it
    enclose(sys.argv[1], {}, offline=True, ours_alone=-1)
