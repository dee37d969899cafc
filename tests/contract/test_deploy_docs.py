"""docs/deploy.md says what the commands say: its files are written, its commands run in turn, its outputs compared."""

import doctest
import math
import runpy
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rft.cli import rft
from tests.pages import masked, page, steps, write_files
from tests.unit.lambda_package.deploy.account import account, push

PAGE = page("docs/deploy.md")


def text_of(output: str) -> str:
    return "".join(f"{line}\n" for line in masked(output))


def docker_of(ecr: Any) -> Callable[..., None]:
    """What `docker login` and `docker buildx build --push` do to ECR."""

    def run(command: list[str], text: str | None = None) -> None:
        if "buildx" in command:
            repository, _, tag = command[command.index("-t") + 1].partition("/")[2].rpartition(":")
            push(ecr, repository, tag)

    return run


def test_every_command_of_the_page_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_files(PAGE, tmp_path)
    monkeypatch.chdir(tmp_path)
    checker = doctest.OutputChecker()
    with account() as aws:
        for verbs in ("deploying", "proving"):
            monkeypatch.setattr(f"rft.commands.package.{verbs}.session_of", lambda region, profile: aws.aws)
        monkeypatch.setattr("lambda_package.verify._SLOW_START_S", math.inf)  # a busy machine is no fault of the page
        monkeypatch.setattr("lambda_package.deploy.image.shutil.which", lambda name: name)
        monkeypatch.setattr("lambda_package.deploy.image._run", docker_of(aws.aws.client("ecr")))
        for command, shown in steps(PAGE):
            program, *words = shlex.split(command)
            if program == "python":
                runpy.run_path(words[0])
                continue
            output = CliRunner().invoke(rft, words, catch_exceptions=False).output
            assert checker.check_output(text_of(shown), text_of(output), doctest.ELLIPSIS), output


def test_the_page_shows_every_subcommand():
    from rft.commands.package import command

    for name in command.commands:
        assert f"$ rft package {name} " in PAGE
