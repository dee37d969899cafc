"""A rehearsal's verdict for people."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from rft.rehearsal.reading import Example
from rft.rehearsal.tricks import TRICK
from rft.rehearsal.verdict import MEANING, NOT_PROVED, Verdict

WIDTH = 120


def lines_of(found: Verdict, shown: Sequence[Example], truth: str | None) -> Iterator[str]:
    """The verdict, its reasons, the curve, the completions that show the trick, and what this does not prove."""
    begun = "" if found.onset is None else f", from step {found.onset} on"
    yield f"{found.word}{begun}: {MEANING[found.word]}"
    for reason in found.reasons:
        yield from textwrap.wrap(reason, WIDTH, initial_indent="  ", subsequent_indent="  ")
    yield f"  true metric: {truth}" if truth else "  true metric: none; --truth names one"
    if "steps" in found.numbers:  # else it was decided before any group was looked at
        yield from _numbers(found.numbers)
    yield from (f"  note: {note}" for note in found.notes)
    for alarm in found.alarms:
        yield f"  warned at step {alarm.step} ({alarm.detector}): {alarm.message}"
    if shown:
        yield "completions that earned more than they are worth"
    for one in shown:
        worth = "" if one.truth is None else f", worth {one.truth:.3f}"
        trick = f" [{', '.join(one.tricks)}]" if one.tricks else ""
        step = "" if one.step is None else f"step {one.step}, "
        yield f"  {step}line {one.line}: earned {one.score:.3f}{worth}{trick}"
        yield from textwrap.wrap(one.completion, WIDTH, initial_indent="    ", subsequent_indent="    ")
    yield "what this does not prove"
    yield from (f"  {line}" for line in NOT_PROVED)


def _numbers(numbers: dict[str, Any]) -> Iterator[str]:
    yield f"  {numbers['steps']:,} steps, {numbers['groups']:,} groups, {numbers['rollouts']:,} rollouts"
    yield from _curve(numbers["curve"])
    agreed = numbers["agreement"]["value"]
    rows = (
        ("agreement", agreed, ".0%"),
        ("zero-std groups", numbers["zero_std_groups"], ".0%"),
        ("discordant pairs", numbers["discordant_pairs"], ".1%"),
        ("truncated", numbers["truncated"], ".0%"),
    )
    told = [f"{name} {value:{form}}" for name, value, form in rows if math.isfinite(value)]
    first, last = numbers["characters"]["first"], numbers["characters"]["last"]
    yield f"  {', '.join([*told, f'characters {first:.0f} -> {last:.0f}'])}"
    yield f"  distinct completions {numbers['distinct']['first']:.0%} -> {numbers['distinct']['last']:.0%}"
    for name, part in numbers["parts"].items():
        if not name.startswith(TRICK) or part["last"] >= 0.05:
            yield f"  {name:<32} {part['first']:.3f} -> {part['last']:.3f}   push {part['push']:+z.3f}"


def _curve(curve: Sequence[dict[str, float]]) -> Iterator[str]:
    """Reward and true metric as bars of eight levels, at most 60 of them."""
    if len(curve) < 2:
        return
    for name in ("reward", "truth"):
        values = [one[name] for one in curve if math.isfinite(one[name])]
        if values:
            shown = values[:: max(1, math.ceil(len(values) / 60))]
            bars = "".join("▁▂▃▄▅▆▇█"[min(7, int(max(0.0, value) * 8))] for value in shown)
            yield f"  {name:<7} {bars}  {values[0]:.3f} -> {values[-1]:.3f}"
