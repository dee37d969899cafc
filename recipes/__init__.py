"""Nova recipes: typed, written, explained and checked offline."""

from recipes.catalogue.find import find, official
from recipes.catalogue.official_schema import json_schema
from recipes.catalogue.officials import Official, catalogue
from recipes.catalogue.presets import (
    nova_lite_2_cpt_hyperpod,
    nova_lite_2_eval_byod,
    nova_lite_2_eval_judge,
    nova_lite_2_eval_multimodal,
    nova_lite_2_eval_rft,
    nova_lite_2_eval_text,
    nova_lite_2_rft_full,
    nova_lite_2_rft_full_hyperpod,
    nova_lite_2_rft_lora,
    nova_lite_2_rft_lora_hyperpod,
    nova_lite_2_rft_multiturn,
    nova_lite_2_sft_full,
    nova_lite_2_sft_lora,
)
from recipes.checking.check import check, load
from recipes.checking.context import Context, DataFacts, GraderFacts
from recipes.checking.estimates import Estimate, estimate
from recipes.editing.diff import difference
from recipes.editing.replace import replace
from recipes.errors import OverrideError, RecipeError, RecipeFileError, UnknownRecipeError
from recipes.families.distill import Distill
from recipes.families.ppo import Ppo
from recipes.families.rft import RftFull, RftLora
from recipes.families.rft_hyperpod import RftFullHyperpod, RftLoraHyperpod
from recipes.families.sft import SftFull, SftLora
from recipes.model.base import Part, Platform, Recipe, keys_of
from recipes.problems import Problem
from recipes.yaml.write import dump, resolved_yaml, to_mapping

__all__ = [
    "Context",
    "DataFacts",
    "Distill",
    "Estimate",
    "GraderFacts",
    "Official",
    "OverrideError",
    "Part",
    "Platform",
    "Ppo",
    "Problem",
    "Recipe",
    "RecipeError",
    "RecipeFileError",
    "RftFull",
    "RftFullHyperpod",
    "RftLora",
    "RftLoraHyperpod",
    "SftFull",
    "SftLora",
    "UnknownRecipeError",
    "catalogue",
    "check",
    "difference",
    "dump",
    "estimate",
    "find",
    "json_schema",
    "keys_of",
    "load",
    "nova_lite_2_cpt_hyperpod",
    "nova_lite_2_eval_byod",
    "nova_lite_2_eval_judge",
    "nova_lite_2_eval_multimodal",
    "nova_lite_2_eval_rft",
    "nova_lite_2_eval_text",
    "nova_lite_2_rft_full",
    "nova_lite_2_rft_full_hyperpod",
    "nova_lite_2_rft_lora",
    "nova_lite_2_rft_lora_hyperpod",
    "nova_lite_2_rft_multiturn",
    "nova_lite_2_sft_full",
    "nova_lite_2_sft_lora",
    "official",
    "replace",
    "resolved_yaml",
    "to_mapping",
]
