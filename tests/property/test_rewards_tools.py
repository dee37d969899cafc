"""Laws of the tool-call components and of the matching below them."""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations, permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rewards import Completion, Reward, Sample, parameters, sequence, tool_calls, tool_choice
from rewards.comparing.matching import best_pairs, best_total
from rewards.comparing.values import object_similarity

Call = dict[str, object]
scalars = st.one_of(st.booleans(), st.integers(0, 2), st.sampled_from(["a", "b"]))
arguments = st.dictionaries(st.sampled_from(["x", "y", "z"]), scalars, max_size=3)
calls = st.builds(lambda name, given: {"name": name, "arguments": given}, st.sampled_from(["f", "g", "h"]), arguments)
plans = st.lists(calls, max_size=4)
matrices = st.integers(1, 5).flatmap(
    lambda width: st.lists(
        st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.9, 1.0]), min_size=width, max_size=width),
        min_size=1,
        max_size=5,
    )
)
UNORDERED: list[Reward] = [tool_choice(), parameters(), tool_calls()]


def scored(reward: Reward, reference: list[Call], answer: list[Call]) -> float:
    return reward(Sample("s", (), reference=reference), Completion(json.dumps(answer))).value  # type: ignore[arg-type]


def hashable(plan: list[Call]) -> Counter[str]:
    return Counter(json.dumps(call, sort_keys=True) for call in plan)


@given(matrices)
def test_the_assignment_is_as_good_as_trying_every_pairing(similarity: list[list[float]]) -> None:
    tall = len(similarity) > len(similarity[0])
    wide = [list(row) for row in zip(*similarity, strict=True)] if tall else similarity
    by_hand = max(
        sum(wide[row][column] for row, column in enumerate(chosen))
        for chosen in permutations(range(len(wide[0])), len(wide))
    )
    assert best_total(similarity) == pytest.approx(by_hand, abs=1e-12)
    assert sum(similarity[row][column] for row, column in best_pairs(similarity)) == pytest.approx(by_hand, abs=1e-12)


@given(matrices)
def test_no_row_and_no_column_is_paired_twice(similarity: list[list[float]]) -> None:
    pairs = best_pairs(similarity)
    assert len(pairs) == min(len(similarity), len(similarity[0]))
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)


@given(plans)
def test_the_reference_itself_scores_1(plan: list[Call]) -> None:
    for reward in (*UNORDERED, sequence()):
        assert scored(reward, plan, plan) == 1.0


@given(plans, plans)
def test_tool_calls_is_1_only_where_the_calls_are_equal_up_to_order(reference: list[Call], answer: list[Call]) -> None:
    assert (scored(tool_calls(), reference, answer) == 1.0) == (hashable(reference) == hashable(answer))


@given(plans, plans, st.randoms(use_true_random=False))
def test_the_order_of_calls_does_not_matter_where_it_was_not_asked_for(reference, answer, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = random.sample(answer, len(answer))
    for reward in UNORDERED:
        assert scored(reward, reference, answer) == pytest.approx(scored(reward, reference, shuffled), abs=1e-12)


@given(plans, plans)
def test_tool_calls_is_a_mean_of_tool_choice_and_parameters(reference: list[Call], answer: list[Call]) -> None:
    choice, right = scored(tool_choice(), reference, answer), scored(parameters(), reference, answer)
    assert scored(tool_calls(), reference, answer) == pytest.approx(0.2 * choice + 0.8 * right, abs=1e-12)
    assert right <= choice


@given(plans, plans)
def test_sequence_is_never_above_tool_choice(reference: list[Call], answer: list[Call]) -> None:
    assert scored(sequence(), reference, answer) <= scored(tool_choice(), reference, answer)


@given(plans, plans)
def test_sequence_with_one_stage_for_all_tools_is_tool_choice(reference: list[Call], answer: list[Call]) -> None:
    free = sequence(stages=[["f", "g", "h"]])
    assert scored(free, reference, answer) == scored(tool_choice(), reference, answer)


@given(plans, plans)
def test_a_call_of_an_unknown_tool_never_raises_and_lowers_once_there_are_enough(reference, answer) -> None:  # type: ignore[no-untyped-def]
    more = [*answer, {"name": "unknown", "arguments": {}}]
    for reward in (tool_choice(), tool_calls(), sequence()):
        before, after = scored(reward, reference, answer), scored(reward, reference, more)
        assert after <= before
        if len(answer) >= len(reference) and before > 0:
            assert after < before


@given(plans.filter(bool), st.integers(2, 5))
def test_repeating_the_right_answer_pays_one_over_the_number_of_repetitions(plan: list[Call], times: int) -> None:
    assert scored(tool_calls(), plan, plan * times) == pytest.approx(1 / times)


@given(calls, calls, st.sampled_from(["x", "y", "z"]))
def test_setting_an_argument_to_its_reference_never_lowers(reference: Call, answer: Call, key: str) -> None:
    wanted, given_ = dict(reference["arguments"]), dict(answer["arguments"])  # type: ignore[call-overload]
    repaired = {**given_, key: wanted[key]} if key in wanted else {k: v for k, v in given_.items() if k != key}
    before = scored(tool_calls(), [reference], [{**answer, "arguments": given_}])
    assert scored(tool_calls(), [reference], [{**answer, "arguments": repaired}]) >= before


@given(calls, calls)
def test_the_order_of_keys_does_not_matter(reference: Call, answer: Call) -> None:
    turned = dict(reversed(answer.items())) | {"arguments": dict(reversed(answer["arguments"].items()))}  # type: ignore[attr-defined]
    assert scored(tool_calls(), [reference], [turned]) == scored(tool_calls(), [reference], [answer])


@given(calls, st.sampled_from(["x", "y"]), st.lists(scalars, min_size=1, max_size=3), scalars, scalars)
def test_accepting_one_more_value_never_lowers(call, key, accepted, more, given_) -> None:  # type: ignore[no-untyped-def]
    def reference(values: list[object]) -> Call:
        return {**call, "arguments": {**call["arguments"], key: {"$any_of": values}}}

    answer = {**call, "arguments": {**call["arguments"], key: given_}}
    narrow = scored(tool_calls(), [reference(accepted)], [answer])
    assert scored(tool_calls(), [reference([*accepted, more])], [answer]) >= narrow


@given(calls, scalars)
def test_an_optional_argument_is_worth_nothing_and_can_only_cost(call: Call, value: object) -> None:
    wanted = {**call["arguments"], "o": {"$any_of": [1], "$optional": True}}  # type: ignore[dict-item]
    reference = [{**call, "arguments": wanted}]
    absent, right = scored(tool_calls(), reference, [call]), {**call, "arguments": {**call["arguments"], "o": 1}}  # type: ignore[dict-item]
    assert scored(tool_calls(), reference, [right]) == absent == 1.0
    given_ = {**call, "arguments": {**call["arguments"], "o": value}}  # type: ignore[dict-item]
    assert scored(tool_calls(), reference, [given_]) <= absent


beliefs = st.lists(st.tuples(st.lists(calls, max_size=2), st.integers(1, 5)), min_size=1, max_size=4)


@given(beliefs, st.lists(calls, min_size=3, max_size=4))
def test_hedging_never_pays(belief: list[tuple[list[Call], int]], answer: list[Call]) -> None:
    """An answer longer than any possible reference is never better than its best part of the length of the longest."""
    longest = max(len(reference) for reference, _ in belief)

    def expected(plan: list[Call]) -> float:
        return sum(weight * scored(tool_calls(), reference, plan) for reference, weight in belief)

    parts = [list(chosen) for chosen in combinations(answer, longest)]
    assert expected(answer) <= max(map(expected, parts)) + 1e-9


accepted = st.integers(0, 1) | st.fixed_dictionaries({"$any_of": st.just([0])}, optional={"$optional": st.just(True)})
wanted_arguments = st.dictionaries(st.sampled_from("abcd"), accepted, max_size=3)
given_arguments = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 1), min_size=1)


@given(st.lists(st.tuples(wanted_arguments, st.integers(1, 5)), min_size=1, max_size=4), given_arguments)
def test_more_arguments_than_any_reference_never_pay(belief, answer) -> None:  # type: ignore[no-untyped-def]
    """A call of more arguments than any possible one is never better than its best part of one argument less."""
    assume(len(answer) > max(len(reference) for reference, _ in belief))

    def expected(arguments: dict[str, object]) -> float:
        made: list[Call] = [{"name": "f", "arguments": arguments}]
        return sum(
            weight * scored(tool_calls(), [{"name": "f", "arguments": wanted}], made) for wanted, weight in belief
        )

    shorter = [{key: value for key, value in answer.items() if key != gone} for gone in answer]
    assert expected(answer) <= max(map(expected, shorter)) + 1e-9


same_tool = st.lists(st.dictionaries(st.sampled_from("ab"), st.integers(0, 2), max_size=2), max_size=4)


@given(same_tool, same_tool)
def test_calls_to_one_tool_earn_what_their_best_pairing_earns(
    made: list[dict[str, int]], wanted: list[dict[str, int]]
) -> None:
    def plan(each: list[dict[str, int]]) -> list[Call]:
        return [{"name": "f", "arguments": arguments} for arguments in each]

    def earned(one: dict[str, int], other: dict[str, int]) -> float:
        return object_similarity(*((one, other) if made is few else (other, one)), key_credit=0.1)  # type: ignore[arg-type]  # JSON

    few, many = sorted((made, wanted), key=len)
    by_hand = max(sum(map(earned, few, order)) for order in permutations(many, len(few)))
    assert scored(parameters(), plan(wanted), plan(made)) == pytest.approx(by_hand / len(many) if many else 1.0)
