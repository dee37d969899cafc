"""What the compiled files of a package were compiled for, by their headers and names, against its target."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lambda_package.packaging.members import Files
from lambda_package.packaging.target import Target

_LIBRARY = re.compile(r"\.(so(\.\d+)*|pyd|dylib)$")
_VERSION = re.compile(r"\.cp(?:ython-)?(\d)(\d+)\b")
_MACHINES = {62: "x86_64", 183: "aarch64"}  # <elf.h>, EM_X86_64 and EM_AARCH64
_HEADER_BYTES = 20
_MACH_O = (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


def compiled_names(files: Files) -> list[str]:
    """The compiled files: extension modules and shared libraries."""
    return [member.name for member in files.members if _LIBRARY.search(member.name)]


def unfit(files: Files, target: Target) -> Iterator[str]:
    """What cannot be loaded on `target`, each with what it was compiled for.

    An extension module for another Python is passed over where one for the right Python lies beside it.
    """
    names = compiled_names(files)
    fitting = {_stem(name) for name in names if _version(name) in ("", target.python_version)}
    for name in names:
        machine = _machine(files.read(name, _HEADER_BYTES) or b"")
        version = _version(name)
        if "linux-musl" in name:
            yield f"{name} is for Alpine Linux (musl), and Lambda runs Amazon Linux"
        elif machine and machine != target.machine:
            yield f"{name} is for {machine}, and the function is to run on Linux {target.machine}"
        elif version and version != target.python_version and _stem(name) not in fitting:
            yield f"{name} is for Python {version}, and the function is to run under {target.python_version}"


def _machine(header: bytes) -> str:
    """The system and processor of a header; "" for one that says neither."""
    if header[:4] == b"\x7fELF" and len(header) >= _HEADER_BYTES:
        code = int.from_bytes(header[18:20], "big" if header[5] == 2 else "little")
        return _MACHINES.get(code, f"another processor (ELF machine {code})")
    if header[:4] in _MACH_O:
        return "macOS"
    return "Windows" if header[:2] == b"MZ" else ""


def _version(name: str) -> str:
    """The Python that an extension module names: "3.13" of x.cpython-313-x86_64-linux-gnu.so; "" where it is any."""
    found = _VERSION.search(Path(name).name)
    return f"{found[1]}.{found[2]}" if found else ""


def _stem(name: str) -> str:
    return name.rpartition("/")[0] + "/" + Path(name).name.partition(".")[0]
