"""Runs stages so that finished work is never repeated, lost or half-written.

A stage is a pure step from inputs to a folder. It writes into a hidden folder beside the final one, and a rename, which
is atomic, makes the folder appear whole. So a folder that exists is finished, and a kill at any moment costs only the
stage that was running. `manifest.json` inside says what the folder was made from; when that changes, or when a stage it
depends on ran again, it is made anew.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rewards.types import JSON
from rewards.writing import BusyOutputError, holding, write_text
from rft.beside import Beside, Made
from rft.errors import StageError

MANIFEST = "manifest.json"
FINISHED = "finished.json"
KEY = ".key"  # in a draft: what it is made from, until the manifest says it
WALL_CLOCK = frozenset({FINISHED, "seconds.jsonl"})  # kept apart so that everything else is the same in every run


@dataclass(frozen=True)
class Stage:
    """A named step.

    `inputs` returns what the result depends on besides other stages (JSON, hashed into the manifest); `run` fills the
    given folder and returns its counts. `after` names the stages whose folders it reads. Where `beside` names a
    command when it is its turn, that makes it while later stages run that do not read it. One that `resumes` is given
    the folder that a stopped run of equal inputs left, and goes on from there.
    """

    name: str
    after: tuple[str, ...]
    inputs: Callable[[], JSON]
    run: Callable[[Path], Mapping[str, JSON]]
    beside: Callable[[], Sequence[str] | None] = lambda: None
    resumes: bool = False


class Progress(Protocol):
    """Who is told that a stage starts, ends or is already there."""

    def skipped(self, stage: str, folder: Path) -> None:
        """`stage` is finished and unchanged."""

    def started(self, stage: str) -> None:
        """`stage` runs now."""

    def finished(self, stage: str, folder: Path, seconds: float, counts: Mapping[str, JSON]) -> None:
        """`stage` is done."""


def digest_of(value: JSON) -> str:
    """SHA-256 of a JSON value, independent of key order.

    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests_of_folder(folder: Path) -> dict[str, JSON]:
    """SHA-256 of every file below `folder` by relative path, in order, wall-clock facts left out."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in {MANIFEST, *WALL_CLOCK})
    return {path.relative_to(folder).as_posix(): digest_of_file(path) for path in files}


def read_manifest(folder: Path) -> dict[str, JSON]:
    """Read what a finished stage's folder says about itself; empty where there is none."""
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    manifest = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(manifest, dict)
    return manifest


def stale(stages: Sequence[Stage], root: Path) -> Iterator[Stage]:
    """Yield the stages that have to run, in order: changed, missing, or after one that has to run."""
    dirty: set[str] = set()
    for stage in stages:
        if dirty.intersection(stage.after) or not is_current(stage, root):
            dirty.add(stage.name)
            yield stage


def is_current(stage: Stage, root: Path) -> bool:
    """Whether the stage's folder was made from exactly what it would be made from now, and still holds just that."""
    folder = root / stage.name
    manifest = read_manifest(folder)
    return manifest.get("key") == _key(stage, root) and manifest.get("files") == digests_of_folder(folder)


def run(stages: Sequence[Stage], root: Path, progress: Progress, *, until: str | None = None) -> None:
    """Run what is stale, in order, up to and including `until`."""
    wanted = stages_until(stages, until)
    with lock(root):
        todo = list(stale(wanted, root))
        with _Running(root, progress) as running:
            for place, stage in enumerate(wanted):
                if stage not in todo:
                    progress.skipped(stage.name, root / stage.name)
                    continue
                others = [other for other in wanted[place + 1 :] if other in todo and stage.name not in other.after]
                running.wait_for(stage.after)
                running.run(stage, stage.beside() if others else None)


@contextmanager
def lock(root: Path) -> Iterator[None]:
    """Hold the run folder for this process; the lock ends with the process, however it ends."""
    try:
        with holding(root / ".lock", root):
            yield
    except BusyOutputError:
        raise StageError(f"another `rft run` is at work in {root}; wait for it or stop it") from None


def remove(folder: Path) -> None:
    """Delete a stage's folder: out of sight in one step first, so that a kill leaves it either whole or gone."""
    if folder.exists():
        grave = folder.with_name(f".{folder.name}.removed")
        shutil.rmtree(grave, ignore_errors=True)
        folder.rename(grave)
        shutil.rmtree(grave)


def stages_until(stages: Sequence[Stage], until: str | None) -> Sequence[Stage]:
    """Return the stages up to and including `until`; all of them for None."""
    names = [stage.name for stage in stages]
    if until is None:
        return stages
    if until not in names:
        raise StageError(f"no stage {until!r}; the stages are {', '.join(names)}")
    return stages[: names.index(until) + 1]


def _key(stage: Stage, root: Path) -> str:
    """Digest of everything the stage's result depends on."""
    upstream: dict[str, JSON] = {name: read_manifest(root / name).get("files", {}) for name in stage.after}
    return digest_of({"stage": stage.name, "inputs": stage.inputs(), "upstream": upstream})


class _Running:
    """Runs stages, some beside others; the end of the block waits for all, an interrupt ends them at once."""

    def __init__(self, root: Path, progress: Progress) -> None:
        self._root, self._progress = root, progress
        self._beside: dict[str, Beside] = {}

    def __enter__(self) -> _Running:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.wait_for(list(self._beside))
            elif issubclass(kind, Exception):  # a first error is told; what other stages finish all the same is kept
                for work in self._beside.values():
                    with suppress(Exception):
                        work.result()
        finally:
            for name, work in self._beside.items():
                work.stop()
                shutil.rmtree(_draft(name, self._root), ignore_errors=True)

    def wait_for(self, names: Sequence[str]) -> None:
        """Wait for those of these stages that run beside."""
        for name in [name for name in names if name in self._beside]:
            self._progress.started(name)
            made = self._beside[name].result()
            del self._beside[name]
            self._tell(name, made)

    def run(self, stage: Stage, command: Sequence[str] | None) -> None:
        """Run a stage here, or begin the command that makes it beside."""
        if command is not None:
            self._beside[stage.name] = Beside(stage.name, command)
            return
        self._progress.started(stage.name)
        self._tell(stage.name, make(stage, self._root))

    def _tell(self, name: str, made: Made) -> None:
        self._progress.finished(name, self._root / name, made.seconds, made.counts)


def make(stage: Stage, root: Path) -> Made:
    """Make the folder of a stage; whoever calls it holds the `lock`."""
    draft, final = _draft(stage.name, root), root / stage.name
    remove(final)
    began = time.perf_counter()
    key = _key(stage, root)
    if not (stage.resumes and _taken_up(stage.name, root, key)):
        remove(draft)
        draft.mkdir()
        write_text(draft / KEY, key)
    try:
        counts = dict(stage.run(draft))
        (draft / KEY).unlink()
        seconds = time.perf_counter() - began
        _write_json(draft / FINISHED, {"seconds": round(seconds, 3)})
        _write_json(
            draft / MANIFEST, {"stage": stage.name, "key": key, "counts": counts, "files": digests_of_folder(draft)}
        )
        draft.rename(final)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)  # what is worth keeping of it, the stage has moved to `stopped`
        raise
    return Made(seconds, counts)


def stopped(name: str, root: Path) -> Path:
    """The folder of what a stage had made when an error or Ctrl-C stopped it.

    >>> stopped("rft", Path("runs/demo")).as_posix()
    'runs/demo/rft.stopped'
    """
    return root / f"{name}.stopped"


def _taken_up(name: str, root: Path, key: str) -> bool:
    """Whether a stopped or killed run left a folder of this stage that was being made from the same; it is the draft
    then.
    """
    draft = _draft(name, root)
    for left in (draft, stopped(name, root)):
        if (left / KEY).is_file() and (left / KEY).read_text("utf-8") == key:
            if left != draft:
                remove(draft)
                left.rename(draft)
            return True
    return False


def _draft(name: str, root: Path) -> Path:
    return root / f".{name}.draft"


def _write_json(path: Path, value: Mapping[str, JSON]) -> None:
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
