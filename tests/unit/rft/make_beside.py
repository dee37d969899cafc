"""Usage: make_beside.py ROOT NAME HOW. What the command of a stage beside does: makes the stage NAME, as HOW says."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from rewards.types import JSON
from rft import pipeline
from rft.errors import StageError

LONGEST_S = 60


def worked(root: Path, how: str) -> None:
    """Wait for another stage, which is there only if it runs at the same time; or fail, or be killed."""
    match how.split():
        case ["waits", "for", other]:
            begun = time.monotonic()
            while not (root / other).exists():
                assert time.monotonic() - begun < LONGEST_S, f"{other} does not come"
                time.sleep(0.01)
        case ["fails"]:
            raise StageError("no rows")
        case ["is", "killed"]:
            os.kill(os.getpid(), signal.SIGKILL)


def main(root: Path, name: str, how: str) -> int:
    """Make the stage, and tell what was made or why not."""

    def fill(folder: Path) -> Mapping[str, JSON]:
        worked(root, how)
        (folder / "process.txt").write_text(str(os.getpid()))
        return {"done": 1}

    try:
        made = pipeline.make(pipeline.Stage(name, (), lambda: None, fill), root)
    except StageError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(made._asdict()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
