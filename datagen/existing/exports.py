"""Rows as tools for annotation and tracing export them: what was asked and said lies a level deeper than elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from datagen.errors import FormatError
from datagen.existing.conversation import Conversation, text_of

_ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}  # of LangChain
_TEXTS = ("text", "question", "prompt", "instruction", "input", "query")
_SIDES = (("inputs", "outputs"), ("input", "output"))  # of LangSmith and MLflow; of Langfuse


def is_trace(row: Mapping[str, Any]) -> bool:
    """Whether a row holds what a program was given and gave back, as LangSmith, Langfuse and MLflow export runs."""
    return any(_is_asked(row.get(asked), asked) and row.get(said) is not None for asked, said in _SIDES)


def _is_asked(value: Any, name: str) -> bool:
    return isinstance(value, Mapping) and (name == "inputs" or isinstance(value.get("messages"), list))


def inside_trace(row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The row inside a trace, and what stands beside it.

    >>> inside_trace({"inputs": {"question": "2 + 2?"}, "outputs": {"answer": "4"}, "tags": ["x"]})
    ({'question': '2 + 2?', 'answer': '4'}, {'tags': ['x']})
    """
    asked, said = next(names for names in _SIDES if _is_asked(row.get(names[0]), names[0]))
    given, made = row[asked], row[said]
    beside = {key: value for key, value in row.items() if key not in (asked, said)}
    if not isinstance(given.get("messages"), list):
        made = made if isinstance(made, Mapping) else {"output": made}
        if twice := set(given) & set(made):
            raise FormatError(f"{asked} and {said} both hold {', '.join(map(repr, sorted(twice)))}; name the columns")
        return {**given, **made}, beside
    beside |= {key: value for key, value in given.items() if key != "messages"}
    return {"messages": [*map(_turn, given["messages"]), _reply(made)]}, beside


def _reply(made: Any) -> dict[str, Any]:
    """The turn that a program gave back, whatever it is wrapped in."""
    while isinstance(made, Mapping | list) and len(made) and not _is_turn(made):
        if isinstance(made, Mapping) and len(made) > 1:
            raise FormatError(f"the output holds {', '.join(map(repr, made))}, and none is known to be the answer")
        made = made[-1] if isinstance(made, list) else next(iter(made.values()))
    turn = _turn(made) if isinstance(made, Mapping) else {"role": "assistant", "content": text_of(made)}
    return {**turn, "role": "assistant"}


def _is_turn(value: Any) -> bool:
    return isinstance(value, Mapping) and ("role" in value or value.get("type") in _ROLES)


def _turn(value: Any) -> Any:
    if not isinstance(value, Mapping) or "role" in value or value.get("type") not in _ROLES:
        return value
    told = value["data"] if isinstance(value.get("data"), Mapping) else value
    return {"role": _ROLES[value["type"]], **{key: item for key, item in told.items() if key != "type"}}


def is_refused(row: Mapping[str, Any]) -> bool:
    """Whether an annotator of Prodigy said that the label is wrong, or said nothing."""
    return "_task_hash" in row and row.get("answer") in ("reject", "ignore")


def refuse(row: Mapping[str, Any]) -> NoReturn:
    """Raises `FormatError`: a label that was refused must not be learned."""
    raise FormatError(f"the annotator answered {row['answer']!r}, so that its label is not the right one")


def is_label_studio(row: Mapping[str, Any]) -> bool:
    """Whether a row is a task of Label Studio's JSON export."""
    return isinstance(row.get("data"), Mapping) and isinstance(row.get("annotations"), list)


def label_studio(row: Mapping[str, Any]) -> Conversation:
    """A task's text with what its annotators agree on, by the name of each control."""
    data = row["data"]
    texts = [key for key, value in data.items() if isinstance(value, str)]
    asked = texts[0] if len(texts) == 1 else next((key for key in _TEXTS if key in texts), "")
    if not asked:
        raise FormatError(f"data holds {', '.join(map(repr, data))}, and none is known to be the text")
    done = [one for one in row["annotations"] if isinstance(one, Mapping) and not one.get("was_cancelled")]
    readings = [_reading(one) for one in done]
    if not readings or not readings[0]:
        raise FormatError("nobody annotated it")
    if any(other != readings[0] for other in readings):
        raise FormatError(f"its annotators disagree: {' and '.join(map(text_of, readings))}"[:200])
    beside = {key: value for key, value in data.items() if key != asked}
    rest = {key: value for key, value in row.items() if key not in ("data", "annotations", "predictions") and value}
    turn = {"role": "user", "content": data[asked]}
    return Conversation("Label Studio", [turn], readings[0], extra={**rest, **beside})


def _reading(annotation: Mapping[str, Any]) -> dict[str, Any]:
    """What one annotator said: a choice or a text for each control, or a list where there are several."""
    found: dict[str, list[Any]] = {}
    for one in annotation.get("result") or []:
        value, kind = one.get("value", {}), one.get("type", "")
        said = value.get(kind) if kind in ("choices", "textarea", "rating", "number", "taxonomy") else value
        found.setdefault(str(one.get("from_name")), []).extend(said if isinstance(said, list) else [said])
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
