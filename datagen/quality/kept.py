"""Drafts and rejects in a file, in the order in which they came, so that their number is not bound by memory."""

from __future__ import annotations

import io
import pickle
import tempfile
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar, overload

from datagen.types import Document
from rewards.types import JSON

T = TypeVar("T")
_IN_MEMORY_BYTES = 8_000_000


class Shared:
    """What the drafts of a data set have in common and is not written with each: documents, system prompt, tools."""

    def __init__(self, documents: Sequence[Document], system: str, tools: tuple[dict[str, JSON], ...]) -> None:
        self.documents: Mapping[str, Document] = {document.path: document for document in documents}
        self.system = system
        self.tools = tools

    def name_of(self, value: object) -> str | None:
        """The name of a value that is shared, else None."""
        if isinstance(value, Document):
            return f"/{value.path}" if value.path in self.documents else None
        if type(value) is tuple:
            return "tools" if value and value == self.tools else None
        return "system" if type(value) is str and value == self.system else None

    def named(self, name: str) -> object:
        """The value with this name."""
        if name.startswith("/"):
            return self.documents[name[1:]]
        return self.tools if name == "tools" else self.system


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, shared: Shared) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._shared = shared

    def persistent_id(self, obj: Any) -> Any:
        return self._shared.name_of(obj)


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shared: Shared) -> None:
        super().__init__(file)
        self._shared = shared

    def persistent_load(self, pid: Any) -> Any:
        return self._shared.named(pid)


class _Placed(Sequence[T], ABC):
    """A sequence that reads the item at a place from 0 on when asked for it; a slice of it copies nothing."""

    @abstractmethod
    def _at(self, place: int) -> T: ...

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        places = range(len(self))
        return Chosen(self, places[place]) if isinstance(place, slice) else self._at(places[place])


class Kept(_Placed[T]):
    """Items in a temporary file, read anew each time; 8 bytes of memory each.

    >>> kept = Kept(Shared([], "", ()))
    >>> for word in ("a", "b", "c"):
    ...     kept.append(word)
    >>> list(kept), kept[1], list(kept[1:])
    (['a', 'b', 'c'], 'b', ['b', 'c'])
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._ends = array("Q", [0])
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 -- gone with this object

    def append(self, item: T) -> None:
        """One more item."""
        written = io.BytesIO()
        _Pickler(written, self._shared).dump(item)
        self._file.seek(self._ends[-1])
        self._file.write(written.getbuffer())
        self._ends.append(self._ends[-1] + written.tell())

    def _at(self, place: int) -> T:
        self._file.seek(self._ends[place])
        item: T = _Unpickler(
            io.BytesIO(self._file.read(self._ends[place + 1] - self._ends[place])), self._shared
        ).load()
        return item

    def __len__(self) -> int:
        return len(self._ends) - 1


class Chosen(_Placed[T]):
    """Some items of a sequence, by their places.

    >>> list(Chosen("abc", [2, 0]))
    ['c', 'a']
    """

    def __init__(self, items: Sequence[T], places: Sequence[int]) -> None:
        self._items = items
        self._places = places

    def _at(self, place: int) -> T:
        return self._items[self._places[place]]

    def __iter__(self) -> Iterator[T]:
        return map(self._items.__getitem__, self._places)

    def __len__(self) -> int:
        return len(self._places)
