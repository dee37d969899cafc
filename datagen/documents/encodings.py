"""Bytes to text, in the encoding that they prove or the document names."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping

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

    Where it is not UTF-8, it is in the encoding that `otherwise` names, else in the one of China, Japan or Korea that
    its bytes prove; where there is none, `FormatError` says where it fails and what would help.

    >>> decoded("規則では、九十日ごとに見直します。".encode("shift_jis"))
    '規則では、九十日ごとに見直します。'
    """
    try:
        text = data.decode(_utf_16(data) or "utf-8-sig")
    except UnicodeDecodeError as error:
        text = _named(data, otherwise) or _proven(data)
        if not text:
            line, byte = data.count(b"\n", 0, error.start) + 1, data[error.start : error.start + 1]
            named = f" or {otherwise!r}, which it names" if otherwise else ""
            raise FormatError(f"line {line}: {byte!r} is not {error.encoding.upper()}{named}; {_HINT}") from error
    else:
        if _is_accident(text):
            text = _named(data, otherwise)
        if not text and data:
            raise FormatError(f"its only letters beyond ASCII would be of another script within a word; {_HINT}")
    return _LINE_ENDS.sub("\n", text)


def _is_accident(text: str) -> bool:
    """Whether it is UTF-8 by accident: two letters of one byte, such as `ÓŁ`, are one Cyrillic letter of two.

    >>> _is_accident("SP\u04e3KI"), _is_accident("k\u03a9"), _is_accident("\u043a\u0433 API")
    (True, False, False)
    """
    runs = list(_WIDE.finditer(text[:_JUDGED]))
    return bool(runs) and all(_STRAY.fullmatch(text, max(run.start() - 1, 0), run.end() + 1) for run in runs)


def _named(data: bytes, name: str) -> str:
    if not name:
        return ""
    try:
        return data.decode(_NAMES_OF_BROWSERS.get(name.lower(), name))
    except UnicodeDecodeError:
        return ""
    except LookupError as error:
        raise FormatError(f"it says that it is in {name!r}, an encoding that nobody knows") from error


def _proven(data: bytes) -> str:
    """The text in the one encoding in which every byte has a meaning and the letters are those of a language.

    Only encodings of two bytes a letter prove themselves: any byte is a letter of some encoding of one byte, and what
    guesses these by frequency takes German for another script (charset-normalizer 3.5.2, 9 of 12 texts of 400 letters).
    """
    found = []
    for codec, is_language in _OF_LANGUAGES.items():
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        runs = _WIDE.findall(text[:_JUDGED])
        wide = "".join(runs)
        alone = sum(len(run) == 1 for run in runs)  # as accents among letters of one byte are
        if len(wide) >= _LEAST_LETTERS and alone <= 0.2 * len(wide) and is_language(wide):
            found.append(text)
    return found[0] if len(found) == 1 else ""


def _share(letters: str, kind: Callable[[str], bool]) -> float:
    return sum(map(kind, letters)) / len(letters)


def _is_kana(letter: str) -> bool:
    return "\u3041" <= letter <= "\u30ff"


def _is_japanese(letters: str) -> bool:
    known = _share(
        letters, lambda letter: _is_kana(letter) or "\u3001" <= letter <= "\u9fff" or "\uff01" <= letter <= "\uff5e"
    )
    return known >= 0.95 and _share(letters, _is_kana) >= 0.2


def _is_korean(letters: str) -> bool:
    hangul = _share(letters, lambda letter: "\uac00" <= letter <= "\ud7a3")
    return hangul >= 0.8 and _share(letters, lambda letter: letter in _FREQUENT_HANGUL) >= 0.1  # of 2,350: 0.006


def _is_simplified(letters: str) -> bool:
    return _is_chinese(letters, "gb2312", 0xB0, 0xD7)  # level 1 of GB 2312, 3,755 letters of everyday


def _is_traditional(letters: str) -> bool:
    return _is_chinese(letters, "big5", 0xA4, 0xC6)  # level 1 of Big5, 5,401 letters of everyday


def _is_chinese(letters: str, codec: str, first: int, last: int) -> bool:
    def is_everyday(letter: str) -> bool:
        return "\u4e00" <= letter <= "\u9fff" and first <= (letter.encode(codec, "ignore") or b"\0")[0] <= last

    everyday, marks = _share(letters, is_everyday), _share(letters, _is_mark)
    return everyday + marks >= 0.9 and everyday >= 0.7 and marks > 0


def _is_east_asian(letters: str) -> bool:
    return any(test(letters) for test in (_is_japanese, _is_korean, _is_simplified, _is_traditional))


def _is_mark(letter: str) -> bool:
    return letter in _MARKS


def _utf_16(data: bytes) -> str:
    """The name of the encoding where it is UTF-16, with its mark or with a zero in every second byte."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = data[:4096]
    zeros = (head[0::2].count(0), head[1::2].count(0))
    if len(head) % 2 or len(head) < 8 or max(zeros) < 0.4 * len(head) / 2 or min(zeros) > 0.05 * len(head) / 2:
        return ""
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


_WIDE = re.compile(r"[^\x00-\x7f]+")
_STRAY = re.compile(r"[A-Za-z][\u0400-\u06ff].?|.?[\u0400-\u06ff][A-Za-z]", re.DOTALL)
_HINT = "convert the file, for example with iconv -f windows-1252 -t utf-8"
_MARKS = frozenset("、。，：；！？（）「」『』《》【】…—“”‘’·　")
_FREQUENT_HANGUL = frozenset("이다는의을에고하가로지를한은기사자도인대")
_JUDGED = 100_000  # characters
_LEAST_LETTERS = 8
_OF_LANGUAGES: Mapping[str, Callable[[str], bool]] = {
    "cp932": _is_japanese,
    "euc_jp": _is_japanese,
    "gb18030": _is_simplified,
    "big5": _is_traditional,
    "cp949": _is_korean,
    "utf-16-le": _is_east_asian,
    "utf-16-be": _is_east_asian,
}
