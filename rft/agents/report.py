"""Stage `report` of an agent's run: what each policy earned on held-out tasks, in one page of measured numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from estimators.platforms.local.training import ROLLOUTS
from estimators.results.compare import compare
from rewards.combinators import WeightedSum
from rewards.types import JSON
from rewards.writing import write_text
from rft.agents.project import AgentProjectFile
from rft.pipeline import read_manifest
from rft.report import Report, render, verdict_of
from rft.report.figures import Compared, intervals_of
from rft.report.judged import decoding_of, judged_records, part_names, rows_of, share_cut
from rft.report.worst import worst_of
from rft.stages import reporting
from rft.stages.reporting import (
    PAGE,
    RESAMPLES,
    RIGHT,
    Graded,
    digests_of,
    gains_of,
    means_of,
)
from rft.stages.training import NOTES
from rft.stages.trainings import Beside, Training, curves_of, more_curves_of, sheet_of, steps_of

MODELS: Final[Mapping[str, str]] = {"eval_base": "base", "eval_sft": "SFT", "eval_rft": "RFT"}
_DIGESTS: Final = ("check", "base", *MODELS, "sft", "rft")


def require_finished(root: Path) -> None:
    """Raise `StageError` naming the stages below `root` that the page needs and that are not finished."""
    reporting.require_finished(root, _DIGESTS)


def write_report(file: AgentProjectFile, root: Path, out: Path) -> Mapping[str, JSON]:
    """Write `report.html` from the finished stages below `root`."""
    page = out / PAGE
    write_text(page, render(collect(file, root)))
    return {"bytes": page.stat().st_size}


def collect(file: AgentProjectFile, root: Path, beside: Beside | None = None) -> Report:
    """Read everything that the page shows; `beside` has the curves of other runs."""
    graded = {name: _graded(root / stage / ROLLOUTS) for stage, name in MODELS.items()}
    records = {name: one.records for name, one in graded.items()}
    decoding = decoding_of(records)
    compared = Compared(records, compare({name: one.rows for name, one in graded.items()}, resamples=RESAMPLES, seed=0))
    comparison = intervals_of(compared)
    gains = tuple(gains_of(graded, decoding, penalties=_penalties(file)))
    trainings = [Training("SFT", root / "sft", steps_of(root / "sft"), ()), _rft(root / "rft")]
    return Report(
        title=f"{file.project.name}: {', '.join(records)}",
        question="Did the reward teach the agent? One run on this machine, in the world that the job on AWS will play.",
        facts=tuple(_facts(file, root)),
        comparisons=((decoding, comparison),),
        verdict=verdict_of(gains, means_of(comparison)),
        gains=gains,
        curves=tuple(curves_of(trainings, beside)),
        more_curves=tuple(more_curves_of(trainings, beside)),
        worst=tuple(worst_of(records["RFT"], "RFT")),
        recipes=(sheet_of(trainings[1]),),
        digests=tuple(digests_of(root, _DIGESTS)),
        constructed=tuple(_constructed(file, root)),
        not_told=tuple(_not_told(file, root)),
    )


def _penalties(file: AgentProjectFile) -> list[str]:
    """The parts of the world's reward with a negative weight, as it declares them."""
    reward = file.environment().reward
    return [name for name, part in reward.parts.items() if part.weight < 0] if isinstance(reward, WeightedSum) else []


def _graded(path: Path) -> Graded:
    records = judged_records(path)
    return Graded(records, rows_of(records, path, threshold=RIGHT), part_names(records), share_cut(records))


def _rft(folder: Path) -> Training:
    return Training("RFT", folder, steps_of(folder), json.loads((folder / NOTES).read_text(encoding="utf-8")))


def _facts(file: AgentProjectFile, root: Path) -> Iterator[tuple[str, str]]:
    world = file.environment()
    yield "World", f"{world.name} ({file.project.env}), {len(world.tools)} tools"
    yield "Tasks", f"{len(world.of('train')):,} to train, {len(world.of('test')):,} held out"
    yield (
        "Audit",
        f"passed after {_count(root, 'check', 'episodes')} episodes, {_count(root, 'check', 'findings')} warnings",
    )
    yield "Seed", str(file.project.seed)
    yield "Policy", f"a Llama of {_count(root, 'base', 'parameters')} parameters, made for this world"


def _constructed(file: AgentProjectFile, root: Path) -> Iterator[str]:
    overlay = file.project.local
    yield f"The policy stands in for {file.project.agent.model_type}; what it earns is a fact about it alone."
    yield (
        f"SFT saw gold turns of training tasks, {overlay.sft_noise:.0%} of whose calls are another task's, so that "
        "there is something left to learn."
    )


def _not_told(file: AgentProjectFile, root: Path) -> Iterator[str]:
    yield f"Which score {file.project.agent.model_type} will reach, and after how many steps: it was not trained here."
    yield f"How much another seed than {file.project.seed} changes: one training of each kind is in the intervals."
    yield "That the reward cannot be gamed: the audit has tried what it knows."


def _count(root: Path, stage: str, name: str) -> str:
    counts: Any = read_manifest(root / stage).get("counts", {})
    return f"{counts[name]:,}"
