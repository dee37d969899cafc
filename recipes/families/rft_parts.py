"""Blocks that RFT recipes share on training jobs and HyperPod.

Keys marked optional are in the samples of AWS's newer pages ("RFT with Amazon Nova models", "RFT on Nova 2.0 on
SageMaker Training Jobs", "... on SageMaker HyperPod") and not in the official files of commit 2631995.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from recipes.model import fields as f
from recipes.model.base import Part

Interpolation: TypeAlias = Literal["${oc.select:training_config.trainer.max_steps}"]
SaveSteps: TypeAlias = Annotated[
    Annotated[int, Field(ge=0)] | Interpolation, Field(description="Steps between checkpoints; at most max_steps")
]
SameGrader: TypeAlias = Literal["${oc.select:run.reward_lambda_arn}"]
GraderArn: TypeAlias = Annotated[
    Annotated[str, Field(**f.LAMBDA_ARN)] | SameGrader,
    Field(description="The same ARN as run.reward_lambda_arn"),
]
Concurrency: TypeAlias = Annotated[int, Field(ge=1, le=100_000, description="Grader invocations in flight at once")]
AnswersPerPrompt: TypeAlias = Annotated[
    int, Field(ge=1, le=1024, description="Completions per prompt; advantages come from their spread")
]
SamplingTopK: TypeAlias = Annotated[
    int, Field(ge=0, le=1_000_000, description="Sample among the k likeliest tokens; 0 among all")
]
SeedSampling: TypeAlias = Annotated[bool, Field(description="Seed sampling, so that a run can be repeated")]
GenerationReplicas: TypeAlias = Annotated[int, Field(ge=1, description="Machines that write completions")]
RefitFrequency: TypeAlias = Annotated[
    int, Field(ge=1, le=4, description="Batches of completions per optimizer step, see the page on reward functions")
]
ClipRatioHigh: TypeAlias = Annotated[
    float, Field(ge=0.1, le=10, description="How far up one update may move a token's probability ratio"), f.KEEP_INT
]
LossScale: TypeAlias = Annotated[float, Field(gt=0, description="Factor on the policy loss"), f.KEEP_INT]
Preset: TypeAlias = Literal["prime_math", "prime_code"]
Count: TypeAlias = Annotated[int, Field(ge=1)]


class DataOrder(Part):
    """In which order prompts come."""

    shuffle: Annotated[bool, Field(description="Shuffle the prompts")] = False


class RolloutStrategy(Part):
    """Whether generation runs ahead of training."""

    type: Annotated[
        Literal["off_policy_async"], Field(description="Completions are written while earlier ones are trained on")
    ] = "off_policy_async"
    age_tolerance: Annotated[
        int, Field(ge=1, le=20, description="Policy versions a completion may lag behind before it is dropped")
    ] = 2


class AdaptiveCurriculum(Part):
    """Choice of prompts by how much there is to learn from them."""

    enable: Annotated[bool, Field(description="Choose prompts by predicted difficulty")] = False
    selection_pool_multiplier: Annotated[
        int, Field(ge=1, le=32, description="Prompts considered, as a multiple of those trained on")
    ] = 8
    prediction_mode: Annotated[Literal["pass_rate", "spread"], Field(description="What is predicted of a prompt")] = (
        "pass_rate"
    )
    exemplar_history_steps: Annotated[int, Field(ge=1, description="Past steps shown to the predictor")] = 1
    reinforce_coef: Annotated[
        float, Field(ge=0, description="Weight of the predictor's own policy gradient"), f.KEEP_INT
    ] = 0.01
    predictor_prompt_column: Annotated[
        str, Field(min_length=1, description="Column of the data that the predictor reads")
    ] = "predictor_prompt"
    selection_lookahead_steps: Annotated[
        int, Field(ge=1, le=16, description="Steps for which prompts are chosen in advance")
    ] = 4


class Advantage(Part):
    """How completions to one prompt are compared."""

    number_generation: AnswersPerPrompt


class Generator(Part):
    """How completions are sampled."""

    max_new_tokens: f.MaxNewTokens
    set_random_seed: SeedSampling = True
    temperature: f.Temperature = 1
    top_k: SamplingTopK
