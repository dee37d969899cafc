"""The documents of the templates are what the script beside the benchmarks writes, to the byte."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def script() -> dict[str, object]:
    sys.path.insert(0, str(BENCHMARKS))  # as where it is run
    try:
        return runpy.run_path(str(BENCHMARKS / "template_documents.py"))
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.mark.parametrize("template", ["tools", "extraction", "detection", "keywords"])
def test_the_documents_of_a_template_are_written_by_the_script(script: dict[str, object], template: str) -> None:
    folder = script["TEMPLATES"] / template / "documents"  # type: ignore[operator]  # a script's globals have no types
    found = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    assert found == dict(script["WRITTEN"][template]())  # type: ignore[index]
