"""`rft audit`: try to prove that a grader must not train a model, before it does."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from rft.command_line import INPUT_FILE, OUTPUT_FILE, Command, allow_network_option, json_option, sarif_option

if TYPE_CHECKING:
    from rewards.audit import Audit, AuditConfig, Grader
    from rewards.audit.grader import Handler
    from rewards.audit.rows.cases import GoldFunction
    from rewards.types import Reward


@click.command(cls=Command)
@click.option("--reward", help="Reward to audit: file.py:name or reward.yaml.")
@click.option(
    "--lambda",
    "function",
    help="Lambda to audit, anybody's: a zip, a file.py with lambda_handler, or a function's ARN.",
)
@click.option("--env", "world", help="A world of many turns: env.py, env.py:FUNCTION or an OpenEnv server's URL.")
@click.option("--report", "form", type=click.Choice(["openenv"]), help="With --env: print OpenEnv's validation report.")
@click.option("--data", type=INPUT_FILE, help="RFT rows as JSONL; needed but for --env.")
@click.option("--gold", help="Where right answers come from, if not from the rows: file.py:function(row) -> text.")
@click.option("--rollouts", type=INPUT_FILE, help="Saved answers of a policy, JSONL rows with a final assistant turn.")
@click.option("--recipe", type=INPUT_FILE, help="The recipe whose step and batch the cost is projected to.")
@click.option("--bounds", metavar="LOW,HIGH", help="Range of the score; a reward knows its own, else 0,1.")
@click.option("--answer", metavar="PLACE", default="", help="Answer span: tag:answer, boxed, after:####, json ...")
@click.option("--ignore", multiple=True, metavar="PATH", help="A part of the answer that is not graded on purpose.")
@click.option("--order", type=click.Choice(["free", "fixed"]), help="Whether the order of calls may matter.")
@click.option(
    "--consumer",
    type=click.Choice(["nova", "open-weight", "batch", "input", "trajectories", "byo-metrics"]),
    help="Who asks; not given: found, a bare list first.",
)
@click.option("--handler", default="lambda_function.lambda_handler", show_default=True, help="Entry point in the zip.")
@click.option("--call-max-s", type=float, help="Seconds that one ordinary call may take; default: 5.")
@allow_network_option
@click.option("--seed", default=0, show_default=True, help="Same seed, same findings.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Any threshold of docs/audit.md.")
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@click.option("--all", "all_attacks", is_flag=True, help="Show every attack, not only the best paid.")
@json_option
@click.option("--html", type=OUTPUT_FILE, help="Write the report as one page.")
@sarif_option
def command(
    reward: str | None,
    function: str | None,
    world: str | None,
    form: str | None,
    data: Path | None,
    gold: str | None,
    rollouts: Path | None,
    recipe: Path | None,
    bounds: str | None,
    answer: str,
    ignore: tuple[str, ...],
    order: str | None,
    consumer: str | None,
    handler: str,
    call_max_s: float | None,
    allow_network: bool,
    seed: int,
    settings: tuple[str, ...],
    strict: bool,
    all_attacks: bool,
    as_json: bool,
    html: Path | None,
    sarif: Path | None,
) -> None:
    """Prove a grader: contract, hostile input, gold, laws, attacks, learning signal, cost.

    Exit 1 where it must not train a model, each reason with the smallest failing example. A reward runs as you do; a
    zip or handler file runs enclosed, without network or files of yours; an ARN is called in its account. With --env a
    world of many turns is played in every way that should not pay; it runs as you do.
    """
    from rewards.audit import audit, read_cases, read_rollouts
    from rewards.audit.report.as_json import to_json
    from rewards.audit.report.html import to_html
    from rewards.writing import write_text

    if (reward is None) + (function is None) + (world is None) != 2:
        raise click.UsageError("name one grader: --reward R, or --lambda ZIP|FILE.py|ARN, or a world: --env FILE.py")
    if world is not None:
        sys.exit(_audit_world(world, bounds, seed=seed, form=form, as_json=as_json, strict=strict, sarif=sarif))
    if form is not None:
        raise click.UsageError("--report openenv is the report of a world: name one with --env")
    if data is None:
        raise click.UsageError("Missing option '--data'.")
    chosen = {"seed": seed, "answer": answer, "ignore": ignore, "order": order, "consumer": consumer}
    config = _config(chosen, settings, bounds, call_max_s, recipe)
    cases = read_cases(data, _gold_function(gold))
    saved = read_rollouts(rollouts) if rollouts else ()
    opened = _grader(reward, function, handler, config, declared=bounds is not None, allow_network=allow_network)
    with redirect_stdout(sys.stderr), opened as (grader, config):  # what threads of the grader print is no report
        report = audit(grader, cases, config, rollouts=saved)
    if as_json:
        click.echo(json.dumps(to_json(report), indent=2))
    else:
        _show(report, all_attacks=all_attacks)
    if html is not None:
        write_text(html, to_html(report))  # last: a page that cannot be written costs no figure
    if sarif is not None:
        _write_sarif(sarif, report, str(reward or function), data)
    warned = any(finding.severity == "warning" for finding in report.findings)
    sys.exit(int(not report.passed or (strict and warned)))


def _audit_world(
    where: str, given: str | None, *, seed: int, form: str | None, as_json: bool, strict: bool, sarif: Path | None
) -> int:
    """Print the audit of a world; 1 where it must not train an agent."""
    from rewards.audit.trajectories import audit_environment, openenv_report
    from rewards.audit.trajectories.foreign import load_world
    from rewards.reward_tree import Bounds
    from rewards.trajectories import Environment
    from rft.agents import audit

    _refuse_others()
    bounds = Bounds(*_config({}, (), given, None, None).bounds) if given else None
    path, _, name = where.partition(".py:")
    file = Path(f"{path}.py") if name else Path(where)
    with redirect_stdout(sys.stderr):
        world, began = load_world(where, bounds), time.perf_counter()
    if bounds is not None and type(world) is Environment:
        raise click.UsageError("--bounds is for worlds that others wrote; a reward of ours knows its own")
    with redirect_stdout(sys.stderr):
        report = audit_environment(world, seed=seed)
    if form == "openenv":
        source = file.read_bytes() if file.is_file() else where.encode()
        digest, seconds = hashlib.sha256(source).hexdigest(), time.perf_counter() - began
        click.echo(json.dumps(openenv_report(report, target=where, digest=digest, seconds=seconds), indent=2))
    elif as_json:
        click.echo(json.dumps(audit.as_json(report), indent=2))
    else:
        for line in audit.lines_of(report):
            click.echo(line)
    if sarif is not None and file.is_file():
        from rft.sarif import Result, line_of_name, write_sarif

        defined = line_of_name(file, name or "load_environment")
        found = [Result(each.code, each.severity, each.message, defined, each.example) for each in report.findings]
        write_sarif(sarif, "rft audit --env", file, found)
    return int(not report.passed or (strict and bool(report.findings)))


def _refuse_others() -> None:
    """Raise UsageError for an option that says nothing about a world, rather than leave it unread."""
    context = click.get_current_context()
    given = [
        param.opts[0]
        for param in context.command.params
        if context.get_parameter_source(str(param.name)) is click.core.ParameterSource.COMMANDLINE
    ]
    if strange := [
        name
        for name in given
        if name not in ("--env", "--report", "--bounds", "--seed", "--json", "--strict", "--sarif")
    ]:
        raise click.UsageError(
            f"{strange[0]} is about rows and their grader; a world has tasks and a reward of its own"
        )


def _write_sarif(output: Path, report: Audit, grader: str, data: Path) -> None:
    """The findings at the line that defines the grader; those about a function in an account at its data."""
    from rft.sarif import Result, line_of_name, write_sarif

    named, _, name = grader.rpartition(":")
    file = Path(named) if Path(named).is_file() else Path(grader)
    names = [name] if file == Path(named) else ["lambda_handler", "reward"]
    lines = [line_of_name(file, each) for each in names if file.suffix == ".py" and file.is_file()]
    line = max(lines, default=0)
    results = [Result(each.code, each.severity, each.message, line, each.example) for each in report.findings]
    write_sarif(output, "rft audit", file if file.is_file() else data, results)


def _config(
    chosen: dict[str, object],
    settings: tuple[str, ...],
    bounds: str | None,
    call_max_s: float | None,
    recipe: Path | None,
) -> AuditConfig:
    from rewards.audit.config import AuditConfig, StepPlan, with_settings
    from rft.audit_step import step_plan_of

    step = step_plan_of(recipe) if recipe else StepPlan()
    config = with_settings(AuditConfig(step=step, **chosen), settings)  # type: ignore[arg-type]  # click checked them
    if bounds is not None:
        config = with_settings(config, [f"bounds={bounds}"])
    return config if call_max_s is None else with_settings(config, [f"call_max_s={call_max_s}"])


def _gold_function(where: str | None) -> GoldFunction | None:
    from rewards import load_reward

    # Any callable can be named as file.py:name; this one takes a row and returns the right answer.
    return cast("GoldFunction", load_reward(where, arguments=1)) if where else None


@contextmanager
def _grader(
    reward: str | None,
    function: str | None,
    handler: str,
    config: AuditConfig,
    *,
    declared: bool,
    allow_network: bool,
) -> Iterator[tuple[Grader, AuditConfig]]:
    """The grader, and the configuration with the bounds it is known to keep."""
    if reward is not None:
        from rewards import load_reward
        from rewards.audit import bounded, lift
        from rewards.audit.rows.find_span import span_of_reward

        loaded = load_reward(reward)
        config = config if declared else bounded(config, loaded)
        config = replace(config, answer=config.answer or str(span_of_reward(loaded) or ""))
        lifted = lift(loaded, name=reward, timeout_s=config.timeout_s)
        if config.is_training:
            yield lifted, replace(config, consumer="nova")  # no envelope around it yet
        else:
            with _shipped(loaded) as shipped:
                yield replace(lifted, handler=shipped), config
        return
    from rft.graders.lambda_grader import lambda_grader

    assert function is not None
    with lambda_grader(function, handler=handler, timeout_s=config.timeout_s, allow_network=allow_network) as grader:
        yield grader, config


@contextmanager
def _shipped(reward: Reward) -> Iterator[Handler]:
    """The reward behind the handler that ships, which knows every envelope; what it logs, the audit finds itself."""
    import logging

    from lambda_package.handler import handler_for

    log = logging.getLogger("lambda_package.handler")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield handler_for(reward)
    finally:
        log.setLevel(before)


def _show(report: Audit, *, all_attacks: bool) -> None:

    from rft.audit_terminal import show
    from rft.terminal import console

    width = None if sys.stdout.isatty() else 100  # a pipe has no width of its own
    show(report, console(highlight=False, width=width), all_attacks=all_attacks)
