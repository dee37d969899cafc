"""A stage made by a process of its own, beside the stages that do not read it: an evaluation, on the second core.

The process is a fresh one. A fork of one that has trained would hang sooner or later: torch, tokenizers and pyarrow
leave threads behind, and with them locks that nobody would open.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rewards.children import start_child
from rewards.types import JSON
from rft.errors import StageError


class Made(NamedTuple):
    """What is told of a stage that was made: the seconds it took and its counts."""

    seconds: float
    counts: Mapping[str, JSON]


class Beside:
    """A process that makes a stage, tells what it made as JSON on standard output, and ends when we do."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self._name = name
        self._process = start_child(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, encoding="utf-8")

    def result(self) -> Made:
        """Wait for what was made; raises StageError with what the process told, or how it ended."""
        told, _ = self._process.communicate()
        if self._process.returncode == 0:
            return Made(**json.loads(told.splitlines()[-1]))
        raise StageError(told.strip() or f"the process of {self._name} ended with {self._process.returncode}")

    def stop(self) -> None:
        """End it now; what it had written is not finished."""
        self._process.kill()
        self._process.wait()
