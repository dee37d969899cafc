"""Laws of the components for boxes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rewards import BoxFormat, Completion, Reward, Sample, UngradableError, box_count, box_iou, coverage
from rewards.components.boxes import Box, iou

corner = st.integers(0, 20)
corners = st.tuples(corner, corner, st.integers(1, 10), st.integers(1, 10)).map(
    lambda c: [c[0], c[1], c[0] + c[2], c[1] + c[3]]
)
boxes = st.builds(lambda box, label: {"bbox": box, "label": label}, corners, st.sampled_from(["ship", "car"]))
many = st.lists(boxes, max_size=4)


IOU = box_iou()


def scored(reference: object, answer: object, reward: Reward = IOU) -> float:
    value: float = reward(Sample("s", (), reference=reference), Completion(json.dumps(answer))).value  # type: ignore[arg-type]
    return value


@given(many, st.randoms(use_true_random=False))
def test_the_same_boxes_in_any_order_score_1(reference, random) -> None:  # type: ignore[no-untyped-def]
    assert scored(reference, random.sample(reference, len(reference))) == pytest.approx(1.0, abs=1e-12)


@given(boxes, boxes)
def test_one_box_scores_its_overlap(reference, answer) -> None:  # type: ignore[no-untyped-def]
    same = reference["label"] == answer["label"]
    overlap = iou(Box(*reference["bbox"]), Box(*answer["bbox"])) if same else 0.0
    assert scored([reference], [answer]) == overlap


@given(many, many, st.integers(1, 7), st.integers(-50, 50))
def test_moving_and_scaling_both_sides_changes_nothing(reference, answer, factor, shift) -> None:  # type: ignore[no-untyped-def]
    def moved(items):  # type: ignore[no-untyped-def]
        return [{**item, "bbox": [factor * c + shift for c in item["bbox"]]} for item in items]

    assert scored(moved(reference), moved(answer)) == pytest.approx(scored(reference, answer), abs=1e-9)


@given(many.filter(bool), boxes)
def test_repeating_a_box_or_adding_one_elsewhere_lowers_a_right_answer(reference, box) -> None:  # type: ignore[no-untyped-def]
    away = {**box, "bbox": [c + 1000 for c in box["bbox"]]}
    assert scored(reference, [*reference, reference[0]]) < 1.0
    assert scored(reference, [*reference, away]) == pytest.approx(len(reference) / (len(reference) + 1))


@given(corners, corners, st.integers(0, 3))
def test_setting_one_coordinate_to_its_reference_never_lowers(reference, answer, side) -> None:  # type: ignore[no-untyped-def]
    repaired = [reference[i] if i == side else c for i, c in enumerate(answer)]
    if repaired[0] < repaired[2] and repaired[1] < repaired[3]:
        assert scored([reference], [repaired]) >= scored([reference], [answer]) - 1e-12


@pytest.mark.parametrize(
    "junk",
    [
        [0, 0, 0, 5],
        [5, 5, 0, 0],
        [1e9, 1e9, -1e9, -1e9],
        [True, 0, 1, 1],
        ["0", 0, 1, 1],
        [0, 0, 1],
        {},
        None,
        "box",
        7,
    ],
)
def test_what_is_no_box_takes_a_place_and_earns_nothing(junk: object) -> None:
    reference = [{"bbox": [0, 0, 1, 1], "label": ""}]
    assert scored(reference, [junk]) == 0.0
    assert scored(reference, [*reference, junk]) == 0.5


def test_a_threshold_makes_a_weak_overlap_worth_nothing() -> None:
    reference, half = [[0, 0, 10, 10]], [[0, 0, 10, 5]]
    assert scored(reference, half) == 0.5
    assert scored(reference, half, box_iou(threshold=0.6)) == 0.0


def test_an_answer_on_the_nova_scale_is_compared_with_pixels() -> None:
    sample = Sample("s", (), reference=[[10, 10, 20, 40]], metadata={"width": 100, "height": 200})
    reward = box_iou(boxes=BoxFormat(scale=1000))
    assert reward(sample, Completion("[[100, 50, 200, 200]]")).value == pytest.approx(1.0)
    with pytest.raises(UngradableError, match="width"):
        reward(Sample("s", (), reference=[[10, 10, 20, 40]]), Completion("[]"))


ONE = [0, 0, 1, 1]


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_the_count_falls_away_from_the_range_on_both_sides(low: int, width: int, count: int) -> None:
    reward = box_count(low=low, high=low + width)

    def of(k: int) -> float:
        return scored([], [ONE] * k, reward)

    assert of(low) == of(low + width) == 1.0
    if count < low:
        assert of(count) <= of(count + 1)
    if count >= low + width:
        assert of(count) >= of(count + 1)


def test_a_crowd_asks_for_few_boxes() -> None:
    reward = box_count(crowd=3, crowd_high=2)
    assert scored([ONE] * 4, [ONE] * 2, reward) == 1.0  # 4 > 3: one or two boxes
    assert scored([ONE] * 4, [ONE] * 4, reward) == 0.5  # 2 / 4
    assert scored([ONE] * 3, [ONE] * 3, reward) == 1.0  # not a crowd: as many as there are


@given(
    st.integers(0, 5), st.integers(0, 5), st.integers(1, 5), st.sampled_from(["junk", 3, [0, 0, 0, 0], {"label": "a"}])
)
def test_what_is_no_box_counts_for_nothing_and_takes_a_place(low: int, boxes: int, junk: int, entry: Any) -> None:
    reward = box_count(low=low, high=low + 1)
    alone, beside = scored([], [ONE] * boxes, reward), scored([], [ONE] * boxes + [entry] * junk, reward)
    assert beside <= alone
    assert beside < 1.0
    assert scored([], [entry] * junk, reward) == 0.0
    with pytest.raises(UngradableError, match="must be a list of boxes"):
        scored([entry], [ONE], box_count())


@given(st.lists(corners, min_size=1, max_size=5), st.integers(2, 5))
def test_coverage_pays_for_the_crowd_and_not_for_the_whole_image(crowd, factor) -> None:  # type: ignore[no-untyped-def]
    x1, y1 = min(c[0] for c in crowd), min(c[1] for c in crowd)
    x2, y2 = max(c[2] for c in crowd), max(c[3] for c in crowd)
    assert scored(crowd, [[x1, y1, x2, y2]], coverage()) == pytest.approx(1.0)
    wide = [[x1, y1, x1 + factor * (x2 - x1), y1 + factor * (y2 - y1)]]
    assert scored(crowd, wide, coverage()) == pytest.approx(1 / factor**2)


entries = corners | st.just([5, 5, 5, 5]) | st.sampled_from([None, "box", [1, 2], [0, 0, 1e12, 1]])
crowds = st.lists(corners, min_size=1, max_size=5)


def is_useless(crowd, entry) -> bool:  # type: ignore[no-untyped-def]
    return scored(crowd, [entry], coverage()) == 0.0


@given(crowds, st.lists(entries, min_size=1, max_size=5), corners, st.integers(0, 4))
def test_any_box_in_the_place_of_a_useless_entry_never_lowers_coverage(crowd, answer, box, place) -> None:  # type: ignore[no-untyped-def]
    place %= len(answer)
    assume(is_useless(crowd, answer[place]))
    repaired = [*answer[:place], box, *answer[place + 1 :]]
    assert scored(crowd, repaired, coverage()) >= scored(crowd, answer, coverage()) - 1e-12


@given(crowds, corners, st.integers(0, 3))
def test_setting_a_coordinate_of_the_box_around_all_right_never_lowers_coverage(crowd, box, side) -> None:  # type: ignore[no-untyped-def]
    right = [*(min(c[i] for c in crowd) for i in (0, 1)), *(max(c[i] for c in crowd) for i in (2, 3))]
    repaired = [right[i] if i == side else c for i, c in enumerate(box)]
    if repaired[0] < repaired[2] and repaired[1] < repaired[3]:
        assert scored(crowd, [repaired], coverage()) >= scored(crowd, [box], coverage()) - 1e-12


@given(crowds, st.lists(entries, max_size=4), st.lists(entries, min_size=1, max_size=3))
def test_useless_entries_cost_coverage(crowd, answer, more) -> None:  # type: ignore[no-untyped-def]
    useless = [entry for entry in more if is_useless(crowd, entry)]
    before = scored(crowd, answer, coverage())
    after = scored(crowd, [*answer, *useless], coverage())
    assert after < before or before == 0 or not useless


def test_boxes_around_two_groups_earn_as_much_as_their_share_of_the_ground() -> None:
    crowd = [[0, 0, 2, 2], [8, 0, 10, 2]]
    assert scored(crowd, crowd, coverage()) == 1.0  # two tight boxes
    assert scored(crowd, [[0, 0, 10, 2]] * 2, coverage()) == 0.5  # the ground is taken twice
    assert scored(crowd, [[0, 0, 10, 2], None], coverage()) == 0.5  # 1 / (1 + 1 useless)
    assert scored(crowd, [[0, 0, 2, 4], [8, 0, 10, 2]], coverage()) == pytest.approx(0.75)  # (1/2 + 1) / 2


def test_no_target_and_no_box_is_covered() -> None:
    assert (scored([], [], coverage()), scored([], [[0, 0, 1, 1]], coverage())) == (1.0, 0.0)
