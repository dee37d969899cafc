"""One real step of TRL's GRPOTrainer on the CPU: what it logs is what our reward says."""

import json
import math

import pytest
from click.testing import CliRunner

from estimators.platforms.local.base import BASE_FOLDER
from rewards import Completion, Sample, estimate, repetition, signals_in, text_similarity, weighted
from rewards.export import as_trl
from rewards.rollouts import read_records
from rft.cli import rft

pytestmark = pytest.mark.train

REWARD = weighted({"near": (text_similarity(), 0.8), "repeats": (repetition(1), -0.2)})
ROWS = [
    {"id": f"q{n}", "prompt": f"Which control is AC-{n}?", "reference_answer": json.dumps(f"The control is AC-{n}.")}
    for n in range(1, 3)
]
BLANK = {"id": "q9", "prompt": "Which control is it?", "reference_answer": "null"}


def stepped(rows, folder):
    """The trainer after one step of four answers to each prompt."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    config = GRPOConfig(
        output_dir=str(folder),
        max_steps=1,
        per_device_train_batch_size=4 * len(rows),
        num_generations=4,
        max_completion_length=16,
        use_cpu=True,
        bf16=False,
        report_to=[],
        logging_steps=1,
        log_completions=True,
        save_strategy="no",
        seed=0,
    )
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(BASE_FOLDER, dtype="float32"),
        processing_class=AutoTokenizer.from_pretrained(BASE_FOLDER),
        reward_funcs=as_trl(REWARD, name="plan", json_reference=True),
        train_dataset=Dataset.from_list(rows),
        args=config,
    )
    trainer.train()
    return trainer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("grpo")


@pytest.fixture(scope="module")
def trainer(folder):
    return stepped([*ROWS, BLANK], folder)


@pytest.fixture(scope="module")
def answers(trainer, folder):
    """What TRL saved of the step: prompts, completions, and the reward of each."""
    import pandas as pd

    (saved,) = (folder / "completions").glob("*.parquet")
    return pd.read_parquet(saved)


def ours(row):
    reference = next(json.loads(one["reference_answer"]) for one in ROWS if one["prompt"] == row.prompt)
    return REWARD(Sample("s", (), reference=reference), Completion(row.completion))


def test_every_reward_that_trl_logs_is_ours(answers):
    judged = answers[answers.prompt != BLANK["prompt"]]
    assert len(judged) == 8
    assert judged["plan"].tolist() == pytest.approx([ours(row).value for row in judged.itertuples()], abs=1e-6)
    assert judged["plan"].nunique() > 1  # otherwise nothing was learnt, and nothing was tested


def test_what_cannot_be_judged_is_missing_not_0(answers):
    assert answers[answers.prompt == BLANK["prompt"]]["plan"].isna().all()


def test_the_means_in_the_log_are_the_means_of_our_scores(trainer, answers):
    (logged,) = [entry for entry in trainer.state.log_history if "rewards/plan/mean" in entry]
    scores = [ours(row) for row in answers[answers.prompt != BLANK["prompt"]].itertuples()]
    assert logged["rewards/plan/mean"] == pytest.approx(estimate(score.value for score in scores).mean, abs=1e-6)
    for part in ("near", "repeats"):
        mean = estimate(signals_in(score)[part] for score in scores).mean
        assert logged[f"plan/{part}"] == pytest.approx(mean, abs=1e-6)


def test_what_trl_saved_is_read_by_the_lab(answers, folder, tmp_path):
    (saved,) = (folder / "completions").glob("*.parquet")
    out = tmp_path / "rollouts.jsonl"
    done = CliRunner().invoke(rft, ["rollouts", "convert", str(saved), "-o", str(out), "--weights", "plan=1"])
    assert done.exit_code == 0, done.output
    scores = [record.get("score") for _, record in read_records(out)]
    assert scores == pytest.approx([None if math.isnan(value) else value for value in answers["plan"]])
