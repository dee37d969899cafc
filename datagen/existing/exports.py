"""Rows as tools for annotation and tracing export them: what was asked and said lies a level deeper than elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from datagen.errors import FormatError
from datagen.existing.chats import turn_in
from datagen.existing.conversation import ANSWERS, CONTEXTS, Conversation, rest_of, text_of, turns_of
from rewards.parsing.references import structured

_ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}  # of LangChain
_TEXTS = ("text", "question", "prompt", "instruction", "input", "query")
_SIDES = (("inputs", "outputs"), ("inputs", "output"), ("input", "output"))  # of LangSmith and MLflow; Weave; Langfuse
_GIVEN = ("inputs", "input", "question", "query")
_EXPECTED = (
    *("expected", "expected_output", "expected_outputs", "expected_response", "expected_answer", "expectations"),
    *("reference_output", "reference_outputs", "ground_truth", "ground_truths", "ideal"),
)

_ANSWERED = frozenset({*ANSWERS, "text", "content", "value", "result", "final_answer", "messages"})


def is_trace(row: Mapping[str, Any]) -> bool:
    """Whether a row holds what a program was given and gave back, as LangSmith, Langfuse and MLflow export runs."""
    if is_evaluated(row):
        return False
    return any(_is_asked(row.get(asked), asked) and row.get(said) is not None for asked, said in _SIDES)


def _is_asked(value: Any, name: str) -> bool:
    return isinstance(value, Mapping) and (name == "inputs" or isinstance(value.get("messages"), list))


def inside_trace(row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The row inside a trace, and what stands beside it.

    >>> inside_trace({"inputs": {"question": "2 + 2?"}, "outputs": {"answer": "4"}, "tags": ["x"]})
    ({'question': '2 + 2?', 'answer': '4'}, {'tags': ['x']})
    """
    asked, said = next(pair for pair in _SIDES if _is_asked(row.get(pair[0]), pair[0]) and row.get(pair[1]) is not None)
    given, made = row[asked], row[said]
    beside = {key: value for key, value in row.items() if key not in (asked, said)}
    if not isinstance(given.get("messages"), list):
        made = made if isinstance(made, Mapping) else {"output": made}
        if twice := set(given) & set(made):
            raise FormatError(f"{asked} and {said} both hold {', '.join(map(repr, sorted(twice)))}; name the columns")
        return {**given, **made}, beside
    beside |= {key: value for key, value in given.items() if key != "messages"}
    return {"messages": [*map(_turn, given["messages"]), _reply(made)]}, beside


def is_evaluated(row: Mapping[str, Any]) -> bool:
    """Whether a row holds what was expected of a program, perhaps beside what it gave back, as evaluations do."""
    return any(row.get(key) is not None for key in _EXPECTED) and any(row.get(key) for key in _GIVEN)


def as_expected(row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The row with what was expected as its answer, and what stands beside it, such as what a model said.

    >>> as_expected({"input": "2 + 2?", "output": "5", "expected": "4"})
    ({'input': '2 + 2?', 'output': '4'}, {'output': '5'})
    """
    given = next(key for key in _GIVEN if row.get(key))
    expected = next(key for key in _EXPECTED if row.get(key) is not None)
    kept = {key: row[key] for key in (*CONTEXTS, "system", "tools") if key in row}
    beside = rest_of(row, given, expected, *kept)
    asked, right = structured(row[given]), _unpacked(row[expected])
    if isinstance(asked, Mapping):
        outputs = {"output": right} if isinstance(right, Mapping) and not _ANSWERED & right.keys() else right
        told, more = inside_trace({"inputs": asked, "outputs": outputs})
        return {**told, **kept}, {**more, **beside}
    return {"input": asked, "output": right, **kept}, beside


def with_expected(found: Conversation) -> Conversation:
    """The conversation with what was expected as its reference, where that stands beside what a model said."""
    key = next((key for key in _EXPECTED if found.extra.get(key) is not None), "")
    if key and found.worse is None:
        said = [one for one in (found.reply, found.reference) if one is not None]
        found.reply, found.reference = None, _unpacked(found.extra.pop(key))
        found.lost |= {"what a model said": said} if said else {}
    return found


def _unpacked(expected: Any) -> Any:
    """What was expected, out of an object or a list around it."""
    expected = structured(expected)
    if isinstance(expected, Mapping):
        named = next((expected[key] for key in _EXPECTED if key in expected), None)
        alone = len(expected) == 1 and next(iter(expected)) in _ANSWERED
        expected = named if named is not None else next(iter(expected.values())) if alone else expected
    if isinstance(expected, list) and expected and all(isinstance(one, str) for one in expected):
        return expected[0] if len(expected) == 1 else {"$any_of": expected}
    return expected


def _reply(made: Any) -> dict[str, Any]:
    """The turn that a program gave back, whatever it is wrapped in."""
    if isinstance(made, Mapping) and (told := turn_in(made)):
        made = told[0]
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
    done = [one for one in row["annotations"] if isinstance(one, Mapping) and not one.get("was_cancelled")]
    rest = {key: value for key, value in row.items() if key not in ("data", "annotations", "predictions") and value}
    return _agreed("Label Studio", row["data"], [_reading(one) for one in done], rest)


def is_argilla(row: Mapping[str, Any]) -> bool:
    """Whether a row is a record of Argilla's."""
    return isinstance(row.get("fields"), Mapping) and isinstance(row.get("responses"), list | Mapping)


def argilla(row: Mapping[str, Any]) -> Conversation:
    """A record's text with what its annotators agree on, by the name of each question."""
    told = row["responses"] if isinstance(row["responses"], list) else _by_annotator(row["responses"])
    done = [one for one in told if isinstance(one, Mapping) and one.get("status") in (None, "submitted")]
    answers = [one["values"] for one in done if isinstance(one.get("values"), Mapping)]
    readings = [
        {name: one.get("value") if isinstance(one, Mapping) else one for name, one in some.items()} for some in answers
    ]
    rest = {key: value for key, value in row.items() if key not in ("fields", "responses") and value}
    return _agreed("Argilla", row["fields"], readings, rest)


def _by_annotator(responses: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The responses of Argilla 2, which stand by their question, as one for each annotator."""
    found: dict[str, dict[str, Any]] = {}
    for name, some in responses.items():
        for one in _objects(some):
            if one.get("status") in (None, "submitted"):
                who = found.setdefault(str(one.get("user_id")), {"values": {}})
                who["values"][name] = one.get("value")
    return list(found.values())


def is_labelbox(row: Mapping[str, Any]) -> bool:
    """Whether a row is Labelbox's: what was shown, and the labels of each project."""
    return isinstance(row.get("data_row"), Mapping) and isinstance(row.get("projects"), Mapping)


def labelbox(row: Mapping[str, Any]) -> Conversation:
    """A text with what its annotators agree on, by the name of each classification."""
    data = row["data_row"]
    labels = [one for project in _objects(list(row["projects"].values())) for one in _objects(project.get("labels"))]
    notes = [one["annotations"] for one in labels if isinstance(one.get("annotations"), Mapping)]
    if marked := [some.get("name") for one in notes for some in _objects(one.get("objects"))]:
        raise FormatError(f"objects such as {marked[0]!r} mark places in what was shown; only classifications are read")
    answers = [_objects(some.get("classifications")) for some in notes]
    readings = [{str(one.get("name")): _answer_of(one) for one in some} for some in answers]
    rest = {**rest_of(row, "data_row", "projects"), **rest_of(data, "row_data")}
    found = _agreed("Labelbox", {"text": data.get("row_data")}, readings, rest)
    found.lost["projects"] = row["projects"]  # with who labelled it, and when
    return found


def _objects(listed: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; none of what is no list."""
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def _answer_of(classification: Mapping[str, Any]) -> Any:
    """What was answered: a choice, several, or a text."""
    if isinstance(chosen := classification.get("radio_answer"), Mapping):
        return chosen.get("name")
    if isinstance(several := classification.get("checklist_answers"), list):
        return [one.get("name") for one in _objects(several)]
    written = classification.get("text_answer")
    return written.get("content") if isinstance(written, Mapping) else None


def is_prodigy(row: Mapping[str, Any]) -> bool:
    """Whether a row is a task of Prodigy's with spans that were marked, or options that were chosen."""
    return "_task_hash" in row and any(isinstance(row.get(key), list) for key in ("spans", "accept"))


def prodigy(row: Mapping[str, Any]) -> Conversation:
    """A text with the spans that were marked in it, or with what was chosen for it."""
    if not isinstance(text := row.get("text"), str):
        raise FormatError("a task of Prodigy without a text")
    if isinstance(accepted := row.get("accept"), list):
        truth: dict[str, Any] = {"label": accepted[0] if len(accepted) == 1 else accepted}
    else:
        spans = [(one.get("start"), one.get("end"), one.get("label")) for one in _objects(row["spans"])]
        if not all(isinstance(start, int) and isinstance(end, int) for start, end, _ in spans):
            raise FormatError("a span of Prodigy's has no start or end")
        marked = [(text[start:end], label) for start, end, label in spans]
        truth = {"entities": [{"text": said, "label": label} for said, label in marked]}
    used = ("text", "spans", "accept", "answer", "_task_hash", "_input_hash")
    found = Conversation("Prodigy", [{"role": "user", "content": text}], truth, extra=rest_of(row, *used))
    if row.get("spans"):
        found.lost["spans"] = row["spans"]  # with their places
    return found


def _agreed(shape: str, data: Mapping[str, Any], readings: list[dict[str, Any]], rest: dict[str, Any]) -> Conversation:
    """What was shown, with what all who annotated it said. Raises `FormatError` where there is no such thing."""
    texts = [key for key, value in data.items() if isinstance(value, str)]
    asked = texts[0] if len(texts) == 1 else next((key for key in _TEXTS if key in texts), "")
    if not asked:
        raise FormatError(f"it shows {', '.join(map(repr, data))}, and none is known to be the text")
    if not readings or not readings[0]:
        raise FormatError("nobody annotated it")
    if any(other != readings[0] for other in readings):
        raise FormatError(f"its annotators disagree: {' and '.join(map(text_of, readings))}"[:200])
    beside = {key: value for key, value in data.items() if key != asked}
    turn = {"role": "user", "content": data[asked]}
    said: Any = readings[0]
    if len(said) == 1 and isinstance(written := next(iter(said.values())), str) and next(iter(said)) in ANSWERS:
        said = written  # an answer in words, and no label by its name
    return Conversation(shape, [turn], said, extra={**rest, **beside})


def is_harness(row: Mapping[str, Any]) -> bool:
    """Whether a row is a sample of the LM Evaluation Harness."""
    return {"doc", "target", "arguments", "resps"} <= row.keys()


def harness(row: Mapping[str, Any]) -> Conversation:
    """What a model was asked and the target; of choices, which a model only weighs, the text of the right one."""
    calls = _values_of(row["arguments"])
    asked = [_values_of(one) for one in calls] if isinstance(calls, list) else []
    if not asked or not all(isinstance(one, list) and one and one[0] == asked[0][0] for one in asked):
        raise FormatError("arguments hold no prompt, or several; name the columns, such as --prompt doc.question")
    target, said = row["target"], [one[1] for one in asked if len(one) > 1]
    if len(asked) > 1 and str(target).isdigit() and int(target) < len(said) and isinstance(said[int(target)], str):
        target = said[int(target)].strip()
    rest = rest_of(row, "arguments", "target")
    return Conversation("LM Evaluation Harness", turns_of(structured(asked[0][0])), target, extra=rest)


def _values_of(listed: Any) -> Any:
    return list(listed.values()) if isinstance(listed, Mapping) else listed


def why_not(row: Mapping[str, Any]) -> str:
    """Why a row that some tool writes is none to learn from, and what would be; empty where none is known to."""
    if "custom_id" in row and ("response" in row or "result" in row):
        return (
            "the output of a batch holds answers alone; the prompts are in its input, under the same custom_id: "
            'write rows of both, such as {"prompt": …, "completion": …}'
        )
    if {"message_id", "parent_id"} <= row.keys():
        return (
            "one message of a tree of replies, each in a row of its own: write a row of the turns from its root to an "
            'answer that is right, such as {"messages": […]}'
        )
    if row.keys() & {"requester_id", "conversation_parts", "ticket_id"} or "@odata.context" in row:
        return (
            "a conversation of people, which does not say whose words are the answer: write rows of a question and "
            'its answer, or {"messages": [{"role": "user", …}, {"role": "assistant", …}]}'
        )
    if row.keys() & {"ts", "timestamp", "createdDateTime"} and row.keys() & {"user", "author", "from", "sender"}:
        return (
            "one message of a chat of people, which does not say which answer is right: write rows of a question "
            "and its answer"
        )
    return ""


def _reading(annotation: Mapping[str, Any]) -> dict[str, Any]:
    """What one annotator said: a choice or a text for each control, or a list where there are several."""
    found: dict[str, list[Any]] = {}
    for one in annotation.get("result") or []:
        value, kind = one.get("value", {}), one.get("type", "")
        said = value.get(kind) if kind in ("choices", "textarea", "rating", "number", "taxonomy") else value
        found.setdefault(str(one.get("from_name")), []).extend(said if isinstance(said, list) else [said])
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
