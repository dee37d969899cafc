"""Whether the zip grades as the source does that it was built from: the same rows, each side in a fresh process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lambda_package.by_source import grade_by_source
from lambda_package.checks import Check, Status
from lambda_package.packaging.record import BuildRecord
from lambda_package.runtime import Invocation, Runtime
from rewards.audit import AuditConfig, Case
from rewards.audit.replies import Result, read
from rewards.types import JSON

BATCH = 64  # what one optimizer step of a training-job recipe scores
SAME_AS_SOURCE = "same as the source"


def same_as_source(
    runtime: Runtime,
    record: BuildRecord | None,
    cases: Sequence[Case],
    config: AuditConfig,
    variables: dict[str, str],
    layers: Sequence[Path],
) -> Iterator[Check]:
    """The same rows in the same order, each in a fresh process: the zip has to say what the source says."""
    if record is None:
        detail = "not compared: no record of this zip's build lies beside it; build it here, then verify"
        yield Check(SAME_AS_SOURCE, Status.WARNING, detail)
        return
    rows = _rows_to_compare(cases)
    source, again = (
        grade_by_source(
            record,
            [[*rows]],
            timeout_s=config.timeout_s,
            environment=variables,
            layers=layers,
            allow_network=not runtime.config.offline and runtime.config.enclosed,
        )
        for _ in range(2)
    )
    if source.problem:
        yield Check(SAME_AS_SOURCE, Status.WARNING, f"not compared: the source itself fails here: {source.problem}")
        return
    zipped, wanted = runtime.invoke(rows), _grades(source.answers[0], rows, config)
    steady = [] if again.problem else _grades(again.answers[0], rows, config)
    if steady != wanted:
        detail = "the source grades the same rows otherwise whenever it is started, so the zip cannot be compared"
        yield Check(SAME_AS_SOURCE, Status.WARNING, detail)
        return
    yield _compared(rows, zipped, _grades(zipped.payload, rows, config), wanted, record)


def _compared(
    rows: Sequence[Mapping[str, JSON]],
    zipped: Invocation,
    found: Sequence[Result | None],
    wanted: Sequence[Result | None],
    record: BuildRecord,
) -> Check:
    differing = [index for index, grade in enumerate(wanted) if found[index] != grade]
    if not differing:
        return Check(SAME_AS_SOURCE, Status.OK, f"{len(rows)} answers get the grades that the source gives")
    first = differing[0]
    detail = (
        f"{len(differing)} of {len(rows)} answers are not graded as by the source, first {rows[first]['id']!r}: "
        f"{_grade_words(found[first])} in the zip, {_grade_words(wanted[first])} by the source"
    )
    return Check(SAME_AS_SOURCE, Status.PROBLEM, "\n".join([detail, *record.left_out, *_said(zipped)]))


def _said(zipped: Invocation) -> list[str]:
    """What the zip said of it, where it raised or fell back: the cause is there."""
    return [str(zipped.error)] if zipped.error else [f"{line:.300}" for line in lines_of(zipped)[-1:]]


def _rows_to_compare(cases: Sequence[Case]) -> list[dict[str, JSON]]:
    """The right answer of each row, that of another row, and none."""
    answers = [answer_of(case) for case in cases[:BATCH]]
    kinds = {"right": answers, "other": answers[1:] + answers[:1], "empty": [""] * len(answers)}
    return [
        case.asked(kinds[kind][index], f"{kind}-{index}") for index, case in enumerate(cases[:BATCH]) for kind in kinds
    ]


def _grades(payload: JSON, rows: Sequence[dict[str, JSON]], config: AuditConfig) -> list[Result | None]:
    return read(payload, rows, config.consumer).results


def _grade_words(grade: Result | None) -> str:
    if grade is None:
        return "nothing"
    parts = ", ".join(f"{name} {value:.4g}" for name, value in grade.components.items())
    return f"{grade.value:.6g}" + (f" ({parts})" if parts else "")


def lines_of(invocation: Invocation) -> list[str]:
    """The log without times and levels, and without what Lambda's client says about its own updates."""
    lines = [line.rpartition("\t")[2].replace("\xa0", " ").rstrip() for line in invocation.log.splitlines()]
    return [line for line in lines if line and not line.startswith("LAMBDA_WARNING")]


def answer_of(case: Case) -> str:
    """The right answer of a row as text; empty where it has none."""
    return case.gold or ""
