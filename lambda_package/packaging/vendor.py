"""Third-party packages for the zip: resolved for the target platform, pinned with hashes, wheels only.

uv is used where it is installed, since it evaluates environment markers for the target; pip evaluates them for the
machine it runs on. Of a package without wheels one is built here where that comes out as pure Python; compiled code is
never built from source, as that would need the target's compiler.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TypeVar

from lambda_package.errors import BuildError
from lambda_package.packaging.target import Target
from rewards.children import run_child
from rewards.scratch import scratch_folder

# Lambda's python3.12 and later run on Amazon Linux 2023 (glibc 2.34). Older tags alone would silently choose old
# versions: manylinux2014 gives rapidfuzz 3.13.0 where 3.14.6 exists.
_GLIBC_TAGS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_24", "manylinux_2_17", "manylinux2014")
_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?P<rest>.*)")
# What pip and uv say of a package that has no wheel for the target.
_NO_WHEEL = re.compile(
    r"No matching distribution found for (\S+)|([A-Za-z0-9._-]+(?:==[^\s,]+)?) has no (?:usable )?wheels"
)
_Made = TypeVar("_Made")
_NOTICES = re.compile(r"(?i)(licen[cs]e|notice|copying)")


@dataclass(frozen=True, slots=True)
class Pin:
    """One package at one version, with the SHA-256 of each of its files."""

    name: str
    version: str
    sha256s: tuple[str, ...]

    def __str__(self) -> str:
        """As a line of a requirements file."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{sha256}" for sha256 in self.sha256s)])


@dataclass(frozen=True, slots=True)
class Vendored:
    """Installed packages: their files by name in the zip, their pins and their licences."""

    contents: dict[str, bytes]
    pins: tuple[Pin, ...]
    licences: dict[str, str]


def lock(requirements: Sequence[str], target: Target) -> tuple[Pin, ...]:
    """Resolve `requirements` and their dependencies for `target` at the package index. Raises `BuildError`."""
    make = _lock_with_uv if _uv() else _lock_with_pip
    with scratch_folder("wheels") as house:
        pins = _with_built_wheels(Path(house), lambda links: make(requirements, target, links))
    return tuple(sorted(pins, key=lambda pin: pin.name))


def vendor(pins: Sequence[Pin], target: Target) -> Vendored:
    """Download exactly `pins` for `target`; returns the files for the zip. Raises `BuildError`."""
    with scratch_folder("vendor") as scratch:
        lock_file, folder = Path(scratch, "lock.txt"), Path(scratch, "site")
        lock_file.write_text(format_lock(pins), "utf-8")
        house = Path(scratch, "wheels")
        _with_built_wheels(house, lambda links: _run([*_install_command(lock_file, folder, target), *links]))
        return Vendored(dict(_shipped(folder)), tuple(pins), _licences(folder))


def format_lock(pins: Iterable[Pin]) -> str:
    """The lock file's text: one pin per line, sorted.

    >>> format_lock([Pin("b", "2", ("ff",)), Pin("a", "1", ("ee", "dd"))])
    'a==1 --hash=sha256:ee --hash=sha256:dd\\nb==2 --hash=sha256:ff\\n'
    """
    return "".join(f"{pin}\n" for pin in sorted(pins, key=lambda pin: pin.name))


def parse_lock(text: str) -> tuple[Pin, ...]:
    """Read a lock file, also one written by `uv pip compile --generate-hashes`. Raises `BuildError` without hashes.

    >>> parse_lock("a==1 --hash=sha256:ee\\n")
    (Pin(name='a', version='1', sha256s=('ee',)),)
    """
    joined = text.replace("\\\n", " ")
    return tuple(_parse_pin(line) for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#"))


def _parse_pin(line: str) -> Pin:
    found = _PIN.match(line.strip())
    hashes = re.findall(r"--hash=sha256:([0-9a-f]+)", line)
    if not found or not hashes:
        raise BuildError(f"a lock line is NAME==VERSION --hash=sha256:..., got {line.strip()!r}")
    return Pin(found["name"].lower(), found["version"], tuple(hashes))


def _with_built_wheels(house: Path, install: Callable[[list[str]], _Made]) -> _Made:
    """What `install` gives; where a package has no wheel, one is built into `house` first, if it is pure Python."""
    built: set[str] = set()
    while True:
        try:
            return install(["--find-links", str(house)] if built else [])
        except BuildError as error:
            found = _NO_WHEEL.search(str(error))
            wanted = found[1] or found[2] if found else ""
            if not wanted or wanted in built:
                raise
            _build_wheel(wanted, house, error)
            built.add(wanted)


def _build_wheel(requirement: str, house: Path, cause: BuildError) -> None:
    """A wheel of `requirement` in `house`. Raises `BuildError` where it cannot be built, or holds compiled code."""
    if find_spec("pip") is None:
        raise cause
    command = [*_pip(), "wheel", "--quiet", "--no-deps", "--no-binary", ":all:", "-w", str(house), requirement]
    try:
        _run(command)
    except BuildError:
        raise cause from None
    newest = max(house.glob("*.whl"), key=lambda path: path.stat().st_mtime_ns)
    if not newest.name.endswith("-none-any.whl"):
        newest.unlink()
        raise BuildError(
            f"{requirement} has no wheel for Lambda, and compiles code when it is built: {newest.name} runs only on "
            "machines like this one. Choose another version or package, or build the container image"
        )


def _lock_with_uv(requirements: Sequence[str], target: Target, links: list[str]) -> Iterable[Pin]:
    options = ["--quiet", "--generate-hashes", "--no-header", "--no-annotate"]
    command = [_uv() or "uv", "pip", "compile", "-", *options, *_uv_target(target), *links]
    return parse_lock(_run(command, text="\n".join(requirements)))


def _lock_with_pip(requirements: Sequence[str], target: Target, links: list[str]) -> Iterable[Pin]:
    with scratch_folder("lock") as scratch:
        report = Path(scratch, "report.json")
        options = ["--dry-run", "--ignore-installed", "--report", str(report), "--target", str(Path(scratch, "site"))]
        _run([*_pip(), "install", "--quiet", *options, *_pip_target(target), *links, *requirements])
        return [_reported_pin(entry) for entry in json.loads(report.read_text("utf-8"))["install"]]


def _reported_pin(entry: dict[str, dict[str, object]]) -> Pin:
    metadata, download = entry["metadata"], entry["download_info"]
    archive = download["archive_info"]
    assert isinstance(archive, dict)  # pip's report, format version 1: a wheel always has it
    return Pin(str(metadata["name"]).lower(), str(metadata["version"]), (str(archive["hashes"]["sha256"]),))


def _install_command(lock_file: Path, folder: Path, target: Target) -> list[str]:
    exact = ["--no-deps", "--require-hashes", "--target", str(folder), "-r", str(lock_file)]
    if uv := _uv():
        return [uv, "pip", "install", "--quiet", "--link-mode", "copy", *exact, *_uv_target(target)]
    return [*_pip(), "install", "--quiet", "--no-compile", *exact, *_pip_target(target)]


def _uv() -> str | None:
    return shutil.which("uv")


def _pip() -> list[str]:
    if find_spec("pip") is None:
        raise BuildError("vendoring packages needs uv or pip, and neither is installed: pip install uv")
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]


def _uv_target(target: Target) -> list[str]:
    platform = f"{target.machine}-manylinux_2_28"
    return ["--python-version", target.python_version, "--python-platform", platform, "--only-binary", ":all:"]


def _pip_target(target: Target) -> list[str]:
    platforms = [word for tag in _GLIBC_TAGS for word in ("--platform", f"{tag}_{target.machine}")]
    version = target.python_version.replace(".", "")
    return ["--only-binary", ":all:", "--implementation", "cp", "--python-version", version, *platforms]


def _run(command: list[str], text: str | None = None) -> str:
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "SOURCE_DATE_EPOCH": "315532800"}  # 1980: zip's first
    done = run_child(command, input=text, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise BuildError(f"{'uv' if _uv() else 'pip'} could not find packages for Lambda:\n{done.stderr.strip()}")
    return str(done.stdout)


def _shipped(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and _belongs(PurePosixPath(name)):
            yield name, _without_description(path.read_bytes()) if path.name == "METADATA" else path.read_bytes()


def _without_description(metadata: bytes) -> bytes:
    """The fields of METADATA, by which packages find versions and each other, without the README below them."""
    return metadata.replace(b"\r\n", b"\n").partition(b"\n\n")[0].rstrip(b"\n") + b"\n"


def _belongs(name: PurePosixPath) -> bool:
    """Code, data, licences, names and entry points; no scripts, tests, stubs, caches, nor the installer's records."""
    if name.parts[0].endswith(".dist-info"):
        return name.name in ("METADATA", "entry_points.txt") or bool(_NOTICES.search("/".join(name.parts[1:])))
    if name.parts[0] in ("bin", ".lock") or name.suffix in (".pyi", ".pyc"):
        return False
    return not {"tests", "__pycache__"} & set(name.parts[:-1])


def _licences(folder: Path) -> dict[str, str]:
    """What each distribution's metadata says of its licence, by lower-case name; "" where it says nothing."""
    found = {}
    for path in sorted(folder.glob("*.dist-info/METADATA")):
        fields = HeaderParser().parsestr(path.read_text(encoding="utf-8"))
        short = fields["License-Expression"] or (fields["License"] or "").partition("\n")[0]
        found[str(fields["Name"]).lower()] = short
    return found
