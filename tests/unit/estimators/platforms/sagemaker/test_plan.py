"""What a plan promises: one source for every fact, the same plan for the same inputs, placeholders that show."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from estimators.config import LaunchConfig, placeholders_in
from estimators.describe import difference
from estimators.errors import PlanError
from estimators.findings import NEVER_FORCED, blocking
from estimators.job_names import job_name
from estimators.plan import JobPlan, plan_from_json
from estimators.planning.data import Data
from estimators.platforms.sagemaker.plan import plan_job
from recipes import (
    nova_lite_2_eval_byod,
    nova_lite_2_eval_rft,
    nova_lite_2_eval_text,
    nova_lite_2_rft_lora,
    nova_lite_2_sft_lora,
    to_mapping,
)
from tests.unit.estimators.rows import rft_rows

GRADER = "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-tools"
HYPERPOD_ONLY = ("data_s3_path", "output_s3_path")
FILLED = LaunchConfig(role_arn="arn:aws:iam::123456789012:role/Exec", bucket="my-bucket", grader_arn=GRADER)


def recipe(method: str = "rft", *, grader: str = GRADER, **run: Any) -> bytes:
    """A resolved recipe of this project's presets, with other values under `run` where given."""
    preset = nova_lite_2_sft_lora() if method == "sft" else nova_lite_2_rft_lora(reward_lambda_arn=GRADER)
    document = to_mapping(preset)
    data = {"data_s3_path": "s3://my-bucket/t.jsonl"} if method == "rft" else dict.fromkeys(HYPERPOD_ONLY, "")
    document["run"] |= {"name": "my-run"} | data | run
    return yaml.safe_dump(document, sort_keys=False).replace(GRADER, grader).encode()


def plan(
    text: bytes, config: LaunchConfig = FILLED, train: Path | str = "s3://my-bucket/t.jsonl", **more: Any
) -> JobPlan:
    return plan_job(text, config=config, data=Data(train), **more)


def codes(planned: JobPlan) -> list[str]:
    """The codes of the errors; recipes may warn of more."""
    return [finding.code for finding in blocking(planned.findings)]


@given(st.integers(1, 64))
def test_the_instance_count_is_the_recipe_s_replicas(replicas: int):
    planned = plan(recipe(replicas=replicas))
    assert planned.request["ResourceConfig"]["InstanceCount"] == replicas
    assert yaml.safe_load(planned.recipe)["run"]["replicas"] == replicas
    assert planned.cost is not None
    assert planned.cost.instance_hours == replicas * 120  # the default hard stop is five days


@pytest.mark.parametrize("replicas", [0, -1, 2.5, "4", None, True])
def test_replicas_that_are_no_count_are_refused(replicas: object):
    with pytest.raises(PlanError, match=r"run\.replicas"):
        plan(recipe(replicas=replicas))


@pytest.mark.parametrize(("method", "data_type"), [("sft", "Converse"), ("rft", "S3Prefix")])
def test_the_data_type_follows_the_method(method: str, data_type: str):
    train, *_ = plan(recipe(method)).request["InputDataConfig"]
    assert train["ChannelName"] == "train"
    assert train["DataSource"]["S3DataSource"]["S3DataType"] == data_type


def test_a_job_names_its_training_plan_only_where_there_is_one():
    arn = "arn:aws:sagemaker:us-east-1:123456789012:training-plan/ours"
    with_plan = plan(recipe(), FILLED.model_copy(update={"training_plan_arn": arn}))
    assert with_plan.request["ResourceConfig"]["TrainingPlanArn"] == arn
    assert "TrainingPlanArn" not in plan(recipe()).request["ResourceConfig"]


def test_a_checkpoint_is_a_location_and_a_model_is_a_name():
    checkpoint = "s3://customer-escrow-123456789012-smtj-abc/sft-job"
    continued = plan(recipe(model_name_or_path=checkpoint)).request["HyperParameters"]
    assert continued["base_model_location"] == checkpoint
    assert "base_model" not in continued
    assert plan(recipe()).request["HyperParameters"]["base_model"] == "nova-lite-2/prod"


@pytest.mark.parametrize("method", ["sft", "rft"])
def test_nothing_blocks_a_complete_plan(method: str):
    assert codes(plan(recipe(method))) == []


def test_a_project_without_an_account_shows_placeholders_and_may_not_be_launched():
    planned = plan(nova_lite_2_rft_lora(), LaunchConfig(), train=Path("not-made-yet.jsonl"))
    shown = set(placeholders_in(planned.to_json()))
    missing = {"<account-id>", "<bucket>", "<execution-role>", "<function-name>", "<sha256 of not-made-yet.jsonl>"}
    assert missing <= shown
    assert set(codes(planned)) == {"placeholder"}
    assert blocking(planned.findings, force=NEVER_FORCED) == blocking(planned.findings)


def test_the_placeholders_of_a_typed_recipe_are_filled():
    planned = plan(nova_lite_2_rft_lora())
    document = yaml.safe_load(planned.recipe)
    assert document["run"]["data_s3_path"] == "s3://my-bucket/t.jsonl"
    assert document["run"]["reward_lambda_arn"] == GRADER
    assert document["training_config"]["rollout"]["rewards"]["api_endpoint"]["lambda_arn"] == GRADER
    assert codes(planned) == []


def test_a_recipe_for_both_platforms_names_no_data_on_a_training_job():
    document = yaml.safe_load(plan(nova_lite_2_sft_lora()).recipe)
    assert [document["run"][key] for key in HYPERPOD_ONLY] == ["", ""]


def test_a_grader_that_a_typed_recipe_names_is_kept():
    other = GRADER.replace("tools", "other")
    planned = plan(nova_lite_2_rft_lora(reward_lambda_arn=other))
    assert planned.request["HyperParameters"]["reward_lambda_arn"] == other
    assert codes(planned) == ["grader-mismatch"]


def test_what_is_wrong_with_the_recipe_itself_is_found_too():
    text = recipe().replace(b"max_steps: 5", b"max_steps: five")
    assert "recipe-wrong-value" in codes(plan(text))


@pytest.mark.parametrize(
    ("grader", "code"),
    [
        (f"{GRADER}:live", "grader-qualified"),
        (GRADER.replace("us-east-1", "us-west-2"), "grader-region"),
        ("SageMaker-tools", "grader-arn"),
    ],
)
def test_a_grader_that_sagemaker_would_refuse_is_found(grader: str, code: str):
    planned = plan(recipe(grader=grader), FILLED.model_copy(update={"grader_arn": None}))
    assert code in codes(planned)


def test_a_grader_in_only_one_place_is_found():
    assert codes(plan(recipe(reward_lambda_arn=""))) == ["recipe-grader-places"]


def test_an_instance_or_a_region_without_an_image_is_found():
    elsewhere = FILLED.model_copy(update={"region": "eu-west-1", "instance_type": "ml.g5.48xlarge", "grader_arn": None})
    assert {"region", "recipe-instance-type", "grader-region"} <= set(codes(plan(recipe(), elsewhere)))


def test_the_key_of_a_file_is_its_digest_and_not_its_name(tmp_path: Path):
    first, second, third = (tmp_path / name for name in ("a.jsonl", "b.jsonl", "c.jsonl"))
    first.write_bytes(b"{}\n")
    second.write_bytes(b"{}\n")
    third.write_bytes(b"{ }\n")
    uris = [plan(recipe(), train=path).uploads[0].uri for path in (first, second, third)]
    assert uris[0] == uris[1] != uris[2]


def test_a_file_of_your_own_for_evaluation_gets_the_name_the_container_looks_for(tmp_path: Path):
    data = tmp_path / "rows.jsonl"
    data.write_bytes(b"{}\n")
    assert plan(nova_lite_2_eval_byod(), train=data).uploads[0].uri.endswith("/gen_qa.jsonl")
    assert plan(nova_lite_2_eval_rft(), train=data).uploads[0].uri.endswith("/train.jsonl")


def test_data_that_would_fail_the_job_is_found(tmp_path: Path):
    good, few = rft_rows(tmp_path / "good.jsonl"), rft_rows(tmp_path / "few.jsonl", 99)
    hidden = rft_rows(tmp_path / "hidden.jsonl", reference_answer=None)
    assert codes(plan(recipe(), train=good)) == []
    assert codes(plan(recipe(), train=few)) == ["data-rows-too-few"]
    assert codes(plan(recipe(), train=hidden)) != []


def test_a_benchmark_reads_no_data_of_yours():
    planned = plan_job(nova_lite_2_eval_text(), config=FILLED, data=None)
    assert [channel["ChannelName"] for channel in planned.request["InputDataConfig"]] == ["recipe"]


def test_equal_inputs_are_the_same_job_and_another_attempt_is_not():
    assert plan(recipe()) == plan(recipe())
    assert plan(recipe()).name != plan(recipe(), attempt=2).name
    assert plan(recipe()).name != plan(recipe(name="other")).name
    assert plan(recipe(), digests={"grader": "aa"}).name != plan(recipe(), digests={"grader": "bb"}).name


@given(st.text(), st.integers(1, 99))
def test_every_job_name_is_one_that_sagemaker_takes(base: str, attempt: int):
    name = job_name(base, {"base": base}, attempt)
    assert len(name) <= 63
    assert name.replace("-", "").isascii()
    assert name.replace("-", "").isalnum()
    assert name[0] != "-" != name[-1]


def test_the_tags_carry_the_digests_of_the_inputs(tmp_path: Path):
    data = tmp_path / "train.jsonl"
    data.write_bytes(b"{}\n")
    planned = plan(recipe(), train=data, digests={"grader": "ab" * 32})
    assert planned.tags["rftkit:grader"] == "ab" * 32
    assert planned.tags["rftkit:train"] == planned.uploads[0].sha256
    assert {tag["Key"]: tag["Value"] for tag in planned.request["Tags"]} == planned.tags


def test_a_plan_survives_json(tmp_path: Path):
    data = tmp_path / "train.jsonl"
    data.write_bytes(b"{}\n")
    planned = plan(recipe(), train=data)
    assert plan_from_json(planned.to_json()) == planned
    assert list(difference(planned, plan_from_json(planned.to_json()))) == []


def test_the_difference_of_two_plans_names_what_changed():
    changed = "\n".join(difference(plan(recipe(), name="job"), plan(recipe(replicas=8), name="job")))
    assert '-    "InstanceCount": 4,' in changed
    assert '+    "InstanceCount": 8,' in changed


def test_planning_imports_no_aws_library():
    code = "import estimators.platforms.sagemaker.plan, json, sys; print(json.dumps(sorted(sys.modules)))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert {"boto3", "botocore", "sagemaker", "torch"}.isdisjoint(json.loads(output))


def test_media_in_another_bucket_than_the_data_are_found(tmp_path: Path):
    rows = ([{"image": {"source": {"s3Location": {"uri": f"s3://{bucket}/a.png"}}}}] for bucket in ("my-bucket", "b2b"))
    path = tmp_path / "train.jsonl"
    path.write_text("".join(f"{json.dumps({'messages': [{'content': content}]})}\n" for content in rows))
    planned = plan_job(recipe("sft"), config=FILLED, data=Data(path))
    [finding] = [finding for finding in planned.findings if finding.code == "media-bucket"]
    assert finding.message.endswith("media must lie in the bucket of the data, 'my-bucket': 1 in 'b2b'")
