"""Prove a zip before it is deployed: run it as AWS will, with what AWS will send, and say in plain words what fails."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lambda_package.durations import in_words
from lambda_package.packaging.archive import open_zip
from lambda_package.packaging.build import MAX_UNZIPPED_BYTES, MAX_ZIP_BYTES
from lambda_package.packaging.sbom import target_in
from lambda_package.packaging.target import Target, interpreter_of
from lambda_package.runtime import Invocation, Runtime
from lambda_package.runtime.emulator import INIT_LIMIT_S, MAX_PAYLOAD_BYTES
from lambda_package.runtime.grader import InLambda
from rewards.audit import AuditConfig, Case, Finding, case_of
from rewards.audit.checks.contract import check_contract
from rewards.audit.checks.robustness import check_total
from rewards.audit.config import Consumer
from rewards.audit.replies import read
from rewards.rows import SOLUTION_END, SOLUTION_START
from rewards.types import JSON

BATCH = 64  # what one optimizer step of a training-job recipe scores
_SLOW_START_S = 1.0
_LOG_LINES = 10
_EXAMPLE = case_of({"id": "example", "messages": [{"role": "user", "content": "2 + 2?"}], "reference_answer": "4"}, 0)


class Status(StrEnum):
    """How a check came out. A warning does not fail the verification."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried."""

    name: str
    status: Status
    detail: str


@dataclass(frozen=True, slots=True)
class Measured:
    """Times in the emulator on this machine, and the highest memory seen."""

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
    """All checks of one zip; `measured` is None where it did not start."""

    checks: tuple[Check, ...]
    measured: Measured | None

    @property
    def ok(self) -> bool:
        """Whether nothing is a problem."""
        return all(check.status is not Status.PROBLEM for check in self.checks)


def verify(
    zip_path: str | Path,
    cases: Sequence[Case] = (),
    *,
    timeout_s: float = 300.0,
    memory_mb: int = 1769,
    consumer: Consumer = "nova",
) -> Verification:
    """Run every check on the zip with rows of the training data as `cases` (`rewards.audit.read_cases`).

    The limits are those of the deployed function. Raises `ZipError` for a file that is no zip, and `RuntimeSetupError`
    where this machine cannot run a sandbox.
    """
    path, cases = Path(zip_path), [*cases] or [_EXAMPLE]
    target = target_in(path)
    checks = [_size(path), _platform(path, target)]
    if any(check.status is Status.PROBLEM for check in checks):
        return Verification(tuple(checks), None)
    runtime = Runtime(path, timeout_s=timeout_s, memory_mb=memory_mb, runtime=target.runtime.value, offline=True)
    with runtime:
        first = runtime.invoke([_gold(cases[0])])
        checks += [_network(runtime), _start(first)]
        measured = None
        if first.error is None:
            config = AuditConfig(consumer=consumer, timeout_s=timeout_s)
            checks += [*_logged("at the first row", _lines(first)[:1]), *_behaviour(runtime, cases, config)]
            measured, timing = _timing(runtime, first, cases)
            checks.append(timing)
        if runtime.first_failure is not None:
            checks += _logged("before it failed", _lines(runtime.first_failure)[-_LOG_LINES:])
    return Verification(tuple(checks), measured)


def _logged(when: str, lines: Sequence[str]) -> Iterator[Check]:
    """What the function wrote: our handler tells there why a row cannot be judged, a traceback where it went wrong."""
    if lines:
        yield Check("log", Status.WARNING, "\n".join([f"{when}:", *(f"{line:.300}" for line in lines)]))


def _lines(invocation: Invocation) -> list[str]:
    """The log without times and levels, and without what Lambda's client says about its own updates."""
    lines = [line.rpartition("\t")[2].replace("\xa0", " ").rstrip() for line in invocation.log.splitlines()]
    return [line for line in lines if line and not line.startswith("LAMBDA_WARNING")]


def _behaviour(runtime: Runtime, cases: Sequence[Case], config: AuditConfig) -> Iterator[Check]:
    """The audit's contract and totality sections, asked through the emulator, and what only Lambda limits."""
    grader = InLambda(runtime, "the zip")
    contract, of_yours = check_contract(grader, cases, config), cases[0] is not _EXAMPLE
    words = "ids, order, finite scores, roles, blocks, rows without a model turn"
    yield from _judged("contract", contract, words, of_yours=of_yours)
    if any(finding.severity == "error" for finding in contract):
        return
    total = check_total(grader, cases, config, frozenset(finding.code for finding in contract))
    words = "none raised, none changed a neighbour's score, time stays linear"
    yield from _judged("hostile samples", total, words, of_yours=of_yours)
    yield from _spellings(grader, cases[0], config)
    yield _largest_event(runtime, cases[0])


def _judged(name: str, findings: Sequence[Finding], words: str, *, of_yours: bool) -> Iterator[Check]:
    """Findings as checks. A reward need not be able to judge our example row, so there they only warn."""
    if not findings:
        yield Check(name, Status.OK, words)
    for finding in findings:
        status = Status.PROBLEM if finding.severity == "error" and of_yours else Status.WARNING
        advice = "" if of_yours else "; that was our example row: pass rows of yours with --data"
        yield Check(name, status, f"{finding.message} [{finding.code}]{advice}")


def _size(path: Path) -> Check:
    with open_zip(path) as archive:
        unzipped = sum(entry.file_size for entry in archive.infolist())
    zipped = path.stat().st_size
    fits = zipped <= MAX_ZIP_BYTES and unzipped <= MAX_UNZIPPED_BYTES
    detail = f"{zipped / 1024:.1f} KB zipped, {unzipped / 1024:.1f} KB unzipped; limits 50 MB and 250 MB"
    return Check("size", Status.OK if fits else Status.PROBLEM, detail)


def _platform(path: Path, target: Target) -> Check:
    with open_zip(path) as archive:
        compiled = [name for name in archive.namelist() if name.endswith(".so")]
    there = f"{target.runtime.value} on {target.architecture.value}"
    exact = interpreter_of(target.runtime.value) is not None
    if compiled and not (exact and target.matches_this_machine):
        detail = f"holds code compiled for {there} ({compiled[0]}), which does not run here; verify a build that does"
        return Check("platform", Status.PROBLEM, detail)
    if not exact:
        return Check("platform", Status.WARNING, f"built for {there}; another Python ran it, as that one is not here")
    return Check("platform", Status.OK, there)


def _network(runtime: Runtime) -> Check:
    detail = "switched off while verifying" if runtime.config.offline else "could not be switched off on this system"
    return Check("network", Status.OK if runtime.config.offline else Status.WARNING, detail)


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


def _largest_event(runtime: Runtime, case: Case) -> Check:
    room = MAX_PAYLOAD_BYTES - len(json.dumps([case.asked("", "large")])) - 1
    invocation = runtime.invoke([case.asked("y" * room, "large")])
    if invocation.error is not None:
        return Check("6 MB event", Status.PROBLEM, str(invocation.error))
    return Check(
        "6 MB event", Status.OK, f"{in_words(invocation.duration_s)}, {invocation.peak_memory_mb:.0f} MB of memory"
    )


def _timing(runtime: Runtime, first: Invocation, cases: Sequence[Case]) -> tuple[Measured, Check]:
    batch = [cases[index % len(cases)].asked(_text(cases[index % len(cases)]), str(index)) for index in range(BATCH)]
    single = [runtime.invoke(batch[:1]) for _ in range(20)]
    many = [runtime.invoke(batch)]
    while many[-1].error is None and len(many) < 3:
        many.append(runtime.invoke(batch))
    measured = Measured(
        cold_s=first.init_s + first.duration_s,
        warm_s=statistics.median(invocation.duration_s for invocation in single),
        batch_s=statistics.median(invocation.duration_s for invocation in many),
        peak_memory_mb=max(invocation.peak_memory_mb for invocation in (first, *single, *many)),
        row_bytes=max(len(json.dumps(dict(case.row))) for case in cases),
    )
    failed = many[-1].error
    words = f"{in_words(measured.warm_s)} for 1 sample, {in_words(measured.batch_s)} for {BATCH}"
    return measured, Check("warm", Status.PROBLEM if failed else Status.OK, str(failed) if failed else words)


def _gold(case: Case) -> dict[str, JSON]:
    return case.asked(_text(case), "gold")


def _text(case: Case) -> str:
    return case.gold or ""


def _shown(score: float | None) -> str:
    return "nothing" if score is None else f"{score:.6g}"
