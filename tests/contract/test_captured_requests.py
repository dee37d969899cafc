"""Our requests are those that AWS's SDKs send, and those that botocore's models accept, patterns included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from estimators.config import LaunchConfig, Vpc
from estimators.planning.data import Data
from estimators.platforms.sagemaker.plan import Flavour, plan_job
from recipes import nova_lite_2_sft_lora, resolved_yaml
from tests.fakes.shapes import request_problems

CAPTURED = Path(__file__).parent / "captured"
RECIPE = (CAPTURED / "rft_recipe_uploaded.yaml").read_bytes()
SFT = resolved_yaml(nova_lite_2_sft_lora())
CONFIG = LaunchConfig(
    role_arn="arn:aws:iam::123456789012:role/SageMakerExec", bucket="my-out", output_uri="s3://my-out/nova"
)


def captured(flavour: Flavour) -> dict[str, Any]:
    request: dict[str, Any] = json.loads((CAPTURED / f"{flavour}_create_training_job.json").read_text())
    return request


def masked(request: dict[str, Any]) -> dict[str, Any]:
    """The request with the recipe's place in S3 and in the container replaced, and nothing else."""
    copy: dict[str, Any] = json.loads(json.dumps(request))
    for channel in copy["InputDataConfig"]:
        if channel["ChannelName"] == "recipe":
            channel["DataSource"]["S3DataSource"]["S3Uri"] = "s3://RECIPE"
    copy["HyperParameters"]["sagemaker_recipe_local_path"] = "RECIPE"
    return copy


@pytest.mark.parametrize("flavour", ["v2", "v3"])
def test_the_request_equals_what_the_sdk_sent(flavour: Flavour):
    # The capture passed Converse for its RFT data, as a user of the SDK may.
    data = Data("s3://my-data/train.jsonl", s3_data_type="Converse")
    expected = captured(flavour)
    plan = plan_job(RECIPE, config=CONFIG, data=data, flavour=flavour, name=expected["TrainingJobName"])
    ours = {key: value for key, value in plan.request.items() if key != "Tags"}  # the captured runs had no tags
    assert masked(ours) == masked(expected)


def test_the_recipe_is_uploaded_byte_for_byte():
    plan = plan_job(RECIPE, config=CONFIG, data=Data("s3://my-data/train.jsonl"))
    assert [upload.read() for upload in plan.uploads] == [RECIPE]


def test_v3_reads_the_recipe_where_the_sdk_puts_it():
    plan = plan_job(RECIPE, config=CONFIG, data=Data("s3://my-data/train.jsonl"), flavour="v3")
    path = captured("v3")["HyperParameters"]["sagemaker_recipe_local_path"]
    assert plan.request["HyperParameters"]["sagemaker_recipe_local_path"] == path


@pytest.mark.parametrize("recipe", [RECIPE, SFT], ids=["rft", "sft"])
@pytest.mark.parametrize("flavour", ["v2", "v3"])
@pytest.mark.parametrize("instance_type", ["ml.p5.48xlarge", "ml.p5e.48xlarge", "ml.p5en.48xlarge"])
def test_botocore_accepts_every_member_enum_and_pattern(recipe: bytes, flavour: Flavour, instance_type: str):
    config = CONFIG.model_copy(
        update={
            "instance_type": instance_type,
            "output_kms_key": "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "vpc": Vpc(subnets=("subnet-0a1b2c3d",), security_group_ids=("sg-0a1b2c3d",)),
            "tags": {"team": "risk and compliance"},
        }
    )
    data = Data("s3://my-data/train.jsonl", "s3://my-data/validation.jsonl")
    plan = plan_job(recipe, config=config, data=data, flavour=flavour, digests={"grader": "ab" * 32})
    assert request_problems("sagemaker", plan.operation, plan.request) == []


def test_the_checker_refuses_what_sagemaker_refuses():
    """Guards the test above: a checker that accepts everything would prove nothing."""
    request = captured("v3")
    request["TrainingJobName"] = "bad_name!"
    request["ResourceConfig"] |= {"InstanceType": "ml.p99.48xlarge", "Surprise": 1}
    request["RoleArn"] = "arn:aws:iam::<account>:role/x"
    del request["OutputDataConfig"]
    problems = "\n".join(request_problems("sagemaker", "CreateTrainingJob", request))
    for expected in (
        "bad_name!",
        "ml.p99.48xlarge",
        "unknown member 'Surprise'",
        "<account>",
        "missing 'OutputDataConfig'",
    ):
        assert expected in problems
