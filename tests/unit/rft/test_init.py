"""`rft init`: what it writes, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner, Result

import datagen
from rewards import bounds_of, load_reward
from rft.cli import main, rft
from rft.commands.init import CHOICES
from rft.errors import TemplateError
from rft.pipeline import digests_of_folder
from rft.project import load_project
from rft.stages.data import reward_spec
from rft.templates import AGENT_TEMPLATES, FOLDER, NAME_IN_TEMPLATES, TEMPLATES, write_project

MAX_BYTES = 70_000
NOVA_MIN_ROWS = 100


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(rft, args)


def commands_in(text: str) -> Iterator[list[str]]:
    """The words of every command line that a page shows, without the `rft`."""
    return (line.split()[1:] for line in text.splitlines() if line.startswith("    rft "))


def test_the_command_offers_every_template() -> None:
    every = [*TEMPLATES, *AGENT_TEMPLATES]
    assert list(CHOICES) == every
    assert {path.parent.name for path in FOLDER.glob("*/project.yaml")} == set(every)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_written_project_loads_under_its_name(tmp_path: Path, template: str) -> None:
    file = load_project(write_project("demo", template, tmp_path) / "project.yaml")
    assert file.project.name == "demo"
    assert bounds_of(load_reward(reward_spec(file))) == (0.0, 1.0)


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_name_stands_everywhere_and_the_placeholder_nowhere(tmp_path: Path, template: str) -> None:
    texts = {path: path.read_text("utf-8") for path in write_project("w2-forms", template, tmp_path).rglob("*.*")}
    assert [path for path, text in texts.items() if NAME_IN_TEMPLATES in text] == []
    assert "rft run w2-forms/project.yaml" in texts[tmp_path / "w2-forms" / "README.md"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_small_and_asks_for_enough_rows(tmp_path: Path, template: str) -> None:
    folder = write_project("demo", template, tmp_path)
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= MAX_BYTES
    config = load_project(folder / "project.yaml").project.data
    assert datagen.plan(config, root=folder).samples_at_most >= 2 * NOVA_MIN_ROWS


def test_native_calls_answer_the_questions_of_the_plans_with_the_same_calls() -> None:
    plans, natives = (
        yaml.safe_load((FOLDER / name / "templates.yaml").read_text("utf-8"))["types"] for name in ("tools", "native")
    )
    for name, plan in plans.items():
        calls = [{"name": call["Tool"], "arguments": call["Parameters"]} for call in plan["answer"]["Tools"]]
        assert natives[name] == {"answer": {"tool_calls": calls}, "questions": plan["questions"]}
    assert list(plans) == list(natives)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_command_of_a_readme_exists_with_its_options(template: str) -> None:
    commands = list(commands_in((FOLDER / template / "README.md").read_text("utf-8")))
    assert {words[0] for words in commands} == {"run", "audit"}
    for words in commands:
        found = rft.get_command(click.Context(rft), words[0])
        assert found is not None
        options = {option for parameter in found.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options


def test_two_commands_to_type_are_printed(run: Callable[..., Result]) -> None:
    done = run("init", "demo", "--template", "intent")
    assert done.exit_code == 0, done.output
    assert re.findall(r"^  (rft .+?)(?:  |$)", done.output, re.MULTILINE) == [
        "rft run demo/project.yaml --until package",
        "rft run demo/project.yaml",
    ]


@pytest.mark.parametrize(
    ("absent", "printed"),
    [
        ({"torch"}, ["", "pip install 'rftkit[local]'"]),
        ({"awslambdaric"}, ["pip install 'rftkit[lambda]'", "pip install 'rftkit[lambda]'"]),
        ({"awslambdaric", "trl"}, ["pip install 'rftkit[lambda]'", "pip install 'rftkit[lambda,local]'"]),
    ],
)
def test_after_a_base_install_each_command_is_printed_with_what_it_needs_first(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, absent: set[str], printed: list[str]
) -> None:
    monkeypatch.setattr("rft.extras.find_spec", lambda name: None if name in absent else object())
    lines = [line.strip() for line in run("init", "demo").output.splitlines()[1:]]
    before = [above for above, line in zip(["", *lines], lines, strict=False) if line.startswith("rft run")]
    assert [line.partition("   #")[0] if line.startswith("pip") else "" for line in before] == printed


def test_a_run_says_before_its_first_stage_what_is_missing_and_how_far_it_could_go(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init", "demo", "--template", "intent")
    monkeypatch.setattr("rft.extras.find_spec", lambda name: None)
    done = run("run", "demo/project.yaml")
    assert str(done.exception) == (
        "not installed: awslambdaric, torch, transformers, trl, peft; pip install 'rftkit[lambda,local]'; "
        "--until check runs without"
    )
    assert not Path("runs").exists()
    assert run("run", "demo/project.yaml", "--until", "check").exit_code == 0


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    folder = write_project("demo", "intent", tmp_path)
    before = digests_of_folder(folder)
    with pytest.raises(TemplateError, match="demo exists already; choose another name"):
        write_project("demo", "keywords", tmp_path)
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(TemplateError, match="taken exists already"):
        write_project("taken", "intent", tmp_path)
    assert digests_of_folder(folder) == before


@pytest.mark.parametrize("name", ["", "-demo", "demo-", "my demo", "a/b", "..", "démo", "x" * 50, "demo\n", "a_b"])
def test_a_name_that_no_project_can_have_is_refused_and_writes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(TemplateError, match="letters, digits and inner hyphens"):
        write_project(name, "intent", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a", "W2", "x" * 49, "a--b"])
def test_a_name_that_a_project_can_have_is_taken(tmp_path: Path, name: str) -> None:
    assert load_project(write_project(name, "intent", tmp_path) / "project.yaml").project.name == name


def test_a_refusal_is_one_line_and_exit_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(["init", "my demo"])
    assert left.value.code == 2
    assert capsys.readouterr().err == (
        "rft: a project's name has 1 to 49 letters, digits and inner hyphens, like 'w2-forms', got 'my demo'\n"
    )


def test_an_unknown_template_names_the_known_ones(run: Callable[..., Result]) -> None:
    done = run("init", "demo", "--template", "vision")
    assert done.exit_code == 2
    assert all(template in done.output for template in TEMPLATES)
