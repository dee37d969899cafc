"""Supervised and preference training of Nova 1.0 Micro, Lite and Pro, with LoRA or of all weights.

Source: recipes_src/fine-tuning/nova/nova_1_0/*/{SFT,DPO} in aws/sagemaker-hyperpod-recipes, commit 2631995.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from recipes.model import blocks as parts
from recipes.model import fields as f
from recipes.model.base import Part, Platform, Recipe

BOTH = (Platform.SAGEMAKER, Platform.HYPERPOD)
LORA_RUN = parts.Nova1Run(
    name="my-lora-run", mlflow_experiment_name="my-lora-experiment", mlflow_run_name="my-lora-run"
)
FULL_RUN = parts.Nova1Run(
    name="my-fullrank-run", mlflow_experiment_name="my-fullrank-experiment", mlflow_run_name="my-fullrank-run"
)
SFT_LORA_ADAM = parts.ScheduledAdam(lr=1e-5)
SFT_FULL_ADAM = parts.ScheduledAdam(lr=5e-6, sched=parts.Schedule(min_lr=5e-7))
DPO_ADAM = parts.ScheduledAdam(lr=1e-5, eps=1e-8, weight_decay=0.01)


# --- SFT ---------------------------------------------------------------------------------------------------------
class SftLoraModel(parts.Dropouts):
    """Optimizer and adapter."""

    optim: parts.ScheduledAdam = SFT_LORA_ADAM
    peft: parts.Nova1LoraPeft = parts.Nova1LoraPeft()


class SftFullModel(parts.Dropouts):
    """Optimizer of all weights."""

    optim: parts.ScheduledAdam = SFT_FULL_ADAM
    peft: parts.FullRankPeft = parts.FullRankPeft()


class SftLoraConfig(parts.Nova1Config):
    """SFT with an adapter."""

    model: SftLoraModel = SftLoraModel()


class SftFullConfig(parts.Nova1Config):
    """SFT of all weights."""

    global_batch_size: f.GlobalBatchSize = 16
    trainer: parts.Epochs = parts.Epochs(max_epochs=1)
    model: SftFullModel = SftFullModel()


class Nova1SftLora(Recipe):
    """Nova 1.0, supervised, LoRA."""

    TITLE: ClassVar[str] = "Nova 1.0 SFT LoRA"
    METHOD: ClassVar[str] = "sft-lora"
    PLATFORMS: ClassVar[tuple[Platform, ...]] = BOTH

    run: parts.Nova1Run = LORA_RUN
    training_config: SftLoraConfig = SftLoraConfig()


class Nova1SftFull(Recipe):
    """Nova 1.0, supervised, all weights."""

    TITLE: ClassVar[str] = "Nova 1.0 SFT full rank"
    METHOD: ClassVar[str] = "sft-full"
    PLATFORMS: ClassVar[tuple[Platform, ...]] = BOTH

    run: parts.Nova1Run = FULL_RUN
    training_config: SftFullConfig = SftFullConfig()


# --- DPO ---------------------------------------------------------------------------------------------------------
class Preference(Part):
    """How hard preferences pull."""

    beta: Annotated[
        float,
        Field(ge=0.001, le=0.5, description="Strength of the preference against staying near the base"),
        f.KEEP_INT,
    ] = 0.1


class DpoModel(parts.Dropouts):
    """Optimizer and preference strength."""

    optim: parts.ScheduledAdam = DPO_ADAM
    dpo_cfg: Preference = Preference()


class DpoLoraModel(DpoModel):
    """DPO of an adapter."""

    peft: parts.Nova1LoraPeft = parts.Nova1LoraPeft(lora_tuning=parts.Nova1LoraTuning(loraplus_lr_ratio=20.0, alpha=64))


class DpoFullModel(DpoModel):
    """DPO of all weights."""

    peft: parts.FullRankPeft = parts.FullRankPeft()


class DpoLoraConfig(parts.Nova1Config):
    """DPO with an adapter."""

    max_length: f.MaxLength = 16_384
    model: DpoLoraModel = DpoLoraModel()


class DpoFullConfig(parts.Nova1Config):
    """DPO of all weights."""

    max_length: f.MaxLength = 16_384
    trainer: parts.Epochs = parts.Epochs(max_epochs=3)
    model: DpoFullModel = DpoFullModel()


class Nova1DpoLora(Recipe):
    """Nova 1.0, preferences, LoRA."""

    TITLE: ClassVar[str] = "Nova 1.0 DPO LoRA"
    METHOD: ClassVar[str] = "dpo-lora"
    PLATFORMS: ClassVar[tuple[Platform, ...]] = BOTH

    run: parts.Nova1Run = LORA_RUN
    training_config: DpoLoraConfig = DpoLoraConfig()


class Nova1DpoFull(Recipe):
    """Nova 1.0, preferences, all weights."""

    TITLE: ClassVar[str] = "Nova 1.0 DPO full rank"
    METHOD: ClassVar[str] = "dpo-full"
    PLATFORMS: ClassVar[tuple[Platform, ...]] = BOTH

    run: parts.Nova1Run = FULL_RUN
    training_config: DpoFullConfig = DpoFullConfig()
