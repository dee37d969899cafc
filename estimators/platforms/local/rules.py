"""The mapping from recipe keys of Nova to local settings, with the reason for each ignored key.

The keys are those of hyperpod-recipes @2631995 (Nova 2 Lite: SFT, RFT on training jobs, RFT on HyperPod) and of AWS's
newer documentation of the same recipes; the settings are those of TRL 1.16.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One recipe key: the setting it becomes (None where it is ignored), a remark, and why an overlay replaces it."""

    setting: str | None
    why: str = ""
    why_scaled: str = "set for the local policy"


def ignored(why: str) -> Rule:
    """The rule of a key without a local counterpart."""
    return Rule(None, why)


_CLOUD = ignored("names things of the cloud; local runs use local files")
_ONE_PROCESS = ignored("one process on this machine")
_TINY_LR = "a rate for a large model moves a tiny one by nothing in a few dozen steps"
_FEW_STEPS = "as many steps as this policy and this much data need"

_RUN: Mapping[str, Rule] = {
    "run.name": ignored("the run folder has the project's name"),
    "run.model_type": ignored("Nova's weights cannot be downloaded; a local policy stands in"),
    "run.model_name_or_path": ignored("Nova's weights cannot be downloaded; a local policy stands in"),
    "run.data_s3_path": _CLOUD,
    "run.validation_data_s3_path": _CLOUD,
    "run.validation_data_s3_path_list": _CLOUD,
    "run.output_s3_path": _CLOUD,
    "run.replicas": _ONE_PROCESS,
    "run.generation_replicas": _ONE_PROCESS,
    "run.rollout_worker_replicas": _ONE_PROCESS,
    "run.reward_lambda_arn": ignored("the handler of the same zip is called in this process"),
    "run.mlflow_tracking_uri": ignored("metrics are written to metrics.jsonl"),
    "run.mlflow_experiment_name": ignored("metrics are written to metrics.jsonl"),
    "run.mlflow_run_name": ignored("metrics are written to metrics.jsonl"),
}
_LORA_PLUS = ignored("both LoRA matrices learn at one rate here")
_SAVING = ignored("a stage restarts from its inputs, so only the last weights are kept")
_SCHEME = Rule("peft_scheme", "'lora' trains an adapter, null all weights", "a tiny policy can train all its weights")


def _optimizer(prefix: str) -> dict[str, Rule]:
    return {
        f"{prefix}.optim_config.lr": Rule("lr", why_scaled=_TINY_LR),
        f"{prefix}.optim_config.weight_decay": Rule("weight_decay"),
        f"{prefix}.optim_config.adam_beta1": Rule("adam_beta1"),
        f"{prefix}.optim_config.adam_beta2": Rule("adam_beta2"),
        f"{prefix}.peft.peft_scheme": _SCHEME,
        f"{prefix}.peft.lora_tuning.alpha": Rule("lora_alpha", "used where the scheme is 'lora'"),
        f"{prefix}.peft.lora_tuning.lora_plus_lr_ratio": _LORA_PLUS,
        f"{prefix}.peft.lora_tuning.loraplus_lr_ratio": _LORA_PLUS,
        f"{prefix}.max_steps": Rule("max_steps", why_scaled=_FEW_STEPS),
        f"{prefix}.save_steps": _SAVING,
        f"{prefix}.save_top_k": _SAVING,
    }


SFT_RULES: Mapping[str, Rule] = {
    **_RUN,
    **_optimizer("training_config"),
    "training_config.max_length": Rule("max_length", "tokens of one row; never more than the policy's context"),
    "training_config.global_batch_size": Rule("batch_size", "rows per optimizer step", "little data, few steps"),
    "training_config.lr_scheduler.warmup_steps": Rule("warmup_steps", why_scaled="fits the smaller number of steps"),
    "training_config.lr_scheduler.min_lr": Rule("min_lr", "end of the cosine", "fits the other learning rate"),
    "training_config.reasoning_enabled": ignored("the local policy writes no reasoning; reasoningContent is left out"),
    "training_config.val_check_interval": ignored("the evaluation stages measure instead"),
    "training_config.limit_val_batches": ignored("the evaluation stages measure instead"),
    "training_config.model_importance_score.fine_tuned_model": ignored("the weights are not merged with the base"),
}

_TRAINER = "training_config.trainer"
_ROLLOUT = "training_config.rollout"
_ENDPOINT = f"{_ROLLOUT}.rewards.api_endpoint"
_ASYNC = ignored("rollouts and updates take turns here, so no rollout is stale")
_CURRICULUM = ignored("every prompt has the same chance here")

RFT_RULES: Mapping[str, Rule] = {
    **_RUN,
    **_optimizer(_TRAINER),
    "training_config.max_length": Rule("max_length", "prompt plus completion; never more than the policy's context"),
    "training_config.global_batch_size": Rule(
        "batch_size",
        "read as rollouts per step, number_generation of them per prompt (AWS: one sample = one generation)",
        "as many rollouts as one core makes in seconds",
    ),
    "training_config.reasoning_effort": ignored("the local policy writes no reasoning"),
    "training_config.data.shuffle": Rule("shuffle"),
    f"{_ROLLOUT}.advantage_strategy.number_generation": Rule(
        "number_generation", why_scaled="a larger group gives a steadier advantage where rollouts are cheap"
    ),
    f"{_ROLLOUT}.generator.max_new_tokens": Rule("max_new_tokens", why_scaled="fits the policy's context"),
    f"{_ROLLOUT}.generator.set_random_seed": ignored("a local run is always seeded, by local.seed"),
    f"{_ROLLOUT}.generator.temperature": Rule(
        "temperature", why_scaled="a tiny policy slips in unlikely tokens, and that noise drowns the reward"
    ),
    f"{_ROLLOUT}.generator.top_k": Rule(
        "top_k", "0 is off", "read literally, 1 makes all completions of a prompt equal: nothing to learn from"
    ),
    f"{_ROLLOUT}.rollout_strategy.type": _ASYNC,
    f"{_ROLLOUT}.rollout_strategy.age_tolerance": _ASYNC,
    f"{_ROLLOUT}.delegate": _ONE_PROCESS,
    f"{_ROLLOUT}.rewards.preset_reward_function": ignored("the project's own grader is used"),
    f"{_ENDPOINT}.lambda_arn": ignored("the handler of the same zip is called in this process"),
    f"{_ENDPOINT}.lambda_concurrency_limit": _ONE_PROCESS,
    f"{_ENDPOINT}.lambda_batch_size": Rule("grader_batch_size", "samples per call of the grader"),
    f"{_TRAINER}.test_steps": ignored("the evaluation stages measure instead"),
    f"{_TRAINER}.refit_freq": _ASYNC,
    f"{_TRAINER}.ent_coeff": Rule("entropy_coef"),
    f"{_TRAINER}.kl_loss_coef": Rule("kl_coef", "against the policy that RFT starts from"),
    f"{_TRAINER}.clip_ratio_high": Rule("clip_ratio_high"),
    f"{_TRAINER}.loss_scale": ignored("no mixed precision on a CPU"),
    f"{_TRAINER}.adaptive_curriculum.enable": _CURRICULUM,
    f"{_TRAINER}.adaptive_curriculum.selection_pool_multiplier": _CURRICULUM,
    f"{_TRAINER}.adaptive_curriculum.prediction_mode": _CURRICULUM,
    f"{_TRAINER}.adaptive_curriculum.exemplar_history_steps": _CURRICULUM,
    f"{_TRAINER}.adaptive_curriculum.reinforce_coef": _CURRICULUM,
    f"{_TRAINER}.adaptive_curriculum.predictor_prompt_column": _CURRICULUM,
    f"{_TRAINER}.adaptive_curriculum.selection_lookahead_steps": _CURRICULUM,
}
