"""Finds a job by its name, with the options of the command line, else those of the plan that the launch kept."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from rft.errors import RftError

if TYPE_CHECKING:
    from estimators.monitoring.follow import Job
    from estimators.plan import JobPlan
    from estimators.platforms.platform import Platform

DEFAULT_REGION = "us-east-1"
OPTIONS = ("cluster", "namespace", "tool", "output_uri")  # of HyperPod, which have a flag of their own


class Whereabouts(NamedTuple):
    """Where a job runs, by the options of the command line; None means: as in the kept plan, else the default.

    `options` are the platform's own, such as a cluster's name.
    """

    platform: str | None = None
    region: str | None = None
    profile: str | None = None
    runs: Path = Path("runs")
    options: Mapping[str, str] = MappingProxyType({})


def kept_plan(job: str, runs: Path) -> JobPlan | None:
    """The plan that a launch from this folder left in `RUNS/NAME/jobs`; None where it was launched from elsewhere."""
    from estimators.plan import plan_from_json

    found = sorted(runs.glob(f"*/jobs/{job}.plan.json"))
    return plan_from_json(found[0].read_text(encoding="utf-8")) if found else None


def job_by_name(name: str, where: Whereabouts) -> Job:
    """The job of this name, to be watched, stopped or collected. Makes no call."""
    from estimators.platforms.platform import require
    from estimators.platforms.registry import DEFAULT, platform_of

    plan = kept_plan(name, where.runs)
    platform = platform_of(where.platform or (plan.platform if plan else DEFAULT))
    require(platform, "follow")
    _refuse_unknown(where.options, platform)
    session = platform.connect(where.region or (plan.region if plan else DEFAULT_REGION), where.profile)
    own = plan if plan and plan.platform == platform.name else None
    return platform.job(name, session, own, where.options)


def _refuse_unknown(given: Mapping[str, str], platform: Platform) -> None:
    from rewards.did_you_mean import did_you_mean

    unknown = [key for key in given if key not in platform.options]
    if unknown and not platform.options:
        raise RftError(f"{platform.name} finds a job by its name alone; leave out {', '.join(unknown)}")
    if unknown:
        hints = (f"{key!r}; {did_you_mean(key, platform.options)}" for key in unknown)
        raise RftError(f"{platform.name} does not find jobs by {', '.join(hints)}")


def following(plan: JobPlan) -> str:
    """The command line that follows the plan's job, from any machine.

    >>> from estimators import Data, LaunchConfig, plan_job
    >>> from recipes import nova_lite_2_sft_lora
    >>> plan = plan_job(nova_lite_2_sft_lora(), config=LaunchConfig(), data=Data("s3://b3/t.jsonl"), name="my-job")
    >>> following(plan)
    'rft train logs my-job --follow --region us-east-1'
    """
    from estimators.platforms.registry import DEFAULT, platform_of

    words = ["rft", "train", "logs", plan.name, "--follow"]
    if plan.platform != DEFAULT:
        words += ["--on", plan.platform]
    words += options_of(platform_of(plan.platform).address(plan))
    return shlex.join([*words, "--region", plan.region])


def options_of(where: Mapping[str, str]) -> list[str]:
    """The command-line words for the options of a platform.

    >>> options_of({"cluster": "my-cluster", "queue": "gpu"})
    ['--cluster', 'my-cluster', '--where', 'queue=gpu']
    """
    return [word for key, value in where.items() for word in _option(key, value)]


def _option(key: str, value: str) -> tuple[str, str]:
    return (f"--{key.replace('_', '-')}", value) if key in OPTIONS else ("--where", f"{key}={value}")
