"""Supervised fine-tuning of Nova 2 Lite: one key set for training jobs and HyperPod.

Source: recipes_src/fine-tuning/nova/nova_2_0/nova_lite/SFT in aws/sagemaker-hyperpod-recipes, commit 2631995.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from recipes.families.mixing import SftMixing
from recipes.model import blocks as parts
from recipes.model import fields as f
from recipes.model.base import Part, Platform, Recipe

Interpolation: TypeAlias = Literal["${oc.select:training_config.max_steps}"]
SaveSteps: TypeAlias = Annotated[
    Annotated[int, Field(ge=1)] | Interpolation, Field(description="Steps between checkpoints; at most max_steps")
]


class SftRun(Part):
    """Which model, which data, how many machines."""

    name: f.RunName = "my-lora-sft-run"
    model_type: f.NovaLite2 = "amazon.nova-2-lite-v1:0:256k"
    model_name_or_path: f.ModelPath = "nova-lite-2/prod"
    data_s3_path: f.DataS3 = "s3://my-bucket-name/train.jsonl"
    validation_data_s3_path: f.ValidationS3 = ""
    validation_data_s3_path_list: f.ValidationS3List = Field(default_factory=dict)
    replicas: f.Replicas = 1
    output_s3_path: f.OutputS3 = "s3://my-bucket-name/outputs/"
    mlflow_tracking_uri: f.MlflowUri = ""
    mlflow_experiment_name: f.MlflowExperiment = "my-lora-sft-experiment"
    mlflow_run_name: f.MlflowRun = "my-lora-sft-run"
    source: str | None = f.source()


class SftSchedule(Part):
    """How the learning rate moves."""

    warmup_steps: f.WarmupSteps = 15
    min_lr: f.MinLearningRate = 1e-6


class SftLoraTuning(Part):
    """Size of the adapter's update."""

    alpha: f.LoraAlpha = 64
    lora_plus_lr_ratio: f.LoraPlusRatio = 64.0


class SftLoraPeft(Part):
    """Adapter training."""

    peft_scheme: f.LoraScheme = "lora"
    lora_tuning: SftLoraTuning = SftLoraTuning()


class SftFullPeft(Part):
    """Training of all weights. The official file has the text "null" here, AWS's page on Nova 2 SFT YAML's null."""

    peft_scheme: Annotated[Literal["null"] | None, Field(description='The text "null" trains all weights')] = "null"


class ModelImportance(Part):
    """Merging of the trained checkpoint with its base."""

    fine_tuned_model: Annotated[
        float, Field(ge=0, le=1, description="Weight of the trained model in the merge; 1.0 merges nothing"), f.KEEP_INT
    ] = 1.0


class SftConfig(Part):
    """What all Nova 2 Lite SFT recipes train with."""

    max_steps: Annotated[int, Field(ge=4, le=100_000, description="Optimizer steps to train for")] = 100
    save_steps: SaveSteps = "${oc.select:training_config.max_steps}"
    save_top_k: f.SaveTopK = 5
    max_length: f.MaxLength = 32_768
    global_batch_size: f.GlobalBatchSize = 32
    reasoning_enabled: f.ReasoningEnabled = True
    val_check_interval: f.ValCheckInterval = 2500
    limit_val_batches: f.LimitValBatches = 2
    lr_scheduler: SftSchedule = SftSchedule()
    optim_config: parts.Adam = parts.Adam(lr=1e-5)


class SftLoraConfig(SftConfig):
    """SFT with an adapter."""

    peft: SftLoraPeft = SftLoraPeft()
    model_importance_score: ModelImportance = ModelImportance()


class SftFullConfig(SftConfig):
    """SFT of all weights."""

    peft: SftFullPeft = SftFullPeft()
    model_importance_score: ModelImportance = ModelImportance()


class SftLora(Recipe):
    """Nova 2 Lite, supervised, LoRA."""

    TITLE: ClassVar[str] = "Nova 2 Lite SFT LoRA"
    METHOD: ClassVar[str] = "sft-lora"
    PLATFORMS: ClassVar[tuple[Platform, ...]] = (Platform.SAGEMAKER, Platform.HYPERPOD)

    run: SftRun = SftRun()
    training_config: SftLoraConfig = SftLoraConfig()
    data_mixing: SftMixing | None = f.optional("Nova's own data beside yours, with Nova Forge", f.FORGE_PAGE)


class SftFull(Recipe):
    """Nova 2 Lite, supervised, all weights."""

    TITLE: ClassVar[str] = "Nova 2 Lite SFT full rank"
    METHOD: ClassVar[str] = "sft-full"
    PLATFORMS: ClassVar[tuple[Platform, ...]] = (Platform.SAGEMAKER, Platform.HYPERPOD)

    run: SftRun = SftRun(
        name="my-full-rank-sft-run",
        replicas=4,
        mlflow_experiment_name="my-full-rank-sft-experiment",
        mlflow_run_name="my-full-rank-sft-run",
    )
    training_config: SftFullConfig = SftFullConfig()
    data_mixing: SftMixing | None = f.optional("Nova's own data beside yours, with Nova Forge", f.FORGE_PAGE)
