"""The instructions of IFEval (arXiv 2311.07911); google-research/instruction_following_eval says what each means."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

_OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_FENCE_OPENERS = ("```json", "```Json", "```JSON", "```")


def compared(count: int, relation: str, limit: int) -> bool:
    """Whether a count is as the `relation`, "less than" or "at least", says.

    >>> compared(3, "at least", 3), compared(3, "less than", 3)
    (True, False)
    """
    return count < limit if relation == "less than" else count >= limit


def has_keywords(text: str, *, keywords: Sequence[str]) -> bool:
    """Every keyword is in it, letter case ignored."""
    return all(re.search(re.escape(keyword), text, re.IGNORECASE) for keyword in keywords)


def keyword_frequency(text: str, *, keyword: str, frequency: int, relation: str) -> bool:
    """The keyword is in it so often, letter case ignored."""
    found = re.findall(re.escape(keyword.strip()), text, re.IGNORECASE)
    return compared(len(found), relation, frequency)


def lacks_words(text: str, *, forbidden_words: Sequence[str]) -> bool:
    """None of the words is in it, letter case ignored."""
    return not any(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) for word in forbidden_words)


def letter_frequency(text: str, *, letter: str, let_frequency: int, let_relation: str) -> bool:
    """The letter is in it so often, in either case."""
    return compared(text.lower().count(letter.lower()), let_relation, let_frequency)


def starred_paragraphs(text: str, *, num_paragraphs: int) -> bool:
    """So many paragraphs, divided by `***`; none in the middle is empty."""
    paragraphs = [paragraph.strip() for paragraph in text.split("***")]
    inner = paragraphs[1:-1]
    return all(inner) and num_paragraphs == len(paragraphs) - sum(not end for end in _ends(paragraphs))


def _ends(items: Sequence[str]) -> Sequence[str]:
    return [items[0], items[-1]] if len(items) > 1 else items


def number_words(text: str, *, num_words: int, relation: str) -> bool:
    """So many words."""
    return compared(len(re.findall(r"\w+", text)), relation, num_words)


def nth_paragraph_first_word(text: str, *, num_paragraphs: int, nth_paragraph: int, first_word: str) -> bool:
    """So many paragraphs, divided by empty lines, and the nth starts with the word."""
    paragraphs = [paragraph.strip() for paragraph in text.split("\n\n")]
    filled = sum(map(bool, paragraphs))
    if filled != num_paragraphs or nth_paragraph > filled or not paragraphs[nth_paragraph - 1]:
        return False
    word = paragraphs[nth_paragraph - 1].split()[0].lstrip("'").lstrip('"')
    return re.split("[.,?!'\"]", word)[0].lower() == first_word.lower()


def placeholders(text: str, *, num_placeholders: int) -> bool:
    """At least so many texts in square brackets."""
    return sum(map(_bracketed, text.split("\n"))) >= num_placeholders


def _bracketed(line: str) -> int:
    found, start = 0, line.find("[")
    while start >= 0 and (end := line.find("]", start)) >= 0:
        found, start = found + 1, line.find("[", end)
    return found


def postscript(text: str, *, postscript_marker: str) -> bool:
    """The marker is in it, letter case ignored."""
    marker = postscript_marker.strip()
    patterns = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
    return re.search(patterns.get(marker, re.escape(marker.lower())), text.lower()) is not None


def bullet_lists(text: str, *, num_bullets: int) -> bool:
    """Exactly so many lines that start with `*` or `-`."""
    starred = re.findall(r"^[^\S\n]*\*[^*].*$", text, re.MULTILINE)
    return len(starred) + len(re.findall(r"^[^\S\n]*-", text, re.MULTILINE)) == num_bullets


def constrained_response(text: str) -> bool:
    """One of the three answers of IFEval is in it."""
    return any(option in text for option in _OPTIONS)


def highlights(text: str, *, num_highlights: int) -> bool:
    """At least so many texts between stars, or between double ones."""
    once = [found.strip("*").strip() for found in re.findall(r"\*[^\n*]*\*", text)]
    twice = [found[2:-2].strip() for found in re.findall(r"\*\*[^\n*]*\*\*", text)]
    return sum(map(bool, once + twice)) >= num_highlights


def sections(text: str, *, section_spliter: str, num_sections: int) -> bool:
    """At least so many headings: the word and a number."""
    return len(re.findall(rf"{re.escape(section_spliter.strip())}\s?\d+", text)) >= num_sections


def is_json(text: str) -> bool:
    """JSON as Python reads it, alone or in a fence."""
    text = text.strip()
    for opener in _FENCE_OPENERS:
        text = text.removeprefix(opener)
    try:
        json.loads(text.removesuffix("```").strip())
    except (ValueError, RecursionError):
        return False
    return True


def title(text: str) -> bool:
    """A title in double angle brackets."""
    return any(map(_has_title, text.split("\n")))


def _has_title(line: str) -> bool:
    start, end = line.find("<<"), line.rfind(">>")
    return start >= 0 and end >= start + 3 and bool(line[start:end].lstrip("<").rstrip(">").strip())


def two_responses(text: str) -> bool:
    """Two different answers, divided by six stars."""
    responses = [response.strip() for response in text.split("******")]
    filled = [response for response in responses if response]
    return all(responses[1:-1]) and len(filled) == 2 and filled[0] != filled[1]


def repeats_prompt(text: str, *, prompt_to_repeat: str) -> bool:
    """It starts with the request."""
    return text.strip().lower().startswith(prompt_to_repeat.strip().lower())


def ends_with(text: str, *, end_phrase: str) -> bool:
    """It ends with the phrase, letter case and quotation marks ignored."""
    return text.strip().strip('"').lower().endswith(end_phrase.strip().lower())


def no_comma(text: str) -> bool:
    """No comma is in it."""
    return "," not in text


def quoted(text: str) -> bool:
    """All of it is in double quotation marks."""
    text = text.strip()
    return len(text) > 1 and text[0] == text[-1] == '"'
