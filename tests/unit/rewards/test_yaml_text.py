"""YAML from anywhere: its value, or one line that says what is wrong, in bounded time."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rewards.yaml_text import load_yaml

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4),
    max_leaves=20,
)
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)


@given(VALUES)
def test_what_yaml_writes_comes_back(value: object) -> None:
    assert load_yaml(yaml.safe_dump(value, allow_unicode=True)) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "counting each use of an alias"),
        ("[" * 100_000, "nested deeper"),
        ("{a: " * 1_000 + "}" * 1_000, "nested deeper"),
        ("n: " + "1" * 5_000, "a number of 5,000 characters"),
        ("n: " + "1:" * 100_000 + "1", "a number of 200,001 characters"),
        ("a: [1, 2", "line 2"),
        ("a: !!python/object/apply:os.system [true]", "could not determine a constructor"),
        ("a: \ud800", "half a surrogate pair"),
        ("a: *nobody", "undefined alias"),
        ("\t- x", "cannot start any token"),
    ],
    ids=lambda text: text[:12],
)
def test_what_cannot_be_read_is_one_line(text: str, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        load_yaml(text)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_long_text_is_no_number() -> None:
    assert load_yaml(f"a: '{'1' * 5_000}'") == {"a": "1" * 5_000}
