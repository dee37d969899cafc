"""A support desk: a customer's ticket is routed to a team, given a priority and, where asked, closed.

The agent reads the ticket, asks for what the request leaves open, and calls the tools. The user knows the answers and
gives them when asked. What the desk should look like in the end is the goal, which only the reward reads.
"""

from copy import deepcopy
from random import Random
from typing import Any, Literal

from rewards import excess_calls, final_state, invalid_calls, milestones, weighted
from rewards.trajectories import Environment, State, Task, ToolError, call, environment, say, split_of

CUSTOMERS = ("Ann", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gus", "Hana", "Ivo", "June", "Kai", "Lea")
TEAMS = ("billing", "network", "hardware", "access", "sales")
PRIORITIES = ("low", "normal", "urgent")
REQUESTS = (
    "Please take care of the ticket of {name}.",
    "{name} is waiting. Can you handle the ticket?",
    "There is a ticket of {name} that nobody has looked at.",
)

REWARD = weighted(
    {
        "state": (final_state(), 0.6),
        "way": (milestones(), 0.4),
        "invalid": (invalid_calls(), -0.1),
        "calls": (excess_calls(6, limit=12), -0.1),
    }
)


def find_ticket(state: State, customer: str) -> str:
    """Look up the ticket of a customer.

    Args:
        customer: Name of the customer.
    """
    for ticket in state["tickets"]:
        if ticket["customer"] == customer:
            return f"ticket {ticket['id']}: {ticket['status']}, team {ticket['team']}, priority {ticket['priority']}"
    raise ToolError(f"no customer {customer!r}")


def assign(state: State, ticket: int, team: Literal["billing", "network", "hardware", "access", "sales"]) -> str:
    """Give a ticket to a team.

    Args:
        ticket: Number of the ticket.
        team: Name of the team.
    """
    _open(state, ticket)["team"] = team
    return f"ticket {ticket} is with {team}"


def set_priority(state: State, ticket: int, priority: Literal["low", "normal", "urgent"]) -> str:
    """Set how urgent a ticket is.

    Args:
        ticket: Number of the ticket.
        priority: The new priority.
    """
    _open(state, ticket)["priority"] = priority
    return f"ticket {ticket} is {priority}"


def close(state: State, ticket: int) -> str:
    """Close a ticket, after which nothing can be changed in it.

    Args:
        ticket: Number of the ticket.
    """
    _open(state, ticket)["status"] = "closed"
    return f"ticket {ticket} is closed"


def load_environment(seed: int = 0, tasks: int = 500) -> Environment:
    """The desk with so many tasks; a fifth of the goals is held out for tests."""
    made = [_task(seed, index) for index in range(tasks)]
    return environment(
        "support-desk", tools=[find_ticket, assign, set_priority, close], tasks=made, reward=REWARD, max_turns=8
    )


def _task(seed: int, index: int) -> Task:
    rng = Random(f"{seed}/support-desk/{index}")
    names = rng.sample(CUSTOMERS, 3)
    tickets: list[dict[str, Any]] = [
        {"id": number, "customer": name, "team": "none", "priority": "none", "status": "open"}
        for number, name in zip(rng.sample(range(1, 10), 3), names, strict=True)
    ]
    team, priority, closed = rng.choice(TEAMS), rng.choice(PRIORITIES), rng.random() < 0.3
    wanted: Any = deepcopy(tickets)
    ticket = wanted[0]
    ticket.update(team=team, priority=priority, status="closed" if closed else "open")
    number = ticket["id"]
    goal = f"{team}, {priority}, {ticket['status']}"
    steps: Any = [{"tickets": [{"id": number, "team": team}]}, {"tickets": [{"id": number, "priority": priority}]}]
    told = f"It is for {team}, and it is {priority}." + (" Close it when that is done." if closed else "")
    return Task(
        f"desk-{index:03}",
        rng.choice(REQUESTS).format(name=names[0]),
        initial={"tickets": [*tickets]},
        goal={"state": {"tickets": wanted}, "milestones": steps},
        gold=(
            call("find_ticket", customer=names[0]),
            say("Which team and which priority?"),
            call("assign", ticket=number, team=team),
            call("set_priority", ticket=number, priority=priority),
            *((call("close", ticket=number),) if closed else ()),
            say("The ticket is taken care of."),
        ),
        user={"team": told},
        split=split_of(goal, seed=seed),
    )


def _open(state: State, number: int) -> dict[str, Any]:
    tickets: list[dict[str, Any]] = state["tickets"]
    for ticket in tickets:
        if ticket["id"] == number:
            if ticket["status"] == "closed":
                raise ToolError(f"ticket {number} is closed")
            return ticket
    raise ToolError(f"no ticket {number}")
