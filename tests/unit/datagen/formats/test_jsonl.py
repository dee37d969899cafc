"""JSON Lines: what is written is read as it was, and what JSON does not have is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.errors import FormatError
from datagen.formats.jsonl import compact, read_jsonl, write_jsonl

TEXTS = st.text(st.characters(codec=None, categories=["L", "N", "Z", "C", "Cs"]), max_size=8)


@given(st.dictionaries(TEXTS, TEXTS | st.floats(allow_nan=False, allow_infinity=False) | st.none(), max_size=4))
def test_whatever_text_a_row_holds_it_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, row: dict[str, object]
) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    write_jsonl(path, [row, row])  # type: ignore[list-item]  # JSON, of which mypy knows less than Hypothesis
    assert [read for _, read in read_jsonl(path)] == [row, row]
    assert len(path.read_bytes().decode().split("\n")) == 3


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1E+400", "9" * 400 + ".0"])
def test_a_number_that_json_does_not_have_is_refused_with_its_line(number: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"a": 1e300}}\n{{"a": [{number}]}}\n')
    with pytest.raises(FormatError, match=r"rows\.jsonl:2: not JSON that can be used"):
        list(read_jsonl(path))


def test_nothing_writes_a_number_that_json_does_not_have() -> None:
    with pytest.raises(FormatError, match="neither NaN nor infinities"):
        compact({"a": float("inf")})
