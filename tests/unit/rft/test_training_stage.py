"""A training that is stopped keeps what its steps made; one that could not learn is warned of."""

from __future__ import annotations

from pathlib import Path

import pytest

from estimators.platforms.local import TrainingLog
from rft import pipeline
from rft.errors import StageError
from rft.exits import StoppedError
from rft.pipeline import KEY, Stage
from rft.stages.training import REWARD, ZERO_STD, kept_when_stopped, warnings_of


class Silent:
    def skipped(self, *_: object) -> None: ...
    def started(self, *_: object) -> None: ...
    def finished(self, *_: object) -> None: ...


def stopped(root: Path, error: BaseException, *, after_a_step: bool = True) -> None:
    """Run a stage `rft` whose second step raises `error`."""

    def train(out: Path) -> dict[str, float]:
        with kept_when_stopped("rft", out):
            if after_a_step:
                (out / "rollouts.jsonl").write_text("{}\n", "utf-8")
            raise error

    pipeline.run([Stage("rft", (), lambda: None, train)], root, Silent())


def test_ctrl_c_keeps_the_steps_and_says_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(StoppedError, match=r"stopped; the steps that rft had done are in .*rft\.stopped; the same"):
        stopped(tmp_path, KeyboardInterrupt())
    assert (tmp_path / "rft.stopped" / "rollouts.jsonl").read_text("utf-8") == "{}\n"
    assert not (tmp_path / "rft").exists()


def test_an_error_stays_what_it_was_and_says_where_the_steps_are(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="no answer") as caught:
        stopped(tmp_path, StageError("no answer"))
    (note,) = caught.value.__notes__
    assert str(tmp_path / "rft.stopped") in note


def test_a_second_stop_replaces_what_the_first_left(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(StoppedError):
            stopped(tmp_path, KeyboardInterrupt())
    assert {path.name for path in (tmp_path / "rft.stopped").iterdir()} == {"rollouts.jsonl", KEY}


def test_a_training_without_a_step_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        stopped(tmp_path, KeyboardInterrupt(), after_a_step=False)
    assert not (tmp_path / "rft.stopped").exists()


@pytest.mark.parametrize(
    ("shares", "warns"), [([1.0, 1.0], True), ([1.0, 0.5], True), ([1.0, 0.5, 0.0], False), ([], False)]
)
def test_dead_steps_are_warned_of_where_they_are_half(shares: list[float], warns: bool) -> None:
    log = TrainingLog(Path("model"), Path("metrics"), tuple({ZERO_STD: share} for share in shares), 1.0)
    assert bool(list(warnings_of(log))) == warns


@pytest.mark.parametrize(
    ("rewards", "warns"),
    [([0.96, 0.9, 0.9, 0.9], True), ([0.9, 1.0, 1.0, 1.0], False), ([0.96, 0.9, *[0.9] * 6], False), ([], False)],
)
def test_rows_that_sft_knows_by_heart_are_warned_of(rewards: list[float], warns: bool) -> None:
    log = TrainingLog(Path("model"), Path("metrics"), tuple({REWARD: reward} for reward in rewards), 1.0)
    assert any("earned 0.960 in the first steps" in warning for warning in warnings_of(log)) == warns
