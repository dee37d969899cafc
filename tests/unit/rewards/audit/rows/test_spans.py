"""Where the answer stands: taken apart and put together, and found from right answers by asking the grader."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rewards import Score
from rewards.audit import AuditConfig, AuditDataError, Case, InProcess, audit, case_of, lift
from rewards.audit.rows.find_span import framed, span_of_reward
from rewards.audit.rows.spans import READINGS, Span, SpanError, composed, is_right, span_of
from rewards.audit.scoring import Scorer

NUMBERS = [str(17 * n + 23) for n in range(20)]
QUICK = AuditConfig(law_examples=20, hostile_bytes=4_000, search_calls=300)


@example("key:a.b", "0E0")
@example("key:a.b", "true")
@given(
    st.sampled_from(["tag:a", "boxed", "after:####", "fence", "key:a.b"]),
    st.text(st.characters(categories=["L", "Nd"])),
)
def test_what_was_put_at_a_place_is_found_there(place: str, answer: str):
    span = span_of(place)
    text = f"Some reasoning. {composed(span, answer)}"
    parted = span.parted(text)
    assert parted is not None
    assert parted.answer == answer
    again = span.parted(parted.frame.around("other"))
    assert again is not None
    assert again.answer == "other"


@given(
    st.sampled_from(["whole", "tag:a", "boxed", "after:####", "last-line", "fence", "json", "key:a.b", "regex:a, (b)"]),
    st.sampled_from(["", *READINGS]),
)
def test_a_span_has_one_spelling_that_is_read_back(place: str, reading: str):
    span = span_of(f"{place}, {reading}" if reading else place)
    assert span_of(str(span)) == span
    assert (span.kind, span.reading) == (place.partition(":")[0], reading)
    assert str(span) == (reading if reading and place == "whole" else f"{place}, {reading}" if reading else place)


@pytest.mark.parametrize("place", ["tagg:a", "tag", "boxed:x", "", "regex:(", "last-number:x", ", "])
def test_a_place_that_cannot_be_read_is_refused(place: str):
    with pytest.raises(SpanError):
        span_of(place)


@pytest.mark.parametrize(
    ("answer", "gold", "right"),
    [
        ('{"b":[2,1],"a":1}', '{"a":1.0,"b":[1,2]}', True),
        ("[true]", "[1]", False),
        ("$1,234", "1234", True),
        ("28", r"28\%", True),
        ("not 7", "7", True),
        ("7 or 8", "7", False),
        ("(C)", "C", True),
        ("B, no, C", "C", False),
        ('{"a":1,"a":2}', '{"a":2}', False),
    ],
)
def test_equal_answers_are_no_wrong_answers(answer: str, gold: str, right: bool):
    assert is_right(answer, gold) is right


def test_a_block_of_code_is_found_in_its_fence_and_the_prose_around_it_is_free():
    queries = [f"SELECT id FROM orders WHERE size > {number}" for number in NUMBERS]
    rows = [{"id": query, "messages": [{"role": "user", "content": "?"}], "reference_answer": query,
             "gold": f"Here it is:\n```sql\n{query}\n```"} for query in queries]  # fmt: skip

    def last_fence(sample, completion):
        found = re.findall(r"```sql\n([^`]*)```", completion.text[-4000:])
        return Score(float(bool(found) and found[-1].strip() == sample.reference))

    report = audit(lift(last_fence), [case_of(row, n) for n, row in enumerate(rows)], QUICK)
    assert (report.span, report.errors) == ("fence", ())


def cases(gold: str = "", reference: str = "{}") -> list[Case]:
    rows = [
        {
            "id": str(n),
            "messages": [{"role": "user", "content": f"case {n}"}],
            "reference_answer": reference.format(one),
        }
        | ({"gold": gold.format(one)} if gold else {})
        for n, one in enumerate(NUMBERS)
    ]
    return [case_of(row, n) for n, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("reads_box", "gold", "place"),
    [
        (True, "Hm.\n<answer>\n$\\boxed{{{}}}$\n</answer>", "boxed"),
        (False, "Hm.\n<answer>\n$\\boxed{{{}}}$\n</answer>", "tag:answer"),
        (False, "\\boxed{{hm}} <answer>{}</answer>", "tag:answer"),
    ],
)
def test_a_box_in_a_tag_is_the_answer_where_the_grader_reads_the_box(reads_box: bool, gold: str, place: str):
    """As in open-r1: tags for the form, a box for the answer. A grader that compares all of the tag reads the tag."""

    def reward(sample, completion):
        tagged = completion.text[-500:].rpartition("<answer>")[2].partition("</answer>")[0]
        box = tagged.rpartition("boxed{")[2].partition("}")[0]
        wanted = sample.reference if "boxed" not in gold[9:] else f"$\\boxed{{{sample.reference}}}$"
        return Score(float(box == sample.reference if reads_box else tagged.strip() == wanted))

    assert str(framed(Scorer(lift(reward), QUICK), cases(gold)).span).partition(",")[0] == place


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_of_an_answer_of_several_lines_the_last_is_no_answer(rows: int):
    """A matrix is right as a whole; a grader of the last line alone is one where the lines in front may be prose."""
    matrices = ["\n".join(f"{n} {row} {n * row}" for row in range(rows)) for n in range(3, 15)]
    made = [case_of({"id": str(n), "reference_answer": one}, n) for n, one in enumerate(matrices)]

    def whole(sample, completion):
        return Score(float(completion.text.split() == sample.reference.split()))

    def last(sample, completion):
        return Score(float(completion.text.strip().split("\n")[-1] == sample.reference.split("\n")[-1]))

    found = [str(framed(Scorer(lift(reward), QUICK), made).span) for reward in (whole, last)]
    assert found == ["whole", "last-line"]


def reads(pattern: str):
    """A reward that takes the last match of a pattern for the answer."""

    def reward(sample, completion):
        found = re.findall(pattern, completion.text[-500:])
        return Score(float(bool(found) and found[-1] == sample.reference))

    return reward


LABELS = ("billing", "refund", "shipping", "login")
PAIRS = ("card lost", "card stolen", "fee wrong", "fee late")
ONE_OF_MANY = [
    ("Hm.\n<answer>{} apples</answer>", NUMBERS, r"<answer>[^\d<-]*(-?\d+)[^<]*</answer>", "tag:answer, first-number"),
    ("Hm.\nAnswer: {}", LABELS, r"Answer: (\w+)", "after:Answer:, first-word"),
    ("{}, since the clause says so.", ("Yes", "No"), r"^(\w+)", "first-word"),
    ("Hm.\n<answer>{}</answer>", "ABCD", r"(?s)<answer>.*\b([A-D])\b.*</answer>", "tag:answer, last-letter"),
]


def audited(gold: str, answers, reward):
    """The audit of `reward` on twenty rows whose right completions are `gold` around each of `answers` in turn."""
    rows = [
        {
            "id": str(n),
            "messages": [{"role": "user", "content": f"case {n}"}],
            "reference_answer": answers[n % len(answers)],
            "gold": gold.format(answers[n % len(answers)]),
        }
        for n in range(20)
    ]
    return audit(lift(reward), [case_of(row, n) for n, row in enumerate(rows)], QUICK)


@pytest.mark.parametrize(("gold", "answers", "pattern", "place"), ONE_OF_MANY, ids=[place for *_, place in ONE_OF_MANY])
def test_the_one_word_or_number_that_is_read_is_the_answer(gold, answers, pattern, place):
    report = audited(gold, answers, reads_first(pattern))
    assert report.span == place
    assert [(one.code, one.message) for one in report.errors] == []
    assert str(span_of(place)) == place


def reads_first(pattern: str):
    """A reward that takes the first match of a pattern for the answer."""

    def reward(sample, completion):
        found = re.search(pattern, completion.text[-500:])
        return Score(float(bool(found) and found[1] == sample.reference))

    return reward


@pytest.mark.parametrize(
    ("pays", "answers"),
    [
        (lambda answer, right: right in answer, LABELS),
        (lambda answer, right: right in answer.split()[:2], LABELS),
        (lambda answer, right: answer.split()[:1] == right.split()[:1], PAIRS),
    ],
    ids=["any word", "either of the first two", "the first word of two"],
)
def test_a_grader_that_pays_a_hedge_or_half_an_answer_is_not_taken_at_its_word(pays, answers):
    def reward(sample, completion):
        found = re.findall(r"<answer>([^<]*)</answer>", completion.text[-500:])
        return Score(float(bool(found) and pays(found[-1], sample.reference)))

    report = audited("Hm.\n<answer>{}</answer>", answers, reward)
    assert ", " not in report.span
    assert report.errors


PLACES = [
    (r"#### (\d+)", "It is {0} - 1 + 1 = {0}.\n#### {0}", "after:####, first-number"),
    (r"(-?\d+)", "First {0}, then more.\nSo it is {0} apples", "last-number"),
    (r"\\boxed\{(\d+)\}", "We get $\\boxed{{{0}}}$.", "boxed"),
    (r"<answer>([^<]*)</answer>", "<think>hm</think><answer>{0}</answer>", "tag:answer"),
    (r"RESULT = (\d+)", "Thus\nRESULT = {0}", "last-number"),
]


@pytest.mark.parametrize(("pattern", "gold", "place"), PLACES)
def test_the_place_is_found_and_a_grader_that_reads_it_passes(pattern: str, gold: str, place: str):
    report = audit(lift(reads(pattern)), cases(gold), QUICK)
    assert (report.span, report.how) == (place, "found in the right answers")
    assert [(one.code, one.message) for one in report.errors] == []


@pytest.mark.parametrize("pattern", [r"#### (\d+)", r"\\boxed\{(\d+)\}", r"<answer>(\d+)</answer>"])
def test_bare_references_are_put_where_the_grader_looks(pattern: str):
    report = audit(lift(reads(pattern)), cases(), QUICK)
    assert report.how == "found by trying"
    assert report.errors == ()


def test_a_grader_that_takes_the_answer_anywhere_is_refused():
    anywhere = lift(lambda sample, completion: Score(float(sample.reference in re.findall(r"\d+", completion.text))))
    report = audit(anywhere, cases("It is {0}.\n#### {0}"), QUICK)
    assert any("right among other answers" in one.message for one in report.errors)


def test_a_declared_place_that_the_right_answers_do_not_have_is_refused():
    scorer = Scorer(lift(reads(r"(\d+)")), AuditConfig(answer="tag:answer"))
    with pytest.raises(AuditDataError, match="nothing at 'tag:answer'"):
        framed(scorer, cases("It is {0}"))


def test_reasoning_does_not_mention_the_answer_when_the_answer_is_changed():
    scorer = Scorer(lift(reads(r"#### (\d+)")), AuditConfig())
    framing = framed(scorer, cases("It is 1 + 2 = {0}.\n#### {0}"))
    assert all(case.gold not in case.frame.before.split() for case in framing.cases)


def test_a_reward_declares_its_own_place():
    from rewards import AnswerFormat, numeric_match, weighted
    from rewards.components.structure import has_tags

    reward = weighted({"right": (numeric_match(AnswerFormat(tag="result")), 0.9), "form": (has_tags("result"), 0.1)})
    assert span_of_reward(reward) == Span("tag", "result")


@pytest.mark.parametrize("pattern", [r"(-?\d+)", r"#### (\d+)"])
def test_a_reference_that_holds_the_answer_under_a_key_is_answered_with_the_value(pattern: str):
    def reward(sample, completion):
        found = re.findall(pattern, completion.text[-500:])
        return Score(float(bool(found) and found[-1] == sample.reference["answer"]))

    keyed = [case_of({**case.row, "reference_answer": {"answer": case.gold}}, n) for n, case in enumerate(cases())]
    report = audit(lift(reward), keyed, QUICK)
    assert [(one.code, one.message) for one in report.errors] == []


def test_an_odd_row_that_nobody_sends_is_a_warning_also_where_it_costs_its_neighbours():
    def skips(event, context):
        read = [row for row in event if row.get("messages") and "role" in (row["messages"][-1] or {})]
        return [{"id": row["id"], "aggregate_reward_score": grade(row)} for row in read]

    def grade(row):
        content = row["messages"][-1].get("content")
        text = "".join(one.get("text", "") for one in content) if isinstance(content, list) else str(content)
        return float(text.strip() == row.get("reference_answer"))

    report = audit(InProcess(skips), cases(), QUICK)
    assert "total-odd-row" in {one.code for one in report.findings}
    assert [(one.code, one.message) for one in report.errors] == []
