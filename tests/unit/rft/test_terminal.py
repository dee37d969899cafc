"""What reaches the terminal can be read, and does nothing."""

from __future__ import annotations

import io
import json
import sys
import unicodedata

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.terminal import ReaderLeftError, VisibleStream, console, protected, visible

ACTIVE = [
    "\x1b[2J",
    "\x1b]52;c;aGk=\x07",
    "\x9b31m",
    "\u202eevil",
    "\u2066",
    "\x08\x08",
    "\r\r",
    "\x00",
    "\ud800",
    "\u2028",
]
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def harmless(character: str) -> bool:
    return character in "\n\t" or (
        unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
        and unicodedata.bidirectional(character) not in BIDI
    )


@given(st.text(st.characters()))
def test_no_text_does_anything(text: str) -> None:
    assert all(map(harmless, visible(text)))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_in_json_a_visible_character_is_still_itself(text: str) -> None:
    printed = visible(json.dumps(text, ensure_ascii=False))
    assert json.loads(printed) == text


@pytest.mark.parametrize("text", ACTIVE)
def test_what_a_command_prints_is_visible(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with protected():
        click.echo(f"a {text} b")
        click.echo(f"a {text} b", err=True)
        console(width=100).print(f"a {text} b", markup=False)
    out, err = capsys.readouterr()
    assert all(map(harmless, out + err))
    assert out.startswith("a ")


def test_colours_of_ours_reach_a_terminal_and_those_of_the_text_do_not() -> None:
    plain = io.StringIO()
    before, sys.stdout = sys.stdout, VisibleStream(plain)  # type: ignore[assignment]
    try:
        console(force_terminal=True, width=80).print("[red]ours[/] \x1b[32mtheirs")
    finally:
        sys.stdout = before
    assert "\x1b[31mours" in plain.getvalue()
    assert "\x1b[32m" not in plain.getvalue()


def test_a_line_can_be_written_anew() -> None:
    plain = io.StringIO()
    VisibleStream(plain).write("\r3/10")
    VisibleStream(plain).write("evil\rgood")
    assert plain.getvalue() == "\r3/10evil\\u000dgood"


class Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("kind", "wanted"), [(Terminal, ""), (io.BytesIO, "utf-8"), (io.BytesIO, "latin-1")])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_an_encoding_lacks_is_escaped(
    encoding: str, kind: type[io.BytesIO], wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    if wanted == "latin-1":
        monkeypatch.setenv("PYTHONIOENCODING", encoding)  # as Python itself would have obeyed it
    stream = io.TextIOWrapper(kind(), encoding=encoding)
    before, sys.stdout = sys.stdout, stream
    try:
        with protected():
            click.echo("30 € 😀 \ud800")
    finally:
        sys.stdout = before
    stream.flush()
    used = "utf-8" if wanted == "utf-8" else encoding
    said = "30 € 😀" if used == "utf-8" else r"30 \u20ac \ud83d\ude00"
    assert stream.buffer.getvalue().decode(used) == f"{said} \\ud800\n"  # type: ignore[attr-defined]


class Gone(io.StringIO):
    """A pipe that nobody reads any more."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_reader_that_left_a_table_is_no_verdict() -> None:
    before, sys.stdout = sys.stdout, VisibleStream(Gone())  # type: ignore[assignment]
    try:
        with pytest.raises(ReaderLeftError):  # of itself, rich exits with 1
            console().print("one row")
    finally:
        sys.stdout = before
