"""Files as people have them: what programs for sheets, data frames and data sets write, read as the same rows."""

from __future__ import annotations

import bz2
import gzip
import json
import zipfile

import pytest

from datagen.errors import FormatError
from datagen.existing.convert import convert
from datagen.existing.shapes import conversation_of
from datagen.existing.tables import read_rows

ROWS = [{"question": f'Item {at}?\nSay "so"; or, else.', "answer": f"{at} é"} for at in range(1, 4)]


def separated(mark, end):
    """A table with every value in quotes, and the line ends of its program also inside of values."""
    quoted = [[value.replace('"', '""').replace("\n", end) for value in row.values()] for row in ROWS]
    lines = ["question" + mark + "answer", *(mark.join(f'"{value}"' for value in row) for row in quoted)]
    return end.join(lines) + end


def arrow(path, *, stream):
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.Table.from_pylist(ROWS)
    make = pyarrow.ipc.new_stream if stream else pyarrow.ipc.new_file
    with make(str(path), table.schema) as file:
        file.write_table(table, max_chunksize=2)


def zipped(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rows.jsonl", lines())


def lines():
    return "".join(json.dumps(row) + "\n" for row in ROWS)


WRITERS = {
    "Excel in Germany.csv": lambda path: path.write_bytes(separated(";", "\r\n").encode("utf-8-sig")),
    "Excel for old Macs.csv": lambda path: path.write_bytes(separated(",", "\r").encode()),
    "Excel, Unicode text.tsv": lambda path: path.write_bytes(separated("\t", "\r\n").encode("utf-16")),
    "with a line for Excel.csv": lambda path: path.write_bytes(("sep=|\r\n" + separated("|", "\r\n")).encode()),
    "pretty list.json": lambda path: path.write_text(json.dumps(ROWS, indent=4)),
    "below a key.json": lambda path: path.write_text(json.dumps({"version": 1, "data": ROWS})),
    "objects over lines.jsonl": lambda path: path.write_text("\n".join(json.dumps(row, indent=2) for row in ROWS)),
    "blank lines.jsonl": lambda path: path.write_bytes(lines().replace("\n", "\r\n\r\n").encode("utf-8-sig")),
    "packed.jsonl.gz": lambda path: path.write_bytes(gzip.compress(lines().encode())),
    "of Hugging Face.arrow": lambda path: arrow(path, stream=True),
    "of pandas.feather": lambda path: arrow(path, stream=False),
}


@pytest.mark.parametrize("name", WRITERS)
def test_the_rows_are_the_same_whichever_program_wrote_them(tmp_path, name):
    WRITERS[name](tmp_path / name)
    assert [row.values for row in read_rows(tmp_path / name)] == ROWS


HINTS = {
    "rows.jsonl.bz2": (lambda path: path.write_bytes(bz2.compress(lines().encode())), "unpack it first"),
    "rows.zip": (zipped, "unpack it first"),
    "windows.csv": (lambda path: path.write_bytes("question,answer\ncafé,1\n".encode("cp1252")), "windows-1252"),
    "commas.jsonl": (lambda path: path.write_text(lines().replace("\n", ",\n")), "without a comma behind it"),
    "a folder": (lambda path: (path.mkdir(), arrow(path / "data.arrow", stream=True)), "such as .*data.arrow"),
    "no.arrow": (lambda path: path.write_bytes(b"no"), "not an Arrow file"),
}


@pytest.mark.parametrize("name", HINTS)
def test_what_cannot_be_read_is_refused_with_what_would_help(tmp_path, name):
    write, said = HINTS[name]
    write(tmp_path / name)
    with pytest.raises(FormatError, match=said):
        list(read_rows(tmp_path / name))


@pytest.mark.parametrize(
    ("asked", "said"), [("Frage", "Antwort"), ("Pregunta", "Respuesta"), ("問題", "解答"), ("Question", "Réponse")]
)
def test_question_and_answer_are_known_in_other_languages(asked, said):
    found = conversation_of({asked: "2 + 2?", said: "4", "Thema": "sums"})
    assert (found.messages, found.extra) == ([{"role": "user", "content": "2 + 2?"}], {"Thema": "sums"})
    assert found.reference == "4"


def test_a_name_above_several_columns_is_part_of_the_name_of_each(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("Ask,Ask,Reply\nid,text,text\nq1,2 + 2?,4\nq2,3 + 3?,6\n")
    first, second = read_rows(path)
    assert first == (3, {"Ask id": "q1", "Ask text": "2 + 2?", "Reply text": "4"})
    assert second.line == 4


def test_a_row_below_doubled_names_that_does_not_tell_them_apart_is_no_header(tmp_path):
    path = tmp_path / "two.csv"
    for below in ("1,2", "x,x", "x,", "x"):
        path.write_text(f"a,a\n{below}\n")
        with pytest.raises(FormatError, match="two columns are called 'a'"):
            list(read_rows(path))


def test_a_chat_of_people_is_refused_by_name(tmp_path):
    messages = [{"type": "message", "user": f"U{at % 2}", "text": f"Line {at}.", "ts": f"1{at}.1"} for at in range(4)]
    (tmp_path / "slack.json").write_text(json.dumps(messages))
    result = convert(tmp_path / "slack.json", tmp_path / "rows.jsonl", "rft")
    assert result.rows_written == 0
    assert "people" in " ".join(result.refused)
