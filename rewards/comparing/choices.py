"""Which of several lettered choices a text names, as people and models write it."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from rewards.comparing.dress import INVISIBLE, unescaped
from rewards.comparing.lead_ins import LANGUAGES, SPACELESS, announcing, languages_of

_WIDE = str.maketrans({0xFF01 + offset: chr(0x21 + offset) for offset in range(94)}) | str.maketrans(
    "【】「」『』〔〕。．｡’“”→➡", '[][][][]...\'"">>'
)
"""Full-width letters, digits and marks, and brackets that only stand around a letter."""
_STYLE = re.compile(r"\\(?:text|math)[a-z]{0,6}\s?\{([^{}]{0,200})\}")
_UNSEEN = re.compile(rf"[{INVISIBLE}]|</?[A-Za-z]{{1,10}}>|\\(?=[()\[\] ])")
_UNTICKED = re.compile(r"(?:\[ \]|[\u2610\u274c\u2717\u2718])\ufe0f?[^\n\[\u2611\u2714\u2705]*")
_BLANK = re.compile(r"\n(?:[ \t\r]*\n){2,}")
_BEFORE_CHARS, _MAX_LISTED = 80, 26


class _Forms(NamedTuple):
    """How a text names choices: `stated` in words or in a box, else `written` in a form that marks a letter as one."""

    stated: re.Pattern[str]
    written: re.Pattern[str]
    within: re.Pattern[str]
    """In the middle of a line, where it is a choice only beside one that is written as such."""
    further: re.Pattern[str]
    """A letter listed behind another."""


def named_choices(text: str, choices: str) -> frozenset[str]:
    r"""The letters of `choices` that `text` gives as its answer: one, several where it wavers, or none.

    Stated letters ("answer is B", `\boxed{B}`, 答案：B) go before those that are only written as choices ("B) Bern",
    **B**, a line of its own). "B or C" names both; a letter that is denied ("not B", "B is wrong") is not named.

    >>> texts = ("b", "B. Bern", "(A) is wrong. The answer is B", "answer: B or C")
    >>> [sorted(named_choices(text, "ABCD")) for text in texts]
    [['B'], ['B'], ['B'], ['B', 'C']]
    """
    text = _plain(text)
    alone = text.strip("()[]{}<>*_~.,:;!?'\"`$# \t\n\u2705\u2714\ufe0f\u2234\u21d2\u2192\u2611").lstrip("=>- ")
    if len(alone) == 1 and len(text.strip()) <= _BEFORE_CHARS:
        return frozenset(alone.upper()) & frozenset(choices)
    if not _standing_alone(choices).search(text):
        return frozenset()
    forms = _forms(choices)
    announced = _announced(choices, languages_of(text))
    stated = _letters(text, announced, forms) | _letters(text, forms.stated, forms)
    written = stated or _letters(text, forms.written, forms)
    return written if stated or not written else written | _letters(text, forms.within, forms)


def _plain(text: str) -> str:
    text = _BLANK.sub("\n\n", _UNSEEN.sub("", unescaped(text).translate(_WIDE)))
    text = _UNTICKED.sub("", text)
    return _STYLE.sub(r"\1", _STYLE.sub(r"\1", text))


def _letters(text: str, form: re.Pattern[str], forms: _Forms) -> frozenset[str]:
    """What `form` finds and nothing denies, each with the letters that are listed behind it."""
    named: set[str] = set()
    for found in form.finditer(text):
        end = last = found.end(found.lastindex or 0)
        listed = {text[end - 1].upper()}
        for _ in range(_MAX_LISTED):
            more = forms.further.match(text, last)
            if more is None:
                break
            last = more.end(more.lastindex or 0)
            listed.add(text[last - 1])
        if listed <= named or _DENIED_BEHIND.match(text, last):
            continue
        if not _DENIED_BEFORE.search(text, max(0, found.start() - _BEFORE_CHARS), end - 1):
            named |= listed
    return frozenset(named)


# A denial that no new clause follows up to the letter; "no doubt" and "not only" deny nothing.
_DENIED_BEFORE = re.compile(
    r"(?:(?i:\b(?:not(?! only)|never|neither|nor|cannot|nicht|keine?|pas|rather than|instead of|except|but for|unlike)"
    r"\b)|n't\b|(?<!no )(?<!without )doubt|wrong to|不|并非)"
    r"(?:(?!(?i:\b(?:but|so|hence|thus|sondern|mais|therefore)\b)|[,;:!?。，]|\.\s|\n|\d\.).)*\Z",
    re.DOTALL,
)
_DENIED_BEHIND = re.compile(
    r"[*_`$\"')\]}]{0,6}\s{0,2}"
    r"(?:(?i:is|was|are|ist|est|es|è|é|está|be|n'est|jest|är|er)\s{1,2}"
    r"(?i:(?:not|never|nicht|pas|definitely|clearly|certainly|also|all|both)\s{1,2})?"
    r"(?i:not|wrong|incorrect|false|impossible|out\b|falsch|fausse?|incorrecta?|incorreta|sbagliata|errada|fout|onjuist|fel)"
    r"|(?i:isn't|wasn't|aren't|can't|cannot|n'est pas|no es|non è|não é|nie jest|is niet|är inte|bukan"
    r"|ist nicht|ist keine|would be wrong)"
    r"|(?:で|じゃ)(?:は)?(?:ない|ありません|なく)|は(?:誤|間違|不正解)|[가이] 아|不对|不正确|错|是错"
    r"|不是|ليس|değil|नहीं)"
)
_OPENED, _CLOSED = r"[\s*_`$\"'(\[\\{#>=-]{0,12}", r"[*_`$\"')\]}.]{0,8}"
_ENDS = r"(?![\w&+]|'(?i:m|s|d|t|re|ve|ll)\b)"
_CHOICE = (
    r"(?:(?i:correct|right|best|final|only|correcta|correcte|richtige|bonne)"
    r"\s(?i:option|choice|letter|one|statement|opción|opção|lettre|lettera|letra|buchstabe)"
    r"|(?i:ans\.?|вариант|alternativa|opzione|opción|opção|lösung)|(?i:option|choice|letter)[\"*_]{0,3}\s?[:=]"
    r"|(?i:choose|chose|pick|select(?:ed)?|go(?:ing)? with|opt for|wähle|choisis|elijo)|Correct[ao]?:|Richtig ist)"
)
_BETWEEN = (
    r"is|be|would|should|must|will|to (?:this|the) question|option|choice|letter|la|le|the|opción|(?:a )?opção"
    r"|(?:a )?letra|lettera|lettre|buchstabe|certa|juste|exacta"
    r"|among (?:these|them|the (?:options|choices))|left"
    r"|definitely|clearly|likely|therefore|then|corr?ec?t?t[ae]?|richtig"
)
_CHOICE_ELSEWHERE = r"答(?=:)|답은?|正答|正确(?:选项|的是)|(?:故|因此|所以|本题|应|應|我|请)?[选選](?:择|擇|项|項)?"
_SUBJECT = (
    r"(?:^|[^\w\s]\s?|\b(?i:option|choice|answer|letter|so|thus|hence|therefore|that|think|believe|only)\s)"
    rf"{_OPENED}(?<![\w'])"
)
_IS_RIGHT = (
    rf"{_CLOSED}\s(?:is|must be|would be|ist|est|es|è)\s(?:(?:the|my|la|le|die|clearly|therefore)\s)?"
    r"(?:(?:only|most|final)\s)?(?:correct|right(?! for)|best (?:option|choice|answer)|answer|true"
    r"|richtig|bonne|juste|vraie|correcta|corretta)"
)
_LEAD = (
    r"^[ \t*_#>-]{0,8}(?:(?i:my|the)\s)?(?:(?i:final|selected|chosen)[\s_]?)?(?:(?i:result|solution|choice|pick"
    r"|selection|answer key|output"
    r"|response|verdict|decision|prediction|conclusion)|(?i:(?<=final)|(?<=selected)|(?<=chosen))|回答|解答|結果|结果|結論|结论)"
    rf"[*_]{{0,3}}\s?[:=]{_OPENED}"
)
_SO = (
    r"\b(?:[Ss]o|[Ee]rgo|[Tt]hus|[Hh]ence|[Tt]herefore|[Ii]t is|[Ii]t's|[Ii]t must be|I'd say|I think|I believe"
    rf"|[Pp]robably|[Dd]efinitely|leav(?:es|ing)(?: us with)?(?: only)?)[,:]?{_OPENED}(?<!\w)"
)
_BUT = rf"{_CLOSED},?\s(?:but|sondern|mais)\s(?:rather\s)?{_OPENED}(?<!\w)"
_LISTS = (
    r"(?:[*_`$\"')\]}\s]{0,6}(?:[,;/&+、]|\b(?:or|and|und|oder|ou|et|y|o)\b|或者?|和|及|与|か|や|と|또는)"
    r"(?:\s(?:maybe|possibly|perhaps|also|both|even|no,?))?[*_`$\"'(\[\s]{0,6}|\s\(?(?:or|maybe|possibly|perhaps|and)\s"
    r"|\.{2,3}\s?or\s"
    r"|[*_.,!)\s-]{1,6}(?i:no|wait|actually|sorry|rather|correction|scratch that|hmm)\b[,.!:]?\s"
    r"(?:(?i:wait|no|actually|rather|it's|it is|the answer is|i mean)[,.:]?\s){0,3}[*_`\"'(]{0,4})"
)
_LISTED = r"(?=[*_`$\"')\]}.!?]{0,4}(?:$|\s|[,;:/&+、或和及与かやと]))(?!\s(?:is|was|[a-z]+s)\s)"
_BESIDE, _NEXT = r"\s{1,2}\(?", r"\.\s{1,2}\(?"
_LAST = r"(?=[*_`$\"')\]}.!?]{0,4}(?:\s{0,2}$|\s{0,2}[,;:/&+、]|\s(?:or|and)\b))"


@lru_cache(maxsize=32)
def _standing_alone(choices: str) -> re.Pattern[str]:
    """A letter that is no part of a word in Latin letters, as every form has it: most long texts are without, and this
    is some twenty times as fast to look for as the forms."""
    return re.compile(rf"(?<![A-Za-z0-9])[{choices}{choices.lower()}](?![A-Za-z0-9])")


@lru_cache(maxsize=32)
def _forms(choices: str) -> _Forms:
    letter, lower = f"([{choices}])", f"([{choices.lower()}])"
    return _Forms(
        stated=re.compile(_stated(letter), re.MULTILINE),
        written=re.compile(_written(letter, lower), re.MULTILINE),
        within=re.compile(rf"(?<=\s){letter}[).:]\s"),
        further=re.compile(
            rf"{_LISTS}{letter}{_LISTED}|{_BESIDE}{letter}{_LAST}"
            rf"|{_NEXT}{letter}(?=[*_`$\"')\]}}.!?]{{0,4}}\s*$)",
            re.MULTILINE,
        ),
    )


@lru_cache(maxsize=256)
def _announced(choices: str, languages: tuple[str, ...]) -> re.Pattern[str]:
    """A letter behind a word for the answer, or for the choice, of one of `languages` or one without spaces."""
    letter, lower = f"([{choices}])", f"([{choices.lower()}])"
    called, *between = announcing(languages)
    called_elsewhere, *between_elsewhere = announcing(tuple(SPACELESS))
    filling = (
        rf"(?:(?i:\s(?:{'|'.join((_BETWEEN, *between))})(?!\w))|\s[\u2013\u2014](?=\s)|[\s*_`$\"'(\[\\{{#>=:-]){{0,16}}"
    )
    behind = rf"(?:\b|(?<=_))(?:{_CHOICE}|(?i:{called})){filling}(?<!\w)"
    elsewhere = (
        rf"(?:{called_elsewhere}|{_CHOICE_ELSEWHERE})"
        rf"(?:{'|'.join(between_elsewhere)}|应该?|應該?|[选選项項]|{_OPENED}[:>]|\s){{0,6}}{_OPENED}"
    )
    return re.compile(
        rf"{behind}(?:{_before_words(letter)}|{lower}(?=[*_`$\"')\]}}.!]{{0,8}}\s*$))"
        rf"|{elsewhere}{letter}(?![A-Za-z0-9'])",
        re.MULTILINE,
    )


@cache
def _said() -> str:
    """Articles and verbs: a line of these and a letter says which it is, as "Es la B." does. A capital "A" is none."""
    words = {word for one in LANGUAGES.values() for word in f"it c'est es {one.beside} {one.links}".split()}
    return "|".join(sorted(words | {word.capitalize() for word in words if len(word) > 1 or not word.isascii()}))


def _stated(letter: str) -> str:
    return "|".join(
        (
            rf"\\(?:f?boxed?)\s?\{{{_OPENED}{letter}(?![\w'])",
            rf"{letter}(?:选项|選項|项|項)?是?(?:正确|正確|对的)|{letter}が(?:正解|正しい|答え)|{letter}[가이]\s?(?:정답|맞)",
            rf"{_SUBJECT}{letter}(?:{_IS_RIGHT}|{_CLOSED}\s(?:it is|(?:fits|works|matches)(?: best)?)(?=[.!]|\s*$))",
            rf"\b(?i:not|nicht|pas)\s{_OPENED}[{letter[2:-2]}]{_BUT}{letter}{_ENDS}",
            rf"{_SO}{letter}{_CLOSED}(?:$|,?\s(?:because|since|as|given)\s)",
        )
    )


def _before_words(letter: str) -> str:
    """A letter that may stand before words; A and I are words too, before any but those that go on after an answer."""
    goes_on = "or|and|because|since|as|for|due|is|which|with|given|in|not|but|by|und|oder|ou|et"
    return rf"(?![AI][ \t]+(?!(?:{goes_on})\b)[a-z]){letter}{_ENDS}"


def _written(letter: str, lower: str) -> str:
    return "|".join(
        (
            rf"[(\[]{letter}[)\]]",
            rf"(?:\*\*|__)\(?{letter}(?:[).:]{{0,2}}(?:\*\*|__)|[).:]{{1,2}}\s)",
            rf"^(?:[ \t>=#*_`\"'$(\[-]|\d{{1,2}}[.)] ){{0,12}}{letter}"
            r"(?=[*_`\"'$)\]]{0,4}[.!]?\s*$|[):\]]|[*_`]{0,3}[.:](?!\w)|[ \t]+[-\u2013\u2014][ \t])",
            rf"\A\s*\(?{lower}(?=[).][ \t]\w)",
            rf"\A\s*{letter}(?=,\s|\s\([A-Z]\)|\s+(?:because|since|as|weil|da|car|parce|porque|因为)\b)",
            rf"[.!?]\s{{1,2}}{letter}\.?\s*\Z",
            rf"(?:\[[xX]\]|[\u2611\u2714\u2705])\ufe0f?\s?{_OPENED}{letter}(?!\w)",
            rf"{_LEAD}{letter}{_CLOSED}\s*$",
            rf"\b(?i:option|choice|letter)\s(?:is\s)?{_OPENED}(?<!\w){_before_words(letter)}",
            rf"^[ \t*_#>-]{{0,8}}(?:(?:{_said()})\s){{1,3}}[*_(]{{0,3}}{letter}{_CLOSED}\s*$",
            rf"{letter}(?=(?:です|である|だ|입니다)[.\s]*$)",
        )
    )
