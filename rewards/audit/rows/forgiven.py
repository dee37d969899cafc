"""What a task forgives on purpose: numbers that are off by no more than was declared are no mistakes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from rewards.audit.rows.spans import NUMBER
from rewards.parsing.json_text import parse_strictly
from rewards.types import JSON


@dataclass(frozen=True, slots=True)
class Forgiven:
    """How far off a number may be: by an amount, or by a share of the right one, whichever is more.

    >>> Forgiven(share=0.05).excuses("104.9 km", "100 km"), Forgiven(share=0.05).excuses("104.9 mi", "100 km")
    (True, False)
    >>> Forgiven(amount=1).excuses('{"n": 4, "of": "7"}', '{"of": "7", "n": 5}'), Forgiven().excuses("5", "5.1")
    (True, False)
    """

    amount: float = 0.0
    share: float = 0.0

    def of(self, number: float) -> float:
        """By how much this number may be missed."""
        return max(self.amount, self.share * abs(number))

    def excuses(self, answer: str, gold: str) -> bool:
        """Whether an answer is the right one but for numbers within this."""
        if not (self.amount or self.share):
            return False
        try:
            return self._are_near(parse_strictly(answer), parse_strictly(gold))
        except ValueError:
            return self._texts_are_near(answer, gold)

    def _are_near(self, found: JSON, wanted: JSON) -> bool:
        if isinstance(found, dict) and isinstance(wanted, dict):
            return found.keys() == wanted.keys() and all(self._are_near(found[key], wanted[key]) for key in wanted)
        if isinstance(found, list) and isinstance(wanted, list):
            return len(found) == len(wanted) and all(map(self._are_near, found, wanted))
        if isinstance(found, str) and isinstance(wanted, str):
            return self._texts_are_near(found, wanted)
        if isinstance(found, bool) or isinstance(wanted, bool):
            return found is wanted
        if isinstance(found, int | float) and isinstance(wanted, int | float):
            return self._is_near(found, wanted)
        return found == wanted

    def _texts_are_near(self, found: str, wanted: str) -> bool:
        if re.split(NUMBER, found) != re.split(NUMBER, wanted):
            return False
        pairs = zip(re.findall(NUMBER, found), re.findall(NUMBER, wanted), strict=True)
        return all(self._is_near(_number(one), _number(other)) for one, other in pairs)

    def _is_near(self, found: float, wanted: float) -> bool:
        return math.isfinite(found) and abs(found - wanted) <= self.of(wanted) * (1 + 1e-9)


NOTHING = Forgiven()


def _number(text: str) -> float:
    return float(text.replace(",", "").strip() or "nan")
