"""Numbers by key, on disk once they are many: finds what holds the same key among more texts than memory takes.

The keys are dealt to partitions by their value. Each partition is read alone, so that only the largest must fit.
"""

from __future__ import annotations

import pickle
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from typing import IO, Generic, NamedTuple, TypeVar

T = TypeVar("T")
_PARTITIONS = 1024  # 200 million keys make partitions of 200,000
_HELD = 1_000_000  # numbers in memory before all go to disk


class _Extent(NamedTuple):
    start: int
    length: int


class NumbersByKey:
    """Remembers which numbers have a key; numbers come in ascending order and are below 2**32.

    >>> held = NumbersByKey()
    >>> for number, keys in enumerate([[7, 8], [9], [8, 7], [8]]):
    ...     held.add(keys, number)
    >>> sorted(held.groups())
    [[0, 2], [0, 2, 3]]
    """

    def __init__(self, held: int = _HELD) -> None:
        self._most = held
        self._count = 0
        self._parts = [array("Q") for _ in range(_PARTITIONS)]
        self._extents: list[list[_Extent]] = [[] for _ in range(_PARTITIONS)]
        self._file: IO[bytes] | None = None

    def add(self, keys: Iterable[int], number: int) -> None:
        """The number has these keys, each of them once."""
        parts = self._parts
        for key in keys:
            part = parts[key % _PARTITIONS]
            part.append(key)
            part.append(number)
            self._count += 2
        if self._count > self._most:
            self._to_disk()

    def groups(self) -> Iterator[list[int]]:
        """The numbers of every key that two or more have, ascending."""
        for index in range(_PARTITIONS):
            values = self._read(index)
            pairs = sorted(key << 32 | number for key, number in zip(values[::2], values[1::2], strict=True))
            group: list[int] = []
            last = -1
            for pair in pairs:
                if pair >> 32 != last:
                    if len(group) > 1:
                        yield group
                    group, last = [], pair >> 32
                group.append(pair & 0xFFFFFFFF)
            if len(group) > 1:
                yield group

    def _to_disk(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 -- gone with this object, also after a kill
        self._file.seek(0, 2)
        for index, part in enumerate(self._parts):
            if part:
                self._extents[index].append(_Extent(self._file.tell(), len(part)))
                part.tofile(self._file)
        self._parts = [array("Q") for _ in range(_PARTITIONS)]
        self._count = 0

    def _read(self, index: int) -> array[int]:
        values: array[int] = array("Q")
        for extent in self._extents[index]:
            assert self._file is not None
            self._file.seek(extent.start)
            values.fromfile(self._file, extent.length)
        values.extend(self._parts[index])
        return values


class SpilledSets:
    """Sets of numbers below 2**64 by their place, in a file."""

    def __init__(self) -> None:
        self._ends = array("Q", [0])
        self._file = tempfile.SpooledTemporaryFile(max_size=8 * _HELD)  # noqa: SIM115 -- gone with this object

    def append(self, values: set[int]) -> None:
        """One more set."""
        self._file.seek(8 * self._ends[-1])
        self._file.write(array("Q", values).tobytes())
        self._ends.append(self._ends[-1] + len(values))

    def __getitem__(self, place: int) -> set[int]:
        start, end = self._ends[place], self._ends[place + 1]
        self._file.seek(8 * start)
        found: array[int] = array("Q")
        found.frombytes(self._file.read(8 * (end - start)))
        return set(found)

    def __len__(self) -> int:
        return len(self._ends) - 1


class SpilledItems(Generic[T]):
    """Items in a file, in their order, as often as they are gone through.

    >>> items = SpilledItems()
    >>> for word in ("a", "b"):
    ...     items.append(word)
    >>> list(items), list(items), len(items)
    (['a', 'b'], ['a', 'b'], 2)
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=8 * _HELD)  # noqa: SIM115 -- gone with this object
        self._count = 0

    def append(self, item: T) -> None:
        """One more item."""
        self._file.seek(0, 2)
        pickle.dump(item, self._file, pickle.HIGHEST_PROTOCOL)
        self._count += 1

    def __iter__(self) -> Iterator[T]:
        place = 0
        for _ in range(self._count):
            self._file.seek(place)  # another may have read or written meanwhile
            item: T = pickle.load(self._file)  # noqa: S301 -- written above, in a file without a name
            place = self._file.tell()
            yield item

    def __len__(self) -> int:
        return self._count


class Joined:
    """Numbers from 0 that are joined to groups; a group is named by its least number.

    >>> joined = Joined()
    >>> joined.grow(4)
    >>> joined.join(3, 1)
    >>> [joined.root(number) for number in range(4)]
    [0, 1, 2, 1]
    """

    def __init__(self) -> None:
        self._first = array("Q")

    def grow(self, size: int) -> None:
        """At least so many numbers."""
        self._first.extend(range(len(self._first), size))

    def join(self, one: int, other: int) -> None:
        """Put the groups of two numbers together."""
        low, high = sorted((self.root(one), self.root(other)))
        self._first[high] = low

    def root(self, number: int) -> int:
        """The least number of the group."""
        first = self._first
        while first[number] != number:
            first[number] = first[first[number]]
            number = first[number]
        return number

    def __len__(self) -> int:
        return len(self._first)
