# ruff: noqa: D103  the names say it: a docstring for each of a hundred graders would only repeat them
"""Ten tasks with forty rows each: what is asked, what is right, and how a right completion reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

ROWS = 40
Row = dict[str, Any]

NAMES = ("Acme GmbH", "Globex Ltd", "Initech AG", "Umbrella SA", "Hooli Inc", "Vandelay BV")
CITIES = ("Oslo", "Lima", "Rome", "Graz", "Bern", "Turin", "Porto", "Delft", "Lyon", "Cork")
PEOPLE = ("Ada Lovelace", "Alan Turing", "Grace Hopper", "Edsger Dijkstra", "Barbara Liskov", "Donald Knuth")
WORKS = ("the theory of games", "the art of programming", "a map of the moon", "an atlas of rivers", "the book of sand")
LABELS = ("billing", "refund", "shipping", "login", "cancel", "upgrade")
PATHS = ("animal/dog/poodle", "animal/dog/beagle", "animal/cat/siamese", "animal/bird/robin", "plant/tree/oak",
         "plant/tree/elm", "plant/herb/mint", "rock/granite/grey", "rock/granite/red")  # fmt: skip
WORDS = tuple(
    head + tail
    for head in ("al", "bra", "cor", "del", "em", "fju", "gam")
    for tail in ("dano", "gor", "mipek", "rosun")
)


def calls(rng: Random) -> Row:
    def call() -> Row:
        makers: tuple[Callable[[], Row], ...] = (
            lambda: {"name": "weather", "arguments": {"city": rng.choice(CITIES), "days": rng.randint(1, 9)}},
            lambda: {"name": "mail", "arguments": {"to": rng.choice(PEOPLE), "urgent": rng.random() < 0.5}},
            lambda: {"name": "book", "arguments": {"seats": rng.randint(2, 8), "train": f"IC {rng.randint(100, 999)}"}},
        )
        return rng.choice(makers)()

    return {"reference_answer": [call() for _ in range(rng.randint(1, 3))]}


def invoice(rng: Random) -> Row:
    return {
        "reference_answer": {
            "vendor": rng.choice(NAMES),
            "number": f"INV-{rng.randint(1000, 9999)}",
            "date": f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
            "net": round(rng.uniform(60, 5000), 2),
            "tax": round(rng.uniform(50, 900), 2),
            "paid": rng.random() < 0.5,
            "buyer": {"city": rng.choice(CITIES), "zip": str(rng.randint(10000, 99999))},
            "lines": [{"sku": f"K{rng.randint(100, 999)}", "qty": rng.randint(2, 9)} for _ in range(rng.randint(1, 3))],
        }
    }


def boxes(rng: Random) -> Row:
    def box() -> Row:
        x, y = rng.randint(0, 700), rng.randint(0, 700)
        return {"label": rng.choice(("car", "dog", "tree")),
                "bbox": [x, y, x + rng.randint(40, 250), y + rng.randint(40, 250)]}  # fmt: skip

    return {"reference_answer": [box() for _ in range(rng.randint(1, 4))]}


def label(rng: Random) -> Row:
    return {"reference_answer": rng.choice(LABELS)}


def path(rng: Random) -> Row:
    return {"reference_answer": {"label": rng.choice(PATHS)}}


def keywords(rng: Random) -> Row:
    return {"reference_answer": rng.sample(WORDS, rng.randint(2, 5))}


def sums(rng: Random) -> Row:
    a, b = rng.randint(5, 9000), rng.randint(5, 2000)
    return {"reference_answer": str(a + b), "gold": f"He has {a} + {b} = {a + b} coins.\n#### {a + b}"}


def choice(rng: Random) -> Row:
    letter = rng.choice("ABCD")
    return {"reference_answer": letter, "gold": f"It cannot be the others, as shown above.\nThe answer is ({letter})"}


def question(rng: Random) -> Row:
    answer = rng.choice((*PEOPLE, *WORKS, *CITIES))
    return {"reference_answer": answer, "gold": f"<think>I recall a page on it.</think>\n<answer>{answer}</answer>"}


def growth(rng: Random) -> Row:
    number = f"{rng.uniform(120, 9800):.2f}"
    return {"reference_answer": number, "gold": f"The table shows it.\nANSWER: {number}"}


def ticket(rng: Random) -> Row:
    found = rng.choice(LABELS)
    return {"reference_answer": found, "gold": f'{{"label": "{found}", "confidence": 1.0}}'}


TASKS: Mapping[str, Callable[[Random], Row]] = {
    "calls": calls, "invoice": invoice, "boxes": boxes, "label": label, "path": path, "keywords": keywords,
    "sums": sums, "choice": choice, "question": question, "growth": growth, "ticket": ticket,
}  # fmt: skip


def rows_of(task: str) -> list[Row]:
    """The rows of a task, the same ones every time."""
    prompts = (f"Case {n} of {task}: what is right?" for n in range(ROWS))
    return [
        {
            "id": f"{task}-{n}",
            "messages": [{"role": "user", "content": prompt}],
            **TASKS[task](Random(f"audit zoo/{task}/{n}")),
        }
        for n, prompt in enumerate(prompts)
    ]
