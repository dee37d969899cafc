"""Agentic, multi-turn RFT of Nova 2 Lite as a serverless job.

Source: recipes_src/fine-tuning/nova/nova_2_0/nova_lite/MTRL in aws/sagemaker-hyperpod-recipes, commit 2631995.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from recipes.model import fields as f
from recipes.model.base import Part, Platform, Recipe, Version

Count: TypeAlias = Annotated[int, Field(ge=1)]


# The recipe's comment has the first two, the page "Hyperparameters reference" of multi-turn RL all nine.
AdvantageMethod: TypeAlias = Literal[
    "group_based",
    "monte_carlo",
    "group_based_per_turn",
    "rloo",
    "reinforce_pp",
    "reinforce_pp_baseline",
    "opo",
    "grpo_passk",
    "gpg",
]


class MultiTurnRun(Part):
    """Name and kind of the run."""

    name: f.RunName = "mtrl-nova-lite-2-0-lora"
    model_type: Annotated[Literal["mtrl"], Field(description="Multi-turn RL; fixed by the recipe")] = "mtrl"
    source: str | None = f.source()


class RolloutBatch(Part):
    """How many prompts and completions per step."""

    training_batch_size: Annotated[int, Field(ge=1, description="Prompts per training step")] = 32
    group_size: Annotated[int, Field(ge=1, description="Rollouts per prompt; advantages come from their spread")] = 4
    val_batch_size: Annotated[Count | None, Field(description="Validation prompts per validation; null for all")] = None
    val_group_size: Annotated[int, Field(ge=1, description="Rollouts per validation prompt; 1 for greedy")] = 1
    val_random_sample: Annotated[bool, Field(description="Draw other validation prompts each time")] = False


class Objective(Part):
    """What the policy is updated by."""

    advantage_method: Annotated[
        AdvantageMethod, Field(description="How rollouts of a prompt are compared, or monte_carlo for plain returns")
    ] = "group_based"
    advantage_normalization: Annotated[bool, Field(description="Divide advantages by their spread")] = True
    gamma: Annotated[float, Field(ge=0, le=1, description="Discount of later rewards"), f.KEEP_INT] = 1.0
    loss_fn: Annotated[
        Literal["importance_sampling", "ppo", "cispo"], Field(description="Policy loss: clipped (ppo, cispo) or not")
    ] = "ppo"
    clip_low_threshold: Annotated[
        float, Field(ge=0, le=1, description="Lower clip of the probability ratio"), f.KEEP_INT
    ] = 0.8
    clip_high_threshold: Annotated[
        float, Field(ge=1, le=10, description="Upper clip of the probability ratio"), f.KEEP_INT
    ] = 1.2


class Sampling(Part):
    """How completions are sampled."""

    temperature: f.Temperature = 1.0
    top_p: f.TopP = 1.0
    max_tokens: f.MaxNewTokens = 4096


class ValidationMetrics(Part):
    """What validation reports."""

    pass_k_values: Annotated[tuple[Count, ...], Field(strict=False, description="Values of k in pass@k")] = (
        1,
        2,
        4,
        8,
        16,
        32,
    )
    success_threshold: Annotated[float, Field(description="Reward from which a rollout passes"), f.KEEP_INT] = 1.0


class TrainingSchedule(Part):
    """How long to train; how often to save and validate."""

    epochs: Annotated[int, Field(ge=1, description="Passes over the training data")] = 1
    max_steps: f.MaxSteps = 100
    save_every: Annotated[int, Field(ge=0, description="Steps between checkpoints; 0 for none")] = 5
    val_every: Annotated[int, Field(ge=0, description="Steps between validations; 0 for none")] = 10
    val_at_start: Annotated[bool, Field(description="Validate once before training, for the baseline")] = True


class PolicyModel(Part):
    """The policy, its adapter and its optimizer."""

    model_name: Annotated[
        Literal["nova-textgeneration-lite-v2"], Field(description="JumpStart name of the base model")
    ] = "nova-textgeneration-lite-v2"
    max_sequence_length: f.MaxLength = 32_768
    lora_rank: Annotated[int, Field(ge=1, le=1024, description="Rank of the LoRA update")] = 32
    lora_alpha: f.LoraAlpha = 64
    learning_rate: f.LearningRate = 1e-5
    adam_beta1: f.AdamBeta1 = 0.9
    adam_beta2: f.AdamBeta2 = 0.95
    adam_eps: f.AdamEpsilon = 1e-8
    weight_decay: f.WeightDecay = 0.01
    grad_clip_norm: Annotated[
        float,
        Field(ge=0, le=1000, description="Longest gradient; longer ones are scaled down; 0 for no limit"),
        f.KEEP_INT,
    ] = 1.0
    lora_plus_lr_ratio: f.LoraPlusRatio = 32.0


class RolloutCollection(Part):
    """How rollouts are fetched from the agent."""

    max_concurrency: Annotated[int, Field(ge=1, description="Rollouts in flight at once")] = 96
    timeout: Annotated[float, Field(gt=0, description="Seconds one attempt may take"), f.KEEP_INT] = 600.0
    max_retries: Annotated[int, Field(ge=0, description="Further attempts after a failed rollout")] = 3
    rollout_tps: Annotated[float, Field(gt=0, description="Rollouts started per second"), f.KEEP_INT] = 5


class AsyncConfig(Part):
    """How stale a rollout may be."""

    max_steps_off_policy: Annotated[int, Field(ge=0, description="Updates a rollout may lag behind the policy")] = 3


class DataFilter(Part):
    """Which rollouts are thrown away."""

    max_filter_rate: Annotated[float, Field(ge=0, le=1, description="Largest share thrown away"), f.KEEP_INT] = 0.5
    max_repeated_tokens: Annotated[int, Field(ge=1, description="Repeated tokens from which a rollout goes")] = 30
    max_ngram_size: Annotated[int, Field(ge=1, description="Longest n-gram counted as a repetition")] = 30


class MultiTurnRl(Recipe):
    """Nova 2 Lite, multi-turn reinforcement, LoRA."""

    TITLE: ClassVar[str] = "Nova 2 Lite multi-turn RL LoRA"
    METHOD: ClassVar[str] = "rft-multiturn"
    PLATFORMS: ClassVar[tuple[Platform, ...]] = (Platform.SERVERLESS,)

    display_name: Annotated[str, Field(description="Title shown in the console")] = "Agentic RFT for Nova Lite 2.0 Lora"
    recipe_version: Annotated[Version, Field(description="Version of the recipe, as text")] = "1.0.26"
    run: MultiTurnRun = MultiTurnRun()
    batch: RolloutBatch = RolloutBatch()
    rl: Objective = Objective()
    sampling_params: Sampling = Sampling()
    val_sampling_params: Sampling = Sampling(temperature=0.0)
    val_metrics_config: ValidationMetrics = ValidationMetrics()
    schedule: TrainingSchedule = TrainingSchedule()
    model: PolicyModel = PolicyModel()
    rollout: RolloutCollection = RolloutCollection()
    async_config: AsyncConfig = AsyncConfig()
    data_filter: DataFilter = DataFilter()
