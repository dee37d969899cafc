"""Night scenes of our own with a known contrast for every thing in them, as pictures and in words.

A thing's contrast is how much brighter it is than the ground around it, in standard deviations of the camera's noise.
At 5 or more it can be seen (Rose's criterion: A. Rose, J. Opt. Soc. Am. 38, 1948); what lies below is not reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import NormalDist, fmean, pstdev

from PIL import Image

from rewards.components.boxes import Box
from rewards.types import JSON

WIDTH, HEIGHT = 960, 720
GROUND, NOISE = 28.0, 6.0  # grey level of the dark ground, and the deviation of the noise
SEEN_FROM = 5  # contrast from which a thing can be seen
MOST_THINGS = 3
_SIZES = {"person": (30, 78), "car": (120, 62)}  # width and height in pixels
_CELLS = {"person": (1, 2), "car": (2, 1)}  # the same in cells of the grid of 10 by 10, for scenes in words


@dataclass(frozen=True)
class Thing:
    """Something in a scene: its box, with its label, and its contrast."""

    box: Box
    contrast: int

    @property
    def is_seen(self) -> bool:
        """Whether it is to be reported."""
        return self.contrast >= SEEN_FROM


@dataclass(frozen=True)
class Scene:
    """A scene: its name and what is in it, seen or not."""

    name: str
    things: tuple[Thing, ...]

    @property
    def seen(self) -> tuple[Thing, ...]:
        """What a right answer reports."""
        return tuple(thing for thing in self.things if thing.is_seen)


def scene_in_pixels(seed: int, index: int) -> Scene:
    """The scene of this number; every second one holds nothing that can be seen."""
    random = Random(f"{seed}/night/{index}")
    columns = random.sample(range(5), random.randint(1, MOST_THINGS))
    return Scene(f"night-{index:02}", tuple(_placed(column, index % 2 == 0, random) for column in sorted(columns)))


def _placed(column: int, dark: bool, random: Random) -> Thing:
    label = random.choice(sorted(_SIZES))
    width, height = _SIZES[label]
    left, top = 30 + column * 185 + random.randint(0, 30), random.randint(150, HEIGHT - 120)
    contrast = random.randint(1, 3) if dark else random.randint(7, 14)
    return Thing(Box(left, top, left + width, top + height, label), contrast)


def scene_in_words(seed: int, split: str, index: int) -> Scene:
    """The scene of this number on a grid of 10 by 10, with contrasts from 1 to 9."""
    random = Random(f"{seed}/words/{split}/{index}")
    places = random.sample([(x, y) for x in range(0, 9, 3) for y in range(0, 9, 3)], random.randint(1, MOST_THINGS))
    dark = random.random() < 0.4
    lit = random.randrange(len(places))  # at least this one is seen where it is not dark
    things = []
    for place, (x, y) in enumerate(sorted(places)):
        label = random.choice(sorted(_CELLS))
        across, down = _CELLS[label]
        left, top = x + random.randint(0, 1), y + random.randint(0, 1)
        low, high = (1, SEEN_FROM - 1) if dark else (SEEN_FROM if place == lit else 1, 9)
        contrast = random.randint(low, high)
        things.append(Thing(Box(left, top, left + across, top + down, label), contrast))
    return Scene(f"{split}-{index:03}", tuple(things))


def described(scene: Scene) -> str:
    """The scene in words: what might be where, and with which contrast.

    >>> described(Scene("a", (Thing(Box(1, 2, 3, 4, "car"), 7),)))
    'car 1 2 3 4 contrast 7.'
    """
    told = (f"{t.box.label} {' '.join(f'{side:g}' for side in t.box[:4])} contrast {t.contrast}" for t in scene.things)
    return f"{'; '.join(told)}."


def answer_of(found: list[JSON]) -> dict[str, JSON]:
    """An answer as the published one has it, with the number of things beside them: 0 where nothing can be seen.

    >>> answer_of([])
    {'detections': [], 'object_count': 0}
    """
    return {"detections": found, "object_count": len(found)}


def detections(things: tuple[Thing, ...], *, confidence: float = 1.0) -> list[JSON]:
    """Things as entries of an answer."""
    sure: float = int(confidence) if confidence in (0, 1) else confidence
    return [{"label": t.box.label, "bbox": [round(side) for side in t.box[:4]], "confidence": sure} for t in things]


def draw(scene: Scene, path: Path) -> None:
    """Write the picture as a grey PNG, which keeps the noise as it was drawn."""
    raw = Image.frombytes("L", (WIDTH, HEIGHT), Random(f"noise/{scene.name}").randbytes(WIDTH * HEIGHT))
    image = Image.frombytes("L", raw.size, raw.tobytes().translate(_noise_around(GROUND)))
    for thing in scene.things:
        corners = tuple(map(int, thing.box[:4]))
        lit = raw.crop(corners)
        level = _noise_around(GROUND + thing.contrast * NOISE)
        image.paste(Image.frombytes("L", lit.size, lit.tobytes().translate(level)), corners)
    image.convert("RGB").save(path, "PNG")


def _noise_around(level: float) -> bytes:
    """The grey level of each random byte: normal around `level` with the camera's deviation."""
    quantiles = (NormalDist(level, NOISE).inv_cdf((byte + 0.5) / 256) for byte in range(256))
    return bytes(min(255, max(0, round(value))) for value in quantiles)


def measured_contrast(path: Path, box: Box) -> float:
    """A thing's contrast as it is in the file: mean level in its box less the ground's, over the ground's noise."""
    with Image.open(path) as image:
        grey = image.convert("L")
    ground = grey.crop((0, 0, WIDTH, 120)).tobytes()  # nothing stands so high
    return (fmean(grey.crop(tuple(map(int, box[:4]))).tobytes()) - fmean(ground)) / pstdev(ground)
