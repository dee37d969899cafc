"""Recipe files as people write them: odd but legal ones pass, and one mistake in them is told at its place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from recipes import Platform, check
from recipes.problems import Problem

FOLDER = Path(__file__).parent / "users"
FILES = sorted(FOLDER.glob("*.yaml"))
PEFT, ROLLOUT = "training_config.peft", "training_config.rollout"


class Mistake(NamedTuple):
    """A file, what is written in it and what instead, and the path of the finding; warnings say so."""

    file: str
    right: str
    wrong: str
    path: str
    severity: str = "error"


MISTAKES = [
    Mistake("sft_lora_flow", "max_steps: 100", "num_epochs: 3, max_steps: 100", "training_config.num_epochs"),
    Mistake("sft_lora_flow", "alpha: 64", "alpha: 48", f"{PEFT}.lora_tuning.alpha"),
    Mistake("sft_lora_flow", "lr: 1.e-5", "lr: 1e-5%", "training_config.optim_config.lr"),
    Mistake("sft_full_null_peft", "65536", "64k", "training_config.max_length"),
    Mistake("sft_full_null_peft", "replicas: 16", "replicas: 3", "run.replicas"),
    Mistake("rft_lora", "1:111122223333:", "1:", "run.reward_lambda_arn"),
    Mistake("rft_lora", "refit_freq", "refit_frequency", "training_config.trainer.refit_frequency"),
    Mistake("rft_lora", "nova-2-lite-v1", "nova-lite-2-v1", "run.model_type"),
    Mistake("rft_lora", 'output_s3_path: ""', "output_s3_path: s3://b-1/o/", "run.output_s3_path"),
    Mistake("nova_micro_dpo_full", "beta: 0.05", "beta: 5", "training_config.model.dpo_cfg.beta"),
    Mistake("nova_micro_dpo_full", "nova-micro-v1:0:128k", "nova-premier-v1:0:300k", "run.model_type"),
    Mistake("nova_micro_dpo_full", "nova-micro/prod", "nova-pro/prod", "run.model_name_or_path"),
    Mistake("pro_sft_lora_hyperpod", "name: pro-faq", "name: Pro-FAQ", "run.name"),
    Mistake("pro_sft_lora_hyperpod", "data_s3_path", "date_s3_path", "run.date_s3_path"),
    Mistake("pro_sft_lora_hyperpod", "pro-v1:0:300k", "pro-v1:0:300K", "run.model_type"),
    Mistake("cpt_micro_hyperpod", "# on: hyperpod", "# on: sagemaker", ""),
    Mistake("cpt_micro_hyperpod", "max_epochs: 1", "max_steps: 100", "training_config.trainer.max_steps"),
    Mistake("cpt_micro_hyperpod", "\n  trainer:", "\n\ttrainer:", ""),
    Mistake("distill_premier", "'15000'", "15000", "training_config.maxNumberOfPrompts"),
    Mistake("distill_premier", "us.amazon.nova-premier", "us.amazon.nova-lite", "training_config.teacherModelId"),
    Mistake("eval_byod_lite2", "metric: all", "metric: rouge", "evaluation.metric"),
    Mistake("eval_byod_lite2", "effort: low", "effort: medium", "inference.reasoning_effort"),
    Mistake("eval_rft_hyperpod", "replicas: 1", "replicas: 4", "run.replicas"),
    Mistake("eval_rft_hyperpod", "nova-lite-2/prod", "s3://escrow-1-smtj-a/b/", "run.model_name_or_path"),
    Mistake("micro2_eval", "task: math", "task: maths", "evaluation.task"),
    Mistake("micro2_eval", "algebra, geometry", "algebra, trigonometry", "evaluation.subtask"),
    Mistake("multiturn_serverless", "group_size: 8", "group_size: 1", "batch.group_size"),
    Mistake("multiturn_serverless", "cispo", "grpo", "rl.loss_fn"),
    Mistake("ppo_partial", "low_var_kl", "kl3", "ppo_actor_train.model.kl_loss_type"),
    Mistake("data_mixing_sft", "video: 20", "video: 10", "data_mixing.sources.nova_data"),
    Mistake("data_mixing_sft", "percent: 75", "percent: 0.75", "data_mixing.sources.customer_data.percent", "warning"),
    Mistake("data_mixing_sft", "{chat: 40,", "{chats: 40,", "data_mixing.sources.nova_data", "warning"),
    Mistake("sft_lora_lite", "8192", "100000", "training_config.max_length"),
    Mistake("sft_lora_lite", "  replicas: 1", "  replicas: 1\n  replicas: 2", "run.replicas"),
]  # fmt: skip


def found(text: str) -> list[Problem]:
    platform = re.search(r"# on: (\w+)", text)
    assert platform is not None
    return check(text, platform=Platform(platform[1]))


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_odd_but_legal_file_has_no_error_whatever_its_line_ends(file: Path, ends: str):
    text = file.read_text("utf-8").replace("\n", ends)
    assert [str(problem) for problem in found(text) if problem.severity == "error"] == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.file}-{mistake.path or mistake.wrong}")
def test_one_mistake_is_told_at_its_place_and_nowhere_else(mistake: Mistake):
    text = (FOLDER / f"{mistake.file}.yaml").read_text("utf-8")
    assert mistake.right in text
    problems = found(text.replace(mistake.right, mistake.wrong))
    errors = {problem.path for problem in problems if problem.severity == "error"}
    told = {problem.path for problem in problems if problem.severity == mistake.severity}
    assert mistake.path in told or (not mistake.path and errors)
    follow_on = {"training_config.rollout.rewards.api_endpoint.lambda_arn", "run.data_s3_path"}
    assert len(errors - {mistake.path} - follow_on) <= (not mistake.path)
