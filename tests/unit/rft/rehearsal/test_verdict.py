"""A verdict for each way in which a training can go."""

from dataclasses import replace
from random import Random

import pytest

from rft.rehearsal.alarms import THRESHOLDS
from rft.rehearsal.groups import Scored, judged
from rft.rehearsal.verdict import MEANING, verdict

STEPS, PROMPTS, SIZE = 18, 8, 6


def training(worth, seed="verdict", **facts):
    """Groups of a training: `worth(step, rng)` is the reward and the true metric of one completion."""
    rng = Random(seed)
    groups = []
    for step in range(1, STEPS + 1):
        for prompt in range(PROMPTS):
            drawn = [worth(step, rng) for _ in range(SIZE)]
            rollouts = [Scored(p, t, n, 10.0, **facts) for n, (p, t) in enumerate(drawn)]
            groups.append(judged(step, prompt, rollouts))
    return groups


def honest(step, rng):
    right = float(rng.random() < 0.3 + 0.03 * step)
    return right, right


def cheated(step, rng):
    """A trick that earns 1 and is worth nothing becomes common from step 7 on."""
    if rng.random() < 0.05 + 0.07 * max(0, step - 6):
        return 1.0, 0.0
    return honest(1, rng)


def padded(step, rng):
    """Most of the reward is for length, which grows; being right is learnt a little too."""
    right, long = float(rng.random() < 0.3 + 0.005 * step), min(1.0, 0.03 * step + 0.9 * rng.random())
    return 0.2 * right + 0.8 * long, right


CASES = {
    "LEARNABLE": training(honest),
    "HACKED": training(cheated),
    "GAP WIDENING": training(padded),
    "FLAT": training(lambda step, rng: honest(1, rng)),
    "DEAD": training(lambda step, rng: (0.0, float(rng.random() < 0.5))),
    "TRUNCATING": training(honest, cut=1.0),
}


def test_every_word_has_a_case():
    assert CASES.keys() == MEANING.keys()


@pytest.mark.parametrize("word", CASES)
def test_each_kind_of_training_gets_its_word(word):
    assert verdict(CASES[word], []).word == word


def test_the_onset_of_a_trick_is_found_within_three_steps():
    found = verdict(CASES["HACKED"], [])
    assert found.onset is not None
    assert abs(found.onset - 8) <= 3  # it begins to spread after step 6, and has a tenth of its share at step 8


def test_a_warning_comes_before_half_of_the_gap_has_opened():
    first = verdict(CASES["HACKED"], []).alarms[0]
    assert first.step < 13  # by then half of the completions are the trick


@pytest.mark.parametrize("seed", range(20))
def test_honest_training_is_never_called_hacked(seed):
    found = verdict(training(honest, str(seed)), [])
    assert found.word == "LEARNABLE"
    assert not found.alarms


def test_the_rollouts_of_few_steps_predict_from_agreement_alone():
    few = [one for one in CASES["HACKED"] if one.step <= 2]
    assert verdict(few, []).word == "LEARNABLE"  # the trick is too rare yet to tell
    late = [replace_step(one) for one in CASES["HACKED"] if one.step > 12]
    assert verdict(late, []).word == "GAP WIDENING"


def replace_step(one):
    return one._replace(step=1)


def test_a_reward_at_its_top_is_flat_and_not_dead():
    found = verdict(training(lambda step, rng: (1.0, 1.0)), [])
    assert (found.word, "nothing is left to gain" in found.reasons[0]) == ("FLAT", True)


def test_a_reward_that_is_always_one_is_dead_where_the_true_metric_knows_better():
    assert verdict(training(lambda step, rng: (1.0, float(rng.random() < 0.5))), []).word == "DEAD"


def test_without_groups_there_is_no_verdict():
    with pytest.raises(ValueError, match="nothing to compare"):
        verdict([], [])


def test_what_the_grader_could_not_judge_is_told_and_much_of_it_is_fatal():
    few = verdict(CASES["LEARNABLE"], [], ungradable=0.1)
    assert (few.word, few.is_good, "10.0% of the rollouts" in few.notes[0]) == ("LEARNABLE", False, True)
    assert verdict([], [], ungradable=0.6).word == "DEAD"


def test_what_is_not_known_is_null_for_machines():
    found = verdict(training(lambda step, rng: (honest(step, rng)[0], float("nan"))), []).to_json()
    assert found["numbers"]["agreement"]["value"] is None


def test_thresholds_are_a_value():
    assert verdict(CASES["TRUNCATING"], [], replace(THRESHOLDS, truncated=2.0)).word == "LEARNABLE"
