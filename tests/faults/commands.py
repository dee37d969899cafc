"""Every command of `rft`, found in the command line itself, and how a test calls it: a new one must enter the table."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from rft.cli import rft

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Writes:
    """A command line that works offline, the outputs it makes, and one that made an older version of them.

    `grows` marks outputs that are appended to line by line, `timed` those that hold measured seconds and so differ
    between equal runs; `sampled` is how many fault points are tried where one run takes long, all by default. `keeps`
    are files that stay whatever happens, such as answers that were paid for.
    """

    args: str
    outputs: tuple[str, ...]
    before: str | None = None
    grows: bool = False
    timed: bool = False
    sampled: int | None = None
    keeps: tuple[str, ...] = ()

    def files(self, folder: Path) -> dict[str, bytes]:
        """The bytes of each file that it left there, but of one that holds the seconds it took."""
        paths = [path for name in self.outputs for path in [folder / name, *(folder / name).rglob("*")]]
        lasting = [path for path in paths if path.is_file() and path.name != "finished.json"]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in lasting}


@dataclass(frozen=True)
class OnlyReads:
    """A command line that works offline and leaves no trace."""

    args: str


@dataclass(frozen=True)
class Elsewhere:
    """Why the command is not run here, and the file of tests that runs it."""

    reason: str
    test: str


R = "demo/reward.py:reward"
BRIEF = "--set search_calls=0 --set law_examples=5 --set hostile_bytes=2000 --set groups=2"  # its page is what is tried
CALLS: dict[str, Writes | OnlyReads | Elsewhere] = {
    "init": Writes("init fresh --template intent", ("fresh",), sampled=16),
    "run": Writes("run demo/project.yaml --until check --runs runs", ("runs/demo/data", "runs/demo/check"), sampled=2),
    "rehearse": Writes("rehearse --rollouts graded.jsonl -o verdict", ("verdict",), sampled=4),
    "report": Elsewhere("needs a finished training", "tests/unit/rft/test_reporting.py"),
    "doctor": OnlyReads("doctor --json"),
    "schema": Writes("schema project -o project.schema.json", ("project.schema.json",)),
    "explain": OnlyReads("explain no-variance"),
    "data card": OnlyReads("data card made/rft/train.jsonl"),
    "data check": OnlyReads("data check made/rft/train.jsonl --for rft"),
    "data convert": Writes("data convert few.jsonl --to openai -o converted.jsonl", ("converted.jsonl",)),
    "data dialogues": Elsewhere("needs functions of a project", "tests/unit/rft/commands/data/test_varying.py"),
    "data diversity": OnlyReads("data diversity few.jsonl"),
    "data export": Writes("data export teacher.sqlite -o replay.jsonl", ("replay.jsonl",)),
    "data fix": Writes(
        "data fix bad.jsonl -o fixed.jsonl --for rft",
        ("fixed.jsonl", "fixed.fixes.jsonl"),
        before="data fix worse.jsonl -o fixed.jsonl --for rft",
    ),
    "data images": Writes(
        "data images pictures -o fit --boxes boxes.jsonl",
        ("fit",),
        before="data images pictures -o fit --boxes boxes.jsonl --max-side 8",
    ),
    "data label": Elsewhere("needs Bedrock", "tests/unit/rft/commands/data/test_pictures.py"),
    "data make": Writes(
        "data make demo/project.yaml -o set", ("set",), before="data make demo/project.yaml -o set --seed 3", sampled=10
    ),
    "data merge": Writes("data merge labels.jsonl -o sft.jsonl --question what? --bucket-owner 123", ("sft.jsonl",)),
    "data plan": OnlyReads("data plan demo/project.yaml"),
    "data select": Writes("data select few.jsonl --rollouts graded.jsonl -o kept.jsonl", ("kept.jsonl",)),
    "data sheet": Writes("data sheet pictures -o sheet.html", ("sheet.html",), before="data sheet fewer -o sheet.html"),
    "data split": Writes(
        "data split made/rft/train.jsonl -o split",
        ("split",),
        before="data split made/rft/train.jsonl -o split --seed 5 --validation 0.2 --test 0",
        sampled=12,
    ),
    "judge calibrate": Elsewhere("needs recorded verdicts", "tests/contract/test_judge_docs.py"),
    "agent serve": Elsewhere("needs an agent's project", "tests/unit/rft/agents/test_agent_command.py"),
    "mcp": Elsewhere("serves until it is stopped", "tests/unit/rft/test_mcp_server.py"),
    "grade": Writes(f"grade rollouts.jsonl --reward {R} -o grades.jsonl", ("grades.jsonl",), grows=True),
    "rollouts convert": Writes("rollouts convert graded.jsonl -o converted.jsonl", ("converted.jsonl",)),
    "rollouts reverify": OnlyReads("rollouts reverify graded.jsonl graded.jsonl"),
    "rollouts read": Writes("rollouts read graded.jsonl --keep all -o kept.jsonl", ("kept.jsonl",)),
    "data vary": Writes(
        "data vary few.jsonl --config vary.yaml -o varied.jsonl",
        ("varied.jsonl",),
        sampled=6,
        keeps=("variants.sqlite", "variants.sqlite.lock"),
    ),
    "audit": Writes(
        f"audit --reward {R} --data worse.jsonl --html audit.html {BRIEF}", ("audit.html",), timed=True, sampled=1
    ),
    "package build": Writes(
        f"package build {R} -o g.zip", ("g.zip",), before="package build other.py:reward -o g.zip", sampled=2
    ),
    "package deploy": Elsewhere("needs an account", "tests/e2e/test_package_command.py"),
    "package delete": Elsewhere("needs an account", "tests/e2e/test_package_command.py"),
    "package invoke": OnlyReads("package invoke grader.zip event.json"),
    "package verify": Writes("package verify grader.zip", ("grader.verified.json",), sampled=2),
    "recipe check": OnlyReads("recipe check recipe.yaml"),
    "recipe cost": OnlyReads("recipe cost recipe.yaml"),
    "recipe diff": OnlyReads("recipe diff recipe.yaml recipe.yaml"),
    "recipe explain": OnlyReads("recipe explain training_config.max_steps"),
    "recipe list": OnlyReads("recipe list"),
    "recipe new": Writes("recipe new rft-full -o r.yaml", ("r.yaml",), before="recipe new rft-lora -o r.yaml"),
    "recipe schema": Writes("recipe schema rft-lora -o schema.json", ("schema.json",)),
    "train guard": Elsewhere("needs an account", "tests/unit/rft/commands/train/test_guard.py"),
    "train delete": Elsewhere("needs an account", "tests/unit/rft/commands/train/test_launching.py"),
    "train collect": Elsewhere("needs an account", "tests/unit/rft/commands/train/test_collecting.py"),
    "train launch": Elsewhere("needs an account", "tests/unit/rft/commands/train/test_launching.py"),
    "train logs": Elsewhere("needs an account", "tests/unit/rft/commands/train/test_following.py"),
    "train metrics": Elsewhere("needs an account", "tests/unit/rft/commands/train/test_following.py"),
    "train plan": Writes("train plan cloud/project.yaml --runs cloud --save plan.json", ("plan.json",)),
    "train status": Elsewhere("needs an account", "tests/unit/rft/commands/train/test_state.py"),
    "train stop": Elsewhere("needs an account", "tests/unit/rft/commands/train/test_following.py"),
    "view": Writes("view base=graded.jsonl -o view.html", ("view.html",)),
    "eval answers": Elsewhere("needs an account", "tests/unit/rft/commands/test_eval.py"),
    "eval compare": OnlyReads("eval compare one=graded.jsonl two=graded.jsonl"),
    "eval run": Elsewhere("needs an account", "tests/unit/rft/commands/test_eval.py"),
    "model cost": OnlyReads("model cost nova-micro --rows 100 --row-tokens 200"),
    "model delete": Elsewhere("needs an account", "tests/unit/rft/commands/model/test_serving.py"),
    "model deploy": Elsewhere("needs an account", "tests/unit/rft/commands/model/test_serving.py"),
    "model import": Elsewhere("needs an account", "tests/unit/rft/commands/model/test_serving.py"),
    "model invoke": Elsewhere("needs an account", "tests/unit/rft/commands/model/test_serving.py"),
}


def called_in(test: str, command: str) -> bool:
    """Whether a file of tests calls a command: by its words in one text or several, or by the last one where a function
    of the group's name, or a test in the group's folder, stands for the others.
    """
    *group, word = command.split()
    for node in ast.walk(ast.parse((ROOT / test).read_text("utf-8"))):
        if group and isinstance(node, ast.Constant) and f"{node.value} ".startswith(f"{command} "):
            return True
        items = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.List | ast.Tuple) else ()
        words = [str(item.value) if isinstance(item, ast.Constant) else "" for item in items]
        if group and f" {command} " in f" {' '.join(words)} ":
            return True
        within = isinstance(node, ast.Call) and (
            ast.unparse(node.func) in group or f"/commands/{''.join(group)}/" in test
        )
        if words[:1] == [word] and (within or (isinstance(node, ast.List) and not group)):
            return True
    return False


def leaves(command: click.Command = rft, name: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by the words that call it."""
    if not isinstance(command, click.Group):
        yield " ".join(name), command
        return
    context = click.Context(command)
    for word in command.list_commands(context):
        below = command.get_command(context, word)
        assert below is not None
        yield from leaves(below, (*name, word))
