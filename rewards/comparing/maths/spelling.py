"""Rewrites what people write as mathematics into what the reader reads: money, decimal commas, words, old LaTeX."""

from __future__ import annotations

import re

from rewards.comparing.currencies import currencies_of, currency_pattern
from rewards.comparing.numbers import DecimalMark
from rewards.comparing.numerals import in_figures

_FIGURES = r"[0-9][0-9.,{}\\! ]*"
_MAGNITUDES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_LONE_DOLLAR = re.compile(r"(?<![\\$\w])\$(?=\s?[0-9])")
_MONEY = re.compile(
    rf"(?P<sign>[-+\u2212]?)\s?(?:(?P<before>{currency_pattern()})\s?)?(?P<inner>[-+\u2212]?)(?P<figures>{_FIGURES}?)"
    rf"(?:\s?(?P<magnitude>{'|'.join(_MAGNITUDES)}))?(?:\s?(?P<behind>{currency_pattern()}))?"
)
_INFIX = re.compile(r"\{([^{}]*)\\(over|choose)(?![a-z])([^{}]*)\}")
_REPEATING = re.compile(r"(?<![\d.])(\d*\.\d{0,8}?)(\d{1,6})\2{2,}\s?(?:\.\.\.|\u2026|\\l?dots)")
_DOTTED = re.compile(r"\\dot\{?(\d)\}?(?!\d|\\dot)")
_TEXT_NUMBER = re.compile(r"\\(?:text(?:bf|it|rm)?|mathrm|mathbf|mbox)\{\s*([-+]?[0-9.,]+|\\?\$)\s*\}")
_TEXT_QUANTITY = re.compile(r"^\\text(?:bf|it|rm)?\{\s*([0-9$€£¥][^{}]*)\}$")
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+(?![\d.])")
_COMMA = re.compile(r"(?<=\d)(?:,|\{,\})(?=\d)")
_OUTWARD = re.compile(r"(?:\\left\s*)?([\[\]])([^\[\](),;]{1,80}[,;][^\[\](),;]{1,80}?)(?:\\right\s*)?([\[\]])")
_MINUS = re.compile(r"^(?:minus|negative)\s+(?=\S)", re.IGNORECASE)


def with_lone_dollar(text: str) -> str:
    r"""A text whose only dollar sign stands before a number, where it is no delimiter but money: `\$5`.

    >>> with_lone_dollar("It is $5."), with_lone_dollar("It is $5$.")
    ('It is \\$5.', 'It is $5$.')
    """
    if text.replace("\\$", "").count("$") != 1:
        return text
    return _LONE_DOLLAR.sub(r"\\$", text)


def spelled(text: str, decimal: DecimalMark = ".") -> str:
    r"""An answer as the reader reads it; with `decimal` a comma, 1.234,5 is a number and `;` or a space parts items.

    >>> [spelled(text) for text in (r"\$5", "5€", "minus three", r"{1\over 2}", "0.333...", "2 million")]
    ['5\\text{ dollar}', '5\\text{ euro}', '-3', '\\frac{1}{2}', '0.\\overline{3}', '2*10^{6}']
    >>> spelled("1.234,5", decimal=","), spelled("2, 3", decimal=",")
    ('1234.5', '2, 3')
    """
    text = _TEXT_QUANTITY.sub(r"\1", _TEXT_NUMBER.sub(r"\1", text))
    if decimal == ",":
        text = _COMMA.sub(".", _GROUPED.sub(lambda found: found[0].replace(".", ""), text))
    text = _OUTWARD.sub(_inward, text)
    text = _MINUS.sub("-", text)
    sign = "-" if text.startswith("-") else ""
    text = sign + in_figures(text[len(sign) :])
    while _INFIX.search(text):
        text = _INFIX.sub(lambda found: _prefixed(*found.groups()), text, count=1)
    text = _DOTTED.sub(r"\\overline{\1}", _REPEATING.sub(r"\1\\overline{\2}", text)).replace("\\degree", "^\\circ ")
    found = _MONEY.fullmatch(text.replace("\\$", "$").strip())
    return _money(found) or text if found else text


def _inward(found: re.Match[str]) -> str:
    """`]1, 2[`, as an open interval is written in French and German, as `(1, 2)`."""
    return f"{'(['[found[1] == '[']}{found[2]}{')]'[found[3] == ']']}"


def _prefixed(left: str, infix: str, right: str) -> str:
    return f"\\{'frac' if infix == 'over' else 'binom'}{{{left.strip()}}}{{{right.strip()}}}"


def _money(found: re.Match[str]) -> str:
    """An amount with the name of its currency behind it; empty where it is no amount, or has two currencies."""
    before, behind, magnitude = found["before"], found["behind"], found["magnitude"]
    if not (before or behind or magnitude) or not found["figures"] or (found["sign"] and found["inner"]):
        return ""
    codes = [currencies_of(one) for one in (before, behind) if one]
    both = codes[0].intersection(*codes) if codes else frozenset()
    if codes and not both:
        return ""
    size = f"*10^{{{_MAGNITUDES[magnitude]}}}" if magnitude else ""
    unit = f"\\text{{ {_name(both)}}}" if codes else ""
    return f"{found['sign'] or found['inner']}{found['figures'].strip()}{size}{unit}"


def _name(codes: frozenset[str]) -> str:
    """One name for a currency: that of its commonest kind, so that $ is a dollar, and ¥ is a yen as well as a yuan."""
    names = {"USD": "dollar", "EUR": "euro", "GBP": "pound", "JPY": "yen", "INR": "rupee"}
    return next((name for code, name in names.items() if code in codes), "/".join(sorted(codes)).lower())
