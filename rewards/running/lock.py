"""Takes from this process everything but computing: limits on time and memory, and a filter on what it asks the kernel.

The filter (seccomp, Linux on x86-64 and arm64) allows what an interpreter needs to compute and to use pipes that are
open already. Files, folders, sockets, processes, threads and signals to others are refused with EPERM. It needs no
privilege and cannot be taken back. Where the kernel has none, the limits are all there is, and `lock` says so.
"""

from __future__ import annotations

import ast
import contextlib
import ctypes
import importlib
import platform
import resource
import sys

_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2  # <linux/prctl.h>, <linux/seccomp.h>
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050001  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in struct seccomp_data
_ALLOWED = {
    # read write close fstat lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn ioctl sched_yield
    # mremap madvise nanosleep getpid exit uname fcntl getcwd gettimeofday getrusage sysinfo times getuid geteuid getgid
    # getegid getppid sigaltstack gettid futex clock_gettime clock_getres clock_nanosleep exit_group set_robust_list
    # ppoll pselect6 getrandom membarrier rseq sched_getaffinity restart_syscall, and on x86-64 poll select time
    "x86_64": (
        0xC000003E,
        (
            *(
                0,
                1,
                3,
                5,
                8,
                9,
                10,
                11,
                12,
                13,
                14,
                15,
                16,
                24,
                25,
                28,
                35,
                39,
                60,
                63,
                72,
                79,
                96,
                98,
                99,
                100,
                102,
                107,
            ),
            *(104, 108, 110, 131, 186, 202, 228, 229, 230, 231, 273, 271, 270, 318, 324, 334, 204, 219, 7, 23, 201),
        ),
    ),
    "aarch64": (
        0xC00000B7,
        (
            *(63, 64, 57, 80, 62, 222, 226, 215, 214, 134, 135, 139, 29, 124, 216, 233, 101, 172, 93, 160, 25, 17, 169),
            *(
                165,
                179,
                153,
                174,
                175,
                176,
                177,
                173,
                132,
                178,
                98,
                113,
                114,
                115,
                94,
                99,
                73,
                72,
                278,
                283,
                293,
                123,
                128,
            ),
        ),
    ),
}


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def lock(seconds: int, megabytes: int) -> bool:
    """Limit this process for the rest of its life; False where the kernel has no filter for it."""
    for limit, value in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, megabytes << 20),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (value, value))
    return _filter()


def import_named(*sources: str) -> None:
    """Import what the sources name from the standard library, while files can be opened; what fails, fails later."""
    for source in sources:
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            for node in ast.walk(ast.parse(source)):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [node.module]
                for name in names:
                    if name.partition(".")[0] in sys.stdlib_module_names:
                        with contextlib.suppress(Exception):
                            importlib.import_module(name)


def _filter() -> bool:
    architecture, allowed = _ALLOWED.get(platform.machine(), (0, ()))
    libc = ctypes.CDLL(None, use_errno=True)
    if not allowed or not hasattr(libc, "prctl"):
        return False
    steps = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 0, len(allowed) + 1, architecture), (_LOAD, 0, 0, _NUMBER)]
    steps += [(_EQUAL, len(allowed) - place, 0, number) for place, number in enumerate(allowed)]
    steps += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    program = _Program(len(steps), (_Instruction * len(steps))(*(_Instruction(*step) for step in steps)))
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return bool(libc.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0)
