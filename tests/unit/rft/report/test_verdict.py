"""The verdict: what is said follows from the intervals."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from estimators.results.compare import Difference
from rft.report.judged import Numbered
from rft.report.penalties import penalties_in
from rft.report.verdict import Gain, Signs, rows_needed, verdict_of

ends = st.floats(-1, 1, allow_nan=False)
differences = st.tuples(ends, ends, ends).map(sorted).map(lambda e: Difference(e[1], e[0], e[2], 3, 2, 5))
MEANS = {"SFT": {"score": 0.542}, "RFT": {"score": 0.474}}


def gain(difference: Difference, **more: object) -> Gain:
    return Gain("SFT", "RFT", "greedy", difference, **more)  # type: ignore[arg-type]  # a field by its name


@given(differences, st.booleans())
def test_a_difference_is_told_once_and_by_its_interval(found: Difference, is_judged: bool) -> None:
    verdict = verdict_of([gain(found, is_judged=is_judged)], MEANS)
    clear = is_judged and (found.low > 0 or found.high < 0)
    assert len(verdict.better) == (clear and found.mean > 0)
    assert len(verdict.worse) == (clear and found.mean < 0)
    assert len(verdict.unsure) == (is_judged and not clear)


def test_a_score_that_fell_is_worse_and_must_not_ship() -> None:
    verdict = verdict_of([gain(Difference(-0.068, -0.1, -0.03, 5, 40, 95))], MEANS)
    assert verdict.worse == ("RFT over SFT: score fell by 0.068 (0.030 to 0.100) to 0.474; greedy.",)
    assert verdict.better == ()
    assert verdict.next_steps[0].startswith("RFT over SFT: do not ship it as it is")


@given(st.lists(differences, max_size=9))
def test_each_pair_of_models_is_told_once_in_words(found: list[Difference]) -> None:
    said = {"better": "RFT is better than SFT.", "worse": "RFT is worse than SFT."}
    gains = [gain(one) for one in found]
    first = [said.get(one.direction, "Whether RFT is better than SFT is open.") for one in gains[:1]]
    assert list(verdict_of(gains, MEANS).lead) == first


def test_an_open_difference_says_how_many_rows_would_settle_it() -> None:
    found = Difference(0.02, -0.02, 0.06, 10, 8, 82)
    assert rows_needed(found) == 400  # 100 rows x (0.04 / 0.02) ** 2
    assert "about 400 held-out rows" in verdict_of([gain(found)], MEANS).next_steps[0]


def test_equal_rows_need_no_count_of_rows() -> None:
    assert rows_needed(Difference(0.0, 0.0, 0.0, 0, 0, 9)) is None
    assert "the same on every row" in verdict_of([gain(Difference(0.0, 0.0, 0.0, 0, 0, 9))], MEANS).unsure[0]


def test_the_signs_of_a_run_become_next_steps() -> None:
    signs = Signs(
        cut={"base": 1.0, "RFT": 0.2}, faults={"ungradable": 0.1, "timed_out": 0.0}, flat_groups=0.75, reward_rise=0.04
    )
    said = " ".join(verdict_of([], MEANS, signs=signs).next_steps)
    for expected in ("could not judge", "20% of RFT's completions", "75% of the groups", "rose, by 0.040"):
        assert expected in said
    assert "base" not in said  # nobody trains it anew
    assert verdict_of([], MEANS).next_steps == ()


def test_the_weakest_part_is_named_where_it_is_not_solved() -> None:
    gains = [gain(Difference(0.1, 0.05, 0.2, 9, 0, 0), metric=name) for name in ("score", "names", "values")]
    means = {"SFT": {"names": 0.1}, "RFT": {"score": 0.5, "names": 0.9, "values": 0.6}}
    assert verdict_of(gains, means).next_steps == (
        "The weakest part of RFT is values with 0.600: read its completions with a low values.",
    )


def test_many_sentences_are_cut_and_say_so() -> None:
    gains = [gain(Difference(0.1, 0.05, 0.2, 9, 0, 0), metric=f"part {n}") for n in range(20)]
    better = verdict_of(gains, MEANS).better
    assert len(better) == 6
    assert better[-1] == "15 more are in the tables below."


@given(differences)
def test_a_penalty_is_better_where_it_falls_and_is_never_called_a_weak_part(found: Difference) -> None:
    means = {"SFT": {"score": 0.5, "waste": 0.2}, "RFT": {"score": 0.6, "waste": 0.0}}
    judged, penalty = gain(found, metric="waste"), gain(found, metric="waste", is_penalty=True)
    opposite = {"better": "worse", "worse": "better", "open": "open"}
    assert penalty.direction == opposite[judged.direction]
    assert penalty.won == judged.won[::-1]
    said = verdict_of([penalty], means)
    assert all("waste (a penalty)" in sentence for sentence in (*said.better, *said.worse, *said.unsure))
    assert not any("weakest" in step or "low waste" in step for step in said.next_steps)


@given(st.lists(st.sampled_from([-1.5, -0.25, 0.5, 1.0, 2.0]), min_size=1, max_size=4), st.integers(0, 999))
def test_penalties_are_found_from_the_scores_of_a_weighted_sum(weights: list[float], seed: int) -> None:
    random = Random(seed)
    rows: list[Numbered] = []
    for line in range(40):
        parts = {f"p{place}": random.random() for place in range(len(weights))}
        score = sum(weight * part for weight, part in zip(weights, parts.values(), strict=True))
        rows.append((line, {"score": score, "parts": {**parts, "p0/below": 1 - parts["p0"]}}))
    assert penalties_in(rows) == {f"p{place}" for place, weight in enumerate(weights) if weight < 0}


def test_of_a_score_that_is_no_sum_no_part_is_called_a_penalty() -> None:
    rows: list[Numbered] = [
        (n, {"score": float(n % 2 == 0 and n % 3), "parts": {"a": n % 2, "b": n % 5, "c": n % 3}}) for n in range(30)
    ]
    assert penalties_in(rows) == frozenset()
