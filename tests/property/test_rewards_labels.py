"""Laws of reading labels and keywords as people and models write them."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rewards import Completion, Reward, Sample, keyword_jaccard, label_match

DRESSES = [
    "{}",
    "**{}**",
    "`{}`",
    '"{}"',
    "'{}'",
    "“{}”",
    "「{}」",
    "[{}]",
    "({})",
    "【{}】",
    "{}.",
    "{}。",
    "{}!",
    "- {}",
    "# {}",
]
DRESSES += [
    "Label: {}",
    "**Category:** {}",
    "The label is {}.",
    "```\n{}\n```",
    r"\boxed{{{}}}",
    r"\text{{{}}}",
    "{}\u200b",
    "> {}",
    "<b>{}</b>",
    "&quot;{}&quot;",
    "&nbsp;{}",
    "Predicted label: {}",
]
DIVIDERS = [", ", ",", "\n", "; ", "、", "，", " | ", "｜", "\n- ", "\n\n"]
dresses = st.sampled_from(DRESSES)
labels = st.sampled_from(
    ["refund", "credit card", "C++", "C#", "24/7", "-1", "U.S.", "返品", "net 30", "#1", "a_b", "A.", "x=1", "Straße"]
)


def value(reward: Reward, reference: object, text: str) -> float:
    return reward(Sample("s", (), reference=reference), Completion(text)).value  # type: ignore[arg-type]  # JSON


@given(dresses, dresses, labels, labels)
def test_what_stands_around_a_label_neither_hides_nor_makes_it(outer: str, inner: str, label: str, other: str) -> None:
    assert value(label_match(), label, inner.format(label)) == 1.0
    assert value(label_match(), label, outer.format(inner.format(other))) <= float(label == other)


@given(dresses, labels)
def test_a_strict_label_is_the_text_itself(dress: str, label: str) -> None:
    assert value(label_match(text="strict"), label, dress.format(label)) == float(dress == "{}")


@given(st.lists(labels, min_size=1, max_size=4, unique=True), st.sampled_from(DIVIDERS), dresses, st.booleans())
def test_a_list_is_read_in_every_dress(found: list[str], divider: str, dress: str, headed: bool) -> None:
    assume(dress.count("\n") == 0 and "|" not in dress and dress not in ("- {}", "# {}", "> {}", "{}!", "{}."))
    assume((found, dress) != (["-1"], "[{}]"))  # that is a list of JSON, and its number no text
    lead = "- " if divider == "\n- " else ""
    text = ("Here are the labels:\n" if headed else "") + lead + divider.join(dress.format(one) for one in found)
    assert value(label_match(multi=True), found, text) == value(keyword_jaccard(), found, text) == 1.0


@given(st.lists(st.sampled_from(["refund", "credit card", "返品", "Straße"]), min_size=2, max_size=4, unique=True))
def test_a_list_in_brackets_or_with_and_is_that_list(found: list[str]) -> None:
    forms = [f"[{', '.join(found)}]", json.dumps(found), "Labels: " + ", ".join(found) + "."]
    forms += [", ".join(found[:-1]) + f", and {found[-1]}", str(found), "\n".join(f"- [x] {one}" for one in found)]
    assert {value(label_match(multi=True), found, form) for form in forms} == {1.0}


@pytest.mark.parametrize(
    "text", ["refund or return", "not refund", "refunds", "no refund", "refund, return", "(refund) (return)", ""]
)
def test_what_is_another_label_is_wrong(text: str) -> None:
    assert value(label_match(), "refund", text) == 0.0
