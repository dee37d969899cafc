import pytest

from lambda_package.errors import CapacityError
from lambda_package.sizing import payload_warnings, recommend
from lambda_package.verify import Measured
from rewards.audit import StepPlan


def measured(batch_s: float = 0.064, peak_memory_mb: float = 50.0) -> Measured:
    return Measured(cold_s=0.1, warm_s=0.001, batch_s=batch_s, peak_memory_mb=peak_memory_mb)


def test_a_quick_grader_gets_one_cpu_and_five_minutes():
    recommendation = recommend(measured(), StepPlan())
    assert (recommendation.memory_mb, recommendation.timeout_s) == (1769, 300)


def test_concurrency_is_what_the_recipe_will_use():
    assert recommend(measured(), StepPlan(concurrency=100)).reserved_concurrency == 100


def test_a_hungry_grader_gets_twice_its_peak():
    assert recommend(measured(peak_memory_mb=1000), StepPlan()).memory_mb == 2000


def test_the_timeout_covers_a_batch_three_times_over():
    # 0.1 s cold + 3 x 128 samples x 1.5 s = 576.1 s, rounded up to half a minute
    assert recommend(measured(batch_s=96.0), StepPlan(samples=256, batch=128)).timeout_s == 600


def test_a_batch_that_cannot_end_in_15_minutes_is_refused_with_one_that_can():
    # 0.1 s + 3 x 128 x 5 s = 1920.1 s; 128 x 900 / 1920.1 = 59.9
    with pytest.raises(CapacityError, match="lambda_batch_size to 59"):
        recommend(measured(batch_s=320.0), StepPlan(samples=256, batch=128))


def test_a_grader_that_no_function_can_hold_is_refused():
    with pytest.raises(CapacityError, match="10240 MB"):
        recommend(measured(peak_memory_mb=6000), StepPlan())


def test_the_arithmetic_is_shown():
    text = "\n".join(recommend(measured(), StepPlan(samples=2048, batch=64, concurrency=12)).arithmetic)
    assert "3 wave(s) x 64 samples" in text  # 2048 / 64 = 32 invocations, 12 at a time


@pytest.mark.parametrize(("batch", "warned"), [(128, True), (127, False)])
def test_a_batch_that_may_exceed_6_mb_is_warned_of(batch: int, warned: bool):
    # 128 x 8192 tokens x 6 bytes = 6,291,456 bytes, Lambda's limit to the byte
    assert bool(payload_warnings(StepPlan(samples=256, batch=batch, max_new_tokens=8192))) is warned


def test_a_step_smaller_than_a_batch_is_what_counts():
    assert payload_warnings(StepPlan(samples=64, batch=128, max_new_tokens=8192)) == []
