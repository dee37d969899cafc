"""docs/deploy.md says what the commands say: its files are written, its commands run in turn, its outputs compared."""

import doctest
import math
import re
import runpy
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rft.cli import rft
from tests.unit.lambda_package.deploy.account import account, push

PAGE = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text(encoding="utf-8")
# Digests, sizes and times differ between machines; what a number counts or measures does not.
VARYING = re.compile(r"\b[0-9a-f]{64}\b|(?<![\w:-])\d+(\.\d+)?(e-\d+)?(?= (KB|MB|ms|s|files)\b)")


def blocks(kind: str) -> list[tuple[str, str]]:
    """(file name, text) of the fenced blocks of a kind."""
    return re.findall(rf"^```{kind}[ ]?(\S*)\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def masked(text: str) -> str:
    return VARYING.sub("#", text).replace("# ms", "# s")


def docker_of(ecr: Any) -> Callable[..., None]:
    """What `docker login` and `docker buildx build --push` do to ECR."""

    def run(command: list[str], text: str | None = None) -> None:
        if "buildx" in command:
            repository, _, tag = command[command.index("-t") + 1].partition("/")[2].rpartition(":")
            push(ecr, repository, tag)

    return run


def test_every_command_of_the_page_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, text in [*blocks("python"), *blocks("json")]:
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    checker = doctest.OutputChecker()
    with account() as aws:
        monkeypatch.setattr("rft.commands.package._session", lambda region, profile: aws.aws)
        monkeypatch.setattr("lambda_package.verify._SLOW_START_S", math.inf)  # a busy machine is no fault of the page
        monkeypatch.setattr("lambda_package.deploy.image.shutil.which", lambda name: name)
        monkeypatch.setattr("lambda_package.deploy.image._run", docker_of(aws.aws.client("ecr")))
        for _, block in blocks("console"):
            if block.startswith("$ python "):
                runpy.run_path(block.removeprefix("$ python ").strip())
                continue
            command, _, shown = block.removeprefix("$ rft ").partition("\n")
            output = CliRunner().invoke(rft, shlex.split(command), catch_exceptions=False).output
            assert checker.check_output(masked(shown), masked(output), doctest.ELLIPSIS), output


def test_the_page_shows_every_subcommand():
    from rft.commands.package import command

    for name in command.commands:
        assert f"$ rft package {name} " in PAGE
