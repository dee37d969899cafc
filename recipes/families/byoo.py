"""Reinforcement fine-tuning with an orchestrator of your own (BYOO), multi-turn, on HyperPod with Nova Forge.

Source: the AWS page "Reinforcement Learning" of Nova Forge (nova-hp-rft-forge), read 2026-11-28; the recipe itself is
given to subscribers only, so that this is the page's sample, key for key.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from recipes.families import rft_parts as r
from recipes.model import fields as f
from recipes.model.base import Part, Platform, Recipe

Generators: TypeAlias = Literal["${run.generation_replicas}"]
Trainers: TypeAlias = Literal["${run.replicas}"]
Window: TypeAlias = Literal["${training_config.max_seq_length}"]
Steps: TypeAlias = Literal["${training_config.max_steps}"]
Batch: TypeAlias = Literal["${training_config.global_batch_size}"]
Count: TypeAlias = Annotated[int, Field(ge=1, le=65_536)]
Queue: TypeAlias = Annotated[
    str,
    Field(
        **f.pattern(
            r"^$|^<[^>]+>$|^https://sqs\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/([0-9]{12}|<[^>]+>)/[^\s/?#@]+$",
            "the URL of an SQS queue, or empty",
            "https://sqs.us-east-1.amazonaws.com/123456789012/SageMaker-rollouts.fifo",
        )
    ),
]


class ByooRun(Part):
    """Which model, which data, machines for each role, and the way to your orchestrator."""

    name: f.RunName = "my-byoo-run"
    model_type: f.NovaLite2 = "amazon.nova-2-lite-v1:0:256k"
    model_name_or_path: f.ModelPath = "nova-lite-2/prod"
    data_s3_path: f.DataS3 = "s3://example-bucket/train.jsonl"
    output_s3_path: f.OutputS3 = ""
    replicas: f.Replicas = 4
    generation_replicas: r.GenerationReplicas = 2
    rollout_worker_replicas: Annotated[int, Field(ge=1, description="Machines that hand prompts and grades about")] = 1
    rollout_request_arn: Annotated[
        str, Field(**f.LAMBDA_ARN, description="Lambda that takes rollout requests to your orchestrator")
    ] = f.LAMBDA_PLACEHOLDER
    rollout_response_sqs_url: Annotated[Queue, Field(description="Queue on which rewards come back")] = ""
    generate_request_sqs_url: Annotated[Queue, Field(description="Queue on which the orchestrator asks the model")] = ""
    generate_response_sqs_url: Annotated[Queue, Field(description="Queue on which the model answers")] = ""
    source: str | None = f.source()


class ByooGenerator(Part):
    """How completions are sampled."""

    server_count: Annotated[Count | Generators, Field(description="Machines that write completions")] = (
        "${run.generation_replicas}"
    )
    timeout: Annotated[int, Field(ge=1, description="Seconds one completion may take")] = 1000
    max_model_len: Annotated[Annotated[int, Field(ge=1, le=262_144)] | Window, Field(description="Context window")] = (
        "${training_config.max_seq_length}"
    )
    max_new_tokens: f.MaxNewTokens = 18_000
    set_random_seed: r.SeedSampling = True
    temperature: f.Temperature = 1
    top_k: r.SamplingTopK = 0


class ByooRollout(Part):
    """How a conversation with your environment is run."""

    delegate: Annotated[Literal[True], Field(description="Leave rollouts to your orchestrator; fixed")] = True
    timeout: Annotated[int, Field(ge=1, description="Seconds a whole rollout may take; beyond it training fails")] = 600
    rollout_strategy: r.RolloutStrategy = r.RolloutStrategy()
    advantage_strategy: r.Advantage = r.Advantage(number_generation=16)
    generator: ByooGenerator = ByooGenerator()


class ByooOptimizer(Part):
    """Adam and its schedule."""

    lr: f.LearningRate = 1e-7
    optimizer: Annotated[Literal["adam"], Field(description="Kind of optimizer; the only one there is")] = "adam"
    weight_decay: f.WeightDecay = 0.01
    adam_beta1: f.AdamBeta1 = 0.9
    adam_beta2: f.AdamBeta2 = 0.95
    warmup_steps: f.WarmupSteps = 5
    min_lr: f.MinLearningRate = 1e-5


class ByooTrain(Part):
    """How the policy is updated."""

    replicas: Annotated[Count | Trainers, Field(description="Machines that train")] = "${run.replicas}"
    max_steps: Annotated[Count | Steps, Field(description="Optimizer steps")] = "${training_config.max_steps}"
    global_batch_size: Annotated[Count | Batch, Field(description="Completions per optimizer step")] = (
        "${training_config.global_batch_size}"
    )
    save_steps: Annotated[int, Field(ge=1, description="Steps between checkpoints; at most max_steps")] = 10
    save_top_k: f.SaveTopK = 5
    clip_ratio_high: r.ClipRatioHigh = 0.2
    ent_coeff: f.EntropyCoefficient = 0.001
    loss_scale: r.LossScale = 1
    optim: ByooOptimizer = ByooOptimizer()


class ByooConfig(Part):
    """What the policy trains with."""

    max_steps: f.MaxSteps = 100
    max_seq_length: Annotated[int, Field(ge=1, le=262_144, description="Whole conversation, in tokens")] = 9392
    global_batch_size: f.GlobalBatchSize = 1024
    reasoning_effort: f.ReasoningEffort = "high"
    data: r.DataOrder = r.DataOrder()
    rollout: ByooRollout = ByooRollout()
    train: ByooTrain = ByooTrain()


class RftByoo(Recipe):
    """Nova 2 Lite, multi-turn reinforcement with your own orchestrator."""

    TITLE: ClassVar[str] = "Nova 2 Lite RFT with your own orchestrator (Nova Forge)"
    METHOD: ClassVar[str] = "rft-byoo"
    PLATFORMS: ClassVar[tuple[Platform, ...]] = (Platform.HYPERPOD,)

    run: ByooRun = ByooRun()
    training_config: ByooConfig = ByooConfig()
