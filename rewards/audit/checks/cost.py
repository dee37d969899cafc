"""Section 7: grading time per training step, and the margin to Lambda's limits."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from rewards.audit.config import LAMBDA_PAYLOAD_BYTES, AuditConfig
from rewards.audit.grader import Grader
from rewards.audit.pace import Left, Meter
from rewards.audit.report.findings import Finding
from rewards.audit.rows.cases import Case
from rewards.types import JSON

RUNS = 5
ENOUGH_S = 2.0  # after which a batch is not timed again
NAMES: Mapping[str, str] = {
    "attack_rows": "rows of each attack",
    "law_examples": "examples of each law",
    "constant_rows": "rows of each constant answer",
    "search_calls": "answers of the code search",
    "groups": "simulated groups",
}
BYTES_A_TOKEN = 6  # of JSON, for ordinary text; escaped CJK needs more
TIMEOUT_SHARE = 0.5  # of the Lambda timeout, above which a warning is given


class CostFacts(NamedTuple):
    """Measured seconds, and their projection to one training step."""

    seconds_per_sample: float
    call_s: float
    step_s: float
    payload_bytes: int
    timeout_share: float
    plan: str


def check_partial(meter: Meter, planned: AuditConfig, config: AuditConfig, pace_s: float) -> list[Finding]:
    """A finding that says which share of the audit was tried, where the grader is too slow for all of it."""
    halved = [Left(NAMES[name], getattr(config, name), getattr(planned, name)) for name in NAMES]
    left = [*(one for one in halved if one.tried < one.of), *meter.left]
    if not left:
        return []
    shares = ", ".join(f"{one.tried:,} of {one.of:,} {one.what}" for one in left)
    message = f"{pace_s * 1000:.3g} ms an answer, {config.audit_s:g} s for the audit; tried were {shares}"
    evidence: dict[str, JSON] = {one.what: one.tried / one.of for one in left}
    return [Finding("cost-partial", message, evidence)]


def check_cost(grader: Grader, cases: Sequence[Case], config: AuditConfig) -> tuple[CostFacts | None, list[Finding]]:
    """Time a batch of right answers, and project it to the recipe's batch and step."""
    some = [cases[index % len(cases)] for index in range(config.batch)]
    rows = [case.asked(case.gold or "", f"cost/{n}") for n, case in enumerate(some)]
    replies = [grader.ask(rows)]
    while len(replies) < RUNS and sum(reply.seconds for reply in replies) < ENOUGH_S:
        replies.append(grader.ask(rows))
    if any(reply.fault for reply in replies):
        return None, []
    per_sample = median(reply.seconds for reply in replies) / len(rows)
    facts = _projected(per_sample, cases, config)
    return facts, list(_judged(facts, config))


def _projected(per_sample: float, cases: Sequence[Case], config: AuditConfig) -> CostFacts:
    step = config.step
    call_s = per_sample * min(step.batch, step.samples)
    calls = math.ceil(step.samples / step.batch)
    largest = max(len(json.dumps(dict(case.row))) for case in cases)
    return CostFacts(
        seconds_per_sample=per_sample,
        call_s=call_s,
        step_s=math.ceil(calls / step.concurrency) * call_s,
        payload_bytes=min(step.batch, step.samples) * (largest + BYTES_A_TOKEN * step.max_new_tokens),
        timeout_share=call_s / step.timeout_s,
        plan=f"{step.samples} answers a step, {step.batch} a call, {step.concurrency} calls at once",
    )


def _judged(facts: CostFacts, config: AuditConfig) -> Iterator[Finding]:
    if facts.timeout_share > TIMEOUT_SHARE:
        message = f"a full batch takes {facts.call_s:.3g} s, the timeout is {config.step.timeout_s:g} s ({facts.plan})"
        yield Finding("cost-timeout", message, {"call_s": facts.call_s})
    if facts.payload_bytes > LAMBDA_PAYLOAD_BYTES:
        size = facts.payload_bytes / 2**20
        fitting = max(1, int(config.step.batch * LAMBDA_PAYLOAD_BYTES / facts.payload_bytes))
        message = (
            f"{min(config.step.batch, config.step.samples)} longest rows with {config.step.max_new_tokens} tokens each "
            f"are about {size:.1f} MB; 6 MB are allowed, so at most {fitting} rows a call"
        )
        evidence: dict[str, JSON] = {"bytes": facts.payload_bytes, "fitting_batch": fitting}
        yield Finding("cost-payload", message, evidence)
