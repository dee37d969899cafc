"""What the example scripts share: run a command of ours, showing it as one would type it."""

from __future__ import annotations

import shlex
from pathlib import Path

from rft.cli import rft


def run_shown(*args: str, expected: int = 0) -> None:
    """Print `rft ARGS`, run it in this process, and stop where it does not end with the expected status."""
    print(f"\n$ rft {shlex.join(args)}", flush=True)
    try:
        rft.main(args=list(args), prog_name="rft", standalone_mode=False)
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    if status != expected:
        raise SystemExit(f"rft {args[0]} ended with {status}, expected {expected}")


def title(text: str) -> None:
    """Print a headline."""
    print(f"\n== {text}", flush=True)


def text_of(path: Path) -> str:
    """A prompt kept in a file, without the line end."""
    return path.read_text(encoding="utf-8").strip()
