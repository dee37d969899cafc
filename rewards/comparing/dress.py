"""What people and models put around an answer: a fence, bold type, quotes, a full stop, "Answer:"."""

from __future__ import annotations

import re
from functools import cache

_MAX_LAYERS, _MAX_CHARS = 8, 20_000


def undressed(text: str, *, brackets: bool = False, entities: bool = True) -> str:
    r"""`text` without what stands around it and says nothing: fences, bold and code marks, quotes, tags of HTML, the
    box and dollars of LaTeX, characters of no width, a heading, a full stop, and in front "Answer:", "Keywords:"
    or "the answer is", in several languages. With `brackets` also those, a bullet and any mark behind, which would
    change a number; with `entities` those of HTML are what they stand for.

    >>> [undressed(text) for text in ("**refund**.", "```\n42\n```", r"$\boxed{42}$", "Answer: “42”", "答案是42。")]
    ['refund', '42', '42', '42', '42']
    """
    if len(text) > _MAX_CHARS:
        return text
    text = (unescaped(text) if entities else text).strip(_UNSEEN).strip()
    for _ in range(_MAX_LAYERS):
        found = _layer(brackets=brackets).fullmatch(text)
        inner = found[found.lastindex or 0].strip() if found else text
        inner = _lead().sub("", inner.rstrip("。．").strip(), count=1).removesuffix("です")
        if brackets and "\n" not in inner:
            inner = _bullet().sub("", inner).rstrip(".,:;!、")
        inner = inner[:-1].rstrip() if inner.endswith(".") and not inner.endswith("..") else inner
        if inner == text or not inner:
            return text
        text = inner
    return text


def unescaped(text: str) -> str:
    """`text` with the entities of HTML as the characters that they stand for.

    >>> unescaped("&quot;R&amp;D&quot; &lt; 5 &euro;"), unescaped("AT&T; a&b")
    ('"R&D" < 5 €', 'AT&T; a&b')
    """
    if "&" not in text or ";" not in text:
        return text
    from html import unescape  # a table of 2,231 names that hardly any answer needs

    return _entity().sub(lambda found: unescape(found[0]), text)


INVISIBLE = "\u200b\u200c\u200e\u200f\u2060\ufeff"
_UNSEEN = " \n\t\r" + INVISIBLE


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
def _lead() -> re.Pattern[str]:
    """What introduces an answer; the mark or verb behind the word is needed, so that "answer" alone is an answer."""
    words = (
        r"(?:the |my |so,? the |therefore,? the )?(?:final |correct |right |predicted |best )?"
        r"(?:answer|result|total|ans|labels?|keywords?|tags?|categor(?:y|ies)|class|intents?|topics?|classification"
        r"|prediction|verdict|decision|sentiment|priority|output|type)|klassifi(?:kation|zierung)|clasificación"
        r"|classificação|classificazione"
        r"|(?:die |endgültige |richtige )*antwort|ergebnis|(?:die )?(?:schlüssel|schlag|stich)w(?:ort|örter)"
        r"|kategorien?|klasse|thema|(?:la |le )?(?:bonne )?(?:réponse|résultat)|(?:les )?mots?[- ]clés?|catégories?"
        r"|étiquettes?|(?:la )?respuesta|resultado|(?:las )?palabras? clave|categorías?|categorias?|etiquetas?"
        r"|(?:a )?resposta|(?:as )?palavras?[- ]chave|(?:la )?risposta|risultato|parol[ae] chiave|etichett[ae]"
        r"|ответ|ключевые слова|категория|метк[аи]"
    )
    elsewhere = (
        r"(?:最终|正确)?(?:答案|答え|正解|結果|结果|キーワード|ラベル|分類|カテゴリー?|意図|回答|判定|予測|意图|判断|预测|关键词|標籤|标签|类别|分类|정답|답|키워드|라벨|분류"
        r"|الإجابة|الكلمات المفتاحية|उत्तर)"
    )
    return re.compile(
        rf"^(?:#{{1,6}}\s+)?(?:\*\*|__)?(?:(?i:{words})\s?(?:(?:\*\*|__)?\s?[:=](?:\*\*|__)?|\s(?:is|are|ist|sind|est|sont|es|son|è|sono):?(?=\s))"
        rf"|{elsewhere}(?:[:：](?:\*\*)?|是|为|は|은))\s*|^#{{1,6}}\s+|^[=≈~]\s*"
    )
