"""All problems of a recipe at once, and loading, which raises them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace as replaced
from pathlib import Path
from typing import Any

from recipes.catalogue.find import variants_of
from recipes.catalogue.limits import Limit, broken, limits_of
from recipes.catalogue.officials import Official
from recipes.checking.context import Context, View
from recipes.checking.lints.all import LINTS
from recipes.editing.detect_family import MODEL, family_of
from recipes.editing.replace import set_value
from recipes.editing.structure import parsed, structure_problems
from recipes.errors import RecipeFileError
from recipes.families.evaluation import PARAMETERS_PAGE
from recipes.model.base import Key, Platform, Recipe, flatten, keys_of
from recipes.model.fields import NEWER_PAGES
from recipes.problems import Problem, Severity, shown
from recipes.yaml.read import Document, read_yaml
from recipes.yaml.write import to_mapping
from rewards.yaml_text import yaml_text_of

# Sources of keys that a container may not know.
PAGES = {NEWER_PAGES: "newer AWS pages show", PARAMETERS_PAGE: "an AWS page shows"}


def check(
    source: str | Mapping[str, Any], *, platform: Platform | None = None, context: Context | None = None
) -> list[Problem]:
    """Every problem of a recipe given as YAML text or as a mapping; an empty list means none.

    Never raises, whatever the text. `platform` says where the recipe is to run, `context` all that is known beside it:
    instance type, image, data, grader, baseline.

    >>> text = "run: {name: a, replicas: four}\\ntraining_config: {max_steps: 100, peft: {peft_scheme: lora}}"
    >>> print(check(text)[0])
    error wrong-value at run.replicas (line 1): 'four' is not allowed; allowed: integer of at least 1
    """
    document = read_yaml(source) if isinstance(source, str) else Document(source)
    context = context or Context()
    return check_document(document, replaced(context, platform=platform) if platform else context)


def check_document(document: Document, context: Context) -> list[Problem]:
    """As `check`, for a text that has been read."""
    if document.mapping is None:
        return list(document.problems)
    family = _family(document.mapping, context)
    if family is None:
        return [*document.problems, _unrecognised()]
    found = structure_problems(document.mapping, family)
    wrong = {problem.path for problem in found if problem.code != "missing-key"}
    view = _view(document.mapping, family, wrong, context)
    missing = {problem.path for problem in found if problem.code == "missing-key"}
    # where a key is missing, the official file's placeholder stands nowhere in this one
    silent = {(path, "placeholder") for path in missing}
    judged = [each for each in _judged(view, wrong) if each.path not in wrong and (each.path, each.code) not in silent]
    return [*document.problems, *_with_lines([*found, *judged], document.lines)]


def _family(mapping: Mapping[str, Any], context: Context) -> type[Recipe] | None:
    return context.recipe.family if context.recipe else family_of(mapping, context.platform)


def checked_as(document: Document, context: Context) -> Official | None:
    """The official recipe that a text is checked against, None where it is taken for none.

    >>> from recipes import dump, nova_lite_2_sft_full
    >>> checked_as(read_yaml(dump(nova_lite_2_sft_full())), Context()).name
    'nova_lite_2_0_p5_gpu_sft'
    """
    family = None if document.mapping is None else _family(document.mapping, context)
    if document.mapping is None or family is None:
        return None
    wrong = {problem.path for problem in structure_problems(document.mapping, family) if problem.code != "missing-key"}
    return _view(document.mapping, family, wrong, context).official


def _unrecognised() -> Problem:
    message = "not one key of a Nova recipe in it"
    return Problem("", None, message, "not-a-recipe", "recipes", fix="rft recipe new makes one")


def _with_lines(problems: Sequence[Problem], lines: Mapping[str, int]) -> list[Problem]:
    return [replaced(problem, line=lines.get(problem.path)) for problem in problems]


def _view(mapping: Mapping[str, Any], family: type[Recipe], wrong: set[str], context: Context) -> View:
    """The recipe with every wrong value put back to its default, so that the rest can still be judged."""
    keys = keys_of(family)
    sound: dict[str, Any] = {}
    for path, value in flatten(mapping, keys).items():
        if path in keys and not any(path == bad or path.startswith(f"{bad}.") for bad in wrong):
            set_value(sound, path, value)
    values = flatten(to_mapping(parsed(sound, family)), keys)
    model = "" if MODEL in wrong else values.get(MODEL, "")
    return View(family, _nearest(family, model, values, context), values, context)


def _nearest(family: type[Recipe], model: str, values: Mapping[str, Any], context: Context) -> Official:
    """The official recipe whose limits fit best; hardware is not in the YAML, so several may, and any of no model."""
    if context.recipe:
        return context.recipe
    variants = variants_of(family, model)
    fitting = [entry for entry in variants if context.instance_type in entry.instance_types] or variants
    return min(fitting, key=lambda entry: len(broken(limits_of(entry), values)))


def _judged(view: View, wrong: set[str]) -> Iterator[Problem]:
    yield from (_outside(limit, view) for limit in broken(limits_of(view.official), view.values))
    yield from _documented_only(view)
    for lint in LINTS:
        if wrong.isdisjoint(lint.rests_on):
            yield from lint.problems(view)


def _outside(limit: Limit, view: View) -> Problem:
    value = view.values[limit.path]
    disputed = limit.disputed is not None and value in limit.disputed
    message = f"{shown(value)} is not allowed in {view.official.name}"
    if disputed:
        message = (
            f"{shown(value)} in {view.official.name} is allowed by one AWS source ({limit.disputed_by})"
            f" and not by another ({limit.source})"
        )
    severity: Severity = "warning" if disputed else "error"
    return Problem(
        limit.path, value, message, "outside-limits", limit.source, allowed=str(limit.allowed), severity=severity
    )


def _documented_only(view: View) -> Iterator[Problem]:
    keys = keys_of(view.family)
    given = {path: key.source for path, key in keys.items() if view.values.get(path) is not None}
    blocks = {_documented_block(path, keys): source for path, source in given.items() if source in PAGES}
    for path, source in blocks.items():
        kind = "key" if path in keys else "block"
        message = f"{PAGES[source]} this {kind}, the official file lacks it: the container may not read it"
        yield Problem(path, view.values.get(path), message, "documented-only", source, severity="warning")


def _documented_block(path: str, keys: Mapping[str, Key]) -> str:
    """The outermost block around a key that the official file lacks as a whole; the key itself where there is none."""
    steps = path.split(".")
    for depth in range(1, len(steps)):
        block = ".".join(steps[:depth])
        if all(key.source in PAGES for other, key in keys.items() if other.startswith(f"{block}.")):
            return block
    return path


def load(source: str | Path, *, platform: Platform | None = None) -> Recipe:
    """The recipe in a file (a `Path`) or in a YAML text (a `str`). Keys left out get the official value.

    Raises `RecipeFileError` with every unknown key and wrong value, and where the model is not named. What is well
    formed but not allowed, or unwise, is the business of `check`.

    >>> from recipes import dump, nova_lite_2_rft_lora
    >>> recipe = nova_lite_2_rft_lora(max_steps=150)
    >>> load(dump(recipe)) == recipe
    True
    """
    where, text = (str(source), yaml_text_of(source)) if isinstance(source, Path) else ("the text", source)
    document = read_yaml(text)
    if document.mapping is None:
        raise RecipeFileError(where, document.problems)
    family = family_of(document.mapping, platform)
    if family is None:
        raise RecipeFileError(where, [*document.problems, _unrecognised()])
    found = [*document.problems, *_with_lines(structure_problems(document.mapping, family), document.lines)]
    errors = [problem for problem in found if problem.severity == "error"]
    if errors:
        raise RecipeFileError(where, errors)
    return parsed(document.mapping, family)
