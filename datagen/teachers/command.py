"""Any program as a teacher: the request as JSON on its standard input, the answer on its standard output."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass

from datagen.errors import BusyError, RefusedError
from datagen.types import Answer, Request, digest
from rewards.children import run_child


@dataclass(frozen=True, slots=True)
class CommandTeacher:
    """Runs the program once per request. Exit 0 is an answer, 75 (EX_TEMPFAIL) means busy, anything else a refusal."""

    command: tuple[str, ...]
    timeout_s: float = 600.0

    @property
    def identity(self) -> str:
        """The command line."""
        return f"command/{digest(*self.command)}"

    def __call__(self, request: Request, /) -> Answer:
        """What the program writes; its standard error is quoted where it fails."""
        asked = {
            "system": request.system,
            "prompt": request.prompt,
            "count": request.count,
            "max_tokens": request.max_tokens,
        }
        try:
            done = run_child(
                self.command,
                input=json.dumps(asked),
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=self.timeout_s,
            )
        except subprocess.TimeoutExpired as error:
            raise BusyError(f"{self.command[0]} took longer than {self.timeout_s:g} s") from error
        except OSError as error:
            raise RefusedError(f"{self.command[0]} cannot be run: {error}") from error
        if done.returncode:
            failure = f"{self.command[0]} ended with {done.returncode}: {done.stderr.strip()[-500:]}"
            raise BusyError(failure) if done.returncode == 75 else RefusedError(failure)
        return Answer(done.stdout)
