"""Answers to pictures in the style of recorded ones: made up by the rules below, by no model, and said to be so.

They exist so that table, figures and viewer can be tried on pictures without a GPU. Their rules imitate what was
published (a base model that draws a box for each vehicle, and a tuned one that draws a few where it is told to and
often where it is not); so their numbers say nothing about a model. What training does is measured on words instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from datagen.formats import compact
from examples.aerial_boxes.pictures import on_novas_scale
from examples.aerial_boxes.scenes import Scene, around
from rewards.components.boxes import Box

BASE, TUNED = "base", "tuned"
FEW, EACH = "few", "each"
_SEEN = 0.97  # share of the vehicles that are drawn, one by one
_FORGETS = 0.04  # how often a tuned model draws them one by one although it was told otherwise
_SPILLS = 0.5  # how often it draws few although nobody told it to
_SHAKE = 8  # pixels that a corner is off at most


def played(scene: Scene, model: str, prompt: str, repeat: int, *, seed: int) -> str:
    """The answer number `repeat` to a scene; the same whatever else is asked."""
    random = Random(f"{seed}/played/{scene.name}/{model}/{prompt}/{repeat}")
    draws_few = model == TUNED and random.random() < (1 - _FORGETS if prompt == FEW else _SPILLS)
    boxes = _few(scene, random) if draws_few and scene.is_crowded else _each(scene, random)
    return compact({"boxes": on_novas_scale([_shaken(box, random) for box in boxes])})


def _each(scene: Scene, random: Random) -> list[Box]:
    return [box for box in scene.vehicles if random.random() < _SEEN] or list(scene.vehicles[:1])


def _few(scene: Scene, random: Random) -> list[Box]:
    """A box around each car park, which is sometimes cut in two."""
    return [around(part) for group in scene.groups for part in _parts(group, random)]


def _parts(group: Sequence[Box], random: Random) -> list[Sequence[Box]]:
    if len(group) < 4 or random.random() < 0.8:
        return [group]
    return [group[: len(group) // 2], group[len(group) // 2 :]]


def _shaken(box: Box, random: Random) -> Box:
    sides = [max(0, side + random.randint(-_SHAKE, _SHAKE) // 2) for side in box[:4]]
    return Box(sides[0], sides[1], sides[2], sides[3], box.label)
