"""E-mail and notebooks are read with what they say; attachments and outputs are accounted for."""

from __future__ import annotations

import json
from email.message import EmailMessage

import pytest

from datagen.documents.parse import parse
from datagen.documents.readers import INSTEAD, READERS


def message(text="Raise it to 700 €, please.", html="", charset="utf-8", attached=b""):
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = "Limit of card 7", "Ann <ann@example.org>", "b@example.org"
    if text:
        made.set_content(text, charset=charset)
    if html:
        (made.add_alternative if text else made.set_content)(html, subtype="html")
    if attached:
        made.add_attachment(attached, maintype="application", subtype="octet-stream", filename="a.bin")
    return made.as_bytes()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (message(), "Raise it to 700 €, please."),
        (message(charset="iso-8859-15"), "Raise it to 700 €, please."),
        (message(text="", html="<p>Raise it to <b>700 €</b>.</p><script>x()</script>"), "Raise it to 700 €."),
        (message(html="<p>the same again</p>"), "Raise it to 700 €, please."),
        (message().replace(b"utf-8", b"x-none"), "Raise it to 700 €, please."),
        (message().replace(b"To: b", b"To: a:;b"), "Raise it to 700 €, please."),
    ],
    ids=["plain", "of another encoding", "HTML alone", "both", "of an unknown encoding", "to a group"],
)
def test_a_message_is_its_subject_and_what_it_says(tmp_path, data, said):
    path = tmp_path / "a.eml"
    path.write_bytes(data)
    parsed = parse(path, "a.eml")
    assert [document.text.rstrip() for document in parsed.documents] == [f"Limit of card 7\n\n{said}"]
    assert (parsed.unreadable, [one.reason for one in parsed.account.left_out]) == (
        [],
        ["who wrote it when and to whom"],
    )


def test_each_message_of_a_mailbox_is_a_document_and_attachments_are_listed(tmp_path):
    path = tmp_path / "a.mbox"
    start = b"From a@b Mon Jan  1 00:00:00 2026\n"
    path.write_bytes(start + message() + b"\n" + start + message("Done.", attached=b"\0\1"))
    parsed = parse(path, "a.mbox")
    assert [document.path for document in parsed.documents] == ["a.mbox#1", "a.mbox#2"]
    assert [(one.path, "attachment" in one.reason) for one in parsed.unreadable] == [("a.mbox#2#a.bin", True)]


@pytest.mark.parametrize("data", [b"", b"no mailbox", b"\xff\xfe\0"])
@pytest.mark.parametrize("name", ["a.eml", "a.mbox", "a.ipynb"])
def test_what_is_none_of_it_is_listed(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    parsed = parse(path, name)
    assert parsed.unreadable or data.decode("latin1").strip() in parsed.documents[0].text


def test_a_notebook_is_its_cells_without_what_they_put_out(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["# Limits\n", "of cards"]},
        {"cell_type": "code", "source": "1 + 1", "outputs": [{"data": {"text/plain": ["2"]}}]},
        {"cell_type": "code", "source": []},
    ]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
    parsed = parse(path, "a.ipynb")
    assert parsed.documents[0].text == "# Limits\nof cards\n\n```\n1 + 1\n```"
    assert [one.reason for one in parsed.account.left_out] == ["what its cells put out"]


@pytest.mark.parametrize(
    ("name", "instead"), [("a.rtf", ".docx"), ("a.XLS", ".xlsx"), ("a.zip", "unpack"), ("a.q", ".md")]
)
def test_a_kind_that_is_not_read_is_listed_with_what_would_be(tmp_path, name, instead):
    (tmp_path / name).write_bytes(b"x")
    assert instead in parse(tmp_path / name, name).unreadable[0].reason
    assert not INSTEAD.keys() & READERS.keys()
