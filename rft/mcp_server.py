"""An MCP server over the library, for coding agents: audit, check, explain, grade, each as its command says it.

A tool runs its command in a process of its own. A reward is Python of the user's, which may print, hang or exit: on the
server's own standard output a single line of it would break the protocol. Source of the protocol: the SDK, mcp 2.3.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from rewards.children import run_child

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

TIMEOUT_S: Final = 900  # an audit of a slow Lambda takes minutes
INSTRUCTIONS: Final = """\
rftkit proves rewards for reinforcement fine-tuning before a model is trained with them. Files are named relative to the
root folder. Start with `check` of the rows and `audit` of the reward; `explain` says what any code means. A finding of
severity "error" means that the reward must not train a model: mend the reward, never the rows or thresholds.\
"""
Target = Literal[
    "bedrock-sft", "training-job-sft", "bedrock-rft", "rft", "rft-multiturn", "rft-multiturn-serverless", "dpo", "cpt",
    "gen-qa", "rft-eval", "judge", "distillation",
]  # fmt: skip


class RootError(ValueError):
    """A path that leads out of the root folder, or to nothing in it."""


class Root:
    """The folder whose files the tools may name.

    >>> Root(Path("/srv/data")).inside("../secrets.jsonl")
    Traceback (most recent call last):
    rft.mcp_server.RootError: '../secrets.jsonl' leads out of the root folder; name a file below it
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def inside(self, path: str) -> Path:
        """The path of a file in the root, links followed. Raises RootError where it leads out."""
        if "\0" in path or not path:
            raise RootError(f"{path!r} is no path; name a file below the root folder")
        found = (self.folder / path).resolve()
        if not found.is_relative_to(self.folder):
            raise RootError(f"{path!r} leads out of the root folder; name a file below it")
        return found

    def file(self, path: str) -> str:
        """The path of a file that is there. Raises RootError where it is not."""
        found = self.inside(path)
        if not found.is_file():
            raise RootError(f"there is no file {path!r} in the root folder")
        return str(found)

    def reward(self, named: str) -> str:
        """`file.py:name` or `reward.yaml` with the file in the root."""
        path, mark, name = named.partition(".py:")
        return f"{self.file(path + '.py')}:{name}" if mark else self.file(named)


def run(root: Root, words: Sequence[str]) -> Any:
    """What a command of `rft` prints for machines. Raises RootError with its one-line error where it ends with 2."""
    command = [sys.executable, "-m", "rft", *words, "--json"]
    try:
        done = run_child(
            command, cwd=root.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        raise RootError(f"`rft {words[0]}` did not end within {TIMEOUT_S} s") from None
    if done.returncode not in (0, 1):  # 1 is a verdict
        raise RootError(done.stderr.strip() or f"`rft {words[0]}` ended with {done.returncode}")
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise RootError(f"`rft {words[0]}` printed more than its result: {done.stdout[:200]!r}") from None


class Tools:
    """The tools: each takes paths below the root, and returns what its command prints for machines."""

    def __init__(self, root: Root) -> None:
        self.root = root

    async def audit(self, data: str, reward: str = "", lambda_function: str = "", seed: int = 0) -> dict[str, Any]:
        """Prove a grader on rows: contract, hostile input, gold, laws, attacks, learning signal, cost.

        data: rows as JSONL. reward: file.py:name or reward.yaml; it runs as you do. Or lambda_function: a zip, or a
        file.py with lambda_handler; it runs enclosed. Returns the verdict (`passed`) and each finding with the smallest
        example that fails.
        """
        with _told():
            if bool(reward) == bool(lambda_function):
                raise RootError("name one grader: reward or lambda_function")
            named = self.root.reward(reward) if reward else self.root.file(lambda_function)
            grader = ["--reward" if reward else "--lambda", named]
            return await self._run("audit", *grader, "--data", self.root.file(data), "--seed", str(seed))

    async def check(
        self, file: str, kind: Literal["data", "recipe"] = "data", target: Target = "rft", reward: str = ""
    ) -> dict[str, Any]:
        """Validate a data file or a recipe, and list every problem with its line or key, its code and the fix.

        target: what a data file is for. reward: file.py:name or reward.yaml that must judge every row of it.
        """
        with _told():
            if kind == "recipe":
                return await self._run("recipe", "check", self.root.file(file))
            graded = ["--reward", self.root.reward(reward)] if reward else []
            return await self._run("data", "check", self.root.file(file), "--for", target, *graded)

    async def explain(self, code: str) -> dict[str, Any]:
        """Say what a code means that an audit, a check, a recipe or a plan printed, and what to do about it."""
        with _told():
            if not code or code.startswith("-"):
                raise RootError(f"no command prints a code {code!r}")
            return await self._run("explain", code)

    async def grade(self, rollouts: str, reward: str, output: str = "") -> dict[str, Any]:
        """Score a file of rollouts with a reward: means, quantiles, zero-std groups, pass@k.

        rollouts: JSONL or Parquet rows that end in the model's turn. reward: file.py:name or reward.yaml; it runs as
        you do. output: where to write the graded rollouts, a file of the root folder; none is written without it.
        """
        with _told():
            where = ["-o", str(self.root.inside(output))] if output else []
            return await self._run("grade", self.root.file(rollouts), "--reward", self.root.reward(reward), *where)

    async def _run(self, *words: str) -> dict[str, Any]:
        from anyio import to_thread

        found = await to_thread.run_sync(run, self.root, words)
        return found if isinstance(found, dict) else {"found": found}


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with a call, as the error of the tool that the agent reads."""
    from mcp.server.mcpserver.exceptions import ToolError

    try:
        yield
    except RootError as error:
        raise ToolError(str(error)) from error


def make_server(folder: Path) -> MCPServer[Any]:
    """A server whose tools read files below `folder`, and write none but the output that `grade` is told."""
    from mcp.server.mcpserver import MCPServer
    from mcp_types import ToolAnnotations

    tools = Tools(Root(folder))
    server: MCPServer[Any] = MCPServer("rftkit", instructions=INSTRUCTIONS, log_level="WARNING")
    for tool in (tools.audit, tools.check, tools.explain, tools.grade):
        writes = tool == tools.grade
        server.add_tool(
            tool,
            annotations=ToolAnnotations(read_only_hint=not writes, destructive_hint=writes, open_world_hint=False),
        )
    return server
