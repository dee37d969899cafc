"""Write the rows of this example from `grammar.yaml`: train.csv, validation.csv and test.csv.

python examples/airline_intents/make_rows.py [--seed 7] [-o FOLDER]

A pattern with its choices made is a phrasing. A fifth of the phrasings of each intent are drawn for the test and occur
nowhere else; of each pattern at least one is trained on. Every row has its own random numbers (intent, split, index).
Names, addresses, phone and card numbers are masked before a row is written.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from datagen.documents.pii import Found, mask
from rewards.writing import write_text
from rewards.yaml_text import read_yaml_text

HERE = Path(__file__).parent
ROWS = {"train": 90, "validation": 10, "test": 15}  # of each intent; validation is a tenth of what is not test
HELD_OUT = 0.2  # of the phrasings of each intent are in the test alone
CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
TRIES = 200  # of drawing a query that no other row has
PERSONAL = 0.1  # of the queries hold contact details


class Row(NamedTuple):
    """A line of the files: the phrasing is where the query comes from."""

    id: str
    query: str
    intent: str
    phrasing: str


class Phrasing(NamedTuple):
    """A pattern with its choices made, and its name within the intent: the pattern's number and its own."""

    name: str
    text: str


def rows_of(grammar: Mapping[str, Any], seed: int) -> dict[str, list[Row]]:
    """Every split's rows. No query occurs twice, in whatever split."""
    found: dict[str, list[Row]] = {split: [] for split in ROWS}
    taken: set[str] = set()
    for intent in grammar["intents"]:
        sides = phrasings_of(grammar["intents"][intent], Random(f"{seed}/{intent}/phrasings"))
        for split, count in ROWS.items():
            for index in range(count):
                row = _row(grammar, intent, split, index, sides["test" if split == "test" else "train"], seed, taken)
                taken.add(row.query)
                found[split].append(row)
    return found


def phrasings_of(patterns: list[str], rng: Random) -> dict[str, list[list[Phrasing]]]:
    """The phrasings of an intent on the two sides, pattern by pattern."""
    every = [_chosen(number, pattern) for number, pattern in enumerate(patterns, 1)]
    free = [one for found in every for one in rng.sample(found, len(found))[1:]]  # what is left trains its pattern
    test = set(rng.sample(free, round(HELD_OUT * sum(map(len, every)))))
    sides = {
        "train": [[one for one in found if one not in test] for found in every],
        "test": [[one for one in found if one in test] for found in every],
    }
    return {side: [found for found in by_pattern if found] for side, by_pattern in sides.items()}


def _chosen(number: int, pattern: str) -> list[Phrasing]:
    """A pattern with its choices made, in every way."""
    fixed = CHOICE.split(pattern)[::2]
    ways = list(product(*(choices.split("|") for choices in CHOICE.findall(pattern))))
    texts = ("".join(part + way for part, way in zip(fixed, [*chosen, ""], strict=True)) for chosen in ways)
    return [Phrasing(f"{number}.{place}", text) for place, text in enumerate(texts, 1)]


def _row(
    grammar: Mapping[str, Any],
    intent: str,
    split: str,
    index: int,
    phrasings: list[list[Phrasing]],
    seed: int,
    taken: set[str],
) -> Row:
    rng = Random(f"{seed}/{intent}/{split}/{index}")
    for _ in range(TRIES):
        phrasing = rng.choice(rng.choice(phrasings))  # every pattern is as likely as any other
        personal = rng.choice(grammar["personal"]) if rng.random() < PERSONAL else ""
        text = rng.choice(grammar["openers"]) + phrasing.text + rng.choice(grammar["endings"]) + personal
        query = mask(_filled(text, grammar["slots"], rng), finder=names).text
        if query not in taken:
            return Row(f"{intent}-{split}-{index}", query, intent, f"{intent}-{phrasing.name}")
    raise ValueError(f"{intent}: {TRIES} tries gave no new query; give its patterns more choices")


def _filled(text: str, slots: Mapping[str, list[str]], rng: Random) -> str:
    """The text with its slots filled; one slot never gets a value twice."""
    left = {name: rng.sample(values, len(values)) for name, values in slots.items()}
    return " ".join(re.sub(r"\{(\w+)\}", lambda match: left[match[1]].pop(), text).split())


def names(text: str) -> Iterator[Found]:
    """The names that people give: they have no pattern of their own, so rftkit's own finder leaves them to us."""
    for match in re.finditer(r"\bmy name is (\w+)", text):
        yield Found("NAME", *match.span(1))


def files_of(rows: Mapping[str, list[Row]]) -> Iterator[tuple[str, str]]:
    """Name and text of each file."""
    for split, found in rows.items():
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([Row._fields, *found])
        yield f"{split}.csv", text.getvalue()


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("-o", "--output", type=Path, default=HERE / "rows")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for name, text in files_of(rows_of(read_grammar(), options.seed)):
        write_text(options.output / name, text)


def read_grammar() -> Mapping[str, Any]:
    """The grammar beside this file."""
    read = read_yaml_text((HERE / "grammar.yaml").read_text("utf-8"))
    assert isinstance(read.value, Mapping), read.errors
    return read.value


if __name__ == "__main__":
    main()
