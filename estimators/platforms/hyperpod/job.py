"""A job on a HyperPod cluster, by its name: through kubectl, or through CloudWatch without kubectl.

Sources: AWS, "Amazon SageMaker HyperPod Essential Commands Guide" (commands, log group, stream prefix). Streams are by
node and not by job, so lines are found by the job's name in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Final

from estimators.aws import Session, told
from estimators.errors import JobError, MissingExtraError
from estimators.monitoring.follow import LogLine, Status, cloudwatch_lines
from estimators.platforms.hyperpod.cli import Runner, output_of
from estimators.platforms.hyperpod.plan import Cluster
from estimators.platforms.hyperpod.pods import Pod, phase_of, read_pods, release_in, state_of
from estimators.results.download import fetch_outputs

STREAMS: Final = "SagemakerHyperPodTrainingJob"
_STAMPED: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z (.*)")


@dataclass(frozen=True, slots=True)
class ClusterJob:
    """A job that `hyperpod` or `hyp` started. What has a default is the plan's to know: a cluster tells none of it."""

    platform: ClassVar[str] = "hyperpod"

    name: str
    cluster: Cluster
    session: Session
    run: Runner
    steps: int | None = None
    grader_arn: str | None = None
    output: str | None = None

    def status(self) -> Status:
        """The status from the job's pods. Raises `JobError` for a name with neither pods nor a job."""
        pods = self.pods()
        if not pods:
            raise JobError(self._nothing())
        state = state_of(pods)
        return Status(
            name=self.name,
            state=state,
            phase=phase_of(pods),
            created=min(pod.created for pod in pods),
            changed=max(pod.changed for pod in pods),
            failure=next((pod.reason for pod in pods if pod.phase == "Failed"), "") if state == "Failed" else "",
            grader_arn=self.grader_arn,
        )

    def pods(self) -> tuple[Pod, ...]:
        """The job's pods, in kubectl's order."""
        return read_pods(self._kubectl("get", "pods", "--output", "json"), self.name)

    def logs(self, since: datetime | None = None) -> Iterator[LogLine]:
        """The lines of all of the job's containers; from CloudWatch where there is no kubectl but a cluster's name."""
        try:
            pods = [pod for pod in self.pods() if pod.phase != "Pending"]
        except MissingExtraError as error:
            if self.cluster.name is None:
                raise MissingExtraError(f"{error}; or name the cluster, to read CloudWatch instead") from error
            yield from self._cloudwatch(self.cluster.name, since)
            return
        yield from sorted((line for pod in pods for line in self._pod_lines(pod, since)), key=lambda line: line.time)

    def total_steps(self) -> int | None:
        """The planned steps, None without a plan."""
        return self.steps

    def stop(self) -> bool:
        """Cancel the job with the tool that starts such jobs; False if the cluster has no such job."""
        self.connect()
        release = self.release()
        if release is None:
            return False
        cancel = ["hyp", "delete", "hyp-recipe-job"] if self.cluster.tool == "hyp" else ["hyperpod", "cancel-job"]
        self._tool(*cancel, "--job-name", release, "--namespace", self.cluster.namespace)
        return True

    def output_uri(self) -> str:
        """The S3 prefix of the job's outputs; raises `JobError` if it is not known."""
        if not self.output:
            raise JobError(f"where {self.name!r} writes is not known here: name its recipe's output_s3_path")
        return f"{self.output.rstrip('/')}/{self.name}"

    def fetch(self, out: Path) -> None:
        """Download the job's outputs to `out`."""
        fetch_outputs(self.output_uri(), out, self.session)

    def model_arn(self) -> None:
        """None: the manifest in the output names the checkpoint."""

    def connect(self) -> None:
        """Connect the tools and kubectl to the cluster, if it is named."""
        if self.cluster.name is not None:
            self._tool(*self.cluster.connecting())

    def release(self) -> str | None:
        """The job's name in the cluster, with any suffix added by the tools; None if there is no such job."""
        listing = ["hyp", "list", "hyp-recipe-job"] if self.cluster.tool == "hyp" else ["hyperpod", "list-jobs"]
        return release_in(self._tool(*listing, "--namespace", self.cluster.namespace), self.name)

    def _pod_lines(self, pod: Pod, since: datetime | None) -> Iterator[LogLine]:
        from_then = ["--since-time", since.strftime("%Y-%m-%dT%H:%M:%SZ")] if since else []
        text = self._kubectl("logs", pod.name, "--all-containers", "--timestamps", *from_then)
        for line in text.splitlines():
            stamped = _STAMPED.match(line)
            if stamped:
                whole, fraction, rest = stamped.groups()
                time = datetime.fromisoformat(f"{whole}{(fraction or '.0')[:7]}+00:00")  # Kubernetes writes nanoseconds
                yield LogLine(time, pod.name, rest)

    def _cloudwatch(self, cluster: str, since: datetime | None) -> Iterator[LogLine]:
        with told(f"no cluster {cluster!r} in {self.session.region_name}"):
            arn = self.session.client("sagemaker").describe_cluster(ClusterName=cluster)["ClusterArn"]
        group = f"/aws/sagemaker/Clusters/{cluster}/{arn.rsplit('/', 1)[-1]}"
        pattern = f'"{self.name}"'
        yield from cloudwatch_lines(group, self.session, since, logStreamNamePrefix=STREAMS, filterPattern=pattern)

    def _kubectl(self, *arguments: str) -> str:
        verb, *rest = arguments
        return self._tool("kubectl", verb, *rest, "--namespace", self.cluster.namespace)

    def _tool(self, *argv: str) -> str:
        return output_of(argv, self.run, environment=self._environment())

    def _environment(self) -> Mapping[str, str]:
        return {"AWS_REGION": self.session.region_name} if self.session.region_name else {}

    def _nothing(self) -> str:
        connect = " ".join(self.cluster.connecting())
        return (
            f"kubectl sees no pod of a job {self.name!r} in the namespace {self.cluster.namespace!r}: it may still be "
            f"queued, gone, or on another cluster than kubectl is connected to; connect with `{connect}`"
        )
