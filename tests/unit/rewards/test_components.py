"""What single components say about answers that taught us something."""

from __future__ import annotations

import pytest

from rewards import (
    JSON,
    AnswerFormat,
    Comparison,
    Completion,
    Reward,
    Rollout,
    Sample,
    UngradableError,
    abstention,
    evaluate,
    exact_match,
    has_tags,
    keyword_jaccard,
    label_match,
    numeric_match,
    overlong,
    repetition,
    similarity,
    text_similarity,
)


def value(reward: Reward, reference: JSON, text: str) -> float:
    return reward(Sample("s", (), reference=reference), Completion(text)).value


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("listen", "silent"),
        ("2024-01-12", "2024-02-11"),
        ("1000", "0001"),
        ("dog bites man", "man bites dog"),
        ("not x", "x"),
        (True, 1),
        (0, False),
        ("5", 5),
        ([1, 2, 3], [3, 2, 1]),
        ([1], [1] * 50),
        ([1], ["1"]),
        ({"a": 1, "b": None}, {"a": 1}),
    ],
)
def test_values_that_the_aws_sample_pays_for_are_not_equal(given: JSON, expected: JSON) -> None:
    assert similarity(given, expected) < 1.0


@pytest.mark.parametrize(
    ("given", "expected", "how"),
    [
        (1.0, 1, Comparison()),
        ({"a": 1, "b": [{"c": 2, "d": 3}]}, {"b": [{"d": 3, "c": 2}], "a": 1}, Comparison()),
        ("Straße", "STRASSE", Comparison(text="casefold")),
        ("March 5, 2024", "2024-03-05", Comparison(text="date")),
        ("17 C.F.R. § 230.144", "17 CFR 230.144", Comparison(text="citation")),
        ({"when": "5 Mar 2024"}, {"when": "2024-03-05"}, Comparison(fields={"when": Comparison(text="date")})),
    ],
)
def test_values_that_mean_the_same_are_equal_under_a_declared_rule(
    given: JSON, expected: JSON, how: Comparison
) -> None:
    assert similarity(given, expected, how) == 1.0


def test_a_provision_is_not_its_neighbour() -> None:
    assert similarity("17 CFR 230.144", "17 CFR 230.145", Comparison(text="citation")) == 0.0


def test_a_field_may_earn_for_being_near_but_never_fully() -> None:
    how = Comparison(near=0.8)
    assert 0.8 <= similarity("Regulation Z", "Regulation B", how) < 1.0
    assert similarity("Regulation Z", "Something else", how) == 0.0


@pytest.mark.parametrize("text", ["dog or cat", "dog, cat", "the dog", "not dog", ""])
def test_a_hedged_label_is_no_label(text: str) -> None:
    assert value(label_match(), "dog", text) == 0.0


def test_listing_every_label_pays_one_over_their_number() -> None:
    assert value(label_match(multi=True), ["b"], '["a", "b", "c", "d"]') == 0.25


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        ("answer", "<answer>42</answer>", 1.0),
        ("answer", "first <answer> 42 </answer> then", 1.0),
        ("answer", "<answer>42", 0.0),
        ("answer", "</answer>42<answer>", 0.0),
        ("answer", "<answer>41</answer><answer>42</answer>", 0.0),
        ("", "<answer>42</answer>", 0.0),
    ],
)
def test_an_answer_stands_in_its_only_closed_tag(tag: str, text: str, expected: float) -> None:
    assert value(exact_match(AnswerFormat(tag=tag)), "42", text) == expected


def test_reference_and_answer_may_stand_under_different_keys() -> None:
    form = AnswerFormat(key=("out", "label"), reference_key="gold")
    assert value(exact_match(form), {"gold": "dog"}, '{"out": {"label": "dog"}}') == 1.0
    with pytest.raises(UngradableError, match="no reference at 'gold'"):
        value(exact_match(form), {"label": "dog"}, "{}")


def test_units_are_converted_and_unknown_ones_are_no_number() -> None:
    reward = numeric_match(abs_tol=0.5, units={"kg": 1, "g": 0.001, "t": 1000})
    assert [value(reward, "2 t", text) for text in ("2,000 kg", "2000000 g", "2 tons", "2000.4", "2001")] == [
        1,
        1,
        0,
        1,
        0,
    ]


def test_a_reference_that_is_no_number_is_ungradable() -> None:
    with pytest.raises(UngradableError, match="holds no number: 'several'"):
        value(numeric_match(), "several", "2")


def test_keywords_repeated_or_surplus_lower_the_score() -> None:
    assert value(keyword_jaccard(), ["tax", "audit"], "tax, audit") == 1.0
    assert value(keyword_jaccard(), ["tax", "audit"], "tax, audit, tax") == pytest.approx(2 / 3)
    assert value(keyword_jaccard(), ["tax", "audit"], '["tax"]') == 0.5


def test_junk_after_an_equal_text_lowers_it() -> None:
    plain = value(text_similarity(), "net income rose", "net income rose")
    assert plain == 1.0 > value(text_similarity(), "net income rose", "net income rose rose")


def test_an_enormous_answer_is_alike_in_nothing() -> None:
    assert value(text_similarity(), "net income", "net income " * 20_000) == 0.0


@pytest.mark.parametrize(
    ("reference", "text", "expected"),
    [
        ([], "[]", 1.0),
        ([], "", 1.0),
        ([], "null", 1.0),
        ([], '["ship"]', 0.0),
        (["ship"], "[]", 0.0),
        (["ship"], "?", 1.0),
    ],
)
def test_silence_is_right_exactly_where_there_is_nothing(reference: JSON, text: str, expected: float) -> None:
    assert value(abstention(), reference, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("<a>1</a><b>2</b>", 1.0), ("<a>1</a>", 0.5), ("<a><a></a><b></b>", 0.5), ("</a><a> <b></b>", 0.5), ("", 0.0)],
)
def test_a_tag_counts_where_it_opens_and_closes_once(text: str, expected: float) -> None:
    assert value(has_tags("a", "b"), None, text) == expected


def test_length_costs_in_a_straight_line_inside_the_buffer() -> None:
    reward = overlong(100, buffer_chars=40)
    assert [value(reward, None, "x" * n) for n in (0, 60, 70, 100, 5000)] == [0.0, 0.0, 0.25, 1.0, 1.0]


def test_a_text_can_be_too_long_in_words_of_its_script() -> None:
    reward = overlong(limit_words=10, buffer_words=4)
    assert [value(reward, None, text) for text in ("word " * 8, "税務監査報告書類", "x" * 100)] == [0.5, 0.5, 0.0]
    assert reward(Sample("s", ()), Completion("税務 audit")).metrics == {"words": 3.0}


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"limit_chars": 5},
        {"limit_words": 2, "buffer_words": 3},
        {"limit_chars": 5, "buffer_chars": 1, "limit_words": 5, "buffer_words": 1},
    ],
)
def test_a_limit_is_given_once_with_its_buffer(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"buffer_|characters or in words"):
        overlong(**limits)


def test_repetition_in_a_script_without_spaces_is_by_character() -> None:
    assert value(repetition(2), None, "東京東京") == pytest.approx(1 / 3)  # of 東京 京東 東京 two are new


def test_repetition_is_the_share_of_runs_seen_before() -> None:
    assert value(repetition(2), None, "a b a b a b") == pytest.approx(3 / 5)  # of ab ba ab ba ab two are new
    assert value(repetition(3), None, "a b") == 0.0


def test_what_cannot_be_judged_counts_in_no_mean_and_is_named() -> None:
    samples = [Sample("right", (), reference="x"), Sample("broken", ()), Sample("wrong", (), reference="y")]
    evaluation = evaluate(exact_match(), [Rollout(sample, Completion("x")) for sample in samples])
    assert evaluation.summary.ungradable == ("broken",)
    assert (evaluation.summary.total.mean, evaluation.summary.total.count) == (0.5, 2)
    assert evaluation.summary.total.standard_error == pytest.approx(0.5)  # sqrt(((0.5^2 + 0.5^2) / 1) / 2)
    assert [result.id for result in evaluation.results] == ["right", "broken", "wrong"]
