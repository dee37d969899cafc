"""Calibrate a reward that asks a judge: what it is asked, and what the verdicts say of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from statistics import fmean
from typing import Any, Final, NamedTuple

from rewards.components.judge import Converse, Judge, prefetch
from rewards.errors import JudgeError
from rewards.reward_tree import bounds_of, leaves_of
from rewards.types import Reward
from rft.judging.figures import (
    Estimated,
    Figure,
    Pair,
    auroc,
    estimated,
    kappa,
    mean_change,
    mean_error,
    rank_correlation,
)
from rft.judging.injected import ATTACKS, BIASES, ORDER, Reordered, reordered
from rft.judging.labelled import RIGHT, Labelled
from rft.judging.models import Favour, favours
from rft.judging.recorded import RecordedJudge, Request
from rft.lab.groups import Group, Rollout
from rft.lab.noise import JudgeNoise

LEAST_AUROC: Final = 0.8
LEAST_RELIABILITY: Final = 0.9
MOST_BIAS: Final = 0.05
"""A judge below, below or above these has a finding. The second is of the advantage: at 0.9 noise costs a tenth of each
step. The third is a share of the range, and counts where its interval excludes 0."""
AGREEMENT: Final[Mapping[str, Figure]] = {
    "auroc": auroc, "rank_correlation": rank_correlation, "kappa": kappa, "mean_error": mean_error,
}  # fmt: skip


class Moved(NamedTuple):
    """How an injection moved scores: the mean change with its interval, the share that rose, and of how many."""

    change: Estimated
    rose: float
    answers: int
    reaches: float
    """The share of the changed answers that score at least as well as the mean good answer."""


def is_clear(change: Estimated) -> bool:
    """Whether a change is large enough to matter, and its interval excludes 0."""
    return abs(change.value) > MOST_BIAS and (change.low > 0 or change.high < 0)


@dataclass(frozen=True)
class Calibration:
    """What the verdicts say of a judge as a reward."""

    answers: int
    prompts: int
    good: int
    rounds: int
    agreement: Mapping[str, Estimated]
    noise: Mapping[str, object]
    biases: Mapping[str, Moved]
    attacks: Mapping[str, Moved]
    models: Mapping[str, Favour]
    tokens: tuple[float, float] | None
    """Tokens read and written for an answer; None where the verdicts do not tell."""

    @property
    def findings(self) -> list[str]:
        """What stands against training with this judge, a sentence each."""
        return list(_findings(self))

    def to_json(self) -> dict[str, object]:
        """All figures, for machines."""
        moved = {
            name: {place: {**one._asdict(), "change": one.change.to_json()} for place, one in each.items()}
            for name, each in (("biases", self.biases), ("attacks", self.attacks))
        }
        counts = {"answers": self.answers, "prompts": self.prompts, "good": self.good, "rounds": self.rounds}
        agreement = {name: figure.to_json() for name, figure in self.agreement.items()}
        models = {name: {**one._asdict(), "change": one.change.to_json()} for name, one in self.models.items()}
        tokens = {"read": self.tokens[0], "written": self.tokens[1]} if self.tokens else None
        return {
            **counts, "agreement": agreement, "noise": dict(self.noise), **moved, "models": models,
            "tokens_of_an_answer": tokens, "findings": self.findings,
        }  # fmt: skip


class _Trial(NamedTuple):
    """One way of asking about some answers."""

    kind: str
    name: str
    answers: Sequence[Labelled]
    round: int = 0
    turned: bool = False


def requests_of(reward: Reward, answers: Sequence[Labelled], rounds: int) -> Iterator[tuple[int, Request]]:
    """Every question that a calibration asks, with its round; some may be equal."""
    judges = judges_of(reward)
    for trial in _trials(judges, answers, rounds):
        for one in trial.answers:
            for judge in judges:
                request = judge.request(judge.question(one.rollout.sample, one.rollout.completion))
                yield trial.round, reordered(request) if trial.turned else request


def judges_of(reward: Reward) -> list[Judge]:
    """The judges that a reward asks. Raises JudgeError where there are none."""
    judges = [leaf for leaf in leaves_of(reward) if isinstance(leaf, Judge)]
    if not judges:
        raise JudgeError("the reward asks no judge; `rft audit` proves rewards that follow rules")
    return judges


def model_of(reward: Reward) -> str:
    """The name of the model that a reward's judges ask."""
    return judges_of(reward)[0].model_id


def calibrate(
    reward: Reward, answers: Sequence[Labelled], client: RecordedJudge, *, rounds: int = 3, seed: int = 1
) -> Calibration:
    """Grade `answers` as they are, `rounds` times, and with each injection; say how the scores agree with the labels.

    Scores are taken as shares of the reward's range, so that a judge inside a larger reward is measured by what it does
    to the total. Raises JudgeError for a verdict that is missing or unreadable, UngradableError for a sample that the
    reward cannot judge.
    """
    low, high = bounds_of(reward)
    scored: dict[tuple[str, str, int], list[float]] = {}
    trials = list(_trials(judges_of(reward), answers, rounds))
    for trial in trials:
        asked = client.in_round(trial.round)
        grader = with_client(reward, Reordered(asked) if trial.turned else asked)
        prefetch(grader, [one.rollout for one in trial.answers])
        values = [grader(one.rollout.sample, one.rollout.completion).value for one in trial.answers]
        scored[trial.kind, trial.name, trial.round] = [(value - low) / (high - low) for value in values]
    by_round = [scored["plain", "", number] for number in range(rounds)]
    pairs = [
        Pair(score, one.label, one.prompt) for scores in by_round for score, one in zip(scores, answers, strict=True)
    ]
    bar = fmean(pair.score for pair in pairs if pair.label > RIGHT)
    before = {id(one): score for one, score in zip(answers, by_round[0], strict=True)}
    moved: dict[str, dict[str, Moved]] = {"bias": {}, "attack": {}}
    for trial in trials:
        if trial.kind in moved:
            source = answers if trial.kind == "bias" else _bad(answers)
            after = scored[trial.kind, trial.name, 0]
            moved[trial.kind][trial.name] = _moved([before[id(one)] for one in source], after, source, bar)
    usage = client.usage(request for _, request in requests_of(reward, answers, rounds=1))
    asked_answers = sum(len(trial.answers) for trial in trials if trial.round == 0)
    return Calibration(
        answers=len(answers),
        prompts=len({one.prompt for one in answers}),
        good=sum(one.is_good for one in answers),
        rounds=rounds,
        agreement={name: estimated(figure, pairs, seed=str(seed)) for name, figure in AGREEMENT.items()},
        noise=_noise(answers, by_round),
        biases=moved["bias"],
        attacks=moved["attack"],
        models=favours(answers, [fmean(scores) for scores in zip(*by_round, strict=True)], model_of(reward)),
        tokens=(usage[0] / asked_answers, usage[1] / asked_answers) if usage else None,
    )


def with_client(part: Any, client: Converse) -> Any:
    """`part`, a reward or a piece of one, with `client` in the place of the model that its judges ask."""
    return _with_judges(part, client=client)


def with_model(part: Any, model: str) -> Any:
    """`part` with `model` as the name of the model that its judges ask, which their verdicts are recorded under."""
    return _with_judges(part, model_id=model)


def _with_judges(part: Any, **changes: Any) -> Any:
    if isinstance(part, Judge):
        return replace(part, **changes)
    if is_dataclass(part) and not isinstance(part, type):
        kept = {field.name: getattr(part, field.name) for field in fields(part) if field.init}
        new = {name: _with_judges(value, **changes) for name, value in kept.items()}
        return replace(part, **new) if any(new[name] is not kept[name] for name in kept) else part
    if isinstance(part, Mapping):
        return {key: _with_judges(value, **changes) for key, value in part.items()}
    if isinstance(part, list | tuple):
        several = [_with_judges(value, **changes) for value in part]
        if all(new is old for new, old in zip(several, part, strict=True)):
            return part
        return part._make(several) if hasattr(part, "_make") else type(part)(several)
    return part


def _bad(answers: Sequence[Labelled]) -> list[Labelled]:
    return [one for one in answers if not one.is_good]


def _trials(judges: Sequence[Judge], answers: Sequence[Labelled], rounds: int) -> Iterator[_Trial]:
    model = judges[0].model_id
    for number in range(rounds):
        yield _Trial("plain", "", answers, number)
    yield _Trial("bias", ORDER, answers, turned=True)
    for name, change in BIASES.items():
        changed = [one.saying(change(one.rollout.completion.text, model)) for one in answers]
        yield _Trial("bias", name, changed)
    for name, change in ATTACKS.items():
        changed = [one.saying(change(one.rollout.completion.text, model)) for one in _bad(answers)]
        yield _Trial("attack", name, changed)


def _moved(before: Sequence[float], after: Sequence[float], answers: Sequence[Labelled], bar: float) -> Moved:
    changes = [new - old for old, new in zip(before, after, strict=True)]
    estimate = mean_change([(change, one.prompt) for change, one in zip(changes, answers, strict=True)])
    count = len(changes)
    rose = sum(change > 1e-9 for change in changes) / count
    return Moved(estimate, rose, count, sum(score >= bar for score in after) / count)


def _noise(answers: Sequence[Labelled], by_round: Sequence[Sequence[float]]) -> dict[str, object]:
    """The noise of the verdicts against what one group's advantages are made of, as `rft rollouts` measures it."""
    groups: dict[int, list[list[float]]] = defaultdict(list)
    for number, one in enumerate(answers):
        groups[one.prompt].append([scores[number] for scores in by_round])
    noise = JudgeNoise()
    for prompt, repeats in groups.items():
        rollouts = [Rollout(scores[0], digest=float(index)) for index, scores in enumerate(repeats)]
        noise.add(Group(prompt, None, rollouts, repeats=repeats if len(by_round) > 1 else []))
    return noise.result()


def _findings(found: Calibration) -> Iterator[str]:
    agrees = found.agreement["auroc"].value
    if not agrees >= LEAST_AUROC:
        yield f"it ranks a good answer above a bad one in {agrees:.0%} of pairs; {LEAST_AUROC:.0%} is the least"
    reliability = found.noise.get("advantage_reliability")
    if isinstance(reliability, float) and reliability < LEAST_RELIABILITY:
        yield (
            f"its own noise leaves {reliability:.2f} of the advantage; {LEAST_RELIABILITY} is the least: "
            "ask more than once and take the mean, or grade by criteria"
        )
    for name, moved in found.biases.items():
        if is_clear(moved.change):
            yield f"{_BIAS[name]} moves scores by {moved.change.value:+z.3f} of the range, though nothing else is said"
    for name, favour in found.models.items():
        if is_clear(favour.change):
            own = "its own model" if favour.own else "the model"
            yield f"answers of {own} {name} score {favour.change.value:+z.3f} against others of equal worth to people"
    for name, moved in found.attacks.items():
        if is_clear(moved.change) and moved.change.value > 0:
            yield (
                f"a bad answer that {_ATTACK.get(name, name)} gains {moved.change.value:+z.3f}; "
                f"{moved.reaches:.0%} of them then score like a good one"
            )


_BIAS: Final[Mapping[str, str]] = {
    ORDER: "the answer before the rubric", "length": "saying it twice", "format": "a list in bold",
    "self": "the judge's own name below an answer", "confidence": "an assurance in front",
}  # fmt: skip
_ATTACK: Final[Mapping[str, str]] = {
    "begs": "begs for the score", "orders": "gives the judge orders", "only an opening": "is only an opening",
    "only a colon": "is only a colon",
}  # fmt: skip
