"""Prepare an image for training: upright, one frame, RGB, within the size limits, in a format that Nova reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from datagen.errors import FormatError
from datagen.images.boxes import turned
from datagen.images.facts import ORIENTATION_TAG, ImageFacts, as_rgb, inspect, open_image
from rewards.components.boxes import Box
from rewards.writing import drafting

JPEG_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Prepared:
    """The new file, its facts, and the boxes where they lie in it."""

    path: Path
    facts: ImageFacts
    boxes: tuple[Box, ...]


def prepare(path: Path, out: Path, *, max_side: int = 1568, boxes: Sequence[Box] = ()) -> Prepared:
    """Write the picture to `out` (``.jpg`` or ``.png`` decides the format) and carry its boxes along.

    `boxes` are in pixels of the stored file, as most tools write them; they come back in pixels of the new one. The
    first frame is taken, turned as its EXIF says, and made smaller where a side is longer than `max_side`, never
    larger. Raises `FormatError` where the file is not a picture or is cut off.
    """
    from PIL import ImageOps

    with open_image(path) as image:
        image.seek(0)
        orientation = int(image.getexif().get(ORIENTATION_TAG, 1))
        stored = image.size
        try:
            upright = as_rgb(ImageOps.exif_transpose(image))
        except OSError as error:
            raise FormatError(f"{path}: {error}") from error
    share = min(1.0, max_side / max(upright.size))
    size = (max(1, round(upright.width * share)), max(1, round(upright.height * share)))
    across, down = size[0] / upright.width, size[1] / upright.height
    moved = tuple(turned(box, orientation, *stored).scaled(across, down) for box in boxes)
    kind = "PNG" if out.suffix == ".png" else "JPEG"
    with drafting(out) as file:
        (upright.resize(size) if size != upright.size else upright).save(file, kind, quality=JPEG_QUALITY)
    return Prepared(out, inspect(out), moved)
