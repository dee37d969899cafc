"""Ready recipes for Nova 2 Lite, each a plain function named for model, method and platform.

A preset is the official recipe with your values in it. The recipes of Nova 1.0, which differ by size and hardware only,
are `recipes.official(name).recipe()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from recipes.editing.replace import replace
from recipes.families.benchmarks import MultimodalEval, RubricJudgeEval, TextEval
from recipes.families.cpt import Cpt
from recipes.families.evaluation import ByodEval, RftEval
from recipes.families.multiturn import MultiTurnRl
from recipes.families.rft import RftFull, RftLora
from recipes.families.rft_hyperpod import RftFullHyperpod, RftLoraHyperpod
from recipes.families.sft import SftFull, SftLora
from recipes.model.base import R
from recipes.model.graders import EVAL_GRADER, GRADER, GRADER_ENDPOINT, METRICS
from rewards.types import JSON

Overrides: TypeAlias = Mapping[str, JSON] | None


def _with(recipe: R, values: Mapping[str, JSON], overrides: Overrides) -> R:
    """The recipe with the values given (None leaves the official one), overrides last."""
    given = {path: value for path, value in values.items() if value is not None}
    return replace(recipe, {**given, **(overrides or {})})


# --- supervised --------------------------------------------------------------------------------------------------
def nova_lite_2_sft_lora(
    *, name: str = "my-lora-sft-run", replicas: int = 4, max_steps: int = 100, overrides: Overrides = None
) -> SftLora:
    """SFT of a LoRA adapter, `replicas` x ml.p5.48xlarge, on training jobs and HyperPod alike.

    The official file says 1 replica; its override parameters allow 4, 8, 16 and 32, so 4 is the preset.

    >>> nova_lite_2_sft_lora(name="sft-1").training_config.peft.lora_tuning.alpha
    64
    """
    return _with(SftLora(), _sft_values(name, replicas, max_steps), overrides)


def nova_lite_2_sft_full(
    *, name: str = "my-full-rank-sft-run", replicas: int = 4, max_steps: int = 100, overrides: Overrides = None
) -> SftFull:
    """SFT of all weights, `replicas` x ml.p5.48xlarge, on training jobs and HyperPod alike."""
    return _with(SftFull(), _sft_values(name, replicas, max_steps), overrides)


def _sft_values(name: str, replicas: int, max_steps: int) -> dict[str, JSON]:
    return {"run.name": name, "run.replicas": replicas, "training_config.max_steps": max_steps}


# --- reinforcement, training job ---------------------------------------------------------------------------------
def nova_lite_2_rft_lora(
    *,
    name: str = "my-rft-run",
    reward_lambda_arn: str | None = None,
    replicas: int = 4,
    max_steps: int = 5,
    overrides: Overrides = None,
) -> RftLora:
    """RFT of a LoRA adapter in a SageMaker training job, `replicas` x ml.p5.48xlarge.

    The grader's ARN goes into both places that a training job reads.

    >>> recipe = nova_lite_2_rft_lora(reward_lambda_arn="arn:aws:lambda:us-east-1:123456789012:function:grader")
    >>> recipe.training_config.rollout.rewards.api_endpoint.lambda_arn == recipe.run.reward_lambda_arn
    True
    """
    values = _rft_values(name, replicas, max_steps) | dict.fromkeys((GRADER, GRADER_ENDPOINT), reward_lambda_arn)
    return _with(RftLora(), values, overrides)


def nova_lite_2_rft_full(
    *,
    name: str = "my-rft-run",
    reward_lambda_arn: str | None = None,
    replicas: int = 4,
    max_steps: int = 5,
    overrides: Overrides = None,
) -> RftFull:
    """RFT of all weights in a SageMaker training job, `replicas` x ml.p5.48xlarge."""
    values = _rft_values(name, replicas, max_steps) | dict.fromkeys((GRADER, GRADER_ENDPOINT), reward_lambda_arn)
    return _with(RftFull(), values, overrides)


def _rft_values(name: str, replicas: int, max_steps: int) -> dict[str, JSON]:
    return {"run.name": name, "run.replicas": replicas, "training_config.trainer.max_steps": max_steps}


# --- reinforcement, HyperPod -------------------------------------------------------------------------------------
def nova_lite_2_rft_lora_hyperpod(
    *,
    name: str = "my-rft-run",
    reward_lambda_arn: str | None = None,
    replicas: int = 2,
    max_steps: int = 100,
    overrides: Overrides = None,
) -> RftLoraHyperpod:
    """RFT of a LoRA adapter on HyperPod: `replicas` training machines of at least 8 x ml.p5.48xlarge in all."""
    return _with(RftLoraHyperpod(), {**_rft_values(name, replicas, max_steps), GRADER: reward_lambda_arn}, overrides)


def nova_lite_2_rft_full_hyperpod(
    *,
    name: str = "my-rft-run",
    reward_lambda_arn: str | None = None,
    replicas: int = 2,
    max_steps: int = 100,
    overrides: Overrides = None,
) -> RftFullHyperpod:
    """RFT of all weights on HyperPod: `replicas` training machines of at least 8 x ml.p5.48xlarge in all."""
    return _with(RftFullHyperpod(), {**_rft_values(name, replicas, max_steps), GRADER: reward_lambda_arn}, overrides)


def nova_lite_2_rft_multiturn(
    *, name: str = "mtrl-nova-lite-2-0-lora", max_steps: int = 100, overrides: Overrides = None
) -> MultiTurnRl:
    """Multi-turn RFT of a LoRA adapter as a serverless job."""
    return _with(MultiTurnRl(), {"run.name": name, "schedule.max_steps": max_steps}, overrides)


# --- continued pre-training --------------------------------------------------------------------------------------
def nova_lite_2_cpt_hyperpod(
    *, name: str = "my-cpt-run", replicas: int = 8, max_steps: int = 10, overrides: Overrides = None
) -> Cpt:
    """Continued pre-training on HyperPod, `replicas` x ml.p5.48xlarge."""
    return _with(Cpt(), _rft_values(name, replicas, max_steps), overrides)


# --- evaluation --------------------------------------------------------------------------------------------------
def nova_lite_2_eval_rft(
    *, model: str = "nova-lite-2/prod", reward_lambda_arn: str | None = None, overrides: Overrides = None
) -> RftEval:
    """Evaluation with the grader of an RFT run, 1 x ml.p5.48xlarge. `model` may be the s3:// URI of a checkpoint."""
    values = {"run.model_name_or_path": model, EVAL_GRADER: reward_lambda_arn}
    return _with(RftEval(), values, overrides)


def nova_lite_2_eval_byod(
    *, model: str = "nova-lite-2/prod", lambda_arn: str | None = None, overrides: Overrides = None
) -> ByodEval:
    """Evaluation on your own data set, with a Lambda's metrics where `lambda_arn` is given, 1 x ml.p5.48xlarge."""
    values = {"run.model_name_or_path": model, METRICS: lambda_arn}
    return _with(ByodEval(), values, overrides)


def nova_lite_2_eval_text(*, model: str = "nova-lite-2/prod", overrides: Overrides = None) -> TextEval:
    """Evaluation on a public text benchmark (MMLU unless overridden), 1 x ml.p5.48xlarge."""
    return _with(TextEval(), {"run.model_name_or_path": model}, overrides)


def nova_lite_2_eval_multimodal(*, model: str = "nova-lite-2/prod", overrides: Overrides = None) -> MultimodalEval:
    """Evaluation on MMMU, 1 x ml.p5.48xlarge."""
    return _with(MultimodalEval(), {"run.model_name_or_path": model}, overrides)


def nova_lite_2_eval_judge(*, model: str = "nova-lite-2/prod", overrides: Overrides = None) -> RubricJudgeEval:
    """Pairwise evaluation by a rubric judge, 1 x ml.p5.48xlarge."""
    return _with(RubricJudgeEval(), {"run.model_name_or_path": model}, overrides)
