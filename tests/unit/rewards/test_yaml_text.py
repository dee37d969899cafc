"""YAML from anywhere: its value, or lines that say what is wrong and where, in bounded time."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from rewards.yaml_text import MAX_BYTES, YamlError, load_yaml, read_yaml_text, yaml_text_of

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4),
    max_leaves=20,
)
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
PIECES = st.sampled_from(
    [
        *"[]{}'\"#\n\t\ufeff\ud800\x00\u2028",
        "a: ",
        "b:",
        "- ",
        ", ",
        ": ",
        "? ",
        "&x ",
        "*x",
        "<<: ",
        "!!int ",
        "!!set ",
        "---\n",
        "...\n",
        "\n  ",
        "1:1",
        "1e5",
        "0x",
        "%YAML 9.9\n",
        ">\n",
        "|\n",
    ]
)


@given(VALUES)
def test_what_yaml_writes_comes_back(value: object) -> None:
    assert load_yaml(yaml.safe_dump(value, allow_unicode=True)) == value


@given(st.lists(PIECES | st.text(max_size=3), max_size=40).map("".join))
@example("%YAML 9.9\n---\na: 1")
@example("\x00")
def test_any_text_has_a_value_or_one_line_for_each_problem(text: str) -> None:
    read = read_yaml_text(text)
    for problem in read.problems:
        line = problem.at("r.yaml")
        assert line.startswith(f"r.yaml:{problem.line}: ")
        assert 1 <= problem.line <= len(f"{text}.".splitlines()) + 1  # U+2028 ends a line of YAML 1.1
        assert "\n" not in problem.message
    assert read.is_read or read.errors


@given(VALUES, st.sampled_from([BOMB, "[" * 100, "1:" * 300 + "1", "0x" + "f" * 500, "!!set {}", "{<<: {}}"]))
def test_a_value_that_cannot_be_read_is_refused_wherever_it_is(around: object, bad: str) -> None:
    inside = yaml.safe_dump({"first": around}, allow_unicode=True) + (bad if bad is BOMB else f"then: {bad}\n")
    read = read_yaml_text(inside)
    assert not read.is_read
    (problem,) = read.errors
    assert problem.line > 1
    assert problem.path.startswith("a" if bad is BOMB else "then")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "r.yaml:6: a5[1]: more than 200,000 values, counting each use of an alias"),
        ("[" * 100_000, "nested more than 50 deep"),
        ("{a: " * 1_000 + "}" * 1_000, "nested more than 50 deep"),
        ("n: " + "1" * 5_000, "r.yaml:1: n: a number of 5,000 characters"),
        ("n: " + "1:" * 100_000 + "1", "r.yaml:1: n: a number of 200,001 characters"),
        ("n: 0x" + "f" * 5_000, "a number of 5,002 characters"),
        ("n: 1e" + "9" * 5_000, "a number of 5,002 characters"),
        ("a: [1, 2", "r.yaml:2: this is not YAML"),
        ("a: !!python/object/apply:os.system [true]", "r.yaml:1: a: the tag 'tag:yaml.org,2002:python/object"),
        ("a: 1\nb: \ud800", "r.yaml:2: this is not UTF-8 text"),
        ("a: *nobody", "r.yaml:1: a: the alias *nobody has no anchor before it"),
        ("a: &x [*x]", "the alias *x has no anchor before it"),
        ("\t- x", "this is not YAML: a tab indents the line, where only spaces may"),
        ("a:\n\tb: 1", "r.yaml:2: this is not YAML: a tab indents"),
        ("a: @x", "cannot start any token"),
        ("a: 1\n---\nb: 2", "one YAML document"),
        ("a: 1\nb: {c: 1, c: 2}", "r.yaml:2: b.c: the key 'c' is written twice"),
        ("<<: {a: 1}", "merge keys are not supported"),
        ("? [a]\n: 1", "a key must be a word"),
    ],
    ids=lambda text: text[:12],
)
def test_what_cannot_be_read_is_one_line(text: str, said: str) -> None:
    with pytest.raises(YamlError) as refused:
        load_yaml(text, "r.yaml")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_text_in_quotes_is_text_however_long() -> None:
    assert load_yaml(f"a: '{'1' * 5_000}'") == {"a": "1" * 5_000}


@pytest.mark.parametrize("text", ["12:30", "1:1:1", "190:20:30", "190:20:30.15"])
def test_a_time_is_text_and_no_number_to_base_60(text: str) -> None:
    read = read_yaml_text(f"at: {text}")
    assert read.value == {"at": text}
    assert [(problem.code, problem.is_error) for problem in read.problems] == [("yaml-base-60", False)]


def test_a_key_and_a_date_are_text() -> None:
    assert load_yaml("yes: 2026-11-28\n1: x") == {"yes": "2026-11-28", "1": "x"}


def test_a_file_without_an_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(YamlError, match=rf"/dev/zero:1: more than {MAX_BYTES:,} bytes"):
        yaml_text_of(Path("/dev/zero"))


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1", "utf-8-sig")
    assert load_yaml(yaml_text_of(tmp_path / "a.yaml")) == {"a": 1}
