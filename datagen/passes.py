"""How far several passes over the same rows are, for work that reads a file anew instead of holding it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias, TypeVar

T = TypeVar("T")
PassProgress: TypeAlias = Callable[[int, int], None]
_TOLD_EVERY = 1_000


class Passes:
    """Tells `progress` how many rows were gone through, of how many in all passes; of the first pass so far.

    >>> told = []
    >>> passes = Passes(2, lambda done, of: told.append((done, of)))
    >>> for _ in range(2):
    ...     rows = list(passes.over("abc"))
    >>> told
    [(3, 6), (6, 6)]
    """

    def __init__(self, passes: int, progress: PassProgress | None) -> None:
        self._passes = passes
        self._progress = progress
        self._done = 0
        self._rows = 0

    def over(self, rows: Iterable[T], *, first: bool | None = None) -> Iterator[T]:
        """The rows, counted; those of the first pass say how many there are."""
        first = not self._rows if first is None else first
        for row in rows:
            yield row
            self._done += 1
            self._rows += first
            if self._done % _TOLD_EVERY == 0:
                self._tell()
        self._tell()

    def _tell(self) -> None:
        if self._progress:
            self._progress(self._done, max(self._done, self._passes * self._rows))
