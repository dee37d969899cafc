"""The stages of an agent's run on this machine: its world is audited, and a tiny policy learns it by SFT and RFT.

Every step of it runs in the world itself, and so runs as you do; nothing is sent anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

import yaml

from estimators.platforms.local.agents import RftSettings, evaluate, make_policy, rft_settings, run_rft, run_sft
from estimators.platforms.local.training import ROLLOUTS
from rewards.rollouts import write_records
from rewards.types import JSON
from rewards.writing import write_text
from rft.agents.job_stages import CHECK, check_stage, inputs_of
from rft.agents.project import AgentProjectFile
from rft.agents.report import MODELS, write_report
from rft.pipeline import Stage
from rft.progress import bar
from rft.stages.evaluation import summarise
from rft.stages.training import MODEL, NOTES, RECIPE, kept_when_stopped, steps_bar, warnings_of

BASE: Final = "base"


def agent_local_stages(file: AgentProjectFile, root: Path) -> list[Stage]:
    """Every stage with its folder below `root`, in order; equal inputs give equal files, the seconds apart."""
    overlay, settings = file.project.local, _settings(file)
    size: JSON = {"hidden": overlay.hidden, "layers": overlay.layers, "threads": overlay.threads}
    taught: JSON = {key: value for key, value in overlay.model_dump().items() if key.startswith("sft_")}
    rft: JSON = json.loads(json.dumps(asdict(settings)))
    asked: JSON = {"tasks": overlay.eval_tasks, "samples": overlay.eval_samples, "temperature": settings.temperature}

    def evaluation(stage: str, trained: str) -> Stage:
        model = root / trained / MODEL
        return Stage(stage, (CHECK, trained), lambda: asked, lambda out: _evaluate(file, model, out))

    return [
        check_stage(file),
        Stage(BASE, (CHECK,), lambda: {"size": size, "sources": inputs_of(file)}, lambda out: _base(file, out)),
        evaluation("eval_base", BASE),
        Stage("sft", (BASE,), lambda: taught, lambda out: _sft(file, root / BASE / MODEL, out)),
        evaluation("eval_sft", "sft"),
        Stage("rft", ("sft",), lambda: rft, lambda out: _rft(file, root / "sft" / MODEL, out)),
        evaluation("eval_rft", "rft"),
        Stage("report", tuple(MODELS), lambda: None, lambda out: write_report(file, root, out)),
    ]


def _settings(file: AgentProjectFile) -> RftSettings:
    return rft_settings(file.project.rft.set, file.project.local)


def _base(file: AgentProjectFile, out: Path) -> Mapping[str, JSON]:
    size = make_policy(file.environment(), file.project.local, out / MODEL, seed=file.project.seed)
    return {"parameters": size}


def _sft(file: AgentProjectFile, model: Path, out: Path) -> Mapping[str, JSON]:
    overlay, seed = file.project.local, file.project.seed
    with kept_when_stopped("sft", out), steps_bar("sft", overlay.sft_steps) as on_step:
        rows = run_sft(file.environment(), overlay, model=model, out=out, seed=seed, on_step=on_step)
    return {"steps": len(rows), **({"training_loss": rows[-1]["training_loss"]} if rows else {})}


def _rft(file: AgentProjectFile, model: Path, out: Path) -> Mapping[str, JSON]:
    import click

    overlay, settings = file.project.local, _settings(file)
    write_text(out / RECIPE, yaml.safe_dump(dict(file.project.rft.set), sort_keys=False))
    write_text(out / NOTES, json.dumps([asdict(note) for note in settings.notes], indent=2) + "\n")
    with kept_when_stopped("rft", out), steps_bar("rft", settings.max_steps) as on_step:
        log = run_rft(
            file.environment(), overlay, settings, model=model, out=out, seed=file.project.seed, on_step=on_step
        )
    for warning in warnings_of(log):
        click.echo(f"\nwarning: {warning}", err=True)
    last = log.rows[-1] if log.rows else {}
    reward: dict[str, JSON] = {key: value for key, value in last.items() if key == "critic/rewards/mean"}
    return {"steps": len(log.rows), **reward}


def _evaluate(file: AgentProjectFile, model: Path, out: Path) -> Mapping[str, JSON]:
    with bar("evaluate", 1, "passes") as done:
        records = evaluate(file.environment(), file.project.local, _settings(file), model=model, seed=file.project.seed)
        done()
    write_records(out / ROLLOUTS, records)
    summary = {name: found._asdict() for name, found in summarise(records).items()}
    write_text(out / "summary.json", json.dumps(summary, indent=2) + "\n")
    return {"rollouts": len(records), "score": summary["score"]["mean"]}
