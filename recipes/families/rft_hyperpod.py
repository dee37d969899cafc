"""Reinforcement fine-tuning of Nova 2 Lite, single turn, on SageMaker HyperPod.

Source: recipes_src/fine-tuning/nova/nova_2_0/nova_lite/RFT/nova_lite_2_0_p5_gpu_* in aws/sagemaker-hyperpod-recipes,
commit 2631995.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from recipes.families import rft_parts as r
from recipes.model import blocks as parts
from recipes.model import fields as f
from recipes.model.base import Part, Platform, Recipe


class RftRun(Part):
    """Which model, which data, which grader, and machines for each role."""

    name: f.RunName = "my-rft-run"
    model_type: f.NovaLite2 = "amazon.nova-2-lite-v1:0:256k"
    model_name_or_path: f.ModelPath = "nova-lite-2/prod"
    data_s3_path: f.DataS3 = "s3://example-bucket/train.jsonl"
    output_s3_path: f.OutputS3 = ""
    replicas: f.Replicas = 2
    generation_replicas: r.GenerationReplicas = 2
    rollout_worker_replicas: Annotated[int, Field(ge=1, description="Machines that hand prompts and grades about")] = 1
    reward_lambda_arn: f.RewardLambdaArn = ""
    mlflow_tracking_uri: f.MlflowUri = ""
    mlflow_experiment_name: f.MlflowExperiment = "my-rft-experiment"
    mlflow_run_name: f.MlflowRun = "my-rft-run"
    source: str | None = f.source()


class GraderEndpoint(Part):
    """The grader; the ARN follows run.reward_lambda_arn."""

    lambda_arn: r.GraderArn = "${oc.select:run.reward_lambda_arn}"
    lambda_concurrency_limit: r.Concurrency = 100
    lambda_batch_size: r.Count | None = f.optional("Completions per grader invocation")


class Rewards(Part):
    """Where rewards come from."""

    preset_reward_function: r.Preset | None = f.optional("Reward function of AWS's instead of a Lambda")
    api_endpoint: GraderEndpoint = GraderEndpoint()


class Rollout(Part):
    """How completions are made and graded."""

    rollout_strategy: r.RolloutStrategy = r.RolloutStrategy()
    advantage_strategy: r.Advantage = r.Advantage(number_generation=8)
    generator: r.Generator = r.Generator(max_new_tokens=8192, top_k=0)
    rewards: Rewards = Rewards()


class LoraTuning(Part):
    """Size of the adapter's update. The official file spells the ratio as no training job does, the pages do."""

    alpha: f.LoraAlpha = 32
    loraplus_lr_ratio: f.LoraPlusRatio = 64.0
    lora_plus_lr_ratio: f.LoraPlusRatio | None = f.optional("LoRA+ ratio, as AWS's pages spell it")


class LoraPeft(Part):
    """Adapter training."""

    peft_scheme: f.LoraScheme = "lora"
    lora_tuning: LoraTuning = LoraTuning()


class FullTrainer(Part):
    """How the policy is updated. Without a peft block all weights are."""

    max_steps: f.MaxSteps = 100
    save_steps: r.SaveSteps = "${oc.select:training_config.trainer.max_steps}"
    save_top_k: f.SaveTopK = 5
    test_steps: r.Count | None = f.optional("Steps between validations")
    refit_freq: r.RefitFrequency = 4
    clip_ratio_high: r.ClipRatioHigh = 0.2
    ent_coeff: f.EntropyCoefficient = 0.001
    loss_scale: r.LossScale = 1
    kl_loss_coef: f.KlCoefficient | None = f.optional("Weight of the KL penalty")
    optim_config: parts.Adam = parts.Adam(lr=7e-7)
    adaptive_curriculum: r.AdaptiveCurriculum | None = f.optional("Choice of prompts by difficulty")


class LoraTrainer(FullTrainer):
    """Updates of an adapter."""

    peft: LoraPeft = LoraPeft()


class RftConfig(Part):
    """What both HyperPod recipes train with."""

    max_length: f.MaxLength = 10_240
    global_batch_size: f.GlobalBatchSize = 256
    reasoning_effort: f.ReasoningEffort = "high"
    data: r.DataOrder = r.DataOrder()
    rollout: Rollout = Rollout()


class LoraConfig(RftConfig):
    """RFT with an adapter."""

    trainer: LoraTrainer = LoraTrainer()


class FullConfig(RftConfig):
    """RFT of all weights."""

    trainer: FullTrainer = FullTrainer()


class RftLoraHyperpod(Recipe):
    """Nova 2 Lite, reinforcement, LoRA, HyperPod."""

    TITLE: ClassVar[str] = "Nova 2 Lite RFT LoRA (HyperPod)"
    METHOD: ClassVar[str] = "rft-lora"
    PLATFORMS: ClassVar[tuple[Platform, ...]] = (Platform.HYPERPOD,)

    run: RftRun = RftRun()
    training_config: LoraConfig = LoraConfig()


class RftFullHyperpod(Recipe):
    """Nova 2 Lite, reinforcement, all weights, HyperPod."""

    TITLE: ClassVar[str] = "Nova 2 Lite RFT full rank (HyperPod)"
    METHOD: ClassVar[str] = "rft-full"
    PLATFORMS: ClassVar[tuple[Platform, ...]] = (Platform.HYPERPOD,)

    run: RftRun = RftRun()
    training_config: FullConfig = FullConfig()
