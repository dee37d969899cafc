"""How much a recipe does and may cost. What no source tells is None and prints as `unknown`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recipes.catalogue.find import variants_of
from recipes.checking.context import Context
from recipes.checking.prices import Price, price_table
from recipes.model.base import Platform, Recipe, flatten
from recipes.yaml.write import to_mapping

BATCH, GROUP = "training_config.global_batch_size", "training_config.rollout.advantage_strategy.number_generation"
REFIT = "training_config.trainer.refit_freq"
STEPS = ("training_config.trainer.max_steps", "training_config.max_steps", "schedule.max_steps")
LEAST_HYPERPOD_INSTANCES = 8  # "Monitoring RFT training" (AWS page): RFT needs at least 8 x ml.p5.48xlarge
PPO_ROLES = ("actor_train", "rm", "cm", "actor_generation", "am")


@dataclass(frozen=True, slots=True)
class Estimate:
    """The size of a job. Tokens are the most there can be: every completion as long as it may get."""

    instance_type: str
    instances: int
    steps: int | None = None
    answers: int | None = None
    generated_tokens: int | None = None
    grader_seconds_per_step: float | None = None
    hours: float | None = None
    price: Price | None = None

    @property
    def instance_hours(self) -> float | None:
        """Hours of one instance over all instances."""
        return None if self.hours is None else self.instances * self.hours

    @property
    def usd(self) -> tuple[float, float] | None:
        """Lowest and highest cost, None where hours or price are unknown."""
        if self.instance_hours is None or self.price is None:
            return None
        return self.instance_hours * self.price.low, self.instance_hours * self.price.high

    def rows(self) -> list[tuple[str, str]]:
        """The estimate as label and value, for a table.

        >>> Estimate("ml.p5.48xlarge", 4, steps=150).rows()[1]
        ('steps', '150')
        """
        usd = self.usd
        return [
            ("instances", f"{self.instances} x {self.instance_type or 'unknown type'}"),
            ("steps", _count(self.steps)),
            ("completions to grade", _count(self.answers)),
            ("generated tokens, at most", _count(self.generated_tokens)),
            ("grader seconds per step", _number(self.grader_seconds_per_step)),
            ("hours", _number(self.hours)),
            ("instance-hours", _number(self.instance_hours)),
            ("USD per instance-hour", _price(self.price)),
            ("USD", "unknown" if usd is None else f"{usd[0]:,.0f} to {usd[1]:,.0f}"),
        ]


def _count(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3g}"


def _price(price: Price | None) -> str:
    return "unknown" if price is None else f"{price.low:g} to {price.high:g} ({price.basis}; read {price.read})"


def answers_per_step(values: Mapping[str, Any]) -> int | None:
    """Graded completions of one optimizer step; None for a recipe that grades none.

    A sample of `global_batch_size` is one completion, and a step takes `refit_freq` batches of them ("Custom reward
    functions in your AWS environment", AWS page).

    >>> answers_per_step({BATCH: 64, GROUP: 2})
    64
    """
    if "batch.training_batch_size" in values:
        return int(values["batch.training_batch_size"] * values["batch.group_size"])
    if GROUP not in values:
        return None
    return int(values[BATCH] * (values.get(REFIT) or 1))


def prompts_per_step(values: Mapping[str, Any]) -> int | None:
    """Rows of data that one optimizer step takes; None where the recipe does not say.

    >>> prompts_per_step({BATCH: 64, GROUP: 2}), prompts_per_step({BATCH: 32})
    (32, 32)
    """
    if "batch.training_batch_size" in values:
        return int(values["batch.training_batch_size"])
    answers = answers_per_step(values)
    if answers is None:
        return None if BATCH not in values else int(values[BATCH])
    return math.ceil(answers / int(values[GROUP]))


def samples_seen(values: Mapping[str, Any]) -> int | None:
    """Rows of data a whole run takes, with repetition."""
    prompts, steps = prompts_per_step(values), steps_of(values)
    return None if prompts is None or steps is None else prompts * steps


def steps_of(values: Mapping[str, Any]) -> int | None:
    """Optimizer steps of the run, None for recipes that count epochs or do not train."""
    return next((int(values[path]) for path in STEPS if path in values), None)


def estimate(
    recipe: Recipe,
    *,
    context: Context | None = None,
    hours: float | None = None,
    seconds_per_step: float | None = None,
    prices: Mapping[str, Price] | None = None,
) -> Estimate:
    """The size and cost of a recipe. Nobody publishes step times: give `hours` or a measured `seconds_per_step`.

    >>> from recipes import nova_lite_2_rft_lora
    >>> estimate(nova_lite_2_rft_lora(max_steps=150), hours=2.5).instance_hours
    10.0
    """
    context = context or Context()
    values, steps = flatten(to_mapping(recipe)), steps_of(flatten(to_mapping(recipe)))
    if hours is None and seconds_per_step is not None and steps is not None:
        hours = steps * seconds_per_step / 3600
    answers = _times(answers_per_step(values), steps)
    instance_type = context.instance_type or _usual_instance(recipe)
    return Estimate(
        instance_type=instance_type,
        instances=instances_of(recipe, values),
        steps=steps,
        answers=answers,
        generated_tokens=_times(answers, _answer_length(values)),
        grader_seconds_per_step=_grader_seconds(values, context),
        hours=hours,
        price=(price_table() if prices is None else prices).get(instance_type),
    )


def _times(count: int | None, factor: int | None) -> int | None:
    return None if count is None or factor is None else count * factor


def _answer_length(values: Mapping[str, Any]) -> int | None:
    names = ("training_config.rollout.generator.max_new_tokens", "sampling_params.max_tokens")
    return next((int(values[name]) for name in names if name in values), None)


def _usual_instance(recipe: Recipe) -> str:
    model_type = getattr(getattr(recipe, "run", None), "model_type", "")
    return next((types[0] for entry in variants_of(type(recipe), model_type) if (types := entry.instance_types)), "")


def instances_of(recipe: Recipe, values: Mapping[str, Any]) -> int:
    """Instances the job occupies: all roles together on HyperPod."""
    if recipe.METHOD == "ppo":
        return sum(values[f"run.{role}_replicas"] for role in PPO_ROLES)
    replicas = int(values.get("run.replicas", 1))
    if recipe.METHOD.startswith("rft") and recipe.PLATFORMS == (Platform.HYPERPOD,):
        roles = values["run.generation_replicas"] + values["run.rollout_worker_replicas"]
        return max(LEAST_HYPERPOD_INSTANCES, replicas + int(roles))
    return replicas


def _grader_seconds(values: Mapping[str, Any], context: Context) -> float | None:
    """Wall-clock seconds of grading per step, all invocations in flight that the recipe allows."""
    answers, grader = answers_per_step(values), context.grader
    endpoint = "training_config.rollout.rewards.api_endpoint"
    limit = values.get(f"{endpoint}.lambda_concurrency_limit")
    if answers is None or limit is None or grader is None or grader.seconds_per_answer is None:
        return None
    at_once = min(limit, grader.concurrency or limit)
    batch = values.get(f"{endpoint}.lambda_batch_size") or 1
    rounds = math.ceil(math.ceil(answers / batch) / at_once)
    return float(rounds * batch * grader.seconds_per_answer)
