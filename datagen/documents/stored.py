"""Documents whose texts are in a file, so that any amount of text can be made into a data set."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from threading import Lock
from typing import Any, NamedTuple

from datagen.types import Document

_IN_MEMORY_BYTES = 8_000_000  # before the texts go to disk
_RECENT = 4  # texts kept as they were read; passages are gone through document by document


class _Span(NamedTuple):
    start: int
    size_bytes: int


class StoredTexts:
    """Texts in a temporary file; any thread may read them."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 -- gone with this object
        self._end = 0
        self._recent: OrderedDict[_Span, str] = OrderedDict()
        self._lock = Lock()

    def stored(self, document: Document) -> StoredDocument:
        """The same document with its text in the file.

        >>> texts = StoredTexts()
        >>> texts.stored(Document("a.txt", "Some text.", "12ab")).text
        'Some text.'
        """
        written = document.text.encode()
        with self._lock:
            self._file.seek(self._end)
            self._file.write(written)
            span = _Span(self._end, len(written))
            self._end += len(written)
        return StoredDocument(document, self, span)

    def read(self, span: _Span) -> str:
        """The text there."""
        with self._lock:
            text = self._recent.pop(span, None)
            if text is None:
                self._file.seek(span.start)
                text = self._file.read(span.size_bytes).decode()
            self._recent[span] = text
            if len(self._recent) > _RECENT:
                self._recent.popitem(last=False)
        return text


class StoredDocument(Document):
    """A document that reads its text when asked for it. It is pickled as an ordinary one, with its text."""

    __slots__ = ("_span", "_texts")
    _texts: StoredTexts
    _span: _Span

    def __init__(self, document: Document, texts: StoredTexts, span: _Span) -> None:
        for name, value in (
            ("path", document.path),
            ("sha256", document.sha256),
            ("media_type", document.media_type),
            ("_texts", texts),
            ("_span", span),
        ):
            object.__setattr__(self, name, value)

    @property
    def text(self) -> str:
        """The text."""
        return self._texts.read(self._span)

    def __reduce__(self) -> tuple[Any, ...]:
        return Document, (self.path, self.text, self.sha256, self.media_type)
