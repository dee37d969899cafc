"""Turns of a prompt that a chat template wrote as one text: trainers log prompts as their tokens read."""

from __future__ import annotations

import re
from typing import Final

from datagen.existing.templates import turns_in

_ROLES: Final = {"human": "user", "model": "assistant"}
_LINES: Final = re.compile(r"^(system|user|assistant|model)\n", re.MULTILINE)  # ChatML and Gemma without their tokens
_GLUED: Final = re.compile(r"(?<![ \t])(system|user|assistant)\n\n")  # Llama 3 closes a turn by a token and no line
_THOUGHTS: Final = re.compile(r"<think>\s*(?:</think>\s*)?\Z")  # begun, or skipped, for the model
_DATES: Final = re.compile(r"\ACutting Knowledge Date: .*\n(?:Today Date: .*\n)?\s*")  # of Llama 3's template
_ENDED: Final = re.compile(
    r"(?:\s*(?:<\|im_end\|>|<\|e[ow][tm]_id\|>|<\|end(?:oftext)?\|>|<\|end_of_text\|>|<end_of_turn>|</s>|<eos>))+\s*\Z"
)


def turns_of_prompt(text: str) -> list[dict[str, str]]:
    """The turns of a prompt up to the model's, with the tokens of its template or, as verl and TRL decode it, without
    them; none where no template wrote it.

    >>> turns_of_prompt("system\\nBe brief.\\nuser\\n2 + 2?\\nassistant\\n")
    [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': '2 + 2?'}]
    >>> turns_of_prompt("Who is the user?\\nassistant\\n")
    []
    """
    said = _THOUGHTS.sub("", text)
    turns = turns_in(said) or _bare(said, _LINES) or _bare(said, _GLUED)
    return [{**turn, "role": _ROLES.get(turn["role"].lower(), turn["role"].lower())} for turn in turns]


def without_end(completion: str) -> str:
    """A completion without the tokens that ended it.

    >>> without_end("It is 4.<|im_end|>\\n")
    'It is 4.'
    """
    return _ENDED.sub("", completion)


def _bare(text: str, opens: re.Pattern[str]) -> list[dict[str, str]]:
    """Turns that are opened by who speaks alone. It is a template's text only where it begins so, ends with the model's
    empty turn, and user and model take turns: a line "user" in a question breaks that, and the text stays whole."""
    opened = list(opens.finditer(text))
    if not opened or opened[0].start():
        return []
    ends = [*(later.start() for later in opened[1:]), len(text)]
    turns = [
        {"role": _ROLES.get(one[1], one[1]), "content": _DATES.sub("", text[one.end() : end]).strip()}
        for one, end in zip(opened, ends, strict=True)
    ]
    speakers = [turn["role"] for turn in turns]
    asked = speakers[speakers[:1] == ["system"] :]
    alternate = asked == ["user", "assistant"] * (len(asked) // 2)
    if not asked or not alternate or turns[-1]["content"]:
        return []
    return [turn for turn in turns[:-1] if turn["content"]]
