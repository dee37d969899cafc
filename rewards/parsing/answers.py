"""Finds the answer in a completion and the right one in a reference, where a reward declared them to be."""

from __future__ import annotations

from dataclasses import dataclass

from rewards.comparing.values import accepted_values
from rewards.errors import UngradableError
from rewards.parsing.json_text import read_json
from rewards.types import JSON, Completion, Sample


@dataclass(frozen=True, slots=True)
class AnswerFormat:
    """Where the answer stands.

    Without arguments: the whole text. `tag` names a tag such as "answer" whose only, closed block holds it. `key` is
    the path of keys that leads to it in a JSON answer, and `reference_key` the one in the reference (by default the
    same; a string stands for a path of one). `reasoning` names tags whose closed block may come first.

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
        object.__setattr__(self, "key", _path(self.key))
        if self.reference_key is not None:
            object.__setattr__(self, "reference_key", _path(self.reference_key))
        object.__setattr__(self, "reasoning", tuple(self.reasoning))

    def text(self, completion: Completion) -> str | None:
        """The answer as text, or None where there is no text at the declared place. Never raises."""
        if not self.key:
            return self._body(completion.text)
        found = self.value(completion)
        return found[0] if found and isinstance(found[0], str) else None

    def value(self, completion: Completion) -> tuple[JSON, ...]:
        """The answer as the one JSON value at the declared place, in a tuple; empty where there is none. Never
        raises."""
        body = self._body(completion.text)
        return () if body is None else _at(read_json(body).only(), _path(self.key))

    def expected(self, sample: Sample) -> JSON:
        """The reference answer. Raises UngradableError where there is none."""
        path = _path(self.key if self.reference_key is None else self.reference_key)
        found = () if sample.reference is None else _at((sample.reference,), path)
        if not found:
            where = f" at {'/'.join(path)!r}" if path else ""
            raise UngradableError(f"sample {sample.id!r} has no reference{where}: {sample.reference!r:.200}")
        return found[0]

    def expected_text(self, sample: Sample) -> tuple[str, ...]:
        """The accepted texts of the reference. Raises UngradableError where one is not a string, or there is none."""
        accepted = accepted_values(self.expected(sample))
        if not accepted or not all(isinstance(text, str) for text in accepted):
            raise UngradableError(f"the reference of sample {sample.id!r} must be text, got {sample.reference!r:.200}")
        return tuple(map(str, accepted))

    def _body(self, text: str) -> str | None:
        for tag in self.reasoning:
            if text.lstrip().startswith(f"<{tag}>"):
                _, closed, text = text.partition(f"</{tag}>")
                if not closed:
                    return None
        return _inside(text, self.tag) if self.tag else text


def _inside(text: str, tag: str) -> str | None:
    """What stands in the only block of `tag`. Taking the first or last of several would pay for showing several."""
    opening, closing = f"<{tag}>", f"</{tag}>"
    if text.count(opening) != 1 or text.count(closing) != 1:
        return None
    inner, closed, _ = text.partition(opening)[2].partition(closing)
    return inner if closed else None


def _path(key: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    if isinstance(key, str):
        return (key,) if key else ()
    return tuple(key)


def _at(found: tuple[JSON, ...], path: tuple[str, ...]) -> tuple[JSON, ...]:
    for key in path:
        if not found or not isinstance(found[0], dict) or key not in found[0]:
            return ()
        found = (found[0][key],)
    return found


WHOLE_ANSWER = AnswerFormat()
