"""Texts that are wrong in one place: a number, a sign, a line, the beginning or the end of them."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from rewards.audit.rows.shapes import ends_of, is_code, is_python, quantity_in, unit_of
from rewards.audit.rows.spans import JUNK, are_numbers, is_arithmetic, number_in
from rewards.types import JSON

SMALL_WORDS = "of in to and for"  # not the articles, which reading comprehension drops on purpose
ARROWS = (" -> ", " → ", " => ", " ⇒ ", "->", "→")
OPPOSITES = (
    (r" < ", " > "), (r" > (?=[\d'\"])", " < "), (r" <= ", " >= "), (r" >= ", " <= "),
    (r"\bASC\b", "DESC"), (r"\bDESC\b", "ASC"), (r"\bAND\b", "OR"), (r"\bOR\b", "AND"),
    (r"\bMIN\(", "MAX("), (r"\bMAX\(", "MIN("), (r"\bnot ", ""),
)  # fmt: skip
"""What is in a text, and what would say the opposite; between names, as in a tree of labels, `>` compares nothing."""
SENTENCE_WORDS = (4, 30)
FIXED = 4  # digits, from which on a number of always as many is a code
NESTED = 3  # depths of indentation, from which on it says what nothing else does
MANY_NUMBERS = 4  # in a text; one with more is no date or name


class Wrong(NamedTuple):
    """A wrong value: a description of the change, and the value."""

    how: str
    value: JSON


def wrong_lines(lines: Sequence[str]) -> Iterator[Wrong]:
    """An answer that writes one item a line, with one of them missing or junk."""
    if lines:
        yield Wrong("its last line missing", "\n".join(lines[:-1]))
        for index in {1, len(lines) - 1}:
            words = lines[index].split(" ", 1)
            wrong = " ".join([*words[:-1], JUNK])  # the number or bullet of a line stays
            yield Wrong("junk in one line", "\n".join([*lines[:index], wrong, *lines[index + 1 :]]))


def junk_in_lines(text: str) -> Iterator[Wrong]:
    """A text of several lines with junk for the last word of one of them: of the first, of the last, of one between.

    >>> [one.value for one in junk_in_lines("name: x\\nport: 80")]
    ['name: zqx\\nport: 80', 'name: x\\nport: zqx']
    """
    lines, rows = text.split("\n"), table_lines(text)
    kept = [(index, line) for index, line in enumerate(lines) if not rows or line in rows]  # of a table, not its head
    ends = [(index, found) for index, line in kept if (found := re.search(r"\w+(?=\W*$)", line))]
    for index, end in [ends[at] for at in sorted({0, len(ends) // 2, len(ends) - 1})] if len(ends) > 1 else []:
        line = lines[index]
        changed = line[: end.start()] + JUNK + line[end.end() :]
        yield Wrong("junk at the end of a line", "\n".join([*lines[:index], changed, *lines[index + 1 :]]))


def other_numbers(value: str) -> Iterator[Wrong]:
    """A text with several numbers, such as a date, of which one is another."""
    found = list(re.finditer(r"(?<![\w.])\d+\.\d+(?![\d.])|\d+", value))
    least = 1 if " " in value else 2
    if number_in(value) is None and least <= len(found) <= MANY_NUMBERS:
        for one in found:
            is_amount = "." in one[0] or len(found) == 1  # of which the last digit may lie within a tolerance
            places = [one.start()] if is_amount else [one.end() - 1, *([one.end() - 2] if len(one[0]) > 1 else [])]
            for at in places:
                yield Wrong("another number in it", f"{value[:at]}{(int(value[at]) + 3) % 10}{value[at + 1 :]}")


def next_in_date(value: str) -> Iterator[Wrong]:
    """A date or a version of which one number is the next one, or the one before: no tolerance is meant for these.

    >>> [one.value for one in next_in_date("1987-05-09")]
    ['1988-05-09', '1987-06-09', '1987-05-08']
    """
    if re.fullmatch(r"\d{1,4}(?:[-/.]\d{1,4}){2}", value):
        for found in re.finditer(r"\d(?=\D|$)", value):
            near = "8" if found[0] == "9" else str(int(found[0]) + 1)
            yield Wrong("the number beside it", value[: found.start()] + near + value[found.end() :])


def broken_program(code: str) -> Iterator[Wrong]:
    """Python that is none any more: without its indentation, or with its lines in reverse; of nested lines only, since
    what belongs to a single `def` can be told without.

    >>> [one.how for one in broken_program("def f(x):\\n    if x:\\n        return 1")]
    ['its indentation missing', 'its lines in reverse']
    """
    lines = code.strip("\n").split("\n")
    if len({len(line) - len(line.lstrip()) for line in lines if line.strip()}) < NESTED:
        return
    flat, turned = "\n".join(line.strip() for line in lines), "\n".join(reversed(lines))
    for how, broken in (("its indentation missing", flat), ("its lines in reverse", turned)):
        if not is_python(broken):
            yield Wrong(how, broken)


def other_unit(value: JSON, others: Sequence[JSON]) -> Iterator[Wrong]:
    """A number with the unit that another row has.

    >>> [one.value for one in other_unit("12.50 km", ["8.00 mi", "3.00 km"])]
    ['12.50 mi']
    """
    mine = quantity_in(value)
    if mine is not None:
        for unit in dict.fromkeys(unit_of(one) for one in others):
            if unit not in ("", mine.unit):
                yield Wrong("another unit", str(mine._replace(unit=unit)))


def other_brackets(value: JSON, others: Sequence[JSON]) -> Iterator[Wrong]:
    """An interval with one end open that was closed, or the other way round, where the data has both.

    >>> [one.value for one in other_brackets("[3, 8)", ["(1, 2]"])]
    ['(3, 8)', '[3, 8]']
    """
    mine = ends_of(value)
    if mine and any(ends_of(one) not in ("", mine) for one in others):
        inner = str(value).strip()[1:-1]
        yield Wrong("another end of an interval", f"{'(' if mine[0] == '[' else '['}{inner}{mine[1]}")
        yield Wrong("another end of an interval", f"{mine[0]}{inner}{')' if mine[1] == ']' else ']'}")


def swapped(value: str) -> Iterator[Wrong]:
    """A text with two of its parts in each other's place, where each place means something: the stops of a route, day
    and month, the lines that a program prints, the words of a sentence.

    >>> [one.value for one in swapped("03/07/2026")][0], [one.value for one in swapped("The dog bites the man.")]
    ('07/03/2026', ['The man bites the dog.'])
    """
    mark = next((mark for mark in ARROWS if value.count(mark) > 1), "")
    items = value.split(mark) if mark else []
    for at in sorted({0, len(items) - 2}) if items else ():
        yield from _exchanged(mark, items, at, "two stops swapped")
    lines = value.split("\n")
    if len(lines) > 1 and are_numbers(lines):
        yield from (one for at in range(len(lines) - 1) for one in _exchanged("\n", lines, at, "two lines swapped"))
    if re.fullmatch(r"\D{0,3}\d+([-/:.]\d+)+\D{0,3}", value):
        runs = re.split(r"(\d+)", value)
        for at in range(1, len(runs) - 2, 2):
            if runs[at] != runs[at + 2]:
                yield Wrong(
                    "two numbers swapped", "".join([*runs[:at], runs[at + 2], runs[at + 1], runs[at], *runs[at + 3 :]])
                )
    yield from _swapped_words(value)


def _exchanged(mark: str, items: Sequence[str], at: int, how: str) -> Iterator[Wrong]:
    if items[at] != items[at + 1]:
        yield Wrong(how, mark.join([*items[:at], items[at + 1], items[at], *items[at + 2 :]]))


def _swapped_words(value: str) -> Iterator[Wrong]:
    """One sentence with two of its words swapped: who pays whom is said by nothing but their order."""
    words = re.findall(r"[^\W\d_]+", value)
    few, many = SENTENCE_WORDS
    if not few <= len(words) <= many or not re.fullmatch(r"[A-Z][^.!?\n]*[.!?]", value):
        return
    once = [one for one in words if one.islower() and len(one) > 2 and words.count(one) == 1]
    if len(once) > 1:
        moved = {once[0]: once[-1], once[-1]: once[0]}
        yield Wrong("two words swapped", re.sub(r"[^\W\d_]+", lambda found: moved.get(found[0], found[0]), value))


def opposite(value: str) -> Iterator[Wrong]:
    """A text that says the opposite by one word or sign: without its "not", or with another comparison in a query.

    >>> [one.value for one in opposite("age < 30 ORDER BY id DESC")], [one.value for one in opposite("It is not paid.")]
    (['age > 30 ORDER BY id DESC', 'age < 30 ORDER BY id ASC'], ['It is paid.'])
    """
    for pattern, other in OPPOSITES:
        if re.search(pattern, value):
            yield Wrong("the opposite", re.sub(pattern, other, value, count=1))


def other_operators(value: str) -> Iterator[Wrong]:
    """A number or an expression without its sign or point, or with another sign in it.

    >>> [one.value for one in other_operators("-4.5")], [one.value for one in other_operators("x^2+3x-5")]
    (['4.5', '-45'], ['x^2-3x-5', 'x^2+3x+5'])
    """
    number = number_in(value)
    if number and value.startswith("-"):
        yield Wrong("its sign missing", value[1:])
    if number and re.search(r"\d\.\d*[1-9]", value):
        yield Wrong("its point missing", value.replace(".", ""))
    if number is None and is_arithmetic(value) and re.search(r"[A-Za-z^*=(+\\]", value):
        for found in list(re.finditer(r"(?<=[\w)}])\s*([-+])\s*(?=[\w({\\])(?!0\b)", value))[:2]:
            at = found.start(1)
            yield Wrong("another sign in it", f"{value[:at]}{'-' if found[1] == '+' else '+'}{value[at + 1 :]}")


def other_digit(value: JSON, others: Sequence[JSON]) -> Iterator[Wrong]:
    """Digits of a fixed number, such as a postal code, with the last one another: no tolerance is meant for these."""
    if isinstance(value, str) and len(value) >= FIXED and all(_is_fixed(one, len(value)) for one in (value, *others)):
        yield Wrong("another digit at its end", f"{value[:-1]}{(int(value[-1]) + 3) % 10}")


def _is_fixed(value: JSON, length: int) -> bool:
    return isinstance(value, str) and value.isdecimal() and len(value) == length


def table_lines(text: str) -> list[str]:
    """The lines of a table in a text, without the one that names or rules its columns; empty where there is none.

    >>> table_lines("| city | n |\\n|---|---|\\n| Rome | 3 |\\n| Oslo | 5 |"), table_lines("a, b\\nc, d\\ne, f")
    (['| Rome | 3 |', '| Oslo | 5 |'], ['c, d', 'e, f'])
    """
    lines = [line for line in text.split("\n") if re.search(r"\w", line)]
    marks = [mark for mark in "|\t;," if len({line.count(mark) for line in lines}) == 1 and mark in text]
    return lines[1:] if marks and len(lines) > 2 else []


def swapped_cells(value: str) -> Iterator[Wrong]:
    """A table of which two rows have their last cells swapped."""
    rows = [(row, re.search(r"\w[^|\t;,]*?(?=\W*$)", row)) for row in table_lines(value)]
    ends = [(row, found) for row, found in rows if found is not None and found.start() > 0]
    for (row, end), (other, tail) in pairwise(ends):
        if end[0] != tail[0] and value.count(row) == value.count(other) == 1:
            changed = row[: end.start()] + tail[0] + row[end.end() :]
            beside = other[: tail.start()] + end[0] + other[tail.end() :]
            yield Wrong("two cells swapped", value.replace(row, changed).replace(other, beside))
            return


def hollow(text: str) -> str:
    """A text of the same shape in which every letter and digit is another one, but for the first line of a table.

    >>> hollow("Oslo, 42"), hollow("city, n\\nRome, 3\\nOslo, 5")
    ('Ptmp, 97', 'city, n\\nSpnf, 8\\nPtmp, 0')
    """
    rows = table_lines(text)
    if rows:
        return "\n".join(_shifted(line) if line in rows else line for line in text.split("\n"))
    return _shifted(text)


def _shifted(text: str) -> str:
    letters = string.ascii_lowercase
    moved = dict(zip(letters, letters[1:] + "a", strict=True))
    moved |= {a.upper(): b.upper() for a, b in moved.items()} | {str(n): str((n + 5) % 10) for n in range(10)}
    return "".join(moved.get(sign, sign) for sign in text)


def other_signs(value: str) -> Iterator[Wrong]:
    """A code such as F32.9, in which each sign means something, with one of its signs another."""
    if is_code(value):
        for at in {0, len(value) // 2, len(value) - 1}:
            sign = value[at]
            other = next((one for alike in _ALIKE if sign in alike for one in alike if one != sign), sign)
            if other != sign:
                yield Wrong("another sign in it", value[:at] + other + value[at + 1 :])


_ALIKE = ("ACGT", "0123456789", "abcdefgh", "KQRBN", string.ascii_uppercase, string.ascii_lowercase)


def mangled(value: str) -> Iterator[Wrong]:
    """A text of which only the beginning, the end, the stems or the content words are right."""
    words = value.split()
    if len(words) > 1:
        yield Wrong("its first word, then junk", f"{words[0]} {JUNK}")
        yield Wrong("its last word behind junk", f"{JUNK} {words[-1]}")
    if len(value) > 3:
        yield Wrong("its first half, then junk", value[: max(4, len(value) // 2)] + JUNK)
        yield Wrong("its end behind junk", JUNK + value[len(value) // 2 :])
    if re.search(r"[^\W\d_]{3}$", value):
        yield from (Wrong("another ending", value + ending) for ending in ("s", "ed"))
    yield Wrong("small words in front", f"{SMALL_WORDS} {value}")
