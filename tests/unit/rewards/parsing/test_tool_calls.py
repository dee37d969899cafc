"""Where calls are found, and what counts as none."""

from __future__ import annotations

import json

import pytest

from rewards import (
    JSON,
    CallFormat,
    Completion,
    Reward,
    Sample,
    ToolCall,
    UngradableError,
    abstention,
    exact_match,
    keyword_jaccard,
    label_match,
    regex_match,
    text_similarity,
    tool_calls,
    tool_choice,
)
from rewards.limits import MAX_TEXT_CHARS
from rewards.parsing.tool_calls import NO_TOOL, native_call, native_calls

PLAN = CallFormat(unwrap="plan", calls="tools", name="tool", arguments="with")
SEARCH = ToolCall("search", {"q": "x"})


@pytest.mark.parametrize(
    "value",
    [
        [{"name": "search", "arguments": {"q": "x"}}],
        {"name": "search", "arguments": {"q": "x"}},
        [{"name": "search", "arguments": '{"q": "x"}'}],
        {"tool_calls": [{"id": "1", "type": "function", "function": {"name": "search", "arguments": '{"q": "x"}'}}]},
        {"role": "assistant", "content": [{"text": "ok"}, {"toolUse": {"name": "search", "input": {"q": "x"}}}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "search", "input": {"q": "x"}}]},
        {"role": "assistant", "content": None, "function_call": {"name": "search", "arguments": '{"q": "x"}'}},
        [{"type": "reasoning"}, {"type": "function_call", "call_id": "1", "name": "search", "arguments": '{"q": "x"}'}],
        {"tool_calls": [{"name": "search", "arguments": {"q": "x"}}]},
        {
            "tool_calls": None,
            "content": [{"text": "ok", "toolUse": None}, {"toolUse": {"name": "search", "input": {"q": "x"}}}],
        },
    ],
    ids=[
        "list",
        "object",
        "arguments as text",
        "OpenAI message",
        "Converse message",
        "Anthropic message",
        "legacy",
        "Responses items",
        "flat",
        "columns filled with null",
    ],
)
def test_native_calls_are_read_in_every_common_shape(value: object) -> None:
    assert CallFormat().found(Completion(json.dumps(value))) == (SEARCH,)
    assert CallFormat().expected(Sample("s", (), reference=value)) == (SEARCH,)  # type: ignore[arg-type]


def test_calls_that_the_api_returned_apart_come_first() -> None:
    assert PLAN.found(Completion("text", (SEARCH,))) == (SEARCH,)


STEPS: JSON = [{"tool": "search", "with": {"q": "x"}}]


@pytest.mark.parametrize(
    "reference",
    [
        *({"plan": {"tools": STEPS}}, {"tools": STEPS}, {"tools": STEPS, "kind": "look-up"}, STEPS),
        *(json.dumps({"tools": STEPS}), json.dumps(STEPS), {"plan": json.dumps({"tools": STEPS})}),
    ],
)
def test_a_reference_may_lack_what_wraps_its_calls(reference: JSON) -> None:
    assert PLAN.expected(Sample("s", (), reference=reference)) == (SEARCH,)


@pytest.mark.parametrize("reference", [{"kind": "look-up"}, {}, "plan", 3, {"plan": STEPS}, {"plan": {"kind": "x"}}])
def test_a_reference_without_calls_cannot_be_judged_by(reference: JSON) -> None:
    with pytest.raises(UngradableError, match="holds no calls"):
        PLAN.expected(Sample("s", (), reference=reference))


@pytest.mark.parametrize("answer", [{"tools": STEPS}, STEPS])
def test_an_answer_may_not_lack_what_wraps_its_calls(answer: JSON) -> None:
    assert PLAN.found(Completion(json.dumps(answer))) is None


@pytest.mark.parametrize("arguments", ["", " ", None, {}, "{}", "null"])
def test_no_arguments_are_written_in_many_ways(arguments: JSON) -> None:
    for item in ({"name": "now", "arguments": arguments}, {"function": {"name": "now", "arguments": arguments}}):
        assert native_call(item) == native_call({"name": "now"}) == ToolCall("now")  # type: ignore[arg-type]
    assert native_call({"toolUse": {"name": "now", "input": arguments}}) == ToolCall("now")
    assert CallFormat(calls="tools").read({"tools": [{"name": "now", "arguments": arguments}]}) == (ToolCall("now"),)


@pytest.mark.parametrize(
    "arguments",
    [
        *('{"a": 1, "a": 1}', '{"a": NaN}', '{"a": 1e999}', '{"a": 1', "[]", "3", '"a"'),
        *([], 3, {"a": float("nan")}, {"a": float("inf")}, {"a": json.loads("[" * 100 + "]" * 100)}),
    ],
)
def test_arguments_that_are_no_json_object_make_the_call_unreadable(arguments: JSON) -> None:
    for item in ({"name": "now", "arguments": arguments}, {"function": {"name": "now", "arguments": arguments}}):
        assert native_call(item) == NO_TOOL  # type: ignore[arg-type]
        assert native_calls([item, {"name": "b"}]) == (NO_TOOL, ToolCall("b"))  # type: ignore[list-item]


@pytest.mark.parametrize("key", ["parameters", "input", "args", "tool_input"])
def test_arguments_under_a_key_that_was_not_declared_do_not_vanish(key: str) -> None:
    for item in ({"name": "book", key: {"seat": "12A"}}, {"name": "book", key: '{"seat": "12A"}'}):
        assert native_call(item) == NO_TOOL  # type: ignore[arg-type]
        assert CallFormat(calls="t").read({"t": [item]}) == (NO_TOOL,)  # type: ignore[dict-item]
        with pytest.raises(UngradableError, match="an entry that is no call"):
            CallFormat().expected(Sample("s", (), reference=[item]))  # type: ignore[list-item]
    declared = CallFormat(arguments=key)
    assert declared.found(Completion(json.dumps([{"name": "book", key: {"seat": "12A"}}]))) == (
        ToolCall("book", {"seat": "12A"}),
    )


def test_a_bare_list_may_have_other_keys() -> None:
    form = CallFormat(name="Tool", arguments="Parameters")
    listed: JSON = [{"Tool": "search", "Parameters": {"q": "x"}}]
    assert form.expected(Sample("s", (), reference=listed)) == form.found(Completion(json.dumps(listed))) == (SEARCH,)
    assert form.found(Completion("Nothing to look up.")) == ()
    assert form.found(Completion('[{"Tool": "search", "Par')) is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"calls": "Tools", "tag": "call"}, "a plan has no blocks.*leave out unwrap and calls"),
        ({"name": "x", "arguments": "x"}, "must be two keys"),
        ({"name": ""}, "needs a key for its name"),
        ({"arguments": None}, "names of keys"),
        ({"reasoning": "think"}, r"write \('think',\)"),
        ({"reasoning": ["<think>"]}, "without brackets"),
        ({"tag": ""}, "without brackets"),
    ],
)
def test_settings_that_cannot_take_effect_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CallFormat(**settings)  # type: ignore[arg-type]


BLOCK = '<tool_call>\n{"name": "search", "arguments": {"q": "x"}}\n</tool_call>'
NOW = '<tool_call>{"name": "now"}</tool_call>'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BLOCK, (SEARCH,)),
        (f"Let me see. {BLOCK}\n{NOW} Done.", (SEARCH, ToolCall("now"))),
        (BLOCK.replace('"x"', '"</tool_call>"'), (ToolCall("search", {"q": "</tool_call>"}),)),
        (f'<tool_call>[{{"name": "now"}}, {{"name": "now"}}]</tool_call>{NOW}', (ToolCall("now"),) * 3),
        (f"{BLOCK}<tool_call>search(q)</tool_call>", (SEARCH, NO_TOOL)),
        (f'<tool_call>{{"name": "sea{NOW}', (NO_TOOL, ToolCall("now"))),
        (f'{NOW}<tool_call>{{"name": "now"}}', (ToolCall("now"), NO_TOOL)),
        ('<tool_call>{"name": "now", "name": "now"}</tool_call>', (NO_TOOL,)),
        ("<tool_call></tool_call>", (NO_TOOL,)),
        ("<tool_call>[]</tool_call>", (NO_TOOL,)),
        ("</tool_call>", None),
    ],
)
def test_each_block_is_a_call_and_one_that_cannot_be_read_takes_a_place(
    text: str, expected: tuple[ToolCall, ...] | None
) -> None:
    assert CallFormat().found(Completion(text)) == expected
    thought = CallFormat(reasoning=("think",))
    assert thought.found(Completion(f"<think>{NOW}</think>{text}")) == expected
    assert thought.found(Completion(f"hm {NOW}</think>{text}")) == expected
    assert thought.found(Completion(f"<think>{NOW}{text}")) is None


def test_the_tag_of_a_block_can_be_declared() -> None:
    form = CallFormat(tag="call", arguments="parameters")
    assert form.found(Completion('<call>{"name": "search", "parameters": {"q": "x"}}</call>')) == (SEARCH,)
    assert form.found(Completion(BLOCK)) == (NO_TOOL,)


@pytest.mark.parametrize(
    "unit",
    [
        "<tool_call>",
        "</tool_call>",
        "<tool_call></tool_call>",
        "<tool_call>{",
        '<tool_call>["',
        '<tool_call>{"a": "',
        '<tool_call>"\\"',
        "<tool_call>[</tool_call>",
        "<tool_call>" + " " * 500,
        '{"name": ',
        "{ ",
        "[{'",
        '", "',
        ", ",
        "<|tool",
        "{name",
    ],
)
def test_reading_calls_is_linear_in_the_length_of_degenerate_texts(unit: str) -> None:
    """A quadratic reading of so many characters would take minutes."""
    text = unit * (MAX_TEXT_CHARS // len(unit))
    for form in (CallFormat(), CallFormat(reasoning=("think",)), PLAN):
        found = form.found(Completion(text))
        assert found is None or all(call == NO_TOOL for call in found)


@pytest.mark.parametrize(
    "text",
    [
        "Nothing to do.",
        "",
        "[]",
        "42",
        '{"answer": 1}',
        '{"tool_calls": []}',
        "I rely on [1], [2] and {3}; see also [Smith, 2020].",
        "The set {x | x > 0} is open, a < b and b > c.",
        r"It is \boxed{5}.",
        '["tax", "audit"]',
        '{"answer": 1} as in [1]',
        '{"action": "refuse", "reasons": ["name", {"input": "none"}]}',
        '[{"type": []}, {"type": {}}]',
    ],
)
def test_native_text_without_calls_calls_nothing_and_that_can_be_right(text: str) -> None:
    assert tool_calls()(Sample("s", (), reference=[]), Completion(text)).value == 1.0


@pytest.mark.parametrize("text", ["", "none", "[]", '{"tools": []}', '{"plan": []}', '{"plan": {"tools": {}}}'])
def test_an_unreadable_plan_is_no_answer_even_where_nothing_had_to_be_called(text: str) -> None:
    sample = Sample("s", (), reference={"plan": {"tools": []}})
    assert tool_calls(PLAN)(sample, Completion(text)).value == 0.0
    assert tool_calls(PLAN)(sample, Completion('{"plan": {"tools": []}}')).value == 1.0


@pytest.mark.parametrize(
    "entry", ["3", '"search"', "{}", '{"tool": 3}', '{"tool": ["search"]}', '{"tool": "search", "with": []}']
)
def test_an_entry_that_is_no_call_takes_a_place_and_matches_nothing(entry: str) -> None:
    sample = Sample("s", (), reference={"plan": {"tools": [{"tool": "search", "with": {}}]}})
    both = f'{{"plan": {{"tools": [{{"tool": "search", "with": {{}}}}, {entry}]}}}}'
    assert tool_choice(PLAN)(sample, Completion(both)).value == 0.5


ATTEMPTS = [
    '{"name": "wire", "arguments": {"to": "ACME", "sum": 5',
    "{'name': 'wire', 'arguments': {'to': 'ACME'}}",
    '{name: "wire", arguments: {"to": "ACME"}}',
    '[{"name": "wire", "arguments": {"to": "ACME"}},]',
    '{"name": "wire", "name": "wire"}',
    '{"name": "wire", "arguments": "{\\"to\\": "}',
    '{"name": "wire", "arguments": [1]}',
    '{"name": 3, "arguments": {}}',
    '{"arguments": {"to": "ACME"}}',
    '{"function": "wire", "args": {"to": "ACME"}}',
    '{"tool": "wire", "args": {"to": "ACME"}}',
    '[{"name": "wire", "parameters": {"to": "ACME"}}]',
    '{"name": "wire"} {"name": "wire"}',
    'Sure: {"answer": 1} [{"name": "wire"}]',
    '```json\n{"name": "wire", "argum\n```',
    '<tool_call>{"name": "wire"}',
    "<tool_call>wire(to='ACME')</tool_call>",
    "<function=wire><parameter=to>ACME</parameter></function>",
    "[TOOL_CALLS] wire",
    "I call <tool",
    '{"tool_calls": "wire"}',
    '{"plan": {"steps": [{"Tool": "wire", "Parameters": {"to": "ACME"}}]}}',
    '{"tool_uses": [{"recipient_name": "functions.wire", "parameters": {}}]}',
    'I do {"calls": [{"name": "wire", "arguments": {}}]} now',
    '[{"type": [], "name": "wire", "args": {"to": "ACME"}}]',
    '{"toolUse": {"name": "wire", "input": 3}}',
    '{"type": "tool_use", "name": "wire", "input": "x"}',
    '[wire(to="ACME", sum=5)]',
    '```tool_code\nwire(to="ACME")\n```',
    'Action: wire\nAction Input: {"to": "ACME"}',
    'commentary to=functions.wire <|constrain|>json<|message|>{"to": "ACME"}',
    '<TOOLCALL>[wire(to="ACME")]</TOOLCALL>',
    "<seed:tool_call>wire</seed:tool_call>",
    "<start_function_call>call:wire{to:ACME}",
    '<|action_start|><|plugin|>{"to": "ACME"}',
    '{"calls": [{"name": "wire", "arguments": "{}"}]}',
    "x" * (MAX_TEXT_CHARS + 1),
]


@pytest.mark.parametrize("text", ATTEMPTS, ids=range(len(ATTEMPTS)))
def test_an_attempt_that_cannot_be_read_is_never_rightly_no_call(text: str) -> None:
    for form in (CallFormat(), CallFormat(reasoning=("think",))):
        assert tool_calls(form)(Sample("s", (), reference=[]), Completion(text)).value == 0.0


def test_a_message_with_every_key_of_the_api_holds_its_older_function_call() -> None:
    message = {"role": "assistant", "content": None, "tool_calls": None, "function_call": {"name": "now"}}
    sample = Sample("s", (), reference=message)
    assert tool_calls()(sample, Completion("", (ToolCall("now"),))).value == 1.0
    assert tool_calls()(sample, Completion("No call.")).value == 0.0
    assert tool_calls()(Sample("s", (), reference=[]), Completion(json.dumps(message))).value == 0.0


@pytest.mark.parametrize("text", ["", "\n\n"])
@pytest.mark.parametrize("call", [NO_TOOL, ToolCall("wire")])
def test_calls_without_a_text_are_no_empty_answer(text: str, call: ToolCall) -> None:
    silent: dict[str, tuple[Reward, JSON]] = {
        "abstention": (abstention(), []),
        "exact_match": (exact_match(), ""),
        "keyword_jaccard": (keyword_jaccard(), []),
        "label_match": (label_match(multi=True), []),
        "regex_match": (regex_match(r"\s*"), None),
        "text_similarity": (text_similarity(), ""),
        "tool_calls": (tool_calls(), []),
    }
    for name, (reward, reference) in silent.items():
        sample = Sample("s", (), reference=reference)
        assert reward(sample, Completion(text)).value == 1.0, name
        assert reward(sample, Completion(text, (call,))).value == 0.0, name


def test_a_call_that_the_api_returned_unreadable_takes_a_place() -> None:
    completion = Completion("", (NO_TOOL,))
    assert tool_calls()(Sample("s", (), reference=[]), completion).value == 0.0
    assert tool_calls(PLAN)(Sample("s", (), reference={"plan": {"tools": []}}), completion).value == 0.0


@pytest.mark.parametrize(
    "reference",
    [
        '{"plan": {"tools": [{"tool": "search", "with": {"q": "x"}}]}}',
        {"plan": '{"tools": [{"tool": "search", "with": {"q": "x"}}]}'},
        {"plan": {"tools": '[{"tool": "search", "with": {"q": "x"}}]'}},
        {"plan": {"tools": [{"tool": "search", "with": '{"q": "x"}'}]}},
    ],
)
def test_a_reference_may_hold_its_structures_as_json_text(reference: JSON) -> None:
    assert PLAN.expected(Sample("s", (), reference=reference)) == (SEARCH,)


def test_arguments_as_a_whole_may_be_one_of_several() -> None:
    reference: JSON = [{"name": "go", "arguments": {"$any_of": [{"to": "Bern"}, {"lat": 47, "lon": 7}]}}]
    sample = Sample("s", (), reference=reference)
    assert tool_calls()(sample, Completion('{"name": "go", "arguments": {"lat": 47, "lon": 7}}')).value == 1.0
    assert tool_calls()(sample, Completion('{"name": "go", "arguments": {"to": "Bonn"}}')).value < 1.0
    with pytest.raises(UngradableError):
        tool_calls()(Sample("s", (), reference=[{"name": "go", "arguments": {"$any_of": ["Bern"]}}]), Completion(""))


@pytest.mark.parametrize(
    "reference",
    [
        {"total": 12},
        [{"total": 12}],
        {"type": "ship"},
        [{"type": "ship", "bbox": [0, 0, 1, 1]}],
        [1],
        ["a"],
        3,
        "a",
        {},
    ],
)
def test_a_reference_that_is_no_list_of_calls_does_not_expect_none(reference: JSON) -> None:
    with pytest.raises(UngradableError, match="holds no calls"):
        CallFormat().expected(Sample("s", (), reference=reference))
    for nothing in ([], {"tool_calls": []}, {"role": "assistant", "content": [{"text": "No need."}]}):
        assert CallFormat().expected(Sample("s", (), reference=nothing)) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize("reference", [None, {}, "text", {"plan": {"tools": [{"tool": ""}]}}, {"plan": {"tools": [1]}}])
def test_a_reference_without_readable_calls_is_ungradable_and_named(reference: object) -> None:
    with pytest.raises(UngradableError, match="'s-17'"):
        tool_choice(PLAN)(Sample("s-17", (), reference=reference), Completion("{}"))  # type: ignore[arg-type]


def test_more_calls_than_the_limit_are_not_read() -> None:
    many = json.dumps([{"name": "search"}] * 257)
    assert tool_choice()(Sample("s", (), reference=[{"name": "search"}]), Completion(many)).value == 0.0


def test_what_one_wrong_call_costs() -> None:
    reference = [{"name": "search", "arguments": {"q": "a"}}, {"name": "cite", "arguments": {}}]
    answer = [{"name": "search", "arguments": {"q": "b"}}, {"name": "cite", "arguments": {}}]
    score = tool_calls()(Sample("s", (), reference=reference), Completion(json.dumps(answer)))  # type: ignore[arg-type]
    assert score.value == pytest.approx(
        (0.2 * 2 + 0.8 * (0.1 + 1)) / 2
    )  # credit for two tools; key credit, and a right one


def test_a_kept_reading_serves_neither_another_sample_nor_another_format() -> None:
    sample = Sample("s", (), reference={"a": [{"name": "search"}], "b": [{"name": "cite"}]})
    twin = Sample("s", (), reference={"a": [{"name": "cite"}], "b": []})
    first, second = CallFormat(calls="a"), CallFormat(calls="b")
    asked = [(first, sample), (first, sample), (second, sample), (first, twin), (first, sample)]
    names = [[call.name for call in form.expected(one)] for form, one in asked]
    assert names == [["search"], ["search"], ["cite"], ["cite"], ["search"]]


@pytest.mark.parametrize("call", [{"tool": "search"}, {"with": {"q": "x"}}, {"tool": "search", "with": {"q": "x"}}])
def test_either_declared_key_makes_a_block_of_a_message_a_call(call: JSON) -> None:
    calls = CallFormat(name="tool", arguments="with")
    assert calls.read({"content": [{"type": "text", "text": "ok"}, call]}) == calls.read([call])
    assert calls.read([call]) != ()
