"""PPO on Nova 1.0, on HyperPod only: five models side by side.

Source: recipes_src/fine-tuning/nova/nova_1_0/*/PPO in aws/sagemaker-hyperpod-recipes, commit 2631995.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from recipes.model import blocks as parts
from recipes.model import fields as f
from recipes.model.base import Part, Platform, Recipe

NODES = "Machines of this model; follows run"
RmNodes: TypeAlias = Literal["${recipes.run.rm_replicas}"]
CmNodes: TypeAlias = Literal["${recipes.run.cm_replicas}"]
# "Proximal policy optimization (PPO)" (AWS page) gives the anchor the critic's machines in one of its samples.
AmNodes: TypeAlias = Literal["${recipes.run.am_replicas}", "${recipes.run.cm_replicas}"]
GenerationNodes: TypeAlias = Literal["${recipes.run.actor_generation_replicas}"]
TrainNodes: TypeAlias = Literal["${recipes.run.actor_train_replicas}"]
Count: TypeAlias = Annotated[int, Field(ge=1)]


class PpoRun(Part):
    """Which model, which data, and machines for each of the five models."""

    name: f.RunName = "my-ppo-run"
    model_type: f.Nova1 = "amazon.nova-lite-v1:0:300k"
    model_name_or_path: f.ModelPath = "nova-lite/prod"
    data_s3_path: f.DataS3 = ""
    output_s3_path: f.OutputS3 = ""
    actor_train_replicas: Annotated[int, Field(ge=1, description="Machines that update the policy")] = 2
    rm_replicas: Annotated[int, Field(ge=1, description="Machines of the reward model")] = 1
    cm_replicas: Annotated[int, Field(ge=1, description="Machines of the critic")] = 1
    actor_generation_replicas: Annotated[int, Field(ge=1, description="Machines that write completions")] = 2
    am_replicas: Annotated[int, Field(ge=1, description="Machines of the frozen anchor model")] = 1
    mlflow_tracking_uri: f.MlflowUri = ""
    mlflow_experiment_name: f.MlflowExperiment = "my-ppo-experiment"
    mlflow_run_name: f.MlflowRun = "my-ppo-run"
    source: str | None = f.source()


class Batch(Part):
    """Batch of a model that is not trained."""

    global_batch_size: f.GlobalBatchSize = 40


class RewardTrainer(Part):
    """Machines of the reward model."""

    num_nodes: Annotated[Count | RmNodes, Field(description=NODES)] = "${recipes.run.rm_replicas}"


class CriticTrainer(Part):
    """Machines of the critic."""

    num_nodes: Annotated[Count | CmNodes, Field(description=NODES)] = "${recipes.run.cm_replicas}"


class AnchorTrainer(Part):
    """Machines of the anchor."""

    num_nodes: Annotated[Count | AmNodes, Field(description=NODES)] = "${recipes.run.am_replicas}"


class GenerationTrainer(Part):
    """Machines that write completions."""

    num_nodes: Annotated[Count | GenerationNodes, Field(description=NODES)] = "${recipes.run.actor_generation_replicas}"


class ActorTrainer(Part):
    """Machines that update the policy."""

    num_nodes: Annotated[Count | TrainNodes, Field(description=NODES)] = "${recipes.run.actor_train_replicas}"


class PpoReward(Part):
    """The reward model."""

    max_length: f.MaxLength = 8192
    trainer: RewardTrainer = RewardTrainer()
    model: Batch = Batch()


class CriticModel(Part):
    """Updates of the critic."""

    global_batch_size: f.GlobalBatchSize = 32
    optim: parts.FusedAdam = parts.FusedAdam(lr=3e-6)


class PpoCritic(Part):
    """The critic, trained along."""

    max_length: f.MaxLength = 8192
    trainer: CriticTrainer = CriticTrainer()
    model: CriticModel = CriticModel()


class PpoAnchor(Part):
    """The frozen model that the policy must not leave."""

    max_length: f.MaxLength = 8192
    trainer: AnchorTrainer = AnchorTrainer()
    model: Batch = Batch()


class PpoGeneration(Part):
    """The policy as it writes completions."""

    actor_model_max_length: f.MaxLength = 8192
    trainer: GenerationTrainer = GenerationTrainer()


class ActorModel(Part):
    """The PPO objective and its optimizer."""

    global_batch_size: f.GlobalBatchSize = 160
    ent_coeff: f.EntropyCoefficient = 0
    clip_ratio: Annotated[
        float, Field(gt=0, le=10, description="How far one update may move a token's probability ratio"), f.KEEP_INT
    ] = 0.2
    lam: Annotated[
        float, Field(ge=0, le=1, description="GAE lambda: 1 for plain returns, lower for less variance"), f.KEEP_INT
    ] = 1
    kl_loss_coeff: f.KlCoefficient = 0.0
    # The official files have low_var_kl only; the others are those of the trainer that the key comes from (verl).
    kl_loss_type: Annotated[
        Literal["low_var_kl", "kl", "abs", "mse", "full"], Field(description="Estimator of the KL loss")
    ] = "low_var_kl"
    kl_reward_penalty_coeff: Annotated[
        float, Field(ge=0, description="Weight of the KL penalty taken off the reward"), f.KEEP_INT
    ] = 0.0
    hidden_dropout: f.Dropout = 0.0
    attention_dropout: f.Dropout = 0.0
    ffn_dropout: f.Dropout = 0.0
    optim: parts.FusedAdam = parts.FusedAdam(lr=3e-6, eps=1e-8)


class PpoActor(Part):
    """The policy as it is trained."""

    max_length: f.MaxLength = 8192
    max_steps: f.MaxSteps = 640
    actor_model_max_length: f.MaxLength = 8192
    reward_model_max_length: f.MaxLength = 8192
    trajectory_buffer_scale: Annotated[int, Field(ge=1, description="Batches of completions per generation round")] = 8
    trainer: ActorTrainer = ActorTrainer()
    model: ActorModel = ActorModel()


class Ppo(Recipe):
    """Nova 1.0, PPO."""

    TITLE: ClassVar[str] = "Nova 1.0 PPO"
    METHOD: ClassVar[str] = "ppo"
    PLATFORMS: ClassVar[tuple[Platform, ...]] = (Platform.HYPERPOD,)

    run: PpoRun = PpoRun()
    ppo_reward: PpoReward = PpoReward()
    ppo_critic: PpoCritic = PpoCritic()
    ppo_anchor: PpoAnchor = PpoAnchor()
    ppo_actor_generation: PpoGeneration = PpoGeneration()
    ppo_actor_train: PpoActor = PpoActor()
