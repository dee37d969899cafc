"""What reaches the terminal: foreign text with every character visible that would do something instead of being read.

Answers of models, files and messages of AWS may hold escape sequences that rewrite the screen, set the clipboard or the
title, and bidi controls that turn a line around. They are shown as ``\\uXXXX``, which in JSON means the same character.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

_ACTIVE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"  # bidi controls, line and paragraph separators, BOM
    "\ud800-\udfff]"  # half surrogate pairs, which no terminal takes
)


def visible(text: str) -> str:
    r"""The text with active characters as escapes.

    >>> visible("red: \x1b[31m, reversed: \u202eabc")
    'red: \\u001b[31m, reversed: \\u202eabc'
    """
    return _ACTIVE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""What an encoding lacks, as JSON escapes it: beyond U+FFFF a pair of surrogates; ``\UXXXXXXXX`` is not JSON."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


_ESCAPING = "rft.escaping"
codecs.register_error(_ESCAPING, _escaped)


class ReaderLeftError(Exception):
    """Who read our output, such as `head`, has left before its end."""


class NamedStream:
    """A text stream whose errors name it."""

    def __init__(self, plain: TextIO) -> None:
        self.plain = plain

    def write(self, text: str) -> int:
        """Write the text as it is."""
        with self._told():
            self.plain.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand over what was written."""
        with self._told():
            self.plain.flush()

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each line."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            raise AttributeError(name)  # bytes would go past us
        return getattr(self.plain, name)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise ReaderLeftError from None  # click and rich would take the other one for a verdict, and exit 1
        except OSError as error:
            error.filename = error.filename or self.plain.name
            raise


class VisibleStream(NamedStream):
    """A text stream that writes `visible` text; a carriage return in front, which starts a line anew, is ours."""

    def write(self, text: str) -> int:
        """Write the text, its active characters as escapes."""
        start = "\r" if text.startswith("\r") and text != "\r\n" else ""
        super().write(start + visible(text[len(start) :].replace("\r\n", "\n")))
        return len(text)


def _open_what_is_closed() -> bool:
    """Give a process that was started without a standard stream an empty one: it is None, and the next file that we
    open would be taken for it. Returns whether standard output was there.
    """
    there = sys.stdout is not None
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115  it stays open
    return there


def _flush_or_drop(stream: TextIO) -> None:
    """Hand over what was written. Where nobody takes it, drop it: Python would complain at its end, and exit 120."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def protected() -> Iterator[bool]:
    """While the block runs, all that is printed is visible. A terminal gets its own encoding, files and pipes UTF-8
    like every file of ours, if ``PYTHONIOENCODING`` names no other; what an encoding lacks is escaped as in JSON. The
    block gets whether there is a standard output."""
    there = _open_what_is_closed()
    before = sys.stdout, sys.stderr
    for stream in filter(None, before):
        if hasattr(stream, "reconfigure"):
            ours = not (stream.isatty() or os.environ.get("PYTHONIOENCODING"))
            stream.reconfigure(encoding="utf-8" if ours else None, errors=_ESCAPING)
    sys.stdout, sys.stderr = (stream and cast("TextIO", VisibleStream(stream)) for stream in before)
    try:
        yield there
    finally:
        sys.stdout, sys.stderr = before
        for stream in filter(None, before):
            _flush_or_drop(stream)


def console(*, stderr: bool = False, **options: Any) -> Console:
    """A rich console, whose own colours pass and whose text is visible."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    made = Console(file=cast("TextIO", NamedStream(getattr(stream, "plain", stream))), **options)
    made.push_render_hook(_VisibleSegments())  # type: ignore[arg-type]  # rich's base class would import rich here
    return made


class _VisibleSegments:
    """A render hook of rich."""

    def process_renderables(self, renderables: list[Any]) -> list[Any]:
        """Each of them as one that renders to visible segments."""
        return [_Visible(renderable) for renderable in renderables]


class _Visible:
    def __init__(self, renderable: RenderableType) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Segment]:
        from rich.segment import Segment

        for text, style, control in console.render(self._renderable, options):
            yield Segment(text if control else visible(text), style, control)
