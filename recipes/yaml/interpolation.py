"""The interpolations of the official files and AWS's pages, resolved offline. Anything else in `${...}` is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from recipes.model.base import flatten

# ${a.b} and ${oc.select:a.b} are OmegaConf's look-ups of another key; ${recipes.a.b} is one from the launcher's root.
KNOWN = re.compile(r"\$\{(?:oc\.select:|recipes\.)?([A-Za-z_][\w.]*)\}")


def target_of(value: object) -> str | None:
    """The path an interpolation points to; None for any other value.

    >>> target_of("${oc.select:run.reward_lambda_arn}")
    'run.reward_lambda_arn'
    >>> target_of("${env:HOME}") is None
    True
    """
    match = KNOWN.fullmatch(value) if isinstance(value, str) else None
    return match.group(1) if match else None


def is_foreign(value: object) -> bool:
    """Whether a value holds an interpolation that we do not know how to resolve."""
    return isinstance(value, str) and "${" in value and target_of(value) is None


def resolved(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping with every known interpolation replaced by the value it points to.

    A target that is absent, or itself an interpolation, gives None, as `oc.select` does.

    >>> resolved({"a": "${oc.select:b.c}", "b": {"c": 5}})
    {'a': 5, 'b': {'c': 5}}
    """
    flat = flatten(mapping)

    def value_of(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: value_of(item) for key, item in value.items()}
        target = target_of(value)
        if target is None:
            return list(value) if isinstance(value, tuple) else value
        found = flat.get(target)
        return None if target_of(found) else found

    return {key: value_of(value) for key, value in mapping.items()}
