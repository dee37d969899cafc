"""The reward library under its own audit: every component, as the whole of a reward, on rows of a task it fits.

Random rows. No wrong answer may reach 0.95, and wrong answers earn 0.7 on average at most.
"""

from collections.abc import Callable
from random import Random

import pytest

from rewards import (
    BoxFormat,
    CallFormat,
    Reward,
    box_iou,
    exact_match,
    field_f1,
    gated,
    json_parse,
    keyword_jaccard,
    label_match,
    numeric_match,
    parameters,
    product,
    sequence,
    text_similarity,
    tool_calls,
    tool_choice,
    weighted,
)
from rewards.audit import Audit, AuditConfig, audit, bounded, case_of, lift
from rewards.types import JSON

WORDS = [
    head + tail
    for head in ("al", "bra", "cor", "del", "em", "fju", "gam", "hot")
    for tail in ("da", "go", "mi", "pek", "ro", "sun")
]
LABELS = ["billing", "refund", "shipping", "login", "cancel", "upgrade", "outage", "other"]
CALLS = CallFormat(calls="calls")
ROWS = 40


def label(rng: Random) -> JSON:
    return rng.choice(LABELS)


def number(rng: Random) -> JSON:
    return rng.randrange(10, 50_000) / 10


def keywords(rng: Random) -> JSON:
    return list(rng.sample(WORDS, rng.randrange(1, 5)))


def sentence(rng: Random) -> JSON:
    return " ".join(rng.sample(WORDS, 5))


def form(rng: Random) -> JSON:
    return {
        "ein": f"{rng.randrange(10, 99)}-{rng.randrange(10**6, 10**7)}",
        "employer": {"name": " ".join(rng.sample(WORDS, 2)), "zip": str(rng.randrange(10_000, 99_999))},
        "wages": rng.randrange(10_000, 99_999),
        "tax": round(rng.random() * 9000, 2),
        "retirement": rng.random() < 0.5,
        "codes": list(rng.sample(["D", "E", "F", "G"], rng.randrange(0, 3))),
    }


def box(rng: Random) -> JSON:
    x, y = rng.randrange(0, 800), rng.randrange(0, 800)
    return [x, y, x + rng.randrange(20, 190), y + rng.randrange(20, 190)]


def labelled_boxes(rng: Random) -> JSON:
    return [{"bbox": box(rng), "label": rng.choice(["car", "tree", "dog"])} for _ in range(rng.randrange(1, 5))]


def bare_boxes(rng: Random) -> JSON:
    return [box(rng) for _ in range(rng.randrange(1, 5))]


def plan(rng: Random) -> JSON:
    def call() -> JSON:
        name = rng.choice(["search", "lookup", "verify", "cite", "mail"])
        return {"name": name, "arguments": {"topic": " ".join(rng.sample(WORDS, 2)), "n": rng.randrange(9)}}

    return {"calls": [call() for _ in range(rng.randrange(1, 4))]}


TASKS: dict[str, tuple[Reward, Callable[[Random], JSON]]] = {
    "label_match": (label_match(), label),
    "label_match, several": (label_match(multi=True), keywords),
    "keyword_jaccard": (keyword_jaccard(), keywords),
    "numeric_match": (numeric_match(rel_tol=0.01), number),
    "exact_match": (exact_match(), sentence),
    "text_similarity by edits": (text_similarity(floor=0.6), sentence),
    "text_similarity by words": (text_similarity(method="tokens"), sentence),
    "field_f1": (field_f1(), form),
    "box_iou": (box_iou(), bare_boxes),
    "box_iou with labels": (box_iou(boxes=BoxFormat()), labelled_boxes),
    "tool_calls": (tool_calls(CALLS), plan),
    "product of tool parts": (
        product({"choice": tool_choice(CALLS), "parameters": parameters(CALLS), "order": sequence(CALLS)}),
        plan,
    ),
    "gated and weighted": (
        weighted(
            {
                "format": (json_parse("object"), 0.05),
                "calls": (gated(tool_calls(CALLS), by=json_parse("object"), threshold=0.75), 0.95),
            }
        ),
        plan,
    ),
}


@pytest.fixture(scope="module", params=TASKS)
def report(request: pytest.FixtureRequest) -> Audit:
    reward, reference = TASKS[request.param]
    rows = [
        {
            "id": str(n),
            "messages": [{"role": "user", "content": f"question {n}"}],
            "reference_answer": reference(Random(f"{request.param}/{n}")),
        }
        for n in range(ROWS)
    ]
    config = bounded(AuditConfig(law_examples=25, hostile_bytes=5_000, search_calls=300), reward)
    return audit(lift(reward), [case_of(row, n) for n, row in enumerate(rows)], config)


def test_nothing_is_wrong_with_it(report: Audit):
    assert [(finding.code, finding.message) for finding in report.errors] == []


def test_no_attack_comes_near_a_right_answer(report: Audit):
    gross = [row for row in report.attacks if row.kind == "gross"]
    assert gross
    assert max(row.highest for row in gross) < 0.95
    assert report.mean_of_wrong <= 0.7


def test_a_constant_earns_little_beside_the_rows_it_is_right_for(report: Audit):
    assert report.constant is not None
    assert report.constant.mean <= 0.3
