"""A shopping cart: what is on the user's list is bought, what was put in by mistake comes out, and the order is placed.

rft audit --env examples/agents/cart.py      # passes
"""

from copy import deepcopy
from random import Random

from rewards import excess_calls, final_state, invalid_calls, milestones, weighted
from rewards.trajectories import Environment, State, Task, ToolError, call, environment, say, split_of

ITEMS = ("tea", "milk", "rice", "salt", "figs", "oats", "soap", "eggs")
REQUESTS = ("Please do my shopping.", "Could you shop for me?", "I need some things from the shop.")

REWARD = weighted(
    {
        "state": (final_state(), 0.6),
        "way": (milestones(), 0.4),
        "invalid": (invalid_calls(), -0.1),
        "calls": (excess_calls(6, limit=12), -0.1),
    }
)


def look(state: State) -> str:
    """Look into the cart."""
    return ", ".join(f"{count} {item}" for item, count in sorted(state["cart"].items())) or "the cart is empty"


def put(state: State, item: str, count: int) -> str:
    """Set how many of an item are in the cart.

    Args:
        item: Name of the item.
        count: How many; 1 to 9.
    """
    if item not in ITEMS:
        raise ToolError(f"no item {item!r}")
    if not 1 <= count <= 9:
        raise ToolError(f"1 to 9 can be bought, not {count}")
    _not_ordered(state)
    state["cart"][item] = count
    return look(state)


def remove(state: State, item: str) -> str:
    """Take an item out of the cart.

    Args:
        item: Name of the item.
    """
    _not_ordered(state)
    if item not in state["cart"]:
        raise ToolError(f"no {item!r} in the cart")
    del state["cart"][item]
    return look(state)


def order(state: State) -> str:
    """Place the order, after which nothing can be changed."""
    _not_ordered(state)
    state["ordered"] = True
    return "ordered"


def load_environment(seed: int = 0, tasks: int = 500) -> Environment:
    """The shop with so many tasks; a fifth of the goals is held out for tests."""
    made = [_task(seed, index) for index in range(tasks)]
    return environment("cart", tools=[look, put, remove, order], tasks=made, reward=REWARD, max_turns=6)


def _task(seed: int, index: int) -> Task:
    rng = Random(f"{seed}/cart/{index}")
    first, second, wrong = rng.sample(ITEMS, 3)
    few, many = rng.randint(1, 9), rng.randint(1, 9)
    mistaken = rng.random() < 0.4
    initial = {"cart": {wrong: 1} if mistaken else {}, "ordered": False}
    wanted = deepcopy(initial)
    wanted.update(cart={first: few, second: many}, ordered=True)
    told = f"{few} {first} and {many} {second}." + (f" The {wrong} is a mistake." if mistaken else "")
    return Task(
        f"cart-{index:03}",
        rng.choice(REQUESTS),
        initial=initial,
        goal={"state": wanted, "milestones": [{"cart": {first: few}}, {"cart": {second: many}}]},
        gold=(
            say("What is on your list?"),
            *((call("remove", item=wrong),) if mistaken else ()),
            call("put", item=first, count=few),
            call("put", item=second, count=many),
            call("order"),
            say("It is ordered."),
        ),
        user={"list": told},
        split=split_of(f"{first} and {second}", seed=seed),
    )


def _not_ordered(state: State) -> None:
    if state["ordered"]:
        raise ToolError("it is ordered already")
