"""A recipe put together from layers, each value with the layer it came from: default < preset < file < override."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from recipes.catalogue.officials import Official
from recipes.editing.replace import replace
from recipes.errors import OverrideError, RecipeFileError
from recipes.model.base import Recipe, flatten, keys_of
from recipes.problems import shown
from recipes.yaml.interpolation import target_of
from recipes.yaml.read import Document, read_yaml
from recipes.yaml.write import to_mapping
from rewards.types import JSON


class Layer(StrEnum):
    """Where a value came from; later layers win."""

    DEFAULT = "default"
    PRESET = "preset"
    FILE = "file"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class Layered:
    """A recipe, and for each of its keys the layer that set it."""

    recipe: Recipe
    layers: Mapping[str, Layer]

    def rows(self) -> list[tuple[str, str, str]]:
        """Key, resolved value and layer of each key, in file order; an interpolation names its target."""
        keys = keys_of(type(self.recipe))
        written = flatten(to_mapping(self.recipe, resolve=False), keys)
        values = flatten(to_mapping(self.recipe), keys)
        return [(path, _shown(values[path], written[path]), self.layers[path]) for path in values]


def _shown(value: object, written: object) -> str:
    target = target_of(written)
    return f"{shown(value)} (from {target})" if target else shown(value)


def layered(
    official: Official, *, file: Mapping[str, Any] | None = None, overrides: Mapping[str, JSON] | None = None
) -> Layered:
    """The official recipe with a partial file and then single overrides laid over it.

    Raises `OverrideError` for unknown keys and values that do not fit, in either.

    >>> from recipes import official
    >>> made = layered(official("nova_micro_1_0_p5_p4d_gpu_lora_sft"), overrides={"run.name": "a"})
    >>> [made.layers[key].value for key in ("run.name", "run.replicas", "run.data_s3_path")]
    ['override', 'preset', 'default']
    """
    keys = keys_of(official.family)
    from_file = {path: value for path, value in flatten(file or {}, keys).items() if value != {} or path in keys}
    recipe = replace(official.recipe(), {**from_file, **(overrides or {})})
    layers = dict.fromkeys(flatten(to_mapping(recipe, resolve=False), keys), Layer.DEFAULT)
    for layer, changes in (
        (Layer.PRESET, official.changes),
        (Layer.FILE, from_file),
        (Layer.OVERRIDE, overrides or {}),
    ):
        layers |= dict.fromkeys(changes, layer)
    return Layered(recipe, layers)


def values_in(text: str, where: str) -> Mapping[str, Any]:
    """The values of a partial recipe file; `RecipeFileError` where it is no YAML mapping."""
    document = read_yaml(text)
    errors = [problem for problem in document.problems if problem.severity == "error"]
    if document.mapping is None or errors:
        raise RecipeFileError(where, errors)
    return document.mapping


def parse_override(text: str, recipe: Recipe) -> tuple[str, JSON]:
    """The path and the typed value in `path=value`, for one recipe.

    The value is read as YAML; where the key holds text, a number stays the text that it was.

    >>> from recipes import Distill, RftLora
    >>> parse_override("training_config.trainer.optim_config.lr=1e-5", RftLora())
    ('training_config.trainer.optim_config.lr', 1e-05)
    >>> parse_override("training_config.maxResponseLength=5120", Distill())
    ('training_config.maxResponseLength', '5120')
    """
    path, separator, written = text.partition("=")
    path = path.strip()
    if not separator:
        raise OverrideError(f"{text!r} is not PATH=VALUE, such as training_config.max_length=16384")
    value = _yaml_value(written)
    try:
        replace(recipe, {path: value})
    except OverrideError:
        if path in keys_of(type(recipe)) and _fits(recipe, path, written):
            return path, written
        raise
    return path, value


def _fits(recipe: Recipe, path: str, value: JSON) -> bool:
    try:
        replace(recipe, {path: value})
    except OverrideError:
        return False
    return True


def _yaml_value(text: str) -> JSON:
    document: Document = read_yaml(f"value: {text}")
    mapping = document.mapping
    if mapping is None or list(mapping) != ["value"]:
        return text
    value: JSON = mapping["value"]
    return value
