"""Ask a grader as its consumer does: rows in a bare list, in an object around them, or one record a call.

What is not declared is found: where a bare list earns right answers nothing, the other shapes are tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Literal, NamedTuple, TypeAlias

from rewards.audit.apart import apart
from rewards.audit.config import RECORDS, WRAPPED, AuditConfig, Consumer
from rewards.audit.grader import Event, Explorer, Grader, Reply, Step, explorer_of, sent
from rewards.audit.metric_events import SCORE, postprocess_event, result_of, values_of
from rewards.audit.replies import read
from rewards.audit.report.findings import Finding
from rewards.audit.rows.cases import GARBAGE, Case
from rewards.audit.rows.messages import Row
from rewards.types import JSON

Shape: TypeAlias = Consumer | Literal["rft_eval"]
PAID_MIN = 0.5  # share of the range that right answers earn in the shape a grader is made for


def ordinary_rows(cases: Sequence[Case], *, limit: int = 4) -> list[dict[str, JSON]]:
    """A small batch of valid rows: right answers, then the same prompts with the answer of the next row."""
    some = list(cases[:limit])
    golds = [case.gold if case.gold is not None else GARBAGE for case in some]
    asked = [*zip(some, golds, strict=True), *zip(some, golds[1:] + golds[:1], strict=True)]
    return [case.asked(text, f"{case.id}/{n}") for n, (case, text) in enumerate(asked)]


def as_eval_sends(row: Row) -> dict[str, JSON]:
    """The row as `rft_eval` sends it: role nova_assistant, content in blocks."""
    messages = row["messages"]
    turns: list[JSON] = []
    for turn in messages if isinstance(messages, list) else []:
        if isinstance(turn, dict):
            role = "nova_assistant" if turn.get("role") == "assistant" else turn.get("role")
            content = turn.get("content")
            blocks: list[JSON] = content if isinstance(content, list) else [{"type": "text", "text": content}]
            turns.append({**turn, "role": role, "content": blocks})
    return {**row, "messages": turns}


@dataclass(frozen=True)
class AsSent:
    """A grader asked in the shape of one consumer; `metric` is the one that counts where it replies with several."""

    grader: Grader
    shape: Shape
    metric: str = ""

    @property
    def name(self) -> str:
        """How the report calls it."""
        return self.grader.name

    def ask(self, event: Event, /) -> Reply:
        """Grade rows in the grader's shape; an object is sent as it is."""
        if not isinstance(event, dict) and self.shape == RECORDS:
            return self._one_by_one(event)
        return self.grader.ask(self.as_sent(event))

    def as_sent(self, event: Event) -> Event:
        """Rows in the grader's shape, of records the first one; an object as it is."""
        if isinstance(event, dict):
            return event
        if self.shape == RECORDS:
            return postprocess_event(event[0])
        if self.shape == "rft_eval":
            return [as_eval_sends(row) if isinstance(row.get("messages"), list) else row for row in event]
        return _wrapped(event, self.shape)

    def explored(self) -> Explorer | None:
        """The grader under observation, asked in this shape."""
        inner = explorer_of(self.grader)
        return _Explored(self, inner) if inner is not None else None

    def apart(self, cpu_s: float) -> Grader | None:
        """The grader within limits, asked in this shape."""
        inner = apart(self.grader, cpu_s)
        return replace(self, grader=inner) if inner is not None else None

    def _one_by_one(self, rows: Sequence[Row]) -> Reply:
        replies: list[Reply] = []
        for row in rows:
            replies.append(self.grader.ask(postprocess_event(row)))
            if replies[-1].fault is not None:
                break
        fault = replies[-1].fault if replies else None
        read_ones: list[JSON] = [
            result_of(reply.payload, row, self.metric) for reply, row in zip(replies, rows, strict=False)
        ]
        changed = any(reply.input_changed for reply in replies)
        known = [reply.cpu_s for reply in replies if reply.cpu_s is not None]
        cpu_s = sum(known) if len(known) == len(replies) else None
        return Reply(None if fault else read_ones, sum(reply.seconds for reply in replies), fault, changed, cpu_s)


@dataclass(frozen=True)
class _Explored:
    grader: AsSent
    inner: Explorer

    def constants(self) -> list[str | float]:
        return self.inner.constants()

    def steps(self, events: Sequence[Event], /) -> list[Step]:
        found = self.inner.steps([self.grader.as_sent(event) for event in events])
        return [self._read(step, event) for step, event in zip(found, events, strict=True)]

    def _read(self, step: Step, event: Event) -> Step:
        """What a record got, as the result of its row."""
        if self.grader.shape != RECORDS or isinstance(event, dict) or step.reply.fault is not None:
            return step
        payload: list[JSON] = [result_of(step.reply.payload, event[0], self.grader.metric)]
        return step._replace(reply=replace(step.reply, payload=payload))


def _wrapped(rows: Sequence[Row], consumer: str) -> Event:
    if consumer not in WRAPPED:
        return rows
    named = consumer == "trajectories"
    return {consumer: sent([{**row, "trajectory_id": row["id"]} if named and "id" in row else row for row in rows])}


class Spoken(NamedTuple):
    """A grader as it wants to be asked, the configuration that goes with it, how it is asked, and what that tells."""

    grader: Grader
    config: AuditConfig
    how: str = ""
    findings: tuple[Finding, ...] = ()


def spoken(grader: Grader, cases: Sequence[Case], config: AuditConfig) -> Spoken:
    """The grader in the shape of the declared consumer; else in the one that gets right answers paid, or any read."""
    rows = ordinary_rows([case for case in cases if case.gold is not None] or cases)
    if config.consumer in (RECORDS, *WRAPPED):
        return _in_shape(grader, rows, config, config.consumer, "declared")
    plain = _asked(grader, rows, config)
    if plain.is_read and plain.highest > PAID_MIN:
        return Spoken(grader, config)
    tried = [(one, _asked(one.grader, rows, one.config)) for one in _other_shapes(grader, rows, config)]
    paid = [(one, asked) for one, asked in tried if asked.is_read and asked.lowest > max(plain.highest, PAID_MIN)]
    read_only = [(one, asked) for one, asked in tried if asked.is_read and not plain.shares]
    for one, asked in (*paid, *read_only):
        return one._replace(findings=(_only_there(one, asked, plain, rows),))
    return Spoken(grader, config)


def _other_shapes(grader: Grader, rows: Sequence[Row], config: AuditConfig) -> Iterator[Spoken]:
    yield Spoken(AsSent(grader, "rft_eval"), config, "the rows of rft_eval (found by asking)")
    if config.consumer is None:
        for shape in (*WRAPPED, RECORDS):
            yield _in_shape(grader, rows, config, shape, "found by asking")


class _Asked(NamedTuple):
    """The shares of the range that right answers earned, as far as they have results, and the first problem."""

    shares: tuple[float, ...]
    is_read: bool
    problem: str = ""

    @property
    def lowest(self) -> float:
        return min(self.shares, default=0.0)

    @property
    def highest(self) -> float:
        return max(self.shares, default=0.0)


def _asked(grader: Grader, rows: Sequence[Row], config: AuditConfig) -> _Asked:
    reply = grader.ask(rows)
    if reply.fault is not None:
        return _Asked((), is_read=False, problem=str(reply.fault))
    results, problems = read(reply.payload, rows, config.consumer)
    shares = tuple(config.share(one.value) for one in results[: len(rows) // 2] if one is not None)
    return _Asked(shares, None not in results, problems[0].message if problems else "")


def _in_shape(grader: Grader, rows: Sequence[Row], config: AuditConfig, shape: Consumer, how: str) -> Spoken:
    config = replace(config, consumer=shape)
    if shape != RECORDS:
        return Spoken(AsSent(grader, shape), config, f'{{"{shape}": [...]}} ({how})')
    metric = _metric_in(grader, rows, config)
    judged = f", judged by its metric {metric!r}" if metric else ""
    config = replace(config, step=replace(config.step, batch=1))
    return Spoken(AsSent(grader, shape, metric), config, f"{RECORDS}, one record a call{judged} ({how})")


def _metric_in(grader: Grader, rows: Sequence[Row], config: AuditConfig) -> str:
    """The metric that counts: `reward`, else the one that keeps the bounds and tells right answers from others best."""
    found = [values_of(grader.ask(postprocess_event(row)).payload) for row in rows]
    names = [name for name in found[0] if all(name in values for values in found)]
    if SCORE in names or not names:
        return SCORE if SCORE in names else ""
    middle = len(found) // 2

    def worth(name: str) -> tuple[bool, float]:
        shares = [config.share(values[name]) for values in found]
        return all(0 <= share <= 1 for share in shares), fmean(shares[:middle]) - fmean(shares[middle:])

    return max(names, key=worth)


def _only_there(one: Spoken, asked: _Asked, plain: _Asked, rows: Sequence[Row]) -> Finding:
    """That the rows of a training job do not get what these get."""
    example: dict[str, JSON] = {"row": dict(rows[0])}
    if one.config.consumer in (RECORDS, *WRAPPED):
        instead = plain.problem or f"right answers earn at most {plain.highest:.3g} of the range"
        way = one.how.removesuffix(" (found by asking)")
        message = (
            f"audited as {way}; a bare list of rows: {instead} (--consumer {one.config.consumer} says it is meant)"
        )
        return Finding("contract-envelope", message, example=example)
    message = (
        f"right answers earn {asked.lowest:.3g} of the range as rft_eval sends them, "
        f"at most {plain.highest:.3g} in the shape of training"
    )
    return Finding("contract-eval-shape", message, example=example)
