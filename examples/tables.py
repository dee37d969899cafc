"""What the example scripts share: rows that differ, and rows of a project as CSV."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


def first_different(
    made: Callable[[int], T], count: int, described: Callable[[T], str], *, without: Iterable[T] = ()
) -> list[T]:
    """The first `count` of `made(0)`, `made(1)`, … that are described differently, none of them as one of `without`.

    >>> first_different(lambda number: number // 2, 3, str, without=[1])
    [0, 2, 3]
    """
    taken, found = {described(one) for one in without}, list[T]()
    numbers = itertools.count()
    while len(found) < count:
        one = made(next(numbers))
        if (text := described(one)) not in taken:
            taken.add(text)
            found.append(one)
    return found


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as CSV.

    >>> table(("a", "b"), [("1", "2, 3")])
    'a,b\\n1,"2, 3"\\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
