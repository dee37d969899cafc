"""An emulated function as a grader for `rewards.audit`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lambda_package.runtime.emulator import Runtime
from lambda_package.runtime.failures import EXITED, REQUEST_TOO_LARGE, RESPONSE_NOT_JSON, TIMED_OUT, Failure
from rewards.audit import Fault, Reply
from rewards.audit.grader import Event, FaultKind, sent

_KINDS: dict[str, FaultKind] = {
    TIMED_OUT: "timed out",
    EXITED: "exited",
    RESPONSE_NOT_JSON: "unserialisable",
    "Runtime.MarshalError": "unserialisable",
    REQUEST_TOO_LARGE: "refused",
}
# A frame as Python and the runtime client write it; those of the standard library say little about a grader.
_FRAME: Final = re.compile(r'File "(?:.*[/\\])?(?P<file>[^"]+)", line (?P<line>\d+)')
_OF_PYTHON: Final = re.compile(r"[/\\]lib[/\\]python3\.\d+[/\\](?!site-packages)|\"<frozen ")


@dataclass(frozen=True, slots=True)
class InLambda:
    """A grader that runs in the emulator."""

    runtime: Runtime
    name: str

    def ask(self, event: Event, /) -> Reply:
        """Invoke the function with `event`."""
        invocation = self.runtime.invoke(sent(event))
        fault = None if invocation.error is None else fault_of(invocation.error)
        return Reply(invocation.payload, invocation.duration_s, fault)


def fault_of(failure: Failure) -> Fault:
    """A failed invocation as an audit `Fault`, with the last line of the function's own code in the traceback.

    >>> library = 'File "/var/lang/lib/python3.13/json/decoder.py", line 362, in raw_decode'
    >>> fault_of(Failure("ValueError", "no", ('File "/var/task/grader.py", line 9, in grade', library))).where
    'line 9 of grader.py'
    """
    kind = _KINDS.get(failure.type, "raised")
    message = failure.message if kind != "raised" else f"{failure.type}: {failure.message}"
    message += f" ({failure.cause})" if failure.cause else ""
    return Fault(kind, message, _where([line.strip().splitlines()[0] for line in failure.trace if line.strip()]))


def _where(trace: list[str]) -> str:
    own = [line for line in trace if not _OF_PYTHON.search(line)]
    last = (own or trace or [""])[-1]
    found = _FRAME.match(last)
    return f"line {found['line']} of {found['file']}" if found else last
