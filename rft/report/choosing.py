"""Which rollouts fit an expression of `rft.filtering`; viewer.js reads the same values of the same data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rft.filtering import Value, ValueOf, parse
from rft.report.judged import Judged
from rft.report.viewing import ViewRow, data_of, view_row, with_advantages

_KEYS = {"model": "m", "advantage": "adv"}


class Choice:
    """The rollouts that fit an expression, out of as many files as are given to it, one by one; an empty expression
    fits all. `read` counts them, `fit` those that fit. Raises FilterError where the expression cannot be read.

    >>> turns = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]
    >>> choice = Choice("score > 0.5")
    >>> [one.line for one in choice.of([Judged(n, {"messages": turns, "score": n}) for n in (0, 1)], "rft")]
    [1]
    >>> choice.fit, choice.read
    (1, 2)
    """

    def __init__(self, expression: str) -> None:
        self._wanted = parse(expression)
        self._is_empty = not expression.strip()
        self._in_groups = any(name == "advantage" for name, _ in self._wanted.names)
        self._known: dict[str, None] = {}
        self.read = self.fit = 0

    def of(self, rollouts: Iterable[Judged], file: str, model: str | None = None) -> Iterator[Judged]:
        """Those of one file that fit, in their order. Without a name a model is called as its rollouts say, else as the
        file. They are held at once only where the expression asks for an advantage, which is that of a group."""
        if self._is_empty:
            yield from rollouts
        elif self._in_groups:
            held = list(rollouts)
            rows = with_advantages([view_row(model or model_of(one, file), one) for one in held])
            yield from (one for one, row in zip(held, rows, strict=True) if self.fits(row))
        else:
            yield from (one for one in rollouts if self.fits(view_row(model or model_of(one, file), one)))

    def fits(self, row: ViewRow) -> bool:
        """Whether one rollout fits; it is counted."""
        data = data_of([row], "")
        self._known.update(dict.fromkeys(names_in(data["rows"])))
        found = self._wanted.fits(value_of(data["rows"][0], data["prompts"]))
        self.read += 1
        self.fit += found
        return found

    def check(self) -> None:
        """Raise FilterError for a name of the expression that no rollout so far has."""
        self._wanted.check(self._known)


def model_of(rollout: Judged, file: str) -> str:
    """The model that a rollout names, else its file."""
    return str(rollout.record.get("model", file))


def chosen(rows: Sequence[ViewRow], expression: str) -> list[ViewRow]:
    """Those that fit, in their order. Raises FilterError where the expression cannot be read or asks for a name that
    no rollout has."""
    choice = Choice(expression)
    found = [row for row in rows if choice.fits(row)]
    choice.check()
    return found


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
