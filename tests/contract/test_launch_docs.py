"""docs/launch.md says what the commands say: its files are written, its commands run in turn, its outputs compared."""

from __future__ import annotations

import doctest
import io
import json
import re
import shlex
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from moto import mock_aws

from estimators.errors import EstimatorError
from rft.cli import rft
from tests.pages import blocks, masked, page, steps_of
from tests.unit.rft.commands.shell import LOG_GROUP, Shell, graded, ready_for_serverless

PAGE = page("docs/launch.md")
ESCROW = "s3://customer-escrow-123456789012-smtj-abc/sft-job"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    with mock_aws():
        yield Shell(tmp_path, monkeypatch)


class Reader:
    """Somebody who does what the page says, in an account where the jobs do their part."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.launched: dict[str, str] = {}
        ready_for_serverless(shell)
        graded(shell.folder / "base.jsonl", *[0.0, 0.25, 0.5, 0.5] * 5)
        graded(shell.folder / "rft.jsonl", *[0.5, 0.75, 0.5, 0.75] * 5)

    def run(self, command: str) -> str:
        """The output of a command; JOB stands for the digest in the name of the job that is meant."""
        for stage, name in self.launched.items():
            command = command.replace(f"tools-{stage}-JOB", name)
        try:
            done = CliRunner().invoke(rft, shlex.split(command), catch_exceptions=False)
        except EstimatorError as error:  # the command line prints it so
            return f"rft: {error}\n"
        self.launched |= {stage: name for name, stage in re.findall(r"^Started (tools-(\w+)-\w+)", done.output, re.M)}
        self._work()
        return done.output

    def _work(self) -> None:
        """What the job would have done meanwhile: log its steps, and leave an archive."""
        for name in self.shell.sagemaker.jobs:
            if not any(event["logStreamName"].startswith(name) for event in self.shell.logs.groups.get(LOG_GROUP, [])):
                self.shell.logs.write(LOG_GROUP, f"{name}/algo-1", *steps_of_a_job())
            key = f"rftkit/output/{name}/output/output.tar.gz"
            self.shell.aws.client("s3").put_object(Bucket="my-bucket", Key=key, Body=archive())
        for release in self.shell.cluster.jobs:
            if f"{release}-worker-0" not in self.shell.cluster.written:
                self.shell.cluster.write(f"{release}-worker-0", *steps_of_a_job())


def steps_of_a_job() -> tuple[str, ...]:
    return tuple(f"global_step:{step} critic/rewards/mean:{0.25 * step}" for step in (1, 2))


def archive() -> bytes:
    files = {
        "manifest.json": json.dumps({"checkpoint_s3_bucket": ESCROW}),
        "step_wise_training_metrics.csv": "step_number,epoch_number,training_loss\n1,0,0.5\n2,0,0.25\n",
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def test_every_command_of_the_page_prints_what_it_shows(shell: Shell):
    reader = Reader(shell)
    for block in blocks(PAGE, "yaml", "console"):
        if block.name:
            (shell.folder / block.name).write_text(block.text, encoding="utf-8")
        for command, shown in steps_of(block):
            output = reader.run(command.removeprefix("rft "))
            wanted, got = ("\n".join(masked(text)) for text in (shown, output))
            assert doctest.OutputChecker().check_output(wanted, got, FLAGS), f"$ {command}\n{output}"


def test_the_estimator_of_the_page_starts_the_planned_job(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("sagemaker.pytorch", reason="needs SDK v2: pip install 'rftkit[sagemaker]'")
    monkeypatch.setattr("boto3.Session", lambda **_: shell.aws.session)
    code = next(block.text for block in blocks(PAGE) if block.name == "estimator.py")
    exec(compile(code, "estimator.py", "exec"), {})
    assert [name.rpartition("-")[0] for name in shell.sagemaker.jobs] == ["tools-sft"]


def test_the_page_shows_every_subcommand():
    from rft.commands import eval as eval_
    from rft.commands import model, train

    shown = {"train": train.command, "model": model.command, "eval": eval_.command}
    for noun, group in shown.items():
        for verb in group.commands:
            assert f"rft {noun} {verb} " in PAGE
