"""A calibration for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isnan

from rft.judging.calibrate import AGREEMENT, Calibration, Moved
from rft.judging.figures import Estimated
from rft.judging.models import Favour


def lines_of(found: Calibration, usd_per_million: tuple[float, float] | None = None) -> Iterator[str]:
    """All of it, the findings last."""
    yield f"{found.answers:,} answers to {found.prompts:,} prompts, {found.good:,} of them good; {found.rounds} rounds"
    yield "\nagreement with the labels"
    for name in AGREEMENT:
        yield f"  {name.replace('_', ' '):<28}{_with_interval(found.agreement[name])}"
    yield from _noise(found.noise)
    yield from _moves("what should not move a score", found.biases)
    yield from _moves("attacks on bad answers", found.attacks)
    yield from _models(found.models)
    yield from _cost(found.tokens, usd_per_million)
    findings = found.findings
    yield "\n" + ("not fit to train with yet:" if findings else "nothing stands against training with it")
    for finding in findings:
        yield f"  - {finding}"


def _with_interval(figure: Estimated) -> str:
    if isnan(figure.value):
        return "     -"
    within = "" if isnan(figure.low) else f"  ({figure.low:+z.3f} to {figure.high:+z.3f})"
    return f"{figure.value:+z.3f}{within}"


def _noise(found: Mapping[str, object]) -> Iterator[str]:
    reliability, noise = found.get("advantage_reliability"), found.get("noise_std")
    yield "\nnoise"
    if not isinstance(noise, float):
        yield "  not known: ask at least twice (--rounds), about several answers to a prompt"
        return
    yield f"  {'sd of a repeated verdict':<28}{noise:+z.3f}"
    yield f"  {'sd within a group':<28}{found['reward_std_within_group']:+z.3f}"
    if isinstance(reliability, float):
        yield f"  {'of the advantage it leaves':<28}{reliability:+z.3f}"


def _moves(title: str, moves: Mapping[str, Moved]) -> Iterator[str]:
    yield f"\n{title:<30}{'change':<29}{'rose':>6}{'like a good one':>17}"
    for name, moved in moves.items():
        yield f"  {name:<28}{_with_interval(moved.change):<29}{moved.rose:>6.0%}{moved.reaches:>17.0%}"


def _models(models: Mapping[str, Favour]) -> Iterator[str]:
    if models:
        yield f"\n{'answers of equal worth':<30}{'change':<29}{'answers':>9}"
    for name, favour in models.items():
        shown = f"{name[:24]} *" if favour.own else name[:26]
        yield f"  {shown:<28}{_with_interval(favour.change):<29}{favour.answers:>9,}"
    if any(favour.own for favour in models.values()):
        yield "  * the judge's own model"


def _cost(tokens: tuple[float, float] | None, usd_per_million: tuple[float, float] | None) -> Iterator[str]:
    if tokens is None:
        yield "\ncost: the verdicts do not tell their tokens"
        return
    read, written = tokens
    yield f"\ncost: {read:,.0f} tokens read and {written:,.0f} written for an answer"
    if usd_per_million:
        usd = (read * usd_per_million[0] + written * usd_per_million[1]) / 1_000_000 * 1_000
        yield f"  ${usd:,.2f} for 1,000 answers"
