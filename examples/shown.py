"""What the example scripts share: their options, and running a command of ours as one would type it."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from rft.cli import rft
from rft.exits import exit_status


def run_shown(*args: str, expected: int = 0) -> None:
    """Print `rft ARGS`, run it in this process, and stop where it does not end with the expected status."""
    print(f"\n$ rft {shlex.join(args)}", flush=True)
    status = exit_status(lambda: rft.main(args=list(args), prog_name="rft", standalone_mode=False))
    if status != expected:
        raise SystemExit(f"rft {args[0]} ended with {status}, expected {expected}")


def options(about: str | None, *, out: str, makes: str) -> argparse.Namespace:
    """The options of an example with a side of pictures and one of words; `makes` is what its project is made of."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--out", type=Path, default=Path(out), help="default: %(default)s")
    parser.add_argument("--only", choices=("pictures", "words"), help="one side of it")
    parser.add_argument(f"--{makes}", action="store_true", help=f"write the project's {makes} anew, and stop")
    parser.add_argument("--small", action="store_true", help="a few seconds, to see that it runs; shows nothing")
    return parser.parse_args()


def title(text: str) -> None:
    """Print a headline."""
    print(f"\n== {text}", flush=True)


def text_of(path: Path) -> str:
    """A prompt kept in a file, without the line end."""
    return path.read_text(encoding="utf-8").strip()
