"""Section 1: does the grader keep the contract of a reward Lambda, whatever its scores mean?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence, Set

from rewards.audit.checks.consumers import as_eval_sends, ordinary_rows
from rewards.audit.checks.noise import ASKS, noise_of, settled
from rewards.audit.config import RECORDS, AuditConfig
from rewards.audit.grader import Grader, Reply
from rewards.audit.metric_events import (
    postprocess_event,
    preprocess_event,
    wrong_with_metrics,
    wrong_with_preprocessed,
)
from rewards.audit.replies import Problem, Result, by_code, read
from rewards.audit.report.findings import Finding
from rewards.audit.rows.cases import GARBAGE, Case
from rewards.audit.rows.messages import Row, Turn, turn_of
from rewards.types import JSON

UNJOINED = frozenset({"contract-count", "contract-ids", "contract-order"})
"""After one of these nobody can tell which result belongs to which row, so neighbours and batches are not compared."""


def check_contract(grader: Grader, cases: Sequence[Case], config: AuditConfig) -> list[Finding]:
    """Check the response schema; stops at the first fatal finding."""
    rows = ordinary_rows(cases)
    reply = grader.ask(rows)
    if reply.fault is not None:
        code = "contract-json" if reply.fault.kind == "unserialisable" else "contract-raises"
        return [Finding(code, f"on {len(rows)} ordinary rows: {reply.fault}", example={"row": rows[0]})]
    results, problems = read(reply.payload, rows, config.consumer)
    faults = [result.fault for result in results if result is not None]
    if faults and all(faults):
        return [Finding("contract-raises", f"no ordinary row can be judged: {faults[0]}", example={"row": rows[0]})]
    findings = [*_problem_findings(problems, rows), *_slow(reply, rows, config), *_changed_input(reply)]
    if any(finding.code in ("cost-slow", "contract-shape") for finding in findings):
        return findings
    findings += _repeats(grader, rows, results, config)
    known = {finding.code for finding in findings}
    if "contract-repeat" in known:
        return findings
    noise = next((float(str(one.evidence["noise"])) for one in findings if one.code == "contract-noise"), 0.0)
    config = settled(config, noise) if noise else config
    if not known & UNJOINED and not noise:
        findings += _batches(grader, rows, results, config)
    if config.consumer == RECORDS:
        return [*findings, *_records(grader, rows[0])]
    if config.is_training:
        findings += _without_answers(grader, cases, config, known)
    return [*findings, *_turns(grader, cases, config)]


def _problem_findings(problems: Sequence[Problem], rows: Sequence[Row]) -> Iterator[Finding]:
    for code, group in by_code(problems):
        first = group[0]
        more = f" (and {len(group) - 1} more like it)" if len(group) > 1 else ""
        index = first.row if first.row is not None and first.row < len(rows) else 0
        example: dict[str, JSON] = {"row": dict(rows[index])} if rows else {}
        yield Finding(code, first.message + more, {"occurrences": len(group)}, example)


def _slow(reply: Reply, rows: Sequence[Row], config: AuditConfig) -> Iterator[Finding]:
    in_one_call = 1 if config.consumer == RECORDS else len(rows)
    seconds = reply.seconds * in_one_call / len(rows)
    if seconds > config.call_max_s:
        what = f"{in_one_call} ordinary rows" if in_one_call > 1 else "one ordinary row"
        message = f"{seconds:.3g} s for {what}, {config.call_max_s:g} s are allowed; audit cut short"
        yield Finding("cost-slow", message, {"seconds": seconds, "rows": in_one_call})


def _changed_input(reply: Reply) -> Iterator[Finding]:
    if reply.input_changed:
        yield Finding("contract-input", "the event was not the same after the call as before")


def _scores(grader: Grader, rows: Sequence[Row], config: AuditConfig) -> list[Result | None] | None:
    reply = grader.ask(rows)
    return None if reply.fault else read(reply.payload, rows, config.consumer).results


def _differs(a: Result | None, b: Result | None) -> bool:
    if a is None or b is None:
        return (a is None) != (b is None)
    same_parts = a.components.keys() == b.components.keys() and all(
        math.isclose(value, b.components[name], abs_tol=1e-12) for name, value in a.components.items()
    )
    return not (math.isclose(a.value, b.value, abs_tol=1e-12) and same_parts)


def _value(result: Result | None) -> float | None:
    """A score as it is shown: six digits, so that 1.0000000000000002 reads as 1."""
    return float(f"{result.value:.6g}") if result else None


def _repeats(
    grader: Grader, rows: Sequence[Row], first: Sequence[Result | None], config: AuditConfig
) -> Iterator[Finding]:
    again = _scores(grader, rows, config)
    pairs = list(zip(first, again or [None] * len(rows), strict=True))
    moved = [index for index, (a, b) in enumerate(pairs) if _differs(a, b)]
    if moved:
        a, b = pairs[moved[0]]
        asked = [first, again, *(_scores(grader, rows, config) for _ in range(ASKS - 2))]
        noise = noise_of([one for one in asked if one is not None], config)
        message = f"{len(moved)} of {len(rows)} rows scored differently the second time: {_value(a)} then {_value(b)}"
        spread = f"standard deviation {noise.deviation:.2g} of the range over {ASKS} times"
        example: dict[str, JSON] = {"row": dict(rows[moved[0]])}
        if noise.is_usable:
            clear = f"{message}; {spread}, right answers lie {noise.gap:.2g} above others"
            yield Finding("contract-noise", clear, {"noise": noise.deviation}, example)
        else:
            yield Finding("contract-repeat", f"{message}; {spread}", {"rows": len(moved)}, example)


def _batches(
    grader: Grader, rows: Sequence[Row], first: Sequence[Result | None], config: AuditConfig
) -> Iterator[Finding]:
    splits = {
        "one row a call": [[index] for index in range(len(rows))],
        "two halves": [list(range(len(rows) // 2)), list(range(len(rows) // 2, len(rows)))],
        "reverse order": [list(reversed(range(len(rows))))],
    }
    for name, split in splits.items():
        other = _regrouped(grader, rows, split, config)
        moved = [index for index, result in enumerate(first) if _differs(result, other.get(index))]
        if moved:
            index = moved[0]
            message = (
                f"sent as {name}, {len(moved)} of {len(rows)} rows score differently: "
                f"{_value(first[index])} in one batch, {_value(other.get(index))} then"
            )
            yield Finding("contract-batch", message, {"split": name, "rows": len(moved)}, {"row": dict(rows[index])})
            return


def _regrouped(
    grader: Grader, rows: Sequence[Row], split: Sequence[Sequence[int]], config: AuditConfig
) -> dict[int, Result | None]:
    results: dict[int, Result | None] = {}
    for group in split:
        found = _scores(grader, [rows[index] for index in group], config)
        results.update(zip(group, found or [None] * len(group), strict=True))
    return results


def _records(grader: Grader, row: Row) -> Iterator[Finding]:
    """The other events of an evaluation with metrics of your own."""
    probes: dict[str, tuple[dict[str, JSON], Callable[[JSON], str]]] = {
        "a preprocess event": (preprocess_event(row), wrong_with_preprocessed),
        "data as a list of one": (postprocess_event(row, as_list=True), wrong_with_metrics),
    }
    problems = {}
    for what, (event, wrong_with) in probes.items():
        reply = grader.ask(event)
        problems[what] = str(reply.fault) if reply.fault else wrong_with(reply.payload)
    failed = [what for what, problem in problems.items() if problem]
    if failed:
        message = "; ".join(f"{what}: {problems[what]}" for what in failed)
        yield Finding("contract-records", message, example={"event": probes[failed[0]][0]})


def _without_answers(grader: Grader, cases: Sequence[Case], config: AuditConfig, known: Set[str]) -> Iterator[Finding]:
    """Launch checks send raw training rows: the prompt alone, often without an id."""
    case = cases[0]
    bare = {key: value for key, value in case.row.items() if key not in ("id", "gold")}
    some_have_none = any("id" not in one.row for one in cases)
    probes: dict[str, tuple[list[dict[str, JSON]], bool]] = {
        "rows without an assistant turn": ([{**bare, "id": "a"}, {**bare, "id": "b"}], True),
        "a row without an id": ([{**bare, "id": "a"}, bare], some_have_none),
        "an empty list of rows": ([], True),
    }
    for what, (rows, likely) in probes.items():
        reply = grader.ask(rows)
        fault = str(reply.fault) if reply.fault else _first_problem(reply, rows, config, known)
        if fault:
            code = "contract-no-answer" if reply.fault and likely else "contract-raw-rows"
            yield Finding(code, f"{what}: {fault}", example={"rows": [*rows]})


def _first_problem(reply: Reply, rows: Sequence[Row], config: AuditConfig, known: Set[str]) -> str:
    """What is wrong with a reply that was not wrong with the ordinary one."""
    problems = [one for one in read(reply.payload, rows, config.consumer).problems if one.code not in known]
    return problems[0].message if problems else ""


def _turns(grader: Grader, cases: Sequence[Case], config: AuditConfig) -> Iterator[Finding]:
    """The final turn counts, under either role and in either shape of content."""
    case = next((case for case in cases if case.gold), None)
    if case is None or case.gold is None:
        return
    plain, junk = case.asked(case.gold, "plain"), case.asked(GARBAGE, "junk")
    right_turn = turn_of(case.gold, case.spelling)
    wrong_turn = turn_of(GARBAGE, case.spelling)
    few_shot = _with_earlier_turn(plain, wrong_turn, "good-last"), _with_earlier_turn(junk, right_turn, "bad-last")
    in_blocks = as_eval_sends(plain)
    values = [_one(grader, row, config) for row in (plain, junk, *few_shot, in_blocks)]
    right, wrong, good_last, bad_last, evaluated = values
    if right is None or wrong is None:
        return
    slack = max(config.tolerance, 6 * config.noise) * (config.bounds[1] - config.bounds[0])
    if not _is_near(good_last, right, slack) or not _is_near(bad_last, wrong, slack):
        message = (
            f"with an earlier assistant turn in the prompt, a right final answer scores {good_last} (alone {right}) "
            f"and a wrong one {bad_last} (alone {wrong})"
        )
        yield Finding("contract-last-turn", message, example={"row": few_shot[0]})
    if config.is_training and not _is_near(evaluated, right, slack):
        message = f"role nova_assistant with text blocks scores {evaluated}, the plain form of the same answer {right}"
        yield Finding("contract-eval-shape", message, example={"row": in_blocks})


def _is_near(value: float | None, other: float, slack: float) -> bool:
    return value is not None and abs(value - other) <= slack


def _with_earlier_turn(row: dict[str, JSON], turn: Turn, row_id: str) -> dict[str, JSON]:
    messages = row["messages"]
    turns = list(messages) if isinstance(messages, list) else []
    shot: list[JSON] = [{"role": "user", "content": "For example?"}, turn]
    systems = [turn for turn in turns if isinstance(turn, dict) and turn.get("role") == "system"]
    return {**row, "id": row_id, "messages": [*systems, *shot, *turns[len(systems) :]]}


def unchecked_rules(grader: Grader) -> list[Finding]:
    """What the reward says of itself that it does not check; a Lambda says nothing."""
    places: tuple[str, ...] = getattr(grader, "unchecked", ())
    if not places:
        return []
    message = f"{len(places)} of the rules in the reward {'is' if len(places) == 1 else 'are'} not checked: {places[0]}"
    return [Finding("contract-unchecked", message, {"places": list(places[:20])})]


def hedged_combinators(grader: Grader) -> list[Finding]:
    """What the reward says of itself: where naming several may pay though no part pays it; a Lambda says nothing."""
    combinators: tuple[str, ...] = getattr(grader, "hedged", ())
    if not combinators:
        return []
    message = (
        f"`{combinators[0]}` can pay an answer that names more than any possible reference; none of its parts does"
    )
    return [Finding("contract-hedging", message, {"combinators": list(combinators)})]


def hedged_components(grader: Grader) -> list[Finding]:
    """What the reward says of itself: the components that pay hedging by what they measure; a Lambda says nothing."""
    components: tuple[str, ...] = getattr(grader, "paying", ())
    if not components:
        return []
    message = f"`{components[0]}` can pay an answer that names more than any possible reference, by its definition"
    return [Finding("contract-hedging-part", message, {"components": list(components)})]


def _one(grader: Grader, row: Row, config: AuditConfig) -> float | None:
    results = _scores(grader, [row], config)
    return _value(results[0]) if results else None
