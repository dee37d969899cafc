"""Bounding boxes, in pixels or on Nova's scale from 0 to 1000, and what turning and resizing does to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from datagen.errors import FormatError
from rewards.components.boxes import NOVA_BOXES, Box, read_corners
from rewards.types import JSON

NOVA_SCALE = 1000  # Nova gives and takes boxes as thousandths of width and height


def normalised(box: Box, width: int, height: int) -> Box:
    """A box in pixels on Nova's scale, as whole numbers.

    >>> normalised(Box(10, 20, 110, 220, "crack"), 200, 400)
    Box(x1=50, y1=50, x2=550, y2=550, label='crack')
    """
    wide, high = NOVA_SCALE / width, NOVA_SCALE / height
    return Box(round(box.x1 * wide), round(box.y1 * high), round(box.x2 * wide), round(box.y2 * high), box.label)


def in_pixels(box: Box, width: int, height: int) -> Box:
    """A box on Nova's scale in pixels of a picture of this size.

    >>> in_pixels(Box(50, 50, 550, 550, "crack"), 200, 400)
    Box(x1=10.0, y1=20.0, x2=110.0, y2=220.0, label='crack')
    """
    wide, high = width / NOVA_SCALE, height / NOVA_SCALE
    return Box(box.x1 * wide, box.y1 * high, box.x2 * wide, box.y2 * high, box.label)


def boxes_in(answer: JSON) -> list[Box] | None:
    """The boxes that an answer is, or holds under one of its keys; None where it has no list of boxes alone.

    >>> boxes_in({"objects": [{"bbox": [1, 2, 3, 4], "label": "car"}]}), boxes_in({"name": "Acme"})
    ([Box(x1=1.0, y1=2.0, x2=3.0, y2=4.0, label='car')], None)
    """
    for value in (answer, *(answer.values() if isinstance(answer, dict) else ())):
        if isinstance(value, list):
            boxes = [read_corners(item, NOVA_BOXES) for item in value]
            found = [box for box in boxes if box is not None]
            if len(found) == len(boxes):
                return found
    return None


def turned(box: Box, orientation: int, width: int, height: int) -> Box:
    """Where a box of the stored picture lies once the picture is turned upright.

    `orientation` is the EXIF tag, 1 to 8; `width` and `height` are those of the stored picture.

    >>> turned(Box(0, 0, 10, 20), 6, 100, 50)  # turn clockwise
    Box(x1=30, y1=0, x2=50, y2=10, label='')
    """
    corners = [_turned_point(x, y, orientation, width, height) for x, y in ((box.x1, box.y1), (box.x2, box.y2))]
    (ax, ay), (bx, by) = corners
    return Box(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by), box.label)


def checked_boxes(boxes: Sequence[Box], width: float, height: float) -> Iterator[str]:
    """What is wrong with boxes in a picture (or on a scale) of this size: outside it, or turned inside out."""
    for index, box in enumerate(boxes):
        if not (0 <= box.x1 < box.x2 <= width and 0 <= box.y1 < box.y2 <= height):
            yield f"box {index} {tuple(box[:4])} is not inside 0..{width:g} x 0..{height:g} with x1 < x2 and y1 < y2"


def read_box(value: JSON) -> Box:
    """A box from ``[x1, y1, x2, y2]`` or ``{"bbox": [...], "label": ...}``; raises `FormatError` otherwise."""
    box = read_corners(value, NOVA_BOXES)
    if box is None:
        raise FormatError(f"expected [x1, y1, x2, y2] or an object with such a bbox, got {value!r:.80}")
    return box


def _turned_point(x: float, y: float, orientation: int, width: int, height: int) -> tuple[float, float]:
    match orientation:
        case 2:
            return width - x, y
        case 3:
            return width - x, height - y
        case 4:
            return x, height - y
        case 5:
            return y, x
        case 6:
            return height - y, x
        case 7:
            return height - y, width - x
        case 8:
            return y, width - x
        case _:
            return x, y
