"""What is wrong with a mapping as a recipe of one class: unknown and missing keys, types, choices, ranges."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import ValidationError

from recipes.editing.detect_family import blocks_of
from recipes.families.all import FAMILIES
from recipes.model.base import Key, R, Recipe, completed, flatten, keys_of
from recipes.model.json_schema import allowed_at
from recipes.problems import Problem, Severity, shown
from recipes.yaml.interpolation import is_foreign
from recipes.yaml.write import to_mapping

SOURCE = "aws/sagemaker-hyperpod-recipes@2631995"
# sagemaker 2.257.7, pytorch/estimator.py: a Nova recipe has both, and a model type with amazon.nova in it.
DECIDING = ("run.model_type", "run.model_name_or_path")
MAX_SUGGESTED = 100  # unknown keys for which the closest known one is sought: each costs a comparison with all


def structure_problems(mapping: Mapping[str, Any], family: type[Recipe]) -> list[Problem]:
    """Every key of `mapping` that `family` does not know, lacks, or cannot hold the value of."""
    keys = keys_of(family)
    flat = flatten(mapping, keys)
    unknown = [path for path in flat if path not in keys and path not in blocks_of(family)]
    wrong = wrong_values(mapping, family)
    missing = [key for path, key in keys.items() if not key.optional and path not in flat]
    suspects = {problem.path for problem in wrong}
    # A scalar in the place of a block is one problem, not one for each key of the block.
    lacking = (key for key in missing if not any(key.path.startswith(f"{path}.") for path in suspects))
    strangers = (path for path in unknown if path not in suspects)
    return [
        *wrong,
        *(_unknown(path, flat[path], family, seek=i < MAX_SUGGESTED) for i, path in enumerate(strangers)),
        *(_missing(key, family) for key in lacking),
    ]


def wrong_values(mapping: Mapping[str, Any], family: type[Recipe]) -> list[Problem]:
    """A problem for each path whose value has the wrong type, choice or range; unknown keys are not among them."""
    found: dict[str, Problem] = {}
    for path, value in _failures(mapping, family):
        found.setdefault(path, _wrong(path, value, family))
    return list(found.values())


def _failures(mapping: Mapping[str, Any], family: type[Recipe]) -> Iterator[tuple[str, object]]:
    """The path and value of each validation error. A union reports once per member: the path is what counts."""
    try:
        parsed(mapping, family)
    except ValidationError as error:
        keys = keys_of(family)
        for item in error.errors(include_url=False, include_context=False):
            if item["type"] != "extra_forbidden":
                path = _known_path(item["loc"], keys)
                yield path, value_at(mapping, path)


def parsed(mapping: Mapping[str, Any], family: type[R]) -> R:
    """The recipe that a mapping is, the official values filled in where it has none. Raises pydantic's error."""
    return family.model_validate(completed(mapping, _defaults(family)))


@cache
def _defaults(family: type[Recipe]) -> Mapping[str, Any]:
    return to_mapping(family(), resolve=False)


def _known_path(location: Sequence[int | str], keys: Mapping[str, Key]) -> str:
    """The key a validation error is about: its location, cut where pydantic's union tags and indices begin."""
    path = ""
    for step in location:
        longer = f"{path}.{step}" if path else str(step)
        if path in keys or not any(key == longer or key.startswith(f"{longer}.") for key in keys):
            break
        path = longer
    return path


def value_at(mapping: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, None where there is none.

    >>> value_at({"run": {"name": "a"}}, "run.name")
    'a'
    """
    value: Any = mapping
    for step in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _wrong(path: str, value: object, family: type[Recipe]) -> Problem:
    if is_foreign(value):
        message = f"{shown(value)} cannot be resolved offline; only ${{oc.select:path}} of the official files is known"
        return Problem(path, value, message, "unknown-interpolation", SOURCE, allowed=allowed_at(family, path))
    return Problem(path, value, f"{shown(value)} is not allowed", "wrong-value", SOURCE, allowed_at(family, path))


def _unknown(path: str, value: object, family: type[Recipe], *, seek: bool) -> Problem:
    if any(path in keys_of(other) for other in _twins(family)):
        return _of_other_platform(path, value, family)
    close = closest(path, keys_of(family)) if seek else None
    fix = f"did you mean {close}?" if close else "remove it"
    return Problem(path, value, f"{family.TITLE} has no such key", "unknown-key", SOURCE, fix=fix)


def _twins(family: type[Recipe]) -> list[type[Recipe]]:
    """The same method with another key set on another platform."""
    return [other for other in FAMILIES if other.METHOD == family.METHOD and other.PLATFORMS != family.PLATFORMS]


def _of_other_platform(path: str, value: object, family: type[Recipe]) -> Problem:
    owner = next(other for other in _twins(family) if path in keys_of(other))
    message = f"this key belongs to {owner.TITLE}, not to {family.TITLE}"
    close = closest(path, keys_of(family), cutoff=0.95)
    fix = f"did you mean {close}?" if close else "remove it"
    return Problem(path, value, message, "other-platform-key", SOURCE, fix=fix)


def closest(path: str, known: Iterable[str], *, cutoff: float = 0.75) -> str | None:
    """The known key most like `path`, None where none is.

    >>> closest("run.nmae", ["run.name", "run.replicas"])
    'run.name'
    """
    if len(path) > 300:
        return None
    return next(iter(difflib.get_close_matches(path, list(known), n=1, cutoff=cutoff)), None)


def _missing(key: Key, family: type[Recipe]) -> Problem:
    message = "the official recipe has this key and the file does not"
    severity: Severity = "warning"
    if key.path in DECIDING:
        message, severity = "without this key AWS's SDK does not take the file for a Nova recipe", "error"
    fix = f"add it; the official value is {shown(key.default)}"
    allowed = allowed_at(family, key.path)
    return Problem(key.path, None, message, "missing-key", SOURCE, allowed, fix, severity)
