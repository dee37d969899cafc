"""What people and models put around an answer: a fence, bold type, quotes, a full stop, "Answer:"."""

from __future__ import annotations

import re
from functools import cache

from rewards.comparing.lead_ins import begins_like_lead_in, without_lead_in

_MAX_LAYERS, _MAX_CHARS = 8, 20_000


def undressed(text: str, *, brackets: bool = False, entities: bool = True) -> str:
    r"""`text` without what stands around it and says nothing: fences, bold and code marks, quotes, tags of HTML, the
    box and dollars of LaTeX, characters of no width, a heading, a full stop, and in front "Answer:", "Keywords:"
    or "the answer is", in several languages. With `brackets` also those, a bullet and any mark behind, which would
    change a number; with `entities` those of HTML are what they stand for.

    >>> [undressed(text) for text in ("**refund**.", "```\n42\n```", r"$\boxed{42}$", "Answer: “42”", "答案是42。")]
    ['refund', '42', '42', '42', '42']
    """
    if len(text) > _MAX_CHARS or _is_bare(text):
        return text
    text = _shown(unescaped(text) if entities else text)
    for _ in range(_MAX_LAYERS):
        found = _layer(brackets=brackets).fullmatch(text)
        inner = _shown(found[found.lastindex or 0]) if found else text
        inner = without_lead_in(_shown(inner.rstrip("。．")))
        inner = _shown(_heading().sub("", inner, count=1)).removesuffix("です").removesuffix("입니다")
        if brackets and "\n" not in inner:
            inner = _bullet().sub("", inner).rstrip(".,:;!、")
        inner = inner[:-1].rstrip() if inner.endswith(".") and not inner.endswith("..") else inner
        if inner == text or not inner:
            return text
        text = inner
    return text


def _is_bare(text: str) -> bool:
    """Whether nothing stands around a text, as of most: it begins and ends with a letter or digit, and not with a word
    that announces an answer."""
    ends = text[:1] + text[-1:]
    return ends.isascii() and ends.isalnum() and "&" not in text and not begins_like_lead_in(text)


def unescaped(text: str) -> str:
    """`text` with the entities of HTML as the characters that they stand for.

    >>> unescaped("&quot;R&amp;D&quot; &lt; 5 &euro;"), unescaped("AT&T; a&b")
    ('"R&D" < 5 €', 'AT&T; a&b')
    """
    if "&" not in text or ";" not in text:
        return text
    from html import unescape  # a table of 2,231 names that hardly any answer needs

    return _entity().sub(lambda found: unescape(found[0]), text)


INVISIBLE = "\u00ad\u061c\u200b\u200c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
"""Characters of no width: soft hyphens, joints, and marks of the direction of writing."""
_UNSEEN = " \n\t\r" + INVISIBLE


def _shown(text: str) -> str:
    return text.strip(_UNSEEN).strip()


@cache
def _layer(*, brackets: bool) -> re.Pattern[str]:
    """One layer around the rest; no mark of the layer may stand inside, so that "a" and "b" are no quotation."""
    pairs = (
        ("**", "**", "*"), ("__", "__", "_"), ("*", "*", "*"), ("_", "_", "_"), ("`", "`", "`"), ('"', '"', '"'),
        ("'", "'", "'"), ("“", "”", "“”"), ("„", "“", "„“"), ("‘", "’", "‘’"), ("«", "»", "«»"), ("「", "」", "「」"),
        ("『", "』", "『』"), ("$$", "$$", "$"), ("$", "$", "$"), ("\\(", "\\)", "\\"), ("\\[", "\\]", "\\"),
    )  # fmt: skip
    wide = (("(", ")", "()"), ("[", "]", "[]"), ("<", ">", "<>"), ("（", "）", "（）"), ("【", "】", "【】"))
    wrapped = (
        rf"{re.escape(a)}([^{re.escape(marks)}\n]+){re.escape(b)}"
        for a, b, marks in (*pairs, *(wide if brackets else ()))
    )
    fences = r"```[a-z]{0,10}\n([^`]+)\n```"
    commands = r"\\(?:f?box(?:ed)?|text(?:bf|it|rm|sf|tt)?|math(?:rm|bf|sf|it))\s?\{([^{}]+)\}"
    nested = r"\$?\\boxed\s?\{((?:[^{}]|\{[^{}]*\})+)\}\$?"
    tags = r"<(?P<tag>b|i|u|p|em|strong|code|mark|small|span|tt|h[1-6])>([^<>]+)</(?P=tag)>"
    return re.compile("|".join((fences, nested, commands, tags, *wrapped)), re.DOTALL)


@cache
def _entity() -> re.Pattern[str]:
    return re.compile("&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


@cache
def _bullet() -> re.Pattern[str]:
    return re.compile(r"^(?:[-*>\u2022]|#{1,6})\s+")


@cache
def _heading() -> re.Pattern[str]:
    return re.compile(r"^#{1,6}\s+|^[=≈~]\s*")
