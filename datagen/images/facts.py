"""Inspect an image file, and find why a model would reject it.

A phone's ``.jpg`` may be an MPO, several JPEGs in one: its first bytes are those of a JPEG, every check of magic
numbers passes, and the fine-tuning job fails with "Image is not of type JPEG". Pillow and the `MPF` marker tell.
"""

from __future__ import annotations

import re
import warnings
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
MAX_SIDE, MOST_TIMES = 8000, 9  # "Image understanding" in the user guide of Nova, read 2026-11-28
ORIENTATION_TAG = 0x0112
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]*")
_EIGHT_BITS = frozenset({"1", "L", "P", "RGB", "RGBA", "LA", "PA", "CMYK", "YCbCr"})
_BRANDS = {b"heic": "HEIC", b"heix": "HEIC", b"hevc": "HEIC", b"mif1": "HEIC", b"msf1": "HEIC", b"avif": "AVIF"}
_MARKS = {b"8BPS": "PSD", b"<svg": "SVG", b"<?xm": "SVG", b"\xff\x0a": "JPEG XL", b"%PDF": "PDF"}


class ImageFacts(NamedTuple):
    """A file's real format (as Pillow says it), size on disk and in pixels, EXIF orientation, and what is in it."""

    path: str
    format: str
    width: int
    height: int
    size_bytes: int
    orientation: int
    mode: str = "RGB"
    frames: int = 1
    has_transparency: bool = False

    @property
    def converse_format(self) -> str:
        """The word of the Converse format, empty where it has none."""
        return FORMATS.get(self.format, "")


def inspect(path: Path) -> ImageFacts:
    """Look at a picture; raises `FormatError` where it is none, or is cut off or damaged."""
    with open_image(path) as image:
        orientation = int(image.getexif().get(ORIENTATION_TAG, 1))
        size, frames = path.stat().st_size, getattr(image, "n_frames", 1)
        kind, clear = image.format or "", _has_transparency(image)
        width, height = image.size
        return ImageFacts(str(path), kind, width, height, size, orientation, image.mode, frames, clear)


def _has_transparency(image: Image.Image) -> bool:
    if "A" not in image.mode and "transparency" not in image.info:
        return False
    return bool(image.convert("RGBA").getextrema()[3][0] < 255)


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
    if max(facts.width, facts.height) > MAX_SIDE:
        yield f"is {facts.width:,} x {facts.height:,} pixels, each side has at most {MAX_SIDE:,}"
    long, short = max(facts.width, facts.height), max(1, min(facts.width, facts.height))
    if long > MOST_TIMES * short:
        yield f"has sides of {long / short:.0f} to 1, and Nova squeezes it into {MOST_TIMES} to 1: cut it up"
    if facts.mode == "CMYK":
        yield "has the colours of print (CMYK), which readers turn into others"
    elif facts.mode not in _EIGHT_BITS:
        yield f"has more than 8 bits a channel ({facts.mode}), which readers cut off or scale"
    if facts.frames > 1 and facts.format != "MPO":
        yield f"has {facts.frames} frames or pages, and the first alone is seen"
    if facts.has_transparency:
        yield "has transparent pixels, and readers differ in what is behind them"
    if not _PLAIN_NAME.fullmatch(name := Path(facts.path).name):
        yield f"has a name with more than letters, digits and . _ - ({name!r}), which an s3:// address must escape"
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


def tokens_of_any_picture(model: str) -> tuple[int, int]:
    """The fewest and the most input tokens of a picture of unknown size; for Nova 1, of the sizes in AWS's table.

    >>> tokens_of_any_picture("nova-2-lite"), tokens_of_any_picture("nova-lite"), tokens_of_any_picture("unknown")
    ((230, 230), (780, 2493), (230, 2493))
    """
    second = image_tokens(1, 1)
    first = image_tokens(900, 450, "nova-lite"), image_tokens(1300, 1300, "nova-lite")
    known = {"nova-2-lite": (second, second), **dict.fromkeys(("nova-lite", "nova-pro"), first)}
    return known.get(model, (second, first[1]))


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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # its size is named as a problem
            image = Image.open(path)
    except Image.DecompressionBombError as error:
        raise FormatError(f"{path}: too large to open ({error})") from error
    except (UnidentifiedImageError, OSError) as error:
        raise FormatError(f"{path}: {_what_it_is(path)}") from error
    try:
        image.load()
    except (OSError, SyntaxError, ValueError) as error:  # Pillow's readers raise all three over damaged data
        image.close()
        raise FormatError(f"{path}: cut off or damaged ({error})") from error
    return image


def _what_it_is(path: Path) -> str:
    """Why a file cannot be opened, by its first bytes."""
    try:
        with path.open("rb") as file:
            head = file.read(32)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if not head:
        return "empty: it has 0 bytes"
    kind = _BRANDS.get(head[8:12], "") if head[4:8] == b"ftyp" else ""
    kind = kind or next((name for mark, name in _MARKS.items() if head.startswith(mark)), "")
    if kind:
        return f"{kind}, which neither Nova nor Pillow reads as it is; save it as JPEG"
    return f"not a picture: it begins with {head[:8]!r}"


def as_rgb(image: Image.Image) -> Image.Image:
    """Eight bits of red, green and blue: more bits are scaled and not cut off, what is transparent becomes white."""
    from PIL import Image

    if image.mode.startswith("I;16"):
        return image.point(lambda value: value / 256).convert("L").convert("RGB")
    if image.mode in ("I", "F"):
        low, high = image.getextrema()
        scale = 255 / (high - low) if high > low else 0.0
        return image.point(lambda value: (value - low) * scale).convert("L").convert("RGB")
    if _has_transparency(image):
        clear = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
    return image.convert("RGB")
