"""Verify a zip before it is deployed: run it locally as AWS does, with AWS's events, and explain each failure."""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from lambda_package.checks import Check, Status, file_checks
from lambda_package.durations import in_words
from lambda_package.packaging.archive import write_zip
from lambda_package.packaging.record import environment_of, record_of
from lambda_package.packaging.sbom import handler_in, target_in
from lambda_package.runtime import Invocation, Runtime
from lambda_package.runtime.emulator import INIT_LIMIT_S, MAX_PAYLOAD_BYTES
from lambda_package.runtime.grader import InLambda
from lambda_package.same_as_source import BATCH, answer_of, lines_of, same_as_source
from rewards.audit import AuditConfig, Case, Finding, case_of
from rewards.audit.checks.consumers import ordinary_rows
from rewards.audit.checks.contract import check_contract
from rewards.audit.checks.robustness import check_total
from rewards.audit.config import RECORDS
from rewards.audit.metric_events import (
    postprocess_event,
    preprocess_event,
    wrong_with_metrics,
    wrong_with_preprocessed,
)
from rewards.audit.pace import Allowance, Meter, Metered
from rewards.audit.replies import read
from rewards.audit.rows.find_span import framed
from rewards.audit.scoring import Scorer
from rewards.parsing.messages import SOLUTION_END, SOLUTION_START
from rewards.types import JSON

_SLOW_START_S = 1.0
_LONG_BATCH_S = 40.0  # as `call_max_s` of the audit allows for 8 rows
_WAITING = "the GPUs of a training step wait for it: ask a judge in threads, or about a whole batch at once"
_HOSTILE_S = 120.0  # of the grader's time, for hostile samples and for how time grows
_REPEATED_S = 5.0  # of calls, after which a measurement is not repeated
_LOG_LINES = 10
_ECHO = b"def lambda_handler(event, context):\n    return event\n"
_LOG_BYTES = 1024  # for each sample, that a grader may write without a word about it
_EXAMPLE = case_of({"id": "example", "messages": [{"role": "user", "content": "2 + 2?"}], "reference_answer": "4"}, 0)


@dataclass(frozen=True, slots=True)
class Measured:
    """Times in the local emulator, and peak memory."""

    cold_s: float
    warm_s: float
    batch_s: float
    peak_memory_mb: float
    row_bytes: int = 0

    @property
    def per_sample_s(self) -> float:
        """Seconds for one sample within a batch."""
        return self.batch_s / BATCH


@dataclass(frozen=True, slots=True)
class Verification:
    """All checks of one zip; `measured` is None if it did not start."""

    checks: tuple[Check, ...]
    measured: Measured | None

    @property
    def ok(self) -> bool:
        """Whether no check found a problem."""
        return not self.problems

    @property
    def problems(self) -> dict[str, str]:
        """The problems by their code: the name of the check with hyphens, such as same-as-the-source."""
        found = [check for check in self.checks if check.status is Status.PROBLEM]
        return {check.name.lower().replace(" ", "-"): check.detail.partition("\n")[0] for check in found}


def verify(
    zip_path: str | Path,
    cases: Sequence[Case] = (),
    *,
    timeout_s: float = 300.0,
    memory_mb: int = 1769,
    consumer: Literal["nova", "open-weight", "byo-metrics"] = "nova",
    environment: Mapping[str, str] | None = None,
    layers: Sequence[str | Path] = (),
    handler: str = "",
    allow_network: bool = False,
) -> Verification:
    """Run every check on the zip with rows of the training data as `cases` (`rewards.audit.read_cases`).

    The limits, environment variables and layers are those of the deployed function; the layers that the build recorded
    beside the zip count where none are given. The rows are graded by the recorded source as well, and any difference is
    a problem. With `byo-metrics` as the consumer only events with a `process_type` are sent. Raises `ZipError` for a
    file that is no zip, `MissingVariableError` for a variable of the build without a value, `RuntimeSetupError` where
    this machine cannot run a sandbox.
    """
    path, cases = Path(zip_path), [*cases] or [_EXAMPLE]
    target, record = target_in(path), record_of(path)
    variables = environment_of(record, environment or {})
    wanted = [str(layer) for layer in layers] or list(record.layers if record else ())
    zips = [Path(layer) for layer in wanted if not layer.startswith("arn:")]
    checks = file_checks(path, zips, target, by_s3=bool(record and record.bucket))
    if any(check.status is Status.PROBLEM for check in checks):
        return Verification(tuple(checks), None)

    def start() -> Runtime:
        return Runtime(
            path,
            timeout_s=timeout_s,
            memory_mb=memory_mb,
            handler=handler or handler_in(path),
            runtime=target.runtime.value,
            offline=not allow_network,
            environment=variables,
            layers=zips,
        )

    checks += [_unseen_layer(layer) for layer in wanted if layer.startswith("arn:")]
    with start() as runtime:
        own = consumer == RECORDS
        first = runtime.invoke(postprocess_event(_gold(cases[0])) if own else [_gold(cases[0])])
        checks += [_enclosed(runtime), _start(first)]
        measured = None
        if first.error is None and consumer == RECORDS:
            checks += _own_metrics(runtime, cases, Status.PROBLEM)
        elif first.error is None and consumer != RECORDS:
            config = AuditConfig(consumer=consumer, timeout_s=timeout_s)
            checks += _logged("at the first row", lines_of(first)[:1], status=_status_of_log(first))
            cases = _as_paid(InLambda(runtime, "the zip"), cases, config)
            checks += _behaviour(runtime, cases, config)
            with start() as fresh:
                checks += same_as_source(fresh, record, cases, config, variables, zips)
            measured, timing = _timing(runtime, first, cases)
            checks += timing
        if runtime.first_failure is not None:
            checks += _logged("before it failed", lines_of(runtime.first_failure)[-_LOG_LINES:])
    return Verification(tuple(checks), measured)


def _unseen_layer(layer: str) -> Check:
    detail = f"{layer} is not looked into: what only it brings cannot be imported here; name its zip with --layer"
    return Check("layer", Status.WARNING, detail)


def _logged(when: str, lines: Sequence[str], *, status: Status = Status.WARNING) -> Iterator[Check]:
    """What the function wrote: our handler tells there why a row cannot be judged, a traceback where it went wrong."""
    if lines:
        yield Check("log", status, "\n".join([f"{when}:", *(f"{line:.300}" for line in lines)]))


def _status_of_log(invocation: Invocation) -> Status:
    """Whether a log tells of trouble: a grader that prints what it does has none."""
    troubled = any(mark in invocation.log for mark in ("[WARNING]", "[ERROR]", "[CRITICAL]", "Traceback ("))
    return Status.WARNING if troubled else Status.OK


def _as_paid(grader: InLambda, cases: Sequence[Case], config: AuditConfig) -> Sequence[Case]:
    """The rows with right answers as the grader takes them: 4 for {"answer": "4"}, or in tags. A row whose answer earns
    nothing shows neither what a hostile neighbour does to it nor how the zip differs from the source."""
    if cases[0] is _EXAMPLE:
        return cases
    return framed(Scorer(grader, config), cases).among(cases)


def _behaviour(runtime: Runtime, cases: Sequence[Case], config: AuditConfig) -> Iterator[Check]:
    """The audit's contract and totality sections, asked through the emulator, and what only Lambda limits."""
    grader = InLambda(runtime, "the zip")
    in_time_s = config.timeout_s * len(ordinary_rows(cases)) / BATCH  # so that a batch ends before the timeout
    patient = replace(config, call_max_s=max(config.call_max_s, in_time_s))
    contract, of_yours = check_contract(grader, cases, patient), cases[0] is not _EXAMPLE
    words = "ids, order, finite scores, roles, blocks, rows without a model turn"
    yield from _judged("contract", contract, words, of_yours=of_yours)
    if any(finding.severity == "error" for finding in contract):
        return
    meter = Meter()
    known, limit = frozenset(finding.code for finding in contract), Allowance(meter, until_s=_HOSTILE_S)
    total = check_total(Metered(grader, meter), cases, config, known, limit=limit)
    words = "none raised, none changed a neighbour's score, time stays linear"
    yield from _judged("hostile samples", total, words, of_yours=of_yours)
    if meter.left:
        tried = ", ".join(f"{one.tried:,} of {one.of:,} {one.what}" for one in meter.left)
        yield Check("hostile samples", Status.WARNING, f"the grader is slow, so that not all were tried: {tried}")
    yield from _spellings(grader, cases[0], config)
    yield from _own_metrics(runtime, cases[:1], Status.WARNING)
    yield _largest_event(runtime, cases[0])


def _judged(name: str, findings: Sequence[Finding], words: str, *, of_yours: bool) -> Iterator[Check]:
    """Findings as checks. A reward need not be able to judge our example row, so there they only warn."""
    if not findings:
        yield Check(name, Status.OK, words)
    for finding in findings:
        status = Status.PROBLEM if finding.severity == "error" and of_yours else Status.WARNING
        advice = "" if of_yours else "; that was our example row: pass rows of yours with --data"
        yield Check(name, status, f"{finding.message} [{finding.code}]{advice}")


def _enclosed(runtime: Runtime) -> Check:
    """What the zip could reach while it was verified."""
    if not runtime.config.enclosed:
        return Check("enclosed", Status.WARNING, "not on this system: your network and your files were in its reach")
    network = "without the network" if runtime.config.offline else "with the network, as allowed"
    return Check("enclosed", Status.OK, f"ran {network}, without files of yours, without other processes")


def _start(first: Invocation) -> Check:
    cold_s = first.init_s + first.duration_s
    if first.error is not None:
        return Check("cold start", Status.PROBLEM, str(first.error))
    if first.init_s > INIT_LIMIT_S:
        return Check("cold start", Status.PROBLEM, f"imports take {first.init_s:.1f} s, Lambda stops them after 10 s")
    slow = cold_s > _SLOW_START_S
    advice = "; import less at the top of the module" if slow else ""
    return Check("cold start", Status.WARNING if slow else Status.OK, f"{in_words(cold_s)} to the first answer{advice}")


def _spellings(grader: InLambda, case: Case, config: AuditConfig) -> Iterator[Check]:
    """The right answer as two more services write it must get the score of the plain row."""
    expected = _score(grader, _gold(case), config)
    bare = {key: value for key, value in _gold(case).items() if key != "reference_answer"}
    variants: dict[str, dict[str, JSON]] = {
        "reference in metadata": {**bare, "metadata": {"reference_answer": case.reference}},
        "solution markers": case.asked(f"{SOLUTION_START}{case.gold}{SOLUTION_END}", "markers"),
    }
    for name, row in variants.items():
        score = _score(grader, row, config)
        words = f"scores {_shown(score)}, and {_shown(expected)} in the plain row"
        yield Check(name, Status.OK if score == expected else Status.WARNING, words)


def _score(grader: InLambda, row: dict[str, JSON], config: AuditConfig) -> float | None:
    reply = grader.ask([row])
    result = None if reply.fault else read(reply.payload, [row], config.consumer).results[0]
    return None if result is None else result.value


def _own_metrics(runtime: Runtime, cases: Sequence[Case], status: Status) -> Iterator[Check]:
    """Events of an evaluation with metrics of one's own; a grader for training may do without them."""
    found = []
    for case in cases[:BATCH]:
        found += [
            _wrong(runtime.invoke(preprocess_event(_gold(case))), "preprocess", wrong_with_preprocessed),
            _wrong(runtime.invoke(postprocess_event(_gold(case))), "postprocess", wrong_with_metrics),
            _wrong(
                runtime.invoke(postprocess_event(_gold(case), as_list=True)),
                "postprocess of a list",
                wrong_with_metrics,
            ),
        ]
    wrong = [problem for problem in found if problem]
    if not wrong:
        yield Check(RECORDS, Status.OK, "answers process_type events with statusCode and body")
        return
    use = "" if status is Status.PROBLEM else "; only evaluations with metrics of your own send such events"
    yield Check(RECORDS, status, f"{wrong[0]}{use}")


def _wrong(invocation: Invocation, event: str, wrong_with: Callable[[Any], str]) -> str:
    problem = str(invocation.error) if invocation.error else wrong_with(invocation.payload)
    return f"{event}: {problem}" if problem else ""


def _largest_event(runtime: Runtime, case: Case) -> Check:
    room = MAX_PAYLOAD_BYTES - len(json.dumps([case.asked("", "large")])) - 1
    invocation = runtime.invoke([case.asked("y" * room, "large")])
    if invocation.error is not None:
        return Check("6 MB event", Status.PROBLEM, str(invocation.error))
    return Check(
        "6 MB event", Status.OK, f"{in_words(invocation.duration_s)}, {invocation.peak_memory_mb:.0f} MB of memory"
    )


def _timing(runtime: Runtime, first: Invocation, cases: Sequence[Case]) -> tuple[Measured, list[Check]]:
    batch = [
        cases[index % len(cases)].asked(answer_of(cases[index % len(cases)]), str(index)) for index in range(BATCH)
    ]
    single = _invocations(runtime, batch[:1], at_most=20)
    many = _invocations(runtime, batch, at_most=3)
    measured = Measured(
        cold_s=first.init_s + first.duration_s,
        warm_s=statistics.median(invocation.duration_s for invocation in single),
        batch_s=statistics.median(invocation.duration_s for invocation in many),
        peak_memory_mb=max(invocation.peak_memory_mb for invocation in (first, *single, *many)),
        row_bytes=max(len(json.dumps(dict(case.row))) for case in cases),
    )
    failed = many[-1].error
    echo_s = _echo_s(runtime.config.python, batch[:1])
    words = (
        f"{in_words(measured.warm_s)} for 1 sample, {in_words(measured.batch_s)} for {BATCH}; a function that only "
        f"echoes 1 sample takes {in_words(echo_s)} here"
    )
    warm = Check("warm", Status.OK, words)
    if failed:
        warm = Check("warm", Status.PROBLEM, str(failed))
    elif measured.batch_s > _LONG_BATCH_S:
        warm = Check("warm", Status.WARNING, f"{words}; {_WAITING}")
    return measured, [warm, *_log_volume(many[-1])]


def _invocations(runtime: Runtime, event: Sequence[Mapping[str, JSON]], *, at_most: int) -> list[Invocation]:
    """The same call again, as often as its time allows: of one that takes seconds the first tells enough."""
    made = [runtime.invoke(event)]
    while made[-1].error is None and len(made) < at_most and sum(each.duration_s for each in made) < _REPEATED_S:
        made.append(runtime.invoke(event))
    return made


def _echo_s(python: str, event: Sequence[Mapping[str, JSON]]) -> float:
    """Seconds of a warm call that does nothing: what of a grader's time is the runtime's."""
    with tempfile.TemporaryDirectory(prefix="rft-echo-") as folder:
        echo = write_zip(Path(folder, "echo.zip"), {"lambda_function.py": _ECHO}).path
        with Runtime(echo, python=python) as runtime:
            calls = [runtime.invoke(event).duration_s for _ in range(20)]
    return statistics.median(calls[1:])


def _log_volume(batch: Invocation) -> Iterator[Check]:
    """CloudWatch Logs costs by the gigabyte that is written, and a run of training grades millions of samples."""
    per_sample = len(batch.log.encode()) / BATCH
    if per_sample > _LOG_BYTES:
        of_a_million_gb = per_sample * 1e6 / 2**30
        detail = (
            f"the grader writes {per_sample / 1024:.1f} KB of log for each sample, {of_a_million_gb:.1f} GB for a "
            "million of them; CloudWatch Logs is paid by what is written, so log less, or only what went wrong"
        )
        yield Check("log volume", Status.WARNING, detail)


def _gold(case: Case) -> dict[str, JSON]:
    return case.asked(answer_of(case), "gold")


def _shown(score: float | None) -> str:
    return "nothing" if score is None else f"{score:.6g}"
