"""What people do wrong, for every command that reads a file: one line that says what, and never a traceback."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.client import ROOT, Rft
from tests.faults.commands import CALLS, Elsewhere, OnlyReads, Writes

PYTHON = shlex.quote(sys.executable)
ROW = {"id": "1", "messages": [{"role": "user", "content": "é"}], "reference_answer": {"a": 1}}
TEXT = json.dumps(ROW, ensure_ascii=False)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _cut_zip(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: max(1, path.stat().st_size // 2)])


def _corrupt(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for index in range(len(data) // 3, 2 * len(data) // 3):
        data[index] ^= 0x55
    path.write_bytes(data)


SITUATIONS: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "a folder": _folder,
    "empty": lambda path: path.write_bytes(b""),
    "a blank line": lambda path: path.write_bytes(b"\n"),
    "Latin-1": lambda path: path.write_bytes(f"{TEXT}\n".encode("latin-1")),
    "UTF-16": lambda path: path.write_bytes(f"{TEXT}\n".encode("utf-16")),
    "Shift-JIS": lambda path: path.write_bytes(TEXT.replace("é", "日本語テ").encode("shift-jis")),
    "zero bytes": lambda path: path.write_bytes(bytes(1000)),
    "cut in the middle": _cut_zip,
    "corrupt": _corrupt,
    "broken JSON": lambda path: path.write_text('{"id": \n'),
    "pretty-printed": lambda path: path.write_text(json.dumps([ROW, ROW], indent=2)),
    "an array": lambda path: path.write_text(json.dumps([ROW, ROW])),
    "a number": lambda path: path.write_text("1\n"),
    "null": lambda path: path.write_text("null\n"),
    "lone surrogates": lambda path: path.write_text(
        json.dumps({**ROW, "id": "\ud800", "messages": [{"role": "user", "content": "\udfff"}]}) + "\n"
    ),
    "nested deeply": lambda path: path.write_text("[" * 100_000 + "\n"),
    "a huge number": lambda path: path.write_text('{"id": 1' + "0" * 10_000 + "}\n"),
    "messages that are text": lambda path: path.write_text(json.dumps({**ROW, "messages": "hello"}) + "\n"),
    "an escape sequence": lambda path: path.write_text(json.dumps({**ROW, "id": "\x1b[2J\u202e"}, ensure_ascii=False)),
}


def inputs_of(args: str) -> Iterator[str]:
    """The files that a command line of the table reads."""
    words = shlex.split(args)
    for before, word in zip(["", *words], words, strict=False):
        name = word.partition("=")[2].partition(":")[0] or word.partition(":")[0]
        if "." in name and before not in ("-o", "--html", "--save") and name.rpartition(".")[0]:
            yield name


READING = sorted(
    {
        (command, name)
        for command, call in CALLS.items()
        if not isinstance(call, Elsewhere)
        for name in inputs_of(call.args)
        if not name.startswith("training_config")
    }
)


@pytest.fixture
def folder(inputs: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(inputs, tmp_path / "work"))


def test_the_table_is_large() -> None:
    assert len(READING) * len(SITUATIONS) >= 80


@pytest.mark.parametrize(("command", "name"), READING)
def test_whatever_is_wrong_with_a_file_is_said_in_one_line(command: str, name: str, rft: Rft, folder: Path) -> None:
    call, good = CALLS[command], (folder / name).read_bytes()
    assert not isinstance(call, Elsewhere)
    wrong = []
    for situation, spoil in SITUATIONS.items():
        spoil(folder / name)
        done = rft(call.args, folder)
        lines = done["err"].splitlines()
        problem = (
            ("Traceback" in done["err"] + done["out"] and not (command == "package invoke" and done["status"] == 1))
            or "bug of rftkit" in done["err"]
            or done["status"] not in (0, 1, 2)
            or (done["status"] == 2 and not [line for line in lines if line.startswith("rft: ")])
            or (situation == "missing" and done["status"] != 2)
            or not {"\x1b", "\u202e"}.isdisjoint(done["out"] + done["err"])
        )
        if problem:
            wrong.append((situation, done["status"], done["err"][-300:] or done["out"][-300:]))
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).write_bytes(good)
        shutil.rmtree(folder / name, ignore_errors=True)
    assert wrong == []


Row = dict[str, Any]
ODD_ROWS: dict[str, Callable[[Row], object]] = {
    "NaN": lambda row: row.update(reference_answer={"x": float("nan")}, score=float("nan")),
    "an infinity": lambda row: row.update(reference_answer={"x": float("inf")}, metadata={"x": float("-inf")}),
    "a huge number": lambda row: row.update(reference_answer={"x": 10**4000}, score=10**400),
    "half a surrogate pair in a key": lambda row: row.update({"\ud800": 1}),
    "half a surrogate pair in metadata": lambda row: row.update(metadata={"\udfff": "\ud800"}),
    "half a surrogate pair in a turn": lambda row: row["messages"][0].update(content="\ud800"),
    "an id that is half a pair": lambda row: row.update(id="\ud800", row_id="\ud801"),
    "an id that is a list": lambda row: row.update(id=[1]),
    "an id that leads elsewhere": lambda row: row.update(id="../../x"),
    "counts of 100 bits": lambda row: row.update(sample=1 << 100, step=1 << 100, seed=-(1 << 100)),
    "fields of another kind": lambda row: row.update(sample="x", step=[], parts=[1], metrics={"a": {}}, tokens=5),
    "turns that are no objects": lambda row: row.update(messages=[1, None, []]),
    "content of another kind": lambda row: row["messages"][0].update(content=[1, None, {"text": 5}, {"image": 5}]),
    "roles of another kind": lambda row: row["messages"][0].update(role=5),
    "tools of another kind": lambda row: row.update(tools=[1, None, {"toolSpec": 5}, {"function": {"parameters": 7}}]),
    "calls of another kind": lambda row: row["messages"][-1].update(tool_calls=[1, {"function": {"name": None}}]),
    "an empty choice": lambda row: row.update(reference_answer={"$any_of": []}),
    "no choice": lambda row: row.update(reference_answer={"$any_of": 5}),
    "a reference that is nested deeply": lambda row: row.update(reference_answer=_nested(900)),
    "NUL and line separators": lambda row: row["messages"][0].update(content="a\0b\u2028c\x85"),
    "a turn of a megabyte": lambda row: row["messages"][0].update(content="x" * 1_000_000),
    "a completion of 99 turns": lambda row: row.update(completion_turns=99),
    "another version": lambda row: row.update(rollout_version=7),
    "an empty key": lambda row: row.update({"": 1, "a\nb": 2}),
    "metadata that is text": lambda row: row.update(metadata='{"a": 1'),
}


def _nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = {"a": value}
    return value


def _with_odd_rows(data: bytes, change: Callable[[Row], object], *, rows: int = 4) -> bytes:
    made = [json.loads(line) for line in data.splitlines()[:rows]]
    for row in made:
        row.setdefault("messages", [{"role": "user", "content": "x"}])
        change(row)
    return "".join(f"{json.dumps(row)}\n" for row in made).encode()


IN_ROWS = [
    (command, name)
    for command, name in READING
    if name.endswith((".jsonl", "event.json")) and getattr(CALLS[command], "sampled", None) is None
]  # what is sampled takes seconds a call


@pytest.mark.parametrize(("command", "name"), IN_ROWS)
def test_whatever_stands_in_a_row_is_no_bug_of_ours(command: str, name: str, rft: Rft, folder: Path) -> None:
    call, good = CALLS[command], (folder / name).read_bytes()
    assert not isinstance(call, Elsewhere)
    before, wrong = {path.name for path in folder.iterdir()}, []
    for odd, change in ODD_ROWS.items():
        (folder / name).write_bytes(_with_odd_rows(good, change))
        done = rft(call.args, folder)
        shown = done["out"] + done["err"]
        traced = "Traceback" in shown and command != "package invoke"  # which shows the function's own
        said = done["status"] != 2 or [line for line in done["err"].splitlines() if line.startswith("rft: ")]
        if traced or "bug of rftkit" in shown or done["status"] not in (0, 1, 2) or not said:
            wrong.append((odd, done["status"], shown[-300:]))
        for path in [path for path in folder.iterdir() if path.name not in before]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert wrong == []


def _python(path: Path, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / path).write_text(text)


REWARD = Path("r.py")
GRADE = "grade rollouts.jsonl --reward r.py:reward"
SAID: list[tuple[str, Callable[[Path], object], str, int, str]] = [
    ("a syntax error in a reward", _python(REWARD, "reward = (\n"), GRADE, 2, "r.py:1: SyntaxError: '(' was never closed"),
    ("an import error in a reward", _python(REWARD, "import nope\n"), GRADE, 2, "r.py:1: ModuleNotFoundError: No module"),
    ("an import error deeper down", lambda folder: [_python(Path("mine.py"), "x = 1\ny = x.z\n")(folder), _python(REWARD, "import mine\n")(folder)], GRADE, 2, "mine.py:2: AttributeError: "),
    ("a reward of one argument", _python(REWARD, "\ndef reward(sample): return 1\n"), GRADE, 2, "r.py:2: reward(sample) must take (sample, completion)"),
    ("a reward of another file that makes one", _python(REWARD, "from rewards import exact_match as reward\n"), GRADE, 2, "rft: r.py: reward(answer"),
    ("a reward that raises", _python(REWARD, "def reward(sample, completion):\n    return 1 / 0\n"), GRADE, 2, "r.py:2: ZeroDivisionError: division by zero (while grading row 1"),
    ("a reward that returns a number", _python(REWARD, "def reward(sample, completion):\n    return 0.5\n"), GRADE, 2, "r.py:1: a reward returns a Score such as Score(0.5), got 0.5 (while grading row 1"),
    ("a part that returns a number", _python(REWARD, "from rewards import weighted\n\ndef share(sample, completion):\n    return 0.5\n\nreward = weighted({'share': (share, 1.0)})\n"), GRADE, 2, "r.py:3: part 'share': a reward returns a Score such as Score(0.5), got 0.5 (while grading row 1"),
    ("a gate that returns a number", _python(REWARD, "from rewards import exact_match, gated\n\ndef gate(sample, completion):\n    return True\n\nreward = gated(exact_match(), by=gate, threshold=0.5)\n"), GRADE, 2, "r.py:3: part 'by': a reward returns a Score such as Score(1.0), got True"),
    ("a score that is text", _python(REWARD, "from rewards import Score\n\ndef reward(sample, completion):\n    return Score('1')\n"), GRADE, 2, "r.py:4: TypeError: must be real number, not str (while grading row 1"),
    ("a score that is no number", _python(REWARD, "from rewards import Score\n\ndef reward(sample, completion):\n    return Score(float('nan'))\n"), GRADE, 2, "r.py:4: score must be finite in float32, got nan"),
    ("a part that is no score", _python(REWARD, "from rewards import Score\n\ndef reward(sample, completion):\n    return Score(1, parts={'a': 0.5})\n"), GRADE, 2, "r.py:4: part 'a' must be a Score, got 0.5"),
    ("a reward that asks", _python(REWARD, "def reward(sample, completion):\n    return input()\n"), GRADE, 2, "r.py:2: EOFError: "),
    ("an asynchronous reward", _python(REWARD, "async def reward(sample, completion):\n    return 1.0\n"), GRADE, 2, "r.py:1: a reward is a plain function, and nobody awaits it: write `def`"),
    ("a reward that exits when it is loaded", _python(REWARD, "import sys\nsys.exit(3)\n"), GRADE, 2, "r.py:2: SystemExit: 3; nothing that is loaded or graded may end the program"),
    ("a reward that exits", _python(REWARD, "def reward(sample, completion):\n    exit('no')\n"), GRADE, 2, "r.py:2: SystemExit: no"),
    ("a reward that returns nothing", _python(REWARD, "def reward(sample, completion):\n    pass\n"), GRADE, 2, "r.py:1: a reward returns a Score such as Score(1.0), got None"),
    ("grades into a pipe", lambda folder: os.mkfifo(folder / "pipe"), "grade rollouts.jsonl --reward demo/reward.py:reward -o pipe", 2, "pipe is no file that can grow"),
    ("an output that links to itself", lambda folder: (folder / "loop").symlink_to("loop"), "data convert few.jsonl --to openai -o loop", 2, "links lead in a circle"),
    ("an output folder that links to itself", lambda folder: (folder / "loop").symlink_to("loop"), "data split few.jsonl -o loop", 2, "loop"),
    ("a reward that links to itself", lambda folder: (folder / "l.py").symlink_to("l.py"), "grade rollouts.jsonl --reward l.py:reward", 2, "l.py"),
    ("a reward that is not there", _python(REWARD, "def rewrad(sample, completion): return 1\n"), GRADE, 2, "did you mean 'rewrad'?"),
    ("a reward without a name", lambda folder: None, "grade rollouts.jsonl --reward demo/reward.py", 2, "a reward is named as file.py:name"),
    ("pretty-printed rollouts", lambda folder: (folder / "rollouts.jsonl").write_text("[\n {}\n]\n"), "grade rollouts.jsonl --reward demo/reward.py:reward", 2, "rollouts.jsonl:1: this is an array"),
    ("pretty-printed rows", lambda folder: (folder / "few.jsonl").write_text("[\n {}\n]\n"), "data split few.jsonl -o s", 2, "'few.jsonl' is a JSON array, and this reads JSONL"),
    ("a broken tools.json", lambda folder: (folder / "demo/tools.json").write_text("[{"), "data make demo/project.yaml -o d", 2, "tools.json"),
    ("a tools.json that is no list", lambda folder: (folder / "demo/tools.json").write_text("{}"), "data make demo/project.yaml -o d", 2, "tools.json"),
    ("a template that is not there", lambda folder: (folder / "demo/templates.yaml").unlink(), "data make demo -o d", 2, "templates.yaml"),
    ("no documents", lambda folder: shutil.rmtree(folder / "demo/documents"), "data make demo -o d", 2, "documents"),
    ("a key misspelt", lambda folder: (folder / "demo/project.yaml").write_text("nmae: x\n"), "run demo", 2, "nmae"),
    ("a folder without a project", lambda folder: None, "run pictures", 2, "the folder 'pictures' holds no project.yaml"),
    ("a stage that does not exist", lambda folder: None, "run demo --until teach", 2, "no stage 'teach'"),
    ("a template that does not exist", lambda folder: None, "init x --template poems", 2, "'poems' is not one of"),
    ("a project that exists", lambda folder: None, "init demo", 2, "exists already"),
    ("a name that is none", lambda folder: None, "init ../x", 2, "a project's name has"),
    ("a command misspelt", lambda folder: None, "rnu demo", 2, "did you mean 'run'?"),
    ("a command of a group misspelt", lambda folder: None, "data mkae demo", 2, "mkae"),
    ("an option misspelt", lambda folder: None, "data make demo --sede 3", 2, "--sede"),
    ("a number that is none", lambda folder: None, "data make demo --seed three", 2, "'three' is not a valid integer"),
    ("nothing at all", lambda folder: None, "data split", 2, "Missing argument 'FILE'"),
    ("an output below a file", lambda folder: None, "data split few.jsonl -o few.jsonl/x", 2, "is a file"),
    ("an output that is a folder", lambda folder: None, "data fix few.jsonl --for rft -o pictures", 2, "is a directory"),
    ("an output folder that is a file", lambda folder: None, "data split few.jsonl -o bad.jsonl", 2, "is a file"),
    ("an output that is the input", lambda folder: None, "data fix few.jsonl --for rft -o ./few.jsonl", 2, "is also an input"),
    ("the grader without its name", lambda folder: None, "audit --data few.jsonl", 2, "name one grader"),
    ("a zip that is none", lambda folder: (folder / "grader.zip").write_text("x"), "package verify grader.zip", 2, "grader.zip"),
    ("a recipe that is none", lambda folder: None, "recipe new rft-loar", 2, "rft-loar"),
    ("a model compared without a name", lambda folder: None, "eval compare graded.jsonl", 2, "NAME=PATH"),
    ("an output that an unset variable names", lambda folder: None, "data fix bad.jsonl --for rft -o ''", 2, "'' is no path; is a variable not set?"),
    ("a folder of runs that is not named", lambda folder: None, "run demo --until check --runs ''", 2, "'' is no path"),
    ("a project that is not named", lambda folder: None, "run ''", 2, "'' is no path"),
    ("a page that is not named, before the work", lambda folder: None, "audit --reward nothing.py:reward --data few.jsonl --html ''", 2, "'' is no path"),
    ("a folder as standard output", lambda folder: None, "data split few.jsonl -o -", 2, "'-' is standard output, and this makes a folder"),
    ("grades as standard output", lambda folder: None, "grade rollouts.jsonl --reward demo/reward.py:reward -o -", 2, "is no file that can grow"),
    ("a share without end", lambda folder: None, "data split few.jsonl -o s --train inf", 2, "finite"),
    ("a share that is no number", lambda folder: None, "data split few.jsonl -o s --train nan", 2, "nan is no number"),
    ("a code without letters", lambda folder: None, "explain ''", 2, "no command prints a code ''"),
    ("a reward that is not named", lambda folder: None, "grade rollouts.jsonl --reward ''", 2, "a reward is named as file.py:name"),
    ("a module for a reward", lambda folder: None, "grade rollouts.jsonl --reward demo/reward.py:__name__", 2, "is no reward: it must be callable"),
    ("more memory than Lambda has", lambda folder: None, "package invoke grader.zip event.json --memory 99999999999999999999", 2, "is not in the range 128<=x<=10240"),
    ("a count below zero", lambda folder: None, "rehearse demo --seed -1", 2, "-1"),
    ("a name that is an option", lambda folder: None, "data card -- -x.jsonl", 2, "'-x.jsonl' does not exist"),
    ("a path beyond any", lambda folder: None, f"data fix bad.jsonl --for rft -o {'x' * 300}", 2, "File name too long"),
    ("a device without an end as rows", lambda folder: None, "data card /dev/full/x", 2, "/dev/full/x"),
    ("a file with a slash at its end", lambda folder: None, "data fix bad.jsonl --for rft -o fixed/", 2, "'fixed/' names a folder, and this writes a file"),
    ("parameters of another grading", lambda folder: (folder / "g.jsonl").write_text("{}\n"), "grade rollouts.jsonl --reward demo/reward.py:reward -o g.jsonl", 2, "g.jsonl"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("prepare", "args", "status", "said"), [case[1:] for case in SAID], ids=[case[0] for case in SAID]
)
def test_each_mistake_has_its_sentence(
    prepare: Callable[[Path], object], args: str, status: int, said: str, rft: Rft, folder: Path
) -> None:
    prepare(folder)
    done = rft(args, folder)
    assert done["status"] == status, done
    assert "Traceback" not in done["err"]
    lines = done["err"].splitlines()  # one, or one for each problem of a file
    assert lines[0].startswith("rft: ") or lines[-1].startswith("rft: ")
    assert said in done["err"]


ENVIRONMENTS = {
    "no stdin": ("<&-", 0),
    "no stdout": (">&-", 2),
    "no stderr": ("2>&-", 0),
    "no standard stream": ("<&- >&- 2>&-", 2),
    "a full standard output": (">/dev/full", 2),
    "no environment": ("", 0),
    "an encoding without letters": ("", 0),
}
VARIABLES = {"no environment": {}, "an encoding without letters": {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}}


@pytest.mark.parametrize("command", sorted(CALLS))
def test_no_command_succeeds_where_what_it_prints_is_lost(command: str, rft: Rft, folder: Path) -> None:
    call = CALLS[command]
    args = f"{command} --help" if isinstance(call, Elsewhere) else call.args
    before = sorted(folder.rglob("*"))
    closed = rft(args, folder, stdout="closed")
    assert (closed["status"], closed["err"]) == (2, CLOSED)
    assert sorted(folder.rglob("*")) == before  # said before the work
    full = rft(args, folder, stdout="full")
    assert full["status"] == 2, full
    assert full["err"].splitlines()[-1] == "rft: <stdout>: No space left on device"


CLOSED = "rft: standard output is closed; to drop what is printed, write `> /dev/null` (see `rft --help`)\n"


READING_JSONL = [
    (command, name)
    for command, name in READING
    if name.endswith(".jsonl") and not getattr(CALLS[command], "grows", False)
]  # what grows is resumed, which standard input cannot be


@pytest.mark.parametrize("piped", ["a pipe", "a file"])
@pytest.mark.parametrize(("command", "name"), READING_JSONL)
def test_a_dash_is_standard_input_wherever_jsonl_is_read(
    command: str, name: str, piped: str, rft: Rft, folder: Path
) -> None:
    call = CALLS[command]
    assert not isinstance(call, Elsewhere)
    args = (
        call.args.replace(f"={name}", "=-", 1)
        if f"={name}" in call.args
        else re.sub(rf"(?<= ){name}", "-", call.args, count=1)
    )
    expected = rft(call.args, folder)
    written = _written(folder, call)
    found = rft(args, folder, stdin=[piped, name])
    assert found["status"] == expected["status"], found
    if not (isinstance(call, Writes) and call.timed):
        assert re.sub("/dev/stdin|(?<= is )-(?=,)", name, found["out"]) == expected["out"]
        assert _written(folder, call) == written


@pytest.mark.parametrize(("command", "name"), READING_JSONL)
def test_a_file_packed_with_gzip_is_read_as_it_was(command: str, name: str, rft: Rft, folder: Path) -> None:
    call = CALLS[command]
    assert not isinstance(call, Elsewhere)
    expected = rft(call.args, folder)
    written = _written(folder, call)
    (folder / name).write_bytes(gzip.compress((folder / name).read_bytes()))
    found = rft(call.args, folder)
    assert found["status"] == expected["status"], found
    if not (isinstance(call, Writes) and call.timed):
        assert (found["out"], _written(folder, call)) == (expected["out"], written)


def _written(folder: Path, call: Writes | OnlyReads) -> list[bytes]:
    outputs = [folder / name for name in call.outputs] if isinstance(call, Writes) else []
    return [path.read_bytes() for output in outputs for path in [output, *sorted(output.rglob("*"))] if path.is_file()]


@pytest.mark.parametrize("args", ["data split {} -o split --json", "data card {}", "rollouts read {} --json"])
@pytest.mark.parametrize("pipe", ["/dev/stdin", "/dev/fd/0"])
def test_a_pipe_by_its_name_is_read_as_often_as_a_file(pipe: str, args: str, rft: Rft, folder: Path) -> None:
    expected = rft(args.format("graded.jsonl"), folder)
    found = rft(args.format(pipe), folder, stdin=["a pipe", "graded.jsonl"])
    assert (found["status"], found["err"]) == (expected["status"], expected["err"])
    assert re.sub(r"/dev/fd/\d+", "graded.jsonl", found["out"]) == expected["out"]


def test_a_dash_stands_for_one_file_only(rft: Rft, folder: Path) -> None:
    done = rft("data select - --rollouts - -o kept.jsonl", folder)
    assert done["status"] == 2
    assert "'-' can stand for one file only" in done["err"]


@pytest.mark.parametrize("args", ["data convert few.jsonl --to openai -o", "data fix bad.jsonl --for rft -o"])
def test_nothing_is_written_beside_a_device(args: str, rft: Rft, folder: Path) -> None:
    devices = set(Path("/dev").iterdir())
    assert rft(f"{args} /dev/null", folder)["status"] in (0, 1)
    assert set(Path("/dev").iterdir()) == devices


@pytest.mark.parametrize("name", ENVIRONMENTS)
@pytest.mark.parametrize("args", ["grade rollouts.jsonl --reward demo/reward.py:reward", "data card few.jsonl"])
def test_an_odd_environment_is_no_bug_of_ours(name: str, args: str, folder: Path) -> None:
    redirected, status = ENVIRONMENTS[name]
    command = f"{PYTHON} -m rft {args} {redirected}"
    variables = {"PYTHONPATH": str(ROOT), **VARIABLES.get(name, os.environ)}
    done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=variables, capture_output=True, text=True)
    assert done.returncode == status, done
    assert "Traceback" not in done.stderr
    assert "bug of rftkit" not in done.stderr


def test_a_path_may_hold_bytes_that_are_no_text(folder: Path) -> None:
    odd = folder / os.fsdecode(b"d\xff \n")
    (folder / "demo").rename(odd)
    shutil.copy(folder / "rollouts.jsonl", odd)
    words = [sys.executable, "-m", "rft", "grade", odd / "rollouts.jsonl", "--reward", f"{odd}/reward.py:reward"]
    done = subprocess.run(
        [*words, "-o", odd / "grades.jsonl"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
    )
    assert done.returncode == 0, done
    assert (odd / "grades.jsonl").stat().st_size


def test_a_folder_that_was_removed_is_said_in_one_line(tmp_path: Path) -> None:
    command = f"cd {shlex.quote(str(tmp_path))} && rmdir {shlex.quote(str(tmp_path))} && {PYTHON} -m rft init x"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["/bin/sh", "-c", command], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        2,
        "rft: the current folder has been removed; change to one that exists\n",
    )


def test_standard_output_by_its_name_is_written_as_it_is(folder: Path) -> None:
    command = f"{PYTHON} -m rft data convert few.jsonl --to openai -o /dev/stdout | head -1"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True)
    assert "messages" in json.loads(done.stdout)


@pytest.mark.parametrize("how", ["a pipe", "a file"])
def test_a_dash_as_the_output_is_standard_output(how: str, rft: Rft, folder: Path) -> None:
    expected = rft("data convert few.jsonl --to openai -o rows.jsonl", folder)
    assert expected["status"] == 0
    to = "| cat >out" if how == "a pipe" else ">out"
    command = f"{PYTHON} -m rft data convert few.jsonl --to openai -o - {to}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True)
    assert (folder / "out").read_bytes() == (folder / "rows.jsonl").read_bytes()
    assert "12 of 12 rows" in done.stderr
    assert not (folder / "-").exists()


def test_a_folder_stands_for_its_project_file(rft: Rft, folder: Path) -> None:
    assert rft("run demo/ --until data", folder)["status"] == 0
    assert (folder / "runs" / "demo" / "data").is_dir()


def test_extras_that_lack_are_named_before_the_first_stage(rft: Rft, folder: Path) -> None:
    done = rft("run demo", folder, without=["torch", "awslambdaric"])
    assert done["status"] == 2
    needed = "rft: not installed: awslambdaric, torch; pip install 'rftkit[lambda,local]'; --until check runs without"
    assert done["err"].splitlines() == [needed]
    assert not (folder / "runs").exists()


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
YAML_BOMBS = {
    "an alias bomb": (BOMB, "counting each use of an alias"),
    "deep nesting": ("a: " + "[" * 200_000, "deep"),
    "deep nesting of keys": ("".join(f"{' ' * depth}a:\n" for depth in range(1_000)), "deep"),
    "a huge number": ("n: " + "1" * 100_000, "a number of 100,000 characters"),
    "a huge hexadecimal number": ("n: 0x" + "f" * 100_000, "a number of 100,002 characters"),
    "a huge number to base 60": ("n: " + "1:" * 100_000 + "1", "a number of 200,001 characters"),
    "a key twice": ("a: 1\na: 2\n", "written twice"),
    "a tag": ("a: !!python/object/apply:os.system [id]\n", "the tag"),
    "no YAML": ("a: [1, 2\nb: }\n", "this is not YAML"),
    "not UTF-8": ("a: \udce9\n", "this is not UTF-8"),
}
YAML_DOORS = [
    ("r.yaml", "grade rollouts.jsonl --reward r.yaml"),
    ("r.yaml", "audit --reward r.yaml --data worse.jsonl"),
    ("r.yaml", "package build r.yaml -o new.zip"),
    ("demo/project.yaml", "run demo --plan"),
    ("demo/project.yaml", "data make demo -o d"),
    ("demo/project.yaml", "data plan demo/project.yaml"),
    ("cloud/project.yaml", "train plan cloud/project.yaml --runs cloud"),
    ("demo/templates.yaml", "data make demo -o d"),
    ("demo/templates.yaml", "run demo --until data"),
    ("recipe.yaml", "recipe check recipe.yaml"),
    ("recipe.yaml", "recipe cost recipe.yaml"),
    ("recipe.yaml", "recipe diff recipe.yaml rft-full"),
    ("part.yaml", "recipe new rft-lora --from part.yaml"),
    ("recipe.yaml", "train plan cloud/project.yaml --runs cloud --recipe recipe.yaml"),
    ("recipe.yaml", "model deploy cloud/project.yaml --name m --recipe recipe.yaml --plan"),
]


@pytest.mark.parametrize(("name", "args"), YAML_DOORS, ids=[args for _, args in YAML_DOORS])
def test_yaml_that_nobody_vouches_for_is_one_line_at_every_door(name: str, args: str, rft: Rft, folder: Path) -> None:
    wrong = []
    for bad, (text, said) in YAML_BOMBS.items():
        (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
        done = rft(args, folder)
        shown = done["out"] + done["err"]
        line = next((line for line in shown.splitlines() if said in line), "")
        located = re.search(rf"{Path(name).name}(:\d+: |: error .*\(line \d+\))", line)
        if done["status"] not in (1, 2) or not located or "Traceback" in shown or len(line) > 500:
            wrong.append((bad, done["status"], shown[-500:]))
    assert wrong == []


@pytest.mark.parametrize("written", [BOMB.splitlines()[1], "[" * 10_000, "1" * 10_000, "1:" * 10_000, "!!set {}"])
def test_a_value_on_the_command_line_is_yaml_too(written: str, rft: Rft, folder: Path) -> None:
    done = rft(f"recipe new rft-lora --set {shlex.quote(f'training_config.max_steps={written}')}", folder)
    assert done["status"] == 2
    (line,) = done["err"].splitlines()
    assert line.startswith("rft: ")
    assert len(line) < 500
