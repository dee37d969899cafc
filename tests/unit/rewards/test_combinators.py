"""Combinators: ranges, gates, refusals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from inspect import signature

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rewards import (
    REWARDS,
    Bounds,
    Completion,
    InvalidScoreError,
    Reward,
    Rollout,
    Sample,
    Score,
    Signal,
    SpecError,
    best_of,
    bounds_of,
    box_count,
    clipped,
    evaluate,
    expression,
    gated,
    minimum,
    product,
    signals_in,
    signals_of,
    weighted,
)
from rewards.reward_tree import columns_of, metrics_in, numbers_of, parts_in, without_markers

SAMPLE, ANSWER = Sample("s", ()), Completion("")


@dataclass(frozen=True)
class Fixed:
    """A reward that always scores the same."""

    value: float
    bounds: tuple[float, float] = (0.0, 1.0)
    metric_names: tuple[str, ...] = ("seen",)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        return Score(self.value, metrics={"seen": 1.0})


class Refuses:
    """A reward that must not be run."""

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        raise AssertionError("run behind a closed gate")


def value(reward: Reward) -> float:
    return reward(SAMPLE, ANSWER).value


shares = st.floats(0, 1)
weights = st.floats(-3, 3).filter(lambda weight: abs(weight) > 1e-6)
tables = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.tuples(shares, weights), min_size=1, max_size=5)


@given(tables)
def test_a_weighted_sum_lies_in_its_bounds_and_reaches_them(table: dict[str, tuple[float, float]]) -> None:
    def summed(choose) -> Reward:  # type: ignore[no-untyped-def]
        return weighted({name: (Fixed(choose(share, weight)), weight) for name, (share, weight) in table.items()})

    low, high = bounds_of(summed(lambda share, weight: share))
    assert low <= value(summed(lambda share, weight: share)) <= high
    assert value(summed(lambda share, weight: float(weight > 0))) == high
    assert value(summed(lambda share, weight: float(weight < 0))) == low


@given(tables)
def test_the_order_of_parts_does_not_matter(table: dict[str, tuple[float, float]]) -> None:
    parts = {name: (Fixed(share), weight) for name, (share, weight) in table.items()}
    assert value(weighted(parts)) == value(weighted(dict(reversed(parts.items()))))


@given(tables, st.data())
def test_a_better_part_never_lowers_a_combination(table: dict[str, tuple[float, float]], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(table)))
    worse = {key: Fixed(share) for key, (share, _) in table.items()}
    better = {**worse, name: Fixed(data.draw(st.floats(worse[name].value, 1)))}
    for combine in (product, minimum, best_of):
        assert value(combine(worse)) <= value(combine(better))
        low, high = bounds_of(combine(worse))
        assert low <= value(combine(worse)) <= high


def test_the_product_of_ranges_has_its_extremes_at_the_ends() -> None:
    wide = product({"a": Fixed(1, (0.5, 2.0)), "b": Fixed(1, (1.0, 3.0))})
    assert bounds_of(wide) == Bounds(0.5, 6.0)  # 0.5 x 1 and 2 x 3


@given(st.floats(-5, -1e-6), st.floats(0, 5))
def test_a_part_that_can_fall_below_0_is_refused_where_0_is_the_worst(low: float, high: float) -> None:
    signed = Fixed(0, (low, high))
    with pytest.raises(ValueError, match="part 'b' of a product may not fall below 0"):
        product({"a": Fixed(1), "b": signed})
    with pytest.raises(ValueError, match=r"what stands behind a gate may not fall below 0.*: a closed gate pays 0"):
        gated(signed, by=Fixed(1), threshold=0.5)
    assert bounds_of(product({"a": Fixed(1), "b": clipped(signed, high=6.0)})).low == 0.0


@given(st.floats(-5, -1e-6), st.floats(-5, -1e-6))
def test_a_penalty_that_is_negative_already_is_not_subtracted(low: float, weight: float) -> None:
    penalty = Fixed(low, (low, 0.0))
    with pytest.raises(ValueError, match="two minus signs pay for what it punishes; take the weight"):
        weighted({"right": (Fixed(1), 1.0), "penalty": (penalty, weight)})
    assert value(weighted({"right": (Fixed(1), 1.0), "penalty": (penalty, -weight)})) == 1.0 - weight * low


@pytest.mark.parametrize("formula", ["a * b", "sqrt(max(a * b, 0))", "(a + b) * a", "1 - a * (0.5 * b)"])
def test_a_formula_of_two_factors_below_0_is_refused(formula: str) -> None:
    signed = {"a": Fixed(-1, (-1, 1)), "b": Fixed(-1, (-1, 1))}
    with pytest.raises(SpecError, match=r"two scores below 0 multiply to a good one; use max\(x, 0\)"):
        expression(formula, signed)
    assert value(expression("max(a, 0) * b", signed)) == 0.0
    assert value(expression("a * -0.5", signed)) == 0.5  # a weight may be negative


@pytest.mark.parametrize("weight", [0, math.nan, math.inf])
def test_a_weight_of_nothing_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="weight of 'a' must be finite and not zero"):
        weighted({"a": (Fixed(1), weight)})


@pytest.mark.parametrize("name", ["", " ", "a/b"])
def test_a_name_that_cannot_be_part_of_a_signal_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a part needs a name"):
        minimum({name: Fixed(1)})


def test_no_parts_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one part"):
        weighted({})


def test_a_closed_gate_runs_nothing_and_reports_every_name() -> None:
    behind = weighted({"judge": (Refuses(), 1.0)})
    reward = gated(behind, by=Fixed(0.5), threshold=0.75)
    score = reward(SAMPLE, ANSWER)
    assert score.value == 0.0
    assert signals_in(score) == {"gate": 0.5, "judge": 0.0}
    assert [signal.kind for signal in signals_of(reward)] == ["Metric", "Reward"]


def test_behind_a_closed_gate_a_part_earned_0_and_a_metric_was_not_measured() -> None:
    reward = gated(weighted({"boxes": (box_count(), 1.0)}), by=Fixed(0.5), threshold=0.75)
    score = reward(Sample("a", (), reference=[]), ANSWER)
    assert parts_in(score) == {"boxes": 0.0}
    assert metrics_in(score) == {"gate": 0.5, "boxes/boxes": None}


def test_a_mean_leaves_out_what_was_not_measured_and_shows_over_how_many_it_goes() -> None:
    rollouts = [
        Rollout(Sample("a", (), reference=[]), Completion(text)) for text in ("no list", "[[0, 0, 1, 1]]", "[]")
    ]
    boxes = evaluate(box_count(), rollouts).summary.signals["boxes"]
    assert (boxes.mean, boxes.count) == (0.5, 2)  # one box and none; the first answer has no number of boxes
    assert str(evaluate(box_count(), rollouts[:1]).summary.signals["boxes"]) == "not measured (n = 0)"


@given(st.dictionaries(st.text(st.characters(exclude_characters="/"), min_size=1), st.none() | st.floats(-9, 9)))
def test_numbers_with_markers_hold_what_was_measured(metrics: dict[str, float | None]) -> None:
    signals = [Signal(name, "Metric") for name in metrics]
    numbers = {
        column.name: value for column, value in zip(columns_of(signals), numbers_of(signals, metrics), strict=True)
    }
    assert all(isinstance(value, float) for value in numbers.values())
    assert without_markers(numbers) == metrics


def test_an_open_gate_shows_the_parts_of_what_is_behind_it() -> None:
    reward = weighted({"content": (gated(product({"a": Fixed(0.5)}), by=Fixed(0.75), threshold=0.75), 2.0)})
    score = reward(SAMPLE, ANSWER)
    assert score.value == 1.0  # 2 x 0.5
    assert signals_in(score) == {"content": 0.5, "content/gate": 0.75, "content/a": 0.5, "content/a/seen": 1.0}


def test_a_threshold_that_no_score_can_reach_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\], got 1.5"):
        gated(Fixed(1), by=Fixed(1), threshold=1.5)


def test_a_penalty_is_cut_at_zero_and_its_range_is_known() -> None:
    reward = clipped(weighted({"a": (Fixed(0.1), 1.0), "long": (Fixed(1.0), -0.5)}))
    assert (value(reward), bounds_of(reward)) == (0.0, Bounds(0.0, 1.0))


def test_a_nan_is_refused_before_anything_can_clamp_it() -> None:
    with pytest.raises(InvalidScoreError):
        clipped(Fixed(math.nan))(SAMPLE, ANSWER)


formulas = st.recursive(
    st.sampled_from(["a", "b", "0.5", "2"]),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner),
        st.builds("{}({})".format, st.sampled_from(["abs", "floor", "ceil", "exp", "-"]), inner),
        st.builds("({} ** 2)".format, inner),
    ),
    max_leaves=5,
)


@given(formulas, shares, shares)
def test_a_formula_stays_within_its_bounds(formula: str, a: float, b: float) -> None:
    try:
        reward = expression(formula, {"a": Fixed(a), "b": Fixed(b)})
    except SpecError as error:  # a tower of exp, or two factors below 0
        assume("exp" not in formula and "two scores below 0" not in str(error))
        raise
    low, high = bounds_of(reward)
    slack = 1e-9 * max(1.0, abs(low), abs(high))
    assert low - slack <= value(reward) <= high + slack


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("a / b", "contains 0; use max"),
        ("log(a)", "no finite value"),
        ("exp(exp(exp(9 * a)))", "no finite value"),
        ("(a - 1) ** 0.5", "whole exponent"),
        ("a ** -1", "exponent of at least 0"),
        ("c + 1", "names 'c', which is no part; parts: a, b"),
        ("a.real", "not allowed"),
        ("__import__('os')", "not allowed"),
        ("[x for x in a]", "not allowed"),
        ("a if b else 0", "not allowed"),
        ("min(a)", "not allowed"),
        ("a +", "cannot read"),
        ("a" * 1001, "at most 1,000"),
        ("True", "not allowed"),
    ],
)
def test_what_is_not_safe_arithmetic_is_refused_when_built(formula: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        expression(formula, {"a": Fixed(1), "b": Fixed(1)})


def test_a_divisor_that_cannot_be_zero_is_allowed() -> None:
    assert value(expression("a / max(b, 0.1)", {"a": Fixed(0.2), "b": Fixed(0.0)})) == pytest.approx(2.0)


def slots_of(name: str) -> dict[str, str]:
    """What the registry's `name` takes rewards by: the keyword, and the name under which a part is reported."""
    return {key: "a" if key == "parts" else key for key in signature(REWARDS[name]).parameters if key in REWARD_KEYS}


REWARD_KEYS = ("by", "parts", "reward")
SLOTS = [(name, key, part) for name in REWARDS for key, part in slots_of(name).items()]
OTHERS = {"threshold": 0.5, "formula": "a + b"}


def built(name: str, slot: str, reward: Reward) -> Reward:
    """The registry's `name` with `reward` in one slot, and sound rewards in the others."""

    def filled(key: str, reward: Reward) -> object:
        both = {"a": reward, "b": Fixed(1.0)}
        if key == "parts":
            return {name: (part, 1.0) for name, part in both.items()} if name == "weighted" else both
        return reward

    names = signature(REWARDS[name]).parameters
    made = {key: OTHERS[key] for key in names if key in OTHERS}
    made |= {key: filled(key, reward if key == slot else Fixed(1.0)) for key in slots_of(name)}  # type: ignore[dict-item]
    return REWARDS[name](**made)


not_scores = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.floats(0, 1)))


@pytest.mark.parametrize(("name", "slot", "part"), SLOTS)
@given(returned=not_scores, outer=st.sampled_from(SLOTS))
def test_a_part_that_returns_no_score_is_named_with_its_line(
    name: str, slot: str, part: str, returned: object, outer: tuple[str, str, str]
) -> None:
    def mine(sample: Sample, completion: Completion) -> object:
        return returned

    line = mine.__code__.co_firstlineno
    reward = built(name, slot, mine)  # type: ignore[arg-type]  # that is the mistake
    for whole in (reward, built(outer[0], outer[1], reward)):
        with pytest.raises(InvalidScoreError) as caught:
            evaluate(whole, [Rollout(SAMPLE, ANSWER)])
        said = str(caught.value)
        assert said.startswith(f"{__file__}:{line}: part {part!r}: a reward returns a Score such as Score(")
        assert said.endswith(f", got {returned!r:.100}")


def test_every_combinator_of_the_registry_is_tried() -> None:
    assert {name for name, _, _ in SLOTS} >= {
        "best_of",
        "clipped",
        "expression",
        "gated",
        "minimum",
        "product",
        "weighted",
    }
