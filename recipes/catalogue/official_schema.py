"""The JSON Schema of an official recipe: its class's schema, narrowed by its limits. Editors complete with it."""

from __future__ import annotations

import copy

from recipes.catalogue.limits import Between, Limit, OneOf, limits_of
from recipes.catalogue.officials import Official
from recipes.model.json_schema import Schema, family_schema, schema_at

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(official: Official) -> Schema:
    """The JSON Schema of one official recipe: its keys, types, meanings, defaults and limits.

    Point an editor at it and it completes and checks the YAML. It is valid for every value that `check` finds no error
    of type, choice or range in; lints need more than a schema can say.

    >>> from recipes import official
    >>> json_schema(official("nova_lite_2_0_p5_gpu_lora_sft"))["properties"]["run"]["properties"]["replicas"]["enum"]
    [1, 4, 8, 16, 32]
    """
    schema = copy.deepcopy(family_schema(official.family))
    for limit in limits_of(official):
        _narrow(schema_at(schema, limit.path), limit)
    return {"$schema": DIALECT, **schema, "title": official.name, "description": official.family.TITLE}


def _narrow(schema: Schema, limit: Limit) -> None:
    allowed = limit.disputed or limit.allowed
    branches = schema.get("anyOf", [schema])
    for branch in branches:
        if "enum" not in branch and branch.get("type") not in ("integer", "number"):
            continue
        if isinstance(allowed, OneOf):
            branch["enum"] = list(allowed.values)
        elif isinstance(allowed, Between):
            branch["minimum"] = max(allowed.low, branch.get("minimum", allowed.low))
            branch["maximum"] = min(allowed.high, branch.get("maximum", allowed.high))
            if allowed.step:
                branch["multipleOf"] = allowed.step
