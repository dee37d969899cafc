"""`rft rehearse`: will the reward be learnt, or cheated?"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft.command_line import INPUT_FILE, OUTPUT_FOLDER, PROJECT, Command, allow_network_option, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rft.rehearsal.reading import Example
    from rft.rehearsal.verdict import Verdict


@click.command(cls=Command)
@click.argument("project", type=PROJECT, required=False)
@click.option("--rollouts", "files", type=INPUT_FILE, multiple=True, help="Read these rollouts instead of training.")
@click.option("--reward", help="With --rollouts: grade them by this reward first, file.py:name or reward.yaml.")
@click.option(
    "--truth",
    metavar="REWARD",
    help="The true metric, file.py:name or reward.yaml; default: the library's strict one for the data; none: none.",
)
@click.option("--steps", type=click.IntRange(1), help="Steps of RFT; default: the project's.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Use this seed instead of the project's.")
@click.option("--runs", type=OUTPUT_FOLDER, default="runs", show_default=True, help="Folder of runs.")
@click.option("-o", "--output", type=OUTPUT_FOLDER, help="Write verdict.json and verdict.html here.")
@json_option
@allow_network_option
def command(
    project: Path | None,
    files: tuple[Path, ...],
    reward: str | None,
    truth: str | None,
    steps: int | None,
    seed: int | None,
    runs: Path,
    output: Path | None,
    as_json: bool,
    allow_network: bool,
) -> None:
    """Rehearse PROJECT on this machine: SFT, then RFT of a small policy, and a verdict on its reward; or read the
    --rollouts of any training.

    The verdict is one word: LEARNABLE, FLAT, DEAD, TRUNCATING, GAP WIDENING or HACKED. What `rft run` has finished is
    used again. Exit 1 for every verdict but LEARNABLE.
    """
    if (project is None) == (not files):
        raise click.UsageError("name a PROJECT to rehearse, or --rollouts to read")
    if project is None:
        if steps is not None or seed is not None:
            raise click.UsageError("--steps and --seed are for a PROJECT; rollouts are read as they are")
        _finish(*_read(files, truth, reward), output, as_json)
    if reward is not None:
        raise click.UsageError("--reward is for --rollouts; a PROJECT names its own")
    assert project is not None
    _finish(*_rehearse(project, truth, steps, seed, runs, allow_network, as_json), output, as_json)


def _rehearse(
    project: Path, truth: str | None, steps: int | None, seed: int | None, runs: Path, allow_network: bool, quiet: bool
) -> tuple[Verdict, Sequence[Example], str | None]:
    from rft.extras import require_extras
    from rft.progress import StageLines
    from rft.project import load_project
    from rft.rehearsal import running
    from rft.rehearsal.truth import truth_of

    file = replace(load_project(project).with_seed(seed), allow_network=allow_network)
    file = running.changed(file, {running.STEPS: steps} if steps else {})
    root = runs / file.run_name
    truth_of(truth, ())  # one that cannot be opened is refused now, not after the training
    require_extras(["sft"])
    progress = StageLines(len(running.STAGE), to_stderr=quiet)
    running.prepare(file, root, progress)
    cut = running.truncating(file, root)
    if cut is not None:
        return cut, (), None
    rollouts = running.rehearse(file, root, progress)
    return _read((rollouts,), truth, None)


def _read(
    files: Sequence[Path], truth: str | None, reward: str | None
) -> tuple[Verdict, Sequence[Example], str | None]:
    from rewards import load_reward
    from rft.rehearsal.reading import examples, read_evidence, samples_in
    from rft.rehearsal.truth import truth_of
    from rft.rehearsal.verdict import verdict

    metric = truth_of(truth, samples_in(files[0]))
    evidence = read_evidence(files, metric, load_reward(reward) if reward else None)
    try:
        found = verdict(evidence.groups, evidence.names)
    except ValueError as error:
        raise click.UsageError(f"{', '.join(map(str, files))}: {error}") from None
    found = replace(found, notes=(*evidence.notes, *found.notes))
    shown = () if found.word in ("LEARNABLE", "FLAT", "DEAD") else examples(evidence, since=found.onset)
    return found, shown, metric.name if metric else None


def _finish(found: Verdict, shown: Sequence[Example], truth: str | None, output: Path | None, as_json: bool) -> None:
    from rewards.writing import write_text
    from rft.rehearsal.page import page_of
    from rft.rehearsal.text import lines_of

    told = {**found.to_json(), "truth": truth, "examples": [one._asdict() for one in shown]}
    if output is not None:
        write_text(output / "verdict.json", json.dumps(told, indent=2, ensure_ascii=False) + "\n")
        write_text(output / "verdict.html", page_of(found, shown, truth))
    click.echo(json.dumps(told, indent=2) if as_json else "\n".join(lines_of(found, shown, truth)))
    sys.exit(not found.is_good)
