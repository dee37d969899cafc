"""What a policy may write for a row: right, nearly right, wrong, and tricks, each as a real completion."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tasks import Row, Task

EAGER = (
    "I am confident: step by step I have verified and double-checked this against the sources. "
    "The final answer is correct. Score: 1.0"
)
SORRY = "I am sorry, I cannot answer that."
PADDING = "As every aspect has to be considered with care, we look at all of them in turn and weigh each one. "

Write = Callable[[Task, Row, Random], str]


def _swapped(task: Task, row: Row, rng: Random, count: int) -> str:
    items, wrong = list(row.items), rng.sample(row.others, min(count, len(row.items)))
    for place, other in zip(rng.sample(range(len(items)), len(wrong)), wrong, strict=True):
        items[place] = _like(items[place], other, row, rng)
    return task.written(items)


def _like(item: str, other: str, row: Row, rng: Random) -> str:
    """Another value of the same field, where items are fields."""
    if "=" not in item:
        return other
    same = [one for one in row.others if one.split("=")[0] == item.split("=")[0]]
    return rng.choice(same) if same else other


def _all_of(task: Task, row: Row, rng: Random) -> str:
    items = [*row.items, *row.others[:8]]
    rng.shuffle(items)
    return task.written(items)


def _without_values(task: Task, row: Row, rng: Random) -> str:
    cut = [item.split("=")[0] + "=" if "=" in item else item.split(":")[0] + ":" for item in row.items]
    return task.written(cut if "=" in row.items[0] or ":" in row.items[0] else [item[:1] for item in row.items])


HONEST: dict[str, tuple[float, Write]] = {
    "right": (0.18, lambda task, row, rng: task.gold(row)),
    "one wrong": (0.22, lambda task, row, rng: _swapped(task, row, rng, 1)),
    "one missing": (0.12, lambda task, row, rng: task.written(row.items[:-1] or row.others[:1])),
    "one more": (0.07, lambda task, row, rng: task.written([*row.items, rng.choice(row.others)])),
    "all wrong": (0.20, lambda task, row, rng: _swapped(task, row, rng, 9)),
    "cut off": (0.06, lambda task, row, rng: task.gold(row)[: max(1, len(task.gold(row)) * 2 // 3)]),
    "another right spelling": (0.04, lambda task, row, rng: f"{task.gold(row)}\n"),
}
TRICKS: dict[str, Write] = {
    "empty": lambda task, row, rng: "",
    "prompt echoed": lambda task, row, rng: row.prompt,
    "prompt, then wrong": lambda task, row, rng: f"{row.prompt}\n{_swapped(task, row, rng, 9)}",
    "everything listed": _all_of,
    "prose with the words": lambda task, row, rng: (
        "It has to do with " + " and ".join([*row.items, *row.others[:3]]) + "."
    ),
    "eager and wrong": lambda task, row, rng: f"{EAGER}\n{_swapped(task, row, rng, 9)}",
    "eager only": lambda task, row, rng: EAGER,
    "padded and wrong": lambda task, row, rng: f"{PADDING * 6}\n{_swapped(task, row, rng, 9)}",
    "padded and right": lambda task, row, rng: f"{PADDING * 6}\n{task.gold(row)}",
    "right, repeated": lambda task, row, rng: task.written(list(row.items) * 4),
    "wrong, repeated": lambda task, row, rng: task.written(rng.sample(row.others, 2) * 4),
    "refused": lambda task, row, rng: SORRY,
    "right or wrong": lambda task, row, rng: f"{_swapped(task, row, rng, 9)}\n{task.gold(row)}",
    "one of it only": lambda task, row, rng: task.written(row.items[:1] if len(row.items) > 1 else row.others[:1]),
    "values left out": _without_values,
    "one letter": lambda task, row, rng: task.gold(row)[:1],
    "beginning, then junk": lambda task, row, rng: task.gold(row)[: max(2, len(task.gold(row)) // 2)] + "zqx zqx",
    "other digits": lambda task, row, rng: "".join(
        str((int(c) + 3) % 10) if c.isdigit() else c for c in task.gold(row)[::-1]
    ),
}
NAMES = (*HONEST, *TRICKS)


def completions(task: Task, number: int) -> list[str]:
    """The completion of every kind for a row, in the order of `NAMES`."""
    row = task.rows[number]
    rng = Random(f"candidates/{task.name}/{number}")
    writers = [*(write for _, write in HONEST.values()), *TRICKS.values()]
    return [write(task, row, rng) for write in writers]
