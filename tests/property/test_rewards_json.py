"""Laws of reading JSON out of what a model wrote."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import read_json
from rewards.limits import MAX_DEPTH, MAX_TEXT_CHARS
from rewards.parsing.json_text import check_limits

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


@given(values, st.sampled_from(["json", "JSON", ""]))
def test_one_fence_around_the_value_is_level_09(value: object, language: str) -> None:
    reading = read_json(f"```{language}\n{json.dumps(value, indent=1)}\n```")
    assert (reading.values, reading.level()) == ((value,), 0.9)


@given(containers, prose, prose)
def test_one_value_in_prose_is_level_075(value: object, before: str, after: str) -> None:
    reading = read_json(before + json.dumps(value) + after)
    assert (reading.values, reading.level()) == ((value,), 0.75)


@given(containers, containers)
def test_two_values_are_level_05_and_neither_is_taken(first: object, second: object) -> None:
    reading = read_json(f"{json.dumps(first)} or {json.dumps(second)}")
    assert (reading.level(), reading.only()) == (0.5, ())


@given(containers, st.data())
def test_a_truncated_value_is_never_read(value: object, data: st.DataObject) -> None:
    text = json.dumps(value)
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    assert read_json(cut).level() == 0.1


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
        "<think>",
        "x {",
        '[{"a":1},',
        "-",
        "\u0344\u0315",
    ],
)
def test_reading_is_linear_in_the_length_of_degenerate_texts(unit: str) -> None:
    """Counted in decoder calls rather than seconds: there are at most as many attempts as candidates."""
    text = unit * (MAX_TEXT_CHARS // len(unit))
    assert read_json(text).level() <= 0.75
    assert read_json(text + "x" * MAX_TEXT_CHARS).problem.startswith("longer than")
