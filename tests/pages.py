"""A page as its reader takes it: the files it gives, the commands it shows, and what of their output may differ.

Standard library only: the tests of each page use it, and `.ci/replay`, which follows pages in a clean environment.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
FENCE: Final = re.compile(r"^```(\w+)[ ]?(\S*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Digests, sizes and times differ between machines and versions; what any other number counts or measures does not.
VARYING: Final = re.compile(
    r"\b[0-9a-f]{10,64}\b|[\d,]+(?= bytes)|(?<=bytes )[\d,]+"
    r"|(?<![\w:-])[\d,]+(\.\d+)?(e-\d+)?(?= (KB|MB|µs|ms|s|files)\b)|(?<= in )[\d.]+(?=s\b)"
    r"|[\d,]+(?= answers (graded|tried))|(?<=  microseconds a rollout) .*"
)
# Said only where a machine is slow or busy.
SOMETIMES: Final = re.compile(r", total-time\b|(?<=answers tried), stopped by its time limit")
MORE: Final = "..."
PIP: Final = re.compile(r"(?:`|%)pip install (?:--quiet )?([^`\n]+)")


class Block(NamedTuple):
    """A fenced block: its language, the name of the file that it is (or ""), its text."""

    kind: str
    name: str
    text: str


class Step(NamedTuple):
    """A command of a console block, without its `$`, and the output that stands below it."""

    command: str
    shown: str


def page(name: str) -> str:
    """The text of a page, named from the root of the repository: `docs/audit.md`."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, *kinds: str) -> list[Block]:
    """The fenced blocks of these languages, of any where none is named."""
    found = (Block(*match) for match in FENCE.findall(text))
    return [block for block in found if not kinds or block.kind in kinds]


def steps(text: str) -> list[Step]:
    """The commands of the console blocks of a page, in turn, each without the remark behind two spaces and a `#`."""
    return [step for block in blocks(text, "console") for step in steps_of(block)]


def steps_of(block: Block) -> list[Step]:
    """The commands of one console block."""
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    return [
        Step(command.partition("  #")[0].rstrip(), shown) for command, _, shown in (p.partition("\n") for p in parts)
    ]


def write_files(text: str, folder: Path) -> None:
    """Write the files of a page into a folder."""
    for block in blocks(text):
        if block.name:
            (folder / block.name).write_text(block.text, encoding="utf-8")


def masked(output: str) -> list[str]:
    """The lines of an output, without what differs between machines."""
    return [_mask(line.rstrip()) for line in output.strip("\n").splitlines()]


def _mask(line: str) -> str:
    return VARYING.sub("#", SOMETIMES.sub("", line)).replace("# ms", "# s")


def differences(shown: str, printed: str, mask: Callable[[str], list[str]] = masked) -> list[str]:
    """Each line that is shown otherwise than it was printed; a last line of three dots says that more follows."""
    wanted, got = mask(shown), mask(printed)
    if wanted and wanted[-1] == MORE:
        wanted.pop()
        if len(got) <= len(wanted):
            return [f"more than {len(wanted)} lines are promised, {len(got)} were printed"]
        got = got[: len(wanted)]
    pairs = enumerate(zip_longest(wanted, got), start=1)
    return [f"line {n}: shown {a!r}, printed {b!r}" for n, (a, b) in pairs if a != b]
