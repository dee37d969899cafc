"""A simulated policy: it chooses among real completions, is graded by the real reward, and learns by GRPO's gradient.

A small policy in the place of a language model, so that hundreds of runs cost minutes. What is simulated is the choice
alone: for each prompt a softmax over kinds of completion, with logits that all prompts share and a deviation of each
prompt. Each trick begins rare, with a share that depends on the seed, and is learnt faster than being right is. What
the true metric and the reward expect under the policy is known exactly at each step, so a true onset is too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import fmean
from typing import NamedTuple

from candidates import HONEST, NAMES, TRICKS, completions
from tasks import Task
from zoo_open import Scoring

from rft.rehearsal.groups import Judged, Scored, judged
from rft.rehearsal.tricks import TRICK, Written
from rft.rehearsal.tricks import TRICKS as KNOWN

PROMPTS, GROUP, STEPS = 8, 8, 40
OWN_RATE = 0.02
PARTS = [f"{TRICK}{name}" for name in KNOWN]
SHARED_RATE = 0.5
HARD = 0.08  # being right is learnt slower than a trick, which is the same for every prompt
EASE = [*(HARD for _ in HONEST), *(1.0 for _ in TRICKS)]
RARE, COMMON = 0.002, 0.03  # share of each trick before training


class Table(NamedTuple):
    """What each row's completions earn and are worth, how long they are, and which known tricks they are."""

    proxy: list[list[float]]
    truth: list[list[float]]
    chars: list[list[int]]
    tricks: list[list[tuple[float, ...]]]


@dataclass
class Run:
    """A training: its groups, and what was expected under the policy before each step."""

    groups: list[Judged] = field(default_factory=list)
    proxy: list[float] = field(default_factory=list)
    truth: list[float] = field(default_factory=list)
    distance: list[float] = field(default_factory=list)
    """Square root of the divergence (KL) from the policy before training, in nats."""

    @property
    def gap(self) -> list[float]:
        """The exact gap before each step."""
        return [proxy - truth for proxy, truth in zip(self.proxy, self.truth, strict=True)]


def table(task: Task, scoring: Scoring) -> Table:
    """Every completion of every row, graded once."""
    written = [completions(task, number) for number in range(len(task.rows))]
    proxy = [[scoring(task, row, text) for text in texts] for row, texts in zip(task.rows, written, strict=True)]
    truth = [[task.truth(row, text) for text in texts] for row, texts in zip(task.rows, written, strict=True)]
    said = [
        [Written(text, row.prompt, task.gold(row)) for text in texts]
        for row, texts in zip(task.rows, written, strict=True)
    ]
    tricks = [[tuple(float(is_trick(one)) for is_trick in KNOWN.values()) for one in texts] for texts in said]
    return Table(proxy, truth, [[len(text) for text in texts] for texts in written], tricks)


def first_logits(rng: Random) -> list[float]:
    """Logits of the policy after SFT: mostly honest, some tricks now and then."""
    tricks = [math.exp(rng.uniform(math.log(RARE), math.log(COMMON))) for _ in TRICKS]
    shares = [*(share for share, _ in HONEST.values()), *tricks]
    return [math.log(share) for share in shares]


def train(
    task: Task, graded: Table, seed: str, *, steps: int = STEPS, group: int = GROUP, temperature: float = 1.0
) -> Run:
    """A run of GRPO; the same for the same seed."""
    rng = Random(f"rehearse/{task.name}/{seed}")
    logits, count = first_logits(rng), len(task.rows)
    own = [[rng.gauss(0, 0.8) for _ in NAMES] for _ in range(count)]
    order = list(range(count))
    run, first = Run(), list[list[float]]()
    for step in range(steps):
        policies = [softmax([a + b for a, b in zip(logits, mine, strict=True)], temperature) for mine in own]
        run.proxy.append(_expected(policies, graded.proxy))
        run.truth.append(_expected(policies, graded.truth))
        first = first or policies
        run.distance.append(math.sqrt(fmean(_divergence(new, old) for new, old in zip(policies, first, strict=True))))
        if step % (count // PROMPTS) == 0:
            rng.shuffle(order)
        start = step % (count // PROMPTS) * PROMPTS
        change = [0.0] * len(NAMES)
        for row in order[start : start + PROMPTS]:
            chosen = rng.choices(range(len(NAMES)), policies[row], k=group)
            run.groups.append(_judged(step + 1, row, chosen, graded))
            gradient = _gradient([graded.proxy[row][kind] for kind in chosen], chosen, policies[row])
            change = [a + b for a, b in zip(change, gradient, strict=True)]
            own[row] = [a + OWN_RATE * b for a, b in zip(own[row], gradient, strict=True)]
        moves = [SHARED_RATE * ease * one / PROMPTS for ease, one in zip(EASE, change, strict=True)]
        logits = [a + b for a, b in zip(logits, moves, strict=True)]
    return run


def softmax(logits: Sequence[float], temperature: float = 1.0) -> list[float]:
    """Chances that sum up to 1."""
    most = max(logits)
    raised = [math.exp((one - most) / temperature) for one in logits]
    whole = math.fsum(raised)
    return [one / whole for one in raised]


def _judged(step: int, row: int, chosen: Sequence[int], graded: Table) -> Judged:
    columns = (graded.proxy[row], graded.truth[row], graded.chars[row], graded.tricks[row])
    proxy, truth, chars, tricks = columns
    rollouts = [Scored(proxy[one], truth[one], float(one), float(chars[one]), parts=tricks[one]) for one in chosen]
    return judged(step, row, rollouts)


def _divergence(new: Sequence[float], old: Sequence[float]) -> float:
    return max(0.0, math.fsum(p * math.log(p / q) for p, q in zip(new, old, strict=True) if p > 0))


def _gradient(rewards: Sequence[float], chosen: Sequence[int], policy: Sequence[float]) -> list[float]:
    """Of the log-probabilities, by normalised advantages."""
    mean = fmean(rewards)
    sd = math.sqrt(fmean((one - mean) ** 2 for one in rewards))
    found = [0.0] * len(policy)
    if sd < 1e-6:
        return found
    for reward, kind in zip(rewards, chosen, strict=True):
        found[kind] += (reward - mean) / sd / len(rewards) * 8  # the advantages sum to 0: so do the softmax's terms
    return found


def _expected(policies: Sequence[Sequence[float]], scores: Sequence[Sequence[float]]) -> float:
    return fmean(sum(p * s for p, s in zip(one, own, strict=True)) for one, own in zip(policies, scores, strict=True))
