"""Blocks that several recipes share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from recipes.model import fields as f
from recipes.model.base import Part


# --- Nova 2 Lite -------------------------------------------------------------------------------------------------
class Adam(Part):
    """The optimizer of the Nova 2 Lite recipes."""

    lr: f.LearningRate
    weight_decay: f.WeightDecay = 0.0
    adam_beta1: f.AdamBeta1 = 0.9
    adam_beta2: f.AdamBeta2 = 0.95


class FullRankPeft(Part):
    """Training of all weights."""

    peft_scheme: Annotated[None, Field(description="null trains all weights")] = None


# --- Nova 1.0 ----------------------------------------------------------------------------------------------------
class Nova1Run(Part):
    """Which model, which data, how many machines."""

    name: f.RunName
    model_type: f.Nova1 = "amazon.nova-lite-v1:0:300k"
    model_name_or_path: f.ModelPath = "nova-lite/prod"
    replicas: f.Replicas = 4
    data_s3_path: f.DataS3 = ""
    output_s3_path: f.OutputS3 = ""
    mlflow_tracking_uri: f.MlflowUri = ""
    mlflow_experiment_name: f.MlflowExperiment
    mlflow_run_name: f.MlflowRun
    source: str | None = f.source()


class FusedAdam(Part):
    """NeMo's fused Adam, which Nova 1.0 trains with."""

    lr: f.LearningRate
    name: Annotated[Literal["distributed_fused_adam"], Field(description="Optimizer; the only one there is")] = (
        "distributed_fused_adam"
    )
    adam_w_mode: Annotated[bool, Field(description="Decouple weight decay from the gradient, as AdamW does")] = True
    eps: f.AdamEpsilon = 1e-6
    weight_decay: f.WeightDecay = 0.0
    betas: Annotated[
        tuple[f.AdamBeta1, f.AdamBeta2], Field(strict=False, description="Decays of Adam's two running means")
    ] = (0.9, 0.999)


class Schedule(Part):
    """How the learning rate moves: up, level, down."""

    warmup_steps: f.WarmupSteps = 10
    constant_steps: Annotated[int, Field(ge=0, le=100_000, description="Steps at the peak before the decay begins")] = 0
    min_lr: f.MinLearningRate = 1e-6


class ScheduledAdam(FusedAdam):
    """Fused Adam with a schedule."""

    sched: Schedule = Schedule()


class Epochs(Part):
    """How long to train."""

    max_epochs: f.MaxEpochs = 2


class Dropouts(Part):
    """Regularisation inside the transformer."""

    hidden_dropout: f.Dropout = 0.0
    attention_dropout: f.Dropout = 0.0
    ffn_dropout: f.Dropout = 0.0


class Nova1LoraTuning(Part):
    """Size and regularisation of the adapter."""

    loraplus_lr_ratio: f.LoraPlusRatio = 16.0
    alpha: f.LoraAlpha = 128
    adapter_dropout: f.Dropout = 0.01


class Nova1LoraPeft(Part):
    """Adapter training."""

    peft_scheme: f.LoraScheme = "lora"
    lora_tuning: Nova1LoraTuning = Nova1LoraTuning()


class Nova1Config(Part):
    """Length, batch and epochs."""

    max_length: f.MaxLength = 32_768
    global_batch_size: f.GlobalBatchSize = 64
    trainer: Epochs = Epochs()
