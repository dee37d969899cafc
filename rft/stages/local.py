"""The stages of a run on this machine, and what each depends on."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from estimators.platforms.local import PreflightError, spare_core
from estimators.platforms.local.policies import parameters_of
from estimators.platforms.local.sources import GGUF, convert_gguf, source_of
from rewards.types import JSON
from rft.errors import ProjectError
from rft.pipeline import Stage, digest_of_file, digests_of_folder
from rft.project import ProjectFile, read_sections
from rft.stages.check import check_reward
from rft.stages.data import TEST, data_inputs, make_data
from rft.stages.evaluation import evaluate_models
from rft.stages.package import ZIP, package_inputs, package_reward
from rft.stages.reporting import STAGES, write_report
from rft.stages.training import (
    MODEL,
    max_new_tokens,
    overlay_of,
    rft_inputs,
    sft_inputs,
    train_rft,
    train_sft,
)

POLICY, EVAL_SFT = "policy", "eval_sft"

NETWORK = "--allow-network"


def command_for(file: ProjectFile, root: Path, stage: str) -> list[str]:
    """The command that makes a stage of this project in the run folder `root`, for a process beside."""
    command = [sys.executable, "-m", "rft.stages.making", str(file.path), str(root), stage]
    return [*command, "--seed", str(file.project.seed), *([NETWORK] if file.allow_network else [])]


def prepared_stages(file: ProjectFile, root: Path) -> list[Stage]:
    """The stages that every run begins with, wherever it trains."""
    data = root / "data"
    return [
        Stage("data", (), lambda: data_inputs(file), lambda out: make_data(file, out)),
        Stage("check", ("data",), lambda: package_inputs(file), lambda out: check_reward(file, data, out)),
        Stage("package", ("data",), lambda: package_inputs(file), lambda out: package_reward(file, data, out)),
    ]


def policy_of(file: ProjectFile, root: Path) -> Path:
    """The folder of the policy that is trained, which for a GGUF file is made by the stage `policy`.

    Raises ProjectError, with the line, where the project names none that is here.
    """
    source = _source(file)
    return root / POLICY / MODEL if source.suffix == GGUF else source


def _source(file: ProjectFile) -> Path:
    try:
        return source_of(file.project.local.model, file.root)
    except PreflightError as error:
        line = read_sections(file.path).line_of(("local", "model"))
        raise ProjectError(f"{file.path}:{line}: local.model: {error}") from None


def _policy_stages(file: ProjectFile) -> list[Stage]:
    """The conversion of a GGUF file; nothing for a folder, which is read where it is."""
    source = _source(file)
    if source.suffix != GGUF:
        return []

    def convert(out: Path) -> Mapping[str, JSON]:
        return {"parameters": parameters_of(convert_gguf(source, out / MODEL)).parameters}

    return [Stage(POLICY, (), lambda: digest_of_file(source), convert)]


def local_stages(file: ProjectFile, root: Path) -> list[Stage]:
    """Every stage of `file` with its folder below `root`, in the order in which they run."""
    data, package, sft, rft = (root / name for name in ("data", "package", "sft", "rft"))
    grader, rows, base = package / ZIP, data / "rft" / f"{TEST}.jsonl", policy_of(file, root)
    converted = _policy_stages(file)
    policy = tuple(stage.name for stage in converted)

    def evaluate(models: dict[str, Path], out: Path) -> Mapping[str, JSON]:
        longest = max_new_tokens(file)
        return evaluate_models(
            models,
            rows=rows,
            grader=grader,
            overlay=overlay_of(file),
            max_new_tokens=longest,
            out=out,
            allow_network=file.allow_network,
        )

    def judged() -> JSON:
        return {"overlay": overlay_of(file).part("eval"), "max_new_tokens": max_new_tokens(file)}

    return [
        *prepared_stages(file, root),
        *converted,
        Stage(
            "sft",
            ("data", *policy),
            lambda: {"training": sft_inputs(file), "base": digests_of_folder(base)},
            lambda out: train_sft(file, base=base, data=data, out=out),
            resumes=True,
        ),
        Stage(
            EVAL_SFT,
            ("data", "package", "sft", *policy),
            lambda: {"evaluation": judged(), "base": digests_of_folder(base)},
            lambda out: evaluate({"base": base, "SFT": sft / MODEL}, out),
            beside=lambda: command_for(file, root, EVAL_SFT) if spare_core(overlay_of(file).threads) else None,
        ),
        Stage(
            "rft",
            ("data", "package", "sft"),
            lambda: rft_inputs(file),
            lambda out: train_rft(file, model=sft / MODEL, data=data, grader=grader, out=out),
            resumes=True,
        ),
        Stage("eval_rft", ("data", "package", "rft"), judged, lambda out: evaluate({"RFT": rft / MODEL}, out)),
        Stage("report", STAGES, lambda: None, lambda out: write_report(file, root, out)),
    ]
