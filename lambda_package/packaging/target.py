"""Build targets: Lambda's Python runtimes and processors, and their names for pip, uv and this machine."""

from __future__ import annotations

import functools
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from lambda_package.errors import BuildError
from rewards.children import run_child


class Runtime(StrEnum):
    """Runtimes to build for. 3.11 and older are past AWS's deprecation date; AWS "Lambda runtimes", read 2026-11."""

    PYTHON_3_12 = "python3.12"
    PYTHON_3_13 = "python3.13"
    PYTHON_3_14 = "python3.14"


class Architecture(StrEnum):
    """Lambda's processor architectures, by AWS's names."""

    X86_64 = "x86_64"
    ARM64 = "arm64"


_Choice = TypeVar("_Choice", bound=StrEnum)
DEFAULT_RUNTIME, DEFAULT_ARCHITECTURE = Runtime.PYTHON_3_13, Architecture.X86_64


@dataclass(frozen=True, slots=True)
class Target:
    """A runtime on a processor.

    >>> Target(Runtime.PYTHON_3_13, Architecture.ARM64).machine
    'aarch64'
    """

    runtime: Runtime = DEFAULT_RUNTIME
    architecture: Architecture = DEFAULT_ARCHITECTURE

    @property
    def python_version(self) -> str:
        """The version as pip and uv take it: "3.13"."""
        return self.runtime.removeprefix("python")

    @property
    def machine(self) -> str:
        """The processor as named in wheel tags."""
        return "aarch64" if self.architecture is Architecture.ARM64 else "x86_64"

    @property
    def matches_this_machine(self) -> bool:
        """Whether compiled extensions for this target run here."""
        return sys.platform == "linux" and platform.machine() == self.machine


def target_of(runtime: str, architecture: str) -> Target:
    """The target named by two words; raises `BuildError` with the choices for a word AWS does not know.

    >>> target_of("python3.13", "arm64").architecture
    <Architecture.ARM64: 'arm64'>
    """
    return Target(_choice(Runtime, runtime, "runtime"), _choice(Architecture, architecture, "architecture"))


def _choice(choices: type[_Choice], value: str, what: str) -> _Choice:
    if value not in {choice.value for choice in choices}:
        raise BuildError(f"no {what} {value!r}; choose from {', '.join(choice.value for choice in choices)}")
    return choices(value)


@functools.cache
def interpreter_of(runtime: str) -> str | None:
    """The interpreter here with exactly the version of `runtime`, or None.

    >>> interpreter_of("python2.2") is None
    True
    """
    if runtime == f"python{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    found = shutil.which(runtime)
    return None if found is None else _program_behind(found, runtime.removeprefix("python"))


def _program_behind(path: str, version: str) -> str | None:
    """What `path` really starts: it may be a slow shim, or one of pyenv, which starts only versions switched on."""
    probe = [path, "-I", "-S", "-c", "import sys; print(sys.executable)"]
    environment = {**os.environ, "PYENV_VERSION": version}
    done = run_child(probe, capture_output=True, text=True, env=environment)
    return done.stdout.strip() or None if done.returncode == 0 else None
