"""Worlds in which a question is asked, so that the answer counts and not the state: six bad graders, six sound."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any

from rewards import Completion, Sample, Score, on_turns, text_similarity
from rewards.trajectories import Environment, State, Task, Trajectory, call, environment, say, split_of, trajectory_of

PEOPLE = ("Ada Lovelace", "Alan Turing", "Grace Hopper", "Emmy Noether", "Kurt Goedel")
OFFICES = ("Paris office, third floor", "Rome office, ground floor", "Oslo office, second floor")
PHONE = r"\+1 555 \d{3} \d{4}"
Judge = Callable[[Any, Trajectory], float]


def search(state: State, name: str) -> str:
    """Search the directory; what was searched for is kept in the state."""
    state["searched"].append(name)
    return "\n".join(f"{who}: {phone}, {office}" for who, (phone, office) in state["people"].items() if who == name)


def directory(judge: Judge, answered: Callable[[str, str, str], tuple[str, str]]) -> Environment:
    """A directory; `answered` makes the goal and the last words of the gold turns from name, number and office."""
    return environment("directory", tools=[search], tasks=_tasks(answered), reward=graded(judge), max_turns=4)


def _tasks(answered: Callable[[str, str, str], tuple[str, str]]) -> list[Task]:
    tasks = []
    for index in range(16):
        rng = Random(f"directory/{index}")
        people = {
            who: [f"+1 555 {rng.randrange(100, 999)} {rng.randrange(1000, 9999)}", rng.choice(OFFICES)]
            for who in rng.sample(PEOPLE, 4)
        }
        who = rng.choice(list(people))
        goal, said = answered(who, *people[who])
        initial: Any = {"people": people, "searched": []}
        tasks.append(
            Task(
                f"d-{index}",
                f"Where is {who}?",
                initial,
                goal,
                (call("search", name=who), say(said)),
                split=split_of(f"{index}"),
            )
        )
    return tasks


def graded(judge: Judge) -> Any:
    def reward(sample: Sample, completion: Completion) -> Score:
        return Score(float(judge(sample.reference, trajectory_of(sample, completion))))

    return reward


def phone_of(who: str, phone: str, office: str) -> tuple[str, str]:
    return phone, f"{who} has the number {phone}."


def office_of(who: str, phone: str, office: str) -> tuple[str, str]:
    return office, office


def in_paris(who: str, phone: str, office: str) -> tuple[str, str]:
    return ("yes", "Yes, there.") if "Paris" in office else ("no", "No, elsewhere.")


def extension_of(who: str, phone: str, office: str) -> tuple[str, str]:
    return phone[-4:], f"The extension is {phone[-4:]}."


def last(trajectory: Trajectory) -> str:
    return trajectory.turns[-1].completion.text if trajectory.turns else ""


def holds_it(goal: Any, trajectory: Trajectory) -> float:
    return goal.casefold() in last(trajectory).casefold()


def was_seen(goal: Any, trajectory: Trajectory) -> float:
    seen = [str(result.content) for turn in trajectory.turns for result in turn.results]
    return any(goal in content for content in seen)


def half_for_looking(goal: Any, trajectory: Trajectory) -> float:
    return 0.5 * holds_only_it(goal, trajectory) + 0.5 * (trajectory.calls > 0)


def about_right(goal: Any, trajectory: Trajectory) -> float:
    numbers = re.findall(r"\d+", last(trajectory))
    return bool(numbers) and abs(int(numbers[-1]) - int(goal)) <= 0.1 * int(goal)


def any_number_half(goal: Any, trajectory: Trajectory) -> float:
    return max(holds_only_it(goal, trajectory), 0.5 * bool(re.search(PHONE, last(trajectory))))


def holds_only_it(goal: Any, trajectory: Trajectory) -> float:
    return set(re.findall(PHONE, last(trajectory))) == {goal}


def first_is_it(goal: Any, trajectory: Trajectory) -> float:
    return re.findall(PHONE, last(trajectory))[:1] == [goal]


def equals(goal: Any, trajectory: Trajectory) -> float:
    return last(trajectory).strip() == goal


def begins_with_it(goal: Any, trajectory: Trajectory) -> float:
    return re.findall(r"\w+", last(trajectory).casefold())[:1] == [goal]


def last_number(goal: Any, trajectory: Trajectory) -> float:
    return re.findall(r"\d+", last(trajectory))[-1:] == [goal]


def found_out(goal: Any, trajectory: Trajectory) -> float:
    return holds_only_it(goal, trajectory) * (trajectory.calls > 0)


BAD: dict[str, tuple[Environment, str]] = {
    "the answer stands anywhere": (directory(holds_it, phone_of), "agent-lenient"),
    "the answer was seen": (directory(was_seen, phone_of), "agent-spam"),
    "half for looking": (directory(half_for_looking, phone_of), "agent-claims"),
    "a number about right": (directory(about_right, extension_of), "agent-lenient"),
    "half for any number": (directory(any_number_half, phone_of), "agent-claims"),
    "offices that are alike": (
        environment(
            "offices", tools=[search], tasks=_tasks(office_of), reward=on_turns(text_similarity(), "last"), max_turns=4
        ),
        "agent-spam",
    ),
}
GOOD: dict[str, Environment] = {
    "that number and no other": directory(holds_only_it, phone_of),
    "the first number": directory(first_is_it, phone_of),
    "the office": directory(equals, office_of),
    "yes or no": directory(begins_with_it, in_paris),
    "the last number": directory(last_number, extension_of),
    "found out, not guessed": directory(found_out, phone_of),
}
