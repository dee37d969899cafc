"""The `rft` command: a lazy table of nouns, and the way in."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from typing import Any, NamedTuple, NoReturn

import click

from rft.exits import exit_status
from rft.terminal import protected


class Entry(NamedTuple):
    """Where a command lives, and what it is for; help must not import it."""

    module: str
    summary: str


# Listed in the order of a project's life: that is how people read `rft --help`.
COMMANDS = {
    "init": Entry("rft.commands.init", "Write a new project from a template."),
    "run": Entry("rft.commands.run", "Run a project: data, check, package, sft, eval, rft, eval, report."),
    "rehearse": Entry("rft.commands.rehearse", "Find out in minutes whether a reward can be learnt or cheated."),
    "report": Entry("rft.commands.report", "Rewrite the HTML report of a finished run."),
    "view": Entry("rft.commands.view", "Look at rollouts: filter, compare, mark what differs."),
    "doctor": Entry("rft.commands.doctor", "Check the installation: packages, extras, conflicts."),
    "explain": Entry("rft.commands.explain", "Say what a code means that a command printed."),
    "schema": Entry("rft.commands.schema", "Write the JSON Schema of a project file, for editors."),
    "data": Entry("rft.commands.data", "Make, check, fix and split training data."),
    "grade": Entry("rft.commands.grade", "Score a file of rollouts with a reward."),
    "rollouts": Entry("rft.commands.rollouts", "Read saved rollouts like a lab, and compare graders on them."),
    "judge": Entry("rft.commands.judge", "Prove a judge: agreement, noise, biases, attacks, cost."),
    "audit": Entry("rft.commands.audit", "Prove a grader: contract, laws, attacks, signal, cost."),
    "agent": Entry("rft.commands.agent", "Run an agent of many turns against the Job Runtime on localhost."),
    "mcp": Entry("rft.commands.mcp", "Serve audit, check, explain and grade to a coding agent (MCP)."),
    "package": Entry("rft.commands.package", "Build, verify and deploy a reward as an AWS Lambda grader."),
    "recipe": Entry("rft.commands.recipe", "Write, check, explain and compare Nova recipes."),
    "train": Entry("rft.commands.train", "Plan, launch and follow training jobs."),
    "eval": Entry("rft.commands.eval", "Evaluate models, and compare them on the same rows."),
    "model": Entry("rft.commands.model", "Import, deploy, invoke and delete trained models."),
}


class LazyGroup(click.Group):
    """A group that imports a command when it is called, and only then."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command that this installation has, in table order."""
        return [name for name, entry in COMMANDS.items() if importlib.util.find_spec(entry.module)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of `cmd_name` and return its `command`."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name].module).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands from their summaries, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the closest command when the one asked for does not exist."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from rewards.did_you_mean import did_you_mean

            ctx.fail(f"no command {args[0]!r}; {did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rftkit", message="rftkit %(version)s")
def rft() -> None:
    """Write a reward once, prove it, ship it, train with it.

    Start from what you have:

    \b
      nothing yet   rft init my-project, then rft run my-project/project.yaml --until package
      a reward      rft audit --reward reward.py:reward --data rows.jsonl
      rows          rft data check rows.jsonl --for rft
      a CSV         rft data convert table.csv --to rft -o rows.jsonl --prompt question --answer answer
      a Lambda      rft audit --lambda lambda_function.py --data rows.jsonl
      rollouts      rft grade rollouts.jsonl --reward reward.py:reward -o g.jsonl, then rft rollouts read g.jsonl
      an agent      rft init desk --template agent, then rft agent serve desk/project.yaml
      a judge       rft judge calibrate answers.jsonl --reward judge.py:reward --verdicts verdicts.jsonl
      a recipe      rft recipe check recipe.yaml
      a project     rft run project.yaml --plan, then rft train plan project.yaml
      a code        rft explain CODE

    A page for each, with a result in ten minutes: docs/start-reward.md, docs/start-rows.md, docs/start-lambda.md,
    docs/start-rollouts.md, docs/start-agent.md, and docs/migrate.md for code of AWS's notebook, TRL, verl or OpenAI
    graders; they are at https://github.com/rftkit/rftkit.
    """


def main(args: list[str] | None = None) -> None:
    """Run the command line and leave as `rft.exits` says: 0 good, 1 problems found, 2 used wrongly, 130 interrupted."""
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", f"{os.devnull}/none")  # else it leaves a folder in the user's
    with protected() as has_output:
        status = exit_status(lambda: _command(args) if has_output else _refuse_closed_output())
    sys.exit(status)


def _command(args: list[str] | None) -> Any:
    return rft.main(args=args, prog_name="rft", standalone_mode=False)


def _refuse_closed_output() -> NoReturn:
    """Before the work, as what a command prints would be lost at its end."""
    raise click.UsageError(f"standard output is closed; to drop what is printed, write `> {os.devnull}`")


if __name__ == "__main__":
    main()
