"""Reads the reference of a sample, and refuses one that no answer could be judged against.

A reference that stays unread would be a 0 for every answer, which looks like a policy that learns nothing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rewards.comparing.values import ANY_OF, OPTIONAL, accepted_values
from rewards.errors import UngradableError
from rewards.parsing.json_text import layers_of, parse_strictly
from rewards.types import JSON, Sample

_last_checked = [Sample("", ())]  # the answers of a group ask for the same reference in a row


def reference_of(sample: Sample) -> JSON:
    """The reference of `sample`. Raises UngradableError where there is none, or `reference_problem` finds one."""
    if sample is not _last_checked[0]:
        if sample.reference is None:
            raise UngradableError(f"sample {sample.id!r} has no reference")
        _refuse(sample, sample.reference)
        _last_checked[0] = sample
    return sample.reference


def structured(value: Any) -> Any:
    """`value`, or the JSON object or list that it holds as text, as columns of one type keep references.

    Any other text stays text: "72" in such a column is the answer "72" and not a number. So does JSON that names a key
    twice or holds NaN, of which readers would make different values.

    >>> structured('{"a": 1}'), structured("72"), structured("[unclosed")
    ({'a': 1}, '72', '[unclosed')
    """
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return parse_strictly(value)
    except ValueError:
        return value


def structure_of(sample: Sample, value: JSON) -> JSON:
    """`value`, or the object or list that it holds as JSON text: columns of one type keep references so.

    >>> structure_of(Sample("a", ()), '{"total": 12}'), structure_of(Sample("a", ()), "12")
    ({'total': 12}, '12')
    """
    structure = _structured(value) if type(value) is str else value
    if structure is value or type(structure) is str:
        return value
    _refuse(sample, structure)
    return structure


def reference_problem(reference: JSON) -> str:
    """Why no answer could be judged against `reference`; empty where one could.

    It is beyond `rewards.limits`, so that no answer could equal it; holds what is not JSON, such as NaN or a date; or
    accepts no value, by a `$any_of` that is empty or written otherwise than `{"$any_of": [...], "$optional": true}`.

    >>> reference_problem({"total": {"$any_of": []}})
    "'$any_of' accepts no value"
    """
    try:
        for layer in layers_of(reference):
            for value in layer:
                if problem := _problem_of(value):
                    return problem
    except ValueError as error:
        return str(error)
    return ""


def shown(value: object, chars: int = 200) -> str:
    """`value` for a message, also where it is too deep or has too many digits for `repr`."""
    try:
        return f"{value!r:.{chars}}"
    except (RecursionError, ValueError):
        return f"a {type(value).__name__} too large to show"


def _refuse(sample: Sample, reference: JSON) -> None:
    if problem := reference_problem(reference):
        raise UngradableError(f"the reference of sample {sample.id!r} cannot be judged: {problem}: {shown(reference)}")


def _problem_of(value: JSON) -> str:
    if isinstance(value, dict):
        return _wrapper_problem(value) if ANY_OF in value or OPTIONAL in value else ""
    return "" if value is None or isinstance(value, str | int | float | list) else f"a {type(value).__name__}"


def _wrapper_problem(wrapper: dict[str, JSON]) -> str:
    if ANY_OF not in wrapper:
        return f"{OPTIONAL!r} needs {ANY_OF!r} beside it"
    if strange := sorted(wrapper.keys() - {ANY_OF, OPTIONAL}):
        return f"{strange[0]!r} stands beside {ANY_OF!r}, which replaces the whole value"
    if not isinstance(wrapper.get(OPTIONAL, False), bool):
        return f"{OPTIONAL!r} must be true or false, got {shown(wrapper[OPTIONAL], 80)}"
    return "" if accepted_values(wrapper) else f"{ANY_OF!r} accepts no value"


_structured = lru_cache(maxsize=16)(structured)  # the parts of a reward, and a group, read the same text in a row
