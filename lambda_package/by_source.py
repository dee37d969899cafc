"""Grade rows with the source of a zip in a process of this environment, to compare its scores with the zip's.

The process runs the very entry file that was written for Lambda, against the folder that the zip was made from and all
that is installed here: what the zip lacks, it has.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambda_package.packaging.layers import import_folders, unpack_layer
from lambda_package.packaging.record import BuildRecord
from rewards.types import JSON

_RUN = """\
import importlib, json, sys
where, handler, events, answers = sys.argv[1:5]
sys.path[:0] = json.loads(where)
module, _, name = handler.rpartition(".")
handle = getattr(importlib.import_module(module), name)
with open(events, encoding="utf-8") as file:
    asked = json.load(file)
given = [handle(event, None) for event in asked]
with open(answers, "w", encoding="utf-8") as file:
    json.dump(given, file)
"""


@dataclass(frozen=True, slots=True)
class BySource:
    """The response of the source to each event, or the error."""

    answers: tuple[Any, ...] = ()
    problem: str = ""


def grade_by_source(
    record: BuildRecord,
    events: Sequence[JSON],
    *,
    timeout_s: float,
    environment: Mapping[str, str] | None = None,
    layers: Sequence[Path] = (),
    allow_network: bool = False,
) -> BySource:
    """The responses of the recorded source to `events`, from a fresh process with `environment` and `layers` added.

    Like the zip it has no network and no account of AWS's, unless allowed: a judge must not spend money here.
    """
    with tempfile.TemporaryDirectory(prefix="rft-source-") as scratch:
        folder = Path(scratch)
        for name, text in record.entry.items():
            path = folder / "entry" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        asked, given = folder / "events.json", folder / "answers.json"
        asked.write_text(json.dumps(list(events)), "utf-8")
        for layer in layers:
            unpack_layer(layer, folder / "opt")
        below = [str(folder / "opt" / path) for path in import_folders(f"{sys.version_info[0]}.{sys.version_info[1]}")]
        where = json.dumps([str(folder / "entry"), record.root, *below, *map(str, _ours())])
        wrapper = ["unshare", "-r", "-n", "--"] if _can_leave_network() and not allow_network else []
        command = [*wrapper, sys.executable, "-P", "-c", _RUN, where, record.handler, str(asked), str(given)]
        caller = {name: value for name, value in os.environ.items() if allow_network or not name.startswith("AWS_")}
        apart = {} if allow_network else _NO_ACCOUNT
        variables = {**caller, **apart, "LAMBDA_TASK_ROOT": record.root, **(environment or {})}
        try:
            done = subprocess.run(  # noqa: S603  the user's own grader, which they asked us to run
                command, capture_output=True, text=True, check=False, timeout=timeout_s, env=variables
            )
        except subprocess.TimeoutExpired:
            return BySource(problem=f"it took longer than {timeout_s:g} s")
        if done.returncode or not given.exists():
            return BySource(problem=(done.stderr.strip().splitlines() or ["it ended without an answer"])[-1])
        return BySource(tuple(json.loads(given.read_text("utf-8"))))


_NO_ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@functools.cache
def _can_leave_network() -> bool:
    if shutil.which("unshare") is None:
        return False
    probe = ["unshare", "-r", "-n", "true"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0  # noqa: S603  fixed words


def _ours() -> list[Path]:
    """Where our own packages are imported from, for a checkout that is not installed."""
    return [Path(__file__).parent.parent]
