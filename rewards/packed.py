"""Files of lines, opened as they are: plain, or packed with gzip, which their first bytes tell."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from rewards.errors import RewardError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

_GZIP = b"\x1f\x8b"
_NO_LINES = {  # the first bytes of what is no file of lines, and what to do
    b"\x28\xb5\x2f\xfd": "packed with zstd; unpack it first, or pack it with gzip",
    b"BZh": "packed with bzip2; unpack it first, or pack it with gzip",
    b"\xfd7zXZ": "packed with xz; unpack it first, or pack it with gzip",
    b"PK\x03\x04": "a zip archive or a workbook; unpack it, or make JSONL of it with `rft data convert`",
    b"PAR1": "a Parquet file; call it .parquet",
    b"ARROW1": "an Arrow file; call it .arrow",
    b"\xff\xfe": "in UTF-16; write it in UTF-8",
    b"\xfe\xff": "in UTF-16; write it in UTF-8",
}
_TABLES = (".csv", ".tsv", ".xlsx")
AN_ARRAY = "this is an array; JSONL has one object on each line, as `jq -c '.[]' FILE` and `rft data convert` write it"
_LONGEST = max(map(len, _NO_LINES))
_MOST_BYTES = 256 << 20  # of a line that is unpacked: a few kilobytes can become more than there is memory


class LinesError(RewardError, ValueError):
    """A file holds no lines of text, or is packed and damaged; the message says what it is."""


@contextmanager
def lines_of(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, to be read line by line, unpacked where it is packed with gzip; "-" is standard input.

    Raises `LinesError` for what is no file of lines, and in the block where a packed file ends too early.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "rows.jsonl.gz")
    ...     _ = path.write_bytes(gzip.compress(b"{}"))
    ...     with lines_of(path) as lines:
    ...         list(lines)
    [b'{}']
    """
    if path.suffix.lower() in _TABLES:
        raise LinesError(f"{path} is a table; `rft data convert` makes JSONL of it")
    with cast(BufferedReader, sys.stdin.buffer) if str(path) == "-" else path.open("rb") as file:
        start = file.peek(_LONGEST)
        if what := next((what for mark, what in _NO_LINES.items() if start.startswith(mark)), ""):
            raise LinesError(f"{path} is {what}")
        if not start.startswith(_GZIP):
            yield file
            return
        try:
            with BufferedReader(_Unpacked(file, path)) as unpacked:
                yield unpacked
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise LinesError(f"{path}: packed with gzip, and damaged or cut off: {error}") from error


class _Unpacked(RawIOBase):
    """What a file packed with gzip holds. Raises `LinesError` where a line has no end."""

    def __init__(self, packed: IO[bytes], path: Path) -> None:
        self._file, self._path, self._since_newline = gzip.GzipFile(fileobj=packed), path, 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """The next bytes."""
        view = memoryview(buffer)
        data = self._file.read(len(view))
        view[: len(data)] = data
        newline = data.rfind(b"\n")
        self._since_newline = self._since_newline + len(data) if newline < 0 else len(data) - newline - 1
        if self._since_newline > _MOST_BYTES:
            raise LinesError(f"{self._path}: unpacked, a line has more than {_MOST_BYTES:,} bytes")
        return len(data)
