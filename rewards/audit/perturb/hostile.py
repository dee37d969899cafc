"""Completions and rows that break graders: what an untrained policy writes, and every shape a row can have.

Each text has a name, which the finding quotes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from rewards.audit.rows.cases import Case
from rewards.audit.rows.json_tree import Path, changed, dumps, walk
from rewards.audit.rows.messages import Turn, final_turn, turn_of
from rewards.types import JSON

RARE = frozenset({"integer of 5,000 digits", "very deep list", "very deep object", "closed deep list", "long digits"})
"""Completions that only a policy far gone would write; to raise on one is worth a warning."""

COSTLY = frozenset({"infinity", "number too large for a float", "huge exponent", "long digits", "format directives"})
"""Completions that code in C may work on for minutes, which no alarm ends: asked in a process with limits."""


def hostile_texts(case: Case, size_bytes: int) -> dict[str, str]:
    """Hostile completions by name, those seen most often first; the large ones hold about `size_bytes`."""
    gold = case.gold or '{"a": [1, 2]}'
    texts = {"prose": HOSTILE["prose"], "right answer cut in half": gold[: len(gold) // 2]}
    texts |= {**HOSTILE, **_large(size_bytes), **dict(_wrong_types(case.tree))}
    texts["right answer after a lone surrogate"] = "\ud800" + gold
    texts["right answer with NUL characters"] = gold.replace(" ", "\0")
    texts["right answer between unclosed tags"] = f"<think>{gold}<answer>{gold}"
    texts["right answer in an unclosed fence"] = f"```json\n{gold}"
    return {name: text for name, text in texts.items() if text != case.gold}


HOSTILE: Mapping[str, str] = {
    "nothing": "",
    "white space": " \n\t\r\u2028 ",
    "prose": "I am sorry, I cannot help with that.",
    "JSON list": "[]",
    "JSON list of numbers": "[1, 2, 3]",
    "JSON string": '"text"',
    "JSON number": "42",
    "JSON null": "null",
    "JSON true": "true",
    "empty object": "{}",
    "NaN": "NaN",
    "object with NaN": '{"a": NaN, "b": [Infinity, -Infinity]}',
    "infinity": "1e999",
    "division by zero": "1/0",
    "superscript digit": "²",
    "only a sign": "-",
    "number too large for a float": '{"a": 1e999}',
    "huge exponent": '{"a": 1e1000000}',
    "integer of 5,000 digits": '{"a": ' + "9" * 5000 + "}",
    "duplicate keys": '{"a": 1, "a": 2}',
    "unclosed string": '{"a": "',
    "trailing comma": '{"a": 1,}',
    "Python dict": "{'a': None, 'b': True}",
    "Python that exits": '__import__("sys").exit(3)',
    "YAML that exits": "!!python/object/apply:sys.exit [3]",
    "two objects": '{"a": 1}\n{"b": 2}',
    "lone surrogate": "\ud83d",
    "escaped lone surrogate": '{"a": "\\ud800"}',
    "NUL": "\0",
    "byte order mark": "\ufeff{}",
    "right-to-left override": "\u202e}{\u202d",
    "format directives": "%s %100000000d {0} {} {a!r:>99999999} $x",
    "only brackets": "}]){[(",
    "fence without content": "```json\n```",
    "nested fences": "```\n```json\n{}\n```\n```",
    "closing tags only": "</think></answer></tool_call>",
    "Nova solution markers": "<|begin_of_solution|><|end_of_solution|>",
}


def _large(size: int) -> dict[str, str]:
    return {
        "very deep list": "[" * min(size, 200_000),
        "very deep object": '{"a":' * (min(size, 500_000) // 5),
        "closed deep list": "[" * (size // 2) + "]" * (size // 2),
        "one long word": "a" * size,
        "long digits": "9" * size,
        "many backslashes": "\\" * size,
        "many quotes": '"' * size,
        "wide object": "{" + ",".join(f'"k{n}":{n}' for n in range(size // 12)) + "}",
        "wide list": "[" + "1," * (size // 2) + "1]",
        "many opening tags": "<think>" * (size // 7),
        "many fences": "```json\n" * (size // 8),
    }


def _wrong_types(tree: JSON) -> Iterator[tuple[str, str]]:
    """The right answer with one container or name, not too deep, turned into something else."""
    if tree is None:
        return
    targets = [path for path, _ in walk(tree) if 0 < len(path) <= 4][:24]
    for path in targets:
        for new in _OTHERS:
            yield f"{'.'.join(map(str, path))} is {dumps(new)[:20]}", dumps(_put(tree, path, new))


_OTHERS: tuple[JSON, ...] = (None, [], {}, [[]], "text", 7, True, {"a": {"b": [None]}})


def _put(tree: JSON, path: Path, new: JSON) -> JSON:
    return changed(tree, path, lambda _: new)


def likely_rows(cases: Sequence[Case]) -> dict[str, JSON]:
    """Other documented AWS row shapes, and unusual rows found in the data itself, by name."""
    case = cases[0]
    row, (turns, _) = case.asked(case.gold or "", "odd"), final_turn(case.row)
    bare = {key: value for key, value in row.items() if key != "messages"}
    answer = turn_of(case.gold or "", case.spelling)
    blocks: list[JSON] = [{"type": "text", "text": case.gold or ""}]
    documented: dict[str, JSON] = {
        "role is nova_assistant": {**bare, "messages": [*turns, {**answer, "role": "nova_assistant"}]},
        "content is text blocks": {**bare, "messages": [*turns, {"role": "nova_assistant", "content": blocks}]},
        "a field of your own": {**row, "my_custom_field": "custom_value"},
    }
    odd = {
        "reference is missing": lambda one: one.reference is None,
        "reference in metadata": lambda one: "reference_answer" not in one.row and one.reference is not None,
        "tools is null": lambda one: one.row.get("tools", 0) is None,
    }
    held = {name: next(filter(is_odd, cases), None) for name, is_odd in odd.items()}
    found: dict[str, JSON] = {
        f"{name}, as in the data": one.asked(one.gold or "", "odd") for name, one in held.items() if one is not None
    }
    return documented | found


def odd_rows(case: Case) -> dict[str, JSON]:
    """Undocumented row shapes by name: a grader should survive them, and may never receive one."""
    row = case.asked(case.gold or "", "odd")
    turns, _ = final_turn(case.row)
    answer = turn_of(case.gold or "", case.spelling)
    bare = {key: value for key, value in row.items() if key != "messages"}
    return {
        "content is null": {**bare, "messages": [*turns, {"role": "assistant", "content": None}]},
        "content is missing": {**bare, "messages": [*turns, {"role": "assistant"}]},
        "content is a number": {**bare, "messages": [*turns, {"role": "assistant", "content": 5}]},
        "content is an empty list": {**bare, "messages": [*turns, {"role": "assistant", "content": []}]},
        "content holds an empty block": {**bare, "messages": [*turns, {**answer, "content": [{"text": "x"}, {}]}]},
        "content is an object": {**bare, "messages": [*turns, {"role": "assistant", "content": {"text": "x"}}]},
        "role is missing": {**bare, "messages": [*turns, {"content": "x"}]},
        "messages is null": {**bare, "messages": None},
        "messages is missing": bare,
        "messages is empty": {**bare, "messages": []},
        "messages holds null": {**bare, "messages": [None, answer]},
        "reference is missing": {key: value for key, value in row.items() if key != "reference_answer"},
        "reference is null": {**row, "reference_answer": None},
        "reference is a JSON string": {**row, "reference_answer": dumps(case.reference)},
        "reference is a number": {**row, "reference_answer": 3},
        "reference is an empty object": {**row, "reference_answer": {}},
        "reference in metadata": {**_without_reference(row), "metadata": {"reference_answer": case.reference}},
        "tools is null": {**row, "tools": None},
        "unknown fields": {**row, "extra_info": {"a": [1]}, "my_custom_field": None},
        **{name: {**bare, "messages": [*turns, turn]} for name, turn in _odd_calls().items()},
    }


def _odd_calls() -> dict[str, Turn]:
    """Turns with native calls that no API should send."""
    listed: dict[str, JSON] = {
        "tool_calls is null": None,
        "tool_calls is a string": "search",
        "tool_calls holds null": [None],
        "tool_calls holds a string": ["search"],
        "a call without function": [{"id": "1", "type": "function"}],
        "function is null": [{"function": None}],
        "name is a number": [{"function": {"name": 7, "arguments": "{}"}}],
        "arguments are missing": [{"function": {"name": "search"}}],
        "arguments are cut": [{"function": {"name": "search", "arguments": '{"q": "x'}}],
        "arguments are a list": [{"function": {"name": "search", "arguments": "[1, 2]"}}],
        "arguments are very deep": [{"function": {"name": "search", "arguments": "[" * 50_000}}],
        "1,000 calls": [{"function": {"name": "search", "arguments": "{}"}}] * 1000,
    }
    turns: dict[str, Turn] = {
        name: {"role": "assistant", "content": "", "tool_calls": calls} for name, calls in listed.items()
    }
    return {**turns, "toolUse is null": {"role": "assistant", "content": [{"toolUse": None}]}}


def _without_reference(row: dict[str, JSON]) -> dict[str, JSON]:
    return {key: value for key, value in row.items() if key != "reference_answer"}


class Growing(NamedTuple):
    """A kind of text of any length: `head`, then `unit` over and over, then `tail`."""

    head: str
    unit: str
    tail: str
    rare: bool = False
    """Whether only a policy far gone repeats this."""

    def text(self, size: int) -> str:
        """About `size` characters, one unit at least."""
        return self.head + self.unit * max(1, size // len(self.unit)) + self.tail


def growing_texts(case: Case) -> dict[str, Growing]:
    """Kinds of texts by which to measure how time grows with length; those that a policy falls into come first."""
    families = {
        "letters": Growing("", "a", "!"),
        "spaces": Growing("", " ", "x"),
        "line ends": Growing("", "\n", "x"),
        "digits": Growing("", "7", "x"),
        "words": Growing("", "tool ", ""),
        "objects": Growing("", '{"a": 1} ', ""),
        **_growing_gold(case),
    }
    opened = {"answer tag": "<answer>", "think tag": "<think>", "fence": "```json", "box": "\\boxed{"}
    rare = {
        "open brackets": Growing("", "[", ""),
        "open braces": Growing("", "{", ""),
        "quotes": Growing("", '"', ""),
        "backslashes": Growing('"', "\\", ""),
        "opening think tags": Growing("", "<think>", ""),
        "opening answer tags": Growing("", "<answer>", ""),
        "opening tool_call tags": Growing("", "<tool_call>", ""),
        "boxed": Growing("", "\\boxed{", ""),
        "fences": Growing("", "```json\n", ""),
        **{f"line ends in an open {name}": Growing(head, "\n", "") for name, head in opened.items()},
    }
    return families | {name: family._replace(rare=True) for name, family in rare.items()}


def _growing_gold(case: Case) -> dict[str, Growing]:
    """The right answer over and over, and its first list of objects with the first item over and over."""
    families = {"right answers": Growing("", case.gold, "")} if case.gold else {}
    for path, value in walk(case.tree):
        if isinstance(value, list) and value and isinstance(value[0], dict):
            head, tail = dumps(_put(case.tree, path, ["\0"])).split('"\\u0000"')
            item = dumps(value[0])
            return {**families, "list items": Growing(head, item + ",", item + tail)}
    return families
