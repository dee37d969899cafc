"""Find official recipes by method, model, platform and hardware, or by name."""

from __future__ import annotations

from recipes.catalogue.officials import LITE_2, P5, Official, catalogue, on_a_page
from recipes.errors import UnknownRecipeError
from recipes.families.all import FAMILIES
from recipes.model.base import Platform, Recipe
from rewards.did_you_mean import closest


def find(
    method: str = "", *, model: str = "", platform: Platform | None = None, instance_type: str = ""
) -> list[Official]:
    """Official recipes whose method begins with `method`, for a model, a platform, an instance type; empty means any.

    >>> [official.name for official in find("rft-lora", platform=Platform.SAGEMAKER)]
    ['nova_lite_v2_smtj_p5_p5en_gpu_lora_rft']
    """
    return [
        official
        for official in catalogue()
        if official.method.startswith(method)
        and model in ("", official.model.name)
        and (platform is None or platform in official.platforms)
        and (not instance_type or instance_type in official.instance_types)
    ]


def choose(method: str, *, model: str = "", platform: Platform | None = None, instance_type: str = "") -> Official:
    """The one official recipe for a method, or of a name. What is left open is Nova 2, a training job, ml.p5.48xlarge.

    Raises `UnknownRecipeError` saying what there is, where nothing fits or models remain to choose from.

    >>> choose("rft-lora").name, choose("sft-lora", model="nova-micro", instance_type="ml.g6.12xlarge").name
    ('nova_lite_v2_smtj_p5_p5en_gpu_lora_rft', 'nova_micro_1_0_g5_g6_12x_gpu_lora_sft')
    """
    if any(entry.name == method for entry in catalogue()):
        return official(method)
    if page := documented(method):
        return page
    found = find(method, model=model, platform=platform, instance_type=instance_type)
    exact = [entry for entry in found if entry.method == method]
    if not exact:
        raise UnknownRecipeError(_nothing_fits(method, model, platform, instance_type))
    models = {entry.model.name for entry in exact}
    if LITE_2.name not in models and len(models) > 1:
        raise UnknownRecipeError(f"{method} exists for {', '.join(sorted(models))}; choose one with --model")
    return min(exact, key=_preference)


def _preference(entry: Official) -> tuple[bool, bool, bool]:
    return entry.model is not LITE_2, Platform.SAGEMAKER not in entry.platforms, P5 not in entry.instance_types


def _nothing_fits(method: str, model: str, platform: Platform | None, instance_type: str) -> str:
    methods = sorted({entry.method for entry in catalogue()})
    if method not in methods:
        close = closest(method, methods, cutoff=0.5)
        return f"no method {method!r}" + (f"; did you mean {close}?" if close else f"; there are {', '.join(methods)}")
    asked = ", ".join(part for part in (model, platform, instance_type) if part)
    offered = sorted({f"{entry.model.name} on {' or '.join(entry.platforms)}" for entry in find(method)})
    return f"no official recipe for {method} with {asked}; there is {method} for {'; '.join(offered)}"


def official(name: str) -> Official:
    """The official recipe of a name; `UnknownRecipeError` with the closest name where there is none."""
    by_name = {entry.name: entry for entry in catalogue()}
    if name not in by_name:
        close = closest(name, by_name, cutoff=0.75)
        raise UnknownRecipeError(f"no official recipe {name!r}" + (f"; did you mean {close}?" if close else ""))
    return by_name[name]


def documented(method: str) -> Official | None:
    """The recipe of a method that AWS shows on a page only; None for any other method."""
    files = {entry.family for entry in catalogue()}
    return next((on_a_page(family) for family in FAMILIES if family not in files and method == family.METHOD), None)


def variants_of(recipe: type[Recipe], model_type: str = "") -> list[Official]:
    """The official recipes of a class, those of one model where its `run.model_type` is given and known.

    A recipe that AWS only shows on a page is its own and only variant.
    """
    same = [entry for entry in catalogue() if entry.family is recipe] or [on_a_page(recipe)]
    return [entry for entry in same if entry.model.model_type == model_type] or same
