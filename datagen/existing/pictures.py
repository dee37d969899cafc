"""Pictures and videos that a row names beside its turns: they belong to what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datagen.existing.conversation import Conversation, text_of
from datagen.existing.turns import Turn
from rewards.parsing.references import structured

_KEYS = {
    **dict.fromkeys(("image", "images", "image_path", "image_url"), ("image_url", "<image>")),
    **dict.fromkeys(("video", "videos"), ("video_url", "<video>")),
}


def with_pictures(found: Conversation) -> Conversation:
    """The conversation with the media of its row as parts of the first turn of the user, where the text says `<image>`.

    So a format that takes none refuses the row, and none is trained on a question about a picture that is not there.

    >>> found = with_pictures(Conversation("", [{"role": "user", "content": "<image>Who?"}], extra={"image": "a.png"}))
    >>> found.messages[0]["content"]
    [{'type': 'image_url', 'image_url': {'url': 'a.png'}}, {'type': 'text', 'text': 'Who?'}]
    """
    turn = next((turn for turn in found.messages if turn["role"] == "user"), None)
    for key, (kind, mark) in _KEYS.items():
        shown = _addresses(found.extra.get(key))
        if shown and turn is not None:
            del found.extra[key]
            parts = [{"type": kind, kind: {"url": address}} for address in shown]
            _place(found.messages, turn, parts, mark)
    return found


def _addresses(value: Any) -> list[str]:
    """Where pictures are: paths, addresses, or their bytes, as Hugging Face's tables hold them."""
    value = structured(value)
    listed = value if isinstance(value, list) else [value]
    made = []
    for one in listed:
        if isinstance(one, Mapping):
            held = one.get("bytes")
            one = f"data:;base64,{text_of(held)}" if held else one.get("path") or one.get("url")
        if not isinstance(one, str) or not one.strip():
            return []
        made.append(one)
    return made


def _place(messages: list[Turn], first: Turn, parts: list[dict[str, Any]], mark: str) -> None:
    """Each part where the next mark stands; before the first question where there are not as many marks."""
    texts = [turn for turn in messages if turn["role"] == "user" and isinstance(turn["content"], str)]
    if sum(turn["content"].count(mark) for turn in texts) != len(parts):
        content = first["content"]
        said = content if isinstance(content, list) else [{"type": "text", "text": text_of(content)}]
        first["content"] = [*parts, *said]
        return
    waiting = iter(parts)
    for turn in texts:
        before, *others = turn["content"].split(mark)
        if others:
            pieces = [
                [{"type": "text", "text": before}],
                *([next(waiting), {"type": "text", "text": t}] for t in others),
            ]
            turn["content"] = [part for some in pieces for part in some if part.get("text") or part["type"] != "text"]
