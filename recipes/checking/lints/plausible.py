"""Lints about values that have the right type and lie in every documented range, and yet cannot be meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from recipes.catalogue.limits import broken, limits_of
from recipes.checking.context import View
from recipes.checking.lints.lint import Lint, LintFinding
from recipes.problems import shown


class Bounds(NamedTuple):
    """From where to where a value makes sense, and what stands outside."""

    low: float
    high: float
    what: str


# By the end of the key. No source gives these a range, or a useful one; the bounds are ours, far from any value that
# AWS's files or pages have.
PLAUSIBLE: Mapping[str, Bounds] = {
    "replicas": Bounds(1, 64, "instances; the longest of AWS's lists ends at 32"),
    "num_nodes": Bounds(1, 64, "instances; the longest of AWS's lists ends at 32"),
    "server_count": Bounds(1, 64, "instances; the longest of AWS's lists ends at 32"),
    "save_top_k": Bounds(1, 100, "checkpoints to keep"),
    "loss_scale": Bounds(1e-3, 1e3, "as a factor on the loss"),
    "kl_loss_coef": Bounds(0, 10, "as the weight of the KL penalty"),
    "kl_loss_coeff": Bounds(0, 10, "as the weight of the KL penalty"),
    "kl_reward_penalty_coeff": Bounds(0, 10, "as the weight of the KL penalty"),
    "reinforce_coef": Bounds(0, 10, "as the weight of the predictor's loss"),
    "lora_plus_lr_ratio": Bounds(1, 100, "as the learning rate of B over that of A, which LoRA+ raises"),
    "loraplus_lr_ratio": Bounds(1, 100, "as the learning rate of B over that of A, which LoRA+ raises"),
    "eps": Bounds(1e-16, 1e-4, "in Adam's denominator, which it then rules"),
    "trajectory_buffer_scale": Bounds(1, 1024, "batches a generation round"),
    "exemplar_history_steps": Bounds(1, 10_000, "steps of history"),
    "val_group_size": Bounds(1, 1024, "rollouts a validation prompt"),
    "success_threshold": Bounds(-1000, 1000, "as the reward from which a rollout passes"),
    "rollout_tps": Bounds(1e-3, 10_000, "rollouts started a second"),
    "max_ngram_size": Bounds(1, 1024, "tokens in an n-gram"),
    "max_repeated_tokens": Bounds(1, 131_072, "repeated tokens"),
    "timeout": Bounds(1, 86_400, "seconds; AWS's templates end at a day"),
}
# Windows that PPO's five models share, and the machines that `run` and each model's trainer both name.
SHARED_WINDOWS = (
    ("ppo_actor_train.reward_model_max_length", "ppo_reward.max_length"),
    ("ppo_actor_generation.actor_model_max_length", "ppo_actor_train.actor_model_max_length"),
)
SHARED_NODES = (
    ("ppo_reward.trainer.num_nodes", "run.rm_replicas"),
    ("ppo_critic.trainer.num_nodes", "run.cm_replicas"),
    ("ppo_anchor.trainer.num_nodes", "run.am_replicas"),
    ("ppo_actor_generation.trainer.num_nodes", "run.actor_generation_replicas"),
    ("ppo_actor_train.trainer.num_nodes", "run.actor_train_replicas"),
)
INTERVALS = ("val_check_interval", "test_steps")
DATA = ("run.validation_data_s3_path", "run.validation_data_s3_path_list")


def _implausible(view: View) -> Iterator[LintFinding]:
    outside = {limit.path for limit in broken(limits_of(view.official), view.values)}
    for path, value in view.values.items():
        name = path.rpartition(".")[2]
        bounds = PLAUSIBLE.get("replicas" if name.endswith("replicas") else name)
        if bounds is None or path in outside or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if not bounds.low <= value <= bounds.high:
            yield LintFinding(path, f"{value:,g} {bounds.what}")


def _space(view: View) -> Iterator[LintFinding]:
    for path, value in view.values.items():
        if isinstance(value, str) and value != value.strip():
            yield LintFinding(path, f"{shown(value)} begins or ends with a space")


def _shared(view: View) -> Iterator[LintFinding]:
    for path, other in (*SHARED_WINDOWS, *SHARED_NODES):
        first, second = view.values.get(path), view.values.get(other)
        if isinstance(first, int) and isinstance(second, int) and first != second:
            yield LintFinding(path, f"{first} here and {second} in {other}")


def _never_validated(view: View) -> Iterator[LintFinding]:
    steps = view.value("max_steps")
    for interval in INTERVALS:
        found = view.named(interval)
        validates = interval == "test_steps" or any(view.values.get(path) for path in DATA)
        if found and validates and isinstance(found[1], int) and isinstance(steps, int) and found[1] > steps:
            yield LintFinding(found[0], f"a validation every {found[1]} steps in a run of {steps}")


LINTS = (
    Lint(
        "implausible",
        "warning",
        "no file or page of AWS's comes near it",
        "check the unit and the number of zeros",
        "the official files and their templates; the bounds are our judgement",
        _implausible,
    ),
    Lint(
        "space-around",
        "warning",
        "it is taken as a part of the value, so that nothing of that name is found",
        "take it out",
        "YAML keeps what stands between quotes",
        _space,
    ),
    Lint(
        "ppo-shared",
        "warning",
        "both are one setting of the same model",
        "write the same value in both",
        "the official PPO files, where they are equal",
        _shared,
    ),
    Lint(
        "validation-after-end",
        "warning",
        "no validation falls inside the run",
        "set it to at most max_steps",
        "comment in the official CPT recipe",
        _never_validated,
    ),
)
