"""Source documents of every kind, and what becomes of those that cannot be read."""

from __future__ import annotations

import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.documents.parse import files_in, parse
from datagen.documents.webpage import visible_text

DOCX = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    "<w:p><w:r><w:t>Visitors </w:t></w:r><w:r><w:t>sign in.</w:t></w:r></w:p><w:p><w:r><w:t>Always.</w:t></w:r></w:p>"
    "</w:body></w:document>"
)


def text_of(path):
    (document,) = parse(path, path.name).documents
    return document.text


def test_text_is_normalised_and_its_digest_is_that_of_the_text(tmp_path):
    (tmp_path / "a.txt").write_bytes("\ufeffcafe\u0301\r\nnext".encode())
    (tmp_path / "b.txt").write_text("caf\u00e9\nnext")
    first, second = (parse(tmp_path / name, name).documents[0] for name in ("a.txt", "b.txt"))
    assert first.text == second.text == "café\nnext"
    assert first.sha256 == second.sha256


def test_a_page_is_its_visible_text_by_blocks(tmp_path):
    (tmp_path / "a.html").write_text(
        "<html><head><title>Guide</title><style>p{}</style></head><body><h1>Rule</h1><p>Sign\n in &amp; out.</p>"
        "<script>var x = '<p>no</p>'</script><ul><li>One<li>Two</ul></body></html>"
    )
    assert text_of(tmp_path / "a.html").split() == ["Guide", "Rule", "Sign", "in", "&", "out.", "One", "Two"]
    assert "Rule\n\nSign in & out.\n" in text_of(tmp_path / "a.html")


def test_the_paragraphs_of_a_docx_are_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("word/document.xml", DOCX)
    assert text_of(tmp_path / "a.docx") == "Visitors sign in.\nAlways."


def test_a_docx_that_is_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("datagen.documents.archives.MOST_BYTES", len(DOCX) - 1)
    with zipfile.ZipFile(tmp_path / "a.docx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", DOCX)
    parsed = parse(tmp_path / "a.docx", "a.docx")
    assert parsed.documents == []
    assert "unpacks to" in parsed.unreadable[0].reason


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_each_row_of_a_table_is_a_document(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    if suffix == "jsonl":
        path.write_text("".join(json.dumps({"text": text}) + "\n" for text in ("one", "two")))
    elif suffix == "csv":
        path.write_text('id,text\n1,one\n2,"two"\n')
    else:
        pyarrow = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(pyarrow.table({"text": ["one", "two"]}), path)
    documents = parse(path, path.name).documents
    assert [(document.path, document.text) for document in documents] == [
        (f"a.{suffix}#1", "one"),
        (f"a.{suffix}#2", "two"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"one\ncaf\xe9", "line 2: b'\\xe9' is not UTF-8; convert the file, for example with iconv"),
        ("a.txt", b"\xff\xfe\x00", "line 1: b'\\x00' is not UTF-16"),
        ("a.pdf", b"not a pdf", "Failed to load document"),
        ("a.docx", b"not a zip", "BadZipFile"),
        ("a.docx", b"", "BadZipFile"),
        ("a.html", b"<meta charset=x-none>caf\xe9", "it says that it is in 'x-none', an encoding that nobody knows"),
        ("a.xyz", b"?", "unknown kind '.xyz'; known are .adoc, .bmp, .csv, .doc"),
        ("a.md", b"  \n", "no text in it"),
    ],
)
def test_what_cannot_be_read_is_listed_with_the_reason(tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)
    parsed = parse(tmp_path / name, name)
    assert parsed.documents == []
    (problem,) = parsed.unreadable
    assert problem.path == name
    assert reason in problem.reason


@pytest.mark.parametrize(
    ("name", "content", "reasons"),
    [
        (
            "a.jsonl",
            '{"text": "one"}\n{"body": 1}\n\n{"text": 2}\n[]\n{cut\n{"text": "\\ud800"}\n{"text": "two\u2028lines"}',
            {
                "a.jsonl#2": "no key 'text'; its keys are 'body'",
                "a.jsonl#4": "expected text under 'text', got int",
                "a.jsonl#5": "expected an object, got list",
                "a.jsonl#6": "not JSON: column 2: Expecting property name enclosed in double quotes",
                "a.jsonl#7": "half of a surrogate pair is not text",
            },
        ),
        (
            "a.csv",
            f"id,text\n1,one\n2\n3,\n4,{'long ' * 30_000}\n",
            {"a.csv#2": "expected text under 'text', got NoneType", "a.csv#3": "no text in it"},
        ),
    ],
)
def test_a_bad_row_is_listed_and_the_others_are_read(tmp_path, name, content, reasons):
    (tmp_path / name).write_text(content, encoding="utf-8")
    parsed = parse(tmp_path / name, name)
    assert dict(parsed.unreadable) == reasons
    assert len(parsed.documents) == 2


def test_a_column_of_numbers_is_no_text(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(pyarrow.table({"text": [7]}), tmp_path / "a.parquet")
    assert parse(tmp_path / "a.parquet", "a").unreadable == [("a#1", "expected text under 'text', got int")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_first_bytes_say_how_a_text_is_encoded(tmp_path, encoding):
    (tmp_path / "a.txt").write_bytes("naïve\r\n日本".encode(encoding))
    assert text_of(tmp_path / "a.txt") == "naïve\n日本"


def test_a_page_may_name_its_encoding_and_leave_its_head_open(tmp_path):
    page = '<html><head><meta charset="iso-8859-1"><title>Menu</title><body>Café</html>'
    (tmp_path / "a.html").write_bytes(page.encode("latin-1"))
    assert text_of(tmp_path / "a.html") == "Menu\n\nCafé\n"


@pytest.mark.parametrize("name", ["x-sjis", "Shift_JIS", "EUC-JP", "gb2312", "gbk", "big5"])
def test_encodings_go_by_the_names_that_pages_give_them(tmp_path, name):
    text = "日本の規則" if "j" in name.lower() else "安全規則" if name == "big5" else "安全规则"
    codec = {"x-sjis": "cp932", "gb2312": "gb18030"}.get(name, name)
    (tmp_path / "a.html").write_bytes(f"<meta charset={name}><p>{text}".encode(codec))
    assert text_of(tmp_path / "a.html").strip() == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read_without_its_mark(tmp_path, encoding):
    (tmp_path / "a.txt").write_bytes("Rules for accounts\nand reviews".encode(encoding))
    assert text_of(tmp_path / "a.txt") == "Rules for accounts\nand reviews"


def test_rows_of_a_table_are_lines_and_code_keeps_its_spaces(tmp_path):
    page = "<table><tr><th>Rule<th>Limit<tr><td>AC-7</td><td>3</td></tr></table><pre>if x:\n    stop\n</pre><p>a   b"
    (tmp_path / "a.html").write_text(page)
    lines = text_of(tmp_path / "a.html").splitlines()
    assert lines[0] == "Rule: AC-7; Limit: 3"
    assert "    stop" in lines
    assert "a b" in lines


@pytest.mark.parametrize(("name", "mark"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t"), ("a.csv", "|")])
def test_a_table_without_a_column_of_texts_is_its_rows_with_their_header(tmp_path, name, mark):
    rows = [["rule", "limit", "note"], ["AC-7", "3", ""], ["AC-11", "15", "minutes"]]
    (tmp_path / name).write_text("\n".join(mark.join(row) for row in rows))
    assert text_of(tmp_path / name) == "rule: AC-7; limit: 3\nrule: AC-11; limit: 15; note: minutes"


def test_hidden_files_are_no_documents_and_links_to_nothing_are_listed(tmp_path):
    (tmp_path / ".git").mkdir()
    for name in ("b.md", "a.md", ".DS_Store", ".git/config.md"):
        (tmp_path / name).write_text("x")
    (tmp_path / "gone.md").symlink_to("nowhere")
    assert [path.name for path in files_in(tmp_path)] == ["a.md", "b.md", "gone.md"]
    assert parse(tmp_path / "gone.md", "gone.md").unreadable == [("gone.md", "No such file or directory")]


def test_links_to_folders_are_listed_and_links_to_files_are_read(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.md").write_text("x")
    docs = tmp_path / "documents"
    docs.mkdir()
    (docs / "linked").symlink_to(tmp_path / "elsewhere")
    (docs / "b.md").symlink_to(tmp_path / "elsewhere" / "a.md")
    assert [path.name for path in files_in(docs)] == ["b.md", "linked"]
    assert parse(docs / "b.md", "b").documents[0].text == "x"
    assert parse(docs / "linked", "linked").unreadable[0].reason.startswith("a link to a folder, which is not followed")


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<table><tr><th>Rule<th>Limit<tr><td>AC-7<td>3</table>", "Rule: AC-7; Limit: 3"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a | b"),
        (
            "<table><tr><th>Family<th>Rule</tr><tr><td rowspan=2>AC<td>AC-1</tr><tr><td>AC-2</tr></table>",
            "Family: AC; Rule: AC-1\nFamily: AC; Rule: AC-2",
        ),
        (
            "<table><tr><th colspan=2>Limits<th>Note</tr><tr><th>low<th>high<th></tr><tr><td>1<td>9<td>ok</table>",
            "Limits low: 1; Limits high: 9; Note: ok",
        ),
        ("<table><tr><th>AC-7</th><td>3</td></tr><tr><th>AC-8</th><td>5</td></tr></table>", "AC-7 | 3\nAC-8 | 5"),
        ("<table><tr><td><h1>One</h1><p>Two</p></td><td>Three</td></tr></table>", "One\n\nTwo\nThree"),
        ("<table><tr><td><table><tr><th>R<th>L<tr><td>1<td>2</table></td></tr></table>", "R: 1; L: 2"),
        ("<table><caption>Limits</caption><tr><td>a<td>b</table>end", "Limits\na | b\nend"),
        ("<table><tr><td>never closed", "never closed"),
        ("<ol><li>one<li>two</ol><ol start=5 type=a><li>five</ol>", "1. one\n2. two\n\ne. five"),
        ("<ul><li>one<li>two</ul>", "one\ntwo"),
        ("a<div hidden>b<div>c</div></div>d<span style='display: none'>e</span>f<p hidden>g</p>", "adf\ng"),
        ("seen<div hidden>and never closed", "seen\nand never closed"),
        ("regu&shy;lation&nbsp;holds", "regulation holds"),
        ("<pre>  a\n    b</pre>", "a\n    b"),
        ("<select><option>one<option>two</select>", "one\ntwo"),
    ],
)
def test_pages_are_read_as_they_are_seen(tmp_path, page, text):
    (tmp_path / "a.html").write_text(page)
    assert parse(tmp_path / "a.html", "a").documents[0].text.strip() == text


ELEMENTS = ["<table>", "<tr>", "<td>", "<th>", "</td>", "</tr>", "</table>", "<ol>", "<li>", "</ol>", "<pre>", "</pre>"]


@given(st.lists(st.sampled_from(ELEMENTS)))
def test_no_order_of_elements_loses_a_word(pieces):
    text = visible_text(" ".join(f"{piece}w{number}w" for number, piece in enumerate(pieces)).encode())
    assert all(f"w{number}w" in text for number in range(len(pieces)))


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.csv", '"x, y";"z, w"\n"1,5";"2,5"\n', "x, y: 1,5; z, w: 2,5"),
        ("a.csv", "1,2\n3,4\n", "1 | 2\n3 | 4"),
        ("a.markdown", "# Rules", "# Rules"),
    ],
)
def test_tables_of_any_dialect_and_more_text(tmp_path, name, content, text):
    (tmp_path / name).write_text(content)
    assert parse(tmp_path / name, "a").documents[0].text == text
