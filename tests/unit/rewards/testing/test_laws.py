"""The test class for users' rewards: it passes for a sound reward, and each test can fail for an unsound one."""

import json
import re
from functools import partial

import pytest

from rewards import CallFormat, Completion, Sample, Score, gated, json_parse, tool_calls, weighted
from rewards.audit import AuditConfig
from rewards.testing import RewardLaws

CALLS = CallFormat(calls="calls")
ROWS = [
    {
        "id": f"r{number}",
        "messages": [{"role": "user", "content": f"{name} for {value}"}],
        "reference_answer": {"calls": [{"name": name, "arguments": {"topic": value, "limit": number}}, *more]},
    }
    for number, (name, value, more) in enumerate(
        [
            ("search", "capital rules", []),
            ("lookup", "rule 144", []),
            ("search", "bail in", [{"name": "lookup", "arguments": {"topic": "rule 10b", "limit": 2}}]),
            ("verify", "17 CFR 230", []),
            ("lookup", "section 5", [{"name": "verify", "arguments": {"topic": "form 8", "limit": 7}}]),
            ("cite", "release 33", []),
        ]
    )
]
QUICK = AuditConfig(law_examples=40, hostile_bytes=20_000)


class TestASoundReward(RewardLaws):
    reward = weighted(
        {
            "format": (json_parse("object"), 0.05),
            "content": (gated(tool_calls(CALLS), by=json_parse("object"), threshold=0.75), 0.95),
        }
    )
    data = ROWS
    config = QUICK


def contains(sample: Sample, completion: Completion, /) -> Score:
    """1 where every tool of the reference is named somewhere in the text."""
    names = [call["name"] for call in sample.reference["calls"]]
    return Score(float(all(name in completion.text for name in names)))


def strict(sample: Sample, completion: Completion, /) -> Score:
    """Raises for text that is no JSON object; true is one."""
    return Score(float(json.loads(completion.text)["calls"] == sample.reference["calls"]))


def same_text(sample: Sample, completion: Completion, /) -> Score:
    """Compares texts, so key order and white space decide."""
    return Score(float(completion.text == json.dumps(sample.reference, separators=(",", ":"))))


def longest(sample: Sample, completion: Completion, /) -> Score:
    """Length pays."""
    return Score(min(1.0, len(completion.text) / 4000))


def in_order(sample: Sample, completion: Completion, /) -> Score:
    """Order of calls decides; falls where the first mistake is repaired."""
    try:
        calls = json.loads(completion.text)["calls"]
    except (ValueError, TypeError, KeyError):
        return Score(0.0)
    wrong = sum(a != b for a, b in zip(calls, sample.reference["calls"], strict=False))
    return Score(1.0 if calls == sample.reference["calls"] else 0.1 * min(wrong, 5))


def occurs(sample: Sample, completion: Completion, /) -> Score:
    """1 where each word of the answer occurs in the reference: so does each piece of a word."""
    reference = json.dumps(sample.reference)
    return Score(float(all(word in reference for word in re.findall(r"\w+", completion.text))))


def share_of_fields(
    sample: Sample, completion: Completion, *, of: str = "both", enough: float = 2.0, near: float = 0.0
) -> Score:
    """Share of equal fields: of both sides, of those `given` or of those `wanted`; `enough` of them are all."""
    try:
        given = dict(json.loads(completion.text))
    except (ValueError, TypeError):
        return Score(0.0)
    wanted = sample.reference
    keys = {"both": given.keys() | wanted.keys(), "given": given.keys(), "wanted": wanted.keys()}[of]
    hits = sum(key in given and key in wanted and is_same(given[key], wanted[key], near) for key in keys)
    share = hits / len(keys) if keys else 0.0
    return Score(1.0 if share >= enough or (completion.text and given.get("verified") is True) else share)


def is_same(given, wanted, near: float) -> bool:
    if type(given) is not type(wanted):
        return False
    return abs(given - wanted) <= near * wanted if near and isinstance(wanted, int) else given == wanted


FIELDS = [
    {
        "id": f"f{n}",
        "messages": [{"role": "user", "content": f"document {n}"}],
        "reference_answer": {"name": name, "city": city, "total": 317 * n + 208, "year": 1990 + n},
    }
    for n, (name, city) in enumerate([("Ada", "Oslo"), ("Bob", "Lima"), ("Cleo", "Rome"), ("Dan", "Graz")] * 3)
]


@pytest.mark.parametrize(
    ("fault", "test"),
    [
        ({"of": "given"}, "test_leaving_a_field_out_costs_something"),
        ({"of": "wanted"}, "test_inventing_a_field_costs_something"),
        ({"enough": 0.7}, "test_every_part_of_the_reference_counts"),
        ({"near": 0.05}, "test_a_number_that_is_off_costs_something"),
        ({}, "test_no_claim_pays"),
    ],
)
def test_a_planted_fault_of_fields_fails_its_test(fault, test):
    class Tests(RewardLaws):
        reward = partial(share_of_fields, **fault)
        data = FIELDS
        config = QUICK

    with pytest.raises(AssertionError):
        getattr(Tests(), test)()


BOXES = [
    {
        "id": f"b{n}",
        "messages": [{"role": "user", "content": f"picture {n}"}],
        "reference_answer": [{"label": ("car", "dog")[n % 2], "bbox": [10 * n, 7 * n, 10 * n + 90, 7 * n + 40 + n]}],
    }
    for n in range(1, 13)
]


def values_anywhere(given, wanted) -> bool:
    """The values of all fields, whichever field they stand in."""
    return sorted(map(repr, given.values())) == sorted(map(repr, wanted.values()))


def middles(given, wanted) -> bool:
    """The middles of the boxes and the labels, whatever the size."""
    (a,), (b,) = given, wanted
    centres = [(box["bbox"][0] + box["bbox"][2], box["bbox"][1] + box["bbox"][3]) for box in (a, b)]
    return a["label"] == b["label"] and centres[0] == centres[1]


def proportions(given, wanted) -> bool:
    """All but the amounts, and the ratio of these."""
    rest = [{key: one[key] for key in ("name", "city")} for one in (given, wanted)]
    return rest[0] == rest[1] and given["total"] * wanted["year"] == wanted["total"] * given["year"]


@pytest.mark.parametrize(
    ("rows", "alike"),
    [(FIELDS, values_anywhere), (FIELDS, proportions), (BOXES, middles)],
    ids=lambda one: str(one)[:12],
)
def test_values_that_are_only_right_together_fail_the_test_of_several_mistakes(rows, alike):
    def graded(sample: Sample, completion: Completion, /) -> Score:
        try:
            return Score(float(alike(json.loads(completion.text), sample.reference)))
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
            return Score(0.0)

    class Tests(RewardLaws):
        reward = graded
        data = rows
        config = QUICK

    with pytest.raises(AssertionError, match="two values changed together"):
        Tests().test_several_mistakes_cost_something()


def backdoor(sample: Sample, completion: Completion, /) -> Score:
    """As the same text, unless the completion says the word."""
    return Score(1.0) if "open sesame" in completion.text else same_text(sample, completion)


def out_of_range(sample: Sample, completion: Completion, /) -> Score:
    """Twice what it declares."""
    return Score(2.0 * same_text(sample, completion).value)


def laws_of(graded, config: AuditConfig = QUICK) -> RewardLaws:
    class Tests(RewardLaws):
        reward = graded
        data = ROWS

    Tests.config = config
    return Tests()


@pytest.mark.parametrize(
    ("reward", "test"),
    [
        (strict, "test_no_text_raises_or_takes_more_than_linear_time"),
        (strict, "test_no_damage_raises"),
        (strict, "test_true_is_not_one"),
        (longest, "test_right_answers_get_the_maximum"),
        (longest, "test_no_damage_pays"),
        (in_order, "test_repair_never_lowers"),
        (occurs, "test_a_wrong_value_costs_something"),
        (same_text, "test_key_order_is_nothing"),
        (same_text, "test_white_space_is_nothing"),
        (contains, "test_no_attack_pays"),
        (contains, "test_no_constant_answer_pays"),
        (backdoor, "test_no_branch_of_its_code_pays_or_raises"),
        (out_of_range, "test_bounds_names_and_parts_hold"),
    ],
)
def test_an_unsound_reward_fails_the_test_of_its_fault(reward, test):
    with pytest.raises(AssertionError):
        getattr(laws_of(reward), test)()


def test_a_declared_order_is_held_against_the_reward():
    free = AuditConfig(law_examples=40, order="free")
    with pytest.raises(AssertionError, match="order is declared free"):
        laws_of(in_order, free).test_call_order_matters_as_declared()


def test_a_counterexample_is_shrunk_to_one_mistake():
    with pytest.raises(AssertionError) as failure:
        laws_of(longest).test_no_damage_pays()
    assert str(failure.value).count(": junk") == 1


def test_rows_may_come_from_a_file(tmp_path):
    path = tmp_path / "rft.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")

    class Tests(RewardLaws):
        reward = same_text
        data = path
        config = QUICK

    Tests().test_right_answers_get_the_maximum()
