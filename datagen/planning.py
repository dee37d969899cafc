"""Estimate the documents, calls, tokens, cost and time of a data set before the first call."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import NamedTuple, TypeAlias

from datagen.config import DataConfig, TeacherConfig
from datagen.documents.parse import Unreadable
from datagen.generation.drafts import read_sources, read_task, requests_for
from datagen.generation.judge import judge_of, read_judge_prompt
from datagen.teachers.build import identity_of, is_free
from datagen.teachers.journal import journal_of_judge, look_into
from datagen.teachers.quotas import Quota, default_quota
from datagen.teachers.runner import Price
from datagen.tokens import Estimate, estimate, total
from datagen.types import Answer, Passage, Request

TOKENS_PER_SAMPLE = 250  # of a teacher's answer, until calls have been made: a guess, and the plan says so
TOKENS_PER_VERDICT = 80  # of a judge's, the same
ENOUGH_ANSWERS = 20  # from so many on, their means replace the guesses
_SAMPLE = Estimate(TOKENS_PER_SAMPLE // 2, TOKENS_PER_SAMPLE, TOKENS_PER_SAMPLE * 2)
_NOTHING = Estimate(0, 0, 0)
QuotaOf: TypeAlias = Callable[[str], Quota | None]


class Cost(NamedTuple):
    """US dollars: lowest, likely and highest estimate."""

    low: float
    mid: float
    high: float


@dataclass(frozen=True, slots=True)
class Work:
    """The calls to one model. Tokens, cost and time are of what is not `answered` yet.

    `measured` says whether the tokens come from the answers that the journal holds; before there are enough, they are
    estimates by script, and guesses for what will be answered. No cost where no price is set, no time where no quota is
    known; `quota` says whose it is.
    """

    who: str
    model: str
    calls: int
    answered: int
    input_tokens: Estimate
    output_tokens: Estimate
    measured: bool
    cost_usd: Cost | None
    minutes: float | None
    quota: str


@dataclass(frozen=True, slots=True)
class DataPlan:
    """The plan of `make`."""

    documents: int
    unreadable: tuple[Unreadable, ...]
    characters: int
    passages: int
    samples_at_most: int
    work: tuple[Work, ...]

    @property
    def calls(self) -> int:
        """Calls of teacher and judge, those included that are answered already."""
        return sum(work.calls for work in self.work)

    @property
    def input_tokens(self) -> int:
        """Likely tokens that go out."""
        return sum(work.input_tokens.mid for work in self.work)

    @property
    def output_tokens(self) -> int:
        """Likely tokens that come back."""
        return sum(work.output_tokens.mid for work in self.work)

    @property
    def cost_usd(self) -> Cost | None:
        """What teacher and judge cost together, as far as there are prices."""
        costs = [work.cost_usd for work in self.work if work.cost_usd]
        return Cost(*map(sum, zip(*costs, strict=True))) if costs else None

    @property
    def minutes(self) -> float | None:
        """How long the calls take at least, as far as quotas are known; the judge starts when the teacher is done."""
        known = [work.minutes for work in self.work if work.minutes is not None]
        return sum(known) if known else None


def plan(
    config: DataConfig,
    *,
    root: Path,
    seed: int | str = "",
    journal: Path | None = None,
    quota_of: QuotaOf = default_quota,
) -> DataPlan:
    """Count documents, passages, calls and tokens, and what they cost; reads the documents and touches nothing.

    With the `journal` of an earlier run of this `seed`, what it holds is subtracted, and the rest is planned by what
    its answers took. `quota_of` says what a model's quota is, by itself AWS's default (`datagen.teachers.quotas`).
    """
    sources = read_sources(config, root)
    requests = list(requests_for(sources.documents, config, read_task(config, root, str(seed)), root))
    samples = len(requests) * config.samples_per_passage
    work = [_teaching(config, root, requests, journal, quota_of)]
    if config.judge:
        work.append(_judging(config, root, [request.passage for request in requests], journal, quota_of))
    return DataPlan(
        documents=len(sources.documents),
        unreadable=tuple(sources.unreadable),
        characters=sum(len(document.text) for document in sources.documents),
        passages=len(requests),
        samples_at_most=samples,
        work=tuple(work),
    )


def _teaching(
    config: DataConfig, root: Path, requests: Sequence[Request], journal: Path | None, quota_of: QuotaOf
) -> Work:
    identity = identity_of(config.teacher, root=root)
    with look_into(journal) as known:
        answers = [answer for request in requests if (answer := known.answer(request.key(identity)))]
    guess = config.samples_per_passage * TOKENS_PER_SAMPLE
    asked = [estimate(request.system + request.prompt) for request in requests]
    return _work("teacher", config.teacher, asked, answers, len(answers), guess, quota_of)


def _judging(
    config: DataConfig, root: Path, passages: Sequence[Passage], journal: Path | None, quota_of: QuotaOf
) -> Work:
    """One call per sample, if none is refused before; which are answered is not known before the samples are."""
    assert config.judge is not None
    prompt = read_judge_prompt(config.judge, root)
    asked = [
        total([estimate(prompt.render(passage=passage.text, document=passage.document.path, sample="")), _SAMPLE])
        for passage in passages
        for _ in range(config.samples_per_passage)
    ]
    with look_into(journal_of_judge(journal) if journal else None) as known:
        answers = known.answers()
    return _work("judge", judge_of(config), asked, answers, 0, TOKENS_PER_VERDICT, quota_of)


def _work(
    who: str,
    settings: TeacherConfig,
    asked: Sequence[Estimate],
    answers: Sequence[Answer],
    answered: int,
    guess: int,
    quota_of: QuotaOf,
) -> Work:
    model = getattr(settings, "model", "") or settings.kind
    left = len(asked) - answered
    if is_free(settings):
        return Work(who, model, len(asked), answered, _NOTHING, _NOTHING, False, None, None, "")
    measured = len(answers) >= ENOUGH_ANSWERS and any(answer.input_tokens for answer in answers)
    if measured:
        out, back = (
            _times(left, [getattr(answer, name) for answer in answers]) for name in ("input_tokens", "output_tokens")
        )
    else:
        every, share = total(asked), left / max(1, len(asked))
        out = Estimate(*(round(tokens * share) for tokens in every))
        back = Estimate(left * guess // 2, left * guess, left * guess * 2)
    quota = _quota(settings, model, quota_of)
    minutes = quota.minutes(left, out.mid + back.mid) if quota else None
    cost = _cost(settings, out, back)
    return Work(who, model, len(asked), answered, out, back, measured, cost, minutes, quota.source if quota else "")


def _times(calls: int, tokens: Sequence[int]) -> Estimate:
    """So many calls at the mean of those that were made, two standard errors down and up."""
    mean, error = fmean(tokens), stdev(tokens) / math.sqrt(len(tokens))
    return Estimate(*(max(0, round(calls * (mean + far * error))) for far in (-2, 0, 2)))


def _quota(settings: TeacherConfig, model: str, quota_of: QuotaOf) -> Quota | None:
    """The project's own, else the model's; a batch has none, it takes hours whatever its size."""
    requests, tokens = (getattr(settings, f"{what}_per_minute", None) for what in ("requests", "tokens"))
    if requests or tokens:
        return Quota(requests, tokens, "the project's setting")
    return quota_of(model) if settings.kind == "bedrock" else None


def _cost(settings: TeacherConfig, out: Estimate, back: Estimate) -> Cost | None:
    price = getattr(settings, "price", None)
    if price is None:
        return None
    share = 0.5 if settings.kind == "bedrock-batch" else 1.0  # batch inference costs half
    rate = Price(price.input, price.output)
    return Cost(*(rate.of(asked, answered) * share for asked, answered in zip(out, back, strict=True)))
