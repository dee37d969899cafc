"""A graded JSON Schema: how much of a document is as the schema says.

Drafts 4 to 2020-12 whole, so that a valid document is exactly what the `jsonschema` package calls valid. Our own,
because a Lambda should not carry 5 MB for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from rewards.comparing.json_schema.dialects import Schema
from rewards.comparing.json_schema.grading import grade_by
from rewards.comparing.json_schema.plan import Plan, plan_of
from rewards.hedging import Hedging
from rewards.parsing.answers import WHOLE_ANSWER, AnswerFormat
from rewards.types import Completion, Sample, Score

if TYPE_CHECKING:
    from rewards.comparing.json_schema.formats import Formats


def schema_valid(schema: Schema, answer: AnswerFormat = WHOLE_ANSWER, *, formats: Formats | None = None) -> SchemaValid:
    """1 where the JSON answer is valid, else 0.9 x the share of its slots that are, in [0, 1]; 0 without JSON.

    Slots of an object are its required, known and forbidden keys and their names, of an array its items, and in either
    each violated bound; `anyOf` and `oneOf` count their best branch, `allOf` the mean, `if` the branch that it chooses,
    `contains` the share of the items that it wants. `$schema` names a draft from 4 to 2020-12, which is meant without
    it. What a draft has no keyword for is ignored, as the standard says; `schema_valid(...).ignored` names what looks
    like a rule among it. `format` is an annotation too, as in 2020-12, until `formats=Formats()` makes it an assertion.

    Raises SpecError, with the place, for what would change the meaning: a `$ref` out of the document, a keyword with a
    value that it cannot have, a `pattern` that no linear search can decide.

    Source: JSON Schema, drafts 4 to 2020-12, for what is valid; the slots are ours.

    >>> from rewards import Completion, Sample
    >>> schema = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age", "name"]}
    >>> schema_valid(schema)(Sample("a", ()), Completion('{"age": 7}')).value
    0.45
    >>> schema_valid({"type": "string", "format": "date"}).ignored
    ("#/format is an annotation, so 'date' is not checked",)
    """
    return SchemaValid(schema, answer, formats)


@dataclass(frozen=True)
class SchemaValid:
    """See `schema_valid`."""

    name: ClassVar[str] = "schema_valid"
    hedging: ClassVar[Hedging] = Hedging.NO_REFERENCE
    schema: Schema
    answer: AnswerFormat = WHOLE_ANSWER
    formats: Formats | None = None
    _plan: Plan = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_plan", plan_of(self.schema, formats=self.formats))

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Validate the answer; the sample plays no part."""
        found = self.answer.value(completion)
        if not found:
            return Score(0.0, "no JSON at the declared place")
        value = grade_by(self._plan, found[0])
        return Score(value, "valid" if value == 1 else "not valid")

    @property
    def ignored(self) -> tuple[str, ...]:
        """The places of the schema that look like a rule and are not checked, each with the reason."""
        return self._plan.ignored
