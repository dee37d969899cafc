"""What every command shares: outputs are looked at before the work, and are never an input."""

from __future__ import annotations

import json
import os
import re
import threading
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from rft.cli import rft
from rft.command_line import Command, InputFile, OutputPath, ProjectPath
from tests.faults.commands import leaves

OUTPUT_OPTIONS = {"output", "out", "html", "sarif", "save", "manifest"}


@pytest.mark.parametrize(("name", "command"), list(leaves()))
def test_every_command_looks_at_its_outputs_first(name: str, command: click.Command) -> None:
    assert isinstance(command, Command), f"declare rft {name} with cls=Command, or its group with cls=Group"
    outputs = [param for param in command.params if param.name in OUTPUT_OPTIONS]
    assert [param.name for param in outputs if not isinstance(param.type, OutputPath)] == []


PATHS = [
    (f"{name} {param.opts[0]}", param.type)
    for name, command in leaves()
    for param in command.params
    if isinstance(param.type, click.Path)
]


@pytest.mark.parametrize(("name", "kind"), PATHS, ids=[name for name, _ in PATHS])
def test_an_empty_path_is_not_the_current_folder(name: str, kind: click.Path) -> None:
    with pytest.raises(click.BadParameter):
        kind.convert("", None, None)


@pytest.mark.parametrize(("name", "kind"), PATHS, ids=[name for name, _ in PATHS])
def test_no_output_is_a_file_called_dash(name: str, kind: click.Path) -> None:
    if isinstance(kind, OutputPath) and kind.file_okay:
        assert kind.convert("-", None, None) == Path("/dev/stdout")
    elif isinstance(kind, OutputPath):
        with pytest.raises(click.BadParameter, match="is standard output"):
            kind.convert("-", None, None)


FLOATS = [
    (f"{name} {param.opts[0]}", command, param)
    for name, command in leaves()
    for param in command.params
    if isinstance(param.type, click.types.FloatParamType)
]


@pytest.mark.parametrize(("name", "command", "param"), FLOATS, ids=[name for name, _, _ in FLOATS])
def test_no_option_takes_nan_for_a_number(name: str, command: click.Command, param: click.Parameter) -> None:
    words = [param.opts[0], *["nan"] * param.nargs]
    with pytest.raises(click.BadParameter, match="nan is no number"):
        command.make_context(name, words, resilient_parsing=True)


@pytest.mark.parametrize("reward", ["r.py:reward", "r.py"])
def test_the_file_of_a_reward_is_an_input(reward: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.py").write_text("from rewards import json_parse\nreward = json_parse()\n")
    Path("rows.jsonl").write_text("")
    done = CliRunner().invoke(rft, ["grade", "rows.jsonl", "--reward", reward, "-o", "./r.py"])
    assert (done.exit_code, Path("r.py").read_text()[:4]) == (2, "from")
    assert "-o r.py is also an input; write somewhere else" in done.output


def test_an_output_below_a_file_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rows.jsonl").write_text("")
    done = CliRunner().invoke(rft, ["data", "fix", "rows.jsonl", "--for", "rft", "-o", "rows.jsonl/a/fixed.jsonl"])
    assert done.exit_code == 2
    assert "is a file, so nothing can be written below it" in done.output


# --- one vocabulary ----------------------------------------------------------------------------------------------
COMMANDS = dict(leaves())
PLATFORMS = {"local", "sagemaker", "hyperpod", "bedrock", "serverless", "agent", "training-job"}
DELETING = {"clean", "destroy", "erase", "purge", "remove", "rm"}
SECOND_OUTPUTS = {
    "--html",
    "--sarif",
    "--save",
    "--manifest",
    "--figures",
    "--runs",
    "--verdicts",
}  # beside what a command prints or makes


def options_of(command: click.Command) -> list[click.Option]:
    return [param for param in command.params if isinstance(param, click.Option)]


@pytest.mark.parametrize(("name", "command"), COMMANDS.items(), ids=COMMANDS)
def test_the_output_of_every_command_is_called_output(name: str, command: click.Command) -> None:
    outputs = [tuple(option.opts) for option in options_of(command) if isinstance(option.type, OutputPath)]
    assert [opts for opts in outputs if opts != ("-o", "--output") and not set(opts) <= SECOND_OUTPUTS] == []


@pytest.mark.parametrize(("name", "command"), COMMANDS.items(), ids=COMMANDS)
def test_the_platform_is_said_with_on(name: str, command: click.Command) -> None:
    for option in options_of(command):
        choices = set(getattr(option.type, "choices", ()))
        if option.type.name == "platform" or (choices and choices <= PLATFORMS):
            assert option.opts == ["--on"]


@pytest.mark.parametrize(("name", "command"), list(leaves()))
def test_every_option_says_what_it_is_and_what_counts_without_it(name: str, command: click.Command) -> None:
    with click.Context(command) as ctx:
        for option in options_of(command):
            said = option.help or ""
            assert re.search(r"[.)]$", said), (name, option.opts)
            given = option.get_default(ctx)
            if isinstance(given, str | int | float | Path) and given != "" and not option.is_flag:
                assert option.show_default or "default" in said, (name, option.opts, given)


def test_one_threshold_has_one_name() -> None:
    named = {opt for _, command in leaves() for option in options_of(command) for opt in option.opts
             if "assing completion" in (option.help or "")}  # fmt: skip
    assert named == {"--success-threshold"}


def test_one_verb_deletes_and_shows_first_what() -> None:
    assert [name for name in COMMANDS if set(name.split()) & DELETING] == []
    deleting = {name: command for name, command in COMMANDS.items() if name.endswith(" delete")}
    assert set(deleting) == {"model delete", "package delete", "train delete"}
    for command in deleting.values():
        assert {"--plan", "--yes"} <= {name for option in options_of(command) for name in option.opts}


@pytest.mark.parametrize(
    ("line", "new"),
    [
        ("train collect nowhere --out=x --runs .", "--out is now --output"),
        ("eval answers r.py --model arn --out r.py", "--out is now --output"),
        ("package deploy g.zip --name g --for sagemaker --plan", "--for is now --on"),
        ("eval compare a=r.py --at 1", "--at is now --success-threshold"),
        ("data select r.py --rollouts r.py -o s.py --pass-at=1", "--pass-at is now --success-threshold"),
        ("package destroy --help", "destroy is now delete"),
        ("train clean --help", "clean is now delete"),
    ],
)
def test_old_spellings_still_work_with_a_warning(line: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("r.py").write_text("")
    Path("g.zip").write_text("")
    done = CliRunner().invoke(rft, line.split())
    assert new in done.output
    assert "No such" not in done.output


def test_an_option_that_a_command_still_has_is_no_old_spelling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rows.jsonl").write_text("x\n")
    assert "is now" not in CliRunner().invoke(rft, ["data", "check", "rows.jsonl", "--for", "rft"]).output


def test_the_help_starts_from_what_people_have() -> None:
    listed = re.findall(r"^ +\S.*?  +rft (.+)$", CliRunner().invoke(rft, ["--help"]).output, re.MULTILINE)
    assert len(listed) == 11
    shown = [command for line in listed for command in line.split(", then rft ")]
    for words in map(str.split, shown):
        name = next(name for name in COMMANDS if words[: len(name.split())] == name.split())
        known = {spelling for option in options_of(COMMANDS[name]) for spelling in option.opts}
        assert {word for word in words if word.startswith("-")} <= known


def through_a_pipe(path: Path, text: str) -> threading.Thread:
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=(text,))
    writer.start()
    return writer


def test_rows_of_a_pipe_are_graded_into_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("reward.yaml").write_text("exact_match: {}\n")
    turns = [{"role": "user", "content": "1 + 1?"}, {"role": "assistant", "content": "2"}]
    writer = through_a_pipe(Path("pipe"), json.dumps({"messages": turns, "reference_answer": "2"}) + "\n")
    done = CliRunner().invoke(rft, ["grade", "pipe", "--reward", "reward.yaml", "-o", "graded.jsonl"])
    writer.join()
    assert "1 rows" in done.output, (done.output, done.exception)
    assert len(Path("graded.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("kind", [InputFile(), ProjectPath()], ids=["input", "project"])
def test_a_pipe_can_be_read_twice(tmp_path: Path, kind: click.Path) -> None:
    writer = through_a_pipe(tmp_path / "pipe", "name: x\n")
    path = kind.convert(str(tmp_path / "pipe"), None, None)
    writer.join()
    assert [path.read_text(), path.read_text()] == ["name: x\n"] * 2
