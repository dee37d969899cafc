"""Anything that can grade, as something the audit can ask: a reward, a zip, a handler file, a deployed function."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambda_package.packaging.build import build
from lambda_package.packaging.sbom import target_in
from lambda_package.runtime import Runtime
from lambda_package.runtime.failures import Failure
from lambda_package.runtime.grader import fault_of
from rewards.audit import Grader, Reply, coverage
from rewards.audit.grader import Event, Explorer, Step, sent
from rewards.scratch import scratch_folder
from rewards.types import JSON
from rft.graders.deployed import GraderError, deployed

_PROBE = "rft_audit_probe"
_COVERAGE = "rft_audit_coverage"
_WATCH, _CONSTANTS = "rft_audit_watch", "rft_audit_constants"
_PROBE_SOURCE = '''"""Put into the zip by `rft audit`: calls the handler and looks at the event, or at its branches."""
import json
import time

from rft_audit_coverage import Coverage, constants_of

from {module} import {function} as handler

coverage = Coverage()


def watched(event, context):
    coverage.new = 0
    try:
        result = json.loads(json.dumps(coverage.run(handler, event, context)))
    except BaseException as error:
        return {{"error": [type(error).__name__, str(error)[:300]], "new": coverage.new}}
    return {{"result": result, "new": coverage.new}}


def lambda_handler(event, context):
    if isinstance(event, dict) and "rft_audit_watch" in event:
        return [watched(one, context) for one in event["rft_audit_watch"]]
    if isinstance(event, dict) and "rft_audit_constants" in event:
        return constants_of(handler)
    before = json.dumps(event)
    cpu = time.process_time()
    result = handler(event, context)
    cpu = time.process_time() - cpu
    try:
        changed = json.dumps(event) != before
    except (TypeError, ValueError):
        changed = True
    return {{"result": result, "input_changed": changed, "cpu_s": cpu}}
'''
_FRAME = re.compile(r'File ".*?(?P<file>[^/"]+)", line (?P<line>\d+)')  # the folder is a temporary one


@dataclass(frozen=True)
class InLambda:
    """A grader that runs in the Lambda emulator, from a zip that holds the probe."""

    runtime: Runtime
    name: str

    def ask(self, event: Event, /) -> Reply:
        """One invocation."""
        invocation = self.runtime.invoke(sent(event))
        if invocation.error is not None:
            return Reply(None, invocation.duration_s, fault_of(invocation.error))
        payload = invocation.payload
        return Reply(payload["result"], invocation.duration_s, None, payload["input_changed"], payload["cpu_s"])

    def explored(self) -> Explorer:
        """The function under observation, in its own interpreter."""
        return _Watched(self.runtime)


@dataclass(frozen=True)
class _Watched:
    runtime: Runtime

    def constants(self) -> list[str | float]:
        invocation = self.runtime.invoke({_CONSTANTS: True})
        return invocation.payload if invocation.error is None else []

    def steps(self, events: Sequence[Event], /) -> list[Step]:
        """All events in one invocation, one call of the handler each; one by one where that fails."""
        asked: list[JSON] = [sent(event) for event in events]
        invocation = self.runtime.invoke({_WATCH: asked})
        if invocation.error is None:
            each_s = invocation.duration_s / max(1, len(events))
            return [_step(one, each_s) for one in invocation.payload]
        if len(events) == 1:
            return [Step(Reply(None, invocation.duration_s, fault_of(invocation.error)), 0)]
        middle = len(events) // 2
        return [*self.steps(events[:middle]), *self.steps(events[middle:])]


def _step(watched: Any, seconds: float) -> Step:
    if "error" not in watched:
        return Step(Reply(watched["result"], seconds), watched["new"])
    kind, message = watched["error"]
    return Step(Reply(None, seconds, fault_of(Failure(kind, message, ()))), watched["new"])


@contextmanager
def lambda_grader(where: str, *, handler: str, timeout_s: float, allow_network: bool = False) -> Iterator[Grader]:
    """The grader behind `where`: a zip, a Python file that defines `lambda_handler`, or the ARN of a function.

    Zips and files run in the Lambda emulator, isolated, so nothing they do reaches this process. Raises `GraderError`
    for anything else.
    """
    if where.startswith("arn:"):
        yield deployed(where, timeout_s=timeout_s)
        return
    path = Path(where)
    if path.suffix == ".zip" and path.is_file() and not zipfile.is_zipfile(path):
        raise GraderError(f"{where!r} is not a zip; build one with: rft package build")
    if path.suffix not in (".zip", ".py") or not path.is_file():
        raise GraderError(f"--lambda takes a zip, a Python file or a function's ARN; {where!r} is no such file")
    with scratch_folder("audit") as folder:
        probed = folder / "probed.zip"
        if path.suffix == ".py":
            build(f"{path}:lambda_handler", probed)
        else:
            shutil.copyfile(path, probed)
        _add_probe(probed, handler)
        version = target_in(probed).runtime.value
        handler = f"{_PROBE}.lambda_handler"
        with Runtime(
            probed, timeout_s=timeout_s, handler=handler, runtime=version, offline=not allow_network
        ) as runtime:
            yield InLambda(runtime, path.name)


def _add_probe(archive: Path, handler: str) -> None:
    module, _, function = handler.rpartition(".")
    if not module:
        raise GraderError(f"a handler is named module.function, got {handler!r}")
    with zipfile.ZipFile(archive, "a") as files:
        files.writestr(f"{_PROBE}.py", _PROBE_SOURCE.format(module=module, function=function))
        files.writestr(f"{_COVERAGE}.py", Path(coverage.__file__).read_text(encoding="utf-8"))
