"""Evaluation of Nova models with a grader or a data set of your own.

Source: recipes_src/evaluation/nova in aws/sagemaker-hyperpod-recipes, commit 2631995.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from recipes.model import fields as f
from recipes.model.base import Part, Platform, Recipe, documented

BOTH = (Platform.SAGEMAKER, Platform.HYPERPOD)

AllMetrics: TypeAlias = Annotated[Literal["all"], Field(description="Report every metric of the task; fixed")]
TopK: TypeAlias = Annotated[
    int, Field(ge=-1, le=1_000_000, description="Sample among the k likeliest tokens; -1 among all")
]
# "Evaluating your SageMaker AI-trained model" (AWS page) names the first four; SDK v3's CustomScorerEvaluator sends
# mean, and older official files mention macro-average in a comment.
Aggregation: TypeAlias = Literal["average", "min", "max", "sum", "mean", "macro-average"]
TopLogprobs: TypeAlias = Annotated[
    int, Field(ge=0, le=20, description="Log-probabilities stored per token, at most 20; 0 for none")
]


PARAMETERS_PAGE = "Understanding the recipe parameters (AWS page on evaluation)"


# --- shared ------------------------------------------------------------------------------------------------------
class Nova1EvalRun(Part):
    """Which model is evaluated, and on what."""

    name: f.EvalName
    model_type: f.Nova1 = "amazon.nova-lite-v1:0:300k"
    model_name_or_path: f.ModelPath = "nova-lite/prod"
    replicas: f.Replicas = 1
    data_s3_path: f.DataS3 = ""
    output_s3_path: f.OutputS3 = ""
    mlflow_tracking_uri: f.MlflowUri = ""
    mlflow_experiment_name: f.MlflowExperiment = ""
    mlflow_run_name: f.MlflowRun = ""
    source: str | None = f.source()


class EvalRun(Part):
    """Which model is evaluated, and on what."""

    name: f.EvalName
    model_type: f.Nova2Evaluated = "amazon.nova-2-lite-v1:0:256k"
    model_name_or_path: f.ModelPath = "nova-lite-2/prod"
    replicas: f.Replicas = 1
    data_s3_path: f.DataS3 = ""
    output_s3_path: f.OutputS3 = ""
    mlflow_tracking_uri: f.MlflowUri = ""
    mlflow_experiment_name: f.MlflowExperiment = ""
    mlflow_run_name: f.MlflowRun = ""
    source: str | None = f.source()


class Inference(Part):
    """How completions are sampled."""

    max_new_tokens: f.MaxNewTokens = 8196
    top_k: TopK = -1
    top_p: f.TopP = 1.0
    temperature: f.Temperature = 0
    top_logprobs: TopLogprobs = 0


class ReasoningInference(Inference):
    """How Nova 2 Lite's completions are sampled."""

    max_new_tokens: f.MaxNewTokens = 32_768
    reasoning_effort: f.ReasoningEffort = None


class Mlflow(Part):
    """Names in MLflow, as AWS's page has them beside those of `run`."""

    experiment_name: str = Field(default="", description="MLflow experiment, which groups runs")
    run_name: str = Field(default="", description="MLflow run within the experiment")


class Evaluation(Recipe):
    """What every evaluation has."""

    PLATFORMS: ClassVar[tuple[Platform, ...]] = BOTH

    mlflow: Mlflow | None = documented("Names in MLflow; the official files have them in run", PARAMETERS_PAGE)


# --- rft_eval: the grader of reinforcement fine-tuning -----------------------------------------------------------
class RftEvaluation(Part):
    """What is measured."""

    task: Annotated[Literal["rft_eval"], Field(description="Score completions with the RFT grader; fixed")] = "rft_eval"
    strategy: Annotated[Literal["rft_eval"], Field(description="Fixed")] = "rft_eval"
    metric: AllMetrics = "all"


class GraderEnvironment(Part):
    """The grader."""

    reward_lambda_arn: f.RewardLambdaArn = "arn:aws:lambda:<region>:<account_id>:function:<reward-function-name>"


class Nova1RftEval(Evaluation):
    """Nova 1.0 under an RFT grader."""

    TITLE: ClassVar[str] = "Nova 1.0 evaluation with an RFT grader"
    METHOD: ClassVar[str] = "eval-rft"

    run: Nova1EvalRun = Nova1EvalRun(name="nova-lite-rft-eval-job")
    evaluation: RftEvaluation = RftEvaluation()
    inference: Inference = Inference()
    rl_env: GraderEnvironment = GraderEnvironment()


class RftEval(Evaluation):
    """Nova 2 Lite under an RFT grader."""

    TITLE: ClassVar[str] = "Nova 2 Lite evaluation with an RFT grader"
    METHOD: ClassVar[str] = "eval-rft"

    run: EvalRun = EvalRun(name="nova-lite-v2-rft-eval-job")
    evaluation: RftEvaluation = RftEvaluation()
    inference: ReasoningInference = ReasoningInference()
    rl_env: GraderEnvironment = GraderEnvironment()


# --- gen_qa: data of your own ------------------------------------------------------------------------------------
class GenQaEvaluation(Part):
    """What is measured."""

    task: Annotated[Literal["gen_qa"], Field(description="Answer the rows of your own data set; fixed")] = "gen_qa"
    strategy: Annotated[Literal["gen_qa"], Field(description="Fixed")] = "gen_qa"
    metric: AllMetrics = "all"


class Preprocessing(Part):
    """The Lambda before inference."""

    enabled: Annotated[bool, Field(description="Let the Lambda rewrite each row before inference")] = False


class Postprocessing(Part):
    """The Lambda after inference."""

    enabled: Annotated[bool, Field(description="Let the Lambda score each completion after inference")] = True


class Processor(Part):
    """A Lambda that adds metrics of its own."""

    lambda_arn: Annotated[
        str,
        Field(
            **f.LAMBDA_ARN,
            description="ARN of the Lambda that adds metrics; empty for none",
        ),
    ] = ""
    lambda_type: Annotated[
        Literal["rft", "custom_metrics"], Field(description="What the Lambda speaks: grader events, or metric events")
    ] = "rft"
    preprocessing: Preprocessing = Preprocessing()
    postprocessing: Postprocessing = Postprocessing()
    aggregation: Annotated[Aggregation, Field(description="How a metric is combined over rows")] = "average"


class PresetProcessor(Processor):
    """Nova 2 Lite also knows ready-made reward functions."""

    preset_reward_function: Annotated[
        Literal["", "prime_math", "prime_code"], Field(description="Reward function of AWS's instead of a Lambda")
    ] = ""


class Nova1ByodEval(Evaluation):
    """Nova 1.0 on your own data set."""

    TITLE: ClassVar[str] = "Nova 1.0 evaluation on your own data"
    METHOD: ClassVar[str] = "eval-byod"

    run: Nova1EvalRun = Nova1EvalRun(name="nova-lite-byod-eval-job")
    evaluation: GenQaEvaluation = GenQaEvaluation()
    inference: Inference = Inference()
    processor: Processor = Processor()


class ByodEval(Evaluation):
    """Nova 2 Lite on your own data set."""

    TITLE: ClassVar[str] = "Nova 2 Lite evaluation on your own data"
    METHOD: ClassVar[str] = "eval-byod"

    run: EvalRun = EvalRun(name="nova-lite-v2-byod-eval-job")
    evaluation: GenQaEvaluation = GenQaEvaluation()
    inference: ReasoningInference = ReasoningInference()
    processor: PresetProcessor = PresetProcessor()
