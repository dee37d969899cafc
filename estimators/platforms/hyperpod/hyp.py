"""What `hyp` is given and what it makes of it: the settings of a job, and the folder that `hyp init` fills.

`hyp init` takes the first recipe of the hub that fits technique and instance type, adapters or not, and ends with
status 0 where it finds none; `hyp configure` writes numbers that its own `hyp validate` reads as text (7e-07). So the
folder is checked after the first, and numbers are written again after the second. Source: sagemaker-hyperpod 3.12.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from estimators.errors import JobError, PlanError
from estimators.findings import JobFinding
from estimators.images import Method
from estimators.planning.hub import hub_name_of, hub_settings, is_lora, technique_of
from recipes.model.base import flatten
from rewards.writing import write_text

SPEC, CONFIG = ".override_spec.json", "config.yaml"
_OTHER_TOOL: Final = "write tool: hyperpod into the section hyperpod, which starts any recipe"


def hyp_job(recipe: Mapping[str, Any], method: Method, namespace: str) -> dict[str, Any]:
    """What the plan keeps for `hyp`: technique, adapters or not, and the settings by the hub's names.

    Raises `PlanError` for a method that the hub has no recipe for.
    """
    try:
        technique = technique_of(method)
    except PlanError as error:
        raise PlanError(f"{error}; {_OTHER_TOOL}") from error
    settings = {"namespace": namespace, **hub_settings(recipe, method)}
    return {"technique": technique, "lora": is_lora(recipe), "settings": settings}


def setting_findings(recipe: Mapping[str, Any], official: Mapping[str, Any], method: Method) -> list[JobFinding]:
    """An error for each value that differs from the official recipe's and that no setting of `hyp` changes."""
    theirs = flatten(official)
    return [
        JobFinding("hyp-setting", "error", f"`hyp` cannot set {path}, which the recipe sets to {value!r}", _OTHER_TOOL)
        for path, value in flatten(recipe).items()
        if value not in ("", None, {}, theirs.get(path, "")) and hub_name_of(path, method) is None
    ]


def settled(argv: Sequence[str], folder: Path, job: Mapping[str, Any]) -> None:
    """Do after a command what the next one needs. `folder` is that of the `hyp` project.

    Raises `JobError` where `hyp init` has chosen another recipe than the plan's.
    """
    if argv[1] == "init":
        _check_chosen(folder, job)
    elif argv[1] == "configure":
        _write_numbers(folder, job["settings"])


def _check_chosen(folder: Path, job: Mapping[str, Any]) -> None:
    """The hub's recipe must train what ours trains, and know every setting of it."""
    spec = _spec(folder)
    chosen, wanted = "lora_alpha" in spec, job["lora"]
    if chosen != wanted:
        kinds = {True: "LoRA", False: "full-rank"}
        raise JobError(
            f"`hyp init` chose a {kinds[chosen]} recipe of the hub, the plan's is {kinds[wanted]}; {_OTHER_TOOL}"
        )
    unknown = sorted(set(job["settings"]) - set(spec))
    if unknown:
        raise JobError(f"the hub's {job['technique']} recipe has no setting {', '.join(unknown)}; {_OTHER_TOOL}")


def _spec(folder: Path) -> Mapping[str, Any]:
    try:
        found = json.loads((folder / SPEC).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise JobError(
            f"`hyp init` made no project in {folder}: the hub has no such recipe, or AWS did not answer; "
            f"run `hyp init` there to see what it says"
        ) from error
    assert isinstance(found, Mapping), "hyp writes an object"
    return found


def _write_numbers(folder: Path, settings: Mapping[str, Any]) -> None:
    """Write every setting, and every default that is a float, as YAML 1.1 reads it back."""
    defaults = {key: entry["default"] for key, entry in _spec(folder).items() if _is_float(entry)}
    path = folder / CONFIG
    text = path.read_text(encoding="utf-8")
    for key, value in {**defaults, **settings}.items():
        line = yaml.safe_dump({key: value}, width=10_000, allow_unicode=True).rstrip("\n")
        text = re.sub(rf"^{re.escape(key)}\s*:.*$", lambda _, line=line: line, text, count=1, flags=re.MULTILINE)  # type: ignore[misc]
    write_text(path, text)


def _is_float(entry: object) -> bool:
    return isinstance(entry, Mapping) and entry.get("type") == "float" and entry.get("default") is not None
