"""Laws of reading JSON out of what a model wrote."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import Completion, Sample, field_f1, read_json
from rewards.limits import MAX_DEPTH, MAX_TEXT_CHARS
from rewards.parsing.json_text import check_limits
from rewards.types import JSON

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)
containers = values.filter(lambda value: isinstance(value, dict | list))
prose = st.text(alphabet=st.characters(exclude_characters='{}[]"`<>', exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: text.strip(" \t\n\r")
)


def level(text: str) -> float:
    return read_json(text).level()


@given(values, st.text(" \t\n\r", max_size=4), st.booleans())
def test_strict_json_reads_back_at_level_1(value: object, space: str, plain: bool) -> None:
    reading = read_json(space + json.dumps(value, ensure_ascii=plain) + space)
    assert (reading.values, reading.level()) == ((value,), 1.0)


fences = st.builds(lambda mark, length: mark * length, st.sampled_from("`~"), st.integers(3, 6))


@given(values, fences, st.sampled_from(["", "json", " JSON ", "json5", "application/json", "c++", "json title=a.json"]))
def test_one_fence_around_the_value_is_level_09(value: object, fence: str, language: str) -> None:
    reading = read_json(f"{fence}{language}\n{json.dumps(value, indent=1)}\n{fence}")
    assert (reading.values, reading.level()) == ((value,), 0.9)


@pytest.mark.parametrize(
    "text",
    ["````\n[1]\n```", "```\n[1]\n~~~", "```a`b\n[1]\n```", "```\n[1]", "``\n[1]\n``", "```[1]```", "~~~", "``````"],
)
def test_a_fence_is_closed_by_as_many_of_its_own_marks(text: str) -> None:
    assert read_json(text).level() < 0.9


@given(containers, prose, prose)
def test_one_value_in_prose_is_level_075(value: object, before: str, after: str) -> None:
    reading = read_json(before + json.dumps(value) + after)
    assert (reading.values, reading.level()) == ((value,), 0.75)


objects = containers.filter(lambda value: isinstance(value, dict))
citations = st.lists(st.integers(0, 99), min_size=1, max_size=3)
lists = containers.filter(lambda value: isinstance(value, list) and not (value and all(type(v) is int for v in value)))


@pytest.mark.parametrize("kind", [objects, lists, citations], ids=["objects", "lists", "citations"])
@given(data=st.data())
def test_two_values_of_a_kind_are_level_05_and_neither_is_taken(kind: st.SearchStrategy[object], data) -> None:  # type: ignore[no-untyped-def]
    reading = read_json(f"{json.dumps(data.draw(kind))} or {json.dumps(data.draw(kind))}")
    assert (reading.level(), reading.only()) == (0.5, ())


@given(st.one_of(objects, lists), st.lists(citations, min_size=1, max_size=3), st.booleans())
def test_a_citation_is_no_answer_beside_one(value: object, sources: list[list[int]], is_first: bool) -> None:
    cited = "Source: " + ", ".join(map(json.dumps, sources))
    parts = [json.dumps(value), cited] if is_first else [cited, json.dumps(value)]
    reading = read_json("\n\n".join(parts))
    assert (reading.level(), reading.only()) == (0.75, (value,))


@given(objects, lists)
def test_a_list_is_no_answer_beside_an_object(value: object, beside: object) -> None:
    reading = read_json(f"Out of {json.dumps(beside)}: {json.dumps(value)}")
    assert (reading.level(), reading.only(), reading.only("array")) == (0.75, (value,), ())


def test_a_citation_beside_json_that_breaks_is_no_answer() -> None:
    assert read_json('{"total": 12,} [1]').level() == 0.1
    assert read_json("see [1]").only() == ([1],)


@pytest.mark.parametrize("cut", ['{"00000[]', '["{}', '{"a": "[1]', '{"a": {"b": "x {\\"c\\": 1}'])
def test_what_stands_in_a_string_that_never_ends_is_no_value(cut: str) -> None:
    assert read_json(cut).level() == 0.1


@given(containers, st.data())
def test_a_truncated_value_is_never_read(value: object, data: st.DataObject) -> None:
    text = json.dumps(value)
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    assert read_json(cut).level() == 0.1


answers = st.lists(st.integers(0, 9), max_size=2).map(lambda items: {"a": items}) | st.just(["tax", "audit"])
no_commas = st.sampled_from([" ", "\n", ";", ",,", ", ..., ", ", None, ", " // and\n", ", 'x', ", " and "])


@given(st.lists(answers, min_size=2, max_size=3), no_commas, st.sampled_from(["", "Here it is: ", "[1] says "]))
def test_a_broken_list_gives_none_of_its_items_away(items: list[object], comma: str, before: str) -> None:
    text = before + "[" + comma.join(map(json.dumps, items)) + "]"
    assert [found for found in read_json(text).values if found != [1]] == []


keys = st.sampled_from(['"a": None, ', "'a': 1, ", "a: 1, ", '"a": 01, ', '"a": "it"s", ', '"a": 1 '])


@given(answers, keys, st.sampled_from(["b", "answer"]), st.sampled_from(["", "}", "} x"]))
def test_a_broken_object_gives_none_of_its_values_away(value: object, key: str, name: str, more: str) -> None:
    assert read_json(f'{{{key}"{name}": {json.dumps(value)}}}{more}').values == ()


@given(answers, st.sampled_from(["x in [0, 1) and ", "{x | x > 3}: ", "[Answer: ", "[1, 2, ...] ", '[5" ']))
def test_a_bracket_of_prose_hides_no_answer(value: object, before: str) -> None:
    assert read_json(before + json.dumps(value)).values == (value,)


@given(st.text())
def test_what_counts_as_json_is_what_a_strict_parser_reads(text: str) -> None:
    def refuse(_: object) -> None:
        raise ValueError

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        assert level(text) < 1.0
    else:
        assert level(text) == 1.0


@given(values, st.text(min_size=1))
def test_appending_to_strict_json_never_raises_the_level(value: object, more: str) -> None:
    assert level(json.dumps(value) + more) <= 1.0


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 1}', '[{"b": {"a": 1, "a": 2}}]', '{"a": NaN}', "[-Infinity]", "[1e999]"]
)
def test_duplicate_keys_and_numbers_that_are_not_finite_are_refused(text: str) -> None:
    assert read_json(text).values == ()
    assert level(text) == level("so: " + text) == 0.1


@pytest.mark.parametrize("text", ["{'a': 1}", '{"a": 1,}', "{a: 1}", '["\t"]', "[01]", "[1] trailing ]{"])
def test_nothing_is_repaired(text: str) -> None:
    assert level(text) < 0.9


def test_an_unclosed_reasoning_block_leaves_no_answer() -> None:
    assert read_json('<think>{"a": 1}', reasoning=("think",)).level() == 0.0


def test_a_closed_reasoning_block_is_skipped() -> None:
    assert read_json('<think>{"b": 2}</think>\n{"a": 1}', reasoning=("think",)).only() == ({"a": 1},)


def test_a_declared_tag_counts_like_a_fence() -> None:
    text = '<answer>{"a": 1}</answer>'
    assert (read_json(text, tags=("answer",)).level(), read_json(text).level()) == (0.9, 0.75)


def test_a_value_of_another_type_is_not_an_answer() -> None:
    assert read_json("[1]").level("object") == 0.1
    assert read_json('as in [1]: {"a": 2}').level("object") == 0.75


@given(st.integers(0, 3))
def test_depth_is_limited_on_both_sides_of_the_limit(beyond: int) -> None:
    depth = MAX_DEPTH - 1 + beyond
    assert (level("[" * depth + "]" * depth) == 1.0) == (depth <= MAX_DEPTH)


def test_a_wide_value_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 10,000 values"):
        check_limits(list(range(10_000)))


@pytest.mark.parametrize(
    "unit",
    [
        "[",
        "{",
        '{"a":',
        '["',
        '"',
        '\\"',
        "1",
        "[1,",
        "[]",
        "{}",
        "```",
        "```json\n",
        "~",
        "`",
        "~~~\n",
        "[1] ",
        "[1] {",
        "<think>",
        "</think>",
        "x {",
        '[{"a":1},',
        '[0 "',
        '[0 \\"',
        '[0 {"a" ]',
        "-",
        "\u0344\u0315",
    ],
)
def test_reading_is_linear_in_the_length_of_degenerate_texts(unit: str) -> None:
    """Counted in decoder calls rather than seconds: there are at most as many attempts as candidates."""
    text = unit * (MAX_TEXT_CHARS // len(unit))
    assert read_json(text).level() <= 0.75
    assert read_json(text, reasoning=("think", "plan")).level() <= 0.75
    assert read_json(text + "x" * MAX_TEXT_CHARS).problem.startswith("longer than")


words = st.text("abcdefgh", min_size=1, max_size=8)
flat = st.dictionaries(words, st.integers() | words | st.lists(words, max_size=2), min_size=1, max_size=4)


@given(flat, flat | st.lists(flat | words, min_size=1, max_size=3), st.data(), st.booleans())
def test_a_value_that_breaks_off_beside_another_leaves_no_answer(
    whole: dict[str, JSON], second: JSON, data: st.DataObject, first: bool
) -> None:
    written = json.dumps(second)
    begun = written[: data.draw(st.integers(2, len(written) - 1))]
    text = f"{begun} {json.dumps(whole)}" if first else f"{json.dumps(whole)} {begun}"
    if isinstance(second, dict) or begun[1] in '"{':
        assert read_json(text).only() == ()
        assert field_f1()(Sample("a", (), reference=whole), Completion(text)).value == 0.0


@given(flat, st.sampled_from(["{…}", "{x}", "[1, 2)", '{"a": …}', "[see", "{1, 2", "[a, b]", "{{name}}"]))
def test_brackets_of_prose_beside_an_object_do_not_count(whole: dict[str, JSON], prose: str) -> None:
    for text in (f"{json.dumps(whole)} {prose}", f"{prose} {json.dumps(whole)}"):
        assert read_json(text).only("object") == (whole,)
