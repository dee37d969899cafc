"""The MCP server, asked by the SDK's own client: results, errors as tool errors, and no way out of its root."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.mcp_server import Root, RootError

REWARD = "from rewards import exact_match\n\nprint('noise')\nreward = exact_match()\n"
ROWS = [
    {
        "id": f"r{n}",
        "messages": [{"role": "user", "content": f"How much is {n} + {n}?"}],
        "reference_answer": str(2 * n),
    }
    for n in range(1, 5)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    (root / "reward.py").write_text(REWARD.replace("print('noise')\n", ""))
    (root / "loud.py").write_text(REWARD)
    (root / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in ROWS))
    turns = [{"role": "assistant", "content": "2"}]
    rollouts = [{**row, "messages": [*row["messages"], *turns]} for row in ROWS]  # type: ignore[misc]
    (root / "rollouts.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rollouts))
    (root / "recipe.yaml").write_text("run:\n  name: x\n")
    (tmp_path / "secret.jsonl").write_text("{}\n")
    (root / "link.jsonl").symlink_to(tmp_path / "secret.jsonl")
    return root


def ask(folder: Path, tool: str, **arguments: Any) -> Any:
    """The result of one call, by the SDK's client in memory."""
    mcp = pytest.importorskip("mcp", reason="pip install 'rftkit[mcp]'")
    from rft.mcp_server import make_server

    async def call() -> Any:
        async with mcp.Client(make_server(folder)) as client:
            return await client.call_tool(tool, arguments)

    return asyncio.run(call())


def found(folder: Path, tool: str, **arguments: Any) -> Any:
    result = ask(folder, tool, **arguments)
    assert not result.is_error, result.content
    return result.structured_content


def refused(folder: Path, tool: str, **arguments: Any) -> str:
    result = ask(folder, tool, **arguments)
    assert result.is_error
    return str(result.content[0].text)


def test_the_four_tools_are_listed_with_what_they_take(folder: Path) -> None:
    mcp = pytest.importorskip("mcp")
    from rft.mcp_server import make_server

    async def listed() -> Any:
        async with mcp.Client(make_server(folder)) as client:
            return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in asyncio.run(listed())}
    assert set(tools) == {"audit", "check", "explain", "grade"}
    assert tools["audit"].input_schema["required"] == ["data"]
    assert [name for name, tool in tools.items() if not tool.annotations.read_only_hint] == ["grade"]
    assert all(tool.description for tool in tools.values())


def test_the_targets_are_those_of_the_command() -> None:
    from typing import get_args

    from rft.commands.data.options import TARGETS
    from rft.mcp_server import Target

    assert list(get_args(Target)) == list(TARGETS)


def test_an_audit_is_that_of_the_command(folder: Path) -> None:
    told = found(folder, "audit", data="rows.jsonl", reward="reward.py:reward")
    assert told["rows"] == 4
    assert told["passed"] is True


def test_a_check_lists_what_is_wrong(folder: Path) -> None:
    told = found(folder, "check", file="rows.jsonl")
    assert "rows-too-few" in {finding["code"] for finding in told["findings"]}
    assert found(folder, "check", file="recipe.yaml", kind="recipe")["problems"]


def test_a_code_is_explained(folder: Path) -> None:
    (fact,) = found(folder, "explain", code="signal-sparse")["found"]
    assert fact["fix"]


def test_rollouts_are_graded_and_written_only_where_it_is_said(folder: Path) -> None:
    before = {path.name for path in folder.iterdir()}
    told = found(folder, "grade", rollouts="rollouts.jsonl", reward="reward.py:reward")
    assert told["rows"] == 4
    assert {path.name for path in folder.iterdir()} - before <= {"__pycache__"}
    found(folder, "grade", rollouts="rollouts.jsonl", reward="reward.py:reward", output="graded.jsonl")
    assert len((folder / "graded.jsonl").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("check", {"file": "../secret.jsonl"}, "leads out of the root folder"),
        ("check", {"file": "link.jsonl"}, "leads out of the root folder"),
        ("check", {"file": "/etc/passwd"}, "leads out of the root folder"),
        ("check", {"file": "absent.jsonl"}, "there is no file 'absent.jsonl'"),
        ("check", {"file": "rows.jsonl", "target": "nonsense"}, "target"),
        ("audit", {"data": "rows.jsonl"}, "name one grader"),
        (
            "audit",
            {"data": "rows.jsonl", "lambda_function": "arn:aws:lambda:eu:1:function:x"},
            "there is no file",
        ),
        ("audit", {"data": "rows.jsonl", "reward": "../x.py:reward"}, "leads out of the root folder"),
        ("audit", {"data": "rows.jsonl", "reward": "reward.py:absent"}, "defines no 'absent'"),
        ("audit", {}, "data"),
        ("explain", {"code": "no-such-code"}, "no command prints a code 'no-such-code'"),
        ("explain", {"code": "--help"}, "no command prints a code '--help'"),
        ("grade", {"rollouts": "rollouts.jsonl", "reward": "reward.py:reward", "output": "../out.jsonl"}, "leads out"),
        ("grade", {"rollouts": "rollouts.jsonl", "reward": "reward.py:reward", "output": "rollouts.jsonl"}, "input"),
    ],
)
def test_what_is_wrong_is_a_tool_error(tool: str, arguments: dict[str, Any], said: str, folder: Path) -> None:
    assert said in refused(folder, tool, **arguments)
    assert not (folder.parent / "out.jsonl").exists()


def test_a_reward_that_prints_does_not_break_the_protocol(folder: Path) -> None:
    assert "printed more than its result" in refused(
        folder, "grade", rollouts="rollouts.jsonl", reward="loud.py:reward"
    )


names = st.text(st.sampled_from("ab./\\~\0 "), max_size=12)


@given(names)
def test_no_name_leads_out(name: str) -> None:
    root = Root(Path("/nowhere/root"))
    try:
        path = root.inside(name)
    except RootError:
        return
    assert path == root.folder or root.folder in path.parents


def test_the_command_serves_on_standard_input_and_output(folder: Path) -> None:
    mcp = pytest.importorskip("mcp")
    parameters = mcp.StdioServerParameters(command=sys.executable, args=["-m", "rft", *["mcp", "--root", str(folder)]])

    async def call() -> Any:
        async with mcp.Client(parameters) as client:
            return await client.call_tool("explain", {"code": "signal-sparse"})

    assert asyncio.run(call()).structured_content["found"][0]["code"] == "signal-sparse"
