"""Weightings of one reward's parts on the same rollouts, and how a sweep is written."""

import json
from math import comb
from random import Random

import pytest

from rewards.components.text import exact_match
from rft.errors import RftError
from rft.rehearsal.reading import read_evidence
from rft.rehearsal.sweep import compared_weightings, lines_of_weightings, swept, weightings
from rft.rehearsal.truth import Truth

EXACT = Truth("exact_match", exact_match())


def rollouts(path, parts):
    """Graded rollouts: `parts` makes those of a right or wrong completion."""
    rng = Random("sweep")
    with path.open("w", encoding="utf-8") as file:
        for prompt in range(30):
            for sample in range(6):
                right = rng.random() < 0.5
                turns = [
                    {"role": "user", "content": "?"},
                    {"role": "assistant", "content": "yes" if right else f"no {sample}"},
                ]
                record = {"rollout_version": 1, "row_id": f"q{prompt}", "sample": sample, "messages": turns}
                given = parts(right, rng)
                record |= {"score": sum(given.values()) / 3, "parts": given, "reference_answer": "yes"}
                file.write(json.dumps(record) + "\n")
    return path


def test_there_are_as_many_weightings_as_ways_to_share_out_four_quarters():
    for parts in range(2, 6):
        made = list(weightings([str(n) for n in range(parts)]))
        assert len(made) == comb(4 + parts - 1, parts - 1)
        assert all(sum(one.values()) == 1 for one in made)


def test_the_part_that_is_right_wins_over_noise_and_over_a_part_that_is_wrong(tmp_path):
    file = rollouts(
        tmp_path / "rollouts.jsonl",
        lambda right, rng: {"right": float(right), "noise": rng.random(), "wrong": float(not right)},
    )
    found = compared_weightings(read_evidence((file,), EXACT))
    assert found[0].weights["right"] > 0.5
    assert found[0].agreement.value == pytest.approx(1)
    assert found[-1].weights["wrong"] > 0.5 or found[-1].agreement.units == 0
    half = next(one for one in found if one.weights == {"right": 0.5, "noise": 0.0, "wrong": 0.5})
    assert half.zero_std_groups == 1  # the two cancel out
    assert len(list(lines_of_weightings(found))) == 12


@pytest.mark.parametrize(("parts", "truth"), [({"one": 1.0}, EXACT), ({"a": 1.0, "b": 0.0}, None)])
def test_what_cannot_be_compared_is_refused(tmp_path, parts, truth):
    evidence = read_evidence((rollouts(tmp_path / "rollouts.jsonl", lambda right, rng: parts),), truth)
    with pytest.raises(RftError, match="weightings"):
        compared_weightings(evidence)


@pytest.mark.parametrize("text", ["group", "groups=2", "group=two", "top_k=1.5", "=3"])
def test_a_sweep_that_cannot_be_read_says_how_it_is_written(text):
    with pytest.raises(RftError, match=r"sweep is written|must be numbers"):
        swept(text)
