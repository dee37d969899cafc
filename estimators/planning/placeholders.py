"""Fills the placeholders of a recipe that only the launch knows: data, output and grader.

AWS's official files carry placeholders for these, or nothing. Only those are replaced; a value somebody chose stays,
and a contradiction is shown as a finding.
"""

from __future__ import annotations

from typing import Final

from estimators.config import LaunchConfig, placeholders_in
from recipes import Platform, Recipe, keys_of, replace, resolved_yaml, to_mapping
from recipes.editing.structure import value_at
from recipes.model.graders import REWARD_PATHS

_PLACES: Final = ("run.data_s3_path", "run.output_s3_path")
# The bucket in the example values of AWS's SFT recipes (sagemaker-hyperpod-recipes @2631995).
_EXAMPLE_BUCKETS: Final = ("s3://my-bucket-name/", "s3://example-bucket/")


def filled(recipe: Recipe, *, platform: Platform, train: str, config: LaunchConfig) -> bytes:
    """The recipe as resolved YAML, its placeholders for data, output and grader replaced.

    >>> from recipes import nova_lite_2_rft_lora
    >>> where = {"platform": Platform.SAGEMAKER, "train": "s3://my-data/train.jsonl", "config": LaunchConfig()}
    >>> text = filled(nova_lite_2_rft_lora(), **where).decode()
    >>> text.count(LaunchConfig().grader()), text.count("s3://my-data/train.jsonl")
    (2, 1)
    """
    values = dict.fromkeys(REWARD_PATHS, config.grader()) | _places(type(recipe), platform, train, config)
    mapping = to_mapping(recipe)
    known = keys_of(type(recipe))
    changes = {path: value for path, value in values.items() if path in known and _is_open(value_at(mapping, path))}
    return resolved_yaml(replace(recipe, changes))


def _places(family: type[Recipe], platform: Platform, train: str, config: LaunchConfig) -> dict[str, str]:
    """Data and output paths for the recipe; a training job reads neither from a recipe made for both platforms."""
    if platform is Platform.SAGEMAKER and Platform.HYPERPOD in family.PLATFORMS:
        return dict.fromkeys(_PLACES, "")
    return dict(zip(_PLACES, (train, config.output()), strict=True))


def _is_open(value: object) -> bool:
    if not isinstance(value, str):
        return False
    return not value or bool(placeholders_in(value)) or value.startswith(_EXAMPLE_BUCKETS)
