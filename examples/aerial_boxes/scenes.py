"""Aerial scenes of our own, item by item from a seed: where vehicles stand, the picture of it, and the scene in words.

A scene is a few car parks with vehicles in them. The picture is for models that see; the words, on a grid of 10 by 10,
are for the text-only policy that is trained on this machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw

from rewards.components.boxes import Box

WIDTH, HEIGHT = 1920, 1440  # pixels of a picture as the camera gives it
MOST_VEHICLES = 150
CROWD = 4  # more vehicles than this are not worth a box each
VEHICLE = "vehicle"
_CAR, _BAY = (22, 44), (34, 64)  # width and length of a car and of its bay, in pixels
_ROW_LEFT_FREE = 3  # every third row of bays is a lane
_PARKS = (90, 700, 1310)  # left sides of the car parks
_PARK_TOP = (130, 560)  # a car park begins between these
_COLUMNS = 15  # bays beside each other in a car park
GREEN = (112, 128, 84)
_PAINT = ("#b3261e", "#1f4e9e", "#e8e8e6", "#2b2b2d", "#8b9099", "#c9b037", "#3f6b45", "#dcdfe3")

Group = tuple[Box, ...]


@dataclass(frozen=True)
class Scene:
    """A scene: its name, and its vehicles by car park, in pixels of the picture or in cells of the grid."""

    name: str
    groups: tuple[Group, ...]

    @property
    def vehicles(self) -> Group:
        """All vehicles."""
        return tuple(box for group in self.groups for box in group)

    @property
    def is_crowded(self) -> bool:
        """Whether a few large boxes are asked for."""
        return len(self.vehicles) > CROWD

    @property
    def asked(self) -> Group:
        """The boxes of a right answer: one around each car park where it is crowded, else one of each vehicle."""
        return tuple(map(around, self.groups)) if self.is_crowded else self.vehicles


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds all.

    >>> around([Box(1, 5, 2, 6), Box(3, 4, 4, 9)])
    Box(x1=1, y1=4, x2=4, y2=9, label='')
    """
    x1, y1 = min(box.x1 for box in boxes), min(box.y1 for box in boxes)
    x2, y2 = max(box.x2 for box in boxes), max(box.y2 for box in boxes)
    return Box(x1, y1, x2, y2, boxes[0].label)


# --- pictures ----------------------------------------------------------------------------------------------------
def scene_in_pixels(seed: int, split: str, index: int) -> Scene:
    """The scene of this number with 1 to 150 vehicles; the same whatever other scenes there are."""
    random = Random(f"{seed}/aerial/{split}/{index}")
    count = random.randint(1, MOST_VEHICLES)
    parks = sorted(random.sample(range(len(_PARKS)), 1 if count <= CROWD else random.randint(2, 3)))
    shares = [count // len(parks) + (place < count % len(parks)) for place in range(len(parks))]
    corners = [(_PARKS[park], random.randint(*_PARK_TOP)) for park in parks]
    groups = (_park(corner, share, random) for corner, share in zip(corners, shares, strict=True))
    return Scene(f"{split}-{index:03}", tuple(groups))


def _park(corner: tuple[int, int], count: int, random: Random) -> Group:
    """Vehicles in the bays of one car park, filled from the top with some bays left free."""
    rows = -(-count * 4 // (3 * _COLUMNS))  # a quarter of the bays stays free
    bays = [(row + row // (_ROW_LEFT_FREE - 1), column) for row in range(rows) for column in range(_COLUMNS)]
    return tuple(_car(corner, row, column, random) for row, column in sorted(random.sample(bays, count)))


def _car(corner: tuple[int, int], row: int, column: int, random: Random) -> Box:
    left = corner[0] + column * _BAY[0] + random.randint(2, _BAY[0] - _CAR[0] - 2)
    top = corner[1] + row * _BAY[1] + random.randint(2, _BAY[1] - _CAR[1] - 2)
    return Box(left, top, left + _CAR[0] + random.randint(-2, 2), top + _CAR[1] + random.randint(-2, 2), VEHICLE)


def draw(scene: Scene, path: Path, *, as_mpo: bool = False) -> None:
    """Write the picture as a JPEG, or as an MPO, two JPEGs that pose as one, as phones and drones write them."""
    image = _painted(scene)
    if as_mpo:
        image.save(path, "MPO", save_all=True, append_images=[image.resize((WIDTH // 4, HEIGHT // 4))], quality=88)
    else:
        image.save(path, "JPEG", quality=88)


def _painted(scene: Scene) -> Image.Image:
    random = Random(f"paint/{scene.name}")
    noise = Image.frombytes("L", (WIDTH // 8, HEIGHT // 8), random.randbytes(WIDTH // 8 * (HEIGHT // 8)))
    noise = noise.resize((WIDTH, HEIGHT))
    levels = [[int(green + (value - 128) * 0.16) for value in range(256)] for green in GREEN]
    grass = Image.merge("RGB", [noise.point(level) for level in levels])
    pen = ImageDraw.Draw(grass)
    pen.rectangle((0, 40, WIDTH, 96), fill="#6f7074")
    for left in range(0, WIDTH, 90):
        pen.rectangle((left, 66, left + 44, 69), fill="#d9d6c8")
    for group in scene.groups:
        _paint_park(pen, around(group))
    for box in scene.vehicles:
        _paint_car(pen, box, random.choice(_PAINT))
    return grass


def _paint_park(pen: ImageDraw.ImageDraw, area: Box) -> None:
    pen.rectangle((area.x1 - 24, 96, area.x1 + 20, area.y1), fill="#77787b")
    pen.rectangle((area.x1 - 24, area.y1 - 20, area.x2 + 24, area.y2 + 24), fill="#83858a")


def _paint_car(pen: ImageDraw.ImageDraw, box: Box, paint: str) -> None:
    x1, y1, x2, y2 = (int(side) for side in box[:4])
    pen.rectangle((x1 + 4, y1 + 5, x2 + 4, y2 + 5), fill="#55565a")
    pen.rounded_rectangle((x1, y1, x2, y2), radius=6, fill=paint)
    pen.rectangle((x1 + 3, y1 + 9, x2 - 3, y1 + 15), fill="#20262e")
    pen.rectangle((x1 + 4, y2 - 9, x2 - 4, y2 - 6), fill="#20262e")


# Far from each other, two car parks would make one constant answer right for many scenes: `coverage` lets boxes lie
# anywhere within the rectangle around all vehicles.
_QUARTERS = ((0, 0), (5, 0), (0, 5), (5, 5))  # of the grid; a car park has 3 by 3 cells somewhere in one
_NEIGHBOURS = (_QUARTERS[:2], _QUARTERS[2:], _QUARTERS[::2], _QUARTERS[1::2])
_MOST_IN_A_PARK = 9


# --- words -------------------------------------------------------------------------------------------------------
def scene_in_words(seed: int, split: str, index: int, *, most: int = 12) -> Scene:
    """The scene of this number with 1 to `most` vehicles, each in a cell of a grid of 10 by 10."""
    random = Random(f"{seed}/words/{split}/{index}")
    count = random.randint(1, most)
    several = count > _MOST_IN_A_PARK or (count > CROWD and random.random() < 0.4)
    parks = random.choice(_NEIGHBOURS) if several else (random.choice(_QUARTERS),)
    shares = [count // len(parks) + (place < count % len(parks)) for place in range(len(parks))]
    groups = (tuple(_cells(park, share, random)) for park, share in zip(parks, shares, strict=True))
    return Scene(f"{split}-{index:03}", tuple(groups))


def _cells(quarter: tuple[int, int], count: int, random: Random) -> Iterator[Box]:
    left, top = (side + random.randint(0, 1) for side in quarter)
    for x, y in sorted(random.sample([(x, y) for x in range(3) for y in range(3)], count)):
        yield Box(left + x, top + y, left + x + 1, top + y + 1)


def described(scene: Scene) -> str:
    """The scene in words: each car park with its corners, and the corners of every vehicle in it."""
    return " ".join(f"Area {_corners(around(group))}: {'; '.join(map(_corners, group))}." for group in scene.groups)


def _corners(box: Box) -> str:
    return " ".join(f"{side:g}" for side in box[:4])


def as_lists(boxes: Sequence[Box]) -> list[list[int]]:
    """Boxes as arrays of whole numbers."""
    return [[round(side) for side in box[:4]] for box in boxes]
