"""Bytes to text, in the encoding that they prove or the document names."""

from __future__ import annotations

import codecs
import re

from datagen.errors import FormatError

_LINE_ENDS = re.compile(r"\r\n?")
_NAMES_OF_BROWSERS = {
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
}


def decoded(data: bytes, *, otherwise: str = "") -> str:
    """Text in UTF-8, or UTF-16 where the first bytes say so, with line feeds alone as line ends.

    Where it is not UTF-8, `otherwise` names the encoding; without it, `FormatError` says where and what would help.
    """
    try:
        text = data.decode(_utf_16(data) or "utf-8-sig")
    except UnicodeDecodeError as error:
        if not otherwise:
            line, byte = data.count(b"\n", 0, error.start) + 1, data[error.start : error.start + 1]
            hint = "convert the file, for example with iconv -f latin1 -t utf-8"
            raise FormatError(f"line {line}: {byte!r} is not {error.encoding.upper()}; {hint}") from error
        try:
            text = data.decode(_NAMES_OF_BROWSERS.get(otherwise.lower(), otherwise))
        except LookupError:
            raise FormatError(f"it says that it is in {otherwise!r}, an encoding that nobody knows") from error
    return _LINE_ENDS.sub("\n", text)


def _utf_16(data: bytes) -> str:
    """The name of the encoding where it is UTF-16, with its mark or with a zero in every second byte."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = data[:4096]
    zeros = (head[0::2].count(0), head[1::2].count(0))
    if len(head) % 2 or len(head) < 8 or max(zeros) < 0.4 * len(head) / 2 or min(zeros) > 0.05 * len(head) / 2:
        return ""
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
