"""Launch a plan on its platform, and store it, so that the job is found by name and later plans are compared."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from estimators.findings import JobFinding, refuse
from estimators.plan import JobPlan
from estimators.platforms.platform import Launched, Launching, Sdk
from estimators.platforms.registry import platform_of
from rewards.writing import write_text


def preflight(plan: JobPlan, session: Any) -> tuple[JobFinding, ...]:
    """Preflight checks of a plan against the account: all findings at once, by read-only calls."""
    return tuple(platform_of(plan.platform).preflight(plan, session))


def start(plan: JobPlan, session: Any, *, folder: Path, sdk: Sdk = "boto3", force: Collection[str] = ()) -> Launched:
    """Launch the plan, and store it in `folder` as NAME.plan.json.

    `session` is what the platform's `connect` returned; look its account over with `preflight` first. Raises
    `RefusedError` with every finding of the plan that blocks and is not in `force`.
    """
    refuse(plan.findings, force)
    launched = platform_of(plan.platform).launch(plan, session, Launching(folder, sdk, frozenset(force)))
    write_text(folder / f"{plan.name}.plan.json", f"{plan.to_json()}\n")
    return launched
