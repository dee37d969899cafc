"""Formulas that say the same in other letters: a grader of mathematics is right to pay them."""

from __future__ import annotations

import re

from rewards.comparing.maths import answer_of, are_equal

LONGEST = 200  # characters; what is longer is compared as a text
_ALPHABET = re.compile(r"[\w\s+\-*/^(){}\[\]\\.,=<>|!]+")
_OPERATION = re.compile(r"\\[a-zA-Z]+|[a-z]\s*[\^+*]|[\^+*]\s*\d*[a-z]")
_WORD = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]{2,}")


def is_same_formula(answer: str, gold: str) -> bool:
    """Whether both are formulas with letters or LaTeX, and the same mathematics; dates and codes are none.

    >>> is_same_formula("3y+2x", "2x+3y"), is_same_formula("2x+2y", "2x+3y")
    (True, False)
    >>> is_same_formula("2024-05-01", "2024-01-05")
    False
    """
    return _is_formula(gold) and _is_formula(answer) and are_equal(answer_of(answer), answer_of(gold))


def _is_formula(text: str) -> bool:
    return (
        len(text) <= LONGEST
        and _ALPHABET.fullmatch(text) is not None
        and _OPERATION.search(text) is not None
        and _WORD.search(text) is None
    )
