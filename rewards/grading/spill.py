"""What is known of each prompt, in memory that does not grow with their number: older entries wait in a file."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from rewards.errors import RewardError

if TYPE_CHECKING:
    from sqlite3 import Connection

Entry = TypeVar("Entry")

HELD: Final = 16_384
"""How many entries are in memory; a file of rollouts with fewer prompts writes nothing to the disk."""
_TABLE: Final = "CREATE TABLE entries (key INTEGER PRIMARY KEY, packed BLOB NOT NULL)"
_SETTINGS: Final = (
    "journal_mode = OFF",
    "synchronous = OFF",
    "cache_size = -4096",
)  # of a file that nobody else reads
_SIGN: Final = 1 << 63  # a digest has 64 bits, SQLite's integers have a sign


class SpillError(RewardError):
    """The temporary file cannot be written; the message says where it is."""


class Spilled(Generic[Entry]):
    """Entries by a key of 64 bits, made where there is none yet.

    An entry may be changed until the next one is asked for. At most `held` are in memory; the others are packed into a
    temporary file, which is gone with the process. Raises `SpillError` where there is no room for it.

    >>> from array import array
    >>> counts = Spilled(lambda: array("q", [0]), array.tobytes, lambda packed: array("q", packed), held=2)
    >>> for key in (1, 2, 3, 1, 4, 1):
    ...     counts[key][0] += 1
    >>> sorted(entry[0] for entry in counts)
    [1, 1, 1, 3]
    """

    def __init__(
        self,
        make: Callable[[], Entry],
        pack: Callable[[Entry], bytes],
        unpack: Callable[[bytes], Entry],
        *,
        held: int,
    ) -> None:
        self._make, self._pack, self._unpack, self._most = make, pack, unpack, held
        self._held: dict[int, Entry] = {}
        self._file: Connection | None = None

    def __getitem__(self, key: int) -> Entry:
        entry = self._held.get(key)
        if entry is None:
            if len(self._held) >= self._most:
                self._spill()
            entry = self._held[key] = self._spilled(key)
        return entry

    def __iter__(self) -> Iterator[Entry]:
        yield from self._held.values()
        for key, packed in self._file.execute("SELECT key, packed FROM entries") if self._file else ():
            if key + _SIGN not in self._held:
                yield self._unpack(packed)

    def _spilled(self, key: int) -> Entry:
        if self._file is not None:
            row = self._file.execute("SELECT packed FROM entries WHERE key = ?", (key - _SIGN,)).fetchone()
            if row is not None:
                return self._unpack(row[0])
        return self._make()

    def _spill(self) -> None:
        """Move the older half into the file."""
        import sqlite3

        older = sorted(islice(self._held, (self._most + 1) // 2))
        try:
            if self._file is None:
                self._file = _temporary()
                weakref.finalize(self, self._file.close)
            rows = [(key - _SIGN, self._pack(self._held.pop(key))) for key in older]
            self._file.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?)", rows)
        except sqlite3.Error as error:
            raise SpillError(
                f"the statistics of more than {self._most:,} prompts need a file in the temporary folder ({error}); "
                "free some room, or set TMPDIR to another folder"
            ) from error


def _temporary() -> Any:
    """SQLite names the file itself, in `TMPDIR`, and unlinks it at once."""
    import sqlite3

    file = sqlite3.connect("")
    for setting in _SETTINGS:
        file.execute(f"PRAGMA {setting}")
    file.execute(_TABLE)
    return file
