"""SARIF of findings: the rules of version 2.1.0 and of GitHub's page, whatever the findings say."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from rft.cli import rft
from rft.explain import TABLES
from rft.sarif import Result, line_of_name, sarif_log, uri_of

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
PLACE = {
    "type": "object",
    "required": ["artifactLocation", "region"],
    "properties": {
        "artifactLocation": {"required": ["uri"], "properties": {"uri": {"type": "string", "minLength": 1}}},
        "region": {"required": ["startLine"], "properties": {"startLine": {"type": "integer", "minimum": 1}}},
    },
}
# What the standard demands of the parts that we write (sections 3.13 to 3.59), and GitHub of a result's place.
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": {"$ref": "#/$defs/run"}},
    },
    "$defs": {
        "run": {
            "required": ["tool", "results"],
            "properties": {
                "tool": {"required": ["driver"], "properties": {"driver": {"$ref": "#/$defs/driver"}}},
                "automationDetails": {"required": ["id"]},
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "invocations": {"items": {"required": ["executionSuccessful"]}},
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
            },
        },
        "driver": {
            "required": ["name", "rules"],
            "properties": {
                "name": {"type": "string", "minLength": 1},
                "rules": {
                    "uniqueItems": True,
                    "items": {"required": ["id"], "properties": {"shortDescription": TEXT, "help": TEXT}},
                },
            },
        },
        "result": {
            "required": ["message", "ruleId", "level"],
            "properties": {
                "message": TEXT,
                "level": LEVEL,
                "ruleIndex": {"type": "integer", "minimum": 0},
                "locations": {"items": {"required": ["physicalLocation"], "properties": {"physicalLocation": PLACE}}},
            },
        },
    },
}
AUDIT, DATA, RECIPES = (list(TABLES[place]()) for place in (0, 1, 3))


def results(codes: list[str]) -> st.SearchStrategy[list[Result]]:
    severities = st.sampled_from(["error", "warning", "note"])
    examples = st.dictionaries(st.text(), st.text() | st.floats() | st.none(), max_size=2)
    return st.lists(
        st.builds(
            Result,
            st.sampled_from(codes),
            severities,
            st.text(st.characters(), min_size=1),
            st.integers(0, 9),
            examples,
        )
    )


def checked(log: dict[str, object]) -> dict[str, object]:
    """The only run of a log that keeps the rules, as any reader gets it from the file."""
    read = json.loads(json.dumps(log).encode("ascii"))
    jsonschema.Draft202012Validator(SARIF).validate(read)
    (run,) = read["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[each["ruleIndex"]] for each in run["results"]] == [each["ruleId"] for each in run["results"]]
    assert set(rules) == {each["ruleId"] for each in run["results"]}
    return run


@given(st.one_of([st.tuples(st.just(p), results(c)) for p, c in [("", AUDIT), ("data-", DATA), ("recipe-", RECIPES)]]))
def test_every_finding_is_in_the_log_at_its_line(drawn: tuple[str, list[Result]]):
    prefix, found = drawn
    run = checked(sarif_log("rft data check", Path("rows.jsonl"), found, prefix=prefix))
    said = [
        (each["ruleId"], each["level"], each["locations"][0]["physicalLocation"]["region"]["startLine"])
        for each in run["results"]
    ]
    assert said == [(each.code, each.severity, max(each.line, 1)) for each in found]


@given(st.lists(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_a_relative_path_is_read_back_from_its_uri(parts: list[str]):
    path = Path("here", *(part for part in parts if part not in (".", "..")))
    assert Path(unquote(uri_of(path))) == path


def test_a_file_elsewhere_has_a_file_uri(tmp_path: Path):
    assert uri_of(tmp_path / "a b").startswith("file:///")


def test_findings_that_are_not_listed_are_counted():
    (run,) = sarif_log("rft data check", Path("rows.jsonl"), [], hidden=1234)["runs"]
    (said,) = run["invocations"][0]["toolExecutionNotifications"]
    assert "1,234 more findings" in said["message"]["text"]


def test_two_files_of_a_repository_do_not_replace_each_other():
    ids = {sarif_log("rft audit", Path(name), [])["runs"][0]["automationDetails"]["id"] for name in ("a.py", "b.py")}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("x = 1\n\ndef reward(s, c): ...\n", 3),
        ("@d\ndef reward(s, c): ...\n", 2),
        ("reward = f(\n 1)\n", 1),
        ("a = 1\nreward: object = 2\n", 2),
        ("class reward: ...\n", 1),
        ("def other(): ...\n", 0),
    ],
)
def test_the_line_is_that_of_the_definition(source: str, line: int, tmp_path: Path):
    (tmp_path / "r.py").write_text(source)
    assert line_of_name(tmp_path / "r.py", "reward") == line


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    row = {"id": "a", "messages": [{"role": "user", "content": "2+2?"}], "reference_answer": "4"}
    other = row | {"id": "b", "messages": [{"role": "user", "content": "2+3?"}], "reference_answer": "5"}
    Path("rows.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(other) + "\n")
    return tmp_path


def written(*args: str) -> tuple[int, dict[str, object]]:
    done = CliRunner().invoke(rft, [*args, "--sarif", "found.sarif"])
    return done.exit_code, checked(json.loads(Path("found.sarif").read_text()))


def places(run: dict[str, object]) -> set[tuple[str, int]]:
    found = [each["locations"][0]["physicalLocation"] for each in run["results"]]  # type: ignore[attr-defined,index]
    return {(place["artifactLocation"]["uri"], place["region"]["startLine"]) for place in found}


def test_an_audit_points_at_the_reward(folder: Path):
    Path("my rewards").mkdir()
    Path("my rewards/r.py").write_text("from rewards import Score\n\ndef all(s, c):\n    return Score(1.0, 'ok')\n")
    status, run = written("audit", "--reward", "my rewards/r.py:all", "--data", "rows.jsonl")
    assert (status, places(run)) == (1, {("my%20rewards/r.py", 3)})
    assert "law-all-blind" in {each["ruleId"] for each in run["results"]}  # type: ignore[attr-defined]


def test_a_data_check_points_at_the_row(folder: Path):
    Path("rows.jsonl").write_text('{"messages": [{"role": "user", "content": "a"}], "reference_answer": "b"}\n\nx\n')
    status, run = written("data", "check", "rows.jsonl", "--for", "rft")
    assert status == 1
    assert {("rows.jsonl", 2), ("rows.jsonl", 3)} <= places(run)


def test_a_recipe_check_points_at_the_key(folder: Path):
    CliRunner().invoke(rft, ["recipe", "new", "rft-lora", "-o", "r.yaml"])
    lines = Path("r.yaml").read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.strip().startswith("max_steps:"))
    lines[at] = lines[at].partition(":")[0] + ": many"
    Path("r.yaml").write_text("\n".join(lines))
    status, run = written("recipe", "check", "r.yaml")
    assert status == 1
    assert ("r.yaml", at + 1) in places(run)


def test_nothing_found_is_a_log_without_results():
    assert checked(sarif_log("rft recipe check", None, []))["results"] == []


def test_findings_of_standard_input_have_no_place():
    (run,) = sarif_log("rft recipe check", None, [Result("no-variance", "error", "x", 3)], prefix="recipe-")["runs"]
    assert "locations" not in checked({"version": "2.1.0", "runs": [run]})["results"][0]  # type: ignore[index]
