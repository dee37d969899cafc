"""Values that only one recipe or one method allows: replicas, batch sizes, lengths, steps.

AWS's sources disagree in places. What the first source allows is `allowed`; what only another one allows besides is
`disputed` and gets a warning, which names both, instead of an error. All are of aws/sagemaker-hyperpod-recipes at
commit 2631995, or of the AWS page named with the limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from recipes.catalogue.officials import LITE, MICRO, PRO, Official
from recipes.families import benchmarks, cpt, distill, multiturn, nova1, ppo, rft, rft_hyperpod, sft
from recipes.families.evaluation import PARAMETERS_PAGE
from recipes.model import fields as f
from recipes.model.base import Recipe


class OneOf(NamedTuple):
    """A closed list of values."""

    values: tuple[int | str, ...]

    def __contains__(self, value: object) -> bool:
        return value in self.values

    def __str__(self) -> str:
        return " or ".join(str(value) for value in self.values)


class Between(NamedTuple):
    """A closed range, in steps where `step` is not 0. Digits written as text count as a number."""

    low: float
    high: float
    step: int = 0

    def __contains__(self, value: object) -> bool:
        number = int(value) if isinstance(value, str) and value.isdecimal() else value
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            return False
        return self.low <= number <= self.high and not (self.step and number % self.step)

    def __str__(self) -> str:
        steps = f", a multiple of {self.step}" if self.step else ""
        return f"from {self.low:g} to {self.high:g}{steps}"


class Matching(NamedTuple):
    """Texts of a pattern, and the pattern in words."""

    regex: str
    rule: str

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and re.fullmatch(self.regex, value) is not None

    def __str__(self) -> str:
        return self.rule


Allowed: TypeAlias = OneOf | Between | Matching


class Limit(NamedTuple):
    """What one key may hold in one recipe and who says so; what only another source allows, and which one that is."""

    path: str
    allowed: Allowed
    source: str
    disputed: Allowed | None = None
    disputed_by: str = "other AWS pages"


RUN, CONFIG, TRAINER = "run", "training_config", "training_config.trainer"
TEMPLATE = "override template (nova_recipe_template_parameters.json)"
COMMENT = "comment in the official YAML"
OFFICIAL = "the official files, which have none for another model"
JOBS_PAGE = "Fine-tuning Nova on SageMaker training jobs (AWS page)"
EVAL_PAGE = "Evaluating your SageMaker AI-trained model (AWS page)"
RFT_PAGE = "RFT on Nova 2.0 on SageMaker Training Jobs (AWS page)"
JOB_API = "CreateTrainingJob, TrainingJobName (SageMaker API reference)"
PPO_PAGE = "Proximal policy optimization (PPO) (AWS page)"
REWARD_PAGE = "Custom reward functions in your AWS environment (AWS page)"
MULTITURN_PAGE = "Hyperparameters reference of multi-turn RL (AWS page, read 2026-11-28)"
MULTITURN_FILE = "override template of multi-turn RL (mtrl_recipe_template_parameters.json)"

GROUP = f"{CONFIG}.rollout.advantage_strategy.number_generation"
LORA_ALPHA = OneOf((32, 64, 96, 128, 160, 192))
RATIO = Between(1, 70)
NOVA_1_BATCH = OneOf((16, 32, 64))
DPO_BATCH = OneOf((16, 32, 64, 128, 256))
CPT_BATCH = OneOf((32, 64, 128, 256))
# p4d and p5 allow the long windows, g5 and g6 the short ones.
SHORT, MEDIUM = Between(1024, 4096, 1024), Between(1024, 8192, 1024)
NOVA_1_REPLICAS: Mapping[str, tuple[OneOf, OneOf]] = {  # template, then the AWS page
    MICRO.name: (OneOf((2, 4, 8)), OneOf((1, 2, 4, 8))),
    LITE.name: (OneOf((4, 8, 16)), OneOf((2, 4, 8, 16, 32))),
    PRO.name: (OneOf((6, 12, 24)), OneOf((3, 6, 12, 24))),
}


def limits_of(official: Official) -> tuple[Limit, ...]:
    """The limits of one official recipe.

    >>> from recipes import official
    >>> print(limits_of(official("nova_lite_2_0_p5_gpu_lora_sft"))[0].allowed)
    4 or 8 or 16 or 32
    """
    family = official.family
    if family in (sft.SftLora, sft.SftFull):
        return tuple(_sft(family))
    if family in (rft.RftLora, rft.RftFull):
        return tuple(_rft_job(family))
    if family in (rft_hyperpod.RftLoraHyperpod, rft_hyperpod.RftFullHyperpod):
        return tuple(_rft_hyperpod(family))
    if family in (nova1.Nova1SftLora, nova1.Nova1SftFull, nova1.Nova1DpoLora, nova1.Nova1DpoFull):
        return tuple(_nova_1(official))
    if family is multiturn.MultiTurnRl:
        return MULTITURN
    return tuple(_others(official))


# --- Nova 2 Lite -------------------------------------------------------------------------------------------------
def _sft(family: type[Recipe]) -> Iterator[Limit]:
    lora = family is sft.SftLora
    yield Limit("run.replicas", OneOf((4, 8, 16, 32)), TEMPLATE, OneOf((1, 4, 8, 16, 32)) if lora else None, COMMENT)
    yield Limit(f"{CONFIG}.max_length", OneOf((8192, 16384, 32768, 65536)), COMMENT)
    yield Limit(f"{CONFIG}.global_batch_size", OneOf((32, 64, 128, 256)), TEMPLATE)
    yield Limit(f"{CONFIG}.lr_scheduler.warmup_steps", Between(0, 100), TEMPLATE, Between(0, 100_000), COMMENT)
    yield Limit(f"{CONFIG}.lr_scheduler.min_lr", Between(1e-7, 1), TEMPLATE, Between(0, 1), COMMENT)
    yield Limit(f"{CONFIG}.save_steps", Between(1, 100_000), TEMPLATE)
    if lora:
        yield Limit(f"{CONFIG}.peft.lora_tuning.alpha", LORA_ALPHA, TEMPLATE)
        yield Limit(f"{CONFIG}.peft.lora_tuning.lora_plus_lr_ratio", RATIO, TEMPLATE)


def _rft_job(family: type[Recipe]) -> Iterator[Limit]:
    lora = family is rft.RftLora
    yield Limit("run.replicas", OneOf((2, 4, 6, 8)), RFT_PAGE)
    yield from _rft_common(Between(1e-7, 1e-3))
    batch = OneOf((16, 32, 64, 128)) if lora else OneOf((16, 32, 64, 128, 256))
    yield Limit(f"{CONFIG}.global_batch_size", batch, TEMPLATE, OneOf((16, 32, 64, 128, 256)), RFT_PAGE)
    yield Limit(GROUP, Between(1, 16), f"{TEMPLATE} of HyperPod", Between(1, 64), RFT_PAGE)
    if lora:
        yield Limit(f"{TRAINER}.peft.lora_tuning.alpha", OneOf((16, 32, 64)), TEMPLATE, LORA_ALPHA, COMMENT)


def _rft_hyperpod(family: type[Recipe]) -> Iterator[Limit]:
    yield Limit("run.replicas", OneOf((2, 4, 8, 16)), TEMPLATE, OneOf((2, 4, 6, 8, 16)), RFT_PAGE)
    yield from _rft_common(Between(1e-8, 1e-3))
    yield Limit(GROUP, Between(1, 16), TEMPLATE)
    yield Limit(f"{CONFIG}.global_batch_size", Between(16, 256), TEMPLATE, Between(16, 4096), REWARD_PAGE)
    if family is rft_hyperpod.RftLoraHyperpod:
        yield Limit(f"{TRAINER}.peft.lora_tuning.alpha", OneOf((16, 32, 64)), TEMPLATE, LORA_ALPHA, COMMENT)
        yield Limit(f"{TRAINER}.peft.lora_tuning.loraplus_lr_ratio", RATIO, TEMPLATE, Between(0, 100), COMMENT)


def _rft_common(rates: Between) -> Iterator[Limit]:
    yield Limit(f"{CONFIG}.max_length", Between(4096, 32_768), TEMPLATE)
    yield Limit(f"{TRAINER}.max_steps", Between(5, 100_000), TEMPLATE)
    yield Limit(f"{TRAINER}.save_steps", Between(0, 100_000), TEMPLATE)
    yield Limit(f"{TRAINER}.optim_config.lr", rates, TEMPLATE)


# --- Nova 1.0 ----------------------------------------------------------------------------------------------------
def _nova_1(official: Official) -> Iterator[Limit]:
    lora = official.family in (nova1.Nova1SftLora, nova1.Nova1DpoLora)
    preferences = official.family in (nova1.Nova1DpoLora, nova1.Nova1DpoFull)
    yield _nova_1_replicas(official)
    window = _window(official, preferences=preferences)
    # Older official files of g5 and g6 say 8192 for all weights and 8196 for LoRA.
    older = Between(1024, 8196) if _on_small_gpus(official) else None
    yield Limit(f"{CONFIG}.max_length", window, COMMENT, older, "an older official file")
    yield _dpo_batch(official) if preferences else _sft_batch(official)
    yield Limit(f"{TRAINER}.max_epochs", Between(1, 5), JOBS_PAGE, Between(1, 100), TEMPLATE)
    schedule = f"{CONFIG}.model.optim.sched"
    yield Limit(f"{schedule}.warmup_steps", Between(1, 20), JOBS_PAGE, Between(0, 100), TEMPLATE)
    yield Limit(f"{schedule}.min_lr", Between(1e-7, 1), TEMPLATE, Between(0, 1), COMMENT)
    if preferences:
        yield Limit(f"{CONFIG}.model.dpo_cfg.beta", Between(0.001, 0.1), TEMPLATE, Between(0.001, 0.5), COMMENT)
    if lora:
        yield Limit(f"{CONFIG}.model.peft.lora_tuning.alpha", LORA_ALPHA, TEMPLATE)
        yield Limit(f"{CONFIG}.model.peft.lora_tuning.loraplus_lr_ratio", RATIO, TEMPLATE, Between(0, 100), COMMENT)


def _on_small_gpus(official: Official) -> bool:
    return "_g5_g6_" in official.name


def _nova_1_replicas(official: Official) -> Limit:
    if _on_small_gpus(official):
        return Limit("run.replicas", OneOf((1,)), TEMPLATE)
    if official.name == "nova_pro_1_0_p4d_gpu_dpo":
        return Limit("run.replicas", OneOf((12, 24)), TEMPLATE)
    template, page = NOVA_1_REPLICAS[official.model.name]
    return Limit("run.replicas", template, TEMPLATE, page, JOBS_PAGE)


def _window(official: Official, *, preferences: bool) -> Between:
    if _on_small_gpus(official):
        return MEDIUM if official.family is nova1.Nova1SftLora else SHORT
    if official.name == "nova_pro_1_0_p4d_gpu_dpo":
        return Between(1024, 16_384, 1024)
    short = preferences or (official.model is LITE and official.family is nova1.Nova1SftLora)
    return Between(1024, 32_768 if short else 65_536, 1024)


def _sft_batch(official: Official) -> Limit:
    if official.model is PRO:
        return Limit(f"{CONFIG}.global_batch_size", OneOf((16, 32)), COMMENT, NOVA_1_BATCH, TEMPLATE)
    return Limit(f"{CONFIG}.global_batch_size", NOVA_1_BATCH, TEMPLATE)


def _dpo_batch(official: Official) -> Limit:
    full = official.family is nova1.Nova1DpoFull
    template = OneOf((16, 32, 64, 128)) if full else NOVA_1_BATCH
    return Limit(
        f"{CONFIG}.global_batch_size", template, TEMPLATE, None if _on_small_gpus(official) else DPO_BATCH, JOBS_PAGE
    )


# --- the rest ----------------------------------------------------------------------------------------------------
def _others(official: Official) -> Iterator[Limit]:
    family = official.family
    if family is ppo.Ppo:
        batch, replicas = (256 if official.model is MICRO else 160), (6 if official.model is PRO else 2)
        page = PPO_REPLICAS[official.model.name]
        yield Limit("run.actor_train_replicas", OneOf((replicas,)), TEMPLATE, page, PPO_PAGE)
        yield Limit("ppo_actor_train.model.global_batch_size", OneOf((batch,)), TEMPLATE)
    elif family is cpt.Nova1Cpt:
        yield Limit("run.replicas", CPT_REPLICAS[official.model.name], TEMPLATE)
        yield Limit(f"{CONFIG}.global_batch_size", CPT_BATCH, TEMPLATE)
    elif family is cpt.Cpt:
        yield Limit("run.replicas", OneOf((4, 8, 16, 32)), TEMPLATE)
        yield Limit(f"{CONFIG}.global_batch_size", CPT_BATCH, TEMPLATE)
        yield Limit(f"{TRAINER}.max_steps", Between(10, 100_000), TEMPLATE)
    elif family is distill.Distill:
        yield Limit(f"{CONFIG}.maxResponseLength", Between(5000, 5120), TEMPLATE)
    elif family.METHOD.startswith("eval"):
        yield Limit("run.name", JOB_NAME, JOB_API, EVAL_NAME, PARAMETERS_PAGE)
        yield Limit("run.replicas", Between(1, 16), EVAL_PAGE)
        if family is benchmarks.Nova1MultimodalEval:
            yield Limit("run.model_type", OneOf((LITE.model_type, PRO.model_type)), OFFICIAL)
        if family.METHOD == "eval-judge":
            own, also = JUDGES[family]
            yield Limit("evaluation.task", OneOf(own), COMMENT, OneOf((*own, *also)), EVAL_PAGE)
        else:
            nova_2 = official.model not in (MICRO, LITE, PRO)
            yield Limit("inference.max_new_tokens", Between(1, 32_768 if nova_2 else 100_000), TEMPLATE)


JOB_NAME = Matching(f.NAME_PATTERN, f.NAME_RULE)
EVAL_NAME = Matching(f.EVAL_NAME_PATTERN, f.EVAL_NAME_RULE)
JUDGES: Mapping[type[Recipe], tuple[tuple[str, ...], tuple[str, ...]]] = {  # the official file, then the AWS page
    benchmarks.Nova1JudgeEval: (("llm_judge",), ("mm_llm_judge",)),
    benchmarks.RubricJudgeEval: (("rubric_llm_judge",), ("llm_judge", "mm_llm_judge")),
}
PPO_REPLICAS: Mapping[str, OneOf] = {
    MICRO.name: OneOf((1, 2)),
    LITE.name: OneOf((1, 2, 4)),
    PRO.name: OneOf((3, 6, 12)),
}
CPT_REPLICAS: Mapping[str, OneOf] = {
    MICRO.name: OneOf((2, 4, 8, 16, 32)),
    LITE.name: OneOf((4, 8, 16, 32)),
    PRO.name: OneOf((6, 12, 24)),
}


# The defaults differ: 32 prompts of 4 rollouts and 100 steps in the recipe, 50 steps in its template, and 128 of 8 on
# the page, which speaks of all models, as the template's twin of other models does.
MULTITURN = (
    Limit("batch.training_batch_size", OneOf((8, 16, 32, 64)), MULTITURN_FILE, OneOf((32, 64, 128)), MULTITURN_PAGE),
    Limit("batch.group_size", Between(2, 32), MULTITURN_FILE),
    Limit("schedule.epochs", Between(1, 30), MULTITURN_FILE),
    Limit("schedule.max_steps", Between(1, 1000), MULTITURN_FILE),
    Limit("schedule.save_every", Between(0, 100), MULTITURN_FILE),
    Limit("schedule.val_every", Between(0, 100), MULTITURN_FILE),
    Limit("sampling_params.max_tokens", Between(512, 8192), MULTITURN_FILE),
    Limit("val_sampling_params.max_tokens", Between(512, 8192), MULTITURN_FILE),
    Limit("model.lora_rank", Between(16, 32), MULTITURN_FILE, Between(16, 64), MULTITURN_PAGE),
    Limit("model.lora_alpha", Between(16, 128), MULTITURN_FILE),
    Limit("model.learning_rate", Between(1e-12, 1e-2), MULTITURN_FILE),
    Limit("model.adam_beta1", Between(0, 0.999999), MULTITURN_FILE),
    Limit("model.adam_beta2", Between(0, 0.999999), MULTITURN_FILE),
    Limit("model.adam_eps", Between(1e-16, 1e-2), MULTITURN_FILE),
    Limit("model.grad_clip_norm", Between(0, 100), MULTITURN_FILE),
    Limit("model.lora_plus_lr_ratio", Between(1, 100), MULTITURN_FILE),
    Limit("rollout.max_concurrency", Between(32, 96), MULTITURN_FILE),
    Limit("rollout.timeout", Between(300, 86_400), MULTITURN_FILE),
    Limit("rollout.max_retries", Between(1, 10), MULTITURN_FILE),
    Limit("async_config.max_steps_off_policy", Between(0, 10), MULTITURN_FILE),
)


def broken(limits: tuple[Limit, ...], values: Mapping[str, Any]) -> list[Limit]:
    """The limits that a flat mapping of values breaks; absent and null values break none."""
    return [limit for limit in limits if values.get(limit.path) is not None and values[limit.path] not in limit.allowed]
