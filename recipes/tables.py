"""The tables of docs/recipes.md, made from the code: `python -m recipes.tables docs/recipes.md` renews them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from recipes.catalogue.officials import MODELS, catalogue
from recipes.checking.explain import STRUCTURE
from recipes.checking.lints.all import LINTS
from recipes.checking.prices import price_table
from recipes.families.all import FAMILIES

BLOCK = re.compile(r"(<!-- table: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table.

    >>> print(markdown_table(["a", "b"], [["1", "x|y"]]))
    | a | b |
    | --- | --- |
    | 1 | x\\|y |
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def families() -> str:
    """One row per recipe class: its method, where it runs, how many official files are of it."""
    rows = [
        [
            family.TITLE,
            f"`{family.__name__}`",
            f"`{family.METHOD}`",
            ", ".join(family.PLATFORMS),
            str(sum(entry.family is family for entry in catalogue())),
        ]
        for family in FAMILIES
    ]
    return markdown_table(["recipe", "class", "method", "runs on", "official files"], rows)


def models() -> str:
    """One row per model that can be trained: our name, AWS's names."""
    rows = [
        [f"`{m.name}`", f"`{m.model_type}`", f"`{m.path}`" if m.path else "teaches only", m.hub_name] for m in MODELS
    ]
    return markdown_table(["--model", "run.model_type", "run.model_name_or_path", "JumpStart"], rows)


def lints() -> str:
    """One row per lint."""
    rows = [[f"`{lint.code}`", lint.severity, lint.reason, lint.fix, lint.source] for lint in LINTS]
    return markdown_table(["code", "severity", "why", "fix", "source"], rows)


def findings() -> str:
    """One row per finding about reading and structure."""
    return markdown_table(["code", "meaning"], [[f"`{code}`", meaning] for code, meaning in STRUCTURE.items()])


def prices() -> str:
    """One row per instance type with a price."""
    rows = [[name, f"{p.low:g} to {p.high:g}", p.basis, p.read] for name, p in price_table().items()]
    return markdown_table(["instance", "USD per hour", "price of", "read"], rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "models": models,
    "families": families,
    "findings": findings,
    "lints": lints,
    "prices": prices,
}


def renewed(text: str) -> str:
    """A document with the content of each `<!-- table: NAME --> ... <!-- end -->` made anew."""
    return BLOCK.sub(lambda match: f"{match[1]}{TABLES[match['name']]()}\n{match[3]}", text)


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(renewed(page.read_text("utf-8")), "utf-8")
