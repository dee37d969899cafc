"""An emulated function as a grader for `rewards.audit`."""

from __future__ import annotations

from dataclasses import dataclass

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
    """A failed invocation as an audit `Fault`, with the last line of the function's traceback."""
    trace = [line.strip().splitlines()[0] for line in failure.trace if line.strip()]
    kind = _KINDS.get(failure.type, "raised")
    message = failure.message if kind != "raised" else f"{failure.type}: {failure.message}"
    return Fault(kind, message, trace[-1] if trace else "")
