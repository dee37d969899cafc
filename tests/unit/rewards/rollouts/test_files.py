"""Rows of a file: as they stand in it, and the same ones where another process reads them again."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.rollouts.files import Span, read_rows
from rewards.rollouts.record import RolloutFileError

LINES = st.lists(st.text("a1é \t\r\x0b\x0c\x1c\x85\u2028{", max_size=6).map(str.encode), max_size=12)


@given(LINES, st.booleans(), st.data())
def test_rows_that_are_read_again_are_the_same_rows(lines: list[bytes], ends: bool, data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "rows.jsonl")
        path.write_bytes(b"\n".join(lines) + b"\n" * ends)
        rows = list(read_rows(path))
        first, end = sorted(data.draw(st.tuples(*[st.integers(0, len(rows))] * 2)))
        if first < end:
            span = Span.of(rows[first:end])
            assert span is not None
            assert [row[:3] for row in span.read()] == [row[:3] for row in rows[first:end]]


def test_what_is_no_file_or_no_unbroken_row_of_rows_is_sent_itself(tmp_path: Path) -> None:
    path, pipe = tmp_path / "rows.jsonl", tmp_path / "pipe"
    path.write_text("1\n2\n3\n")
    rows = list(read_rows(path))
    assert Span.of([rows[0], rows[2]]) is None
    assert Span.of([row._replace(file="") for row in rows]) is None
    os.mkfifo(pipe)
    filling = os.open(pipe, os.O_RDWR)
    reading = read_rows(pipe)
    os.write(filling, b"1\n")
    assert Span.of([next(reading)]) is None
    os.close(filling)


@pytest.mark.parametrize("changed", ["1\n\n3\n", "1\n2", "", "1\n2\n"])
def test_a_file_that_changed_in_the_meantime_is_said(tmp_path: Path, changed: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("1\n2\n3\n")
    span = Span.of(list(read_rows(path)))
    assert span is not None
    path.write_text(changed)
    with pytest.raises(RolloutFileError, match="was changed while it was being read"):
        span.read()
