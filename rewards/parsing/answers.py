"""Finds the answer in a completion and the right one in a reference, where a reward declared them to be."""

from __future__ import annotations

from dataclasses import dataclass

from rewards.comparing.values import accepted_values
from rewards.errors import UngradableError
from rewards.parsing.json_text import read_json
from rewards.parsing.references import reference_of, shown, structure_of
from rewards.parsing.tags import after_reasoning, check_tag, check_tags, inside
from rewards.types import JSON, Completion, Sample


@dataclass(frozen=True, slots=True)
class AnswerFormat:
    """Where the answer stands.

    Without arguments: the whole text. `tag` names a tag such as "answer" whose only, closed block holds it. `key` is
    the path of keys that leads to it in a JSON answer, and `reference_key` the one in the reference (by default the
    same; a string stands for a path of one). `reasoning` names tags whose closed block may come first, opened by the
    model or by the chat template. A JSON answer is the one of `Reading.answers`.

    >>> AnswerFormat(key="label").text(Completion('{"label": "dog"}'))
    'dog'
    >>> AnswerFormat(tag="answer").text(Completion("<answer>dog</answer> or <answer>cat</answer>")) is None
    True
    """

    tag: str = ""
    key: str | tuple[str, ...] = ()
    reference_key: str | tuple[str, ...] | None = None
    reasoning: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.tag:
            check_tag("tag", self.tag)
        object.__setattr__(self, "key", _path("key", self.key))
        if self.reference_key is not None:
            object.__setattr__(self, "reference_key", _path("reference_key", self.reference_key))
        object.__setattr__(self, "reasoning", check_tags("reasoning", self.reasoning))

    def text(self, completion: Completion) -> str | None:
        """The answer as text, or None where there is no text at the declared place, or calls instead of any. Never
        raises."""
        if not self.key:
            return self._body(completion.text) if completion.text.strip() or not completion.tool_calls else None
        found = self.value(completion)
        return found[0] if found and isinstance(found[0], str) else None

    def value(self, completion: Completion) -> tuple[JSON, ...]:
        """The answer as the one JSON value at the declared place, in a tuple; empty where there is none. Never
        raises."""
        body = self._body(completion.text)
        return () if body is None else _at(read_json(body).only(), tuple(self.key))

    def expected(self, sample: Sample) -> JSON:
        """The reference answer. Raises UngradableError where there is none to judge by."""
        path = tuple(self.key if self.reference_key is None else self.reference_key)
        found = reference_of(sample)
        for key in path:
            found = structure_of(sample, found)
            if not isinstance(found, dict) or key not in found:
                where = "/".join(path)
                raise UngradableError(f"sample {sample.id!r} has no reference at {where!r}: {shown(sample.reference)}")
            found = found[key]
        return found

    def expected_structure(self, sample: Sample) -> JSON:
        """The reference answer, or the object or list that it holds as JSON text. Raises UngradableError where there
        is none to judge by."""
        return structure_of(sample, self.expected(sample))

    def expected_text(self, sample: Sample) -> tuple[str, ...]:
        """The accepted texts of the reference. Raises UngradableError where one is not a string, or there is none."""
        expected = self.expected(sample)
        accepted = accepted_values(expected)
        if not all(isinstance(text, str) for text in accepted):
            raise UngradableError(f"the reference of sample {sample.id!r} must be text, got {shown(expected)}")
        return tuple(map(str, accepted))

    def _body(self, text: str) -> str | None:
        body = after_reasoning(text, self.reasoning) if self.reasoning else text
        return inside(body, self.tag) if body is not None and self.tag else body


def _path(parameter: str, key: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    path = ((key,) if key else ()) if isinstance(key, str) else tuple(key)
    if not all(isinstance(part, str) for part in path):
        raise ValueError(f"{parameter} must be a key or a list of keys, got {key!r}")
    return path


def _at(found: tuple[JSON, ...], path: tuple[str, ...]) -> tuple[JSON, ...]:
    for key in path:
        if not found or not isinstance(found[0], dict) or key not in found[0]:
            return ()
        found = (found[0][key],)
    return found


WHOLE_ANSWER = AnswerFormat()
