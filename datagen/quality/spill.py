"""Numbers by key, on disk once they are many: finds what holds the same key among more texts than memory takes.

The keys are dealt to partitions by their value. Each partition is read alone, so that only the largest must fit.
"""

from __future__ import annotations

import pickle
import sqlite3
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import IO, Generic, TypeVar

T = TypeVar("T")
_PARTITIONS = 1024  # 200 million keys make partitions of 200,000
_HELD = 1_000_000  # numbers in memory before all go to disk
_NAMES_HELD = 20_000


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
        self._extents = [array("Q") for _ in range(_PARTITIONS)]  # start and length of each piece in the file
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
            keys = values[::2]
            several = {key: list[int]() for key, count in Counter(keys).items() if count > 1}  # few of them
            if several:
                for key, number in zip(keys, values[1::2], strict=True):
                    if key in several:
                        several[key].append(number)
            for key in sorted(several):
                yield several[key]

    def _to_disk(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 -- gone with this object, also after a kill
        self._file.seek(0, 2)
        for index, part in enumerate(self._parts):
            if part:
                self._extents[index].extend((self._file.tell(), len(part)))
                part.tofile(self._file)
        self._parts = [array("Q") for _ in range(_PARTITIONS)]
        self._count = 0

    def _read(self, index: int) -> array[int]:
        values: array[int] = array("Q")
        extents = self._extents[index]
        for start, length in zip(extents[::2], extents[1::2], strict=True):
            assert self._file is not None
            self._file.seek(start)
            values.fromfile(self._file, length)
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


class Names:
    """Names by their place, which is the order in which they first came; in a temporary database once they are many.

    >>> names = Names()
    >>> [names.place(name) for name in ("b", "a", "b")], list(names), names[1], len(names)
    ([0, 1, 0], ['b', 'a'], 'a', 2)
    """

    def __init__(self, held: int = _NAMES_HELD) -> None:
        self._most = held
        self._places: dict[str, int] = {}
        self._list: list[str] = []
        self._count = 0
        self._database: sqlite3.Connection | None = None

    def place(self, name: str) -> int:
        """The place of the name, which it gets if it has none."""
        if self._database is None:
            place = self._places.setdefault(name, self._count)
            if place == self._count:
                self._list.append(name)
                self._count += 1
                if self._count > self._most:
                    self._to_disk()
            return place
        known = self._database.execute("SELECT place FROM names WHERE name = ?", (_stored(name),)).fetchone()
        if known is not None:
            return int(known[0])
        self._database.execute("INSERT INTO names VALUES (?, ?)", (self._count, _stored(name)))
        self._count += 1
        return self._count - 1

    def __contains__(self, name: str) -> bool:
        if self._database is None:
            return name in self._places
        return self._database.execute("SELECT 1 FROM names WHERE name = ?", (_stored(name),)).fetchone() is not None

    def __getitem__(self, place: int) -> str:
        if self._database is None:
            return self._list[place]
        (name,) = self._database.execute("SELECT name FROM names WHERE place = ?", (place,)).fetchone()
        return _as_name(name)

    def __iter__(self) -> Iterator[str]:
        if self._database is None:
            return iter(self._list)
        return (_as_name(name) for (name,) in self._database.execute("SELECT name FROM names ORDER BY place"))

    def __len__(self) -> int:
        return self._count

    def _to_disk(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # a file without a name, gone with this object
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16000;"
            "CREATE TABLE names (place INTEGER PRIMARY KEY, name BLOB UNIQUE); BEGIN"
        )
        self._database.executemany("INSERT INTO names VALUES (?, ?)", enumerate(map(_stored, self._list)))
        self._places, self._list = {}, []


def _stored(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")


def _as_name(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogatepass")


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
