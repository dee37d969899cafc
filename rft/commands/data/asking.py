"""What the commands of `rft data` that ask a model share: how they stop, and what they say at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rft.exits import StoppedError


@contextmanager
def saved_at_ctrl_c(journal: Path) -> Iterator[None]:
    """Let Ctrl-C end the block with a line that says what was kept."""
    from datagen.teachers.journal import look_into

    try:
        yield
    except KeyboardInterrupt:
        with look_into(journal) as answers:
            kept = f"{answers.usage().calls:,} answers are in {journal}; " if journal.exists() else ""
        raise StoppedError(f"stopped; {kept}the same command goes on from there") from None


def yield_lines(written: int, rejected: Mapping[str, int], leaks: Mapping[str, int]) -> Iterator[str]:
    """How many rows came of the answers, why others were rejected, and what the splits share."""
    from datagen.types import REJECT_REASONS

    total = sum(rejected.values())
    yield f"{written:,} samples, {total:,} rejected" + (" (see rejects.jsonl):" if total else "")
    for code, count in sorted(rejected.items()):
        yield f"{count:>7,}  {code}: {REJECT_REASONS[code]}"
    if leaks:
        yield "13-word overlap with train: " + ", ".join(f"{name} {count:,}" for name, count in leaks.items())
