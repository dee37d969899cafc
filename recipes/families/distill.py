"""Distillation: a large teacher writes training data, in a CPU training job. Every setting is text in the YAML.

Source: recipes_src/fine-tuning/nova/nova_1_0/*/distill in aws/sagemaker-hyperpod-recipes, commit 2631995.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from recipes.model import fields as f
from recipes.model.base import Part, Platform, Recipe

WHOLE = f.pattern(r"^[0-9]{1,9}$", "a whole number written as text", "20000")
DECIMAL = f.pattern(r"^[01](\.[0-9]{1,9})?$", "a decimal number from 0 to 2 written as text", "0.7")
Teacher: TypeAlias = Literal["amazon.nova-premier-v1:0:300k", "amazon.nova-pro-v1:0:300k"]
TeacherId: TypeAlias = Literal["us.amazon.nova-premier-v1:0", "us.amazon.nova-pro-v1:0"]


class DistillRun(Part):
    """Which teacher."""

    name: f.RunName = "data-distillation-pro-teacher"
    model_type: Annotated[Teacher, Field(description="Model that teaches")] = "amazon.nova-pro-v1:0:300k"
    model_name_or_path: Annotated[Literal[""], Field(description="Empty: nothing is trained")] = ""
    source: str | None = f.source()


class DistillConfig(Part):
    """What the teacher reads and writes."""

    distillation_data: Annotated[Literal["true"], Field(description="Marks a distillation job; fixed")] = "true"
    maxNumberOfPrompts: Annotated[  # noqa: N815  # AWS's spelling
        str, Field(**WHOLE, description="Most prompts in the data set, as text")
    ] = "20000"
    maxResponseLength: Annotated[  # noqa: N815
        str, Field(**WHOLE, description="Longest completion per prompt, in tokens, as text")
    ] = "5000"
    minNumberOfPrompts: Annotated[  # noqa: N815
        str, Field(**WHOLE, description="Fewest prompts in the data set, as text")
    ] = "0"
    maxInputFileSizeInGB: Annotated[  # noqa: N815
        str, Field(**WHOLE, description="Largest input file, in GB, as text")
    ] = "2"
    maxLineLengthInKB: Annotated[  # noqa: N815
        str, Field(**WHOLE, description="Longest input line, in KB, as text")
    ] = "180"
    maxStudentModelFineTuningContextLengthInTokens: Annotated[  # noqa: N815
        str, Field(**WHOLE, description="Context window the student will be trained with, in tokens, as text")
    ] = "32000"
    teacherModelId: Annotated[TeacherId, Field(description="Inference profile of the teacher; fixed")] = (  # noqa: N815
        "us.amazon.nova-pro-v1:0"
    )
    temperature: Annotated[str, Field(**DECIMAL, description="Sampling temperature, as text")] = "0.7"
    top_p: Annotated[str, Field(**DECIMAL, description="Nucleus sampling mass, as text")] = "0.9"
    customer_bucket: Annotated[str, Field(**f.BUCKET, description="S3 bucket of input and output")] = ""
    kms_key: Annotated[str, Field(**f.KMS_KEY, description="KMS key that encrypts input and output in S3")] = ""


class Distill(Recipe):
    """Nova 1.0 Pro or Premier as a teacher."""

    TITLE: ClassVar[str] = "Nova 1.0 distillation"
    METHOD: ClassVar[str] = "distill"
    PLATFORMS: ClassVar[tuple[Platform, ...]] = (Platform.SAGEMAKER,)

    run: DistillRun = DistillRun()
    training_config: DistillConfig = DistillConfig()
