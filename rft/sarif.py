"""Findings as SARIF 2.1.0, which code hosts and editors show at the line that they are about.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; what GitHub needs beyond it (a
region for each result) is in its page "SARIF support for code scanning", read 2026-11.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from rft.terminal import visible

if TYPE_CHECKING:
    from recipes.checking.explain import CodeFact

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_PAGE = "https://github.com/rftkit/rftkit/tree/main/docs"


class Result(NamedTuple):
    """One finding at a line of a file; line 0 is the file as a whole."""

    code: str
    severity: str
    message: str
    line: int = 0
    properties: Mapping[str, Any] = {}


def write_sarif(
    output: Path, command: str, file: Path | None, results: Iterable[Result], *, prefix: str = "", hidden: int = 0
) -> None:
    """Write the findings of `command` about `file` (None: standard input); `hidden` were counted and are not listed.

    `prefix` is the one under which `rft.explain` knows the codes: recipe-, data- or none.
    """
    from rewards.writing import write_text

    log = sarif_log(command, file, list(results), prefix=prefix, hidden=hidden)
    write_text(output, json.dumps(log, indent=2) + "\n")


def sarif_log(
    command: str, file: Path | None, results: Sequence[Result], *, prefix: str = "", hidden: int = 0
) -> dict[str, Any]:
    """The whole log: one run of one command about one file.

    >>> log = sarif_log("rft recipe check", Path("r.yaml"), [Result("no-variance", "error", "temperature is 0", 7)])
    >>> log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    {'startLine': 7}
    """
    codes = list(dict.fromkeys(result.code for result in results))
    run = {
        "tool": {"driver": _driver(codes, prefix)},
        "automationDetails": {"id": f"{command}/{file or 'stdin'}/"},  # two graders of one repository stay apart
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": _notifications(hidden)}],
        "results": [_result(result, codes.index(result.code), file) for result in results],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def uri_of(path: Path) -> str:
    """A path as a reference: relative to the current folder, as hosts want it, or a file URI where it is elsewhere.

    >>> uri_of(Path("my data/r#1.jsonl"))
    'my%20data/r%231.jsonl'
    """
    absolute = path.absolute()
    return (
        quote(absolute.relative_to(Path.cwd()).as_posix()) if absolute.is_relative_to(Path.cwd()) else absolute.as_uri()
    )


def line_of_name(file: Path, name: str) -> int:
    """The line on which a Python file defines or assigns `name`; 0 where none does."""
    for node in ast.parse(file.read_bytes()).body:
        named = getattr(node, "name", None), *(ast.unparse(each) for each in _targets(node))
        if name in named:
            return node.lineno
    return 0


def _targets(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AnnAssign) else []


def _driver(codes: Sequence[str], prefix: str) -> dict[str, Any]:
    from importlib.metadata import version

    return {
        "name": "rftkit",
        "version": version("rftkit"),
        "informationUri": _PAGE,
        "rules": [_rule(code, prefix) for code in codes],
    }


def _rule(code: str, prefix: str) -> dict[str, Any]:
    from rft.explain import explained

    fact: CodeFact = explained(prefix + code)[0]
    text = f"{fact.reason} {fact.fix}".strip()
    return {"id": code, "shortDescription": {"text": fact.reason}, "help": {"text": f"{text}\nrft explain {code}"}}


def _notifications(hidden: int) -> list[dict[str, Any]]:
    text = f"{hidden:,} more findings were counted and are not listed; a higher --limit lists them"
    return [{"level": "warning", "message": {"text": text}}] if hidden else []


def _result(result: Result, rule: int, file: Path | None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "ruleId": result.code,
        "ruleIndex": rule,
        "level": str(result.severity),
        "message": {"text": visible(result.message)},
    }
    if file is not None:
        place = {"artifactLocation": {"uri": uri_of(file)}, "region": {"startLine": max(result.line, 1)}}
        made["locations"] = [{"physicalLocation": place}]
    if result.properties:
        made["properties"] = {"example": visible(json.dumps(result.properties, ensure_ascii=False))}
    return made
