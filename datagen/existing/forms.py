"""Write a conversation as a row of each of Nova's formats, and say what the row does not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from datagen.errors import FormatError
from datagen.existing.conversation import Conversation
from datagen.formats import SCHEMA_VERSION, compact
from datagen.formats.translate import converse_tools, converse_turns
from rewards.comparing.values import canonical
from rewards.parsing.references import structured
from rewards.rows import GOLD, as_text

Form: TypeAlias = Literal[
    "sft", "rft", "rft-eval", "gen-qa", "dpo", "distillation", "rft-multiturn", "rft-multiturn-serverless", "openai"
]


class Written(NamedTuple):
    """A row, and what of the conversation it does not hold."""

    row: dict[str, Any]
    lost: dict[str, Any]


def written_as(told: Conversation, form: Form, default_id: str) -> Written:
    """A conversation as a row of `form`. Raises `FormatError` if a required part is missing.

    >>> asked = [{"role": "user", "content": "Name a colour."}]
    >>> told = Conversation("", asked, "Red", extra={"source": "test"})
    >>> written_as(told, "rft", "row-1").row["reference_answer"], written_as(told, "sft", "row-1").lost
    ('Red', {'source': 'test'})
    """
    if not any(turn["role"] == "user" for turn in told.messages):
        raise FormatError("no turn of the user")
    for place, turn in enumerate(told.messages):
        said = turn.get("content")
        if isinstance(said, str) and not said.strip() and not turn.get("tool_calls"):
            raise FormatError(f"messages[{place}] of the {turn['role']} is empty")
    if form in _LEARNED and (problem := _not_to_learn(told)):
        raise FormatError(problem)
    written = _FORMS[form](told, told.id or default_id)
    return Written(written.row, {**written.lost, **told.lost})


_LEARNED = ("sft", "rft", "rft-eval", "gen-qa", "openai")


def _not_to_learn(told: Conversation) -> str:
    """Why the only answer of a row is none to learn from or to compare with, by the row's own word."""
    if told.reference is None and told.reply is None and told.worse is not None:
        return "the only answer is one that is not wanted"
    if told.reference is None and told.reply is not None and told.reply.get("weight") == 0:
        return "the answer has weight 0: it is not to be learned"
    return ""


def _rft(told: Conversation, name: str) -> Written:
    reference = _reference(told)
    if reference is None:
        raise FormatError(f"no answer to compare with: an RFT row needs a reference{_where_else(told)}")
    if not (reference.strip() if isinstance(reference, str) else reference):
        raise FormatError("the answer is empty: an RFT row needs a reference")
    messages, lost = _text_turns(told.messages)
    if place := next((at for at, turn in enumerate(messages) if at and turn["role"] == "system"), None):
        raise FormatError(f"a system turn after {place} others; an RFT row has one system prompt, before all turns")
    row: dict[str, Any] = {"id": name, "messages": messages, "reference_answer": reference}
    if told.tools:
        row["tools"] = told.tools
    if told.reply is not None and told.reference is not None and not told.reply.get("tool_calls"):
        row[GOLD] = told.reply.get("content")
    extra = {key: value for key, value in told.extra.items() if key not in row}
    beside = {key: value for key, value in told.extra.items() if key in row}
    reply = _unsaid_reply(told) if GOLD not in row else _lost_of([told.reply or {}], _TURN)
    return Written({**row, **extra}, {**_both(lost, reply), **beside, **_worse(told)})


def _where_else(told: Conversation) -> str:
    """What to do where the answer may stand in a key that no shape knows."""
    if not told.extra:
        return ""
    keys = " or ".join([repr(key) for key in told.extra][:6])
    return f"; if {keys} holds it, name the columns: --prompt COLUMN --answer COLUMN"


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What two parts of a row lost: under one key, the values of both."""
    shared = {key: [*one[key], *other[key]] for key in one if key in other}
    return {**one, **other, **shared}


def _unsaid_reply(told: Conversation) -> dict[str, Any]:
    """What the right turn says beyond the reference that it became, or that stands beside it."""
    reply = told.reply or {}
    if told.reference is not None:
        return {"reply": reply} if reply else {}
    beside = {"reply.content": reply["content"]} if reply.get("content") and reply.get("tool_calls") else {}
    return {**beside, **(_lost_of([reply], _TURN) if reply else {})}


_TURN = ("role", "content", "tool_calls", "tool_call_id")


def _text_turns(messages: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Turns with the keys that Nova's text formats know, and the rest. Raises `FormatError` at a picture."""
    for place, turn in enumerate(messages):
        if not isinstance(turn.get("content"), str | None):
            raise FormatError(f"messages[{place}] holds {_media(turn['content'])}, and these rows are text only")
    return [{key: turn[key] for key in _TURN if key in turn} for turn in messages], _lost_of(messages, _TURN)


def _as_said(turn: Mapping[str, Any]) -> Any:
    """The text of an answer. Raises `FormatError` where it holds more than text."""
    said = turn.get("content")
    if isinstance(said, list):
        raise FormatError(f"the answer holds {_media(said)}, and these rows are text only")
    return said


def _media(content: Any) -> str:
    parts = [part for part in content if isinstance(part, Mapping) and "text" not in part]
    return str(parts[0].get("type") or next(iter(parts[0]), "an empty part")) if parts else "parts"


def _lost_of(messages: list[dict[str, Any]], known: tuple[str, ...]) -> dict[str, Any]:
    """Keys of turns that a format does not know, each with its values."""
    lost: dict[str, Any] = {}
    for turn in messages:
        for key in turn.keys() - set(known):
            lost.setdefault(f"messages[].{key}", []).append(turn[key])
    return dict(sorted(lost.items()))


def _reference(told: Conversation) -> Any:
    """What a grader compares with: the row's own, else its right answer; Nova takes text and objects."""
    if told.reference is not None:
        return told.reference if isinstance(told.reference, str | dict) else compact(told.reference)
    if told.reply is None:
        return None
    calls = told.reply.get("tool_calls")
    return {"tool_calls": calls} if calls else _as_said(told.reply)


def _answer(told: Conversation) -> dict[str, Any]:
    if told.reply is not None:
        return _saying_something(told.reply)
    if told.reference is None:
        raise FormatError("no answer to learn from")
    if isinstance(told.reference, str) and not told.reference.strip():
        raise FormatError("the answer is empty")
    calls = told.reference.get("tool_calls") if isinstance(told.reference, Mapping) else None
    if told.tools and isinstance(calls, list) and calls:
        return {"role": "assistant", "content": None, "tool_calls": [_call(*item) for item in enumerate(calls)]}
    return {"role": "assistant", "content": as_text(canonical(told.reference))}


def _saying_something(turn: dict[str, Any]) -> dict[str, Any]:
    said = turn.get("content")
    if not turn.get("tool_calls") and not (said.strip() if isinstance(said, str) else said):
        raise FormatError("the answer is empty")
    return turn


def _call(index: int, call: Any) -> dict[str, Any]:
    """A call of a reference in OpenAI's form, each argument with its first accepted value."""
    outer = call if isinstance(call, dict) else {}
    inner = outer.get("function", outer)
    arguments = canonical(structured(inner.get("arguments", {})))
    function = {"name": inner.get("name"), "arguments": compact(arguments)}
    return {"id": outer.get("id") or f"call-{index}", "type": "function", "function": function}


def _sft(told: Conversation, name: str) -> Written:
    row, dropped = _converse([*told.messages, _answer(told)])
    lost = {**told.extra, **dropped}
    if told.tools:
        row["toolConfig"] = converse_tools(told.tools)
    lost |= {key if key not in told.extra else "reference": value for key, value in _unsaid_reference(told).items()}
    return Written(row, {**lost, **({"id": told.id} if told.id else {}), **_worse(told)})


_CONVERSE_TURN = (*_TURN, "reasoning_content", "status")


def _converse(messages: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Turns as a Converse row, and what of them it does not hold. Two turns of one speaker are one."""
    known = [{key: turn[key] for key in _CONVERSE_TURN if key in turn} for turn in messages]
    shown = [_with_media(turn, place) for place, turn in enumerate(known)]
    system, turns = converse_turns(shown)
    if place := next((at for at, turn in enumerate(turns) if turn["role"] == "system"), None):
        raise FormatError(f"a system turn after {place} others; Converse has one system prompt, before all turns")
    for turn, message in zip(_spoken(turns), _assistants(known), strict=True):
        if thought := message.get("reasoning_content"):
            turn.pop("reasoning_content", None)
            turn["content"].insert(0, {"reasoningContent": {"reasoningText": {"text": thought}}})
    row = {"schemaVersion": SCHEMA_VERSION, **({"system": system} if system else {}), "messages": _merged(turns)}
    details = [one for turn in known for one in _beside_parts(turn.get("content"))]
    lost = {"messages[].content": details} if details else {}
    return row, {**lost, **_lost_of(messages, _CONVERSE_TURN)}


def _beside_parts(content: Any) -> list[Any]:
    """What OpenAI's parts say beside their text or the address of their picture."""
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    own = [part for part in parts if "type" in part]
    made = [{key: part[key] for key in part if key not in ("type", "text", "image_url")} for part in own]
    urls = [part.get("image_url") for part in own]
    made += [{key: url[key] for key in url if key != "url"} for url in urls if isinstance(url, dict)]
    return [one for one in made if one]


def _spoken(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [turn for turn in turns if turn["role"] == "assistant"]


def _assistants(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [turn for turn in messages if turn["role"] == "assistant"]


def _merged(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Converse's turns alternate. A call and what the assistant says after it, without a result, stay two: an error."""
    made: list[dict[str, Any]] = []
    for turn in turns:
        last = made[-1] if made else {"role": "", "content": []}
        if turn["role"] == last["role"] and not any("toolUse" in block for block in last["content"]):
            last["content"] += turn["content"]
        else:
            made.append(turn)
    return made


def _with_media(turn: dict[str, Any], place: int) -> dict[str, Any]:
    """A turn with OpenAI's pictures as Converse's. Raises `FormatError` at one that is not in S3."""
    content = turn.get("content")
    if not isinstance(content, list):
        return turn
    return {**turn, "content": [_block(part, f"messages[{place}].content[{at}]") for at, part in enumerate(content)]}


_CONVERSE_KINDS = frozenset({"text", "image", "video", "document"})


def _block(part: Any, place: str) -> Any:
    if not isinstance(part, dict) or "type" not in part:
        if isinstance(part, dict) and _CONVERSE_KINDS & set(part):
            return part
        raise FormatError(f"{place} is no block that Converse has: {compact(part)[:80]}")
    if part["type"] == "text":
        return part
    address = part.get("image_url")
    address = address.get("url") if isinstance(address, Mapping) else address
    if isinstance(address, str) and address.startswith("s3://"):
        suffix = address.rpartition(".")[2].lower()
        kind = {"jpg": "jpeg"}.get(suffix, suffix)
        return {"image": {"format": kind, "source": {"s3Location": {"uri": address}}}}
    raise FormatError(f"{place} is {part['type']!r}, which is not in S3; put it there and name it s3://bucket/key")


def _dpo(told: Conversation, name: str) -> Written:
    if told.worse is None or told.reply is None:
        raise FormatError("a preference pair needs a better and a worse answer")
    row, lost = _converse(told.messages)
    candidates = []
    for label, turn in (("preferred", told.reply), ("non-preferred", told.worse)):
        answer, dropped = _converse([_saying_something(turn)])
        candidates.append({"content": answer["messages"][0]["content"], "preferenceLabel": label})
        lost |= {f"{label}: {key}": value for key, value in dropped.items()}
    row["messages"].append({"role": "assistant", "candidates": candidates})
    return Written(row, {**told.extra, **lost, **_unsaid(told, "id", "tools", "reference")})


def _gen_qa(told: Conversation, name: str) -> Written:
    messages, dropped = _text_turns(told.messages)
    asked = [turn for turn in messages if turn.get("role") != "system"]
    system = [as_text(turn.get("content")) for turn in told.messages if turn.get("role") == "system"]
    response = _reference(told)
    if response is None:
        raise FormatError("no answer to learn from")
    if isinstance(response, str) and not response.strip():
        raise FormatError("the answer is empty")
    row = {"query": as_text(asked[-1].get("content")), "response": as_text(response)}
    if system:
        row["system"] = "\n".join(system)
    row["metadata"] = compact({"id": name, **told.extra})
    lost = {**dropped, **({"earlier turns": asked[:-1]} if asked[:-1] else {})}
    return Written(row, {**_both(lost, _unsaid_reply(told)), **_unsaid(told, "tools"), **_worse(told)})


def _distillation(told: Conversation, name: str) -> Written:
    row, lost = _converse(told.messages)
    return Written(row, {**told.extra, **lost, **_unsaid(told, "id", "tools", "reference", "reply"), **_worse(told)})


def _multi_turn(told: Conversation, name: str) -> Written:
    facts = {key: told.extra[key] for key in ("task", "info") if isinstance(told.extra.get(key), str | dict)}
    others = {key: value for key, value in told.extra.items() if key not in facts}
    reference = _reference(told)
    messages, lost = _text_turns(told.messages)
    metadata: dict[str, Any] = {
        "prompt": messages,
        **({} if reference is None else {"answer": as_text(reference)}),
    }
    if others and "info" not in facts:
        facts["info"], others = others, {}
    lost = {**others, **_both(lost, _unsaid_reply(told)), **_unsaid(told, "tools"), **_worse(told)}
    return Written({"id": name, "metadata": {**metadata, **facts}}, lost)


def _serverless(told: Conversation, name: str) -> Written:
    messages, dropped = _text_turns(told.messages)
    lost = {**told.extra, **dropped, **_unsaid(told, "id", "tools", "reference", "reply"), **_worse(told)}
    return Written({"prompt": messages}, lost)


def _unsaid_reference(told: Conversation) -> dict[str, Any]:
    """The reference where the right turn beside it, or its first accepted values, do not say all of it."""
    if told.reference is None or (told.reply is None and canonical(told.reference) == told.reference):
        return {}
    return {"reference_answer": told.reference}


def _openai(told: Conversation, name: str) -> Written:
    messages = [_with_addresses(turn) for turn in (*told.messages, _answer(told))]
    row: dict[str, Any] = {"messages": messages}
    if told.tools:
        row["tools"] = told.tools
    lost = {**_unsaid_reference(told), **_beside_addresses(told.messages), **_worse(told)}
    return Written({**row, **({"id": told.id} if told.id else {}), **told.extra}, lost)


_OPENAI_PARTS = frozenset({"text", "image", "image_url", "input_audio", "file", "refusal"})


def _with_addresses(turn: dict[str, Any]) -> dict[str, Any]:
    """A turn with Converse's pictures as OpenAI's, by their address."""
    content = turn.get("content")
    if not isinstance(content, list):
        return turn
    for part in content:
        if isinstance(part, Mapping) and part.get("type", "image") not in _OPENAI_PARTS:
            raise FormatError(f"a turn of the {turn['role']} holds {_media([part])}, for which OpenAI has no part")
    places = [_location(part).get("uri") for part in content]
    shown = [
        {"type": "image_url", "image_url": {"url": uri}} if uri else part
        for uri, part in zip(places, content, strict=True)
    ]
    return {**turn, "content": shown}


def _beside_addresses(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """What Converse's pictures say beside their address."""
    parts = [part for turn in messages if isinstance(turn.get("content"), list) for part in turn["content"]]
    pictures = [part for part in parts if _location(part).get("uri")]
    lost: dict[str, Any] = {}
    for part in pictures:
        image, place = part["image"], _location(part)
        levels = ((part, "image"), (image, "source"), (image["source"], "s3Location"), (place, "uri"))
        for beside, known in levels:
            for key, value in beside.items():
                if key != known:
                    lost.setdefault(f"messages[].{key}", []).append(value)
    return lost


def _location(part: Any) -> Mapping[str, Any]:
    """Where a picture of Converse's lies."""
    image = part.get("image") if isinstance(part, Mapping) else None
    source = image.get("source") if isinstance(image, Mapping) else None
    place = source.get("s3Location") if isinstance(source, Mapping) else None
    return place if isinstance(place, Mapping) else {}


def _unsaid(told: Conversation, *names: str) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(told, name)) not in (None, [], "")}


def _worse(told: Conversation) -> dict[str, Any]:
    return {"rejected answer": told.worse} if told.worse else {}


_FORMS: Mapping[str, Callable[[Conversation, str], Written]] = {
    "sft": _sft,
    "rft": _rft,
    "rft-eval": _rft,
    "gen-qa": _gen_qa,
    "dpo": _dpo,
    "distillation": _distillation,
    "rft-multiturn": _multi_turn,
    "rft-multiturn-serverless": _serverless,
    "openai": _openai,
}
