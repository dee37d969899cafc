"""A job on a cluster is found again by its name, through kubectl or CloudWatch, and told from its neighbours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from estimators.errors import JobError, MissingExtraError
from estimators.job_names import belongs_to
from estimators.monitoring.follow import LogLine, Status, follow
from estimators.platforms.hyperpod.job import ClusterJob
from estimators.platforms.hyperpod.plan import Cluster
from tests.fakes.aws_model import FakeAws, moment
from tests.fakes.fake_hyperpod import FakeCluster
from tests.fakes.fake_logs import FakeLogs
from tests.fakes.fake_sagemaker import FakeSageMaker

NAME, RELEASE = "tools-rft-0a1b2c3d4e", "tools-rft-0a1b2c3d4e-x7k2p"
GROUP = "/aws/sagemaker/Clusters/my-cluster/abcdefghijkl"
LINES = ("global_step:1 critic/rewards/mean:0.25", "global_step:2 critic/rewards/mean:0.5")


def job(cluster: FakeCluster, aws: FakeAws | None = None, name: str = NAME) -> ClusterJob:
    return ClusterJob(name, Cluster(name="my-cluster"), aws or FakeAws(), cluster)


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(jobs={RELEASE: {}})


def test_a_job_is_followed_to_its_end(cluster: FakeCluster):
    cluster.write(f"{RELEASE}-worker-0", *LINES)
    seen: list[Status] = []
    told: list[LogLine] = []
    last = follow(job(cluster), sleep=lambda s: None, on_status=seen.append, on_line=told.append)
    assert [now.phase for now in seen] == ["2 Pending: ContainerCreating", "2 Running", "2 Succeeded"]
    assert (last.state, last.created, last.changed) == ("Completed", moment(0), moment(180))
    assert [(line.time, line.text) for line in told] == [(moment(0), LINES[0]), (moment(60), LINES[1])]


def test_lines_of_several_pods_come_in_order_of_time(cluster: FakeCluster):
    cluster.looks[RELEASE] = 1
    cluster.write(f"{RELEASE}-worker-0", "a", "c")
    cluster.write(f"{RELEASE}-worker-1", "b", "d")
    assert [line.text for line in job(cluster).logs()] == ["a", "b", "c", "d"]
    assert [line.text for line in job(cluster).logs(moment(60))] == ["c", "d"]


def test_a_failed_pod_fails_the_job_with_its_reason(cluster: FakeCluster):
    cluster.failed[RELEASE] = "CUDA out of memory"
    now = job(cluster).status()
    assert (now.state, now.failure, now.ended) == ("Failed", "CUDA out of memory", True)


def test_a_job_without_a_pod_is_said_so_with_how_to_connect():
    with pytest.raises(JobError, match=r"no pod of a job .*hyperpod connect-cluster --cluster-name my-cluster"):
        job(FakeCluster()).status()


def test_a_further_attempt_is_another_job():
    pods = [f"{NAME}-worker-0", f"{RELEASE}-worker-0", f"{NAME}-2-x7k2p-worker-0"]
    assert [belongs_to(pod, NAME) for pod in pods] == [True, True, False]
    assert belongs_to(pods[2], f"{NAME}-2")


def test_what_the_plan_knew_is_part_of_the_status(cluster: FakeCluster):
    grader = "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-tools"
    told = replace(job(cluster), steps=50, grader_arn=grader)
    assert (told.total_steps(), told.status().grader_arn) == (50, grader)


# --- without kubectl ---------------------------------------------------------------------------------------------
def test_without_kubectl_the_log_is_read_from_cloudwatch(cluster: FakeCluster):
    cluster.missing.add("kubectl")
    logs = FakeLogs()
    logs.write(GROUP, "SagemakerHyperPodTrainingJob/rig-group/i-0", f"{NAME} one", "of another job")
    logs.write(GROUP, "LifecycleConfig/rig-group/i-0", f"{NAME} is not ours to read")
    aws = FakeAws(logs, FakeSageMaker(clusters={"my-cluster": "abcdefghijkl"}))
    assert [line.text for line in job(cluster, aws).logs()] == [f"{NAME} one"]


def test_a_cluster_that_is_not_there_is_said_so(cluster: FakeCluster):
    cluster.missing.add("kubectl")
    with pytest.raises(JobError, match="no cluster 'my-cluster' in us-east-1"):
        list(job(cluster, FakeAws(FakeLogs(), FakeSageMaker())).logs())


def test_without_kubectl_and_without_a_cluster_the_advice_names_both(cluster: FakeCluster):
    cluster.missing.add("kubectl")
    nameless = replace(job(cluster), cluster=Cluster())
    with pytest.raises(MissingExtraError, match=r"'kubectl' is not installed.*or name the cluster"):
        list(nameless.logs())


# --- stopping ----------------------------------------------------------------------------------------------------
def test_stopping_cancels_this_job_only_and_may_be_repeated(cluster: FakeCluster):
    other = f"{NAME}-2-x7k2p"
    cluster.jobs[other] = {}
    job(cluster).stop()
    job(cluster).stop()
    assert list(cluster.jobs) == [other]


def test_where_it_writes_must_be_known_to_collect(cluster: FakeCluster):
    with pytest.raises(JobError, match="output_s3_path"):
        job(cluster).output_uri()
    known = replace(job(cluster), output="s3://my-bucket/out/")
    assert known.output_uri() == f"s3://my-bucket/out/{NAME}"
