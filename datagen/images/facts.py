"""Inspect an image file, and find why a model would reject it.

A phone's ``.jpg`` may be an MPO, several JPEGs in one: its first bytes are those of a JPEG, every check of magic
numbers passes, and the fine-tuning job fails with "Image is not of type JPEG". Pillow and the `MPF` marker tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from datagen.errors import FormatError, MissingExtraError
from datagen.validate.walk import Model

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 10_000_000  # of one image; "Preparing data for SFT on Amazon Nova 2"
MIN_SIDE = 25  # pixels; the Forge SDK's check
FORMATS = {"JPEG": "jpeg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}
ORIENTATION_TAG = 0x0112


class ImageFacts(NamedTuple):
    """A file's real format (as Pillow says it), its size on disk and in pixels, and its EXIF orientation."""

    path: str
    format: str
    width: int
    height: int
    size_bytes: int
    orientation: int

    @property
    def converse_format(self) -> str:
        """The word of the Converse format, empty where it has none."""
        return FORMATS.get(self.format, "")


def inspect(path: Path) -> ImageFacts:
    """Look at a picture; raises `FormatError` where it is none, or is cut off or damaged."""
    with open_image(path) as image:
        orientation = int(image.getexif().get(ORIENTATION_TAG, 1))
        return ImageFacts(str(path), image.format or "", image.width, image.height, path.stat().st_size, orientation)


def problems_of_image(facts: ImageFacts, model: Model = "nova-2-lite") -> Iterator[str]:
    """Why a fine-tuning job would not take the picture, or would not see it as people do."""
    if facts.format == "MPO":
        yield "is an MPO that poses as JPEG; the job fails with 'Image is not of type JPEG'"
    elif not facts.converse_format:
        yield f"is {facts.format or 'of no known format'}; Nova reads jpeg, png, gif and webp"
    elif facts.format == "WEBP" and model == "nova-2-lite":
        yield "is webp, which AWS's pages disagree on for Nova 2 Lite"
    suffix = Path(facts.path).suffix.lower().lstrip(".").replace("jpg", "jpeg")
    if facts.converse_format and suffix != facts.converse_format:
        yield f"is {facts.converse_format} and its name ends in {Path(facts.path).suffix or 'nothing'!r}"
    if facts.size_bytes > MAX_BYTES:
        yield f"has {facts.size_bytes:,} bytes, at most {MAX_BYTES:,} are allowed"
    if min(facts.width, facts.height) < MIN_SIDE:
        yield f"is {facts.width} x {facts.height} pixels, each side needs {MIN_SIDE}"
    if facts.orientation != 1:
        yield f"is stored turned (EXIF orientation {facts.orientation}); boxes would not fit"


def image_tokens(width: int, height: int, model: Model = "nova-2-lite") -> int:
    """Input tokens of one picture, estimated.

    Nova 2 Lite bills 230 whatever the size. For Nova 1, ``240 + width * height / 750`` is within 7 % of the table in
    AWS's user guide (900 x 450: about 800; 1300 x 1300: about 2,600).

    >>> image_tokens(900, 450, "nova-lite"), image_tokens(4000, 3000)
    (780, 230)
    """
    return 230 if model == "nova-2-lite" else round(240 + width * height / 750)


def problems_of_file(path: Path, model: Model = "nova-2-lite") -> list[str]:
    """Everything wrong with a picture file; that it cannot be read is one problem."""
    try:
        return list(problems_of_image(inspect(path), model))
    except FormatError as error:
        return [str(error).removeprefix(f"{path}: ")]


def open_image(path: Path) -> Image.Image:
    """The picture, read to its last byte: the header of a file that was cut off says nothing about the rest.

    Raises `FormatError` where it is none or not whole, and `MissingExtraError` without Pillow.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise MissingExtraError("pillow", "data") from error
    try:
        image = Image.open(path)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise FormatError(f"{path}: not a picture ({error})") from error
    try:
        image.load()
    except (OSError, SyntaxError, ValueError) as error:  # Pillow's readers raise all three over damaged data
        image.close()
        raise FormatError(f"{path}: cut off or damaged ({error})") from error
    return image
