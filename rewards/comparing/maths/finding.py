"""Finds the answer in what a model or an author wrote, and reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from rewards.comparing.dress import INVISIBLE, unescaped
from rewards.comparing.lead_ins import SPACELESS, announcing, languages_of, without_lead_in
from rewards.comparing.maths.equality import NO_ANSWER, Answer, are_equal, listed
from rewards.comparing.maths.nodes import Group, MathError, Node, Text, children_of
from rewards.comparing.maths.reading import read_answer
from rewards.comparing.maths.spelling import spelled, with_lone_dollar
from rewards.comparing.numbers import DecimalMark

_END_CHARS, _MAX_BOXES = 4_000, 16
_BRACES = re.compile(r"(\\+f?box(?:ed)?\s*\{)|\\[{}\\]|[{}]")
_MARK = f"[{INVISIBLE}]"
_UNSEEN = re.compile(rf"(?<!\w)(?<!{_MARK}){_MARK}+|(?<!{_MARK}){_MARK}++(?!\w)")
"""Invisible marks around a word; one within a number makes two of it for whatever reads the answer next."""
_BOLD = re.compile(r"(=\s?)\*\*(?=[^\s*])([^*\n]{1,2000})\*\*(?![\w*])")
_TAGGED = re.compile(r"<(b|i|u|p|em|strong|code|mark|span|answer)>([^<>]{0,2000})</\1>")
_SENTENCE = re.compile(r"(?:\$[^$\n]*\$|\\\([^\n]*?\\\)|\\\$|[^\n.。$]|\.(?=\d)){1,400}")
_VERB = re.compile(r"\b(?:is|are|be|equals?)\b:?")
_FORMULA = re.compile(
    r"\$\$(.+?)\$\$|\$(?=\S)([^$\n]+?)(?<=\S)\$(?!\d)|\$\s([^$\n]+?)\s\$|\\\(([^\n]+?)\\\)|\\\[(.+?)\\\]", re.DOTALL
)
_DELIMITERS = re.compile(r"\$|(?<!\\)\\[()\[\]]")
_AROUND = re.compile(
    r"^(?:(?<!\\)\$\$?|\\\(|\\\[|\*\*|`|[\"\u201c])+|^(?:[=\u2248~]|\\approx)\s*|(?:(?<!\\)\$\$?|\\\)|\\\]|\*\*|`|[\"\u201d。]|です|입니다)+$"
)
_FULL_STOP = re.compile(r"(?<!\.)\.\s*$")
_SET = re.compile(r"\{([^{}|]{1,40}\|[^{}|]+|\s*)\}")


def answer_of(text: str, decimal: DecimalMark = ".") -> Answer:
    r"""The answer that a text gives: what it boxes; or all of it, where that is mathematics; or what stands behind
    "answer is", "answer:" or "####"; or the only formula between dollar signs.

    Different answers are a list, so that to box two is to give both.

    >>> texts = (r"So $x = \boxed{\frac12}$.", "$5$.", "The answer is 7.", "It is $3$, so there.")
    >>> [answer_of(text).text for text in texts]
    ['\\frac12', '5', '7', '3']
    """
    text = with_lone_dollar(_BOLD.sub(r"\1\2", _TAGGED.sub(r"\2", _UNSEEN.sub("", unescaped(text)))))
    given = list(dict.fromkeys(box.strip() for box in _boxes(text))) if "box" in text else []
    if len(given) > _MAX_BOXES:
        return NO_ANSWER
    whole = _answer(without_lead_in(text.strip()), decimal) if not given else NO_ANSWER
    if not given and (whole.tree is None or _has_words(whole.tree)):
        given = _stated(text[-_END_CHARS:], decimal)
    if not given:
        return whole
    answers = [_answer(one, decimal) for one in given]
    distinct = [one for index, one in enumerate(answers) if not any(are_equal(one, other) for other in answers[:index])]
    if len(distinct) == 1:
        return distinct[0]
    trees = [item for one in distinct if one.tree is not None for item in listed(one.tree)]
    joined = ", ".join(one.text for one in distinct)
    return Answer(joined, Group("", tuple(trees), "") if all(one.tree is not None for one in distinct) else None)


def _answer(text: str, decimal: DecimalMark) -> Answer:
    if len(text) > _END_CHARS:
        return NO_ANSWER
    text = _bare(text)
    plain = spelled(text, decimal).replace("\\$", "")
    if whole := _SET.fullmatch(plain):
        plain = rf"\{{{whole[1]}\}}"
    try:
        return Answer(text, read_answer(_DELIMITERS.sub(" ", plain)))
    except (MathError, RecursionError):
        return Answer(text, None)


def _bare(text: str) -> str:
    """The text without the marks around it: dollar signs, bold, a full stop."""
    while (shorter := _AROUND.sub("", _FULL_STOP.sub("", text.strip())).strip()) != text:
        text = shorter
    return text


def _boxes(text: str) -> Iterator[str]:
    """What the text boxes; a box that is never closed is none, and one in another is part of that."""
    start, depth, inside = 0, 0, 0
    for found in _BRACES.finditer(text):
        if found[0] == "}":
            depth = max(depth - 1, 0)
            if inside and depth < inside:
                yield text[start : found.start()]
                inside = 0
        elif found[0] == "{" or found[1]:
            depth += 1
            if not inside and found[1]:
                start, inside = found.end(), depth


def _stated(text: str, decimal: DecimalMark) -> list[str]:
    """What a text states to be its answer; without such words, its only formula."""
    marks = [mark.span() for mark in _marker(languages_of(text)).finditer(text)]
    stated: list[str] = []
    for (_, start), (following, _) in pairwise([*marks, (len(text), 0)]):
        found = _SENTENCE.match(text, start)
        if found is not None and found[0].strip() and found.end() <= following:
            stated.append(found[0].strip())
    if stated:
        return [_only_formula(one, decimal) or one for one in dict.fromkeys(stated)]
    formulas = {"".join(found).strip() for found in _FORMULA.findall(text)}
    return list(formulas) if len(formulas) == 1 else []


@lru_cache(maxsize=256)
def _marker(languages: tuple[str, ...]) -> re.Pattern[str]:
    """What announces an answer in one of `languages`, or in one without spaces."""
    called, beside, links = announcing(languages, results=True)
    elsewhere = announcing(tuple(SPACELESS), results=True)
    return re.compile(
        rf"\b(?:{called}|ans\.)(?:\s(?:{beside}))*(?:\*\*|__)?(?:\s?[:=]|\s(?:{links})(?!\w):?)|####"
        r"|^[#*_ ]{1,8}(?:final )?answer[*_ ]*:?[*_]*\s*\n"
        rf"|(?:{elsewhere.called})(?:{elsewhere.beside})*(?:\*\*)?\s?(?:[:\uff1a=]|{elsewhere.links})",
        re.IGNORECASE | re.MULTILINE,
    )


def _only_formula(text: str, decimal: DecimalMark) -> str:
    """The formula in a sentence, with which it ends or of which it has one; empty where it is one itself."""
    if _is_read(text, decimal):
        return ""
    end = _VERB.split(text)[-1]
    formulas = {"".join(found).strip() for found in _FORMULA.findall(text)}
    return end if _is_read(end, decimal) else formulas.pop() if len(formulas) == 1 else ""


def _is_read(text: str, decimal: DecimalMark) -> bool:
    tree = _answer(text, decimal).tree
    return tree is not None and not _has_words(tree)


def _has_words(node: Node) -> bool:
    return isinstance(node, Text) or any(map(_has_words, children_of(node)))
