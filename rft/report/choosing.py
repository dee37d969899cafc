"""Which rollouts fit an expression of `rft.filtering`; viewer.js reads the same values of the same data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rft.filtering import Value, ValueOf, parse
from rft.report.viewing import ViewRow, data_of

_KEYS = {"model": "m", "advantage": "adv"}


def chosen(rows: Sequence[ViewRow], expression: str) -> list[ViewRow]:
    """Those that fit, in their order. Raises FilterError where the expression cannot be read or asks for a name that
    no rollout has."""
    wanted = parse(expression)
    data = data_of(rows, "")
    wanted.check(names_in(data["rows"]))
    prompts = data["prompts"]
    return [row for row, shown in zip(rows, data["rows"], strict=True) if wanted.fits(value_of(shown, prompts))]


def names_in(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names that an expression may hold beside the facts, in the order in which rollouts bring them."""
    found: dict[str, None] = {}
    for row in rows:
        parts = row["parts"]
        found.update(dict.fromkeys(f"{'part' if name in parts else 'metric'}.{name}" for name in row["signals"]))
        found.update(dict.fromkeys(f"tokens.{name}" for name in _table(row.get("tokens"))))
        found.update(dict.fromkeys(f"row.{name}" for name in row["slices"]))
    return list(found)


def value_of(row: Mapping[str, Any], prompts: Sequence[Mapping[str, Any]]) -> ValueOf:
    """What a name stands for in one rollout; None where it has no such value, or an empty one."""

    def value(name: str) -> Value:
        kind, dot, key = name.partition(".")
        if dot:
            return _plain(_keyed(row, kind, key))
        if name == "prompt":
            return _plain("\n".join(turn["text"] for turn in row.get("asked") or prompts[row["p"]]["turns"]))
        if name == "completion":
            return _plain("\n".join(turn["text"] for turn in row["said"]))
        if name == "reference":
            return _plain(prompts[row["p"]]["reference"])
        return _plain(row.get(_KEYS.get(name, name)))

    return value


def _keyed(row: Mapping[str, Any], kind: str, key: str) -> Any:
    if kind in ("part", "metric"):
        return row["signals"].get(key) if (key in row["parts"]) == (kind == "part") else None
    return _table(row.get("tokens")).get(key) if kind == "tokens" else row["slices"].get(key)


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _plain(value: Any) -> Value:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, int | float) or (isinstance(value, str) and value) else None
