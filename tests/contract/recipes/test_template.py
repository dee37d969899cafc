"""The override template (nova_recipe_template_parameters.json): what it allows, `check` takes without an error."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from recipes import Context, Official, catalogue, check, to_mapping
from recipes.editing.replace import set_value
from recipes.model.base import keys_of

FACTS = json.loads((Path(__file__).parent / "official.json").read_text("utf-8"))
TEMPLATE = FACTS["override_parameters"]

# The template's name for a method, and ours: method and whether it is of Nova 1.0.
METHODS = {
    "nova_lora_sft": ("sft-lora", True),
    "nova_sft": ("sft-full", True),
    "nova_lora_sft_2_0": ("sft-lora", False),
    "nova_sft_2_0": ("sft-full", False),
    "nova_lora_dpo": ("dpo-lora", True),
    "nova_dpo": ("dpo-full", True),
    "nova_ppo": ("ppo", True),
    "nova_distill": ("distill", True),
    "nova_pretrain": ("cpt", True),
    "nova_pretrain_2_0": ("cpt", False),
    "nova_lora_rft": ("rft-lora", False),
    "nova_rft": ("rft-full", False),
    "nova_smtj_lora_rft": ("rft-lora", False),
    "nova_smtj_rft": ("rft-full", False),
    "nova_general_text_benchmark_eval": ("eval-text", True),
    "nova_general_text_benchmark_2_0_eval": ("eval-text", False),
    "nova_general_multi_modal_benchmark_eval": ("eval-multimodal", True),
    "nova_general_multi_modal_benchmark_2_0_eval": ("eval-multimodal", False),
    "nova_bring_your_own_dataset_eval": ("eval-byod", True),
    "nova_bring_your_own_dataset_2_0_eval": ("eval-byod", False),
    "nova_llm_judge_eval": ("eval-judge", True),
}
# The template's names for keys that the YAML calls otherwise; the rest is called alike.
KEYS = {
    "learning_rate": ("lr",),
    "lora_alpha": ("alpha",),
    "learning_rate_ratio": ("loraplus_lr_ratio", "lora_plus_lr_ratio"),
    "validation_s3_path": ("validation_data_s3_path",),
    "adam_beta": ("beta",),
}
NOT_IN_THE_YAML = {
    ("nova_distill", "max_response_length"),  # text there: maxResponseLength
    ("nova_llm_judge_eval", "max_new_tokens"),  # the Nova 1.0 judge recipes have no such key
}
# An answer of 0 tokens cannot be meant.
ALSO_REFUSED = {("max_new_tokens", 0)}


class Allowed(NamedTuple):
    """One value that the template allows for one key of one recipe."""

    entry: Official
    path: str
    parameter: str
    value: Any


def recipes_of(name: str) -> list[Official]:
    method, nova_1 = METHODS[name]
    jobs = name.startswith("nova_smtj")
    return [
        entry
        for entry in catalogue()
        if entry.method == method
        and ("_1_0_" in entry.name) == nova_1
        and (not method.startswith("rft") or ("smtj" in entry.name) == jobs)
    ]


def allowed_by_the_template() -> Iterator[Allowed]:
    for name, parameters in TEMPLATE.items():
        for parameter, facts in parameters.items():
            if (name, parameter) in NOT_IN_THE_YAML:
                continue
            for entry in recipes_of(name):
                path = path_of(entry, parameter)
                for value in values_of(entry, facts):
                    if (parameter, value) not in ALSO_REFUSED:
                        yield Allowed(entry, path, parameter, value)


def path_of(entry: Official, parameter: str) -> str:
    names = KEYS.get(parameter, (parameter,))
    if entry.method == "ppo" and parameter == "replicas":
        return "run.actor_train_replicas"
    paths = [path for path in keys_of(entry.family) if path.rpartition(".")[2] in names]
    assert paths, (entry.name, parameter)
    return paths[-1]


def values_of(entry: Official, facts: dict[str, Any]) -> list[Any]:
    """The ends of a range, or every choice: those of this very recipe where the template lists them."""
    if "per_recipe" in facts:
        short = entry.name.removeprefix("nova_").replace("_gpu", "")
        by_hub = facts["per_recipe"].get(entry.model.hub_name)
        return list(facts["per_recipe"].get(short) or by_hub or [])
    return list(facts.get("enum") or facts.get("range") or [])


def test_every_parameter_set_of_the_template_is_covered():
    assert METHODS.keys() == TEMPLATE.keys()
    assert all(recipes_of(name) for name in METHODS)


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
def test_what_the_template_allows_is_no_error(entry: Official):
    refused = []
    for case in ALLOWED.get(entry.name, []):
        mapping = to_mapping(entry.recipe(), resolve=False)
        set_value(mapping, case.path, case.value)
        found = check(mapping, context=Context(instance_type=next(iter(entry.instance_types), "")))
        own = [p for p in found if p.path == case.path and p.code in ("wrong-value", "outside-limits")]
        refused += [str(problem) for problem in own if problem.severity == "error"]
    assert refused == []


ALLOWED: dict[str, list[Allowed]] = {}
for _allowed in allowed_by_the_template():
    ALLOWED.setdefault(_allowed.entry.name, []).append(_allowed)


def test_a_number_of_replicas_that_no_source_allows_is_an_error():
    wrong = []
    for case in (case for cases in ALLOWED.values() for case in cases if case.parameter == "replicas"):
        mapping = to_mapping(case.entry.recipe(), resolve=False)
        set_value(mapping, case.path, 5)  # no source allows 5 of anything
        errors = {p.path for p in check(mapping) if p.severity == "error"}
        wrong += [case.entry.name] if case.path not in errors else []
    assert wrong == []
