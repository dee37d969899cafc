"""How fast `rft data check` reads, beside `json.loads` over the same lines, and whether its memory stays flat.

    python benchmarks/data_check.py            # table
    python benchmarks/data_check.py --json     # for machines

Both stream the file line by line and keep nothing. 3,000 rows of every shape that is valid for its target. Budget: 0.8
of `json.loads` on each.
"""

from __future__ import annotations

import copy
import json
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from datagen.validate import Target, check

ROWS = 3_000
RUNS = 9
ASKED = "what does it cost? " * 12
SCHEMA = {
    "type": "object",
    "properties": {"id": {"type": "string", "description": "Identifier " * 5}, "topic": {"type": "string"}},
    "required": ["id"],
}
ABOUT = "Look it up in the index. " * 7
FUNCTIONS: list[dict[str, Any]] = [
    {"type": "function", "function": {"name": f"tool_{index}", "description": ABOUT, "parameters": SCHEMA}}
    for index in range(4)
]
CONFIG: dict[str, list[dict[str, Any]]] = {
    "tools": [
        {"toolSpec": {"name": f"tool_{index}", "description": ABOUT, "inputSchema": {"json": SCHEMA}}}
        for index in range(4)
    ]
}
CALL = {"id": "c1", "type": "function", "function": {"name": "tool_1", "arguments": '{"id": "x"}'}}


def plain(number: int) -> dict[str, Any]:
    """A question and its answer."""
    return {
        "schemaVersion": "bedrock-conversation-2024",
        "system": [{"text": "You are helpful. " * 8}],
        "messages": [
            {"role": "user", "content": [{"text": f"Question {number}: {ASKED}"}]},
            {"role": "assistant", "content": [{"text": f"It costs {number}."}]},
        ],
    }


def tools(number: int) -> dict[str, Any]:
    """A question, a call, its result, and the answer."""
    row = plain(number)
    use = {"toolUseId": "t0", "name": "tool_1", "input": {"id": f"id-{number}"}}
    result = {"toolUseId": "t0", "content": [{"text": "the result is three. " * 8}]}
    turns = [
        {"role": "assistant", "content": [{"toolUse": use}]},
        {"role": "user", "content": [{"toolResult": result}]},
    ]
    return {**row, "toolConfig": CONFIG, "messages": [row["messages"][0], *turns, row["messages"][1]]}


def json_result(number: int) -> dict[str, Any]:
    """The same with a result that is an object."""
    row = copy.deepcopy(tools(number))
    row["messages"][2]["content"][0]["toolResult"]["content"] = [{"json": {"degrees": number, "days": [1, 2]}}]
    return row


def image(number: int) -> dict[str, Any]:
    """A question about a picture."""
    row = plain(number)
    place = {"uri": f"s3://bucket/{number}.jpg", "bucketOwner": "123456789012"}
    row["messages"][0]["content"].insert(0, {"image": {"format": "jpeg", "source": {"s3Location": place}}})
    return row


def reserved(number: int) -> dict[str, Any]:
    """A text that holds a reserved word in another case, which is a warning."""
    row = plain(number)
    row["messages"][0]["content"][0]["text"] += " of the ecosystem: all"
    return row


def escaped(number: int) -> dict[str, Any]:
    """Texts of several lines with quotes, backslashes and letters beyond ASCII."""
    row = plain(number)
    row["messages"][0]["content"][0]["text"] += '\n- "one"\n- C:\\two\n- café\n' * 4
    return row


def rft(number: int, **more: Any) -> dict[str, Any]:
    """A prompt with its reference and four tools."""
    messages = [
        {"role": "system", "content": "You are helpful. " * 8},
        {"role": "user", "content": f"Question {number}: {ASKED}"},
    ]
    reference = {"Type": "lookup", "n": number}
    return {"id": f"r{number}", "messages": messages, "reference_answer": reference, "tools": FUNCTIONS, **more}


def history(number: int) -> dict[str, Any]:
    """A prompt in which a tool was called before."""
    row = rft(number)
    row["messages"] += [
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "three"},
        {"role": "user", "content": "and then?"},
    ]
    return row


def without_tools(number: int) -> dict[str, Any]:
    """A prompt without tools, which is a warning."""
    return {key: value for key, value in rft(number).items() if key != "tools"}


def of_many_turns(number: int) -> dict[str, Any]:
    """Conversations of two to twelve turns, with one of ten sets of tools each, and calls of none to five of them."""
    row = plain(number)
    talk = [copy.deepcopy(row["messages"]) for _ in range(number % 6 + 1)]
    about = f"{ABOUT}{number % 10}"
    config = [{"toolSpec": {**tool["toolSpec"], "description": about}} for tool in CONFIG["tools"]]
    turns: list[dict[str, Any]] = []
    for index, (asked, said) in enumerate(talk):
        name = f"call-{number}-{index}"
        use = {"toolUseId": name, "name": f"tool_{number % 4}", "input": {"id": f"id-{number}"}}
        result = {"toolUseId": name, "content": [{"json": {"degrees": number, "days": list(range(number % 5))}}]}
        turns += [asked, {"role": "assistant", "content": [{"toolUse": use}]}]
        turns += [{"role": "user", "content": [{"toolResult": result}]}, said]
    return {**row, "toolConfig": {"tools": config}, "messages": turns}


def of_own_tools(number: int) -> dict[str, Any]:
    """Prompts whose tools have the same schemas and each row its own descriptions."""
    about = f"{ABOUT}{number}"
    own = [{"type": "function", "function": {**tool["function"], "description": about}} for tool in FUNCTIONS]
    return {**rft(number), "tools": own}


def of_any_tools(number: int) -> dict[str, Any]:
    """Prompts that each have tools with names and schemas of their own, as BFCL's rows do: like no other row."""
    own = copy.deepcopy(FUNCTIONS)
    for index, tool in enumerate(own):
        tool["function"]["name"] = f"tool_{number}_{index}"
        tool["function"]["parameters"]["properties"][f"key_{number}"] = {"type": "integer", "description": ABOUT}
    return {**rft(number), "tools": own}


def of_any_reference(number: int) -> dict[str, Any]:
    """References whose keys and depth differ from row to row."""
    reference = {f"key_{key}": [{"a": key, "b": "x" * key}] * (number % 4) for key in range(number % 11 + 1)}
    return rft(number, reference_answer=reference)


SHAPES: dict[str, tuple[Target, Callable[[int], dict[str, Any]]]] = {
    "SFT, text": (Target.TRAINING_JOB_SFT, plain),
    "SFT, text with escapes": (Target.TRAINING_JOB_SFT, escaped),
    "SFT, tools": (Target.TRAINING_JOB_SFT, tools),
    "SFT, tools, for Bedrock": (Target.BEDROCK_SFT, tools),
    "SFT, result as JSON": (Target.TRAINING_JOB_SFT, json_result),
    "SFT, image": (Target.TRAINING_JOB_SFT, image),
    "SFT, a word to warn of": (Target.TRAINING_JOB_SFT, reserved),
    "RFT": (Target.RFT, rft),
    "RFT, text as reference": (Target.RFT, lambda number: rft(number, reference_answer=f"answer {number}")),
    "RFT, JSON as reference": (Target.RFT, lambda number: rft(number, reference_answer=f'{{"n": {number}}}')),
    "RFT, own keys": (Target.RFT, lambda number: rft(number, level="easy", topic={"a": 1})),
    "RFT, no tools": (Target.RFT, without_tools),
    "RFT, calls as reference": (Target.RFT, lambda number: rft(number, reference_answer={"tool_calls": [CALL]})),
    "RFT, history of calls": (Target.RFT, history),
    "SFT, of 2 to 12 turns": (Target.TRAINING_JOB_SFT, of_many_turns),
    "RFT, any reference": (Target.RFT, of_any_reference),
    "RFT, tools described anew": (Target.RFT, of_own_tools),
    "RFT, tools like no other": (Target.RFT, of_any_tools),
}


def write(path: Path, make: Callable[[int], dict[str, Any]], rows: int = ROWS) -> Path:
    """A file of rows."""
    path.write_text("".join(json.dumps(make(number)) + "\n" for number in range(rows)), encoding="utf-8")
    return path


def read(path: Path) -> None:
    """What is compared with: every line read as JSON and let go."""
    with path.open("rb") as file:
        for line in file:
            json.loads(line)


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one run."""
    before = time.process_time()
    work()
    return time.process_time() - before


def measured(path: Path, target: Target) -> dict[str, float]:
    """Rows per second, and the share of `json.loads`: medians of runs that alternate, so that load falls on both."""
    runs = [(seconds(lambda: check(path, target, rows=False)), seconds(lambda: read(path))) for _ in range(RUNS)]
    taken, share = median(ours for ours, _ in runs), median(theirs / ours for ours, theirs in runs)
    return {"rows_per_s": round(ROWS / taken), "share": round(share, 2)}


def peak_bytes(path: Path) -> int:
    """Most memory that Python held during a check."""
    tracemalloc.start()
    check(path, Target.TRAINING_JOB_SFT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def main() -> None:
    """Print the table, or JSON."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.jsonl")
        found: dict[str, dict[str, float]] = {}
        for name, (target, make) in SHAPES.items():
            write(path, make)
            found[name] = measured(path, target)
        memory = {f"{rows:,} rows": peak_bytes(write(path, tools, rows)) for rows in (1_000, 10_000)}
    if "--json" in sys.argv:
        print(json.dumps({"shapes": found, "peak_bytes": memory}, indent=2))
        return
    for name, shape in found.items():
        print(f"{name:<26} {shape['rows_per_s']:>9,.0f} rows/s   {shape['share']:.2f} of json.loads")
    for name, size in memory.items():
        print(f"peak memory, {name:<12} {size / 1e6:>6.2f} MB")


if __name__ == "__main__":
    main()
