"""Scenes of our own with the keywords that a teacher gives them: in words, and for some of the things as pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1600, 1200  # pixels of a picture as a camera gives it
THEMES = {
    "harbour": ("boat", "lighthouse", "buoy", "gull", "crane", "pier", "net", "anchor"),
    "street": ("house", "car", "lamp", "bus", "shop", "bicycle", "sign", "tram"),
    "farm": ("barn", "haystack", "fence", "tractor", "cow", "field", "goat", "plough"),
    "park": ("tree", "bench", "fountain", "kite", "pond", "swing", "statue", "lawn"),
    "kitchen": ("kettle", "oven", "plate", "spoon", "bread", "pan", "jug", "sieve"),
    "office": ("desk", "screen", "chair", "pen", "folder", "printer", "clock", "shelf"),
    "beach": ("sand", "wave", "umbrella", "shell", "towel", "crab", "dune", "surfer"),
    "workshop": ("hammer", "saw", "drill", "vice", "nail", "plank", "ladder", "glue"),
}
LOOKS = ("red", "old", "small", "blue", "wet", "new", "green", "broken")
_LOOKED_AT = 0.7  # how often a thing is told with its look
_THINGS = 3
DRAWN = ("harbour", "street", "farm", "park")  # themes whose first four things can be drawn


@dataclass(frozen=True)
class Scene:
    """A scene: its name, its theme, and its things, each with its look or ""."""

    name: str
    theme: str
    things: tuple[tuple[str, str], ...]

    @property
    def keywords(self) -> list[str]:
        """What the teacher names: the things without their looks, and what the scene is."""
        return [*(thing for _, thing in self.things), self.theme]

    @property
    def literally(self) -> list[str]:
        """What a model names that repeats what it was told: the things with their looks."""
        return [_told(look, thing) for look, thing in self.things]


def scene_in_words(seed: int, split: str, index: int) -> Scene:
    """The scene of this number, of 64 things in eight themes."""
    return _scene(f"{split}-{index:03}", Random(f"{seed}/keywords/{split}/{index}"), tuple(THEMES), 8)


def scene_in_pixels(seed: int, index: int) -> Scene:
    """The scene of this number, of the 16 things that can be drawn."""
    return _scene(f"picture-{index:03}", Random(f"{seed}/pictures/{index}"), DRAWN, 4)


def _scene(name: str, random: Random, themes: tuple[str, ...], known: int) -> Scene:
    theme = random.choice(themes)
    things = random.sample(THEMES[theme][:known], _THINGS)
    return Scene(name, theme, tuple((random.choice(LOOKS) if random.random() < _LOOKED_AT else "", t) for t in things))


def described(scene: Scene) -> str:
    """The scene in words.

    >>> described(Scene("a", "harbour", (("red", "boat"), ("", "gull"))))
    'In the picture: red boat, gull.'
    """
    return f"In the picture: {', '.join(scene.literally)}."


def _told(look: str, thing: str) -> str:
    return f"{look} {thing}".strip()


# --- pictures ----------------------------------------------------------------------------------------------------
_GROUND = {"harbour": "#6aa3c8", "street": "#9a9a98", "farm": "#a8b36a", "park": "#7fae6b"}
_TINT = {"red": "#b8352c", "blue": "#2f5fa8", "green": "#3f7d46"}
_OWN = ("#8a5a36", "#d9d2c3", "#c98f2e", "#57606a")  # a thing's colour where its look names none
# Each thing as shapes on a square of 100 by 100: kind and corners; the second and later ones are dark.
_SHAPES: dict[str, tuple[tuple[str, tuple[int, ...]], ...]] = {
    "boat": (("polygon", (5, 60, 95, 60, 75, 90, 25, 90)), ("polygon", (48, 10, 48, 55, 85, 55))),
    "lighthouse": (("polygon", (38, 20, 62, 20, 72, 95, 28, 95)), ("rectangle", (40, 8, 60, 20))),
    "buoy": (("ellipse", (25, 45, 75, 95)), ("polygon", (50, 10, 42, 45, 58, 45))),
    "gull": (("polygon", (5, 40, 50, 55, 95, 40, 50, 70)), ("ellipse", (44, 44, 56, 56))),
    "house": (("rectangle", (15, 45, 85, 95)), ("polygon", (8, 45, 50, 10, 92, 45))),
    "car": (("rectangle", (5, 50, 95, 78)), ("ellipse", (15, 70, 35, 90)), ("ellipse", (65, 70, 85, 90))),
    "lamp": (("ellipse", (35, 5, 65, 30)), ("rectangle", (47, 30, 53, 95))),
    "bus": (("rectangle", (3, 25, 97, 82)), ("rectangle", (10, 35, 90, 52)), ("ellipse", (15, 75, 33, 93))),
    "barn": (("rectangle", (10, 40, 90, 95)), ("rectangle", (38, 60, 62, 95)), ("polygon", (5, 40, 50, 12, 95, 40))),
    "haystack": (("ellipse", (10, 35, 90, 125)), ("rectangle", (10, 80, 90, 84))),
    "fence": (("rectangle", (0, 50, 100, 58)), ("rectangle", (15, 35, 22, 95)), ("rectangle", (75, 35, 82, 95))),
    "tractor": (("rectangle", (30, 40, 90, 70)), ("ellipse", (10, 50, 50, 92)), ("ellipse", (70, 66, 94, 92))),
    "tree": (("ellipse", (15, 5, 85, 65)), ("rectangle", (44, 60, 56, 95))),
    "bench": (("rectangle", (5, 50, 95, 60)), ("rectangle", (12, 60, 18, 90)), ("rectangle", (82, 60, 88, 90))),
    "fountain": (("ellipse", (5, 70, 95, 95)), ("rectangle", (46, 30, 54, 75))),
    "kite": (("polygon", (50, 5, 80, 40, 50, 80, 20, 40)), ("rectangle", (49, 80, 51, 98))),
}


def draw(scene: Scene, path: Path) -> None:
    """Write the picture as a JPEG."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "#cfe0ec")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, HEIGHT * 0.55, WIDTH, HEIGHT), fill=_GROUND[scene.theme])
    random = Random(f"paint/{scene.name}")
    for place, (look, thing) in enumerate(scene.things):
        side = 240 if look == "small" else 420
        left, top = 60 + place * 510 + random.randint(0, 60), HEIGHT - side - random.randint(60, 220)
        _paint(pen, thing, _TINT.get(look, random.choice(_OWN)), left, top, side)
    image.save(path, "JPEG", quality=90)


def _paint(pen: ImageDraw.ImageDraw, thing: str, colour: str, left: int, top: int, side: int) -> None:
    for number, (kind, corners) in enumerate(_SHAPES[thing]):
        placed = [(left, top)[index % 2] + corner * side / 100 for index, corner in enumerate(corners)]
        fill = "#2b2f33" if number else colour
        match kind:
            case "rectangle":
                pen.rectangle(placed, fill=fill)
            case "ellipse":
                pen.ellipse(placed, fill=fill)
            case _:
                pen.polygon(placed, fill=fill)
