"""Files are UTF-8 whatever the locale, and what is printed has every character, as itself or as JSON escapes it."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.faults.client import ROOT, Rft, make_inputs
from tests.faults.commands import CALLS, Elsewhere, Writes

PACKAGES = ("rewards", "datagen", "recipes", "lambda_package", "estimators", "rft", ".ci")
LETTERS = "é \u2014 日本 \U0001f600 \u00a0"
C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LOCALES = {"C": C, "ASCII": {**C, "PYTHONIOENCODING": "ascii"}, "Latin-1": {**C, "PYTHONIOENCODING": "latin-1"}}


class Done(NamedTuple):
    """What a command said, and the bytes that it wrote."""

    said: dict[str, Any]
    files: dict[str, bytes]


@pytest.fixture(scope="module")
def utf8() -> Iterator[Rft]:
    running = Rft(variables={"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"})
    yield running
    running.close()


@pytest.fixture(scope="module")
def in_utf8(utf8: Rft, inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Done]:
    return cache(lambda command: called(utf8, command, inputs, tmp_path_factory.mktemp("utf8") / "work"))


@pytest.fixture(scope="module", params=LOCALES)
def other(request: pytest.FixtureRequest) -> Iterator[Rft]:
    running = Rft(variables=LOCALES[request.param])
    yield running
    running.close()


@pytest.fixture(scope="module")
def inputs(utf8: Rft, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the table, with letters of many alphabets in every text of a row, and in a document."""
    folder = make_inputs(utf8, tmp_path_factory.mktemp("inputs"))
    for path in [*folder.glob("*.jsonl"), folder / "event.json"]:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        for row in rows:
            for turn in row.get("messages", []):
                turn["content"] = turn["content"] + LETTERS if turn["role"] == "user" else turn["content"]
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    for path in (folder / "demo" / "documents").iterdir():
        path.write_text(f"{path.read_text('utf-8')}\nThe last rule is {LETTERS}.\n", "utf-8")
    with (folder / "demo" / "reward.py").open("a", encoding="utf-8") as file:
        file.write(f"\n# {LETTERS}\n")
    return folder


def called(rft: Rft, command: str, inputs: Path, folder: Path) -> Done:
    call = CALLS[command]
    assert not isinstance(call, Elsewhere)
    said = rft(call.args, Path(shutil.copytree(inputs, folder)))
    return Done(said, call.files(folder) if isinstance(call, Writes) and not call.timed else {})


@pytest.mark.parametrize("command", [name for name, call in CALLS.items() if not isinstance(call, Elsewhere)])
def test_a_locale_changes_no_file_and_no_verdict(
    command: str, in_utf8: Callable[[str], Done], other: Rft, inputs: Path, tmp_path: Path
) -> None:
    expected, found = in_utf8(command), called(other, command, inputs, tmp_path / "work")
    assert found.said["status"] == expected.said["status"], found.said
    assert "Traceback" not in found.said["err"]
    assert found.files == expected.files


@pytest.mark.parametrize("variables", LOCALES)
def test_rows_that_are_piped_are_rows(variables: str, inputs: Path, tmp_path: Path) -> None:
    out = tmp_path / "piped.jsonl"
    with out.open("wb") as file:  # as in `> piped.jsonl`
        command = [sys.executable, "-m", "rft", "data", "convert", "few.jsonl", "--to", "openai", "-o", "/dev/stdout"]
        environment = {"PYTHONPATH": str(ROOT), **LOCALES[variables]}
        subprocess.run(command, cwd=inputs, env=environment, stdout=file, stderr=subprocess.PIPE, check=True)
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert len(rows) == 12
    assert rows[0]["messages"][-2]["content"].endswith(LETTERS)


SAYS = "import sys, click; from rft.terminal import protected\nwith protected(): click.echo(sys.argv[1])"


@pytest.mark.parametrize(
    ("variables", "encoding"), [(C, "utf-8"), (LOCALES["ASCII"], "ascii"), (LOCALES["Latin-1"], "latin-1")]
)
def test_what_is_piped_is_json_in_any_encoding(variables: dict[str, str], encoding: str) -> None:
    text = json.dumps({"a": LETTERS}, ensure_ascii=False)
    code = SAYS.replace("sys.argv[1]", ascii(text))
    done = subprocess.run(
        [sys.executable, "-c", code], env={**variables, "PYTHONPATH": str(ROOT)}, capture_output=True, check=True
    )
    assert json.loads(done.stdout.decode(encoding)) == {"a": LETTERS}


def without_encoding(tree: ast.AST) -> Iterator[int]:
    """The lines of calls that open a file or a process as text in the encoding of the locale."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = re.sub(r"\(.*?\)", "", ast.unparse(call.func))
        options = {option.arg: ast.unparse(option.value) for option in call.keywords}
        words = [ast.literal_eval(arg) for arg in call.args if isinstance(arg, ast.Constant)]
        mode = [word for word in words if isinstance(word, str) and re.fullmatch(r"[rwxa]?[bt+]*", word) and word]
        opens = re.search(r"(^|\.|fd)open$", name) and not re.match(
            r"(os\.open|.*([aA]rchive|[iI]mage|[tT]ar|opener|runtime|gzip))", name
        )
        as_text = (
            (opens and "b" not in "".join(mode) + options.get("mode", ""))
            or (name.endswith(".read_text") and not call.args)
            or (name.endswith(".write_text") and len(call.args) < 2)
            or (name.endswith("TemporaryFile") and "b" not in options.get("mode", "b"))
            or (options.get("text") == "True" and not name.endswith("run_child"))  # which reads UTF-8
        )
        if as_text and "encoding" not in options:
            yield call.lineno


@pytest.mark.parametrize("package", PACKAGES)
def test_no_code_of_ours_opens_text_in_the_encoding_of_the_locale(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    found = [f"{file}:{line}" for file in files for line in without_encoding(ast.parse(file.read_text("utf-8")))]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "open('a')",
        "open(p, 'w')",
        "p.open()",
        "p.read_text()",
        "p.write_text(x)",
        "os.fdopen(1, 'w')",
        "run(c, text=True)",
    ],
)
def test_a_call_without_its_encoding_is_found(code: str) -> None:
    assert list(without_encoding(ast.parse(code))) == [1]
