"""Recommended memory, timeout and concurrency of a grader, from measurements and the recipe's batch."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lambda_package.durations import in_words
from lambda_package.errors import CapacityError
from lambda_package.runtime.emulator import MAX_PAYLOAD_BYTES
from lambda_package.verify import Measured
from rewards.audit import StepPlan

ONE_CPU_MB = 1769  # AWS Lambda developer guide, "Configure Lambda function memory": one vCPU at 1,769 MB
MAX_MEMORY_MB = 10_240
MAX_TIMEOUT_S = 900
_RULE_TIMEOUT_S = 300  # what AWS's own samples give a reward function
_SAFETY = 3.0
_BYTES_PER_TOKEN = 6  # a token of Chinese text, escaped as \\uXXXX


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Settings for the function, the arithmetic behind each, and warnings."""

    memory_mb: int
    timeout_s: int
    reserved_concurrency: int
    arithmetic: tuple[str, ...]
    warnings: tuple[str, ...]


def recommend(measured: Measured, step: StepPlan) -> Recommendation:
    """Recommend settings for a grader with the `measured` times in the planned training step.

    Raises `CapacityError` where a batch cannot be graded within Lambda's 15 minutes.

    >>> quick = Measured(cold_s=0.06, warm_s=0.001, batch_s=0.0064, peak_memory_mb=40)
    >>> recommend(quick, StepPlan()).timeout_s
    300
    """
    memory_mb = _memory_mb(measured)
    batch = min(step.batch, step.samples)
    grading_s = batch * measured.per_sample_s
    timeout_s = _timeout_s(measured.cold_s + _SAFETY * grading_s, batch)
    waves = math.ceil(math.ceil(step.samples / batch) / step.concurrency)
    return Recommendation(
        memory_mb=memory_mb,
        timeout_s=timeout_s,
        reserved_concurrency=step.concurrency,
        arithmetic=(
            f"memory {memory_mb} MB = max(2 x {measured.peak_memory_mb:.0f} MB measured, {ONE_CPU_MB} MB for one vCPU)",
            f"timeout {timeout_s} s >= {in_words(measured.cold_s)} cold + {_SAFETY:g} x {batch} samples "
            f"x {in_words(measured.per_sample_s)}, and no less than {_RULE_TIMEOUT_S} s",
            f"reserved concurrency {step.concurrency} = lambda_concurrency_limit of the recipe",
            f"a step of {step.samples} samples: {waves} wave(s) x {batch} samples = {in_words(waves * grading_s)}",
        ),
        warnings=tuple(payload_warnings(step, measured.row_bytes)),
    )


def payload_warnings(step: StepPlan, row_bytes: int = 0) -> list[str]:
    """Warnings if a full batch of the longest completions may exceed Lambda's payload limit.

    `row_bytes` is the largest row without its answer.

    >>> payload_warnings(StepPlan(samples=256, batch=128, max_new_tokens=8192))[0][:55]
    '128 samples x (8192 tokens x 6 bytes + 0 bytes of promp'
    """
    batch = min(step.batch, step.samples)
    sample_bytes = step.max_new_tokens * _BYTES_PER_TOKEN + row_bytes
    if batch * sample_bytes < MAX_PAYLOAD_BYTES:
        return []
    fits = (MAX_PAYLOAD_BYTES - 1) // sample_bytes
    return [
        f"{batch} samples x ({step.max_new_tokens} tokens x {_BYTES_PER_TOKEN} bytes + {row_bytes} bytes of prompt) "
        f"= {batch * sample_bytes / 2**20:.1f} MB, and Lambda takes 6 MB a call; {fits} samples a call fit"
    ]


def _memory_mb(measured: Measured) -> int:
    needed = math.ceil(2 * measured.peak_memory_mb)
    if needed > MAX_MEMORY_MB:
        raise CapacityError(f"the grader needs {needed} MB (twice its peak); Lambda has {MAX_MEMORY_MB} MB at most")
    return max(ONE_CPU_MB, needed)


def _timeout_s(needed_s: float, batch: int) -> int:
    if needed_s > MAX_TIMEOUT_S:
        raise CapacityError(
            f"a batch of {batch} needs {needed_s:.0f} s, and Lambda ends a call after {MAX_TIMEOUT_S} s; set "
            f"lambda_batch_size to {max(1, int(batch * MAX_TIMEOUT_S / needed_s))} or make the grader faster"
        )
    return max(_RULE_TIMEOUT_S, math.ceil(needed_s / 30) * 30)
