"""`rft rehearse`: will the reward be learnt, or cheated?"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import click

from rft.command_line import INPUT_FILE, OUTPUT_FOLDER, PROJECT, Command, allow_network_option, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rft.progress import StageLines
    from rft.project import ProjectFile
    from rft.rehearsal.reading import Example
    from rft.rehearsal.sweep import Weighting
    from rft.rehearsal.verdict import Verdict

    _Found = tuple[Verdict, Sequence[Example], str | None, Sequence[Weighting]]


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
@click.option(
    "--weights", type=click.Choice(["grid"]), help="grid: compare all weightings of the parts, in steps of a quarter."
)
@click.option("--sweep", metavar="NAME=V,V", help="Rehearse with each value of group, temperature or top_k instead.")
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
    weights: str | None,
    sweep: str | None,
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
        if steps is not None or seed is not None or sweep is not None:
            raise click.UsageError("--steps, --seed and --sweep are for a PROJECT; rollouts are read as they are")
        _finish(*_read(files, truth, reward, weights=weights), output, as_json)
    if reward is not None:
        raise click.UsageError("--reward is for --rollouts; a PROJECT names its own")
    if weights is not None and sweep is not None:
        raise click.UsageError("--weights compares on one training, --sweep makes several; take one of them")
    assert project is not None
    plan = _Plan(project, truth, steps, seed, runs, allow_network, as_json)
    if sweep is not None:
        _sweep(plan, sweep)
    _finish(*_rehearse(plan, weights), output, as_json)


class _Plan(NamedTuple):
    """What is rehearsed, and how."""

    project: Path
    truth: str | None
    steps: int | None
    seed: int | None
    runs: Path
    allow_network: bool
    quiet: bool


def _rehearse(plan: _Plan, weights: str | None) -> _Found:
    from rft.rehearsal import running

    file, root, progress = _prepared(plan, {})
    cut = running.truncating(file, root)
    if cut is not None:
        return cut, (), None, []
    from rft.stages.data import reward_spec

    rollouts = running.rehearse(file, root, progress)
    return _read((rollouts,), plan.truth, reward_spec(file), weights=weights, again=False)


def _prepared(plan: _Plan, changes: dict[str, object]) -> tuple[ProjectFile, Path, StageLines]:
    """The project with its changes, its folder and a display, when data and grader are made."""
    from rft.extras import require_extras
    from rft.progress import StageLines
    from rft.project import load_project
    from rft.rehearsal import running
    from rft.rehearsal.truth import truth_of

    file = replace(load_project(plan.project).with_seed(plan.seed), allow_network=plan.allow_network)
    file = running.changed(file, {**({running.STEPS: plan.steps} if plan.steps else {}), **changes})
    truth_of(plan.truth, ())  # one that cannot be opened is refused now, not after the training
    require_extras(["sft"])
    progress = StageLines(len(running.STAGE), to_stderr=plan.quiet)
    root = plan.runs / file.run_name
    running.prepare(file, root, progress)
    return file, root, progress


def _sweep(plan: _Plan, asked: str) -> NoReturn:
    """One training with each value, all from one SFT; exit 1 where none is learnable."""
    from rft.rehearsal import running
    from rft.rehearsal.reading import read_evidence, samples_in
    from rft.rehearsal.sweep import KEYS, lines_of_settings, setting_of, swept
    from rft.rehearsal.truth import truth_of
    from rft.rehearsal.verdict import verdict

    name, values = swept(asked)
    found = []
    for value in values:
        file, root, progress = _prepared(plan, {KEYS[name]: value})
        rollouts = running.rehearse(file, root, progress, name=f"{running.STAGE}-{name}-{value}")
        evidence = read_evidence((rollouts,), truth_of(plan.truth, samples_in(rollouts)))
        told = verdict(evidence.groups, evidence.names, ungradable=evidence.ungradable)
        found.append(setting_of(str(value), told, evidence.groups))
    if plan.quiet:
        settings = [{**one.verdict.to_json(), name: one.value} for one in found]
        click.echo(json.dumps({"sweep": name, "settings": settings}, indent=2))
    else:
        click.echo("\n".join(lines_of_settings(name, found)))
    sys.exit(not any(one.verdict.is_good for one in found))


def _read(
    files: Sequence[Path], truth: str | None, reward: str | None, *, weights: str | None, again: bool = True
) -> _Found:
    """The verdict on rollouts; `again` grades them by `reward` first. A reward that is known and asks no judge is tried
    with the audit's damages and attacks too."""
    from rewards import load_reward
    from rft.rehearsal.order import asks_a_judge, audited
    from rft.rehearsal.reading import examples, read_evidence, rows_in, samples_in
    from rft.rehearsal.sweep import compared_weightings
    from rft.rehearsal.truth import truth_of
    from rft.rehearsal.verdict import verdict

    metric, known = truth_of(truth, samples_in(files[0])), load_reward(reward) if reward else None
    evidence = read_evidence(files, metric, known if again else None)
    try:
        found = verdict(evidence.groups, evidence.names, ungradable=evidence.ungradable)
    except ValueError as error:
        raise click.UsageError(f"{', '.join(map(str, files))}: {error}") from None
    if known is not None and not asks_a_judge(known):
        own = audited(known, rows_in(files[0]))
        numbers = {**found.numbers, "audit": own._asdict()}
        found = replace(found, notes=(*found.notes, *own.notes()), numbers=numbers)
    shown = () if found.word in ("LEARNABLE", "FLAT", "DEAD") else examples(evidence, since=found.onset)
    compared = compared_weightings(evidence) if weights else []
    return found, shown, metric.name if metric else None, compared


def _finish(
    found: Verdict,
    shown: Sequence[Example],
    truth: str | None,
    compared: Sequence[Weighting],
    output: Path | None,
    as_json: bool,
) -> NoReturn:
    from rewards.writing import drafting_folder, write_text
    from rft.rehearsal.page import page_of
    from rft.rehearsal.sweep import lines_of_weightings
    from rft.rehearsal.text import lines_of

    told = {**found.to_json(), "truth": truth, "examples": [one._asdict() for one in shown]}
    if compared:
        told["weightings"] = [one.to_json() for one in compared]
    if output is not None:
        with drafting_folder(output, ours=("verdict.json", "verdict.html")) as draft:
            write_text(draft / "verdict.json", json.dumps(told, indent=2, ensure_ascii=False) + "\n")
            write_text(draft / "verdict.html", page_of(found, shown, truth))
    if as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        click.echo("\n".join([*lines_of(found, shown, truth), *(lines_of_weightings(compared) if compared else ())]))
    sys.exit(not found.is_good)
