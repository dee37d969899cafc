"""Files of lines as people keep them: plain, packed, and what only looks like one."""

import bz2
import gzip
import lzma
from pathlib import Path

import pytest

from datagen.errors import FormatError
from datagen.formats import read_jsonl
from rewards.grading import read_rows
from rewards.packed import LinesError, lines_of

LINES = b'{"a": 1}\n{"a": 2}\n'


@pytest.mark.parametrize("name", ["rows.jsonl.gz", "rows.jsonl", "rows"])
def test_gzip_is_known_by_its_bytes_whatever_the_name(name: str, tmp_path: Path):
    (tmp_path / name).write_bytes(gzip.compress(LINES))
    assert [row.content for row in read_rows(tmp_path / name)] == LINES.splitlines(keepends=True)
    assert [row for _, row in read_jsonl(tmp_path / name)] == [{"a": 1}, {"a": 2}]


def test_several_packed_files_in_one_are_read_to_the_end(tmp_path: Path):
    (tmp_path / "rows.gz").write_bytes(gzip.compress(LINES) * 3)
    assert len(list(read_rows(tmp_path / "rows.gz"))) == 6


def test_a_packed_row_is_told_to_workers_by_itself(tmp_path: Path):
    (tmp_path / "rows.gz").write_bytes(gzip.compress(LINES))
    assert {row.file for row in read_rows(tmp_path / "rows.gz")} == {""}


@pytest.mark.parametrize("spoil", [lambda data: data[:-9], lambda data: data[:12] + b"xxxx" + data[16:]])
def test_a_packed_file_that_is_cut_or_damaged_is_named(spoil, tmp_path: Path):
    (tmp_path / "rows.gz").write_bytes(spoil(gzip.compress(LINES * 1000)))
    for read in (read_rows, read_jsonl):
        with pytest.raises((LinesError, FormatError), match=r"rows\.gz"):
            list(read(tmp_path / "rows.gz"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (bz2.compress(LINES), "packed with bzip2; unpack it first, or pack it with gzip"),
        (lzma.compress(LINES), "packed with xz"),
        (b"\x28\xb5\x2f\xfd0000", "packed with zstd"),
        (b"PK\x03\x04", "a zip archive or a workbook"),
        (b"PAR1", "a Parquet file; call it .parquet"),
        (b"ARROW1\0\0", "an Arrow file; call it .arrow"),
        (LINES.decode().encode("utf-16"), "in UTF-16; write it in UTF-8"),
    ],
)
def test_what_is_no_file_of_lines_is_told_what_it_is(data: bytes, said: str, tmp_path: Path):
    (tmp_path / "rows.jsonl").write_bytes(data)
    with pytest.raises(LinesError, match=rf"rows\.jsonl is .*{said}"), lines_of(tmp_path / "rows.jsonl"):
        pass


@pytest.mark.parametrize("name", ["rows.csv", "rows.TSV", "rows.xlsx"])
def test_a_table_is_no_file_of_lines(name: str, tmp_path: Path):
    (tmp_path / name).write_bytes(b"prompt,answer\n")
    with pytest.raises(LinesError, match=rf"{name} is a table; `rft data convert` makes JSONL of it"):
        list(read_rows(tmp_path / name))


@pytest.mark.parametrize("data", [b"", b"\n", b"B", b"PA", b"\x1f"])
def test_the_shortest_files_are_read_as_they_are(data: bytes, tmp_path: Path):
    (tmp_path / "rows.jsonl").write_bytes(data)
    with lines_of(tmp_path / "rows.jsonl") as lines:
        assert lines.read() == data


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(tmp_path: Path):
    bomb = gzip.compress(LINES) + gzip.compress(bytes(1 << 24)) * 20
    (tmp_path / "rows.gz").write_bytes(bomb)
    for read in (read_rows, read_jsonl):
        with pytest.raises(LinesError, match="a line has more than 268,435,456 bytes"):
            list(read(tmp_path / "rows.gz"))
