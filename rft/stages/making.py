"""Makes one stage of a local run in a process of its own: `python -m rft.stages.making PROJECT ROOT STAGE`.

Who calls it holds the run folder, and waits for it.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from rft.exits import line_of
from rft.pipeline import make
from rft.project import load_project
from rft.stages.local import NETWORK, local_stages


def main(args: Sequence[str] | None = None) -> int:
    """Make the stage and print what was made as JSON; print why not, and return 1, where it cannot be."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches both, and is told by the parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("root", type=Path)
    parser.add_argument("stage")
    parser.add_argument("--seed", type=int)
    parser.add_argument(NETWORK, action="store_true")
    asked = parser.parse_args(args)
    try:
        file = replace(load_project(asked.project).with_seed(asked.seed), allow_network=asked.allow_network)
        (stage,) = (stage for stage in local_stages(file, asked.root) if stage.name == asked.stage)
        told = json.dumps(make(stage, asked.root)._asdict())
    except Exception as error:
        line = line_of(error)
        if line is None:
            raise  # a bug of ours: its traceback goes to standard error, and the parent says that we failed
        click.echo(line)
        return 1
    click.echo(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
