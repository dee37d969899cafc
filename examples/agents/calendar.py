"""A calendar: meetings are booked, moved and cancelled. The user says which, and when, if he is asked.

rft audit --env examples/agents/calendar.py      # passes
"""

from copy import deepcopy
from random import Random
from typing import Any

from rewards import excess_calls, final_state, invalid_calls, milestones, weighted
from rewards.trajectories import Environment, State, Task, ToolError, call, environment, say, split_of

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
TITLES = ("review", "planning", "lunch", "interview", "training", "call", "demo", "budget")
HOURS = range(9, 17)
REQUESTS = ("My calendar needs a change.", "Can you change something in my calendar?", "Please fix my calendar.")

REWARD = weighted(
    {
        "state": (final_state(), 0.6),
        "way": (milestones(), 0.4),
        "invalid": (invalid_calls(), -0.1),
        "calls": (excess_calls(5, limit=10), -0.1),
    }
)


def list_events(state: State, day: str) -> str:
    """List the meetings of a day.

    Args:
        day: Day of the week.
    """
    found = [f"{event['hour']}:00 {event['title']}" for event in state["events"] if event["day"] == _day(day)]
    return ", ".join(found) or "nothing"


def add_event(state: State, title: str, day: str, hour: int) -> str:
    """Book a meeting of an hour.

    Args:
        title: What it is.
        day: Day of the week.
        hour: When it begins, from 9 to 16.
    """
    if title not in TITLES or any(event["title"] == title for event in state["events"]):
        raise ToolError(f"no new meeting {title!r}")
    _free(state, day, hour)
    state["events"].append({"title": title, "day": day, "hour": hour})
    return f"{title} is on {day} at {hour}:00"


def move_event(state: State, title: str, day: str, hour: int) -> str:
    """Move a meeting to another time.

    Args:
        title: What it is.
        day: Day of the week.
        hour: When it begins, from 9 to 16.
    """
    event = _event(state, title)
    _free(state, day, hour)
    event.update(day=day, hour=hour)
    return f"{title} is on {day} at {hour}:00"


def cancel_event(state: State, title: str) -> str:
    """Cancel a meeting.

    Args:
        title: What it is.
    """
    state["events"].remove(_event(state, title))
    return f"{title} is cancelled"


def load_environment(seed: int = 0, tasks: int = 500) -> Environment:
    """The calendar with so many tasks; a fifth of the goals is held out for tests."""
    made = [_task(seed, index) for index in range(tasks)]
    tools = [list_events, add_event, move_event, cancel_event]
    return environment("calendar", tools=tools, tasks=made, reward=REWARD, max_turns=6)


def _task(seed: int, index: int) -> Task:
    rng = Random(f"{seed}/calendar/{index}")
    slots = rng.sample([(day, hour) for day in DAYS for hour in HOURS], 5)
    titles = rng.sample(TITLES, 6)
    events: list[dict[str, Any]] = [
        {"title": title, "day": day, "hour": hour} for title, (day, hour) in zip(titles, slots[:3], strict=False)
    ]
    wanted = deepcopy(events)
    kind, (day, hour) = rng.choice(("book", "move", "cancel and book")), slots[3]
    new, old = titles[3], titles[0]
    gold = [call("add_event", title=new, day=day, hour=hour)]
    told = f"Book a {new} on {day} at {hour}."
    if kind == "move":
        wanted[0].update(day=day, hour=hour)
        gold = [call("move_event", title=old, day=day, hour=hour)]
        told = f"Move the {old} to {day} at {hour}."
    else:
        wanted.append({"title": new, "day": day, "hour": hour})
    if kind == "cancel and book":
        del wanted[0]
        gold = [call("cancel_event", title=old), *gold]
        told = f"Cancel the {old}. {told}"
    moved = old if kind == "move" else new
    return Task(
        f"calendar-{index:03}",
        rng.choice(REQUESTS),
        initial={"events": events},
        goal={
            "state": {"events": wanted},
            "milestones": [{"events": [{"title": moved, "day": day}]}, {"events": [{"title": moved, "hour": hour}]}],
        },
        gold=(say("What should I change?"), *gold, say("Your calendar is up to date.")),
        user={"change": told},
        split=split_of(f"{kind}, {day}, {hour}", seed=seed),
    )


def _day(day: str) -> str:
    if day not in DAYS:
        raise ToolError(f"no day {day!r}; the days are {', '.join(DAYS)}")
    return day


def _free(state: State, day: str, hour: int) -> None:
    if hour not in HOURS:
        raise ToolError(f"meetings begin from 9 to 16, not at {hour}")
    if any((event["day"], event["hour"]) == (_day(day), hour) for event in state["events"]):
        raise ToolError(f"{day} at {hour}:00 is taken")


def _event(state: State, title: str) -> dict[str, Any]:
    for event in state["events"]:
        if event["title"] == title:
            return event
    raise ToolError(f"no meeting {title!r}")
