"""Checkpoints, metrics and evaluation results, in every spelling that AWS's sources show."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from estimators.errors import JobError, OutputError
from estimators.monitoring.metrics import Point, read_csv, read_log, series
from estimators.planning.data import Data
from estimators.platforms.bedrock.job import CustomizationJob
from estimators.platforms.bedrock.models import launch_customization
from estimators.platforms.hyperpod.job import ClusterJob
from estimators.platforms.hyperpod.plan import Cluster
from estimators.platforms.sagemaker.job import LOG_GROUP, TrainingJob
from estimators.platforms.sagemaker.launch import launch
from estimators.platforms.sagemaker.plan import plan_job
from estimators.results.download import download_all
from estimators.results.outputs import (
    Checkpoint,
    collect,
    eval_records,
    read_checkpoint,
    read_eval_results,
    read_eval_rows,
    read_manifest,
    read_outputs,
)
from tests.fakes.aws_model import FakeAws
from tests.fakes.fake_bedrock_models import FakeBedrock
from tests.fakes.fake_hyperpod import FakeCluster
from tests.fakes.fake_logs import FakeLogs
from tests.fakes.fake_sagemaker import FakeSageMaker
from tests.unit.estimators.platforms.bedrock.test_plan import plan as bedrock_plan
from tests.unit.estimators.platforms.sagemaker.test_plan import FILLED, recipe

ESCROW = "s3://customer-escrow-123456789012-smtj-abc/job"
RFT_CSV = """step_number,epoch_number,train_reward_mean,policy_entropy,gradient_norm
1,0,0.25,1.5,0.1
2,0,0.5,1.25,
"""


@pytest.mark.parametrize("key", ["checkpoint_s3_bucket", "checkpoint_s3_path"])
def test_both_spellings_of_the_manifest_name_the_checkpoint(tmp_path: Path, key: str):
    (tmp_path / "manifest.json").write_text(json.dumps({key: ESCROW}))
    assert read_manifest(tmp_path / "manifest.json") == Checkpoint(ESCROW, "sagemaker")


def test_a_folder_without_a_note_of_a_checkpoint_is_said_so(tmp_path: Path):
    with pytest.raises(OutputError, match=r"checkpoint\.json cannot be read: No such file"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("text", ["{}", "[]", "not json", '{"checkpoint_s3_bucket": "my-bucket"}'])
def test_a_manifest_without_a_checkpoint_is_refused(tmp_path: Path, text: str):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(OutputError, match=r"manifest\.json"):
        read_manifest(tmp_path / "manifest.json")


def test_csv_and_log_lines_give_the_same_table(tmp_path: Path):
    (tmp_path / "step_wise_training_metrics.csv").write_text(RFT_CSV)
    lines = [
        "INFO step:1 - global_step:1 - critic/rewards/mean:0.25 - actor/entropy:1.5 - actor/grad_norm:0.1",
        "INFO step:2 - global_step:2 - critic/rewards/mean:0.5 - actor/entropy:1.25",
    ]
    assert read_csv(tmp_path / "step_wise_training_metrics.csv") == read_log(lines)


def test_the_reward_curve_is_one_series(tmp_path: Path):
    (tmp_path / "m_metrics.csv").write_text(RFT_CSV)
    assert series(read_outputs(tmp_path).metrics, "reward") == (Point(1, "reward", 0.25), Point(2, "reward", 0.5))


def test_a_csv_cell_that_is_no_number_is_named_with_its_line(tmp_path: Path):
    (tmp_path / "m_metrics.csv").write_text("step_number,training_loss\n1,0.5\n2,oops\n")
    with pytest.raises(OutputError, match=r"m_metrics\.csv:3: .*oops"):
        read_outputs(tmp_path)


@given(st.lists(st.text()))
def test_no_log_text_raises(lines: list[str]):
    assert isinstance(read_log(lines), tuple)


@given(st.integers(0, 10**6), st.floats(allow_nan=False, allow_infinity=False))
def test_a_logged_value_is_read_back(step: int, value: float):
    assert read_log([f"global_step={step} reduced_train_loss={value!r}"]) == (Point(step, "loss", value),)


def test_evaluation_results_carry_their_standard_errors(tmp_path: Path):
    results = {"custom|rft_eval_rft_eval|0": {"lambda_reward_score": 0.75, "lambda_reward_score_stderr": 0.05}}
    (tmp_path / "results_2026.json").write_text(json.dumps({"results": results}))
    [metric] = read_eval_results(tmp_path)
    assert (metric.name, metric.value, metric.standard_error) == ("lambda_reward_score", 0.75, 0.05)


def test_a_mean_of_an_evaluation_goes_over_the_rows_that_were_measured(tmp_path: Path):
    numbers = {"lambda_boxes": 0.5, "lambda_boxes/measured": 0.25, "lambda_tags": 0.0, "lambda_tags/measured": 0.0}
    (tmp_path / "results_2026.json").write_text(json.dumps({"results": {"all": numbers}}))
    [boxes] = read_eval_results(tmp_path)
    assert (boxes.name, boxes.value, boxes.measured) == ("lambda_boxes", 2.0, 0.25)  # 0.5 / 0.25


@pytest.mark.parametrize("as_text", [True, False])
def test_evaluation_rows_are_found_by_the_id_of_their_sample(tmp_path: Path, as_text: bool):
    arrow = pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'rftkit[local]'")
    from pyarrow import parquet

    def cell(value: Any) -> Any:
        return json.dumps(value) if as_text else value

    rows = [
        {
            "predictions": [answer],
            "metrics": cell({"rft_eval_lambda_metric": score, "lambda_format": 1.0}),
            "specifics": cell({"sample_id": row_id, "original_line": "x"}),
        }
        for row_id, answer, score in (("b", "two", 0.5), ("a", "one", 1.0))
    ]
    parquet.write_table(arrow.Table.from_pylist(rows), tmp_path / "details_rft_eval_#_1.parquet")
    found = read_eval_rows(tmp_path)
    assert {row_id: row.metrics for row_id, row in found.items()} == {
        "a": {"score": 1.0, "format": 1.0},
        "b": {"score": 0.5, "format": 1.0},
    }
    assert found["a"].completion == "one"


def test_details_of_an_evaluation_are_graded_rollouts(tmp_path: Path):
    arrow = pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'rftkit[local]'")
    from pyarrow import parquet

    measured = {
        "rft_eval_lambda_metric": 1.0,
        "lambda_boxes": 0.0,
        "lambda_boxes/measured": 0.0,
        "lambda_ungradable": 0.0,
    }
    failed = {
        "rft_eval_lambda_metric": 0.0,
        "lambda_boxes": 0.0,
        "lambda_boxes/measured": 0.0,
        "lambda_ungradable": 1.0,
    }
    rows = [
        {
            "predictions": ["x"],
            "metrics": metrics,
            "specifics": {"sample_id": "a"},
            "full_prompt": "?",
            "gold": '{"n": 1}',
        }
        for metrics in (measured, failed)
    ]
    parquet.write_table(arrow.Table.from_pylist(rows), tmp_path / "details_rft_eval_#_1.parquet")
    first, second = eval_records(tmp_path)
    assert (first["row_id"], first["sample"], second["sample"]) == ("a", 0, 1)
    assert (first["reference_answer"], first["score"], first["metrics"]) == ({"n": 1}, 1.0, {"boxes": None})
    assert "score" not in second
    rows = read_eval_rows(tmp_path)
    assert (rows["a"].score, rows.ungradable) == (1.0, 1)


# --- collecting --------------------------------------------------------------------------------------------------
@pytest.fixture
def aws() -> Iterator[FakeAws]:
    with mock_aws():
        fake = FakeAws(FakeSageMaker(), FakeBedrock(), FakeLogs())
        fake.client("s3").create_bucket(Bucket="my-bucket")
        yield fake


def archive(**files: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def test_a_finished_job_is_collected_once(aws: FakeAws, tmp_path: Path):
    plan = plan_job(recipe(), config=FILLED, data=Data("s3://my-bucket/t.jsonl"))
    launch(plan, aws)
    content = archive(**{"manifest.json": json.dumps({"checkpoint_s3_bucket": ESCROW}), "step_metrics.csv": RFT_CSV})
    key = f"rftkit/output/{plan.name}/output/output.tar.gz"
    aws.client("s3").put_object(Bucket="my-bucket", Key=key, Body=content)
    outputs = collect(TrainingJob(plan.name, aws), tmp_path)
    aws.client("s3").delete_object(Bucket="my-bucket", Key=key)
    assert collect(TrainingJob(plan.name, aws), tmp_path) == outputs
    assert outputs.checkpoint == Checkpoint(ESCROW, "sagemaker")
    assert [point.value for point in series(outputs.metrics, "reward")] == [0.25, 0.5]


def test_a_job_that_left_nothing_yet_is_said_so(aws: FakeAws, tmp_path: Path):
    plan = plan_job(recipe(), config=FILLED, data=Data("s3://my-bucket/t.jsonl"))
    launch(plan, aws)
    with pytest.raises(JobError, match="has the job ended"):
        collect(TrainingJob(plan.name, aws), tmp_path)


def stored(aws: FakeAws, **objects: str) -> None:
    for key, text in objects.items():
        aws.client("s3").put_object(Bucket="my-bucket", Key=key, Body=text.encode())


def test_what_was_collected_is_one_table_and_a_checkpoint_with_its_platform(aws: FakeAws, tmp_path: Path):
    name = "tools-rft-0a1b2c3d4e"
    stored(aws, **{f"out/{name}-x7k2p/manifest.json": json.dumps({"checkpoint_s3_path": ESCROW})})
    stored(aws, **{f"out/{name}-x7k2p/rft_metrics.csv": RFT_CSV, f"out/{name}-2-x7k2p/manifest.json": "not ours"})
    job = ClusterJob(name, Cluster(), aws, FakeCluster(), output="s3://my-bucket/out")
    outputs = collect(job, tmp_path, more=[Point(1, "loss", 0.125)])
    assert read_checkpoint(tmp_path) == outputs.checkpoint == Checkpoint(ESCROW, "hyperpod")
    table = (tmp_path / "metrics.csv").read_text().splitlines()
    assert table[0] == "step,name,value"
    assert "1,loss,0.125" in table
    assert len(table) == 1 + len(outputs.metrics)


def test_without_a_metrics_file_the_log_is_the_source(aws: FakeAws, tmp_path: Path):
    plan = plan_job(recipe(), config=FILLED, data=Data("s3://my-bucket/t.jsonl"))
    launch(plan, aws)
    content = archive(**{"manifest.json": json.dumps({"checkpoint_s3_bucket": ESCROW})})
    key = f"rftkit/output/{plan.name}/output/output.tar.gz"
    aws.client("s3").put_object(Bucket="my-bucket", Key=key, Body=content)
    logs = aws.services["logs"]
    assert isinstance(logs, FakeLogs)
    logs.write(LOG_GROUP, f"{plan.name}/algo-1", "global_step:1 critic/rewards/mean:0.25")
    assert collect(TrainingJob(plan.name, aws), tmp_path).metrics == (Point(1, "reward", 0.25),)


def test_a_bedrock_job_leaves_a_model_and_its_metrics(aws: FakeAws, tmp_path: Path):
    planned = bedrock_plan("rft")
    launch_customization(planned, aws)
    job = CustomizationJob(planned.name, aws)
    while not job.status().ended:
        pass
    prefix = job.output_uri().removeprefix("s3://my-bucket/")
    stored(aws, **{f"{prefix}training_artifacts/step_wise_training_metrics.csv": RFT_CSV})
    outputs = collect(job, tmp_path)
    assert outputs.checkpoint is not None
    assert (outputs.checkpoint.uri, outputs.checkpoint.platform) == (job.model_arn(), "bedrock")
    assert [point.value for point in series(outputs.metrics, "reward")] == [0.25, 0.5]


@pytest.mark.parametrize("key", ["out/../../etc/passwd", "out/a\\b"])
def test_a_key_that_would_leave_the_folder_is_refused(aws: FakeAws, tmp_path: Path, key: str):
    stored(aws, **{key: "x"})
    with pytest.raises(OutputError, match="outside its folder"):
        download_all("s3://my-bucket/out/", tmp_path, aws)


def test_more_than_the_cap_is_refused_before_anything_is_fetched(aws: FakeAws, tmp_path: Path):
    stored(aws, **{"out/a": "12345", "out/b": "12345"})
    with pytest.raises(OutputError, match="more than 9 bytes"):
        download_all("s3://my-bucket/out/", tmp_path, aws, max_bytes=9)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["{}", '{"uri": "s3://b3b/x", "platform": 3}', '{"platform": "sagemaker"}'])
def test_a_note_that_is_no_checkpoint_is_refused(tmp_path: Path, text: str):
    (tmp_path / "checkpoint.json").write_text(text)
    with pytest.raises(OutputError, match="not what `rft train collect` notes"):
        read_checkpoint(tmp_path)
