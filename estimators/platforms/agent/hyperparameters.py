"""The hyperparameters of an agentic RFT job: each is a key of the multi-turn recipe, and its values are that key's.

Sources: mtrl_recipe_template_parameters.json of aws/sagemaker-hyperpod-recipes @2631995, whose template of Nova names
the key of each; AWS, "Hyperparameters reference" of multi-turn RL (read 2026-11-29): a warning where it differs. Names
of the evaluation: SDK v3 3.27, `MultiTurnRLEvaluator`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from estimators.findings import JobFinding, Severity
from recipes import check, to_mapping
from recipes.editing.replace import set_value
from recipes.families.multiturn import MultiTurnRl
from recipes.problems import Problem, shown
from rewards.did_you_mean import did_you_mean

# sampling_max_tokens also is that of validation, whose range is the same.
TRAINING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "global_batch_size": "batch.training_batch_size",
        "group_size": "batch.group_size",
        "advantage_method": "rl.advantage_method",
        "loss_fn": "rl.loss_fn",
        "clip_low_threshold": "rl.clip_low_threshold",
        "clip_high_threshold": "rl.clip_high_threshold",
        "temperature": "sampling_params.temperature",
        "sampling_top_p": "sampling_params.top_p",
        "sampling_max_tokens": "sampling_params.max_tokens",
        "pass_k_values": "val_metrics_config.pass_k_values",
        "success_threshold": "val_metrics_config.success_threshold",
        "max_epochs": "schedule.epochs",
        "max_steps": "schedule.max_steps",
        "save_every": "schedule.save_every",
        "val_every": "schedule.val_every",
        "lora_rank": "model.lora_rank",
        "lora_alpha": "model.lora_alpha",
        "lora_plus_lr_ratio": "model.lora_plus_lr_ratio",
        "learning_rate": "model.learning_rate",
        "adam_beta1": "model.adam_beta1",
        "adam_beta2": "model.adam_beta2",
        "adam_eps": "model.adam_eps",
        "adam_weight_decay": "model.weight_decay",
        "adam_grad_clip_norm": "model.grad_clip_norm",
        "rollout_max_concurrency": "rollout.max_concurrency",
        "rollout_timeout": "rollout.timeout",
        "rollout_max_retries": "rollout.max_retries",
        "max_steps_off_policy": "async_config.max_steps_off_policy",
    }
)
EVALUATION: Final = (
    "eval_group_size",
    "sampling_temperature",
    "top_p",
    "max_tokens",
    "pass_k_values",
    "success_threshold",
)


def domain_findings(given: Mapping[str, Any]) -> Iterator[JobFinding]:
    """What the multi-turn recipe says of each value, and a warning for each name that we do not know.

    >>> [finding] = domain_findings({"group_size": 1, "max_steps": 50})
    >>> finding.message
    'group_size must be from 2 to 32, got 1'
    """
    for name in given:
        if name not in TRAINING:
            message = f"we know no hyperparameter {name!r} of agentic RFT; {did_you_mean(name, TRAINING)}"
            yield JobFinding("hyperparameter-unknown", "warning", message, "it is sent as it is; check its name")
    names = {TRAINING[name]: name for name in given if name in TRAINING}
    recipe = to_mapping(MultiTurnRl())
    for path, name in names.items():
        set_value(recipe, path, given[name])
    first = {problem.path: problem for problem in reversed(check(recipe))}
    yield from (_finding(name, first[path]) for path, name in names.items() if path in first)


def _finding(name: str, problem: Problem) -> JobFinding:
    severity: Severity = "error" if problem.severity == "error" else "warning"
    if not problem.allowed:
        return JobFinding(f"recipe-{problem.code}", severity, f"{name}: {problem.message}", problem.fix)
    message = f"{name} must be {problem.allowed}, got {shown(problem.value)}"
    if severity == "warning":
        message = f"{name}: {problem.message}"
    return JobFinding("hyperparameter", severity, message, "change it in rft.set")
