"""A reward as a tree: its components, its range, and the names of the numbers that it reports.

All of it is the same for every sample and known before anything is judged. Trainers and dashboards make one column for
each reported name. A column that is missing in some rows is lost or fatal there, so a score that was never computed
still reports all of its names: its parts as 0, which is what they earned, and its metrics as None, not measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import CoroutineType
from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar

from rewards.errors import InvalidScoreError
from rewards.types import Completion, Reward, Sample, Score

Declared = TypeVar("Declared")
Kind: TypeAlias = Literal["Reward", "Metric"]
MEASURED: Final = "/measured"  # behind a metric's name: 1 where it was measured, else 0


class Bounds(NamedTuple):
    """A closed interval: every score of the reward lies in it."""

    low: float
    high: float


def bounds_of(reward: Reward) -> Bounds:
    """The interval that every score of `reward` lies in: [0, 1], unless it declares `bounds` as combinators do.

    >>> from rewards import json_parse, weighted
    >>> bounds_of(weighted({"json": (json_parse(), 2.0), "fluff": (json_parse("array"), -0.5)}))
    Bounds(low=-0.5, high=2.0)
    """
    return Bounds(*getattr(reward, "bounds", (0.0, 1.0)))


def check_unit_interval(name: str, value: float) -> float:
    """`value`, if it lies in [0, 1]; else ValueError, naming the parameter `name`."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must lie in [0, 1], got {value!r}")
    return value


def leaves_of(reward: Reward) -> Iterator[Reward]:
    """The components that `reward` is made of, gates included; itself where it is one.

    >>> from rewards import clipped, gated, json_parse, tool_choice
    >>> [leaf.name for leaf in leaves_of(clipped(gated(tool_choice(), by=json_parse(), threshold=0.5)))]
    ['tool_choice', 'json_parse']
    """
    below = parts_of(reward)
    if not below:
        yield reward
    for part in below:
        yield from leaves_of(part)


def parts_of(reward: Reward) -> list[Reward]:
    """The rewards that a combinator is made of, its gate included; none for a component."""
    below = [*getattr(reward, "children", {}).values()]
    return below + [part for name in ("reward", "by") if (part := getattr(reward, name, None)) is not None]


def declared(reward: object, kind: type[Declared]) -> Iterator[Declared]:
    """Every setting of a type that the parts of `reward` were made with, such as each `CallFormat`.

    >>> from rewards import CallFormat, clipped, tool_calls
    >>> [form.calls for form in declared(clipped(tool_calls(CallFormat(calls="steps")), high=0.9), CallFormat)]
    ['steps']
    """
    if isinstance(reward, kind):
        yield reward
    elif is_dataclass(reward) and not isinstance(reward, type):
        for field in fields(reward):
            yield from declared(getattr(reward, field.name), kind)
    elif isinstance(reward, Mapping):
        for child in reward.values():
            yield from declared(child, kind)
    elif isinstance(reward, list | tuple):
        for child in reward:
            yield from declared(child, kind)


def require_gradable(reward: Reward, sample: Sample) -> None:
    """Raise UngradableError where `sample` lacks what a component compares with, without judging any completion.

    Components say so by a method `expected(sample)`. Whether a sample can be judged must not depend on what the model
    wrote, so a combinator that skips a part asks it all the same.
    """
    for leaf in leaves_of(reward):
        expected = getattr(leaf, "expected", None)
        if expected is not None:
            expected(sample)


def score_of(reward: Reward, sample: Sample, completion: Completion, *, part: str = "") -> Score:
    """What `reward` scores; `part` is its name in a combinator.

    Raises InvalidScoreError where it returns something else, as a function of a user's may, whatever its annotation.

    >>> score_of(lambda sample, completion: 0.5, Sample("a", ()), Completion(""), part="a")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    rewards.errors.InvalidScoreError: <doctest ...>:1: part 'a': a reward returns a Score such as Score(0.5), got 0.5
    """
    score: object = reward(sample, completion)
    if isinstance(score, Score):
        return score
    code = getattr(reward, "__code__", None) or getattr(type(reward).__call__, "__code__", None)
    where = f"{code.co_filename}:{code.co_firstlineno}: " if code else ""
    named = f"part {part!r}: " if part else ""
    raise InvalidScoreError(f"{where}{named}{_instead_of(score)}")


def _instead_of(score: object) -> str:
    """What is to be returned instead of this."""
    if isinstance(score, CoroutineType):
        score.close()  # else Python warns that nobody awaited it
        return "a reward is a plain function, and nobody awaits it: write `def`, with `asyncio.run(...)` where it waits"
    wrapped = f"Score({float(score)})" if isinstance(score, int | float) and abs(score) < math.inf else "Score(1.0)"
    return f"a reward returns a Score such as {wrapped}, got {score!r:.100}"


def scores_of(parts: Mapping[str, Reward], sample: Sample, completion: Completion) -> dict[str, Score]:
    """What each of the named parts scores."""
    return {name: score_of(reward, sample, completion, part=name) for name, reward in parts.items()}


class Signal(NamedTuple):
    """A reported number. A `Reward` took part in the total, a `Metric` is only recorded (AWS's words in
    `metrics_list`)."""

    name: str
    kind: Kind


def signals_of(reward: Reward) -> tuple[Signal, ...]:
    """What `reward` will report besides its total, nested names joined by "/".

    A reward of your own that records metrics declares them: `my_reward.metric_names = ("length",)`.

    >>> from rewards import gated, json_parse, tool_choice, weighted
    >>> content = gated(weighted({"tool_choice": (tool_choice(), 1.0)}), by=json_parse(), threshold=0.75)
    >>> [signal.name for signal in signals_of(weighted({"content": (content, 1.0)}))]
    ['content', 'content/gate', 'content/tool_choice']
    """
    return tuple(_signals(reward, ""))


def signals_in(score: Score) -> dict[str, float | None]:
    """What `score` reports besides its total, by the names of `signals_of`; None where a metric was not measured."""
    found: dict[str, float | None] = {}
    _add_signals(score, "", found)
    return found


def parts_in(score: Score) -> dict[str, float]:
    """The parts among the signals of `score`."""
    return {name: value or 0.0 for kind, name, value in _values(score, "") if kind == "Reward"}


def metrics_in(score: Score) -> dict[str, float | None]:
    """The metrics among the signals of `score`; None where one was not measured."""
    return {name: value for kind, name, value in _values(score, "") if kind == "Metric"}


def columns_of(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    """What a receiver that takes numbers only is sent: the signals, and behind each metric `<name>/measured`, 1 or 0.

    >>> [column.name for column in columns_of([Signal("chars", "Metric"), Signal("tags", "Reward")])]
    ['chars', 'chars/measured', 'tags']
    """
    return tuple(
        column
        for signal in signals
        for column in ((signal, _marker(signal.name)) if signal.kind == "Metric" else (signal,))
    )


def numbers_of(signals: Iterable[Signal], values: Mapping[str, float | None]) -> list[float]:
    """`values` of `signals` in the order of `columns_of(signals)`; a metric that was not measured is 0, and marked so.
    The mean of the measured ones is the one mean over the other.

    >>> numbers_of([Signal("chars", "Metric"), Signal("tags", "Reward")], {"chars": None, "tags": 0.5})
    [0.0, 0.0, 0.5]
    """
    numbers: list[float] = []
    for name, kind in signals:
        value = values.get(name)
        measured = value is not None and math.isfinite(value)
        numbers.append(float(value) if measured and value is not None else 0.0)
        if kind == "Metric":
            numbers.append(float(measured))
    return numbers


@cache
def _marker(name: str) -> Signal:
    return Signal(name + MEASURED, "Metric")


def numbers_in(reward: Reward, score: Score | None) -> dict[str, float]:
    """All signals of `reward` as numbers, by name; as of a score that was not computed where `score` is None."""
    values = signals_in(score) if score else {}
    signals = signals_of(reward)
    return {name: value for (name, _), value in zip(columns_of(signals), numbers_of(signals, values), strict=True)}


def without_markers(numbers: Mapping[str, float]) -> dict[str, float | None]:
    """Numbers of `numbers_of` as they were measured: None where a marker says so, and no markers.

    >>> without_markers({"chars": 0.0, "chars/measured": 0.0, "tags": 1.0})
    {'chars': None, 'tags': 1.0}
    """
    names = [name for name in numbers if not (name.endswith(MEASURED) and name.removesuffix(MEASURED) in numbers)]
    return {name: numbers[name] if numbers.get(name + MEASURED, 1.0) else None for name in names}


def silent_score(reward: Reward, reason: str) -> Score:
    """A score of 0 for where `reward` was not run: its parts earn 0, its metrics are not measured."""
    metrics = dict.fromkeys(_metric_names(reward), None)
    return Score(0.0, reason, metrics, {name: silent_score(part, reason) for name, part in _parts(reward).items()})


def check_names(names: Iterable[str]) -> None:
    """Raise ValueError unless there is at least one name, and each can be part of a signal's name."""
    names = list(names)
    if not names:
        raise ValueError("a combinator needs at least one part, got none")
    for name in names:
        if not isinstance(name, str) or not name.strip() or "/" in name:
            raise ValueError(f"a part needs a name without '/', which joins nested names, got {name!r}")


def _signals(reward: Reward, prefix: str) -> Iterator[Signal]:
    for name in _metric_names(reward):
        yield Signal(prefix + name, "Metric")
    for name, part in _parts(reward).items():
        yield Signal(prefix + name, "Reward")
        yield from _signals(part, f"{prefix}{name}/")


def _add_signals(score: Score, prefix: str, found: dict[str, float | None]) -> None:
    """As `_values`, without its generators, which take half of the time that a Lambda spends beside its reward."""
    for name, value in score.metrics.items():
        found[prefix + name] = value
    for name, part in score.parts.items():
        found[prefix + name] = part.value
        if part.parts or part.metrics:
            _add_signals(part, f"{prefix}{name}/", found)


def _values(score: Score, prefix: str) -> Iterator[tuple[Kind, str, float | None]]:
    for name, value in score.metrics.items():
        yield "Metric", prefix + name, value
    for name, part in score.parts.items():
        yield "Reward", prefix + name, part.value
        yield from _values(part, f"{prefix}{name}/")


def _metric_names(reward: Reward) -> tuple[str, ...]:
    """Its own, and those of the reward that it shows as its own."""
    inner = getattr(reward, "inner", None)
    own: tuple[str, ...] = tuple(getattr(reward, "metric_names", ()))
    return own if inner is None else (*_metric_names(inner), *own)


def _parts(reward: Reward) -> Mapping[str, Reward]:
    inner = getattr(reward, "inner", None)
    parts: Mapping[str, Reward] = getattr(reward, "children", {})
    return parts if inner is None else _parts(inner)
