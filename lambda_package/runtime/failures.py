"""Lambda failures: the service's error type, and an explanation."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

OUT_OF_MEMORY, TIMED_OUT, EXITED = "Runtime.OutOfMemory", "Sandbox.Timedout", "Runtime.ExitError"
TOO_MANY_PROCESSES = "Runtime.ProcessLimit"  # on AWS the fork itself fails
REQUEST_TOO_LARGE, RESPONSE_TOO_LARGE = "RequestEntityTooLarge", "Function.ResponseSizeTooLarge"
RESPONSE_NOT_JSON = "Function.ResponseNotJson"
IMPORT_FAILED = "Runtime.ImportModuleError"

_ADVICE = {
    OUT_OF_MEMORY: "the grader needs more memory than the function has; raise the memory or keep less at once",
    TIMED_OUT: "the batch took longer than the timeout; raise it, send smaller batches, or make the grader faster",
    EXITED: "the process ended in the middle: sys.exit, os._exit, a crash in C code, or text that UTF-8 cannot encode",
    TOO_MANY_PROCESSES: "Lambda runs 1,024 processes and threads at most; a grader needs one",
    REQUEST_TOO_LARGE: "Lambda takes 6 MB per synchronous call; lower lambda_batch_size or the answer length",
    RESPONSE_TOO_LARGE: "Lambda answers with 6 MB at most; return fewer or shorter metrics",
    RESPONSE_NOT_JSON: "the answer holds NaN or Infinity, which JSON does not know; return finite numbers",
    IMPORT_FAILED: "a module is not in the zip; add a package with --with, your own file or folder with --include",
    "Runtime.HandlerNotFound": "the module has no function of the handler's name",
    "Runtime.UserCodeSyntaxError": "the grader does not compile under this Python version",
    "Runtime.MalformedHandlerName": "a handler is named module.function",
    "Runtime.UnmarshalError": "the event is not one JSON value: malformed, JSON Lines, too deep, or a number too long",
    "Runtime.MarshalError": "the handler returned something that JSON cannot hold",
}
# Lambda reports every ImportError under one type; only the first of these lacks a module.
_IMPORT_ADVICE = {
    "No module named 'boto": "AWS's runtime has it and this machine has not: pip install 'rftkit[aws]'",
    "No module named": _ADVICE[IMPORT_FAILED],
    "cannot import name": "the module was found and has no such name: another version, another file of that name, "
    "or two modules that import each other; a file of yours named like a package hides it",
    "attempted relative import": "the file lies in a package: ship that whole with --root, the folder around it",
    "is not a package": "a file of yours has the name of a package and hides it; rename the file",
    "cannot open shared object file": "a package needs a library of the system that Lambda does not have; use another "
    "wheel, or the container image",
    "invalid ELF header": "a package was compiled for another processor; build with the --arch of the function",
}
_NO_SEMAPHORES = (
    "Lambda has no /dev/shm, so no semaphores: multiprocessing's Lock, Queue, Pool and ProcessPoolExecutor fail there; "
    "use threads, or Process with Pipe"
)
_NO_NETWORK = "here a grader runs without the network; --allow-network lends it yours, with your account"
# What the message or a line of the traceback says, and what it means in Lambda.
_CAUSES = {
    r"multiprocessing/(synchronize|shared_memory)\.py": _NO_SEMAPHORES,
    "type coroutine is not": "Lambda does not await its handler: write def, and asyncio.run(...) inside",
    "type generator is not": "the handler yields its results: return a list",
    "Read-only file system": "Lambda's function can write to /tmp only; tempfile does so by itself",
    r'os(>|\.py)", line \d+, in __getitem__': "a variable of the environment is missing; give it with --env NAME=VALUE",
    "Network is unreachable": _NO_NETWORK,
    "Temporary failure in name resolution": _NO_NETWORK,
    "Name or service not known": _NO_NETWORK,
    "Could not connect to the endpoint URL": _NO_NETWORK,
}
_RAISED = "the handler raised; Lambda reports it and the whole batch is lost"
_ADVICE_AT_START = {
    TIMED_OUT: "the imports alone take longer than the timeout; import less at the top of the module",
    "FileNotFoundError": "the module reads a file that is not in the zip; add it with --include",
}
_RAISED_AT_START = "the module raises when it is imported, so no call can work"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an invocation has no response: Lambda's error type, its message, advice, and the function's traceback.

    `at_start` tells that it came before the first event, while the grader's module was imported.
    """

    type: str
    message: str
    trace: tuple[str, ...] = ()
    at_start: bool = False

    @property
    def cause(self) -> str:
        """What Lambda does otherwise than the author's machine, where message or traceback tell; else empty.

        >>> Failure("Runtime.MarshalError", "Object of type coroutine is not JSON serializable").cause
        'Lambda does not await its handler: write def, and asyncio.run(...) inside'
        """
        said = (self.message, *self.trace)
        known = (cause for pattern, cause in _CAUSES.items() if any(re.search(pattern, line) for line in said))
        return next(known, "")

    @property
    def advice(self) -> str:
        """An explanation of the failure, and its fix."""
        if self.type == IMPORT_FAILED:
            fitting = (advice for words, advice in _IMPORT_ADVICE.items() if words in self.message)
            return next(fitting, _ADVICE[IMPORT_FAILED])
        if self.cause:
            return self.cause
        if self.at_start:
            return _ADVICE_AT_START.get(self.type) or _ADVICE.get(self.type, _RAISED_AT_START)
        return _ADVICE.get(self.type, _RAISED)

    def __str__(self) -> str:
        """One line for a person.

        >>> print(Failure("ValueError", "no gold answer"))
        no gold answer (ValueError): the handler raised; Lambda reports it and the whole batch is lost
        """
        return f"{self.message} ({self.type}): {self.advice}"


def reported_failure(body: bytes) -> Failure:
    """The failure that the runtime client posted as JSON."""
    report = json.loads(body)
    trace = report.get("stackTrace") or ()
    return Failure(str(report.get("errorType")), str(report.get("errorMessage")), tuple(str(line) for line in trace))
