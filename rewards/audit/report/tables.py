"""The generated tables of `docs/audit.md`.

python -m rewards.audit.report.tables docs/audit.md
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

from rewards.audit import config
from rewards.audit.attacks.battery import BATTERY
from rewards.audit.report.findings import RULES, SECTIONS, Finding

BEGIN, END = "<!-- begin {} -->", "<!-- end {} -->"


def codes() -> str:
    """Every finding code, section by section."""
    lines: list[str] = []
    for section in SECTIONS:
        rows = [code for code in RULES if Finding(code, "").section == section]
        lines += [f"### {section}", ""]
        lines += _table(("code", "severity", "what it says", "why it hurts", "what to do"), map(_rule, rows))
        lines.append("")
    return "\n".join(lines[:-1])


def _rule(code: str) -> tuple[str, ...]:
    rule = RULES[code]
    return (f"`{code}`", rule.severity, rule.meaning, rule.why, rule.remedy)


def settings() -> str:
    """Every setting of `AuditConfig` with its default and its docstring."""
    tree = ast.parse(inspect.getsource(config.AuditConfig)).body[0]
    assert isinstance(tree, ast.ClassDef)
    default = {field.name: field.default for field in fields(config.AuditConfig)}
    rows = [(f"`{name}`", f"`{default[name]!r}`", text) for name, text in _documented(tree) if name != "step"]
    return "\n".join(_table(("setting", "default", "meaning"), rows))


def _documented(tree: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, text in pairwise(tree.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            yield field.target.id, str(ast.literal_eval(text.value))


def attacks() -> str:
    """Every attack with its kind."""
    return "\n".join(_table(("attack", "kind"), ((attack.name, attack.kind) for attack in BATTERY)))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]


def written(text: str) -> str:
    """`text` with every table between its markers regenerated."""
    for name, table in (("codes", codes), ("settings", settings), ("attacks", attacks)):
        begin, end = BEGIN.format(name), END.format(name)
        head, _, rest = text.partition(begin)
        _, _, tail = rest.partition(end)
        text = f"{head}{begin}\n{table()}\n{end}{tail}"
    return text


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8")
