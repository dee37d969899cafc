"""What the audit makes of graders whose fault is known: recall by the right finding, and false errors.

    python benchmarks/audit/run.py            # the open half
    python benchmarks/audit/run.py --held-out # the half that nothing was tuned on
    python benchmarks/audit/run.py --styles   # the later part: styles of public graders that the halves lack
    python benchmarks/audit/run.py --public   # the last part: more styles, expectations fixed before the first look
    python benchmarks/audit/run.py --fresh    # domains that all of them lack, first looked at when the rest was mended
    python benchmarks/audit/run.py --second   # faults in one field, one sign or one reading, over twenty daily tasks
    python benchmarks/audit/run.py --third    # one subtle fault each over tasks of public recipes that the others lack
    python benchmarks/audit/run.py --search   # faults behind branches: by the list alone, and with the search
    python benchmarks/audit/run.py --json     # for machines

A bad grader counts as found where one of the findings that name its planted fault is an error. A sound one counts as
passed where no finding is an error. Exit 1 where recall is below 0.97 or a sound grader is refused.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import zoo_fresh
import zoo_held_out
import zoo_open
import zoo_public
import zoo_search
import zoo_second
import zoo_styles
import zoo_third
from graders import Planted, handler_of
from tasks import Row, rows_of

from rewards.audit import AuditConfig, InProcess, audit, case_of

RECALL = 0.97
LATER = (zoo_styles, zoo_public, zoo_fresh, zoo_second, zoo_third)
CONFIG = AuditConfig(law_examples=50, hostile_bytes=5_000)  # as thorough as the default where it counts


class Verdict(NamedTuple):
    """What came out for one grader, and whether that was right."""

    name: str
    codes: tuple[str, ...]
    right: bool
    seconds: float


def _rows_of(task: str) -> list[Row]:
    later = [zoo for zoo in LATER if task in zoo.TASKS]
    if len(later) > 1:
        raise ValueError(f"task {task!r} has rows in several parts")
    return later[0].rows_of(task) if later else rows_of(task)


def verdict(name: str, grader: Planted, *, sound: bool, config: AuditConfig = CONFIG) -> Verdict:
    """The audit of one grader, held against what is known about it."""
    start = time.perf_counter()
    cases = [case_of(row, number) for number, row in enumerate(_rows_of(grader.task))]
    report = audit(InProcess(handler_of(grader.scoring), name=name), cases, config)
    codes = tuple(dict.fromkeys(finding.code for finding in report.errors))
    right = not codes if sound else bool(grader.right & set(codes))
    return Verdict(name, codes, right, time.perf_counter() - start)


def verdicts(graders: Mapping[str, Planted], *, sound: bool, only: str = "") -> list[Verdict]:
    """All of one kind, in order."""
    return [verdict(name, grader, sound=sound) for name, grader in graders.items() if only in name]


def compare_search() -> int:
    """How many of the graders with a hidden branch each way refuses."""
    ways = {"the list alone": replace(CONFIG, search_calls=0), "with the search": CONFIG}
    found = {}
    for way, config in ways.items():
        ones = [verdict(name, grader, sound=False, config=config) for name, grader in zoo_search.BAD.items()]
        found[way] = sum(one.right for one in ones)
        print(
            f"{way}: {found[way]} of {len(ones)} refused by the right finding, {sum(one.seconds for one in ones):.0f} s"
        )
        print("".join(f"  passed: {one.name}\n" for one in ones if not one.right), end="")
    return int(found["with the search"] < RECALL * len(zoo_search.BAD))


def main(arguments: list[str]) -> int:
    """Print the figures; 0 where both gates hold."""
    if "--search" in arguments:
        return compare_search()
    parts = {
        "--held-out": zoo_held_out,
        "--styles": zoo_styles,
        "--public": zoo_public,
        "--fresh": zoo_fresh,
        "--second": zoo_second,
        "--third": zoo_third,
    }
    zoo = next((part for option, part in parts.items() if option in arguments), zoo_open)
    only = next((one for one in arguments if not one.startswith("--")), "")
    bad = verdicts(zoo.BAD, sound=False, only=only)
    sound = verdicts(zoo.SOUND, sound=True, only=only)
    found, refused = sum(one.right for one in bad), [one for one in sound if not one.right]
    if "--json" in arguments:
        print(json.dumps({"bad": [one._asdict() for one in bad], "sound": [one._asdict() for one in sound]}))
    else:
        for one in (*(one for one in bad if not one.right), *refused):
            print(f"WRONG  {one.name:42} {', '.join(one.codes) or 'passed'}")
        print(f"{found} of {len(bad)} bad graders refused by the right finding, "
              f"{sum(bool(one.codes) for one in bad)} refused; {len(refused)} of {len(sound)} sound graders refused; "
              f"{sum(one.seconds for one in (*bad, *sound)):.0f} s")  # fmt: skip
    return int(found < RECALL * len(bad) or bool(refused))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
