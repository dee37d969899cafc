"""Two steps of each kind of training on a few rows, from Nova's files to weights, metrics and rollouts."""

import json
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

import pytest

from datagen.formats import rft_row, sft_row, write_jsonl
from estimators.platforms.local import (
    Overlay,
    PreflightError,
    checkpoints,
    generate,
    plan_rft,
    plan_sft,
    run_rft,
    run_sft,
    trimming,
)
from estimators.platforms.local.base import BASE_FOLDER
from estimators.platforms.local.errors import GraderContractError
from recipes import nova_lite_2_rft_lora, nova_lite_2_sft_lora, to_mapping
from rewards.rollouts import read_records
from rewards.types import Message, Sample
from rft.errors import StageError
from rft.stages.training import warnings_of

pytestmark = pytest.mark.train

OVERLAY = Overlay(
    sft={
        "training_config.max_steps": 2,
        "training_config.global_batch_size": 4,
        "training_config.optim_config.lr": 1e-3,
    },
    rft={
        "training_config.trainer.max_steps": 2,
        "training_config.global_batch_size": 8,
        "training_config.rollout.advantage_strategy.number_generation": 4,
        "training_config.rollout.generator.max_new_tokens": 24,
        "training_config.rollout.generator.top_k": 0,
    },
)


def share_of_letters(event):
    """Any reward with spread: the share of letters in the answer."""
    texts = [sample["messages"][-1]["content"] for sample in event]
    shares = [sum(map(str.isalpha, text)) / max(1, len(text)) for text in texts]
    return [
        {
            "id": sample["id"],
            "aggregate_reward_score": share,
            "metrics_list": [{"name": "letters", "value": share, "type": "Metric"}],
        }
        for sample, share in zip(event, shares, strict=True)
    ]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    samples = [
        Sample(id=f"q{n}", messages=(Message("user", f"Which control is AC-{n}?"),), reference={"id": f"AC-{n}"})
        for n in range(1, 5)
    ]
    write_jsonl(folder / "sft.jsonl", map(sft_row, samples))
    write_jsonl(folder / "rft.jsonl", map(rft_row, samples))
    return folder


@pytest.fixture(scope="module")
def sft(data, tmp_path_factory):
    plan = plan_sft(to_mapping(nova_lite_2_sft_lora()), OVERLAY)
    return run_sft(plan, model=BASE_FOLDER, data=data / "sft.jsonl", out=tmp_path_factory.mktemp("sft"))


def rft(data, model, out):
    plan = plan_rft(to_mapping(nova_lite_2_rft_lora()), OVERLAY)
    return run_rft(plan, model=model, data=data / "rft.jsonl", grader=share_of_letters, out=out)


@pytest.fixture
def stopped(monkeypatch):
    """Runs a training that Ctrl-C stops in its second step, once the first is in a checkpoint."""
    monkeypatch.setattr(checkpoints, "PAUSE_S", 0.0)
    monkeypatch.setattr(checkpoints, "SAVING_SHARE", 1e9)

    def stop(row):
        if row["step_number"] == 2:
            raise KeyboardInterrupt

    def train(run, **arguments):
        with pytest.raises(KeyboardInterrupt):
            run(**arguments, on_step=stop)
        assert checkpoints.steps_of(checkpoints.last(arguments["out"])) == 1
        told = []
        run(**arguments, on_step=told.append, resume=True)
        assert [row["step_number"] for row in told] == [1, 2]  # so that a bar begins where it was
        assert checkpoints.last(arguments["out"]) is None

    return train


def contents(folder):
    """What a training left, the seconds apart."""
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.stem != "seconds"}


def test_sft_that_was_stopped_goes_on_and_leaves_the_same_bytes(data, sft, tmp_path, stopped):
    plan = plan_sft(to_mapping(nova_lite_2_sft_lora()), OVERLAY)
    stopped(run_sft, plan=plan, model=BASE_FOLDER, data=data / "sft.jsonl", out=tmp_path)
    assert contents(tmp_path) == contents(sft.model.parent)
    seconds = (tmp_path / "seconds.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["step_number"] for line in seconds] == [1, 2]


def test_sft_writes_weights_and_one_row_per_step(sft):
    assert (sft.model / "model.safetensors").exists()
    assert [row["step_number"] for row in sft.rows] == [1, 2]
    assert all(row["training_loss"] > 0 for row in sft.rows)


def test_rft_logs_the_names_of_nova_and_repeats_itself_byte_for_byte_also_where_it_was_stopped(
    data, sft, tmp_path, stopped
):
    first = rft(data, sft.model, tmp_path / "first")
    stopped(
        run_rft,
        plan=plan_rft(to_mapping(nova_lite_2_rft_lora()), OVERLAY),
        model=sft.model,
        data=data / "rft.jsonl",
        grader=share_of_letters,
        out=tmp_path / "second",
    )
    assert {"critic/rewards/mean", "actor/entropy", "actor/kl", "response_length/mean", "metric/letters"} <= {
        *first.rows[-1]
    }
    assert first.rows[-1]["critic/rewards/mean"] == pytest.approx(first.rows[-1]["metric/letters"])
    assert contents(tmp_path / "first") == contents(tmp_path / "second")
    kept = tmp_path / "first" / "rollouts.jsonl"
    rollouts = [record for _, record in read_records(kept)]
    assert [record["step"] for record in rollouts] == [1] * 8 + [2] * 8  # every rollout of both steps
    mean = sum(record["score"] for record in rollouts[8:]) / 8
    assert first.rows[-1]["critic/rewards/mean"] == pytest.approx(mean)
    longest = max(record["tokens"]["completion"] for record in rollouts[8:])
    assert first.rows[-1]["response_length/max"] == longest


def assert_same_metrics(one, other):
    assert len(one.rows) == len(other.rows) == 2
    for row, same in zip(one.rows, other.rows, strict=True):
        assert row.keys() == same.keys()
        for name in row.keys() - {"entropy", "token_accuracy"}:  # these TRL averages over chunks, not over tokens
            assert row[name] == pytest.approx(same[name], rel=2e-3, abs=1e-5), name


def test_sft_learns_the_same_in_chunks_of_about_one_length(data, sft, tmp_path, monkeypatch):
    monkeypatch.setattr(trimming, "rows_at_once", lambda batch_size: batch_size // 2)
    plan = plan_sft(to_mapping(nova_lite_2_sft_lora()), OVERLAY)
    assert_same_metrics(run_sft(plan, model=BASE_FOLDER, data=data / "sft.jsonl", out=tmp_path), sft)


def test_rft_learns_the_same_without_the_padding(data, sft, tmp_path, monkeypatch):
    monkeypatch.setattr(trimming, "trimmed", lambda of_trl: of_trl)
    padded = rft(data, sft.model, tmp_path / "padded")
    monkeypatch.undo()
    monkeypatch.setattr(trimming, "trimmed", partial(trimming.trimmed, rows_per_chunk=3))
    assert_same_metrics(rft(data, sft.model, tmp_path / "trimmed"), padded)


def test_sft_learns_the_same_whether_prompts_are_scored_or_not(data, sft, tmp_path, monkeypatch):
    monkeypatch.setattr(trimming, "labelled_only", nullcontext)
    plan = plan_sft(to_mapping(nova_lite_2_sft_lora()), OVERLAY)
    assert_same_metrics(run_sft(plan, model=BASE_FOLDER, data=data / "sft.jsonl", out=tmp_path), sft)


@pytest.mark.parametrize("equal", ["q1", "q1 q2 q3", "q1 q2 q3 q4"])
def test_rft_learns_the_same_without_the_rows_of_equal_rewards(data, sft, tmp_path, monkeypatch, equal):
    def grader(event):
        graded = share_of_letters(event)
        return [
            {**one, "aggregate_reward_score": 0.7} if one["id"].split("-")[0] in equal.split() else one
            for one in graded
        ]

    recipe = to_mapping(nova_lite_2_rft_lora())
    plan = plan_rft(recipe, replace(OVERLAY, rft={**OVERLAY.rft, "training_config.trainer.kl_loss_coef": 0}))
    found = []
    for name in ("skipped", "learnt"):
        found.append(run_rft(plan, model=sft.model, data=data / "rft.jsonl", grader=grader, out=tmp_path / name))
        monkeypatch.setattr(trimming, "learning_only", lambda trainer: None)
    skipped, learnt = found
    assert max(row["critic/rewards/zero_std_groups"] for row in skipped.rows) > 0
    for row, same in zip(skipped.rows, learnt.rows, strict=True):
        assert row.keys() == same.keys()
        for name in row:  # what TRL's rounding makes of equal rewards is an advantage of up to 6e-4
            assert row[name] == pytest.approx(same[name], rel=5e-3, abs=1e-3), name


def raising(event):
    raise ZeroDivisionError("division by zero")


def interrupted(event):
    raise KeyboardInterrupt


def timing_out(event):
    raise StageError("the packaged grader failed: no answer within 60 s")


def answering_nan(event):
    return [{**result, "aggregate_reward_score": float("nan")} for result in share_of_letters(event)]


@pytest.mark.parametrize(
    ("breaks", "error"),
    [
        (raising, ZeroDivisionError),
        (interrupted, KeyboardInterrupt),
        (timing_out, StageError),
        (answering_nan, GraderContractError),
    ],
)
def test_a_grader_that_breaks_in_step_two_loses_nothing_of_step_one(data, sft, tmp_path, breaks, error):
    calls = []

    def grader(event):
        calls.append(len(event))
        return share_of_letters(event) if len(calls) == 1 else breaks(event)

    plan = plan_rft(to_mapping(nova_lite_2_rft_lora()), OVERLAY)
    with pytest.raises(error):
        run_rft(plan, model=sft.model, data=data / "rft.jsonl", grader=grader, out=tmp_path)
    rollouts = [record for _, record in read_records(tmp_path / "rollouts.jsonl")]
    assert [(record["step"], "score" in record) for record in rollouts] == [(1, True)] * 8 + [(2, False)] * 8
    (row,) = map(json.loads, (tmp_path / "metrics.jsonl").read_text("utf-8").splitlines())
    assert row["step_number"] == 1
    assert (tmp_path / "model" / "model.safetensors").exists()


def test_a_constant_grader_is_warned_of(data, sft, tmp_path):
    def constant(event):
        return [{"id": sample["id"], "aggregate_reward_score": 0.5, "metrics_list": []} for sample in event]

    plan = plan_rft(to_mapping(nova_lite_2_rft_lora()), OVERLAY)
    log = run_rft(plan, model=sft.model, data=data / "rft.jsonl", grader=constant, out=tmp_path)
    (warning,) = warnings_of(log)
    assert warning.startswith("in 2 of 2 steps all groups had zero std")


def test_rollouts_can_be_graded_and_repeat_themselves(data, sft, tmp_path):
    one, two = (
        generate(
            sft.model, data / "rft.jsonl", out=tmp_path / name, samples=2, temperature=1.0, seed=5, max_new_tokens=24
        )
        for name in ("one.jsonl", "two.jsonl")
    )
    rollouts = [json.loads(line) for line in one.read_text(encoding="utf-8").splitlines()]
    assert [(row["id"], row["row_id"], row["sample"]) for row in rollouts[:2]] == [("q1-0", "q1", 0), ("q1-1", "q1", 1)]
    assert len(share_of_letters(rollouts)) == 8
    assert all(row["seed"] == 5 and 0 < row["tokens"]["completion"] <= 24 for row in rollouts)
    assert one.read_bytes() == two.read_bytes()


def test_a_reference_that_does_not_fit_stops_before_training(data, sft, tmp_path):
    with pytest.raises(PreflightError, match=r"4 of 4 rows: the reference answer has more than 3 tokens.*q1"):
        generate(sft.model, data / "rft.jsonl", out=tmp_path / "o", samples=1, temperature=0, seed=0, max_new_tokens=3)
