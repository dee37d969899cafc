"""What a key means and may hold in every recipe that has it, and what a finding's code means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, get_args

from recipes.catalogue.limits import limits_of
from recipes.catalogue.officials import Official, catalogue
from recipes.catalogue.subtasks import SOURCE, SUBTASKS
from recipes.checking.lints.all import LINTS
from recipes.editing.structure import OTHER_NAMES
from recipes.errors import UnknownRecipeError
from recipes.families.all import FAMILIES
from recipes.model.base import Part, Recipe, keys_of
from recipes.model.json_schema import allowed_at
from recipes.problems import shown
from rewards.did_you_mean import closest

# Findings that no lint makes: how a file is read, and how it fits the key set of its recipe.
STRUCTURE: Mapping[str, str] = {
    "yaml-syntax": "The text is not YAML.",
    "yaml-not-a-mapping": "The text is YAML, but not a mapping of keys.",
    "yaml-many-documents": "The file holds several documents, separated by ---.",
    "yaml-duplicate-key": "A key is written twice; YAML readers keep one without a word.",
    "yaml-exponent": "A number such as 1e-5 is text for YAML 1.1 readers such as PyYAML; we read it as a number"
    " and write 1.0e-05.",
    "yaml-base-60": "A value such as 1:30 is the number 90 for YAML 1.1 readers such as PyYAML and text for us."
    " Quote it.",
    "yaml-number": "A number is too long to be one.",
    "yaml-too-deep": "The file nests far deeper than any recipe.",
    "yaml-too-large": "The file holds far more values than any recipe.",
    "yaml-alias": "An alias has no anchor before it, or contains itself.",
    "yaml-merge-key": "Merge keys (<<) are not supported; write the keys out.",
    "yaml-tag": "Explicit tags (!!...) are not supported.",
    "yaml-key": "A key is not a plain word.",
    "not-a-recipe": "Not one key of a Nova recipe was found.",
    "unknown-key": "The recipe has no such key; SDK v2 would pass it on, v3 would drop it.",
    "other-platform-key": "The key belongs to the same method on the other platform.",
    "missing-key": "The official file has a key that this one lacks. An error where it names the model.",
    "wrong-value": "Type, choice or range of a value is wrong.",
    "unknown-interpolation": "Only the interpolations of the official files can be resolved offline.",
    "outside-limits": "This recipe allows fewer values than the key's type; a warning where AWS's sources disagree.",
    "documented-only": "The key is in newer AWS pages and not in the official file.",
}


class KeyFact(NamedTuple):
    """One key as a group of recipes has it."""

    path: str
    meaning: str
    allowed: str
    default: str
    recipes: tuple[str, ...]
    limits: tuple[str, ...]


def explain_key(name: str) -> list[KeyFact]:
    """Facts of a key, given whole (`run.replicas`) or by its end (`top_k`), one entry per differing group of recipes.

    Raises `UnknownRecipeError` naming the closest key where no recipe has it.

    >>> fact = explain_key("training_config.rollout.generator.top_k")[0]
    >>> fact.allowed, fact.recipes
    ('integer from 0 to 1000000', ('Nova 2 Lite RFT LoRA (training job)', 'Nova 2 Lite RFT full rank (training job)'))
    """
    paths = [path for path in _paths() if path == name] or [path for path in _paths() if path.endswith(f".{name}")]
    if not paths:
        close = _other_name(name) or closest(name, _paths(), cutoff=0.75) or closest(name, _names(), cutoff=0.6)
        hint = f"; did you mean {close}?" if close else "; rft recipe list names the recipes"
        raise UnknownRecipeError(f"no Nova recipe has a key {name!r}{hint}")
    return [fact for path in paths for fact in _grouped(path)]


def _other_name(name: str) -> str | None:
    """What recipes call a setting that other trainers call `name`."""
    return next((key for key, others in OTHER_NAMES.items() if name.lower() in others and key in _names()), None)


def _names() -> set[str]:
    return {path.rpartition(".")[2] for path in _paths()}


class BlockFact(NamedTuple):
    """A block as a group of recipes has it, with the keys and blocks right below it."""

    path: str
    meaning: str
    keys: tuple[str, ...]
    recipes: tuple[str, ...]


def explain_block(name: str) -> list[BlockFact]:
    """Facts of a block, given whole (`training_config.rollout`) or by its end (`rollout`); empty where there is none.

    >>> explain_block("lr_scheduler")[0].keys
    ('warmup_steps', 'min_lr')
    """
    groups: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for family in FAMILIES:
        for path, part in _blocks(family):
            if path == name or path.endswith(f".{name}"):
                fact = (path, (part.__doc__ or "").partition("\n")[0], tuple(part.model_fields))
                groups.setdefault(fact, []).append(family.TITLE)
    return [BlockFact(*fact, tuple(titles)) for fact, titles in groups.items()]


def _blocks(part: type[Part], prefix: str = "") -> Iterator[tuple[str, type[Part]]]:
    """Every block below a recipe class or a block, optional ones too."""
    for name, field in part.model_fields.items():
        annotations = (field.annotation, *get_args(field.annotation))
        for block in annotations:
            if isinstance(block, type) and issubclass(block, Part):
                yield f"{prefix}{name}", block
                yield from _blocks(block, f"{prefix}{name}.")


def _paths() -> dict[str, None]:
    return dict.fromkeys(path for family in FAMILIES for path in keys_of(family))


def _grouped(path: str) -> Iterator[KeyFact]:
    groups: dict[tuple[str, str, str], list[type[Recipe]]] = {}
    for family in FAMILIES:
        if path in keys_of(family):
            key = keys_of(family)[path]
            default = "left out" if key.optional and key.default is None else shown(key.default)
            facts = (key.field.description or "", allowed_at(family, path), default)
            groups.setdefault(facts, []).append(family)
    for (meaning, allowed, default), families in groups.items():
        titles = tuple(family.TITLE for family in families)
        yield KeyFact(path, meaning, allowed, default, titles, tuple(_limits(path, families)))


def _limits(path: str, families: list[type[Recipe]]) -> Iterator[str]:
    """The limits on a key, each with the recipes it holds for and the values that only some sources allow."""
    if path == "evaluation.subtask":
        yield from _subtasks(families)
    found: dict[str, list[Official]] = {}
    for entry in catalogue():
        for limit in limits_of(entry) if entry.family in families else ():
            if limit.path == path:
                disputed = f"; {limit.disputed} by {limit.disputed_by}" if limit.disputed else ""
                found.setdefault(f"{limit.allowed} ({limit.source}{disputed})", []).append(entry)
    for text, entries in found.items():
        yield f"{text}: {', '.join(entry.name for entry in entries)}"


def _subtasks(families: list[type[Recipe]]) -> Iterator[str]:
    """The subtasks of each benchmark of the recipes that is known to have some, or none."""
    tasks = dict.fromkeys(
        task for family in families for task in get_args(keys_of(family)["evaluation.task"].field.annotation)
    )
    for task in filter(SUBTASKS.__contains__, tasks):
        yield f"{' or '.join(SUBTASKS[task]) or 'none'} ({SOURCE}): with the task {task}"


class CodeFact(NamedTuple):
    """What a finding's code means."""

    code: str
    severity: str
    reason: str
    fix: str
    source: str


def codes() -> dict[str, CodeFact]:
    """Every code that `check` can report.

    >>> codes()["no-variance"].fix
    "use temperature 1 and top_k 0, as AWS's HyperPod recipe does"
    """
    lesser = {"yaml-exponent": "note", "missing-key": "warning", "documented-only": "warning"}
    structure = {code: CodeFact(code, lesser.get(code, "error"), reason, "", "") for code, reason in STRUCTURE.items()}
    return structure | {
        lint.code: CodeFact(lint.code, lint.severity, lint.reason, lint.fix, lint.source) for lint in LINTS
    }
