"""The stage runner: what runs, what is kept, and what a kill may cost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from rewards.types import JSON
from rft import pipeline
from rft.errors import StageError
from rft.pipeline import Stage
from rft.project import load_project
from rft.stages import local_stages
from rft.stages.local import command_for

EXAMPLE = Path(__file__).parents[3] / "examples" / "regulatory_tools"


class Recorder:
    """Remembers what the runner said."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.kept: list[str] = []

    def skipped(self, stage: str, folder: Path) -> None:
        self.kept.append(stage)

    def started(self, stage: str) -> None:
        self.ran.append(stage)

    def finished(self, stage: str, folder: Path, seconds: float, counts: Mapping[str, JSON]) -> None:
        assert folder.is_dir()


def write(name: str, text: str) -> Stage:
    def fill(folder: Path) -> dict[str, JSON]:
        (folder / "out.txt").write_text(text)
        return {"characters": len(text)}

    return Stage(name, (), lambda: text, fill)


def copy(name: str, root: Path, source: str) -> Stage:
    def fill(folder: Path) -> dict[str, JSON]:
        (folder / "out.txt").write_text((root / source / "out.txt").read_text())
        return {}

    return Stage(name, (source,), lambda: None, fill)


def chain(root: Path, text: str = "one") -> list[Stage]:
    return [write("a", text), write("other", "x"), copy("b", root, "a"), copy("c", root, "b")]


def run(stages: list[Stage], root: Path, until: str | None = None) -> Recorder:
    recorder = Recorder()
    pipeline.run(stages, root, recorder, until=until)
    return recorder


def test_a_second_run_does_nothing(tmp_path: Path) -> None:
    assert run(chain(tmp_path), tmp_path).ran == ["a", "other", "b", "c"]
    assert run(chain(tmp_path), tmp_path).ran == []


def test_a_deleted_stage_and_its_followers_run_again_and_nothing_else(tmp_path: Path) -> None:
    run(chain(tmp_path), tmp_path)
    pipeline.remove(tmp_path / "b")
    again = run(chain(tmp_path), tmp_path)
    assert (again.ran, again.kept) == (["b", "c"], ["a", "other"])


def test_a_changed_input_reruns_what_depends_on_it(tmp_path: Path) -> None:
    run(chain(tmp_path), tmp_path)
    assert run(chain(tmp_path, "two"), tmp_path).ran == ["a", "b", "c"]
    assert (tmp_path / "c" / "out.txt").read_text() == "two"


def test_a_file_changed_by_hand_makes_its_stage_run_again(tmp_path: Path) -> None:
    run(chain(tmp_path), tmp_path)
    (tmp_path / "a" / "out.txt").write_text("edited")
    assert run(chain(tmp_path), tmp_path).ran == ["a", "b", "c"]
    assert (tmp_path / "c" / "out.txt").read_text() == "one"


def test_until_stops_after_the_named_stage(tmp_path: Path) -> None:
    assert run(chain(tmp_path), tmp_path, until="b").ran == ["a", "other", "b"]


def test_an_unknown_stage_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"no stage 'd'; the stages are a, other, b, c"):
        run(chain(tmp_path), tmp_path, until="d")


def test_a_stage_that_fails_leaves_no_folder_and_keeps_the_others(tmp_path: Path) -> None:
    def fail(folder: Path) -> dict[str, JSON]:
        (folder / "half.txt").write_text("half")
        raise StageError("no")

    stages = [write("a", "one"), Stage("b", ("a",), lambda: None, fail)]
    with pytest.raises(StageError):
        run(stages, tmp_path)
    assert (tmp_path / "a").is_dir()
    assert not (tmp_path / "b").exists()


def _run_and_die_in_b(root: Path) -> None:
    def die(folder: Path) -> dict[str, JSON]:
        (folder / "half.txt").write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)
        return {}

    pipeline.run([write("a", "one"), Stage("b", ("a",), lambda: None, die)], root, Recorder())


def test_a_kill_costs_only_the_stage_that_was_running(tmp_path: Path) -> None:
    process = get_context("fork").Process(target=_run_and_die_in_b, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    resumed = run([write("a", "one"), copy("b", tmp_path, "a")], tmp_path)
    assert (resumed.ran, resumed.kept) == (["b"], ["a"])
    assert sorted(p.name for p in (tmp_path / "b").iterdir()) == ["finished.json", "manifest.json", "out.txt"]


def halves(root: Path, text: str, *, ends: str = "well") -> Stage:
    """A stage of two halves: the first is lost where it does not resume."""

    def fill(folder: Path) -> dict[str, JSON]:
        half = folder / "half.txt"
        found = half.exists()
        half.write_text("half")
        if ends == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if ends == "Ctrl-C":
            folder.rename(pipeline.stopped("b", root))
            raise KeyboardInterrupt
        return {"found": found}

    return Stage("b", (), lambda: text, fill, resumes=True)


def stop(root: Path, how: str) -> None:
    if how == "Ctrl-C":
        with pytest.raises(KeyboardInterrupt):
            run([halves(root, "one", ends=how)], root)
        return
    process = get_context("fork").Process(target=lambda: run([halves(root, "one", ends=how)], root))
    process.start()
    process.join()


@pytest.mark.parametrize("how", ["kill", "Ctrl-C"])
def test_a_stage_that_resumes_goes_on_from_what_equal_inputs_left_and_from_nothing_else(
    tmp_path: Path, how: str
) -> None:
    stop(tmp_path, how)
    run([halves(tmp_path, "two")], tmp_path)
    assert pipeline.read_manifest(tmp_path / "b")["counts"] == {"found": False}
    pipeline.remove(tmp_path / "b")
    stop(tmp_path, how)
    run([halves(tmp_path, "one")], tmp_path)
    assert pipeline.read_manifest(tmp_path / "b")["counts"] == {"found": True}
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {".lock", "b"}
    assert {path.name for path in (tmp_path / "b").iterdir()} == {"half.txt", "finished.json", "manifest.json"}


def test_manifests_hold_nothing_that_differs_between_two_runs(tmp_path: Path) -> None:
    for root in (tmp_path / "one", tmp_path / "two"):
        run(chain(root), root)
    texts = [(tmp_path / which / "c" / "manifest.json").read_bytes() for which in ("one", "two")]
    assert texts[0] == texts[1]


def test_two_runs_of_one_folder_do_not_mix(tmp_path: Path) -> None:
    with pipeline.lock(tmp_path), pytest.raises(StageError, match="another `rft run`"):
        run(chain(tmp_path), tmp_path)


MAKE_BESIDE = Path(__file__).with_name("make_beside.py")


def beside(name: str, root: Path, how: str) -> Stage:
    """A stage that is made by a process of its own, where another one can run meanwhile."""
    command = [sys.executable, str(MAKE_BESIDE), str(root), name, how]
    return replace(noting(name, (), nothing), beside=lambda: command)


def noting(name: str, after: tuple[str, ...], work: Callable[[], object]) -> Stage:
    """A stage that does some work and writes the process it ran in."""

    def fill(folder: Path) -> dict[str, JSON]:
        work()
        (folder / "process.txt").write_text(str(os.getpid()))
        return {"done": 1}

    return Stage(name, after, lambda: None, fill)


def pids(root: Path, *names: str) -> list[int]:
    return [int((root / name / "process.txt").read_text()) for name in names]


def nothing() -> None:
    pass


def failing(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def test_a_stage_beside_runs_at_the_same_time_and_is_awaited_by_who_reads_it(tmp_path: Path) -> None:
    stages = [
        beside("look", tmp_path, "waits for train"),
        noting("train", (), nothing),
        noting("report", ("look", "train"), nothing),
    ]
    assert run(stages, tmp_path).ran == ["train", "look", "report"]
    look, train, report = pids(tmp_path, "look", "train", "report")
    assert look != train == report == os.getpid()
    assert run(stages, tmp_path).ran == []


@pytest.mark.parametrize("followers", [[], [noting("reads", ("look",), nothing)]])
def test_a_stage_that_nothing_could_run_beside_runs_here(tmp_path: Path, followers: list[Stage]) -> None:
    run([beside("look", tmp_path, "works"), *followers], tmp_path)
    assert pids(tmp_path, "look") == [os.getpid()]


@pytest.mark.parametrize(
    ("how", "message"), [("fails", "^no rows$"), ("is killed", "^the process of look ended with -9$")]
)
def test_a_stage_that_fails_beside_tells_it_and_what_ran_meanwhile_is_kept(
    tmp_path: Path, how: str, message: str
) -> None:
    with pytest.raises(StageError, match=message):
        run([beside("look", tmp_path, how), noting("train", (), nothing)], tmp_path)
    assert (tmp_path / "train").is_dir()
    assert not (tmp_path / "look").exists()
    assert not (tmp_path / ".look.draft").exists()


def test_a_stage_that_fails_here_lets_the_one_beside_finish(tmp_path: Path) -> None:
    stages = [beside("look", tmp_path, "works"), noting("train", (), failing(StageError("no")))]
    with pytest.raises(StageError, match=r"^no$"):
        run(stages, tmp_path)
    assert (tmp_path / "look" / "manifest.json").is_file()


def test_an_interrupt_ends_the_stage_beside_at_once(tmp_path: Path) -> None:
    stages = [beside("look", tmp_path, "waits for nobody"), noting("train", (), failing(KeyboardInterrupt()))]
    with pytest.raises(KeyboardInterrupt):
        run(stages, tmp_path)
    assert not (tmp_path / "look").exists()
    assert not (tmp_path / ".look.draft").exists()


def test_the_command_of_a_stage_makes_what_would_be_made_here(tmp_path: Path) -> None:
    project = Path(shutil.copytree(EXAMPLE, tmp_path / "project")) / "project.yaml"
    file = load_project(project).with_seed(3)
    for root in (tmp_path / "here", tmp_path / "there"):
        root.mkdir()
    run(local_stages(file, tmp_path / "here"), tmp_path / "here", until="data")
    subprocess.run(command_for(file, tmp_path / "there", "data"), check=True, stdout=subprocess.DEVNULL)
    texts = [(tmp_path / which / "data" / "manifest.json").read_bytes() for which in ("here", "there")]
    assert texts[0] == texts[1]


def test_a_command_that_cannot_make_its_stage_says_why(tmp_path: Path) -> None:
    command = command_for(
        replace(load_project(EXAMPLE / "project.yaml"), path=tmp_path / "none.yaml"), tmp_path, "data"
    )
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, f"{tmp_path}/none.yaml: cannot be read: No such file or directory\n")
