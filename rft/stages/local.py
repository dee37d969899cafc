"""The stages of a run on this machine, and what each depends on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from estimators.platforms.local.base import BASE_FOLDER
from rewards.types import JSON
from rft.pipeline import Stage, digests_of_folder
from rft.project import ProjectFile
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


def prepared_stages(file: ProjectFile, root: Path) -> list[Stage]:
    """The stages that every run begins with, wherever it trains."""
    data = root / "data"
    return [
        Stage("data", (), lambda: data_inputs(file), lambda out: make_data(file, out)),
        Stage("check", ("data",), lambda: package_inputs(file), lambda out: check_reward(file, data, out)),
        Stage("package", ("data",), lambda: package_inputs(file), lambda out: package_reward(file, data, out)),
    ]


def local_stages(file: ProjectFile, root: Path) -> list[Stage]:
    """Every stage of `file` with its folder below `root`, in the order in which they run."""
    data, package, sft, rft = (root / name for name in ("data", "package", "sft", "rft"))
    grader, rows, base = package / ZIP, data / "rft" / f"{TEST}.jsonl", BASE_FOLDER

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
        Stage(
            "sft",
            ("data",),
            lambda: {"training": sft_inputs(file), "base": digests_of_folder(base)},
            lambda out: train_sft(file, base=base, data=data, out=out),
        ),
        Stage(
            "eval_sft",
            ("data", "package", "sft"),
            lambda: {"evaluation": judged(), "base": digests_of_folder(base)},
            lambda out: evaluate({"base": base, "SFT": sft / MODEL}, out),
        ),
        Stage(
            "rft",
            ("data", "package", "sft"),
            lambda: rft_inputs(file),
            lambda out: train_rft(file, model=sft / MODEL, data=data, grader=grader, out=out),
        ),
        Stage("eval_rft", ("data", "package", "rft"), judged, lambda out: evaluate({"RFT": rft / MODEL}, out)),
        Stage("report", STAGES, lambda: None, lambda out: write_report(file, root, out)),
    ]
