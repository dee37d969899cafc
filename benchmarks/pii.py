"""Recall and precision of masking beside Microsoft Presidio's, on texts whose personal data is known.

    pip install presidio-analyzer==2.2.366
    python benchmarks/pii.py [--threshold 0.4] [--json]

The texts are those of `tests/unit/datagen/documents/test_pii_truth.py`: at least 200 values of a kind in six languages
and 48 contexts, and 60 kinds of years, standards and figures that are none. Presidio runs its patterns and check digits
without a language model, so it is compared on structured kinds alone. A value counts as found where one finding covers
exactly its characters, and as touched where one overlaps it; whatever is found outside a value is wrong.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from datagen.documents.pii import find

TRUTH = Path(__file__).parents[1] / "tests" / "unit" / "datagen" / "documents" / "test_pii_truth.py"
Finder = Callable[[str], Iterator[tuple[int, int]]]


class Planted(NamedTuple):
    """A text with the place of its value, empty where it has none."""

    kind: str
    text: str
    start: int
    end: int


def ours(text: str) -> Iterator[tuple[int, int]]:
    """Where our patterns find something."""
    return ((found.start, found.end) for found in find(text))


def presidio(threshold: float) -> Finder:
    """Where Presidio's recognizers find something, without a language model."""
    import spacy  # type: ignore[import-not-found]  # not of the project
    from presidio_analyzer import AnalyzerEngine  # type: ignore[import-not-found]  # not of the project
    from presidio_analyzer.nlp_engine import SpacyNlpEngine  # type: ignore[import-not-found]  # not of the project

    class Blank(SpacyNlpEngine):  # type: ignore[misc]  # untyped
        def __init__(self) -> None:
            super().__init__()
            self.nlp = {"en": spacy.blank("en")}

    engine = AnalyzerEngine(nlp_engine=Blank(), supported_languages=["en"])

    def found(text: str) -> Iterator[tuple[int, int]]:
        results = engine.analyze(text=text, language="en", score_threshold=threshold)
        return ((result.start, result.end) for result in results)

    return found


def texts() -> Iterator[Planted]:
    """Every text of the test."""
    spec = importlib.util.spec_from_file_location("truth", TRUTH)
    assert spec
    assert spec.loader
    truth: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(truth)
    for kind in truth.KINDS:
        for context, value in truth.planted(kind):
            start = context.index("{}")
            yield Planted(kind, context.format(value), start, start + len(value))
    contexts = [context for group in truth.CONTEXTS.values() for context in group]
    for value in truth.HARMLESS:
        for context in contexts:
            yield Planted("none", context.format(value), 0, 0)


def measured(finder: Finder) -> dict[str, dict[str, float]]:
    """Of each kind the share found whole and touched, and over all the share of findings that are right."""
    kinds: dict[str, list[tuple[bool, bool]]] = {}
    right = wrong = 0
    start = time.process_time()
    for planted in texts():
        places = list(finder(planted.text))
        inside = [place for place in places if planted.start <= place[0] and place[1] <= planted.end]
        right, wrong = right + len(inside), wrong + len(places) - len(inside)
        touched = any(begin < planted.end and planted.start < end for begin, end in places)
        kinds.setdefault(planted.kind, []).append(((planted.start, planted.end) in places, touched))
    none = kinds.pop("none")
    shares = {
        kind: {
            "whole": sum(whole for whole, _ in found) / len(found),
            "touched": sum(touched for _, touched in found) / len(found),
        }
        for kind, found in kinds.items()
    }
    total = {"precision": right / (right + wrong), "seconds": time.process_time() - start, "harmless": len(none)}
    return {**shares, "all": total}


def main() -> None:
    """Print both, kind by kind."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--threshold", type=float, default=0.0, help="least score of Presidio's findings")
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    results = {"ours": measured(ours), "presidio": measured(presidio(given.threshold))}
    if given.json:
        print(json.dumps(results, indent=1))
        return
    print(f"{'':<10} ours: whole, touched   Presidio: whole, touched")
    for kind, mine in results["ours"].items():
        theirs = results["presidio"][kind]
        if kind != "all":
            print(
                f"{kind:<10} {mine['whole']:>11.3f} {mine['touched']:>8.3f} "
                f"{theirs['whole']:>16.3f} {theirs['touched']:>8.3f}"
            )
    for name, found in results.items():
        print(f"{name:<10} precision {found['all']['precision']:.3f}, {found['all']['seconds']:.2f} s")


if __name__ == "__main__":
    main()
