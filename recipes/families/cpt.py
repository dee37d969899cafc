"""Continued pre-training, on HyperPod only.

Source: recipes_src/training/nova in aws/sagemaker-hyperpod-recipes, commit 2631995.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from recipes.families.mixing import CptMixing
from recipes.model import blocks as parts
from recipes.model import fields as f
from recipes.model.base import Part, Platform, Recipe


# --- Nova 1.0 ----------------------------------------------------------------------------------------------------
class Nova1CptModel(parts.Dropouts):
    """Optimizer of all weights."""

    optim: parts.ScheduledAdam = parts.ScheduledAdam(lr=1e-5)


class Nova1CptConfig(parts.Nova1Config):
    """What the three sizes train with."""

    max_length: f.MaxLength = 8192
    global_batch_size: f.GlobalBatchSize = 256
    trainer: parts.Epochs = parts.Epochs(max_epochs=1)
    model: Nova1CptModel = Nova1CptModel()


class Nova1Cpt(Recipe):
    """Nova 1.0, continued pre-training."""

    TITLE: ClassVar[str] = "Nova 1.0 CPT"
    METHOD: ClassVar[str] = "cpt"
    PLATFORMS: ClassVar[tuple[Platform, ...]] = (Platform.HYPERPOD,)

    run: parts.Nova1Run = parts.Nova1Run(
        name="my-cpt-run", replicas=16, mlflow_experiment_name="my-cpt-experiment", mlflow_run_name="my-cpt-run"
    )
    training_config: Nova1CptConfig = Nova1CptConfig()


# --- Nova 2 Lite -------------------------------------------------------------------------------------------------
class CptRun(Part):
    """Which model, which data, how many machines."""

    name: f.RunName = "my-cpt-run"
    model_type: f.NovaLite2 = "amazon.nova-2-lite-v1:0:256k"
    model_name_or_path: f.ModelPath = "nova-lite-2/prod"
    replicas: f.Replicas = 8
    data_s3_path: f.DataS3 = ""
    validation_data_s3_path: f.ValidationS3 = ""
    output_s3_path: f.OutputS3 = ""
    mlflow_tracking_uri: f.MlflowUri = ""
    mlflow_experiment_name: f.MlflowExperiment = "my-cpt-experiment"
    mlflow_run_name: f.MlflowRun = "my-cpt-run"
    source: str | None = f.source()


class CptTrainer(Part):
    """How long to train, how often to validate."""

    max_steps: f.MaxSteps = 10
    val_check_interval: f.ValCheckInterval = 10
    limit_val_batches: f.LimitValBatches = 2


class CptModel(Part):
    """Regularisation inside the transformer."""

    hidden_dropout: f.Dropout = 0.0
    attention_dropout: f.Dropout = 0.0


class CptAdam(Part):
    """Fused Adam, with the two decays as keys of their own."""

    optimizer: Annotated[Literal["adam"], Field(description="Kind of optimizer; the only one there is")] = "adam"
    lr: f.LearningRate = 1e-5
    name: Annotated[Literal["distributed_fused_adam"], Field(description="Optimizer; the only one there is")] = (
        "distributed_fused_adam"
    )
    adam_w_mode: Annotated[bool, Field(description="Decouple weight decay from the gradient, as AdamW does")] = True
    eps: f.AdamEpsilon = 1e-6
    weight_decay: f.WeightDecay = 0.0
    adam_beta1: f.AdamBeta1 = 0.9
    adam_beta2: f.AdamBeta2 = 0.95
    sched: parts.Schedule = parts.Schedule()


class CptConfig(Part):
    """What Nova 2 Lite trains with."""

    task_type: Annotated[Literal["cpt"], Field(description="Continued pre-training; fixed")] = "cpt"
    max_length: f.MaxLength = 8192
    global_batch_size: f.GlobalBatchSize = 256
    trainer: CptTrainer = CptTrainer()
    model: CptModel = CptModel()
    optim: CptAdam = CptAdam()


class Cpt(Recipe):
    """Nova 2 Lite, continued pre-training."""

    TITLE: ClassVar[str] = "Nova 2 Lite CPT"
    METHOD: ClassVar[str] = "cpt"
    PLATFORMS: ClassVar[tuple[Platform, ...]] = (Platform.HYPERPOD,)

    run: CptRun = CptRun()
    training_config: CptConfig = CptConfig()
    data_mixing: CptMixing | None = f.optional("Nova's own data beside yours, with Nova Forge", f.FORGE_PAGE)
