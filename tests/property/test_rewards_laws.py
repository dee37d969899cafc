"""Laws that hold for every reward in the registry, whatever the model writes."""

from __future__ import annotations

import json
import math
import pickle
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards import (
    REWARDS,
    AnswerFormat,
    CallFormat,
    Comparison,
    Completion,
    Reward,
    Sample,
    ToolCall,
    UngradableError,
    abstention,
    best_of,
    bleu,
    bounds_of,
    box_count,
    box_iou,
    chrf,
    citations,
    clipped,
    code_tests,
    coverage,
    exact_match,
    excess_calls,
    excess_turns,
    expression,
    field_f1,
    final_state,
    from_spec,
    gated,
    has_tags,
    instruction_constraints,
    invalid_calls,
    json_parse,
    judge,
    keyword_jaccard,
    label_match,
    math_equal,
    milestones,
    minimum,
    multiple_choice,
    numeric_match,
    on_turns,
    overlong,
    parameters,
    product,
    read_json,
    regex_match,
    repetition,
    rouge_l,
    rubric,
    schema_valid,
    sequence,
    signals_in,
    signals_of,
    silent_score,
    sql_result,
    text_similarity,
    to_spec,
    tool_calls,
    tool_choice,
    weighted,
)
from rewards.export import as_trl, as_verl

PLAN = CallFormat(unwrap="Query analysis", calls="Tools", name="Tool", arguments="Parameters")
PLAN_REFERENCE = {
    "Query analysis": {
        "Tools": [
            {"Tool": "search", "Parameters": {"q": "bail-in", "n": 3}},
            {"Tool": "search", "Parameters": {"q": {"$any_of": ["a", "b"]}, "n": {"$any_of": [1], "$optional": True}}},
            {"Tool": "cite", "Parameters": {}},
        ]
    }
}
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer", "minimum": 0}, "b": {"type": "array", "items": {"enum": [1, "x"]}}},
    "required": ["a"],
    "additionalProperties": False,
}
FIELDS = {
    "name": "Ann",
    "pay": {"wages": 10.5, "tips": None},
    "years": [2023, 2024],
    "note": {"$any_of": [""], "$optional": True},
}
BOXES = [{"bbox": [0, 0, 10, 10], "label": "ship"}, {"bbox": [5, 5, 20, 30], "label": "car"}]

CART = {"state": {"cart": ["tea", "milk"], "paid": False}, "milestones": [{"cart": ["tea"]}, {"cart": ["milk"]}]}
SHOPPED = {
    "trajectory": {
        "start": 0,
        "initial": {"cart": [], "paid": False},
        "turns": [{"invalid": 0, "state": {"cart": ["milk", "tea"], "paid": False}}],
        "stop": "completed",
    }
}
BROKEN = {"trajectory": {"start": 0, "initial": {}, "turns": [{"invalid": 1, "state": {}}], "stop": "completed"}}


@dataclass(frozen=True)
class ScriptedJudge:
    """A Bedrock client that gives the share of vowels in the answer: its verdict depends on the question alone."""

    def converse(self, **request: Any) -> dict[str, Any]:
        answer = json.loads(request["messages"][0]["content"][0]["text"]).get("answer", "")
        share = sum(answer.count(vowel) for vowel in "aeiou") / max(1, len(answer))
        block = {"toolUse": {"toolUseId": "1", "name": "verdict", "input": {"score": share, "reason": "vowels"}}}
        return {"output": {"message": {"role": "assistant", "content": [block]}}}


@dataclass(frozen=True)
class Case:
    """A reward, a reference it can judge by, and a completion that earns the most."""

    reward: Reward
    reference: Any
    gold: str
    metadata: dict[str, Any] = field(default_factory=dict)
    calls: tuple[ToolCall, ...] = ()

    @property
    def sample(self) -> Sample:
        return Sample("s", (), reference=self.reference, metadata=self.metadata)

    @property
    def right(self) -> Completion:
        return Completion(self.gold, self.calls)


GOLD_PLAN = json.dumps(
    {
        "Query analysis": {
            "Tools": [
                {"Tool": "search", "Parameters": {"q": "bail-in", "n": 3.0}},
                {"Tool": "search", "Parameters": {"q": "b"}},
                {"Tool": "cite", "Parameters": {}},
            ]
        }
    }
)
CASES: dict[str, Case] = {
    "abstention": Case(abstention(), [], ""),
    "best_of": Case(best_of({"a": tool_choice(PLAN), "b": json_parse()}), PLAN_REFERENCE, GOLD_PLAN),
    "bleu": Case(bleu(), {"$any_of": ["The cat sat.", "A cat was sitting."]}, "A cat was sitting."),
    "box_count": Case(box_count(crowd=1, crowd_high=2), BOXES, json.dumps(BOXES)),
    "box_iou": Case(box_iou(), BOXES, json.dumps(BOXES[::-1])),
    "chrf": Case(chrf(), "東京都 港区", "東京都港区"),
    "citations": Case(
        citations(min_words=2),
        {"sources": {"q": "The tenant pays all repairs."}},
        '[{"claim": "a", "quote": "tenant pays", "source": "q"}]',
    ),
    "clipped": Case(
        clipped(weighted({"a": (tool_calls(PLAN), 0.9), "b": (repetition(20), -0.1)}), low=0.1, high=0.9),
        PLAN_REFERENCE,
        GOLD_PLAN,
    ),
    "code_tests": Case(
        code_tests(seconds=5), {"tests": ["assert double(2) == 4"]}, "```python\ndef double(n):\n    return n + n\n```"
    ),
    "coverage": Case(coverage(), BOXES, "[[0, 0, 20, 30]]"),
    "exact_match": Case(exact_match(AnswerFormat(key="a")), {"a": [1, "x"]}, '{"a": [1.0, " x"]}'),
    "excess_calls": Case(excess_calls(0, limit=1), None, "", calls=(ToolCall("add"),)),
    "excess_turns": Case(excess_turns(0, limit=1), None, ""),
    "expression": Case(
        expression("tools * (0.2 + 0.8 * form ** 2)", {"tools": tool_choice(PLAN), "form": json_parse()}),
        PLAN_REFERENCE,
        GOLD_PLAN,
    ),
    "field_f1": Case(
        field_f1(groups={"pay": ("pay",)}, values=Comparison(ordered=False)),
        FIELDS,
        '{"name": "Ann", "pay": {"wages": 10.5, "tips": null}, "years": [2024, 2023]}',
    ),
    "final_state": Case(final_state(), CART, "", SHOPPED),
    "gated": Case(gated(tool_calls(PLAN), by=json_parse("object"), threshold=0.75), PLAN_REFERENCE, GOLD_PLAN),
    "has_tags": Case(has_tags("think", "answer"), None, "<think>a</think><answer>b</answer>"),
    "instruction_constraints": Case(
        instruction_constraints(loose=True, metrics=["punctuation:no_comma", "format:list"]),
        {
            "instruction_id_list": ["punctuation:no_comma", "keywords:existence", "detectable_format:title"],
            "kwargs": [{"N": None}, {"keywords": ["C++", "rust"]}, {}],
        },
        "<<Rust>>\nand C++",
    ),
    "invalid_calls": Case(invalid_calls(), None, "", BROKEN, (ToolCall("add"),)),
    "json_parse": Case(json_parse(), None, "[]"),
    "judge": Case(judge("Vowels.", client=ScriptedJudge()), "x", "aeiou"),
    "keyword_jaccard": Case(keyword_jaccard(), ["tax", "Audit"], "audit, TAX"),
    "label_match": Case(label_match(multi=True, separator="/"), ["a/b", "c"], '["C", "a/b"]'),
    "milestones": Case(milestones(), CART, "", SHOPPED),
    "minimum": Case(minimum({"a": tool_choice(PLAN), "b": json_parse()}), PLAN_REFERENCE, GOLD_PLAN),
    "math_equal": Case(math_equal(), r"\\frac{1}{2}", "x = 0.5"),
    "multiple_choice": Case(multiple_choice(choices="ABCD"), "(B)", "**Answer: B**"),
    "numeric_match": Case(numeric_match(rel_tol=0.01, units={"m": 1, "km": 1000}), "1 km", "1,005 m"),
    "on_turns": Case(on_turns(json_parse(), "all"), None, "[]"),
    "overlong": Case(overlong(200, buffer_chars=100), None, "x" * 300),
    "parameters": Case(parameters(PLAN, values=Comparison(text="casefold", near=0.5)), PLAN_REFERENCE, GOLD_PLAN),
    "product": Case(product({"a": tool_choice(PLAN), "b": json_parse()}), PLAN_REFERENCE, GOLD_PLAN),
    "regex_match": Case(regex_match(), {"$any_of": ["a+b", "(a|ab)+"]}, " aaab\n"),
    "repetition": Case(repetition(1), None, "a " * 1_000_000),
    "rouge_l": Case(rouge_l(), "The cat sat.", "the CAT sat"),
    "rubric": Case(
        rubric(
            {
                "vowels": {"text": "Vowels.", "weight": 2, "scale": "graded"},
                "short": {"text": "Short.", "scale": "graded"},
                "rude": {"text": "Rude.", "weight": -1e-6, "scale": "graded"},
            },
            client=ScriptedJudge(),
        ),
        "x",
        "aeiou",
    ),
    "schema_valid": Case(schema_valid(SCHEMA), None, '{"a": 1, "b": [1, "x"]}'),
    "sequence": Case(sequence(PLAN, stages=[["search", "cite"]]), PLAN_REFERENCE, GOLD_PLAN),
    "sql_result": Case(
        sql_result("CREATE TABLE t (a INTEGER)"),
        {"rows": {"t": [[1], [2], [3]]}, "query": "SELECT a FROM t WHERE a > 1"},
        "```sql\nSELECT a FROM t WHERE NOT a < 2;\n```",
    ),
    "text_similarity": Case(text_similarity(floor=0.3), {"$any_of": ["café", "coffee"]}, "cafe\u0301"),
    "tool_calls": Case(tool_calls(PLAN), PLAN_REFERENCE, GOLD_PLAN),
    "tool_choice": Case(tool_choice(), [{"name": "a"}, {"name": "a"}], '[{"name": "a"}, {"name": "a"}]'),
    "weighted": Case(weighted({"a": (tool_calls(PLAN), 0.7), "b": (repetition(20), -0.1)}), PLAN_REFERENCE, GOLD_PLAN),
}

KEYS = ["Query analysis", "Tools", "Tool", "Parameters", "name", "arguments", "type", "function", "toolUse", "content"]
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["search", "ship", "a"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*KEYS, "bbox", "a", "q"]), inner),
    max_leaves=12,
)
wrappers = st.sampled_from(["{}", "```json\n{}\n```", "Sure: {}", "{} {}", "<answer>{}</answer>", "<think>{}", "{}]"])
huge = st.integers(300, 4299).flatmap(lambda digits: st.sampled_from([10**digits, -(10**digits), 1.5, 1e308]))
wrapped = st.builds(
    lambda accepted, rest: {"$any_of": accepted} | rest,
    st.lists(json_values, max_size=2) | json_values,
    st.sampled_from([{}, {"$optional": True}, {"$optional": "yes"}, {"note": 1}]),
)


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def at_some_place(reference: Any, place: str, value: Any) -> Any:
    """`reference` with `value` in the place of whatever a key holds, at any depth."""
    if isinstance(reference, dict):
        return {key: value if key == place else at_some_place(item, place, value) for key, item in reference.items()}
    return [at_some_place(item, place, value) for item in reference] if isinstance(reference, list) else reference


strange = st.one_of(
    json_values,
    huge,
    wrapped,
    st.lists(huge | wrapped, max_size=2),
    st.dictionaries(st.sampled_from("abq"), huge | wrapped, max_size=2),
    st.sampled_from(
        [deep(60), deep(70), deep(5000), [[0, 0, math.inf, 1]], [[0, 0, math.nan, 1]], {"$optional": True}]
    ),
    st.sampled_from(
        ["[]", "{}", '[{"name": "a"}]', '{"a": 1, "a": 2}', '{"$any_of": []}', "[1", "3", "-$5", "9" * 400]
    ),
)
references = st.one_of(
    strange,
    st.builds(
        at_some_place,
        st.sampled_from([case.reference for case in CASES.values() if case.reference is not None]),
        st.sampled_from(
            ["Query analysis", "Tools", "Tool", "Parameters", "q", "bbox", "label", "name", "pay", "$any_of"]
        ),
        strange,
    ),
    st.sampled_from([case.reference for case in CASES.values()]),
    st.sampled_from([json.dumps(case.reference) for case in CASES.values()]),
)
texts = st.one_of(
    st.text(max_size=80),
    st.builds(lambda value, form: form.replace("{}", json.dumps(value)), json_values, wrappers),
    st.sampled_from([case.gold for case in CASES.values() if len(case.gold) < 1000]),
    st.sampled_from(
        ["", "\ud800", "[" * 5000, '{"a":' * 5000, "1" * 5000, "NaN", "1e999", '{"a":1,"a":2}', "\x00", "é" * 300]
    ),
)
native_calls = st.lists(
    st.builds(ToolCall, st.sampled_from(["search", "a", ""]), st.dictionaries(st.sampled_from("qna"), json_values)),
    max_size=3,
)
spaces = st.text(" \t\n\r", max_size=3)
completions = st.builds(lambda text, calls: Completion(text, tuple(calls)), texts, native_calls)
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def test_every_registered_reward_has_a_case() -> None:
    assert CASES.keys() == REWARDS.keys()


@each_case
@settings(max_examples=40)
@given(completion=completions)
def test_no_completion_raises_and_every_score_is_within_bounds(case: Case, completion: Completion) -> None:
    low, high = bounds_of(case.reward)
    score = case.reward(case.sample, completion)
    assert math.isfinite(score.value)
    assert low <= score.value <= high


@each_case
@settings(max_examples=20)
@given(completion=completions)
def test_every_score_reports_the_declared_signals_and_no_other(case: Case, completion: Completion) -> None:
    declared = [signal.name for signal in signals_of(case.reward)]
    assert sorted(signals_in(case.reward(case.sample, completion))) == sorted(declared)
    assert sorted(signals_in(silent_score(case.reward, "not run"))) == sorted(declared)


@each_case
@settings(max_examples=20)
@given(completion=completions)
def test_the_same_answer_scores_the_same_twice_and_after_pickling(case: Case, completion: Completion) -> None:
    first = case.reward(case.sample, completion)
    copy = pickle.loads(pickle.dumps(case.reward))
    assert case.reward(case.sample, completion) == first == copy(case.sample, completion)


@each_case
def test_the_right_answer_earns_the_upper_bound(case: Case) -> None:
    best = 0.9 if case is CASES["clipped"] else bounds_of(case.reward).high
    assert case.reward(case.sample, case.right).value == pytest.approx(best, abs=1e-5)


@each_case
def test_a_reward_survives_its_specification(case: Case) -> None:
    spec = json.loads(json.dumps(to_spec(case.reward)))
    assert from_spec(spec) == case.reward


@pytest.mark.parametrize(
    "name", sorted(CASES.keys() - {"judge", "overlong", "repetition", "rubric", "text_similarity", "weighted"})
)
@settings(max_examples=20)
@given(gold=st.sampled_from([case.gold for case in CASES.values() if case.gold[:1] in ("{", "[")]), space=spaces)
def test_white_space_around_json_does_not_matter(name: str, gold: str, space: str) -> None:
    case = CASES[name]
    bare = case.reward(case.sample, Completion(gold))
    assert case.reward(case.sample, Completion(space + gold + space)).value == bare.value


def outcome(reward: Reward, sample: Sample, completion: Completion) -> float | str:
    """The score, or that the sample cannot be judged; any other exception passes."""
    try:
        return reward(sample, completion).value
    except UngradableError:
        return "ungradable"


@each_case
@settings(max_examples=60)
@given(reference=references, completion=completions | huge.map(lambda number: Completion(f'{{"a": {number}}}')))
def test_any_reference_is_judged_within_bounds_or_ungradable_whatever_the_answer(
    case: Case, reference: Any, completion: Completion
) -> None:
    sample = Sample("s", (), reference=reference, metadata={"width": 10**400, "height": math.nan})
    low, high = bounds_of(case.reward)
    found, of_gold = outcome(case.reward, sample, completion), outcome(case.reward, sample, Completion(case.gold))
    assert (found == "ungradable") == (of_gold == "ungradable")
    assert found == "ungradable" or low <= found <= high  # type: ignore[operator]  # a number


@each_case
@settings(max_examples=20)
@given(reference=references, completion=completions)
def test_a_wrapper_with_a_fallback_returns_it_for_what_cannot_be_judged(
    case: Case, reference: Any, completion: Completion
) -> None:
    found = as_verl(case.reward, fallback=0.25, json_reference=False)("rows", completion.text, reference)
    (trl,) = as_trl(case.reward)(prompts=["?"], completions=[completion.text], reference_answer=[reference])
    assert (found["ungradable"] == 1.0) == (trl is None)
    assert found["score"] == (0.25 if trl is None else trl)


STRUCTURED = ["abstention", "box_count", "box_iou", "coverage", "field_f1", "keyword_jaccard", "sequence", "tool_calls"]


@pytest.mark.parametrize("name", [*STRUCTURED, "exact_match", "label_match", "tool_choice"])
@settings(max_examples=20)
@given(completion=completions)
def test_a_reference_written_as_json_text_is_read_as_what_it_holds(name: str, completion: Completion) -> None:
    case = CASES[name]
    as_text = Sample("s", (), reference=json.dumps(case.reference), metadata=case.metadata)
    assert case.reward(as_text, completion) == case.reward(case.sample, completion)


@each_case
def test_a_reference_that_accepts_nothing_is_ungradable(case: Case) -> None:
    if not reads_the_reference(case.reward):
        return
    for reference in ({"$any_of": []}, {"a": {"$any_of": []}}, [{"$optional": True}], deep(5000), math.inf):
        sample = Sample("s", (), reference=reference, metadata=case.metadata)
        assert outcome(case.reward, sample, Completion(case.gold)) == "ungradable"


def reads_the_reference(reward: Reward) -> bool:
    return outcome(reward, Sample("s", ()), Completion("")) == "ungradable"


TOOLS = [tool_choice, parameters, sequence, tool_calls]
LAYOUTS = {
    "native": (CallFormat(), lambda calls: json.dumps(calls)),
    "single": (CallFormat(), lambda calls: json.dumps(calls[0])),
    "OpenAI": (
        CallFormat(),
        lambda calls: json.dumps({"tool_calls": [{"id": "1", "function": call} for call in calls]}),
    ),
    "Converse": (
        CallFormat(),
        lambda calls: json.dumps(
            {"content": [{"toolUse": {"name": c["name"], "input": c["arguments"]}} for c in calls]}
        ),
    ),
    "blocks": (
        CallFormat(reasoning=("think",)),
        lambda calls: "\n".join(f"<tool_call>{json.dumps(call)}</tool_call>" for call in calls),
    ),
    "declared keys": (
        CallFormat(name="Tool", arguments="Parameters"),
        lambda calls: json.dumps([{"Tool": c["name"], "Parameters": c["arguments"]} for c in calls]),
    ),
    "plan": (
        CallFormat(calls="steps", arguments="with"),
        lambda calls: json.dumps({"steps": [{"name": c["name"], "with": c["arguments"]} for c in calls]}),
    ),
}
some_calls = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["wire", "name", "a.b", "<x>"]),
            "arguments": st.dictionaries(st.sampled_from(["to", "sum", "name"]), st.integers() | st.text(max_size=4)),
        }
    ),
    min_size=1,
    max_size=3,
)
around = st.sampled_from(["{}", "I call {}", "```json\n{}", "<think>hm</think>{}", "as in [1]: {}"])


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=60)
@given(calls=some_calls, form=around, data=st.data())
def test_a_broken_attempt_to_call_is_never_rightly_no_call(layout: str, calls: Any, form: str, data: Any) -> None:
    calls_of, written = LAYOUTS[layout]
    text = written(calls)
    broken = data.draw(st.sampled_from([text[: data.draw(st.integers(2, len(text) - 1))], broken_by_hand(text)]))
    nothing: Any = {"steps": []} if layout == "plan" else []
    for component in TOOLS:
        reward: Reward = component(calls_of)
        score = reward(Sample("s", (), reference=nothing), Completion(form.replace("{}", broken)))
        assert score.value < 1.0


def broken_by_hand(text: str) -> str:
    """With the last brace missing and a comma in its place, as hands and models write it."""
    head, _, tail = text.rpartition("}")
    return f"{head},{tail}"


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=30)
@given(calls=some_calls)
def test_calls_mean_the_same_in_every_layout(layout: str, calls: Any) -> None:
    calls_of, written = LAYOUTS[layout]
    calls = calls[:1] if layout == "single" else calls
    found = calls_of.found(Completion(written(calls)))
    assert found == tuple(ToolCall(call["name"], call["arguments"]) for call in calls)


@given(
    st.text(st.characters(exclude_characters="{[<"), max_size=60), st.sampled_from(["", "[1]", "[Sic]", "{3}", "(a<b)"])
)
def test_plain_prose_is_rightly_no_call(prose: str, mark: str) -> None:
    for component in TOOLS:
        assert component()(Sample("s", (), reference=[]), Completion(f"{prose} {mark} {prose}.")).value == 1.0  # type: ignore[operator]


around_answers = st.sampled_from(
    [
        "{}",
        "```\n{}\n```",
        "~~~~json\n{}\n~~~~",
        "So: {}",
        "{}\n\nSource: [1]",
        "[2, 3] {} [1]",
        "{} or {}",
        "{} {{}}",
        "{},",
        "x",
    ]
)


@settings(max_examples=200)
@given(json_values | st.sampled_from([{"total": 12, "paid": [True, None]}, BOXES, ["tax"]]), around_answers)
def test_every_component_reads_the_same_answer(value: Any, form: str) -> None:
    text = form.replace("{}", json.dumps(value))
    answer = read_json(text).only()
    completion = Completion(text)
    readable = json_parse()(Sample("s", ()), completion).value >= 0.75
    assert readable == bool(answer)
    assert (schema_valid(True)(Sample("s", ()), completion).value == 1.0) == readable
    assert AnswerFormat().value(completion) == answer
    assert CallFormat(calls="a").found(completion) == (CallFormat(calls="a").read(answer[0]) if readable else None)
    if not readable or "nan" in repr(answer) or "inf" in repr(answer):
        return
    sample = Sample("s", (), reference=answer[0])
    for key in answer[0] if isinstance(answer[0], dict) else ():
        assert exact_match(AnswerFormat(key=key))(sample, completion).value == 1.0
    rewards: list[Reward] = [field_f1(), box_iou(), label_match(multi=True), abstention()]
    assert all(outcome(reward, sample, completion) in (1.0, "ungradable") for reward in rewards)
