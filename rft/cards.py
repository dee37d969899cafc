"""The reference page of components: a card for each, from its signature, its docstring and its grader zip.

python -m rft.cards docs/components.md
"""

from __future__ import annotations

import inspect
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from lambda_package.packaging.build import build
from rewards import REWARDS, from_spec
from rewards.hedging import Hedging, hedging_of
from rewards.types import JSON

BEGIN, END = "<!-- begin cards -->", "<!-- end cards -->"
_NEEDED: Mapping[str, Mapping[str, JSON]] = {
    "excess_calls": {"budget": 4, "limit": 8},
    "excess_turns": {"budget": 4, "limit": 8},
    "has_tags": {"tags": ["answer"]},
    "judge": {"rubric": "Is it right?"},
    "on_turns": {"reward": "json_parse"},
    "overlong": {"limit_chars": 4000, "buffer_chars": 1000},
    "rubric": {"criteria": {"right": "Is it right?"}},
    "schema_valid": {"schema": {"type": "object"}},
}
"""Parameters of the components that have none by default."""
_HEDGING = {
    Hedging.NO_REFERENCE: "nothing to hedge: it reads no reference",
    Hedging.ONE_ANSWER: "never pays: the score is 1 or 0",
    Hedging.NEVER_PAYS: "never pays",
    Hedging.CAN_PAY: "can pay",
    Hedging.UNKNOWN: "not derived",
}


def component_names() -> list[str]:
    """The registered rewards that are no combinators."""
    above = ("rewards.combinators", "rewards.arithmetic")
    return sorted(name for name, make in REWARDS.items() if make.__module__ not in above)


def sizes_kb() -> dict[str, float]:
    """The size of the grader zip of each component alone."""
    with tempfile.TemporaryDirectory() as folder:
        return {name: _size_bytes(name, Path(folder)) / 1000 for name in component_names()}


def _size_bytes(name: str, folder: Path) -> int:
    needed = _NEEDED.get(name, {})
    arguments = ", ".join(
        f"*{value!r}" if name == "has_tags" else f"{value}()" if key == "reward" else f"{key}={value!r}"
        for key, value in needed.items()
    )
    names = ", ".join([name, *(str(value) for key, value in needed.items() if key == "reward")])
    source = folder / f"a_{name}.py"
    source.write_text(f"from rewards import {names}\n\nreward = {name}({arguments})\n", encoding="utf-8")
    return build(f"{source}:reward", folder / f"{name}.zip").size_bytes


def known_sizes_kb(page: str) -> dict[str, float]:
    """The sizes that `page` gives.

    >>> known_sizes_kb(card("has_tags", 50.2))
    {'has_tags': 50.0}
    """
    cards = re.findall(r"^## `(\w+)`$.*?^\| grader zip \| (\d+) KB \|$", page, flags=re.MULTILINE | re.DOTALL)
    return {name: float(size) for name, size in cards}


def card(name: str, size_kb: float) -> str:
    """What the code says about one component."""
    said = inspect.cleandoc(REWARDS[name].__doc__ or "")
    text, _, example = said.partition("\n>>> ")
    paragraphs = [_joined(paragraph.strip("\n")) for paragraph in text.split("\n\n") if paragraph.strip()]
    source = next(paragraph for paragraph in paragraphs if paragraph.startswith("Source: "))
    rows = [
        ("module", f"`{REWARDS[name].__module__}`"),
        ("hedging", _HEDGING[hedging_of(from_spec({name: dict(_NEEDED.get(name, {}))}))]),
        ("source", source.removeprefix("Source: ")),
        ("grader zip", f"{size_kb:.0f} KB"),
    ]
    return "\n".join(
        (
            f"## `{name}`",
            "",
            f"`{name}{_signature(name)}`",
            "",
            *_body(paragraphs),
            "| | |",
            "|---|---|",
            *(f"| {key} | {value.replace('|', '&#124;')} |" for key, value in rows),
            "",
            "```pycon",
            f">>> from rewards import {name}",
            *(f">>> {example.rstrip()}".split("\n")),
            "```",
        )
    )


def _signature(name: str) -> str:
    parameters = inspect.signature(REWARDS[name]).parameters.values()
    return str(inspect.Signature([one.replace(annotation=inspect.Parameter.empty) for one in parameters])).replace(
        "AnswerFormat(tag='', key=(), reference_key=None, reasoning=())", "AnswerFormat()"
    )


def _joined(paragraph: str) -> str:
    """On one line, unless it is a formula, which is indented."""
    return paragraph if paragraph.startswith(" ") else " ".join(paragraph.split())


def _body(paragraphs: list[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        if not paragraph.startswith("Source: "):
            yield paragraph
            yield ""


def written(page: str, sizes: Mapping[str, float]) -> str:
    """`page` with the cards between its markers made anew."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    cards = "\n\n".join(card(name, sizes.get(name, 0)) for name in component_names())
    return f"{head}{BEGIN}\n\n{cards}\n\n{END}{tail}"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(written(path.read_text(encoding="utf-8"), sizes_kb()), encoding="utf-8")
