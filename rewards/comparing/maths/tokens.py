"""Splits LaTeX, Unicode and plain mathematics into tokens of one kind each."""

from __future__ import annotations

import re
from typing import NamedTuple

from rewards.comparing.maths.nodes import MathError
from rewards.comparing.maths.vocabulary import FUNCTIONS

MAX_CHARS, MAX_TOKENS, MAX_DIGITS = 2_000, 400, 1_000


class Token(NamedTuple):
    """`kind` is "number", "name", "command", "text", "sign" or "end"; `spaced` where white space stands before it."""

    kind: str
    text: str
    spaced: bool = False


_UNICODE = str.maketrans(
    {
        "\u2212": "-", "\u2013": "-", "\u00b7": "*", "\u22c5": "*", "\u00d7": "*", "\u00f7": "/", "\u2044": "/",
        "\u2264": "<=", "\u2265": ">=", "\u2260": "!=", "\u2248": "\\approx ", "\u2208": "\\in ", "\u221e":
        "\\infty ", "\u222a": "\\cup ", "\u2229": "\\cap ", "\u2216": "\\setminus ", "\u2205": "\\emptyset ",
        "\u211d": "\\mathbb{R} ", "\u2124": "\\mathbb{Z} ", "\u221a": "\\sqrt ", "\u00b1": "\\pm ", "\u2213":
        "\\mp ", "\u00b0": "^\\circ ", "\u03c0": "\\pi ", "\u03b8": "\\theta ", "\u03b1": "\\alpha ", "\u03b2":
        "\\beta ", "\u03bb": "\\lambda ", "\u00bd": "\\frac12 ", "\u00bc": "\\frac14 ", "\u00be": "\\frac34 ",
        "\u2153": "\\frac13 ", "\u2154": "\\frac23 ", "\u2032": "'", "\uff0c": ",", "\u3001": ",", "\uff08": "(",
        "\uff09": ")", "\u201c": "", "\u201d": "",
    }
) | {0xFF01 + offset: chr(0x21 + offset) for offset in range(94) if chr(0x21 + offset) not in "$\\"}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b", "0123456789-")
_SUPERSCRIPT = re.compile("[\u2070\u00b9\u00b2\u00b3\u2074-\u2079\u207b]+")
_STYLE = re.compile(
    r"\\(?:left|right|[bB]igg?[lmr]?|displaystyle|textstyle|limits|nolimits|enspace|thinspace|mathstrut|hfill)(?![A-Za-z])"
    r"|(?<!\\)\\(?:q?quad|[,;:! ]|phantom\{[^{}]*\}|tag\{[^{}]*\}|label\{[^{}]*\})|~"
)
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:(?:,|\{,\}|\\,|,\\!|\\!,|,\s?\\!\s?|\\ |[ ])\d{3})+(?![\d]|,\d)")
_TEXT_STYLES = ("text", "textbf", "textit", "textrm", "textnormal", "textsf", "texttt", "mbox", "hbox")
_WORDS = "|".join(
    (
        *_TEXT_STYLES,
        r"operatorname\*?",
        "mathrm",
        "mathbf",
        "mathit",
        "mathsf",
        "mathcal",
        "boldsymbol",
        "bm",
        "vec",
        "hat",
    )
)
_TOKEN = re.compile(
    rf"(?P<words>\\(?P<style>{_WORDS})\s*\{{(?P<inner>[^{{}}]*)\}})"
    r"|(?P<blackboard>\\math(?:bb|bf)\s*\{?\s*(?P<field>[A-Z])\s*\}?)"
    r"|(?P<number>\d+\.\d+|\.\d+|\d+\.(?=\\overline)|\d+)"
    r"|(?P<command>\\[A-Za-z]+|\\[{}|%$&#_])"
    r"|(?P<row>\\\\)"
    r"|(?P<name>[A-Za-z]+)"
    r"|(?P<sign><=|>=|!=|==|\*\*|:=|[-+*/^_=<>()\[\]{}|,;:!%'&.])"
)
_SCIENTIFIC = re.compile(r"(?<![\w\\])(\d+(?:\.\d+)?)(?:[eE]\+?|E(?=-))(-?\d{1,3})(?![\w.])")  # 2e-5 may be 2e - 5
_UNITS = frozenset("mghlNJWKL")
_UPRIGHT_FUNCTIONS = FUNCTIONS - {"min", "sec"}
"""What is a function in any upright type but that of words; the others may be units."""
_SEPARATOR = re.compile(r"\{,\}|\\[,! ]|[, ]|\\!")


def tokens_of(text: str) -> list[Token]:
    r"""The tokens of a written answer, ending in one of kind "end"; raises MathError for a character that is none.

    >>> [token.text for token in tokens_of(r"\left(\dfrac{1}{2}, 7,425,000\right)")][:9]
    ['(', '\\frac', '{', '1', '}', '{', '2', '}', ',']
    """
    if len(text) > MAX_CHARS:
        raise MathError("the answer is too long")
    text = _prepared(text)
    found: list[Token] = []
    index = 0
    while True:
        start = index
        while index < len(text) and text[index].isspace():
            index += 1
        spaced = index > start
        if index == len(text):
            return [*found, Token("end", "", spaced)]
        match = _TOKEN.match(text, index)
        if match is None or len(found) >= MAX_TOKENS:
            raise MathError(f"cannot read {text[index : index + 20]!r}")
        found.extend(_token(match, spaced))
        index = match.end()


def _prepared(text: str) -> str:
    if "\\begin" not in text:
        text = re.sub(r"\\\\(?=[A-Za-z])", r"\\", text)  # escaped once too often
    text = text.translate(_UNICODE)
    text = _SUPERSCRIPT.sub(lambda found: f"^{{{found[0].translate(_SUPERSCRIPTS)}}}", text)
    text = _THOUSANDS.sub(_one_number, text)
    text = _STYLE.sub(" ", text).replace("^{\\circ}", "^\\circ ")
    text = _SCIENTIFIC.sub(r"\1*10^{\2}", text)
    return re.sub(r"\\[dtc](frac|binom)(?![A-Za-z])", r"\\\1", text)


def _one_number(found: re.Match[str]) -> str:
    """`7,425,000` as one number; directly at a bracket, as in `[36,104]` and `(2,100,5)`, its commas part items."""
    before, behind = found.string[: found.start()].rstrip("- "), found.string[found.end() :].lstrip()
    at_bracket = before.endswith(("(", "[", "\\{")) or behind.startswith((")", "]", "\\}"))
    if at_bracket and "," in found[0] and not re.search(r"[!{]", found[0]):
        return found[0]
    return _SEPARATOR.sub("", found[0])


def _is_word(upright: str) -> bool:
    r"""Whether upright type is a word or a unit, `\mathrm{km}` or `\mathrm{m}`, and no symbol such as `\mathrm{i}`."""
    return upright in _UNITS or (len(upright) > 1 and not re.search(r"[\\\d^_]", upright))


def _token(match: re.Match[str], spaced: bool) -> list[Token]:
    if match["words"] is not None:
        inner = match["inner"].strip()
        is_function = inner in (FUNCTIONS if match["style"].startswith("operator") else _UPRIGHT_FUNCTIONS)
        if is_function and match["style"] not in _TEXT_STYLES:
            return [Token("command", f"\\{inner}", spaced)]
        if match["style"] in _TEXT_STYLES or _is_word(inner):
            return [Token("text", inner, spaced)]
        kinds = {"end": "", "name": "text" if "/" in inner else "name"}  # a unit, \mathrm{m/s^2}
        return [token._replace(kind=kinds.get(token.kind, token.kind)) for token in tokens_of(inner)][:-1]
    if match["blackboard"] is not None:
        return [Token("command", f"\\field{match['field']}", spaced)]
    if match["number"] is not None:
        if len(match["number"]) > MAX_DIGITS:
            raise MathError("the number is too long")
        return [Token("number", match["number"], spaced)]
    return [Token(match.lastgroup or "", match[0], spaced)]
