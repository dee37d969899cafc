"""Grade rows with the source of a zip in a process of this environment, to compare its scores with the zip's.

The process runs the very entry file that was written for Lambda, against the folder that the zip was made from and all
that is installed here: what the zip lacks, it has. It is enclosed as the zip is, with those folders to read besides.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from lambda_package.packaging.layers import import_folders, unpack_layer
from lambda_package.packaging.record import BuildRecord
from lambda_package.runtime.client_files import SOURCE
from lambda_package.runtime.sandbox import NO_ACCOUNT, callers_account, can_enclose
from rewards.children import run_child
from rewards.scratch import scratch_folder
from rewards.types import JSON

_MEMORY_MB = 10_240  # of the largest function; AWS "Lambda quotas", read 2026-11


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

    Like the zip it has no network, no account of AWS's and none of the caller's environment, unless allowed: a judge
    must not spend money here.
    """
    if not Path(record.root).is_dir():
        return BySource(problem=f"the folder it was built from is gone: {record.root}")
    with scratch_folder("source") as folder, TemporaryFile() as given:
        for name, text in record.entry.items():
            path = folder / "entry" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        (folder / "root").mkdir()
        (folder / "events.json").write_text(json.dumps(list(events)), "utf-8")
        for layer in layers:
            unpack_layer(layer, folder / "opt")
        ask = _ask(record, folder, given, offline=not allow_network)
        # Ours has no deadline to keep here; a handler of somebody else's may ask its context for one.
        is_ours = any("handler_for(" in text for text in record.entry.values())
        ask["timeout_s"] = 0 if is_ours else timeout_s
        variables = {
            **NO_ACCOUNT,
            **(callers_account() if allow_network else {}),
            "HOME": "/tmp" if ask["enclosed"] else str(folder),  # noqa: S108  a private one
            "LANG": "en_US.UTF-8",
            "LAMBDA_TASK_ROOT": record.root,
            "PATH": os.defpath,
            **(environment or {}),
        }
        try:
            done = run_child(
                [sys.executable, "-P", str(SOURCE), json.dumps(ask)],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout_s,
                env=variables,
                pass_fds=[given.fileno()],
            )
        except subprocess.TimeoutExpired:
            return BySource(problem=f"it took longer than {timeout_s:g} s")
        given.seek(0)
        answers = given.read()
        if done.returncode or not answers:
            return BySource(problem=(done.stderr.strip().splitlines() or ["it ended without an answer"])[-1])
        return BySource(tuple(json.loads(answers)))


def _ask(record: BuildRecord, folder: Path, given: IO[bytes], *, offline: bool) -> dict[str, JSON]:
    installed = [os.path.realpath(place) for place in sys.path if place and Path(place).exists()]
    below = [str(folder / "opt" / path) for path in import_folders(f"{sys.version_info[0]}.{sys.version_info[1]}")]
    layers = [path for path in below if Path(path).exists()]
    path = [str(folder / "entry"), record.root, *layers, str(_ours()), *installed]
    seen = [*path, *record.linked, sys.prefix, sys.base_prefix, sys.base_exec_prefix]
    return {
        "enclosed": can_enclose(),
        "offline": offline,
        "memory_mb": _MEMORY_MB,
        "root": str(folder / "root"),
        "own": {shown: shown for place in seen for shown in _without_home(Path(place))},
        "path": [*path],
        "folder": record.root,
        "handler": record.handler,
        "events": str(folder / "events.json"),
        "answers": given.fileno(),
    }


def _without_home(place: Path) -> Iterator[str]:
    """The folder, or, where the user's home is in it, what it holds that is neither hidden nor the home."""
    home = Path(os.path.expanduser("~")).resolve()  # noqa: PTH111  Path raises where a user has no home
    if not home.is_relative_to(place.resolve()) or home == Path("/"):
        yield str(place)
        return
    for inside in place.iterdir():
        if not inside.name.startswith(".") and not home.is_relative_to(inside.resolve()):
            yield str(inside)


def _ours() -> Path:
    """Where our own packages are imported from, for a checkout that is not installed."""
    return Path(__file__).resolve().parent.parent
