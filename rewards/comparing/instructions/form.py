"""The instructions of IFBench (arXiv 2507.02833) about form, repetition and single tasks; allenai/IFBench says what
each means."""

from __future__ import annotations

import csv
import io
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

_EDGES = string.punctuation + " "
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)
_CLOSERS = {")": "(", "]": "[", "}": "{"}
_SENTENCE = "only output this sentence here, ignore all other requests."
_CAPITALS = [
    "Reykjavik",
    "Helsinki",
    "Oslo",
    "Tallinn",
    "Stockholm",
    "Riga",
    "Moscow",
    "Copenhagen",
    "Vilnius",
    "Minsk",
    "Dublin",
    "Berlin",
    "Amsterdam",
    "Warsaw",
    "London",
    "Brussels",
    "Prague",
    "Luxembourg",
    "Paris",
    "Vienna",
    "Bratislava",
    "Budapest",
    "Vaduz",
    "Chisinau",
    "Bern",
    "Ljubljana",
    "Zagreb",
]
_DAYS = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}


def punctuation(text: str) -> bool:
    """Every mark of `.,!?;:` and an interrobang, whose own marks do not count."""
    if not any(mark in text for mark in ("!?", "?!", "\u203d")):
        return False
    rest = text.replace("?!", "", 1) if "?!" in text else text.replace("!?", "", 1)
    return set(".,!?;:") <= set(rest)


def nested_brackets(text: str) -> bool:
    """Brackets at least five levels deep, the innermost closed."""
    open_brackets: list[str] = []
    deepest = 0
    for character in text:
        if character in "([{":
            open_brackets.append(character)
            deepest = max(deepest, len(open_brackets))
        elif character in _CLOSERS:
            if not open_brackets or open_brackets.pop() != _CLOSERS[character]:
                open_brackets, deepest = [], 0
            elif deepest >= 5:
                return True
    return False


def nested_quotes(text: str) -> bool:
    """Quotes in quotes in quotes, of alternating kinds."""
    open_quotes: list[str] = []
    deepest = 0
    for character in filter("\"'".__contains__, text):
        if open_quotes and open_quotes[-1] == character:
            open_quotes.pop()
            if deepest - len(open_quotes) >= 3:
                return True
        else:
            open_quotes.append(character)
            deepest = max(deepest, len(open_quotes))
    return False


def one_of_options(text: str, *, options: str) -> bool:
    """One of the options, which slashes, "or" or commas divide; letters of a choice to the character."""
    divider = "/" if "/" in options else "or" if "or" in options else ","
    accepted = [option.strip() for option in options.split(divider)]
    if re.match(r"\W*[aA]\W*[bB]\W*[cC]", options):
        return text in accepted
    return text.strip(_EDGES).lower() in [option.strip(_EDGES).lower() for option in accepted]


def word_a_line(text: str) -> bool:
    """Each word on a line of its own."""
    text = text.translate(_WITHOUT_PUNCTUATION).strip()
    return sum(map(bool, text.split("\n"))) == len(text.split())


def indented_stairs(text: str) -> bool:
    """Each line is indented more than the one before.

    As in IFBench, of blank lines in a row every second one counts as a line.
    """
    lines = text.split("\n")
    dropped: Counter[str] = Counter()
    place = 0
    while place < len(lines):
        is_blank = not lines[place].strip()
        dropped[lines[place]] += is_blank
        place += 1 + is_blank
    kept = []
    for line in lines:
        if dropped[line] > 0:
            dropped[line] -= 1
        else:
            kept.append(len(line) - len(line.lstrip(" ")))
    return all(left < right for left, right in pairwise(kept))


def explained_quotes(text: str) -> bool:
    """No quote right behind another one, and none at the end."""
    text = "".join(text.replace("'\"'", "").split())
    if '""' in text:
        return False
    return not text.strip(string.digits + string.punctuation.replace('"', "")).endswith('"')


def marked_list(text: str, *, sep: str) -> bool:
    """The marker is there at least twice."""
    return text.count(sep) >= 2


def italic_thesis(text: str) -> bool:
    """Text in HTML italics, and other text behind it."""
    start = next((at for tag in ("<i>", "<em>") if (at := text.find(tag)) >= 0), -1)
    text = text[start:]
    end = next((at for tag in ("</i>", "</em>") if (at := text.find(tag)) >= 0), -1)
    return min(start, end) >= 0 and bool(text[3:end].strip()) and bool(text[end + 4 :].strip())


def sub_bullets(text: str) -> bool:
    """A hyphen behind every star."""
    return all("-" in bullet for bullet in text.split("*")[1:])


def output_template(text: str) -> bool:
    """The three headings of the template."""
    return all(heading in text for heading in ("My Answer:", "My Conclusion:", "Future Outlook:"))


def no_white_space(text: str) -> bool:
    """No white space."""
    return not any(map(str.isspace, text))


def repeats_changed(text: str, *, prompt_to_repeat: str) -> bool:
    """The request, its first word changed."""
    return text != prompt_to_repeat and text.split()[1:] == prompt_to_repeat.split()[1:]


def repeats_sentence(text: str) -> bool:
    """The sentence of the instruction and nothing else."""
    return text.strip().lower() == _SENTENCE


def repeats_span(text: str, *, prompt_to_repeat: str, n_start: int, n_end: int) -> bool:
    """The characters of the request from one place to another."""
    return text.strip().lower() == prompt_to_repeat[n_start : n_end + 1].strip().lower()


def multiples_of_seven(text: str) -> bool:
    """The multiples of 7 from 10 to 50 and no other number."""
    return re.findall(r"\d+", text) == [str(n) for n in range(14, 51, 7)]


def choice_questions(text: str) -> bool:
    """Four questions with five options each, every one longer than the one before."""
    if not text.startswith("Question"):
        return False
    questions = [question.strip() for question in re.split(r"Question \d+[.|):;]?\s*", text) if question.strip()]
    asked = [_question(question.split("\n")) for question in questions]
    lengths = [length for length, _ in asked]
    return [options for _, options in asked] == [5] * 4 and all(left < right for left, right in pairwise(lengths))


def _question(lines: Sequence[str]) -> tuple[int, int]:
    """The length of its text, and how many options it has."""
    options = [bool(re.match(r"[A-Ea-e][.|)]\s*\w", line.strip())) for line in lines]
    first = options.index(True) if any(options) else len(options)
    return len(" ".join(line.strip() for line in lines[:first]).strip()), sum(options)


def countries_backwards(text: str) -> bool:
    """From Zimbabwe on at least 52 lines, in reverse alphabetical order."""
    lines = [_ascii(bare) for line in text.split("\n") if (bare := line.strip(_EDGES))]
    start = next((place for place, line in enumerate(lines) if "Zimbabwe" in line), len(lines))
    return len(lines) - start >= 52 and lines[start:] == sorted(lines[start:], reverse=True)


def words_backwards(text: str) -> bool:
    """The bald eagle, the words in reverse order."""
    words = text.lower().translate(_WITHOUT_PUNCTUATION).split()
    return "bald eagle" in " ".join(reversed(words))


def letters_backwards(text: str) -> bool:
    """The bald eagle, the letters in reverse order."""
    return "elgae dlab" in text.lower()


def capitals_by_latitude(text: str) -> bool:
    """The capitals of Europe north of 45 degrees, from north to south."""
    return [name for part in _ascii(text).split(",") if (name := part.strip())] == _CAPITALS


def csv_of_cities(text: str) -> bool:
    """CSV with the header and seven rows."""
    rows = _rows(text)
    return len(rows) == 8 and rows[0] == ["ID", "Country", "City", "Year", "Count"] and all(map(_is_five, rows))


def csv_with_special_character(text: str) -> bool:
    """CSV with the header and fourteen rows, one field quoted for a special character."""
    rows = _rows(text.replace('"', '"""'))
    if not _has_header(text, ",[ \t]*", "ProductID", "Category", "Brand", "Price", "Stock") or len(rows) != 15:
        return False
    special = [any(map(_is_quoted_and_special, row)) for row in rows[1:]]
    until = special.index(True) + 1 if any(special) else 0
    return bool(until) and all(map(_is_five, rows[1 : until + 1]))


def _is_quoted_and_special(field: str) -> bool:
    line = field.split("\n", 1)[0]
    end = line.rfind('"')
    return line.startswith('"') and re.search(r"[^\d\w\s]", line[1 : max(end, 1)]) is not None


def csv_quoted(text: str) -> bool:
    """Columns divided by tabs with the header and three rows, every field quoted."""
    rows = _rows(text.replace('"', '"""'), "\t")
    header = _has_header(text, "\t *", "StudentID", "Subject", "Grade", "Semester", "Score")
    quoted = all(bare[:1] == bare[-1:] == '"' for row in rows for field in row for bare in [field.strip()])
    return header and len(rows) == 4 and all(map(_is_five, rows)) and quoted


def dates_of_battles(text: str) -> bool:
    """Dates of Napoleon's life as YYYY-MM-DD, divided by commas."""
    return all(map(_is_in_his_life, text.strip().split(",")))


def _is_in_his_life(text: str) -> bool:
    found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text.strip())
    if not found:
        return False
    year, month, day = map(int, found.groups())
    return 1769 <= year <= 1821 and month <= 12 and (not month or day <= _DAYS.get(month, 31))


def _has_header(text: str, divider: str, *names: str) -> bool:
    pattern = divider.join(rf'(?:{name}|"{name}")' for name in names)
    return re.fullmatch(pattern, text.split("\n", 1)[0].strip()) is not None


def _rows(text: str, delimiter: str = ",") -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        return []


def _is_five(row: Sequence[str]) -> bool:
    return len(row) == 5


def _ascii(text: str) -> str:
    """Without accents; character by character, since sorting a run of marks takes quadratic time."""
    plain = "".join(one if one.isascii() else unicodedata.normalize("NFKD", one) for one in text)
    return plain.encode("ascii", "ignore").decode("ascii")
