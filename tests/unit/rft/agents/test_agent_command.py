"""`rft init --template agent`, `rft agent serve`, `rft run --on agent --plan`: an agent from the first command on."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rewards.rollouts import read_records
from rft.cli import rft

pytest.importorskip("boto3")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = CliRunner().invoke(rft, ["init", "desk", "--template", "agent"])
    assert made.exit_code == 0, made.output
    return lambda *args: CliRunner().invoke(rft, list(args))


def records(path: str) -> list[dict[str, Any]]:
    return [record for _, record in read_records(Path(path))]


def test_the_gold_turns_earn_1_through_the_agents_file(run: Callable[..., Result]) -> None:
    done = run("agent", "serve", "desk/project.yaml", "--tasks", "3", "-o", "r.jsonl")
    assert (done.exit_code, done.output.splitlines()[0]) == (0, "3 rollouts of 3 tasks: mean 1.000, 3 with 1")
    found = records("r.jsonl")
    assert all(abs(sum(record["turn_rewards"]) - 1) < 1e-9 for record in found)
    assert {turn["role"] for turn in found[0]["messages"]} >= {"user", "assistant", "tool"}


def test_groups_of_another_model_differ_and_repeat(run: Callable[..., Result]) -> None:
    args = ("agent", "serve", "desk/project.yaml", "--model", "random", "--tasks", "4", "--group-size", "4")
    assert [run(*args, "-o", name).exit_code for name in ("a.jsonl", "b.jsonl")] == [0, 0]
    assert records("a.jsonl") == records("b.jsonl")
    assert len({record["score"] for record in records("a.jsonl")}) > 2
    assert run("rollouts", "a.jsonl").exit_code == 0


CRASH = "\n\ndef crash(event, context=None):\n    raise OSError('no disk')\n"
SILENT = "\n\ndef silent(event, context=None):\n    return {}\n"
SLOW = "\n\ndef slow(event, context=None):\n    import threading\n    threading.Event().wait(1)\n"


@pytest.mark.parametrize(
    ("more", "entry", "options", "reason"),
    [
        (CRASH, "crash", (), "OSError: no disk"),
        (SILENT, "silent", (), "the agent said so, or gave no reward"),
        (SLOW, "slow", ("--timeout-s", "0.05"), "not done after 0.05 s"),
        ("", "handler", ("--token-s", "0"), "The security token included in the request is expired"),
        ("", "handler", ("--throttle-every", "1"), "ThrottlingException"),
    ],
)
def test_whatever_breaks_is_a_failed_rollout_with_reward_0(
    run: Callable[..., Result], more: str, entry: str, options: tuple[str, ...], reason: str
) -> None:
    agent, project = Path("desk/agent.py"), Path("desk/project.yaml")
    agent.write_text(agent.read_text("utf-8") + more)
    project.write_text(project.read_text("utf-8").replace("agent.py:handler", f"agent.py:{entry}"))
    done = run("agent", "serve", str(project), "--tasks", "2", "-o", "r.jsonl", *options)
    assert done.exit_code == 1
    found = records("r.jsonl")
    assert [(record["score"], record["turn_rewards"], record["metrics"]["failed"]) for record in found] == [
        (0.0, [0.0], 1.0)
    ] * 2
    assert reason in str(found[0]["reason"])


def test_an_agent_that_hangs_keeps_nobody_waiting() -> None:
    from rft.agents.job_runtime import JobRuntime
    from rft.agents.serving import asked_of, run_rollouts

    never = threading.Event()

    def hangs_at_first(event: Any, context: Any) -> None:
        if event["instance"]["prompt"] == "a":
            never.wait()

    runtime = JobRuntime(lambda *_: {"role": "assistant", "content": ""})
    found = list(run_rollouts(hangs_at_first, runtime, asked_of(["a", "b"], 1), concurrency=1, timeout_s=0.05))
    assert found[0]["reason"] == "the rollout failed: not done after 0.05 s"
    assert [record["row_id"] for record in found] == ["a", "b"]
    assert not never.is_set()  # it hangs still


def test_the_plan_shows_the_exact_requests_and_the_digest_of_the_agent_that_ran_here(
    run: Callable[..., Result],
) -> None:
    before = Path("desk/agent.py").read_bytes()
    assert run("agent", "serve", "desk/project.yaml", "--tasks", "1").exit_code == 0
    done = run("run", "desk/project.yaml", "--on", "agent", "--plan")
    assert done.exit_code == 0, done.output
    assert Path("desk/agent.py").read_bytes() == before
    assert f"Tag      rftkit:agent = {hashlib.sha256(before).hexdigest()}" in done.output
    for said in ('"AgentRFT"', '"AgentRFTEvaluation"', "ManagedStorageType", "one training job and one evaluation job"):
        assert said in done.output


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("run", "desk/project.yaml", "--on", "agent"), "<execution-role> is not known yet"),
        (("run", "desk/project.yaml", "--on", "sagemaker"), "an agent's project runs with --on local or --on agent"),
        (("train", "plan", "desk/project.yaml"), "runs with --on agent, not with --on sagemaker"),
        (("train", "plan", "desk/project.yaml", "--on", "agent", "--sdk", "pytorch"), "--sdk is not for an agent"),
        (("data", "plan", "desk/project.yaml"), "`env` makes it an agent's project"),
        (("agent", "serve", "desk/project.yaml", "--model", "gpt"), "--model is gold, random or an address"),
        (("agent", "serve", "desk/project.yaml", "--split", "dev"), "no tasks in the split 'dev'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(run: Callable[..., Result], args: tuple[str, ...], message: str) -> None:
    done = run(*args)
    assert done.exit_code != 0
    assert message in done.output + str(done.exception)


def test_each_project_has_its_own_world(run: Callable[..., Result]) -> None:
    assert run("agent", "serve", "desk/project.yaml", "--tasks", "1").exit_code == 0
    assert run("init", "other", "--template", "agent").exit_code == 0
    world = Path("other/env.py")
    world.write_text(world.read_text("utf-8").replace("desk-{index:03}", "other-{index:03}"))
    assert run("agent", "serve", "other/project.yaml", "--tasks", "1", "-o", "r.jsonl").exit_code == 0
    assert records("r.jsonl")[0]["row_id"].startswith("other-")


def test_a_wrong_key_of_the_project_is_named_with_its_line(run: Callable[..., Result]) -> None:
    project = Path("desk/project.yaml")
    project.write_text(project.read_text("utf-8") + "  output_grup: x\n")
    done = run("run", "desk/project.yaml", "--on", "agent", "--plan")
    assert "did you mean 'output_group'" in done.output + str(done.exception)


def test_the_template_is_proven_as_it_is_written(run: Callable[..., Result]) -> None:
    report = json.loads(run("audit", "--env", "desk/env.py", "--json").output)
    assert (report["passed"], report["findings"]) == (True, [])
