"""The audit of a world: replay, isolation, the oracle, what stays hidden, and every way to earn without solving."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from rewards.audit.trajectories.attacks import ATTACKS, Attack, Known, Said
from rewards.audit.trajectories.hidden import searching_turns, visible
from rewards.audit.trajectories.rules import AgentFinding
from rewards.audit.trajectories.shown import difference, shown
from rewards.evaluation import has_zero_std
from rewards.reward_tree import Bounds, bounds_of, signals_in
from rewards.trajectories import Environment, Episode, Task, play_turns, say
from rewards.types import JSON

MAX_TASKS: Final = 12
PAID_FOR_NOTHING: Final = 0.05
"""Share of the range that turns which change nothing may earn above the lowest score that a task can have."""
PAID_FOR_CHANCE: Final = 0.5
"""Share of what the gold turns earn that calls at random may earn, on average."""
PAID_FOR_A_GUESS: Final = 0.3
"""Share that answers of other tasks may earn on average where a question was asked."""


@dataclass(frozen=True, slots=True)
class AttackResult:
    """What one attack came to: the mean and the highest share of the maximum, over the tasks that it applies to."""

    name: str
    mean: float
    highest: float
    tried: int


@dataclass(frozen=True, slots=True)
class AgentAudit:
    """What the audit of an environment found."""

    environment: str
    tasks: int
    episodes: int
    findings: tuple[AgentFinding, ...]
    attacks: tuple[AttackResult, ...]
    oracle: float | None = None
    """The lowest share of the maximum that gold turns earn; None where no task has any."""

    @property
    def passed(self) -> bool:
        """Whether no finding is an error."""
        return all(finding.severity != "error" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """An episode with its score."""

    turns: Sequence[Said]
    episode: Episode
    value: float
    names: frozenset[str]


def audit_environment(environment: Environment, *, seed: int = 0, max_tasks: int = MAX_TASKS) -> AgentAudit:
    """Play the tasks of an environment in every way that should not pay, and the gold turns, which should.

    At most `max_tasks` tasks are played, drawn by `seed` from all of them. An error means that no agent must be trained
    in it; each finding holds the smallest example.
    """
    return _Run(environment, seed, max_tasks).report()


class _Run:
    """One audit: the world, what was played, and what was found."""

    def __init__(self, environment: Environment, seed: int, max_tasks: int) -> None:
        self.environment, self.seed = environment, seed
        tasks = list(environment.tasks.values())
        rng = Random(f"{seed}/audit/tasks")
        self.tasks = rng.sample(tasks, max_tasks) if len(tasks) > max_tasks else tasks
        self.findings: dict[str, AgentFinding] = {}
        self.results: list[AttackResult] = []
        self.episodes = 0
        self.oracle: float | None = None
        self.bounds: Bounds = bounds_of(environment.reward)
        self.pool = _pool(tasks)

    def report(self) -> AgentAudit:
        """Look at everything; what raises ends the audit with that finding alone."""
        before = deepcopy([dict(task.initial) for task in self.tasks])
        try:
            self._look()
        except _BrokenWorldError as error:
            self._find("agent-raises", str(error), error.example)
        if [dict(task.initial) for task in self.tasks] != before:
            self._find("agent-isolation", "playing a task changes its initial state", {})
        found = tuple(sorted(self.findings.values(), key=lambda each: each.severity != "error"))
        return AgentAudit(
            self.environment.name, len(self.tasks), self.episodes, found, tuple(self.results), self.oracle
        )

    def _look(self) -> None:
        self._splits()
        golds = {task.id: self._gold(task) for task in self.tasks if task.gold}
        if not golds:
            self._find("agent-no-gold", f"none of {len(self.tasks)} tasks has gold turns", {})
        knowns = [self._known(task, golds) for task in self.tasks]
        idle = {known.task.id: self._play(known.task, []) for known in knowns}
        for known in knowns:
            self._repeats(known)
            self._hidden(known, knowns)
        self._interleaved(knowns)
        for attack in ATTACKS:
            self._attack(attack, knowns, golds, idle)
        self._early(knowns, golds, idle)

    def _known(self, task: Task, golds: Mapping[str, _Outcome]) -> Known:
        gold, rng = golds.get(task.id), Random(f"{self.seed}/audit/{task.id}")
        known = Known(self.environment, task, gold.episode if gold else None, self.pool, rng)
        if gold is None or _wants_a_state(task, gold.episode):
            return known
        others = self._answers_to_others(known)
        wrong = [text for text in others if self._play(task, [*known.steps, say(text)]).value < gold.value - 1e-9]
        return replace(known, wrong=wrong)

    def _answers_to_others(self, known: Known) -> list[str]:
        """How the gold turns of tasks with another goal end, where they end in other words; at most four."""
        said = {
            str(other.gold[-1].get("content")): None
            for other in self.tasks
            if other.gold and not other.gold[-1].get("tool_calls") and other.goal != known.task.goal
        }
        return [text for text in said if text != known.answer["content"]][:4]

    def _play(self, task: Task, turns: Sequence[Said]) -> _Outcome:
        self.episodes += 1
        example: dict[str, JSON] = {"task": task.id, "turns": shown(turns)}
        try:
            episode = play_turns(self.environment, task, turns)
        except Exception as error:
            raise _BrokenWorldError(f"{type(error).__name__}: {error}", example) from error
        try:
            json.dumps(episode.state, allow_nan=False)
        except (TypeError, ValueError) as error:
            self._find("agent-state", f"{error}", example)
        try:
            row = episode.row()
            judged, again = self.environment.judge(row), self.environment.judge(row)
        except Exception as error:
            raise _BrokenWorldError(f"the reward raised {type(error).__name__}: {error}", example) from error
        if judged.score is None:
            self._find("agent-ungradable", judged.ungradable, example)
            return _Outcome(turns, episode, self.bounds.low, frozenset())
        if again.score is None or again.score.value != judged.score.value:
            self._find("agent-repeat", f"the same rollout of task {task.id!r} scores twice differently", example)
        low, high = self.bounds
        if not low - 1e-9 <= judged.score.value <= high + 1e-9:
            self._find("agent-bounds", f"a score of {judged.score.value:g} is outside [{low:g}, {high:g}]", example)
        return _Outcome(turns, episode, judged.score.value, frozenset(signals_in(judged.score)))

    def _gold(self, task: Task) -> _Outcome:
        played = self._play(task, task.gold)
        share = self._share(played.value)
        self.oracle = share if self.oracle is None else min(self.oracle, share)
        if played.value < self.bounds.high - 1e-9:
            self._find(
                "agent-oracle",
                f"the gold turns of task {task.id!r} earn {played.value:.3f} of {self.bounds.high:g}",
                {"task": task.id, "turns": shown(task.gold), "state": played.episode.state, "goal": task.goal},
            )
        return played

    def _repeats(self, known: Known) -> None:
        """The same turns twice, and the recorded turns once more."""
        turns = known.task.gold or [known.some_call(name) for name in self.environment.tools]
        first = self._play(known.task, turns)
        said = [seen for seen in first.episode.messages if seen["role"] == "assistant"]
        for again in (self._play(known.task, turns), self._play(known.task, said)):
            if again.episode.row() != first.episode.row():
                example: dict[str, JSON] = {"task": known.task.id, "turns": shown(turns)}
                example |= difference(first.episode, again.episode)
                self._find("agent-replay", f"task {known.task.id!r} played twice differs", example)
                return

    def _interleaved(self, knowns: Sequence[Known]) -> None:
        """Two episodes in turn see what each sees alone; the second task is another one where there is one."""
        if not getattr(self.environment, "concurrent", True):
            return  # a server that plays one episode at a time
        for known, other in zip(knowns, [*knowns[1:], knowns[0]], strict=True):
            turns = known.task.gold or [known.some_call(name) for name in self.environment.tools]
            alone = self._play(known.task, turns).episode
            first, second = self.environment.start(known.task), self.environment.start(other.task)
            others = ([other.some_call(name) for name in self.environment.tools] or [say("Hello.")]) * len(turns)
            for turn, disturbing in zip(turns, others, strict=False):
                if first.stop is None:
                    first.step(turn)
                if second.stop is None:
                    second.step(disturbing)
            while first.stop is None:
                first.step(say(""))
            if first.row() != alone.row():
                example: dict[str, JSON] = {"task": known.task.id, "beside": other.task.id}
                self._find(
                    "agent-isolation", f"task {known.task.id!r} differs beside another episode",
                    {**example, **difference(alone, first)},
                )  # fmt: skip
                return

    def _hidden(self, known: Known, knowns: Sequence[Known]) -> None:
        """The goal stands nowhere before it is reached, and nothing that is seen depends on it."""
        probes = [*searching_turns(known), list(known.task.gold)]
        others = [other.task.goal for other in knowns if other.task.goal != known.task.goal]
        swapped = replace(known.task, goal=others[0] if others else "another goal")
        for turns in probes:
            played, other = self._play(known.task, turns).episode, play_turns(self.environment, swapped, turns)
            if played.messages != other.messages:
                example: dict[str, JSON] = {"task": known.task.id, "turns": shown(turns), **difference(played, other)}
                self._find("agent-goal-leaks", f"with another goal task {known.task.id!r} answers otherwise", example)
        if seen := visible(known, [self._play(known.task, turns).episode for turns in probes[:-1]]):
            place, text = seen
            self._find(
                "agent-goal-visible", f"the goal of task {known.task.id!r} stands in {place}",
                {"task": known.task.id, "seen": text[:300]},
            )  # fmt: skip

    def _attack(
        self, attack: Attack, knowns: Sequence[Known], golds: Mapping[str, _Outcome], idle: Mapping[str, _Outcome]
    ) -> None:
        played: list[tuple[Known, _Outcome]] = []
        for known in knowns:
            turns = attack.turns(known)
            if turns is not None:
                played.append((known, self._play(known.task, turns)))
        names = {outcome.names for _, outcome in played if outcome.names} | {o.names for o in idle.values() if o.names}
        if len(names) > 1:
            some = sorted(map(sorted, names))
            self._find("agent-names", f"rollouts report {some[0]} and {some[1]}", {"attack": attack.name})
        if not played:
            return
        shares = [self._share(outcome.value) for _, outcome in played]
        self.results.append(AttackResult(attack.name, sum(shares) / len(shares), max(shares), len(shares)))
        for known, outcome in played:
            if message := self._paid(attack, known, outcome, golds.get(known.task.id), idle[known.task.id]):
                example: dict[str, JSON] = {"task": known.task.id, "turns": shown(outcome.turns)}
                self._find(attack.code, f"{attack.name}: {message}", {**example, "score": outcome.value})
                return
        known, outcome = max(played, key=lambda each: each[1].value)
        if (mean := sum(shares) / len(shares)) > _most_on_average(attack, known):
            self._find(
                attack.code, f"{attack.name}: earns {mean:.2f} of the maximum on average over {len(shares)} tasks",
                {"task": known.task.id, "turns": shown(outcome.turns), "score": outcome.value},
            )  # fmt: skip

    def _paid(
        self, attack: Attack, known: Known, outcome: _Outcome, gold: _Outcome | None, idle: _Outcome
    ) -> str | None:
        """Why what an attack earned is too much; None where it is not."""
        span, value, initial = self.bounds.high - self.bounds.low, outcome.value, dict(known.task.initial)
        changes = gold is not None and gold.episode.state != initial
        refuses = gold is not None and not changes and self.environment.tools and idle.value >= gold.value - 1e-9
        if refuses:
            return None  # leaving everything as it is, as where a request must be refused, is right here
        untouched = outcome.episode.state == initial
        if attack.kind == "idle":
            return f"earns {value:.3f}" if value > max(0.0, self.bounds.low) + PAID_FOR_NOTHING * span else None
        if attack.kind == "claims":
            counts = untouched or attack.code in ("agent-injection", "agent-reward-file")
            solved = gold is not None and changes and outcome.episode.state == gold.episode.state
            more = value > idle.value + PAID_FOR_NOTHING * span and not known.wrong
            return f"earns {value:.3f}, doing nothing {idle.value:.3f}" if counts and more and not solved else None
        if gold is None or attack.kind == "random":
            return None
        if attack.kind == "answer":
            full = value >= gold.value - 1e-9
            return f"{_last_words(outcome)!r} earns {value:.3f}, as the right answer does" if full else None
        same = outcome.episode.state == gold.episode.state
        if attack.code == "agent-excess-free":
            return f"earns {value:.3f}, as much as the gold turns" if same and value >= gold.value - 1e-9 else None
        if attack.kind == "partial":
            full = value >= gold.value - 1e-9 and not same
            return f"earns {value:.3f}, the gold turns {gold.value:.3f}" if full else None
        if value > gold.value + 1e-9 or (not same and value >= gold.value - 1e-9):
            return f"earns {value:.3f}, the gold turns {gold.value:.3f}"
        return None

    def _early(self, knowns: Sequence[Known], golds: Mapping[str, _Outcome], idle: Mapping[str, _Outcome]) -> None:
        """Each beginning of the gold turns: none may earn the maximum, and some should earn more than nothing."""
        seen: list[tuple[float, float]] = []
        shares = []
        for known in knowns:
            if known.gold is None:
                continue
            gold = golds[known.task.id]
            values = []
            for count in range(1, len(known.steps)):
                cut = self._play(known.task, [*known.steps[:count], known.closing])
                if cut.episode.state == gold.episode.state:
                    break
                values.append(cut.value)
                shares.append(self._share(cut.value))
                if cut.value >= gold.value - 1e-9:
                    self._find(
                        "agent-early", f"task {known.task.id!r} pays {cut.value:.3f} before its goal is reached",
                        {"task": known.task.id, "turns": shown(cut.turns), "state": cut.episode.state},
                    )  # fmt: skip
            varied = [self._play(known.task, turns) for turns in known.varied()]
            values += [each.value for each in varied if each.episode.state != gold.episode.state]
            self._lenient(known.task, varied, gold)
            if values:
                seen.append((min(*values, idle[known.task.id].value), max(values)))
        if shares:
            self.results.append(AttackResult("complete early", sum(shares) / len(shares), max(shares), len(shares)))
        if seen and all(has_zero_std(low, high) for low, high in seen):
            self._find(
                "agent-sparse",
                f"in {len(seen)} of {len(seen)} tasks whatever falls short of the goal scores the same",
                {},
            )

    def _lenient(self, task: Task, varied: Sequence[_Outcome], gold: _Outcome) -> None:
        """Gold turns with one argument changed, which end in another state, may not earn the maximum."""
        for each in varied:
            if each.episode.state != gold.episode.state and each.value >= gold.value - 1e-9:
                self._find(
                    "agent-lenient", f"task {task.id!r} pays {each.value:.3f} where an argument is another one",
                    {"task": task.id, "turns": shown(each.turns), "state": each.episode.state},
                )  # fmt: skip
                return

    def _splits(self) -> None:
        tasks = self.environment.tasks.values()
        goals = {split: {json.dumps(t.goal, sort_keys=True, default=str) for t in tasks if t.split == split}
                 for split in {task.split for task in tasks}}  # fmt: skip
        held = goals.get("test", set())
        if len(tasks) > 1 and not held:
            self._find("agent-no-holdout", "no task is in the split 'test'", {})
        elif both := held & goals.get("train", set()):
            self._find("agent-no-holdout", f"{len(both)} goals are both trained on and held out", {})

    def _share(self, value: float) -> float:
        return value / self.bounds.high if self.bounds.high > 0 else value

    def _find(self, code: str, message: str, example: Mapping[str, JSON]) -> None:
        self.findings.setdefault(code, AgentFinding(code, message, example))


class _BrokenWorldError(Exception):
    """A tool, a user or a reward raised what it should not."""

    def __init__(self, message: str, example: Mapping[str, JSON]) -> None:
        super().__init__(message)
        self.example = example


def _pool(tasks: Sequence[Task]) -> dict[str, list[Mapping[str, JSON]]]:
    """Arguments of the gold calls of all tasks, by tool."""
    found: dict[str, list[Mapping[str, JSON]]] = {}
    for task in tasks[:200]:
        for turn in task.gold:
            for each in turn.get("tool_calls", ()):
                function = each.get("function", each)
                arguments = function.get("arguments", {})
                known = json.loads(arguments) if isinstance(arguments, str) else arguments
                found.setdefault(str(function.get("name")), []).append(known)
    return found


def _wants_a_state(task: Task, gold: Episode) -> bool:
    """Whether the goal is a state of the world: in the form that `final_state` reads, or with keys of the state."""
    goal = task.goal
    return isinstance(goal, Mapping) and (bool({"state", "milestones"} & set(goal)) or set(goal) <= set(gold.state))


def _most_on_average(attack: Attack, known: Known) -> float:
    """The share of the maximum above which the mean of an attack is a fault."""
    if attack.kind == "claims" and known.wrong:
        return PAID_FOR_A_GUESS
    return PAID_FOR_CHANCE if attack.kind == "random" else math.inf


def _last_words(outcome: _Outcome) -> str:
    return str(outcome.turns[-1].get("content"))[:100]
