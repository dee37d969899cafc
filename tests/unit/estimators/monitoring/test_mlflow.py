"""MLflow's metrics become the same points that a CSV file or a log gives."""

from __future__ import annotations

import math
import urllib.request
from typing import Any

import boto3
import pytest

from estimators.errors import JobError, OutputError
from estimators.monitoring.metrics import Point, read_log
from estimators.monitoring.mlflow import read_mlflow
from tests.fakes.fake_mlflow import mlflow_server

ARN = "arn:aws:sagemaker:us-east-1:123456789012:mlflow-tracking-server/mine"
OLD = {"critic/rewards/mean": [(1, 0.0)]}
NEW = {"critic/rewards/mean": [(0, 0.125), (1, 0.25), (2, 0.5)], "my/own": [(1, 7.0)]}


def test_the_latest_run_of_a_name_is_read_page_by_page():
    with mlflow_server({("tools", "rft run"): [OLD, NEW]}) as server:
        points = read_mlflow(f"{server.url}/", experiment="tools", run="rft run")
    rewards = [Point(0, "reward", 0.125), Point(1, "reward", 0.25), Point(2, "reward", 0.5)]
    assert points == (Point(1, "my/own", 7.0), *rewards)


def test_mlflow_and_log_tell_the_same_table():
    with mlflow_server({("tools", "rft"): [{"actor/entropy": [(3, 0.25)]}]}) as server:
        assert read_mlflow(server.url, experiment="tools", run="rft") == read_log(["global_step:3 actor/entropy:0.25"])


def test_a_number_that_json_does_not_know_is_kept_as_what_it_is():
    with mlflow_server({("tools", "rft"): [{"actor/grad_norm": [(1, "NaN")]}]}) as server:
        [point] = read_mlflow(server.url, experiment="tools", run="rft")
    assert math.isnan(point.value)


def test_an_experiment_or_a_run_that_is_not_there_is_said_so():
    with mlflow_server({("tools", "rft"): [OLD]}) as server:
        with pytest.raises(JobError, match="404: Could not find experiment with name 'other'"):
            read_mlflow(server.url, experiment="other", run="rft")
        with pytest.raises(JobError, match="has no run 'sft'"):
            read_mlflow(server.url, experiment="tools", run="sft")


def test_a_server_that_does_not_answer_is_said_so():
    with mlflow_server({}) as server:
        url = server.url
    with pytest.raises(JobError, match="does not answer experiments/get-by-name"):
        read_mlflow(url, experiment="tools", run="rft")


@pytest.mark.parametrize("uri", ["file:///etc/passwd", "databricks", "arn:aws:s3:::my-bucket"])
def test_what_is_no_tracking_server_is_refused(uri: str):
    with pytest.raises(OutputError, match="no MLflow server"):
        read_mlflow(uri, experiment="tools", run="rft")


def test_requests_to_a_sagemaker_server_are_signed_and_name_it(monkeypatch: pytest.MonkeyPatch):
    asked: list[urllib.request.Request] = []

    def refuse(request: urllib.request.Request, **_: Any) -> None:
        asked.append(request)
        raise OSError("no network in tests")

    monkeypatch.setattr("estimators.monitoring.mlflow.open_url", refuse)
    with pytest.raises(JobError, match="no network"):
        read_mlflow(ARN, experiment="tools", run="rft", session=boto3.Session("testing", "testing"))
    [request] = asked
    assert request.full_url.startswith("https://us-east-1.experiments.sagemaker.aws/api/2.0/mlflow/experiments/")
    assert request.get_header("X-mlflow-sm-tracking-server-arn") == ARN
    signed = request.get_header("Authorization") or ""
    assert "/us-east-1/sagemaker-mlflow/aws4_request" in signed
    assert "x-mlflow-sm-tracking-server-arn" in signed
