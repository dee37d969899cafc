"""Numbers that are certainly wrong: farther off than any tolerance that people declare, or with two digits swapped."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

from rewards.audit.perturb.wrong_texts import Wrong
from rewards.audit.rows.forgiven import NOTHING, Forgiven
from rewards.audit.rows.shapes import quantity_in
from rewards.types import JSON

BEYOND = 1.5  # times what is declared, which some measure by the other number
CLEARLY_OFF = 0.03  # of a number: beyond the tolerances people declare


def written(number: float, like: str) -> str:
    """A number with as many decimals as another text has."""
    return f"{number:.{len(like.partition('.')[2])}f}"


def swapped_digits(value: float) -> Iterator[Wrong]:
    """Two digits swapped, where that makes another number by more than any tolerance."""
    text = str(value)
    for a, b in combinations([index for index, one in enumerate(text) if one.isdigit()][:4], 2):
        if text[a] != text[b] and not (text[b] == "0" and a == 0):
            letters = list(text)
            letters[a], letters[b] = letters[b], letters[a]
            other = type(value)("".join(letters))
            if abs(other - value) > max(2.0, 0.2 * abs(value)):
                yield Wrong("two digits swapped", other)
                return


def far_numbers(value: float, forgiven: Forgiven = NOTHING) -> Iterator[Wrong]:
    """Numbers beyond any reasonable tolerance, and beyond a declared one: off by a percentage, and by one unit.

    >>> [wrong.value for wrong in far_numbers(200)]
    [206, 194, 20000, 200000, 2.0, 0.2]
    >>> [wrong.value for wrong in far_numbers(200, Forgiven(share=0.05))][:2]
    [215, 185]
    """
    whole = isinstance(value, int) or float(value).is_integer()
    step = max(CLEARLY_OFF * abs(value), 2 if whole else 1.01, BEYOND * forgiven.of(value))
    step = math.ceil(step) if whole else step
    yield from [Wrong("off by a share", value + step), Wrong("off by a share", value - step)]
    if abs(value) > 1:
        for factor in (100, 1000):
            yield Wrong(f"{factor} times as much", value * factor)
        for factor in (100, 1000):
            yield Wrong(f"a {factor}th of it", value / factor)


def far_quantities(value: JSON) -> Iterator[Wrong]:
    """A number with a unit that is off by a share, beyond the tolerances people declare."""
    found = quantity_in(value)
    for wrong in list(far_numbers(float(found.number.replace(",", ""))))[:2] if found else []:
        number = written(float(str(wrong.value)), found.number if found else "")
        yield wrong._replace(value=str(found._replace(number=number) if found else value))


def offsets(value: float) -> list[float]:
    """Distances at which a number is tried on both sides, the nearest first: 1 to 9 of each power of ten."""
    top = math.floor(math.log10(abs(value))) if abs(value) >= 1 else 0
    first = 0 if float(value).is_integer() else -2
    return [digit * 10.0**power for power in range(first, top) for digit in range(1, 10)]
