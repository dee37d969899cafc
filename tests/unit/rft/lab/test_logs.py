"""What other trainers saved becomes rollouts: nothing is lost, and the lab reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from rewards.rollouts import RolloutFileError, completion_turns, prompt_turns, read_records
from rft.cli import rft
from rft.lab.chats import turns_of_prompt, without_end
from rft.lab.logs import apart
from rft.rehearsal.tricks import written_of

ASKED, SAID = "2 + 2?", "It is 4."
TURNS = {"prompt": [{"role": "user", "content": ASKED}], "completion": [{"role": "assistant", "content": SAID}]}
FOUND = {"step": 3, "score": 0.5, "reference_answer": "4"}
LOGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "verl": ({"input": ASKED, "output": SAID, "gts": "4", "score": 0.5, "step": 3, "acc": True}, FOUND | {"acc": True}),
    "TRL, rewards in columns": (
        {"step": 3, "prompt": ASKED, "completion": SAID, "accuracy_reward": 1.0, "len_reward": -0.5, "advantage": 0.2},
        {"step": 3, "score": 0.5, "parts": {"accuracy_reward": 1.0, "len_reward": -0.5}, "metrics": {"advantage": 0.2}},
    ),
    "TRL, one reward of any name": (
        {"step": 3, "prompt": ASKED, "completion": SAID, "plan": 0.5, "advantage": -0.1},
        {"step": 3, "score": 0.5, "parts": {"plan": 0.5}},
    ),
    "verifiers": (
        {**TURNS, "example_id": 7, "answer": "4", "reward": 0.5, "metrics": {"exact": 1}, "is_truncated": True},
        {"row_id": "7", "score": 0.5, "reference_answer": "4", "metrics": {"exact": 1.0}, "finish_reason": "length"},
    ),
    "rewards under one key": (
        {"query": ASKED, "response": SAID, "global_step": 3, "rewards": {"right": 0.25, "form": 0.25}, "label": "4"},
        FOUND | {"parts": {"right": 0.25, "form": 0.25}},
    ),
    "a whole conversation": ({"messages": [*TURNS["prompt"], *TURNS["completion"]], "reward": 0.5}, {"score": 0.5}),
    "turns as JSON text": ({"prompt": json.dumps(TURNS["prompt"]), "completion": SAID, "score": "0.5"}, {"score": 0.5}),
}


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def converted(path: Path, *args: object) -> Result:
    out = path.with_name("rollouts.jsonl")
    return CliRunner().invoke(rft, ["rollouts", "convert", str(path), "-o", str(out), *map(str, args)])


def made(path: Path, *args: object) -> list[dict[str, Any]]:
    done = converted(path, *args)
    assert done.exit_code == 0, done.output
    return [record for _, record in read_records(path.with_name("rollouts.jsonl"))]


@pytest.mark.parametrize("name", LOGS)
def test_a_log_becomes_a_rollout(name: str, tmp_path: Path) -> None:
    row, wanted = LOGS[name]
    (record,) = made(write(tmp_path / "log.jsonl", [row]))
    assert {key: record.get(key) for key in wanted} == wanted
    assert [turn["content"] for turn in (*prompt_turns(record), *completion_turns(record))] == [ASKED, SAID]  # type: ignore[call-overload,index]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": ASKED, "completions": [SAID, "5"], "rewards": [0.5, 0.0], "step": 3},
        {"prompt": [ASKED, ASKED], "completion": [SAID, "5"], "score": [0.5, 0.0], "step": [3, 3]},
        {"prompt": ASKED, "responses": [{"text": SAID, "reward": 0.5}, {"text": "5", "reward": 0.0}], "iteration": 3},
    ],
)
def test_completions_that_stand_together_are_one_group(row: dict[str, Any], tmp_path: Path) -> None:
    records = made(write(tmp_path / "log.jsonl", [row]))
    assert [(record["sample"], record["score"], record["step"]) for record in records] == [(0, 0.5, 3), (1, 0.0, 3)]
    assert len({record["row_id"] for record in records}) == 1


def test_what_differs_within_a_prompt_does_not_part_its_group(tmp_path: Path) -> None:
    rows = [
        {"input": ASKED, "output": str(n), "score": n, "acc": n > 0, "step": 1, "advantage": n - 0.5} for n in (0, 1)
    ]
    assert [record["sample"] for record in made(write(tmp_path / "log.jsonl", rows))] == [0, 1]


def test_rewards_are_weighed_as_they_were_in_training(tmp_path: Path) -> None:
    log = write(
        tmp_path / "log.jsonl", [{"prompt": ASKED, "completion": SAID, "plan": 1.0, "near": 0.5, "advantage": 0}]
    )
    assert made(log, "--weights", "plan=0.8,near=0.2")[0]["score"] == pytest.approx(0.8 + 0.1)
    assert "what is to be added up with --weights" in str(converted(log).exception)


PARTS = {"plan_reward": 1.0, "near_reward": 0.5, "length_reward": 3.0}


@pytest.mark.parametrize("logged", [PARTS, {"rewards": PARTS}, {"parts": PARTS, "score": 9.0}])
@pytest.mark.parametrize(
    ("weights", "score"), [("plan_reward=0.8,near_reward=0.2", 0.9), ("length_reward=-1", -3.0), ("near_reward=0", 0.0)]
)
def test_only_what_is_named_is_added_up_wherever_rewards_stand(
    logged: dict[str, Any], weights: str, score: float, tmp_path: Path
) -> None:
    log = write(tmp_path / "log.jsonl", [{"prompt": ASKED, "completion": SAID, "advantage": 0, **logged}])
    (record,) = made(log, "--weights", weights)
    assert record["score"] == pytest.approx(score)
    assert record["parts"] == PARTS


@pytest.mark.parametrize(
    ("row", "args", "said"),
    [
        ({"train/reward": 0.5}, (), "log.jsonl:1: no completion: none of 'completion', 'output'"),
        ({"prompt": ASKED, "completion": SAID, "score": 10**400}, (), "no score: none of 'score', 'reward'"),
        ({"prompt": ASKED, "completion": SAID}, (), "no score: none of 'score', 'reward'"),
        ({"prompt": ASKED, "completion": SAID, "score": 1}, ("--column", "step=stp"), "log.jsonl:1: no column 'stp'"),
        (
            {"prompt": ASKED, "completion": SAID, "score": 1, "step": "three"},
            (),
            "a step is a whole number, got 'three'",
        ),
        (
            {"prompt": ASKED, "completion": SAID, "score": 1},
            ("--column", "steps=x"),
            "--column is WHAT=NAME, with prompt",
        ),
        ({"prompt": ASKED, "completion": SAID, "score": 1}, ("--weights", "a"), "--weights is NAME=NUMBER"),
        (
            {"prompt": ASKED, "completion": SAID, "plan": 1},
            ("--weights", "pln=1"),
            "no number under 'pln' to weigh; did you mean",
        ),
    ],
)
def test_what_is_no_rollout_says_what_is_missing(
    row: dict[str, Any], args: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    log = write(tmp_path / "log.jsonl", [row])
    done = CliRunner().invoke(rft, ["rollouts", "convert", str(log), "-o", str(tmp_path / "out.jsonl"), *args])
    assert done.exit_code != 0
    assert said in (done.output or str(done.exception)) or said in str(done.exception)
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_cell_that_is_empty_is_no_score_and_no_words(suffix: str, tmp_path: Path) -> None:
    import pandas as pd

    table = pd.DataFrame(
        {"prompt": [ASKED] * 3, "completion": [SAID, None, SAID], "plan": [1.0, 0.5, None], "advantage": 0.1}
    )
    log = tmp_path / f"log.{suffix}"
    {
        "jsonl": lambda: table.to_json(log, orient="records", lines=True),
        "csv": lambda: table.to_csv(log, index=False),
        "parquet": lambda: table.to_parquet(log),
    }[suffix]()
    records = made(log)
    assert [record.get("score") for record in records] == [1.0, 0.5, None]
    assert records[2]["ungradable"] == "no score was saved"
    assert completion_turns(records[1])[0]["content"] == ""  # type: ignore[call-overload,index]


def test_a_column_that_is_named_holds_nothing_else(tmp_path: Path) -> None:
    log = write(tmp_path / "log.jsonl", [{"question": ASKED, "answer": SAID, "label": "4", "score": 1}])
    (record,) = made(log, "--column", "completion=answer")
    assert (record["reference_answer"], completion_turns(record)[0]["content"]) == ("4", SAID)  # type: ignore[call-overload,index]


@given(st.lists(st.tuples(st.text(), st.floats(0, 1)), min_size=1, max_size=5), st.integers(0, 9))
def test_taking_a_batch_apart_loses_nothing(said: list[tuple[str, float]], step: int) -> None:
    row = {
        "prompt": ASKED,
        "completions": [text for text, _ in said],
        "rewards": [score for _, score in said],
        "step": step,
    }
    assert [(one["completion"], one["reward"], one["step"], one["prompt"]) for one in apart(row)] == [
        (text, score, step, ASKED) for text, score in said
    ]


BARE = {
    "Qwen, as verl and TRL decode it": ("system\n{}\nuser\n{}\nassistant\n", "{}"),
    "Qwen 3, thoughts skipped": ("system\n{}\nuser\n{}\nassistant\n<think>\n\n</think>\n\n", "{}"),
    "Qwen, with its tokens": (
        "<|im_start|>system\n{}<|im_end|>\n<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n",
        "{}<|im_end|>",
    ),
    "Llama 3": (
        "system\n\nCutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n{}user\n\n{}assistant\n\n",
        "{}<|eot_id|>",
    ),
}


@pytest.mark.parametrize("name", BARE)
@given(texts=st.lists(st.text("ab é?.<", min_size=1).map(str.strip).filter(bool), min_size=2, max_size=2))
def test_a_prompt_is_its_turns_without_its_template(name: str, texts: list[str]) -> None:
    prompt, completion = BARE[name]
    assert [turn["content"] for turn in turns_of_prompt(prompt.format(*texts))] == texts
    assert without_end(completion.format(texts[1])) == texts[1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Who is the user?\nassistant\n",  # words before the first turn
        "user\nWhat is a\nuser\nhere?\nassistant\n",  # user and model do not take turns
        "user\n2 + 2?",  # no turn of the model is opened
        "user\n2 + 2?\nassistant\n4",  # a whole conversation
    ],
)
def test_what_no_template_wrote_stays_whole(text: str) -> None:
    assert turns_of_prompt(text) == []


def test_a_log_is_told_from_rollouts_and_read_as_a_conversation(tmp_path: Path) -> None:
    row = {"input": f"system\nBe brief.\nuser\n{ASKED}\nassistant\n", "output": SAID, "gts": "4", "score": 1, "step": 3}
    log = write(tmp_path / "3.jsonl", [row])
    with pytest.raises(RolloutFileError, match=r"3\.jsonl:1: a log of another trainer.*rft rollouts convert"):
        next(read_records(log))
    (record,) = made(log)
    assert [turn["role"] for turn in prompt_turns(record)] == ["system", "user"]  # type: ignore[call-overload,index]
    assert written_of(record).prompt == ASKED
