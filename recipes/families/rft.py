"""Reinforcement fine-tuning of Nova 2 Lite, single turn, in SageMaker training jobs.

Source: recipes_src/fine-tuning/nova/nova_2_0/nova_lite/RFT/nova_lite_v2_smtj_* in aws/sagemaker-hyperpod-recipes,
commit 2631995.
"""

from __future__ import annotations

from typing import ClassVar

from recipes.families import rft_parts as r
from recipes.model import blocks as parts
from recipes.model import fields as f
from recipes.model.base import Part, Platform, Recipe


class RftRun(Part):
    """Which model, which data, which grader, how many machines."""

    name: f.RunName = "my-rft-run"
    model_type: f.NovaLite2 = "amazon.nova-2-lite-v1:0:256k"
    model_name_or_path: f.ModelPath = "nova-lite-2/prod"
    data_s3_path: f.DataS3 = "s3://<bucket>/<data file>"
    replicas: f.Replicas = 4
    generation_replicas: r.GenerationReplicas | None = f.optional("Machines that write completions")
    reward_lambda_arn: f.RewardLambdaArn = f.LAMBDA_PLACEHOLDER
    mlflow_tracking_uri: f.MlflowUri | None = f.optional("ARN or URL of the MLflow tracking server; empty for none")
    mlflow_experiment_name: f.MlflowExperiment | None = f.optional("MLflow experiment; not empty where MLflow is on")
    mlflow_run_name: f.MlflowRun | None = f.optional("MLflow run; not empty where MLflow is on")
    source: str | None = f.source()


class GraderEndpoint(Part):
    """The grader, named a second time: a training job needs the ARN in both places."""

    lambda_arn: r.GraderArn = f.LAMBDA_PLACEHOLDER
    lambda_concurrency_limit: r.Concurrency = 12
    lambda_batch_size: r.Count | None = f.optional("Completions per grader invocation")


class Rewards(Part):
    """Where rewards come from."""

    preset_reward_function: r.Preset | None = f.optional("Reward function of AWS's instead of a Lambda")
    api_endpoint: GraderEndpoint = GraderEndpoint()


class Rollout(Part):
    """How completions are made and graded."""

    rollout_strategy: r.RolloutStrategy | None = f.optional("Whether generation runs ahead of training")
    advantage_strategy: r.Advantage = r.Advantage(number_generation=2)
    generator: r.Generator = r.Generator(max_new_tokens=6000, top_k=1)
    rewards: Rewards = Rewards()


class LoraTuning(Part):
    """Size of the adapter's update."""

    alpha: f.LoraAlpha = 32
    lora_plus_lr_ratio: f.LoraPlusRatio = 64.0


class LoraPeft(Part):
    """Adapter training."""

    peft_scheme: f.LoraScheme = "lora"
    lora_tuning: LoraTuning = LoraTuning()


class Trainer(Part):
    """How the policy is updated."""

    max_steps: f.MaxSteps = 5
    save_steps: r.SaveSteps = "${oc.select:training_config.trainer.max_steps}"
    test_steps: r.Count | None = f.optional("Steps between validations")
    refit_freq: r.RefitFrequency | None = f.optional("Batches of completions per optimizer step")
    clip_ratio_high: r.ClipRatioHigh | None = f.optional("How far up an update may move a probability ratio")
    ent_coeff: f.EntropyCoefficient = 0.0
    loss_scale: r.LossScale | None = f.optional("Factor on the policy loss")
    kl_loss_coef: f.KlCoefficient = 0.001
    optim_config: parts.Adam = parts.Adam(lr=1e-4)
    adaptive_curriculum: r.AdaptiveCurriculum | None = f.optional("Choice of prompts by difficulty")


class LoraTrainer(Trainer):
    """Updates of an adapter."""

    peft: LoraPeft = LoraPeft()


class FullTrainer(Trainer):
    """Updates of all weights."""

    peft: parts.FullRankPeft = parts.FullRankPeft()


class RftConfig(Part):
    """What both training-job recipes train with."""

    max_length: f.MaxLength = 8192
    global_batch_size: f.GlobalBatchSize = 64
    reasoning_effort: f.ReasoningEffort = "high"
    data: r.DataOrder | None = f.optional("In which order prompts come")
    rollout: Rollout = Rollout()


class LoraConfig(RftConfig):
    """RFT with an adapter."""

    trainer: LoraTrainer = LoraTrainer()


class FullConfig(RftConfig):
    """RFT of all weights."""

    trainer: FullTrainer = FullTrainer()


class RftLora(Recipe):
    """Nova 2 Lite, reinforcement, LoRA, training job."""

    TITLE: ClassVar[str] = "Nova 2 Lite RFT LoRA (training job)"
    METHOD: ClassVar[str] = "rft-lora"
    PLATFORMS: ClassVar[tuple[Platform, ...]] = (Platform.SAGEMAKER,)

    run: RftRun = RftRun()
    training_config: LoraConfig = LoraConfig()


class RftFull(Recipe):
    """Nova 2 Lite, reinforcement, all weights, training job."""

    TITLE: ClassVar[str] = "Nova 2 Lite RFT full rank (training job)"
    METHOD: ClassVar[str] = "rft-full"
    PLATFORMS: ClassVar[tuple[Platform, ...]] = (Platform.SAGEMAKER,)

    run: RftRun = RftRun()
    training_config: FullConfig = FullConfig()
