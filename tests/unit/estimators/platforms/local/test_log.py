"""Log entries of the trainer appear under the names of Nova's logs."""

import json
import math

from estimators.platforms.local.log import RFT_NAMES, SFT_NAMES, renamed, write_rows


def test_sft_steps_are_renamed_and_the_summary_is_left_out():
    history = [{"loss": 2.5, "learning_rate": 0.1, "epoch": 0.5, "step": 1}, {"train_runtime": 3.0, "step": 1}]
    assert renamed(history, SFT_NAMES) == [{"step_number": 1, "training_loss": 2.5, "learning_rate": 0.1}]


def test_rft_steps_carry_verl_names_and_the_graders_metrics():
    history = [{"loss": 0.0, "step": 2, "reward": 0.5, "kl": 0.01, "metric/json": 1.0, "step_time": 3.0}]
    [row] = renamed(history, RFT_NAMES)
    assert row == {
        "step_number": 2,
        "critic/rewards/mean": 0.5,
        "actor/kl": 0.01,
        "actor/loss": 0.0,
        "metric/json": 1.0,
    }


def test_a_value_json_cannot_hold_is_left_out():
    [row] = renamed([{"loss": 1.0, "step": 1, "reward": math.nan, "kl": None}], RFT_NAMES)
    assert row == {"step_number": 1, "actor/loss": 1.0}


def test_rows_are_written_one_per_line(tmp_path):
    write_rows(tmp_path / "m.jsonl", [{"a": 1}, {"b": 2.5}])
    assert [json.loads(line) for line in (tmp_path / "m.jsonl").read_text().splitlines()] == [{"a": 1}, {"b": 2.5}]
    assert [path.name for path in tmp_path.iterdir()] == ["m.jsonl"]
