"""The meaning, type and range of every key that more than one recipe has.

A key keeps one meaning wherever it occurs; its default belongs to the recipe. Ranges are those of the YAML comments
in aws/sagemaker-hyperpod-recipes at commit 2631995; what holds for one recipe only (replicas, batch sizes, ...) is in
`recipes.catalogue.limits`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, WrapValidator

from recipes.model.base import documented

NAME_PATTERN = r"^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$"  # CreateTrainingJob: TrainingJobName
# Evaluation only: AWS's page "Understanding the recipe parameters" names its job eval_job_name.
EVAL_NAME_PATTERN = r"^[a-zA-Z0-9]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?$"
# Buckets of us-east-1 from before March 2018 may have upper case, underscores and 255 characters ("General purpose
# bucket naming rules", Amazon S3); the lint bucket-name says so.
S3_PATTERN = r"^$|^s3://(<[^>]+>|[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9])(/[^\x00-\x1f]*)?$"
LAMBDA_ARN_PATTERN = (
    r"^$|^arn:aws[a-z-]*:lambda:(<region>|[a-z]{2}(-[a-z]+)+-[0-9]):(<account[-_]id>|[0-9]{12})"
    r":function:(<[a-z-]+>|[A-Za-z0-9-_]{1,64})(:(\$LATEST|[A-Za-z0-9-_]{1,128}))?$"
)
# "Evaluating your SageMaker AI-trained model" (AWS page): a tracking server or an MLflow app; MLflow itself takes URLs.
MLFLOW_PATTERN = (
    r"^$|^https?://[^\s/?#@]+(/[^\s?#]*)?$|^arn:aws[a-z-]*:sagemaker:(<region>|[a-z]{2}(-[a-z]+)+-[0-9]):(<account[-_]id>|[0-9]{12})"
    r":mlflow-(tracking-server|app)/[A-Za-z0-9-]{1,256}$"
)


def pattern(regex: str, rule: str, example: str) -> dict[str, Any]:
    """Keyword arguments of a Field: a pattern, the same in words, and an example."""
    return {"pattern": regex, "examples": [example], "json_schema_extra": {"rule": rule}}


NAME_RULE = "1 to 63 letters, digits and hyphens (no underscore, dot or space), no hyphen at either end"
EVAL_NAME_RULE = "1 to 63 letters, digits, hyphens and underscores (no dot or space), a letter or digit at either end"
NAME: Final = pattern(NAME_PATTERN, NAME_RULE, "my-rft-run")
EVAL_NAME: Final = pattern(EVAL_NAME_PATTERN, EVAL_NAME_RULE, "my-eval-run")
S3_URI: Final = pattern(S3_PATTERN, "an s3:// URI, or empty", "s3://bucket/train.jsonl")
LAMBDA_ARN: Final = pattern(
    LAMBDA_ARN_PATTERN,
    "the ARN of a Lambda function, or empty",
    "arn:aws:lambda:us-east-1:123456789012:function:grader",
)
MLFLOW: Final = pattern(
    MLFLOW_PATTERN,
    "the ARN of an MLflow tracking server or app, a URL without a password, query or fragment, or empty",
    "arn:aws:sagemaker:us-east-1:123456789012:mlflow-tracking-server/experiments",
)
# A name as Amazon S3 takes it, or the address of a folder in it: AWS's comment leaves open which of the two.
BUCKET: Final = pattern(
    r"^$|^<[^>]+>$|^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$|^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\x00-\x1f]*)?$",
    "an S3 bucket's name (3 to 63 lower-case letters, digits, hyphens and dots), an s3:// URI, or empty",
    "my-bucket",
)
# KMS, Encrypt: KeyId is a key's id or ARN, or an alias' name or ARN.
KMS_KEY: Final = pattern(
    r"^$|^<[^>]+>$|^(arn:aws[a-z-]*:kms:[a-z]{2}(-[a-z]+)+-[0-9]:[0-9]{12}:)?alias/[A-Za-z0-9/_-]{1,250}$"
    r"|^(arn:aws[a-z-]*:kms:[a-z]{2}(-[a-z]+)+-[0-9]:[0-9]{12}:key/)?"
    r"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$",
    "the id or ARN of a KMS key, the name or ARN of an alias, or empty",
    "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
)
NEWER_PAGES = "RFT with Amazon Nova models (AWS page); not in the official files of commit 2631995"
FORGE_PAGE = "Supervised Fine-Tuning and Continued Pre-Training (Nova Forge, AWS pages)"
CLI_KEY = "sagemaker-hyperpod-cli pull request 397"
LAMBDA_PLACEHOLDER = "arn:aws:lambda:<region>:<account-id>:function:<function-name>"


def _keep_int(value: object, check: Callable[[object], float]) -> float:
    checked = check(value)
    return value if isinstance(value, int) else checked


# `temperature: 1` must stay `1` in the file that is uploaded; pydantic alone would turn it into 1.0.
KEEP_INT = WrapValidator(_keep_int)


def optional(description: str, source: str = NEWER_PAGES) -> Any:
    """A field that AWS's newer pages show, or what `source` names, and the official files lack."""
    return documented(description, source)


def source() -> Any:
    """The key `run.source`, which AWS's own tools write and its validators once refused."""
    return optional("Where the recipe came from; AWS's tools write it, training does not read it", CLI_KEY)


# --- run ---------------------------------------------------------------------------------------------------------
RunName: TypeAlias = Annotated[str, Field(**NAME, description="Name of the run, shown in logs and artefacts")]
EvalName: TypeAlias = Annotated[str, Field(**EVAL_NAME, description="Name of the run, shown in logs and artefacts")]
NovaLite2: TypeAlias = Annotated[
    Literal["amazon.nova-2-lite-v1:0:256k"], Field(description="Model and its context window; fixed by the recipe")
]
# Nova 2 Micro can be evaluated only: evaluation/nova/nova_2_0/nova_micro in the history of the official files.
Nova2Evaluated: TypeAlias = Annotated[
    Literal[
        "amazon.nova-2-lite-v1:0:256k",
        "amazon.nova-2-micro-nonreasoning-v1:0:128k",
        "amazon.nova-2-micro-pt-v1:0:64k",
    ],
    Field(description="Model and its context window; fixed by the recipe"),
]
Nova1: TypeAlias = Annotated[
    Literal["amazon.nova-micro-v1:0:128k", "amazon.nova-lite-v1:0:300k", "amazon.nova-pro-v1:0:300k"],
    Field(description="Model and its context window; fixed by the recipe"),
]
ModelPath: TypeAlias = Annotated[
    str, Field(min_length=1, description="Base model, or the s3:// URI of a checkpoint to start from")
]
DataS3: TypeAlias = Annotated[
    str,
    Field(
        **S3_URI,
        description="Input JSONL; used on HyperPod, a training job reads its channel",
    ),
]
OutputS3: TypeAlias = Annotated[
    str,
    Field(
        **S3_URI,
        description="Where artefacts go; HyperPod only, a training job has its own setting",
    ),
]
Replicas: TypeAlias = Annotated[int, Field(ge=1, description="Number of instances that train")]
RewardLambdaArn: TypeAlias = Annotated[
    str,
    Field(**LAMBDA_ARN, description="ARN of the Lambda that grades completions"),
]
MlflowUri: TypeAlias = Annotated[
    str, Field(**MLFLOW, description="ARN or URL of the MLflow tracking server; empty for none")
]
MlflowExperiment: TypeAlias = Annotated[str, Field(description="MLflow experiment; not empty where MLflow is on")]
MlflowRun: TypeAlias = Annotated[str, Field(description="MLflow run; not empty where MLflow is on")]
ValidationS3: TypeAlias = Annotated[
    str,
    Field(**S3_URI, description="Validation JSONL for a validation loss; empty for none"),
]
ValidationS3List: TypeAlias = Annotated[
    Mapping[str, Annotated[str, Field(**S3_URI)]],
    Field(description="Several validation sets, as label: s3:// URI"),
]

# --- length, batch, steps ----------------------------------------------------------------------------------------
MaxLength: TypeAlias = Annotated[
    int, Field(ge=1, le=131_072, description="Context window: prompt plus completion, in tokens")
]
GlobalBatchSize: TypeAlias = Annotated[
    int, Field(ge=1, le=65_536, description="Samples per optimizer step over all replicas")
]
ReasoningEffort: TypeAlias = Annotated[
    Literal["low", "high"] | None, Field(description="How much the model reasons before it answers; null for none")
]
ReasoningEnabled: TypeAlias = Annotated[
    bool, Field(description="true where the data holds reasoningContent, false otherwise")
]
MaxSteps: TypeAlias = Annotated[int, Field(ge=1, le=100_000, description="Optimizer steps to train for")]
MaxEpochs: TypeAlias = Annotated[int, Field(ge=1, le=100, description="Passes over the training data")]
SaveTopK: TypeAlias = Annotated[int, Field(ge=1, description="How many checkpoints to keep; HyperPod only")]
ValCheckInterval: TypeAlias = Annotated[
    Annotated[int, Field(ge=1, le=100_000)] | None, Field(description="Steps between validations; null for none")
]
LimitValBatches: TypeAlias = Annotated[
    int, Field(ge=0, le=100_000, description="Validation batches per data set and validation; 0 for none")
]

# --- optimizer ---------------------------------------------------------------------------------------------------
LearningRate: TypeAlias = Annotated[float, Field(ge=0, le=1, description="Peak learning rate"), KEEP_INT]
MinLearningRate: TypeAlias = Annotated[
    float, Field(ge=0, le=1, description="Learning rate at the end of the decay; below lr"), KEEP_INT
]
WeightDecay: TypeAlias = Annotated[float, Field(ge=0, le=1, description="Decoupled weight decay"), KEEP_INT]
AdamBeta1: TypeAlias = Annotated[
    float, Field(ge=0, le=1, description="Decay of Adam's running mean of gradients"), KEEP_INT
]
AdamBeta2: TypeAlias = Annotated[
    float, Field(ge=0, le=1, description="Decay of Adam's running mean of squared gradients"), KEEP_INT
]
AdamEpsilon: TypeAlias = Annotated[
    float, Field(gt=0, le=1, description="Added to Adam's denominator for stability"), KEEP_INT
]
WarmupSteps: TypeAlias = Annotated[
    int, Field(ge=0, le=100_000, description="Steps over which the learning rate rises from 0")
]
Dropout: TypeAlias = Annotated[float, Field(ge=0, le=1, description="Dropout probability"), KEEP_INT]
EntropyCoefficient: TypeAlias = Annotated[
    float, Field(ge=0, le=0.1, description="Weight of the entropy bonus that keeps completions diverse"), KEEP_INT
]
KlCoefficient: TypeAlias = Annotated[
    float, Field(ge=0, description="Weight of the KL penalty that holds the policy near its start"), KEEP_INT
]

# --- LoRA --------------------------------------------------------------------------------------------------------
LoraScheme: TypeAlias = Annotated[Literal["lora"], Field(description="Train a LoRA adapter instead of all weights")]
LoraAlpha: TypeAlias = Annotated[int, Field(ge=1, description="Scale of the LoRA update")]
LoraPlusRatio: TypeAlias = Annotated[
    float, Field(ge=0, le=100, description="LoRA+: learning rate of B over that of A"), KEEP_INT
]

# --- sampling ----------------------------------------------------------------------------------------------------
MaxNewTokens: TypeAlias = Annotated[int, Field(ge=1, le=131_072, description="Longest completion, in tokens")]
Temperature: TypeAlias = Annotated[
    float, Field(ge=0, le=2, description="Sampling temperature; 0 always takes the likeliest token"), KEEP_INT
]
TopP: TypeAlias = Annotated[
    float, Field(ge=0, le=1, description="Sample among the likeliest tokens of this total probability"), KEEP_INT
]
