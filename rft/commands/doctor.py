"""`rft doctor`: what this machine has, what it lacks and what clashes, without calling anything outside it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path
from typing import NoReturn

import click

from rft.command_line import INPUT_FOLDER, Command
from rft.exits import OUR_PACKAGES

DISTRIBUTION = "rftkit"


@dataclass(frozen=True)
class Diagnosis:
    """One line of the doctor's report. `status` is ok, absent (an extra one may not need) or clash."""

    subject: str
    status: str
    detail: str


@click.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option(
    "--drift",
    "checkout",
    type=INPUT_FOLDER,
    help="A checkout of aws/sagemaker-hyperpod-recipes, or a folder of AWS's pages: print what our tables lack.",
)
def command(as_json: bool, checkout: Path | None) -> None:
    """Check the installation: packages, missing extras and conflicts. Exit 1 if there is a conflict.

    With --drift compare our tables with a checkout of AWS's recipes and with the installed SDKs instead, and print what
    is new as a task list. Exit 1 when there is a task.
    """
    if checkout is not None:
        _print_drift(checkout, as_json=as_json)
    findings = [_python(), *_extras(), *_clashes(), *_platforms()]
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(f"{finding.status:<7} {finding.subject:<18} {finding.detail}")
    sys.exit(any(finding.status == "clash" for finding in findings))


def _print_drift(checkout: Path, *, as_json: bool) -> NoReturn:
    from recipes.checking.drift import Task, drift
    from rft.drift import installed_drift

    tasks = [*drift(checkout), *(Task("installed", what) for what in installed_drift())]
    if as_json:
        click.echo(json.dumps([task._asdict() for task in tasks], indent=2))
    else:
        for task in tasks:
            click.echo(task)
        click.echo(f"{len(tasks)} tasks")
    sys.exit(bool(tasks))


def _python() -> Diagnosis:
    return Diagnosis("Python", "ok", f"{sys.version.split()[0]} at {sys.executable}")


def _extras() -> Iterator[Diagnosis]:
    """Report every extra of this distribution: its packages with versions, or how to install it."""
    for extra, needed in _requirements().items():
        wrong = [problem for name, asked in needed.items() if (problem := _problem(name, asked))]
        if wrong:
            advice = f"pip install 'rftkit[{extra}]'"
            if any(_version(name) for name in needed if _problem(name, needed[name])):
                advice += ", in an environment of its own where something else needs the version you have"
            yield Diagnosis(f"[{extra}]", "absent", f"{', '.join(wrong)}; {advice}")
        else:
            yield Diagnosis(f"[{extra}]", "ok", ", ".join(f"{name} {_version(name)}" for name in needed))


def _requirements() -> dict[str, dict[str, str]]:
    """The distributions each extra asks for, with the versions it takes (`>=2.257,<3`), read from our own metadata."""
    import re

    extras: dict[str, dict[str, str]] = {}
    for line in distribution(DISTRIBUTION).requires or ():
        asked, _, marker = line.partition(";")
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", marker)
        package = re.match(r"([\w.-]+)(?:\[[^]]*])?\s*\(?([^)]*)", asked)
        if extra and package and package.group(1) != DISTRIBUTION:
            extras.setdefault(extra.group(1), {})[package.group(1)] = package.group(2).strip()
    return extras


def _problem(name: str, asked: str) -> str:
    """Why what is installed does not do; empty where it does."""
    version = _version(name)
    if version is None:
        return f"without {name}"
    return "" if meets(version, asked) else f"{name} {version} is not {asked}"


def meets(version: str, asked: str) -> bool:
    """Whether a version is within the bounds of a requirement, of which ours use `>=`, `>`, `<`, `<=`, `==` and `!=`.

    >>> meets("2.257.7", ">=3.19"), meets("2.257.7", ">=2.257,<3"), meets("5.0", ">=5,<6"), meets("1.0", "")
    (False, True, True, True)
    """
    import operator

    compare = {
        ">=": operator.ge,
        "<=": operator.le,
        "==": operator.eq,
        "!=": operator.ne,
        ">": operator.gt,
        "<": operator.lt,
    }
    bounds = [(sign, part.strip().removeprefix(sign)) for part in asked.split(",") for sign in _sign(part, compare)]
    return all(compare[sign](_release(version), _release(bound)) for sign, bound in bounds)


def _sign(part: str, known: Iterable[str]) -> list[str]:
    return [sign for sign in known if part.strip().startswith(sign)][:1]


def _release(version: str) -> tuple[int, ...]:
    """The numbers of a version without trailing zeros: what is behind them (`rc1`, `+cpu`) does not count."""
    import re

    release = re.split(r"[^\d.]", version.strip(), maxsplit=1)[0]
    numbers = [int(number) for number in re.findall(r"\d+", release)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _version(name: str) -> str | None:
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return None


def _clashes() -> Iterator[Diagnosis]:
    """Name every other installed distribution that owns one of our import names (torchtune owns `recipes`)."""
    owners = packages_distributions()
    for package in sorted(OUR_PACKAGES):
        others = sorted(set(owners.get(package, ())) - {DISTRIBUTION})
        if others:
            detail = f"also installed by {', '.join(others)}; keep rftkit in a virtual environment without it"
            yield Diagnosis(f"import {package}", "clash", detail)


def _platforms() -> Iterator[Diagnosis]:
    """Platforms of other packages: those that can be used, those that cannot, and those whose name is one of ours."""
    from estimators.errors import PlatformError
    from estimators.platforms.registry import BUILT_IN, names, platform_of, posing

    for entry in posing():
        detail = f"{entry.value} is never used: its name is one of ours; its package must choose another"
        yield Diagnosis(f"platform {entry.name}", "clash", detail)
    for name in names()[len(BUILT_IN) :]:
        try:
            yield Diagnosis(f"platform {name}", "ok", type(platform_of(name)).__module__)
        except PlatformError as error:
            yield Diagnosis(f"platform {name}", "clash", str(error))
