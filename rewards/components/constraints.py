"""The component for instructions that a rule can check: so many words, no commas, these keywords."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from rewards.comparing.instructions.catalogue import INSTRUCTIONS, Instruction, checked
from rewards.did_you_mean import did_you_mean
from rewards.errors import UngradableError
from rewards.limits import MAX_TEXT_CHARS
from rewards.parsing.answers import WHOLE_ANSWER, AnswerFormat
from rewards.parsing.references import shown
from rewards.types import Completion, Sample, Score


def instruction_constraints(
    answer: AnswerFormat = WHOLE_ANSWER, *, loose: bool = False, metrics: Iterable[str] = ()
) -> InstructionConstraints:
    """The share of the row's instructions that the text follows, in [0, 1]; an empty text follows none.

    The reference declares them as the rows of IFEval and IFBench do: `instruction_id_list` holds their names, `kwargs`
    the arguments of each. With `loose` the text may also follow an instruction without its first line, its last line or
    its stars. The metric `all_followed` is 1 where all are; `metrics` names instructions to record on their own, each
    not measured where the row does not have it.

    Sentences, and the language of a text, are found by rules in the place of NLTK's and langdetect's models; an
    instruction about verbs or syllables is not supported: such a row is ungradable.

    Source: IFEval (arXiv 2311.07911) and IFBench (arXiv 2507.02833), instruction level, strict or loose.

    >>> from rewards import Completion, Sample
    >>> row = {
    ...     "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
    ...     "kwargs": [{}, {"num_words": 4, "relation": "less than"}],
    ... }
    >>> instruction_constraints()(Sample("a", (), reference=row), Completion("Yes, it is.")).value
    0.5
    """
    metrics = tuple(metrics)
    for name in metrics:
        if name not in INSTRUCTIONS:
            raise ValueError(f"no instruction {name!r}; {did_you_mean(name, INSTRUCTIONS)}")
    return InstructionConstraints(answer, loose, metrics)


class _Declared(NamedTuple):
    """An instruction of a row with its arguments."""

    name: str
    instruction: Instruction
    arguments: Mapping[str, Any]

    def is_followed_by(self, texts: Iterable[str]) -> bool:
        return any(text.strip() and self.instruction.follows(text, **self.arguments) for text in texts)


@dataclass(frozen=True)
class InstructionConstraints:
    """See `instruction_constraints`."""

    name: ClassVar[str] = "instruction_constraints"
    answer: AnswerFormat = WHOLE_ANSWER
    loose: bool = False
    metrics: tuple[str, ...] = ()

    @property
    def metric_names(self) -> tuple[str, ...]:
        """Whether all are followed, and the instructions that are recorded on their own."""
        return ("all_followed", *self.metrics)

    def expected(self, sample: Sample) -> list[_Declared]:
        """The instructions of the row; raises UngradableError where one cannot be checked."""
        reference = self.answer.expected_structure(sample)
        names, arguments = (
            (reference.get(key) for key in ("instruction_id_list", "kwargs"))
            if isinstance(reference, dict)
            else (None, None)
        )
        if not (isinstance(names, list) and names and isinstance(arguments, list) and len(names) == len(arguments)):
            raise UngradableError(
                f"the reference of sample {sample.id!r} must be a mapping with `instruction_id_list` and as many "
                f"`kwargs`, got {shown(reference)}"
            )
        try:
            return [_declared(name, given) for name, given in zip(names, arguments, strict=True)]
        except ValueError as error:
            raise UngradableError(f"the reference of sample {sample.id!r}: {error}") from error

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Check every instruction."""
        declared = self.expected(sample)
        text = (self.answer.text(completion) or "")[: MAX_TEXT_CHARS + 1]
        texts = [] if len(text) > MAX_TEXT_CHARS else [*_variants(text)] if self.loose else [text]
        followed = [one.is_followed_by(texts) for one in declared]
        failed = [one.name for one, fits in zip(declared, followed, strict=True) if not fits]
        metrics: dict[str, float | None] = {"all_followed": float(not failed)}
        for name in self.metrics:
            found = [fits for one, fits in zip(declared, followed, strict=True) if one.name == name]
            metrics[name] = sum(found) / len(found) if found else None
        return Score(sum(followed) / len(followed), f"not followed: {', '.join(failed) or 'none'}"[:200], metrics)


def _declared(name: Any, arguments: Any) -> _Declared:
    if not isinstance(name, str) or not isinstance(arguments, dict | None):
        raise ValueError(  # noqa: TRY004  # of the row
            f"an instruction is a name with a mapping of arguments, got {name!r:.80}, {arguments!r:.80}"
        )
    instruction, given = checked(name, arguments or {})
    return _Declared(name, instruction, given)


def _variants(text: str) -> Iterator[str]:
    """The text; without its first line, its last line, and both; each also without stars."""
    lines = text.split("\n")
    for some in (text, *("\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1]))):
        yield some
        yield some.replace("*", "")
