"""Size and cost: what is known is computed, what is not is unknown."""

import pytest

from recipes import Context, GraderFacts, estimate, nova_lite_2_rft_lora, nova_lite_2_rft_lora_hyperpod, official
from recipes.checking.prices import Price, price_table


def test_tokens_and_answers_follow_from_steps_batch_and_length():
    sized = estimate(nova_lite_2_rft_lora(max_steps=10))
    assert (sized.answers, sized.generated_tokens) == (10 * 64, 10 * 64 * 6000)


def test_a_hyperpod_step_takes_four_batches():
    assert estimate(nova_lite_2_rft_lora_hyperpod(max_steps=1)).answers == 4 * 256


def test_hyperpod_counts_every_role_and_at_least_eight_machines():
    assert estimate(nova_lite_2_rft_lora_hyperpod()).instances == 8
    assert estimate(nova_lite_2_rft_lora_hyperpod(replicas=16)).instances == 16 + 2 + 1


def test_ppo_counts_five_models():
    assert estimate(official("nova_pro_1_0_p5_gpu_ppo").recipe()).instances == 6 + 1 + 1 + 2 + 1


def test_cost_is_instance_hours_times_a_price_range():
    prices = {"ml.p5.48xlarge": Price(10, 20, "made up", "2026-01-01")}
    assert estimate(nova_lite_2_rft_lora(), hours=2.5, prices=prices).usd == (4 * 2.5 * 10, 4 * 2.5 * 20)


def test_hours_follow_from_a_measured_step():
    assert estimate(nova_lite_2_rft_lora(max_steps=100), seconds_per_step=36).hours == pytest.approx(1)


def test_grading_takes_rounds_of_as_many_calls_as_may_be_in_flight():
    grader = GraderFacts(seconds_per_answer=0.5)
    sized = estimate(nova_lite_2_rft_lora(), context=Context(grader=grader))
    assert sized.grader_seconds_per_step == 6 * 0.5  # 64 answers, 12 at once


def test_what_nobody_tells_is_unknown():
    rows = dict(estimate(official("nova_pro_1_0_r5_cpu_distill").recipe()).rows())
    assert {rows[key] for key in ("steps", "hours", "USD", "USD per instance-hour")} == {"unknown"}


def test_prices_are_dated_ranges_with_a_source():
    for price in price_table().values():
        assert 0 < price.low <= price.high
        assert price.basis
        assert price.read.startswith("20")
