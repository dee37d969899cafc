"""Rollouts and rows in Parquet and Arrow tables.

Arrow gives every value of a struct column the keys of all others, with null where a row has none. A file of ours keeps
nested values as JSON text, so nothing is filled. In the table of somebody else a null may be filled in or meant:

- in messages and tool definitions null and absent mean the same, so nulls are dropped;
- in the arguments of calls and in references they differ. Where no value of the struct has all of its keys, the keys
  come from different rows: nulls are dropped. Where some value has them all, a null elsewhere may be meant: refused;
- a column that is null in a row is a key that the row does not have; anywhere else nulls stay.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial, reduce
from itertools import islice
from operator import or_
from pathlib import Path
from typing import IO, Any, Final, Literal, TypeAlias

from rewards.errors import SpecError
from rewards.parsing.references import structured
from rewards.rollouts.record import FIELDS, VERSION_KEY, RolloutFileError, json_text
from rewards.types import JSON

TABLES: Final = frozenset({".parquet", ".arrow", ".feather"})
_BATCH_ROWS: Final = 1000
_NESTED: Final = ("messages", "reference_answer", "tools", "metadata")
_TURNS: Final = frozenset({"prompt", "completion"})  # any other JSON in them is what somebody said
_READ_BACK: Final = frozenset(
    (*_NESTED, *_TURNS, "ground_truth", "reward_model", "responses_create_params", "response")
)
_MORE: Final = "more"  # JSON text of all other keys of the row
_AS_TEXT: Final = frozenset(
    (*_NESTED, _MORE, *(name for name, known in FIELDS.items() if known.kind.schema.get("type") == "object"))
)
_FREE: Final = frozenset({"messages", "prompt", "completion", "tools"})  # null is absent there
_STRICT: Final = frozenset({"reference_answer", "ground_truth", "answer", "arguments", "input"})  # null is a value
_MASKABLE: Final = 62  # fields of a struct that fit into a 64-bit mask

Place: TypeAlias = tuple[str, ...]
Nulls: TypeAlias = Literal["drop", "keep", "ambiguous"]


def rows_of_table(path: Path) -> Iterator[dict[str, JSON]]:
    """The rows of a Parquet or Arrow file. Raises `RolloutFileError` where a null may be meant or filled in."""
    columns = _schema(path)
    if VERSION_KEY in columns.names:
        for batch in _batches(path):
            yield from map(_decoded, batch.to_pylist())
        return
    filled = _filled(path, columns)
    clean = {column.name: _cleaner(column.type, (column.name,), filled) for column in columns}
    for batch in _batches(path):
        for row in batch.to_pylist():
            present = ((name, value) for name, value in row.items() if value is not None)
            yield {name: _read_back(name, clean[name](value)) for name, value in present}


def write_table(file: IO[bytes], records: Iterable[Mapping[str, JSON]]) -> int:
    """Write records as Parquet: numbers and text as columns, everything nested as JSON text."""
    arrow, parquet = _arrow(), _import("pyarrow.parquet")
    names = {name: _column_type(arrow, name) for name in ("id", *FIELDS, *_NESTED, _MORE)}
    columns = arrow.schema(list(names.items()))
    rows, count = iter(records), 0
    with parquet.ParquetWriter(file, columns) as writer:
        while chunk := [_encoded(record) for record in islice(rows, _BATCH_ROWS)]:
            writer.write_table(arrow.Table.from_pylist(chunk, columns))
            count += len(chunk)
    return count


def _filled(path: Path, columns: Any) -> frozenset[Place]:
    """The structs in which null stands for a key that is not there."""
    masks = _Masks()
    for batch in _batches(path):
        for column in columns:
            masks.add(batch.column(column.name), (column.name,))
    nulls = {place: masks.nulls(place) for place in masks.fields}
    for place, found in nulls.items():
        if found == "ambiguous":
            raise RolloutFileError(_advice(path, place, masks.null_keys(place)))
    return frozenset(place for place, found in nulls.items() if found == "drop")


@dataclass
class _Masks:
    """For every struct of a table, which of its keys have a value together: a bit for each key, a mask for each set."""

    fields: dict[Place, list[str]] = field(default_factory=dict)
    seen: dict[Place, set[int]] = field(default_factory=dict)

    def add(self, array: Any, place: Place) -> None:
        types = _import("pyarrow.types")
        if _is_list(array.type):
            self.add(array.flatten(), place)
        elif types.is_struct(array.type):
            self._add_struct(array.filter(array.is_valid()), place)

    def _add_struct(self, values: Any, place: Place) -> None:
        compute = _import("pyarrow.compute")
        names, children = _names(values.type), values.flatten()
        bits = [
            compute.multiply(child.is_valid().cast("int64"), 1 << index)
            for index, child in enumerate(children[:_MASKABLE])
        ]
        self.fields[place] = names
        if bits:
            masks = reduce(compute.add, bits).unique().to_pylist()
            self.seen.setdefault(place, set()).update(masks)
        for name, child in zip(names, children, strict=True):
            self.add(child, (*place, name))

    def nulls(self, place: Place) -> Nulls:
        """What a null in the struct at `place` is."""
        strict = bool(_STRICT & set(place)) and place[0] != "tools"
        if place[0] in _FREE and not strict:
            return "drop"
        if not strict or not self.null_keys(place):
            return "keep"
        seen = self.seen[place]
        everything, present = (1 << len(self.fields[place])) - 1, reduce(or_, seen)
        return "ambiguous" if everything in seen or present != everything else "drop"

    def null_keys(self, place: Place) -> list[str]:
        """Keys that are null in some value; beyond the 62nd they cannot be told and are taken to be."""
        seen = self.seen.get(place, set())
        return [
            name
            for index, name in enumerate(self.fields[place])
            if index >= _MASKABLE or any(not mask >> index & 1 for mask in seen)
        ]


def _advice(path: Path, place: Place, keys: list[str]) -> str:
    column, named = place[0], ", ".join(map(repr, keys))
    return (
        f"{path}: in some rows {'.'.join(place)} holds null for {named}. Arrow writes null for a key that a row does "
        "not have, so a null that is meant cannot be told from a key that is not there. Write the column as JSON text: "
        f"row[{column!r}] = json.dumps(row[{column!r}]) before the table is made; or grade the JSONL it came from"
    )


def _cleaner(kind: Any, place: Place, filled: frozenset[Place]) -> Callable[[Any], Any]:
    """Takes the nulls that Arrow filled in out of values of the type `kind`."""
    types = _import("pyarrow.types")
    if types.is_map(kind):
        return partial(_each_value, _cleaner(kind.item_type, place, filled))
    if _is_list(kind):
        below = _cleaner(kind.value_type, place, filled)
        return _same if below is _same else partial(_each_item, below)
    if types.is_struct(kind):
        inner = {name: _cleaner(kind.field(name).type, (*place, name), filled) for name in _names(kind)}
        changes = place in filled or any(below is not _same for below in inner.values())
        return partial(_each_key, inner, place in filled) if changes else _same
    return _same


def _same(value: Any) -> Any:
    return value


def _each_item(below: Callable[[Any], Any], value: Any) -> Any:
    return value if value is None else [below(item) for item in value]


def _each_value(below: Callable[[Any], Any], value: Any) -> Any:
    return value if value is None else {str(key): below(item) for key, item in value}


def _each_key(inner: Mapping[str, Callable[[Any], Any]], drop: bool, value: Any) -> Any:
    if value is None:
        return None
    return {name: below(value[name]) for name, below in inner.items() if not (drop and value[name] is None)}


def _is_list(kind: Any) -> bool:
    types = _import("pyarrow.types")
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _names(kind: Any) -> list[str]:
    return [kind.field(index).name for index in range(kind.num_fields)]


def _read_back(column: str, value: Any) -> JSON:
    """JSON text in a column of nested values, read."""
    if column not in _READ_BACK:
        return value  # type: ignore[no-any-return]  # what pyarrow reads from JSON-like columns is JSON
    read: JSON = structured(value)
    return read if column not in _TURNS or _are_turns(read) else value


def _are_turns(value: JSON) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(turn, dict) and "role" in turn for turn in value)


def _column_type(arrow: Any, name: str) -> Any:
    schema = FIELDS[name].kind.schema if name in FIELDS else {}
    if name == VERSION_KEY or schema.get("type") == "integer":
        return arrow.int64()
    return arrow.float64() if schema.get("type") == "number" else arrow.string()


def _encoded(record: Mapping[str, JSON]) -> dict[str, Any]:
    identity = record.get("id")
    columns: dict[str, Any] = {"id": identity if isinstance(identity, str) else None}
    for name in FIELDS.keys() & record.keys():
        value = record[name]
        columns[name] = json_text(value) if isinstance(value, dict) else value
    columns |= {name: json_text(record[name]) for name in _NESTED if name in record}
    own = {"id"} if isinstance(identity, str) else set()
    more = {name: value for name, value in record.items() if name not in FIELDS and name not in {*own, *_NESTED}}
    return columns | ({_MORE: json_text(more)} if more else {})


def _decoded(columns: Mapping[str, Any]) -> dict[str, JSON]:
    record: dict[str, JSON] = {}
    for name, value in columns.items():
        if value is None:
            continue
        record[name] = json.loads(value) if name in _AS_TEXT else value
    more = record.pop(_MORE, None)
    return record | more if isinstance(more, dict) else record


def _schema(path: Path) -> Any:
    """The columns of a table. Raises `RolloutFileError` where the file is none."""
    arrow = _arrow()
    try:
        if path.suffix == ".parquet":
            return _import("pyarrow.parquet").ParquetFile(path).schema_arrow
        with _open_arrow(path) as reader:
            return reader.schema
    except arrow.ArrowException as error:
        kind = "a Parquet file" if path.suffix == ".parquet" else "an Arrow file"
        raise RolloutFileError(f"{path} is not {kind}: {error}") from error


def _batches(path: Path) -> Iterator[Any]:
    if path.suffix == ".parquet":
        yield from _import("pyarrow.parquet").ParquetFile(path).iter_batches(batch_size=_BATCH_ROWS)
        return
    with _open_arrow(path) as reader:
        if hasattr(reader, "get_batch"):
            yield from map(reader.get_batch, range(reader.num_record_batches))
        else:
            yield from reader


@contextmanager
def _open_arrow(path: Path) -> Iterator[Any]:
    """A reader of an Arrow file, or of a stream as `datasets` writes them."""
    ipc = _import("pyarrow.ipc")
    with path.open("rb") as source:
        is_file = source.read(6) == b"ARROW1"
        source.seek(0)
        yield ipc.open_file(source) if is_file else ipc.open_stream(source)


def _arrow() -> Any:
    return _import("pyarrow")


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SpecError("Parquet and Arrow files need pyarrow: pip install pyarrow") from error
