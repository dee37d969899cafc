"""A platform that no file of ours knows is driven through every command, from one file of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from estimators.errors import JobError, PlatformError, UnsupportedError
from estimators.platforms import registry
from estimators.platforms.registry import register, unregister
from rft.errors import ProjectError, RftError
from tests.fakes.toy_platform import Toy
from tests.unit.rft.commands.shell import Shell


@pytest.fixture(autouse=True)
def toy() -> Iterator[None]:
    register(Toy())
    yield
    unregister("toy")
    registry._installed.cache_clear()


@pytest.fixture
def launched(shell: Shell) -> str:
    with (shell.folder / "project.yaml").open("a") as project:
        project.write("toy: {queue: shelf}\n")
    done = shell("train", "launch", "project.yaml", "--on", "toy", "--stage", "sft", "--yes")
    assert done.exit_code == 0, done.output
    return next(Path("shelf").glob("*.json")).stem


def test_a_run_on_it_is_planned_without_a_section_of_its_own(shell: Shell):
    shell("init", "demo", "--template", "intent")
    done = shell("run", "demo/project.yaml", "--on", "toy", "--plan")
    assert done.output.count("Job      Enqueue in nursery: demo-") == 2  # SFT, then RFT
    assert '"queue": "queue"' in done.output


def test_its_plan_reads_its_section(shell: Shell, launched: str):
    done = shell("train", "plan", "project.yaml", "--on", "toy", "--stage", "sft", "--json")
    plan = json.loads(done.output)
    assert (plan["platform"], plan["name"], plan["request"]["queue"]) == ("toy", launched, "shelf")


def test_a_wrong_key_of_its_section_is_named_with_the_right_one(shell: Shell):
    with (shell.folder / "project.yaml").open("a") as project:
        project.write("toy: {quue: shelf}\n")
    with pytest.raises(ProjectError, match=r"toy.quue: unknown key; did you mean 'queue'\?"):
        shell("train", "plan", "project.yaml", "--on", "toy")


def test_a_second_launch_finds_the_first(shell: Shell, launched: str):
    done = shell("train", "launch", "project.yaml", "--on", "toy", "--stage", "sft", "--yes")
    assert f"Was started before: {launched}" in done.output
    assert f"rft train logs {launched} --follow --on toy --where queue=shelf --region nursery" in done.output


def test_its_job_is_followed_by_name_from_the_kept_plan(shell: Shell, launched: str):
    shown = shell("train", "status", launched).output
    assert f"{launched}: InProgress (toying)" in shown
    assert "] 2/4  reward 0.500" in shown
    assert "global_step:1" in shell("train", "logs", launched).output
    assert "0.25" in shell("train", "metrics", launched).output


def test_its_job_is_stopped_and_collected(shell: Shell, launched: str):
    assert f"{launched}: Stopped" in shell("train", "stop", launched, "--on", "toy").output
    assert f"Checkpoint  s3://toys/{launched}" in shell("train", "collect", launched, "-o", "out").output
    assert json.loads(Path("out/checkpoint.json").read_text())["platform"] == "toy"
    assert shell.connected == 0


def test_its_job_is_found_from_another_machine_by_what_the_launch_said(shell: Shell, launched: str):
    elsewhere = ("train", "status", launched, "--on", "toy", "--runs", "nowhere")
    assert "InProgress (toying)" in shell(*elsewhere, "--where", "queue=shelf").output
    with pytest.raises(JobError, match=f"no toy job '{launched}' in queue"):
        shell(*elsewhere)
    with pytest.raises(RftError, match=r"toy does not find jobs by 'quue'; did you mean 'queue'\?"):
        shell(*elsewhere, "--where", "quue=shelf")
    assert "write KEY=VALUE" in shell(*elsewhere, "--where", "shelf").output


@pytest.mark.parametrize(
    ("command", "instead"),
    [
        (("run", "project.yaml", "--on", "toy"), "cannot take a whole run through its stages: add --plan"),
        (("eval", "run", "project.yaml", "--on", "toy", "--model", "m"), "cannot run an evaluation job: play with it"),
        (("train", "delete", "tools", "--on", "toy"), "cannot find what a run left: empty the queue's folder"),
        (("train", "plan", "project.yaml", "--on", "toy", "--sdk", "pytorch"), "leave --sdk out"),
    ],
)
def test_what_it_lacks_is_refused_with_what_to_do_instead(shell: Shell, command: tuple[str, ...], instead: str):
    with pytest.raises(UnsupportedError, match=instead):
        shell(*command)


def test_a_name_that_nobody_has_is_refused_with_the_closest(shell: Shell):
    done = shell("train", "plan", "project.yaml", "--on", "toi")
    assert done.exit_code == 2
    assert "did you mean 'toy'?" in done.output


def test_a_name_is_given_once():
    with pytest.raises(PlatformError, match="a platform 'toy' already"):
        register(Toy())


# --- an installed package ----------------------------------------------------------------------------------------
def installed(monkeypatch: pytest.MonkeyPatch, name: str, *values: str) -> None:
    """Installed distributions that each offer a platform of this name."""
    entries = tuple(EntryPoint(name, value, registry.GROUP) for value in values)
    monkeypatch.setattr(registry, "entry_points", lambda group: entries)
    registry._installed.cache_clear()


def test_an_entry_point_is_listed_without_being_imported(monkeypatch: pytest.MonkeyPatch):
    installed(monkeypatch, "slurm", "nobody.has.this:PLATFORM")
    assert "slurm" in registry.names()
    with pytest.raises(PlatformError, match=r"'slurm' \(nobody.has.this:PLATFORM\) cannot be loaded: No module"):
        registry.platform_of("slurm")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("tests.fakes.toy_platform:Toy", "is a class; make one"),
        ("tests.fakes.toy_platform:json", "lacks Settings, address, connect, cost"),
        ("estimators.platforms.local.platform:PLATFORM", "calls itself 'local', its entry point says 'slurm'"),
    ],
)
def test_what_is_no_platform_is_named(monkeypatch: pytest.MonkeyPatch, value: str, problem: str):
    installed(monkeypatch, "slurm", value)
    with pytest.raises(PlatformError, match=problem):
        registry.platform_of("slurm")


def test_a_name_that_two_packages_bring_is_nobody_s(monkeypatch: pytest.MonkeyPatch):
    installed(monkeypatch, "slurm", "one:PLATFORM", "two:PLATFORM")
    with pytest.raises(PlatformError, match="of two packages, one:PLATFORM and two:PLATFORM; uninstall one"):
        registry.platform_of("slurm")


def test_no_package_can_pose_as_a_platform_of_ours(monkeypatch: pytest.MonkeyPatch, shell: Shell):
    installed(monkeypatch, "sagemaker", "tests.fakes.toy_platform:Toy")
    assert type(registry.platform_of("sagemaker")).__name__ == "SageMaker"
    found = json.loads(shell("doctor", "--json").output)
    [clash] = [one for one in found if one["subject"] == "platform sagemaker"]
    assert clash["status"] == "clash"
    assert "tests.fakes.toy_platform:Toy is never used" in clash["detail"]


def test_a_section_of_the_project_is_no_platform(monkeypatch: pytest.MonkeyPatch, shell: Shell):
    installed(monkeypatch, "data", "tests.fakes.toy_platform:Toy")
    with pytest.raises(ProjectError, match="no platform can be called 'data'"):
        shell("train", "plan", "project.yaml", "--on", "data")
