"""Which recipe a mapping is: the class that it names, and of several the one whose keys lie nearest to it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple, get_args, get_origin

from recipes.families.all import FAMILIES
from recipes.model.base import Platform, Recipe, flatten, keys_of

# What a file names outweighs everything that it lacks. A missing key may just have been left to its default; an
# unknown one speaks against a family, the more so where even its block is unknown.
UNKNOWN_KEY, UNKNOWN_BLOCK = 10, 12
COMPLETE = 0.6  # of the keys a recipe wants: a file that has as many was made from an official one
LIKE, MOST_WORDS = 0.75, 30  # how like a known word a misspelling of it is; words for which one is sought
ONLY_BY_NAME = ("distill",)  # it has few keys, so that a file which names nothing would lie near it
MODEL, TASK = "run.model_type", "evaluation.task"
DECISIVE = {MODEL: 4, TASK: 4}
# A block or key that only one method has.
NAMING = {
    "training_config.rollout.delegate": "rft-byoo",
    "training_config.rollout": "rft",
    "training_config.model.dpo_cfg": "dpo",
    "training_config.distillation_data": "distill",
    "training_config.teacherModelId": "distill",
    "evaluation": "eval",
    "ppo_actor_train": "ppo",
    "rl": "rft-multiturn",
}


def family_of(mapping: Mapping[str, Any], platform: Platform | None = None) -> type[Recipe] | None:
    """The recipe class that a mapping names or lies nearest to, or None where not one key is known.

    A block of its own names the method, peft_scheme says LoRA or all weights, model_type the generation; what is left
    out decides only among what fits them.

    >>> family_of({"run": {"name": "a"}, "training_config": {"rollout": {}, "trainer": {"max_steps": 5}}}).__name__
    'RftFull'
    """
    flat = flatten(_respelt(mapping, Corrections()), _all_keys())
    named = named_by(flat)
    known = (family for family in FAMILIES if not flat.keys().isdisjoint(keys_of(family)))
    ranked = sorted(known, key=lambda family: (named.contradictions(family), distance(flat, family)))
    if not ranked:
        return None
    # The same method may have another key set on the platform that is asked for; another method is another matter.
    twins = (
        f for f in ranked if f.METHOD == ranked[0].METHOD and platform in f.PLATFORMS and _same_model(f, ranked[0])
    )
    return next(twins, ranked[0])


class Corrections(dict[str, str]):
    """The known word that each unknown key stands for; itself where none is like it or too many were asked for."""

    def __missing__(self, word: str) -> str:
        close = difflib.get_close_matches(word.lower(), _words(), n=1, cutoff=LIKE) if len(self) < MOST_WORDS else []
        self[word] = close[0] if close else word
        return self[word]


def _respelt(value: Any, corrections: Corrections) -> Any:
    """A mapping with misspelt keys put right, so that a slip in a block's name does not hide which recipe it is."""
    if not isinstance(value, Mapping):
        return value
    known = _words()
    right = {name if name in known else corrections[name]: (name, item) for name, item in value.items()}
    return {
        word if word == name or word not in value else name: _respelt(item, corrections)
        for word, (name, item) in right.items()
    }


@cache
def _words() -> frozenset[str]:
    """Every step of every path there is."""
    return frozenset(step for path in _all_keys() for step in path.split("."))


def _same_model(one: type[Recipe], other: type[Recipe]) -> bool:
    key = "run.model_type"
    return keys_of(one)[key].field.annotation == keys_of(other)[key].field.annotation


@cache
def _all_keys() -> frozenset[str]:
    return frozenset(path for family in FAMILIES for path in keys_of(family))


def distance(flat: Mapping[str, Any], family: type[Recipe]) -> float:
    """How far a flat mapping is from a family: 0 for its keys with values it allows.

    What is missing counts in full where most keys are there, and less the shorter the file: it left the rest to
    defaults.
    """
    keys, blocks, closed = keys_of(family), blocks_of(family), _closed(family)
    wanted = [path for path, key in keys.items() if not key.optional]
    missing = sum(path not in flat for path in wanted)
    completeness = min(1.0, (1 - missing / len(wanted)) / COMPLETE)
    foreign = [path for path in flat if path not in keys and path not in blocks]
    unknown = sum(UNKNOWN_KEY if path.rpartition(".")[0] in blocks else UNKNOWN_BLOCK for path in foreign)
    wrong = sum(DECISIVE.get(path, 1) for path in closed if path in flat and not _among(flat[path], closed[path]))
    return missing * completeness + unknown + wrong


class Named(NamedTuple):
    """What a file names outright; empty where it says nothing."""

    method: str
    scheme: str
    generation: str
    task: str

    def contradictions(self, family: type[Recipe]) -> int:
        """How many of these are others than the family's."""
        scheme = family.METHOD.rpartition("-")[2]
        # A recipe that has no peft_scheme trains all weights, as HyperPod's does without a peft block.
        schemes = ("", scheme if scheme in ("lora", "full") else "full")
        return (
            (not family.METHOD.startswith(self.method) or (not self.method and family.METHOD in ONLY_BY_NAME))
            + (self.scheme not in schemes)
            + (self.generation not in ("", _generation(_closed(family).get(MODEL, [""])[0])))
            + (self.task != "" and self.task not in _closed(family).get(TASK, ()))
        )


def named_by(flat: Mapping[str, Any]) -> Named:
    """What a flat mapping names.

    >>> named_by({"run.model_type": "amazon.nova-2-lite-v1:0:256k", "training_config.rollout.x": 1})
    Named(method='rft', scheme='', generation='2', task='')
    """
    task = flat.get(TASK)
    known = task if isinstance(task, str) and task in _known_tasks() else ""
    return Named(_method_named(flat), _scheme_named(flat), _generation(flat.get(MODEL)), known)


def _method_named(flat: Mapping[str, Any]) -> str:
    """The method whose own block a file has, empty where there is none."""
    named = (method for block, method in NAMING.items() if any(_within(path, block) for path in flat))
    return next(named, "")


def _within(path: str, block: str) -> bool:
    return path == block or path.startswith(f"{block}.")


def _scheme_named(flat: Mapping[str, Any]) -> str:
    """`lora` or `full` as peft_scheme says, or else as a block of LoRA settings does; empty where nothing does."""
    for path, value in flat.items():
        if path.rpartition(".")[2] == "peft_scheme":
            said = str(value).strip().lower()
            return "full" if value is None or said == "null" else "lora" if said == "lora" else ""
    return "lora" if any(".lora_tuning" in path for path in flat) else ""


def _generation(model_type: object) -> str:
    """The generation of a model type, even where it is misspelt further on; empty where nothing is said.

    >>> _generation("amazon.nova-2-lite-v1:0:265k"), _generation("amazon.nova-lite-v1:0:300k"), _generation("mtrl")
    ('2', '1', 'mtrl')
    """
    if not isinstance(model_type, str):
        return ""
    if model_type == "mtrl":
        return model_type
    found = re.search(r"nova-(2|micro|lite|pro|premier)", model_type)
    return "" if found is None else "2" if found[1] == "2" else "1"


@cache
def _known_tasks() -> frozenset[object]:
    return frozenset(task for family in FAMILIES for task in _closed(family).get(TASK, ()))


@cache
def blocks_of(family: type[Recipe]) -> frozenset[str]:
    """The paths of a family's blocks, its root among them.

    >>> from recipes import RftLora
    >>> sorted(blocks_of(RftLora))[:3]
    ['', 'run', 'training_config']
    """
    parents = (path.split(".")[:-1] for path in keys_of(family))
    return frozenset(".".join(steps[:depth]) for steps in parents for depth in range(len(steps) + 1))


@cache
def _closed(family: type[Recipe]) -> Mapping[str, Sequence[object]]:
    """The keys of a family that hold one of a few values, with these values."""
    choices = {path: choices_of(key.field.annotation) for path, key in keys_of(family).items()}
    return {path: values for path, values in choices.items() if values is not None}


def _among(value: object, choices: Sequence[object]) -> bool:
    """Whether a value is one of some choices, 1 and true being different."""
    return any(type(value) is type(choice) and value == choice for choice in choices)


def choices_of(annotation: Any) -> Sequence[object] | None:
    """The values a field is closed over, None where it is open.

    >>> choices_of(Literal["low", "high"] | None)
    ('low', 'high', None)
    """
    if annotation in (None, type(None)):
        return (None,)
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if not get_args(annotation) or get_origin(annotation) in (list, tuple, dict, Mapping):
        return None
    parts = [choices_of(part) for part in get_args(annotation)]
    return None if any(part is None for part in parts) else tuple(choice for part in parts for choice in part or ())
