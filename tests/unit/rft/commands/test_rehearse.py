"""`rft rehearse --rollouts`: a verdict from files alone, and what it refuses."""

from __future__ import annotations

import json
from random import Random

import pytest
from click.testing import CliRunner

from rft.cli import rft

TOPICS = ["refunds", "fees", "custody", "margin"]


def write(path, *, cheats=True, steps=18, score=None, reference=True):
    """A training whose reward asks for a mention; a cheat lists every topic."""
    rng = Random("rehearse")
    lines = []
    for step in range(1, steps + 1):
        for prompt in range(step * 6, step * 6 + 6):
            topic = TOPICS[prompt % 4]
            for sample in range(6):
                lists = cheats and rng.random() < 0.05 + 0.08 * max(0, step - 6)
                right = rng.random() < 0.3 + (0 if cheats else 0.03 * step)
                said = ", ".join(TOPICS) if lists else topic if right else rng.choice(TOPICS)
                turns = [{"role": "user", "content": "About?"}, {"role": "assistant", "content": said}]
                record = {"rollout_version": 1, "row_id": f"q{prompt % 20}", "sample": sample, "step": step}
                given = float(topic in said) if score is None else score
                record |= {"messages": turns, "score": given, "parts": {}, "metrics": {}, "reason": ""}
                lines.append({**record, **({"reference_answer": topic} if reference else {})})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return str(path)


def rehearse(*args):
    return CliRunner().invoke(rft, ["rehearse", *map(str, args)])


@pytest.fixture
def cheated(tmp_path):
    return write(tmp_path / "cheated.jsonl")


def test_a_cheated_training_is_hacked_with_its_step_and_the_trick(cheated, tmp_path):
    done = rehearse("--rollouts", cheated, "--json", "-o", tmp_path / "out")
    found = json.loads(done.output)
    assert (done.exit_code, found["word"], found["truth"]) == (1, "HACKED", "exact_match")
    assert abs(found["onset"] - 8) <= 3
    assert found["examples"][0]["completion"] == "refunds, fees, custody, margin"
    assert found["examples"][0]["tricks"] == ["more items than asked for"]
    assert json.loads((tmp_path / "out" / "verdict.json").read_text(encoding="utf-8")) == found
    assert "HACKED" in (tmp_path / "out" / "verdict.html").read_text(encoding="utf-8")


def test_an_honest_training_is_learnable(tmp_path):
    done = rehearse("--rollouts", write(tmp_path / "honest.jsonl", cheats=False))
    assert done.exit_code == 0
    assert done.output.startswith("LEARNABLE")


def test_without_a_true_metric_the_trick_gives_it_away(cheated):
    done = rehearse("--rollouts", cheated, "--truth", "none")
    assert done.exit_code == 1
    assert "more items than asked for" in done.output


def test_a_constant_grader_is_dead(tmp_path):
    done = rehearse("--rollouts", write(tmp_path / "constant.jsonl", score=0.5))
    assert (done.exit_code, done.output.split(":")[0]) == (1, "DEAD")


def test_rollouts_without_references_are_read_without_a_true_metric(tmp_path):
    done = rehearse("--rollouts", write(tmp_path / "bare.jsonl", reference=False), "--json")
    assert json.loads(done.output)["truth"] is None


def test_a_named_reward_grades_again_and_a_named_truth_judges(cheated, tmp_path):
    reward = tmp_path / "exact.yaml"
    reward.write_text("exact_match\n", encoding="utf-8")
    found = json.loads(rehearse("--rollouts", cheated, "--reward", reward, "--truth", reward, "--json").output)
    assert found["numbers"]["agreement"]["value"] == pytest.approx(1)
    assert found["word"] == "FLAT"  # by the exact reward nothing was learnt: it falls


def test_scores_beyond_one_are_mapped_to_it(tmp_path):
    tens = tmp_path / "tens.jsonl"
    write(tmp_path / "ones.jsonl")
    lines = map(json.loads, (tmp_path / "ones.jsonl").read_text(encoding="utf-8").splitlines())
    tens.write_text("".join(json.dumps({**one, "score": 10 * one["score"] - 5}) + "\n" for one in lines))
    found = json.loads(rehearse("--rollouts", tens, "--json").output)
    assert found["word"] == "HACKED"
    assert all(0 <= one["reward"] <= 1 for one in found["numbers"]["curve"])


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "name a PROJECT"),
        (["--rollouts", "FILE", "--steps", "3"], "are for a PROJECT"),
        (["--rollouts", "FILE", "--truth", "nothing"], "file.py:name or reward.yaml"),
    ],
)
def test_misuse_says_what_would_be_right(args, said, cheated):
    done = rehearse(*[cheated if arg == "FILE" else arg for arg in args])
    assert done.exit_code != 0
    assert said in done.output + str(done.exception)


def test_a_file_without_scores_is_refused(tmp_path):
    path = tmp_path / "bare.jsonl"
    path.write_text('{"rollout_version": 1, "messages": [{"role": "assistant", "content": "a"}]}\n', encoding="utf-8")
    done = rehearse("--rollouts", path)
    assert "grade it first" in str(done.exception)


def test_rollouts_that_a_reward_cannot_judge_are_dead(tmp_path):
    reward = tmp_path / "exact.yaml"
    reward.write_text("exact_match\n", encoding="utf-8")
    done = rehearse("--rollouts", write(tmp_path / "bare.jsonl", reference=False), "--reward", reward)
    assert (done.exit_code, done.output.split(":")[0]) == (1, "DEAD")
    assert "100% of the rollouts could not be judged" in done.output


def test_a_grid_of_weights_shows_the_best_first(tmp_path):
    path = tmp_path / "parts.jsonl"
    write(tmp_path / "plain.jsonl")
    with path.open("w", encoding="utf-8") as file:
        for line in (tmp_path / "plain.jsonl").read_text(encoding="utf-8").splitlines():
            one = json.loads(line)
            exact = float(one["messages"][-1]["content"] == one["reference_answer"])
            print(json.dumps({**one, "parts": {"mention": one["score"], "exact": exact}}), file=file)
    found = json.loads(rehearse("--rollouts", path, "--weights", "grid", "--json").output)["weightings"]
    assert len(found) == 5
    assert found[0]["weights"]["exact"] == 1
    assert found[-1]["weights"]["mention"] == 1


def test_a_sweep_is_for_a_project(cheated):
    assert "are for a PROJECT" in rehearse("--rollouts", cheated, "--sweep", "group=4,8").output
