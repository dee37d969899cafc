"""The stages of an agent's run as jobs: its world is audited here, then it is trained, and what came is evaluated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rewards.audit.trajectories import audit_environment
from rewards.types import JSON
from rewards.writing import write_text
from rft.agents.audit import as_json
from rft.agents.plans import ON, evaluation_of, training_of
from rft.agents.project import AgentProjectFile
from rft.errors import StageError
from rft.job_stages import JobStages, RunJob, stage_name
from rft.jobs.training_plans import checkpoint_on
from rft.pipeline import Stage, digest_of_file

CHECK: Final = "check"


def check_stage(file: AgentProjectFile) -> Stage:
    """The stage that audits the world; it stops a run whose world must not train an agent."""
    return Stage(CHECK, (), lambda: inputs_of(file), lambda out: _check(file, out))


def agent_job_stages(file: AgentProjectFile, root: Path, run_job: RunJob, *, attempt: int = 1) -> JobStages:
    """The stages of a run on SageMaker; `run_job` takes a plan through to its outputs in a folder."""
    trained, evaluated = stage_name(ON, "rft"), stage_name(ON, "eval")

    def train(out: Path) -> Mapping[str, JSON]:
        return run_job(training_of(file, attempt=attempt), out)

    def evaluate(out: Path) -> Mapping[str, JSON]:
        model = checkpoint_on(ON, str(root / trained))
        return run_job(evaluation_of(file, model=model, attempt=attempt), out)

    jobs = [
        Stage(trained, (CHECK,), lambda: training_of(file).name, train),
        Stage(evaluated, (trained,), lambda: evaluation_of(file).name, evaluate),
    ]
    return JobStages([check_stage(file)], jobs)


def inputs_of(file: AgentProjectFile) -> JSON:
    """What a result depends on: every file of Python beside the project file, and which of them is the world."""
    sources: dict[str, JSON] = {path.name: digest_of_file(path) for path in sorted(file.root.glob("*.py"))}
    return {"env": file.project.env, "seed": file.project.seed, "sources": sources}


def _check(file: AgentProjectFile, out: Path) -> Mapping[str, JSON]:
    report = audit_environment(file.environment(), seed=file.project.seed)
    write_text(out / "audit.json", json.dumps(as_json(report), indent=2, ensure_ascii=False) + "\n")
    if not report.passed:
        codes = ", ".join(dict.fromkeys(each.code for each in report.findings if each.severity == "error"))
        raise StageError(f"{file.project.env} must not train an agent: {codes}; `rft audit --env` shows why")
    return {"episodes": report.episodes, "findings": len(report.findings)}
