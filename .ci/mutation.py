"""Mutation testing of `rewards` with mutmut: how many small faults, planted in its functions, do the tests find?

    make mutation               # a seeded sample of every room
    make mutation ROOMS=parsing # of one room
    make mutation ALL=1         # every mutant: hours

Exit 1 where less than 95 % are found. docs/decisions/0010-mutation-testing.md has the reasons and the last figure.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
EQUIVALENT: Final = ROOT / ".ci" / "mutants-equivalent.toml"
WORK: Final = ROOT / "build" / "mutation"
PACKAGES: Final = ("rewards", "datagen", "estimators", "lambda_package", "recipes", "rft")
COPIED: Final = (*PACKAGES, "tests", "benchmarks", "docs", "examples", "pyproject.toml")
PYTEST: Final = ["--hypothesis-profile=mutation", "-p", "no:cacheprovider"]
WANTED: Final = 0.95
FOUND: Final = (1, 3)
ALIVE: Final = {0: "survived", 5: "without a test", 33: "without a test"}
"""mutmut's exit codes. Any other, such as a time-out on a machine that is busy, says nothing of the tests."""
UNDECIDED: Final = 0.05
"""The share of mutants without an outcome that a figure may have."""


@dataclass(frozen=True)
class Room:
    """Modules that are tested together, and the tests whose business they are, the modules' own doctests included."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


UNIT, LAWS = "tests/unit/rewards", "tests/property/test_rewards_"
ROOMS: Final[Mapping[str, Room]] = {
    "parsing": Room(
        ("rewards/parsing",),
        (
            f"{UNIT}/parsing",
            *(f"{UNIT}/test_{name}.py" for name in ("answers", "components", "rows")),
            f"{LAWS}json.py",
            f"{LAWS}tools.py",
        ),
    ),
    "values": Room(
        tuple(
            path.relative_to(ROOT).as_posix()
            for path in sorted((ROOT / "rewards" / "comparing").glob("*.py"))
            if path.name not in ("__init__.py", "linear_regex.py")
        ),
        (
            *(f"{UNIT}/test_{name}.py" for name in ("choice", "components", "lead_ins", "overlap", "sql")),
            f"{LAWS}values.py",
        ),
    ),
    "regex": Room(("rewards/comparing/linear_regex.py",), (f"{LAWS}linear_regex.py",)),
    "instructions": Room(
        ("rewards/comparing/instructions",),
        tuple(f"{UNIT}/test_{name}.py" for name in ("constraints", "instruction_edges", "languages")),
    ),
    "maths": Room(
        ("rewards/comparing/maths",),
        tuple(f"{UNIT}/test_maths{what}.py" for what in ("", "_laws", "_spelling", "_reading")),
    ),
    "schema": Room(
        ("rewards/comparing/json_schema",),
        (
            "tests/contract/test_json_schema_suite.py",
            f"{LAWS}schema.py",
            f"{UNIT}/test_formats.py",
            f"{UNIT}/test_schema.py",
        ),
    ),
    "components": Room(
        ("rewards/components",),
        (
            *(f"{UNIT}/test_{name}.py" for name in ("answers", "choice", "citations", "code", "components")),
            *(
                f"{UNIT}/test_{name}.py"
                for name in ("constraints", "edges", "judge", "making", "maths", "overlap", "sql")
            ),
            f"{UNIT}/trajectories",
            *(f"{LAWS}{name}.py" for name in ("boxes", "laws", "tools", "values")),
        ),
    ),
    "combinators": Room(("rewards/combinators.py",), (f"{UNIT}/test_combinators.py", f"{LAWS}laws.py")),
    "rows": Room(
        ("rewards/rows.py",),
        (f"{UNIT}/test_rows.py", f"{UNIT}/rollouts", "tests/property/test_doors.py"),
    ),
}

DOCTESTS_OF_MUTANTS_ARE_COPIES: Final = '''"""mutmut keeps a copy of a function, docstring included, for each mutant."""

import doctest

find = doctest.DocTestFinder._find


def find_originals(self, tests, obj, name, *rest):
    if "__mutmut_" not in name:
        find(self, tests, obj, name, *rest)


doctest.DocTestFinder._find = find_originals
'''


class Mutant(NamedTuple):
    """One fault: the function it is in, the line that was, and the line it became."""

    function: str
    was: str
    became: str


def sampled(names: Iterable[str], share: float, seed: str) -> list[str]:
    """A share of the mutants, at least one; the same for the same seed, whatever the order of `names`.

    >>> sampled("dcba", 0.5, "7") == sampled("abcd", 0.5, "7")
    True
    """
    every = sorted(names)
    return sorted(Random(seed).sample(every, max(1, round(len(every) * share)))) if share < 1 else every


def mutant_of(name: str, diff: str) -> Mutant:
    """What `mutmut show` prints, as one value.

    >>> mutant_of("rewards.limits.x_low__mutmut_3", "--- a\\n+++ a\\n@@ -1 +1 @@\\n-    return 1\\n+    return 2\\n")
    Mutant(function='rewards.limits.x_low', was='return 1', became='return 2')
    """
    changed = [line for line in diff.splitlines() if line[:1] in "-+" and line[:3] not in ("---", "+++")]
    was, became = (" ".join(line[1:].strip() for line in changed if line[0] == sign) for sign in "-+")
    return Mutant(name.rpartition("__mutmut_")[0], was, became)


def equivalents() -> dict[Mutant, str]:
    """The mutants that no test can find, with the reason, as a person has read them."""
    listed = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("mutant", [])
    return {Mutant(each["function"], each["was"], each["became"]): each["reason"] for each in listed}


def settings_of(room: Room) -> str:
    """What mutmut is told, as TOML: everything is imported, the modules of the room are mutated."""
    values = {
        "source_paths": ["rewards"],
        "only_mutate": [each if each.endswith(".py") else f"{each}/*" for each in room.modules],
        "also_copy": [*COPIED[1:], "conftest.py"],
        "pytest_add_cli_args_test_selection": [*room.modules, *room.tests],
        "pytest_add_cli_args": PYTEST,
        "process_isolation": "forkserver",
        "timeout_multiplier": 20.0,
        "timeout_constant": 10.0,
        "use_git_change_detection": False,
    }
    return "\n[tool.mutmut]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


def prepared(name: str) -> Path:
    """A fresh copy of what the room needs: mutmut works in it, so that nothing of ours is ever changed."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for each in COPIED:
        copy = shutil.copytree if (ROOT / each).is_dir() else shutil.copy
        copy(ROOT / each, folder / each)
    (folder / "conftest.py").write_text(DOCTESTS_OF_MUTANTS_ARE_COPIES, encoding="utf-8")
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as project:
        project.write(settings_of(ROOMS[name]))
    return folder


def mutmut(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run mutmut in the copy, which is imported before the installed package."""
    command = [sys.executable, "-c", "from mutmut.__main__ import cli; cli()", *arguments]
    environment = {**os.environ, "PYTHONPATH": "", "COLUMNS": "200"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)


class RoomError(Exception):
    """A room that gives no figure, with the reason."""


def _end_of(run: subprocess.CompletedProcess[str]) -> str:
    """The end of what was printed, without mutmut's spinner."""
    lines = (run.stdout + run.stderr).splitlines()
    return "\n".join(line for line in lines if line.strip() and not "\u2800" <= line[0] <= "\u28ff")[-3000:]


def failing(name: str, folder: Path) -> str:
    """What the room's tests print without a mutant; mutmut does not say which of them fails."""
    room = ROOMS[name]
    command = [sys.executable, "-m", "pytest", "-x", "-q", *PYTEST, *room.modules, *room.tests]
    environment, mutants = {**os.environ, "PYTHONPATH": ""}, folder / "mutants"
    return _end_of(
        subprocess.run(command, cwd=mutants, env=environment, capture_output=True, encoding="utf-8", check=False)
        if mutants.is_dir()
        else mutmut(folder, "run", "no-such-mutant")
    )


def exit_codes(folder: Path) -> dict[str, int | None]:
    """The exit code of the tests for each mutant; None for one that was not tried."""
    codes: dict[str, int | None] = {}
    for path in sorted((folder / "mutants").rglob("*.meta")):
        codes |= json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return codes


def tried(name: str, share: float, seed: str) -> tuple[Path, dict[str, int | None], int]:
    """The room's copy, the exit codes of its sample, and how many mutants it has."""
    folder = prepared(name)
    first = mutmut(folder, "run", "no-such-mutant")  # writes the mutants and learns which test reaches which function
    every = exit_codes(folder)
    if not every or "nothing matches" not in first.stderr:
        raise RoomError(f"{name}: no mutants, or a test fails without one:\n{failing(name, folder)}")
    sample = sampled(every, share, f"{seed}/{name}")
    done = mutmut(folder, "run", *sample)
    codes = exit_codes(folder)
    if missing := [each for each in sample if codes[each] is None]:
        raise RoomError(f"{name}: {len(missing)} mutants were not tried:\n{_end_of(done)}")
    return folder, {each: codes[each] for each in sample}, len(every)


def report(name: str, share: float, seed: str, known: Mapping[Mutant, str]) -> Counter[str]:
    """Try a room, print its line and its survivors, and count them by outcome."""
    folder, codes, every = tried(name, share, seed)
    alive = [each for each, code in codes.items() if code in ALIVE]
    read = {each: mutant_of(each, mutmut(folder, "show", each).stdout) for each in alive}
    found = sum(code in FOUND for code in codes.values())
    counted = Counter(
        tried=len(codes),
        found=found,
        equivalent=sum(each in known for each in read.values()),
        undecided=len(codes) - found - len(alive),
    )
    counts = " ".join(f"{count:5} {what}" for what, count in counted.items())
    print(f"{name:12} {every:5} mutants {counts}", flush=True)
    for each, mutant in read.items():
        if mutant not in known:
            print(f"  {each} {ALIVE[codes[each] or 0]}\n    - {mutant.was}\n    + {mutant.became}", flush=True)
    return counted


def main() -> None:
    """Print the share of mutants found, room by room and in all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"one of {', '.join(ROOMS)}; without one, all")
    parser.add_argument("--share", type=float, default=0.02, help="the share of the mutants that is tried; 1 is all")
    parser.add_argument("--seed", default="rftkit")
    asked = parser.parse_args()
    if unknown := sorted({*asked.rooms} - {*ROOMS}):
        parser.error(f"no room {unknown[0]!r}; there are {', '.join(ROOMS)}")
    known = equivalents()
    total: Counter[str] = Counter()
    broken = []
    for name in asked.rooms or ROOMS:
        try:
            total += report(name, asked.share, asked.seed, known)
        except RoomError as error:  # the other rooms have their figures all the same
            print(error, flush=True)
            broken.append(name)
    judged = total["tried"] - total["equivalent"] - total["undecided"]
    found = total["found"] / judged if judged else 0.0
    how = f"wanted {WANTED:.0%} (share {asked.share:g}, seed {asked.seed})"
    print(f"{total['found']} of {judged} found: {found:.1%}; {how}")
    if too_many := total["undecided"] > UNDECIDED * total["tried"]:
        print(
            f"{total['undecided']} of {total['tried']} have no outcome: this is no figure; try again on a quiet machine"
        )
    if broken:
        print(f"without a figure: {', '.join(broken)}")
    sys.exit(found < WANTED or too_many or bool(broken))


if __name__ == "__main__":
    main()
