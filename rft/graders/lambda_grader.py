"""Anything that can grade, as something the audit can ask: a reward, a zip, a handler file, a deployed function."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lambda_package.packaging.build import build
from lambda_package.packaging.sbom import target_in
from lambda_package.runtime import Runtime
from lambda_package.runtime.grader import fault_of
from rewards.audit import Grader, Reply
from rewards.audit.grader import Event, sent
from rft.graders.deployed import GraderError, deployed

_PROBE = "rft_audit_probe"
_PROBE_SOURCE = '''"""Put into a copy of the zip by `rft audit`: calls the handler and looks at the event again."""
import json

from {module} import {function} as handler


def lambda_handler(event, context):
    before = json.dumps(event)
    result = handler(event, context)
    try:
        changed = json.dumps(event) != before
    except (TypeError, ValueError):
        changed = True
    return {{"result": result, "input_changed": changed}}
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
        return Reply(payload["result"], invocation.duration_s, None, payload["input_changed"])


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
    with tempfile.TemporaryDirectory(prefix="rft-audit-") as folder:
        probed = Path(folder) / "probed.zip"
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
