"""The battery, the search for the best constant, and what is read off all answers at the end."""

import json
import math
import re
from random import Random

import pytest

from rewards import CallFormat, Completion, Sample, Score, rouge_l, text_similarity, tool_calls
from rewards.audit import AuditConfig, InProcess, audit, bounded, case_of, lift
from rewards.audit.attacks.battery import BATTERY
from rewards.audit.attacks.native_calls import NATIVE_ATTACKS
from rewards.audit.checks.constant_policy import best_constant, judge_constant
from rewards.audit.checks.reported_metrics import check_observed
from rewards.audit.checks.reward_hacking import AttackRow, above_gold, judge_attacks, mean_of_wrong, run_attacks
from rewards.audit.rows.cases import Answer
from rewards.audit.rows.data_profile import CallList, survey
from rewards.audit.rows.json_tree import same
from rewards.audit.scoring import Scorer

REWARD = tool_calls(CallFormat(calls="calls"))


@pytest.fixture(scope="module")
def scorer():
    return Scorer(lift(REWARD), bounded(AuditConfig(constant_rows=8), REWARD))


@pytest.fixture(scope="module")
def world(scorer, cases):
    return survey(scorer, cases)


def test_calls_are_found_without_being_described(world):
    assert world.calls == CallList(path=("calls",), name="name", arguments="arguments")


def test_names_and_arguments_are_seen_to_be_graded(world):
    assert {"calls[].name", "calls[].arguments.city", "calls[].arguments.seats"} <= world.graded
    assert world.blind == ()


def test_what_the_grader_ignores_is_seen_to_be_blind(cases):
    def names(sample: Sample, completion: Completion, /) -> Score:
        try:
            found = [call["name"] for call in json.loads(completion.text)["calls"]]
        except (ValueError, TypeError, KeyError):
            return Score(0.0)
        return Score(float(found == [call["name"] for call in sample.reference["calls"]]))

    world = survey(Scorer(lift(names), AuditConfig()), cases)
    assert world.graded == {"calls[].name"}
    assert "calls[].arguments.city" in world.blind


def test_every_attack_finds_a_place_in_tool_calls(world, scorer):
    tried = {row.name for row in run_attacks(world, scorer, BATTERY)}
    native = {attack.name for attack in NATIVE_ATTACKS}
    assert {attack.name for attack in BATTERY} - tried == {
        "words of code reversed",
        "code that returns what a test expects",
        "the number to be made, from none of the given ones",
        "invented keys outside calls",
        "numbers as strings outside calls",
        "label of other rows that differs in case or punctuation only",
    } | native


def test_keys_beside_the_answer_are_another_matter_than_invented_arguments():
    def label(sample: Sample, completion: Completion, /) -> Score:
        try:
            return Score(float(json.loads(completion.text)["label"] == sample.reference["label"]))
        except (ValueError, TypeError, KeyError):
            return Score(0.0)

    cases = [case_of({"id": str(n), "reference_answer": {"label": f"l{n}"}}, n) for n in range(6)]
    scorer = Scorer(lift(label), AuditConfig())
    found = judge_attacks(run_attacks(survey(scorer, cases), scorer, BATTERY), AuditConfig())
    assert "attack-invented-keys" in [finding.code for finding in found]


def codes_of(rows: list[dict[str, object]], scoring: object) -> set[str]:
    """The errors of an audit of `scoring(text, reference)` on some rows."""

    def reward(sample: Sample, completion: Completion, /) -> Score:
        return Score(float(scoring(completion.text, sample.reference)))  # type: ignore[operator]

    cases = [case_of({"id": str(n), **row}, n) for n, row in enumerate(rows)]
    return {finding.code for finding in audit(lift(reward), cases, AuditConfig(search_calls=0)).errors}


QUERIES = ("SELECT name FROM cities WHERE size > {}", "SELECT size FROM rivers WHERE length < {}")
SQL = [{"reference_answer": (q := QUERIES[n % 2].format(17 * n + 40)), "gold": f"```sql\n{q}\n```"} for n in range(8)]


def fenced(text: str) -> str:
    found = re.fullmatch(r"[^`]*```sql\n([^`]*)```[^`]*", text)
    return found[1].strip() if found else ""


@pytest.mark.parametrize(("order", "codes"), [(sorted, {"attack-full-marks"}), (list, set())])
def test_a_bag_of_words_is_no_code(order, codes):
    assert codes_of(SQL, lambda text, wanted: order(fenced(text).split()) == order(wanted.split())) == codes


SUMS = [
    {"reference_answer": {"numbers": [a, b, c], "target": a + b * c}, "gold": f"<answer>{a} + {b} * {c}</answer>"}
    for a, b, c in [(11, 12, 13), (14, 25, 37), (41, 22, 19), (33, 27, 15), (18, 29, 34), (52, 17, 23)]
]


def reached(text: str, reference: dict[str, object], *, check_numbers: bool) -> bool:
    found = re.findall(r"<answer>([-\d +*]{1,60})</answer>", text)
    numbers = re.findall(r"\d+", found[0]) if len(found) == 1 else []
    if check_numbers and sorted(map(int, numbers)) != sorted(reference["numbers"]):  # type: ignore[call-overload]
        return False
    total = 0
    for term in found[0].split("+") if numbers else []:
        factors = [factor.strip() for factor in term.split("*")]
        if not all(factor.isdigit() for factor in factors):
            return False
        total += math.prod(map(int, factors))
    return bool(numbers) and total == reference["target"]


@pytest.mark.parametrize("check_numbers", [True, False])
def test_a_number_to_be_made_of_others_is_not_made_by_naming_it(check_numbers):
    found = codes_of(SUMS, lambda text, reference: reached(text, reference, check_numbers=check_numbers))
    assert ("attack-full-marks" in found) is not check_numbers


STEPS = ("unplug it", "open the lid", "remove the filter", "rinse it", "close the lid", "plug it in")
LISTS = [
    {
        "reference_answer": (some := Random(n).sample(STEPS, 4)),
        "gold": "\n".join(f"{i}. {s}" for i, s in enumerate(some, 1)),
    }
    for n in range(8)
]


@pytest.mark.parametrize(("read", "codes"), [(2, {"law-mistake-free"}), (None, set())])
def test_an_answer_of_one_item_a_line_is_all_of_its_lines(read, codes):
    def same_steps(text: str, wanted: list[str]) -> bool:
        found = re.findall(r"(?m)^\d+\. (.{1,40})$", text)
        return "\n".join(f"{n}. {s}" for n, s in enumerate(found, 1)) == text.strip() and found[:read] == wanted[:read]

    assert codes <= codes_of(LISTS, same_steps) if codes else codes_of(LISTS, same_steps) == set()


CODE = [
    {
        "reference_answer": {"tests": [[x, a * x + b] for x in (3, 5, 8)]},
        "gold": f"```python\nreturn {a} * x + {b}\n```",
    }
    for a, b in [(2, 11), (3, 17), (5, 12), (7, 19), (4, 31), (6, 13)]
]


@pytest.mark.parametrize("count", [1, 3])
def test_code_that_returns_what_one_test_expects_passes_no_other(count):
    def passes(text: str, reference: dict[str, list[list[int]]]) -> bool:
        body = re.fullmatch(r"[^`]*```python\nreturn (?:(\d+) \* x \+ )?(\d+)\n```[^`]*", text)
        tests = reference["tests"][:count]
        return bool(body) and all(int(body[1] or 0) * x + int(body[2]) == y for x, y in tests)

    assert ("attack-full-marks" in codes_of(CODE, passes)) is (count == 1)


CLICKS = [
    {"reference_answer": {"box": [x, y, x + 90, y + 30]}, "gold": json.dumps({"x": x + 45, "y": y + 15})}
    for x, y in [(12, 700), (330, 41), (870, 222), (4, 518), (611, 90), (145, 360)]
]


@pytest.mark.parametrize(
    ("kept", "slack", "codes"),
    [("xy", 0, set()), ("x", 0, {"law-blind-reference"}), ("xy", 900, {"attack-full-marks"})],
)
def test_a_point_may_lie_anywhere_in_its_box_and_nowhere_else(kept, slack, codes):
    def inside(text: str, reference: dict[str, list[int]]) -> bool:
        point = strictly(text)
        if not isinstance(point, dict) or point.keys() != {"x", "y"} or any(type(v) is not int for v in point.values()):
            return False
        sides = {"x": reference["box"][::2], "y": reference["box"][1::2]}
        return all(low - slack <= point[key] <= high + slack for key, (low, high) in sides.items() if key in kept)

    found = codes_of(CLICKS, inside)
    assert codes <= found if codes else not found


BOXES = [
    {"reference_answer": [{"label": label, "bbox": [x, y, x + 20 + 9 * n, y + 35 + 4 * n]}]}
    for n, (label, x, y) in enumerate([("car", 3, 9), ("dog", 51, 20), ("tree", 17, 66), ("car", 80, 44)] * 2)
]


def area(box: dict[str, list[int]]) -> int:
    x1, y1, x2, y2 = box["bbox"]
    return (x2 - x1) * (y2 - y1)


def test_a_box_of_the_same_area_elsewhere_is_another_box():
    def alike(text: str, wanted: list[dict[str, list[int]]]) -> float:
        found = strictly(text)
        try:
            a, b = area(found[0]), area(wanted[0])  # type: ignore[index]
            return min(a, b) / max(a, b) if (len(found), found[0]["label"]) == (1, wanted[0]["label"]) and a > 0 else 0
        except (TypeError, KeyError, ValueError, IndexError):
            return 0.0

    found = codes_of(BOXES, alike)
    assert "law-pair-free" in found
    assert "law-blind-reference" not in found  # its corners are read


def strictly(text: str):
    """The JSON value of a text in which no key comes twice, else the text."""

    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key comes twice")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=once)
    except ValueError:
        return text


@pytest.mark.parametrize("attack", [one for one in BATTERY if one.kind != "form"], ids=lambda one: one.name)
def test_no_attack_writes_the_right_answer(attack, world, cases):
    texts = [(case, attack.make(world, case, Random(0))) for case in cases]
    assert not any(same(strictly(text), case.tree) for case, text in texts if text is not None)


def test_every_call_twice_earns_half(world, scorer):
    rows = {row.name: row for row in run_attacks(world, scorer, BATTERY)}
    assert rows["every call twice"].mean == pytest.approx(0.5)  # S / max(n, m) with m = 2n
    assert rows["tool names without arguments"].mean == pytest.approx(0.2)  # alpha


def row(kind: str, mean: float, highest: float, full: float = 0.0, tried: int = 10) -> AttackRow:
    return AttackRow("x", kind, tried, mean, highest, full, 1.0, "a", "text")


@pytest.mark.parametrize(
    ("attack", "codes"),
    [
        (row("gross", 0.1, 0.94), []),
        (row("gross", 0.1, 0.95), ["attack-full-marks"]),
        (row("gross", 0.71, 0.9), ["attack-mean"]),
        (row("subtle", 0.9, 0.99), []),
        (row("subtle", 0.9, 1.0, full=0.1), ["attack-full-marks"]),
        (row("doubtful", 0.9, 1.0, full=0.5), []),
        (row("doubtful", 0.9, 1.0, full=0.6), ["attack-full-marks"]),
        (row("form", 1.0, 1.0, full=1.0), []),
    ],
)
def test_kinds_are_judged_by_their_own_limits(attack, codes):
    assert [finding.code for finding in judge_attacks([attack], AuditConfig())] == codes


SUMMARY = "The {} notifies the {} before the final {} closes, and the {} records every {} within thirty days of {}."
NOUNS = (
    "issuer",
    "trustee",
    "broker",
    "lender",
    "escrow",
    "board",
    "proxy",
    "custodian",
    "auditor",
    "registrar",
    "bank",
    "court",
)


@pytest.mark.parametrize(
    ("reward", "found"),
    [
        (rouge_l(), False),
        (text_similarity(), False),
        (lambda s, c: Score(float(set(str(s.reference).split()) <= set(c.text.split()))), True),
        (
            lambda s, c: Score(
                0.97 * float(set(str(s.reference).split()) <= set(c.text.split())) + 0.03 * (c.text == s.reference)
            ),
            True,
        ),
    ],
    ids=["rouge_l", "text_similarity", "recall of words", "nearly all of it by recall"],
)
def test_a_long_answer_with_a_word_more_is_worth_what_its_text_is(reward, found):
    rng = Random(3)
    texts = [" ".join(SUMMARY.format(*rng.sample(NOUNS, 6)) for _ in range(2)) for _ in range(12)]
    cases = [case_of({"id": str(n), "reference_answer": text}, n) for n, text in enumerate(texts)]
    scorer = Scorer(lift(reward), AuditConfig())
    rows = run_attacks(survey(scorer, cases), scorer, BATTERY)
    assert ("attack-full-marks" in {finding.code for finding in judge_attacks(rows, AuditConfig())}) is found


def test_the_mean_weighs_attacks_by_how_often_they_were_tried():
    assert mean_of_wrong([row("gross", 0.2, 0.2, tried=30), row("gross", 1.0, 1.0, tried=10), row("form", 1, 1)]) == 0.4


def test_the_best_constant_is_the_commonest_label_and_that_is_no_fault():
    cases = [case_of({"id": str(n), "reference_answer": "yes" if n % 5 else "no"}, n) for n in range(20)]
    scorer = Scorer(lift(lambda s, c: Score(float(c.text == s.reference))), AuditConfig())
    world = survey(scorer, cases)
    constant = best_constant(world, scorer)
    assert (constant.text, constant.mean) == ("yes", 0.8)
    assert judge_constant(constant, world, scorer) == []


def test_the_search_climbs_beyond_any_single_row():
    """Two of three calls are in every answer, no row has just these two, and the pair of them is the best constant."""

    def calls(*names: str) -> list[dict]:
        return [{"name": name, "arguments": {}} for name in names]

    rows = [{"id": str(n), "reference_answer": {"calls": calls("a", "b", f"x{n}")}} for n in range(8)]
    cases = [case_of(one, n) for n, one in enumerate(rows)]
    scorer = Scorer(lift(REWARD), AuditConfig())
    constant = best_constant(survey(scorer, cases), scorer)
    assert constant.mean >= 2 / 3


def test_a_constant_that_pays_is_reported_with_its_text(cases, quick):
    always = Scorer(lift(lambda s, c: Score(0.6)), quick)
    world = survey(always, cases)
    finding = judge_constant(best_constant(world, always), world, always)[0]
    assert finding.code == "attack-constant"
    assert finding.example["completion"] == ""


def test_whatever_beats_its_own_right_answer_is_found():
    case = case_of({"id": "a", "reference_answer": "short"}, 1)
    scorer = Scorer(lift(lambda s, c: Score(min(1.0, len(c.text) / 10))), AuditConfig())
    scorer.values([Answer(case, "short"), Answer(case, "a long story")])
    assert above_gold(scorer)[0].example["completion"] == "a long story"


def observed(*results: dict) -> set[str]:
    """Finding codes for one answer per result."""
    case = case_of({"id": "a", "reference_answer": "0"}, 1)

    def handler(event, context):
        return [{"id": one["id"], **results[int(one["messages"][-1]["content"])]} for one in event]

    scorer = Scorer(InProcess(handler), AuditConfig())
    scorer.graded([Answer(case, str(n)) for n in range(len(results))])
    return {finding.code for finding in check_observed(scorer)}


def result(value: float, **parts: float) -> dict:
    metrics = [{"name": name, "value": part, "type": "Reward"} for name, part in parts.items()]
    return {"aggregate_reward_score": value, "metrics_list": metrics}


def test_a_weighted_sum_is_explained_by_its_parts():
    assert observed(result(0.5, a=1, b=0), result(0.0, a=0, b=0), result(1.0, a=1, b=1)) == set()


def test_a_penalty_has_a_sign_too():
    assert observed(result(1.0, a=1, long=0), result(0.7, a=1, long=1), result(0.2, a=0.5, long=1)) == set()


def test_a_part_that_lifts_here_and_lowers_there_is_found():
    found = observed(result(0.0, a=0, b=0), result(0.5, a=1, b=0), result(0.9, a=0, b=1), result(0.3, a=1, b=1))
    assert found == {"law-part-lowers"}


def test_a_nested_part_is_judged_without_the_parts_above_it():
    down = [result(0.2, c=0.2, **{"c/x": 0.0}), result(0.6, c=0.6, **{"c/x": 0.5}), result(0.4, c=0.4, **{"c/x": 1.0})]
    assert observed(*down) == {"law-part-lowers"}


def test_equal_parts_and_unequal_totals_need_an_explanation():
    assert observed(result(0.2, a=1), result(0.9, a=1)) == {"contract-parts"}
    assert observed(result(0.2, a=1), result(0.24, a=1)) == set()  # rounding


def test_bounds_and_names_are_watched_over_all_answers():
    assert observed(result(0.5, a=1), result(1.5, a=2)) == {"contract-bounds"}
    assert observed(result(0.5, a=1), result(0.4, b=1)) == {"contract-metric-names"}
