"""Answers to pictures in the style of recorded ones: made up by the rules below, by no model, and said to be so.

The base reports most of what is there, seen or not, and is sure of it; the tuned one seldom reports what is too dark,
and is less sure of it. What training does is measured on words instead.
"""

from __future__ import annotations

from random import Random

from datagen.formats import compact
from datagen.images import normalised
from examples.low_light.scenes import HEIGHT, WIDTH, Scene, Thing, answer_of
from rewards.components.boxes import Box
from rewards.types import JSON

BASE, TUNED = "base", "tuned"
_REPORTS_DARK = {BASE: 0.7, TUNED: 0.1}  # how often a thing that cannot be seen is reported
_REPORTS_SEEN = 0.95
_SURE = {BASE: (0.8, 0.95), TUNED: (0.9, 1.0)}  # of what can be seen
_SURE_OF_DARK = {BASE: (0.7, 0.9), TUNED: (0.2, 0.5)}
_SHAKE = 6  # pixels that a corner is off at most


def played(scene: Scene, model: str, repeat: int, *, seed: int) -> str:
    """The answer number `repeat` to a scene; the same whatever else is asked."""
    random = Random(f"{seed}/played/{scene.name}/{model}/{repeat}")
    reported = [thing for thing in scene.things if random.random() < _chance(thing, model)]
    return compact(answer_of([_detection(thing, model, random) for thing in reported]))


def reference(scene: Scene) -> dict[str, JSON]:
    """The right answer, on the scale from 0 to 1000."""
    return answer_of([_entry(thing.box, 1) for thing in scene.seen])


def _chance(thing: Thing, model: str) -> float:
    return _REPORTS_SEEN if thing.is_seen else _REPORTS_DARK[model]


def _detection(thing: Thing, model: str, random: Random) -> JSON:
    low, high = (_SURE if thing.is_seen else _SURE_OF_DARK)[model]
    shaken = thing.box._replace(
        x1=thing.box.x1 + random.randint(-_SHAKE, _SHAKE), y2=thing.box.y2 + random.randint(0, _SHAKE)
    )
    return _entry(shaken, round(random.uniform(low, high), 2))


def _entry(box: Box, confidence: float) -> JSON:
    sides = [round(side) for side in normalised(box, WIDTH, HEIGHT)[:4]]
    return {"label": box.label, "bbox": sides, "confidence": confidence}
