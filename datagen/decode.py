"""Parse a teacher's reply: raw text to samples or a verdict, or the reason why it is unusable."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar

from datagen.errors import ConfigError
from datagen.types import Answer
from rewards.parsing.json_text import Place, Reading, read_json
from rewards.parsing.references import structured
from rewards.parsing.tags import after_reasoning
from rewards.types import JSON

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

T = TypeVar("T")
_REASONING = ("think", "thinking", "thought", "reasoning")  # tags of models whose server leaves their thoughts in
_REFUSALS = ("content_filtered", "guardrail_intervened", "refusal")


class Pair(NamedTuple):
    """One sample as the teacher wrote it.

    `gold` is a right answer where `answer` is a reference of another kind; `worse` is an answer nobody would want.
    """

    question: str
    answer: JSON
    reasoning: str = ""
    gold: JSON = None
    worse: JSON = None


class Verdict(NamedTuple):
    """A judge's verdict on a sample: a score in [0, 1], and its reason."""

    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Decoded(Generic[T]):
    """What an answer says; `code` and `problem` tell why some or all of it could not be used."""

    values: tuple[T, ...] = ()
    code: str = ""
    problem: str = ""


Decoder: TypeAlias = Callable[[Answer], Decoded[T]]


def decoder(schema: Mapping[str, Any] | None = None, *, needs: Collection[str] = ()) -> Decoder[Pair]:
    """A reader of ``{"samples": [{"question", "answer", "reasoning"?, "worse"?}]}``, each answer valid by the schema.

    The list alone, or its samples one behind the other, say the same; models leave out what is around them. `needs` are
    the optional keys that every sample must have.

    >>> decoder()(Answer('{"samples": [{"question": "Why?", "answer": "So."}]}')).values
    (Pair(question='Why?', answer='So.', reasoning='', gold=None, worse=None),)
    >>> decoder()(Answer("I cannot help with that.")).code
    'malformed'
    """
    return _PairDecoder(_validator(schema) if schema else None, frozenset(needs))


def read_verdict(answer: Answer) -> Decoded[Verdict]:
    """The verdict in ``{"score": 0.8, "reason": "..."}``; a judge that does not answer so has given none.

    >>> read_verdict(Answer('{"score": 0.5, "reason": "The limit is missing."}')).values
    (Verdict(score=0.5, reason='The limit is missing.'),)
    >>> read_verdict(Answer('{"score": 7, "reason": "Good."}')).problem
    'score must be a number from 0 to 1, got 7'
    """
    found = object_in(answer, "score")
    if isinstance(found, Decoded):
        return found
    score, reason = found.get("score"), found.get("reason")
    number = isinstance(score, int | float) and not isinstance(score, bool) and math.isfinite(score)
    if not number or not 0 <= score <= 1:  # type: ignore[operator] # a number, as the line above says
        return Decoded((), "schema", f"score must be a number from 0 to 1, got {score!r}")
    if not isinstance(reason, str) or not reason.strip():
        return Decoded((), "schema", "reason must be text")
    return Decoded((Verdict(float(score), reason.strip()),))  # type: ignore[arg-type] # as above


@dataclass(frozen=True)
class _PairDecoder:
    validator: Validator | None
    needs: frozenset[str]

    def __call__(self, answer: Answer, /) -> Decoded[Pair]:
        samples = _samples_in(answer)
        if isinstance(samples, Decoded):
            return samples
        pairs: list[Pair] = []
        problems: list[str] = []
        for index, sample in enumerate(samples):
            problem = self._problem(sample)
            if problem or not isinstance(sample, dict):
                problems.append(f"samples[{index}]: {problem}")
            else:
                pairs.append(_pair(sample))
        return Decoded(tuple(pairs), "schema" if problems else "", "; ".join(problems))

    def _problem(self, sample: JSON) -> str:
        if not isinstance(sample, dict):
            return "expected an object"
        question = sample.get("question")
        if not isinstance(question, str) or not question.strip():
            return "question must be text"
        for key in ("answer", *sorted(self.needs)):
            if sample.get(key) in (None, "", {}, []):
                return f"{key} must not be empty"
        if sample.get("worse") == sample["answer"]:
            return "worse must differ from answer"
        errors = self.validator.iter_errors(sample["answer"]) if self.validator else ()
        return "; ".join(f"{error.json_path}: {error.message}" for error in sorted(errors, key=str))


def _samples_in(answer: Answer) -> list[JSON] | Decoded[Any]:
    """The list of samples that an answer holds; or why there is none, or more than one."""
    found = object_in(answer, "samples")
    if isinstance(found, dict) and isinstance(samples := structured(found.get("samples")), list):
        return samples
    if isinstance(found, Decoded) and found.code != "malformed":
        return found
    values = _read(answer).values
    lists = [value for value in values if isinstance(value, list) and value and all(map(_is_sample, value))]
    alone = [value for value in values if _is_sample(value)]
    if len(lists) + bool(alone) == 1 and not any(isinstance(value, dict) and "samples" in value for value in values):
        return lists[0] if lists else alone
    return found if isinstance(found, Decoded) else Decoded((), "malformed", 'expected an object {"samples": [...]}')


def _is_sample(value: JSON) -> bool:
    return isinstance(value, dict) and "question" in value and "answer" in value


def _read(answer: Answer) -> Reading:
    begins_with_json = answer.text.lstrip().startswith(("{", "[", "```"))  # a closing tag in it is part of the text
    return read_json(answer.text, reasoning=() if begins_with_json else _REASONING)


def object_in(answer: Answer, key: str) -> dict[str, JSON] | Decoded[Any]:
    """The one JSON object with this key that an answer holds, behind closed thoughts and among words; or why not."""
    if stopped := stopped_early(answer):
        return stopped
    reading = _read(answer)
    objects = [value for value in reading.values if isinstance(value, dict)]
    meant = [value for value in objects if key in value] or objects
    if len(meant) == 1:
        return meant[0]
    problem = f"{len(meant)} JSON objects, expected one" if meant else reading.problem or "expected a JSON object"
    return Decoded((), "malformed", f"not JSON: {problem}" if not reading.values else problem)


def stopped_early(answer: Answer) -> Decoded[Any] | None:
    """Why an answer is not whole, where the model was stopped; None where it ended by itself.

    >>> stopped_early(Answer("half of", stop_reason="max_tokens")).code
    'truncated'
    """
    if answer.stop_reason == "max_tokens":
        return Decoded((), "truncated", "the reply was cut off at its token limit")
    if answer.stop_reason in _REFUSALS:
        return Decoded((), "refused", f"the model stopped with {answer.stop_reason!r}")
    return None


def value_in(text: str) -> JSON:
    """The JSON that a reply is, behind closed thoughts, in a fence or an object alone among words; else its text.

    Empty where the thoughts never end.

    >>> value_in('Here it is:\\n```json\\n{"boxes": []}\\n```'), value_in("a dent, see [1]")
    ({'boxes': []}, 'a dent, see [1]')
    """
    reasoning = () if text.lstrip().startswith(("{", "[", "```")) else _REASONING
    reading = read_json(text, reasoning=reasoning)
    said = reading.answers
    if len(said) == 1 and (reading.place is not Place.PROSE or isinstance(said[0], dict)):
        return said[0]
    return (after_reasoning(text, reasoning) or "").strip()


def _pair(sample: Mapping[str, JSON]) -> Pair:
    reasoning = str(sample.get("reasoning") or "")
    return Pair(str(sample["question"]), sample["answer"], reasoning, sample.get("gold"), sample.get("worse"))


def _validator(schema: Mapping[str, Any]) -> Validator:
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for

    checked = validator_for(schema)
    try:
        checked.check_schema(dict(schema))
    except SchemaError as error:
        raise ConfigError(f"the answer schema is not a JSON Schema: {error.message}") from error
    return checked(dict(schema))
