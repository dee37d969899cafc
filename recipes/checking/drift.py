"""What a checkout of AWS's recipes, or pages of AWS's as Markdown, hold that our tables do not: a task list.

Read are every YAML file whose name or text speaks of Nova, every fenced YAML block and every table row of a Markdown
file. A task is a recipe, a key, a block, a value of a closed key, or an official value that our tables lack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from recipes.catalogue.officials import Official, catalogue
from recipes.checking.check import check_document
from recipes.checking.context import Context
from recipes.editing.detect_family import choices_of, family_of
from recipes.families.all import FAMILIES
from recipes.model.base import flatten, keys_of
from recipes.problems import shown
from recipes.yaml.read import Document, read_yaml
from recipes.yaml.write import to_mapping
from rewards.yaml_text import yaml_text_of

_FENCED = re.compile(r"^```(?:ya?ml)?\s*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_WORD = re.compile(r"[a-z][a-z0-9_+-]*", re.IGNORECASE)
_FOLDERS = ("recipes_collection", "hyperpod_recipes")
_TOP = frozenset({"run", "training_config", "evaluation"})
_LEAST_KNOWN = 2  # of the choices in a text, so that it is taken for a list of them
_TOLD = ("unknown-key", "wrong-value", "outside-limits", "other-platform-key")


@dataclass(frozen=True, slots=True)
class Tables:
    """What is known: the official recipes by name, and the choices of every closed key by its last step."""

    officials: Mapping[str, Official]
    choices: Mapping[str, frozenset[str]]


class Task(NamedTuple):
    """One thing to look at: where it was read, and what our tables lack."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"[ ] {self.where}: {self.what}"


def our_tables() -> Tables:
    """The tables of this version.

    >>> sorted(our_tables().choices["prediction_mode"])
    ['pass_rate', 'spread']
    """
    choices: dict[str, set[str]] = {}
    for family in FAMILIES:
        for path, key in keys_of(family).items():
            words = [choice for choice in choices_of(key.field.annotation) or () if isinstance(choice, str)]
            choices.setdefault(path.rpartition(".")[2], set()).update(words)
    closed = {name: frozenset(words) for name, words in choices.items() if len(words) >= _LEAST_KNOWN}
    return Tables({entry.name: entry for entry in catalogue()}, closed)


def drift(checkout: Path, tables: Tables | None = None) -> list[Task]:
    """Every task that a folder of AWS's files gives, each once, in order of the files."""
    tables = tables or our_tables()
    tasks = [task for path in _files(checkout) for task in _of_file(path, checkout, tables)]
    return list(dict.fromkeys([*tasks, *_gone(checkout, tables)]))


def _files(checkout: Path) -> list[Path]:
    found = (path for suffix in ("*.yaml", "*.yml", "*.md") for path in checkout.rglob(suffix))
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(checkout).parts))


def _of_file(path: Path, checkout: Path, tables: Tables) -> Iterator[Task]:
    text, where = yaml_text_of(path), path.relative_to(checkout).as_posix()
    if path.suffix == ".md":
        for block in _FENCED.findall(text):
            yield from _of_recipe(where, read_yaml(block))
        yield from _lists(where, text, tables)
    elif _speaks_of_nova(path, text):
        document = read_yaml(text)
        if document.mapping is not None and family_of(document.mapping) is not None:
            yield from _of_official(where, path.stem, document.mapping, tables)
            yield from _of_recipe(where, document)
            yield from _lists(where, text, tables)


def _speaks_of_nova(path: Path, text: str) -> bool:
    return "amazon.nova" in text or ("nova" in path.name and "run:" in text)


def _of_recipe(where: str, document: Document) -> Iterator[Task]:
    """What `check` finds in it that a sound file of AWS's would not have."""
    if document.mapping is None or _TOP.isdisjoint(document.mapping):
        return
    for problem in check_document(document, Context()):
        if problem.code in _TOLD and problem.severity == "error":
            yield Task(where, f"{problem.path}: {problem.message}")


def _of_official(where: str, name: str, mapping: Mapping[str, Any], tables: Tables) -> Iterator[Task]:
    official = tables.officials.get(name)
    if official is None:
        yield Task(where, f"a recipe that the catalogue lacks, of {shown(flatten(mapping).get('run.model_type'))}")
        return
    keys = keys_of(official.family)
    ours = flatten(to_mapping(official.recipe(), resolve=False), keys)
    for path, value in flatten(mapping, keys).items():
        if path in ours and ours[path] != value and not (isinstance(value, list) and list(ours[path]) == value):
            yield Task(where, f"{path} is {shown(value)}, the catalogue has {shown(ours[path])}")


def _lists(where: str, text: str, tables: Tables) -> Iterator[Task]:
    """Choices of a closed key that a line lists beside known ones: in a comment, or in a row of a table."""
    for line in text.replace("\\_", "_").splitlines():
        names = [name for name in tables.choices if re.search(rf"\b{re.escape(name)}\b", line)]
        for name in names:
            known = tables.choices[name]
            for listed in re.split(r"[|#]", line):
                words = [word.strip(" `'\"{}[]().") for word in re.split(r",|\bor\b|/", listed)]
                said = {word for word in words if _WORD.fullmatch(word)}
                if len(said & known) >= _LEAST_KNOWN and (new := sorted(said - known)):
                    yield Task(where, f"{name} may also be {', '.join(new)}")


def _gone(checkout: Path, tables: Tables) -> Iterator[Task]:
    """Official recipes that a whole checkout no longer has."""
    roots = [checkout / folder for folder in _FOLDERS if (checkout / folder).is_dir()]
    if not roots:
        return
    there = {path.stem for root in roots for path in root.rglob("*.yaml")}
    for name in tables.officials:
        if name not in there:
            yield Task(name, "the catalogue has it, the checkout does not")
