"""docs/agent-tutorial.md, followed as it stands: files are written, commands run, and each says what the page says."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rft.cli import rft
from tests.pages import blocks, page, steps_of

pytest.importorskip("boto3")
PAGE = page("docs/agent-tutorial.md")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, Result]]:
    """Each command with the output that the page shows, and what it came to."""
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("tutorial"))
        patch.setenv("NO_PROXY", "127.0.0.1")
        for block in blocks(PAGE):
            if block.name:
                Path(block.name).write_text(block.text, encoding="utf-8")
                sys.modules.pop(Path(block.name).stem, None)  # a reader's next command is another process
            elif block.kind == "console":
                for line, shown in steps_of(block):
                    found.append((line, shown, CliRunner().invoke(rft, shlex.split(line.removeprefix("rft ")))))
    sys.modules.pop("reward", None)
    return found


def test_every_command_works_but_the_audit_of_the_first_reward(done: list[tuple[str, str, Result]]) -> None:
    failed = [(line, result.output[-500:]) for line, _, result in done if result.exit_code]
    assert [line for line, _ in failed] == ["rft audit --env rooms/env.py"], failed


def test_what_is_shown_is_printed(done: list[tuple[str, str, Result]]) -> None:
    assert any(shown for _, shown, _ in done)
    assert [line for line, shown, result in done if shown and result.output != shown] == []


def test_the_first_reward_is_rejected_for_what_the_page_names_and_the_second_passes(
    done: list[tuple[str, str, Result]],
) -> None:
    first, second = (result.output for line, _, result in done if line.startswith("rft audit"))
    found = [line.split()[1] for line in first.splitlines() if line.startswith("error ")]
    assert sorted(found) == ["agent-claims", "agent-collateral", "agent-lenient", "agent-spam"]
    assert all(f"`{code}`" in PAGE for code in found)
    assert second.splitlines()[-1] == "passed"


def test_the_plan_lists_the_stages_that_the_page_names(done: list[tuple[str, str, Result]]) -> None:
    plan = next(result.output for line, _, result in done if line == "rft run rooms/project.yaml --plan")
    assert [line.split()[0] for line in plan.splitlines() if "would run" in line] == [
        *("check", "base", "eval_base", "sft", "eval_sft", "rft", "eval_rft", "report"),
    ]
