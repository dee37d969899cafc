"""Text recognition of scans and pictures by RapidOCR, whose models come with its package: no network, no GPU."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from datagen.documents.layout import Run, in_reading_order, lined_up, text_of
from datagen.documents.pieces import NEEDS_OCR, Bad, Piece, Text
from datagen.errors import FormatError, MissingExtraError

_MOST_PIXELS = 40_000_000  # of one picture; a page of A4 at 200 dpi has 4 million


def needs_ocr(path: Path) -> Iterator[Piece]:
    """A picture as a document, without text recognition."""
    yield Bad("", f"{NEEDS_OCR}; set data.ocr: true")


def read_picture(path: Path) -> Iterator[Piece]:
    """The text in a picture, of each frame where it has several, as a fax has."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            texts = []
            for number in range(getattr(image, "n_frames", 1)):
                image.seek(number)
                texts.append(recognised(ImageOps.exif_transpose(image).convert("RGB")))
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise FormatError(f"no picture, or a damaged one ({error})") from error
    yield Text("", "\n\n".join(text for text in texts if text))


def recognised(image: Any) -> str:
    """The text in a picture of Pillow's, in reading order; empty where there is none."""
    import numpy

    if image.width * image.height > _MOST_PIXELS:
        raise FormatError(f"{image.width} x {image.height} pixels, at most {_MOST_PIXELS:,} are recognised")
    found = _engine()(numpy.asarray(image.convert("RGB"))[:, :, ::-1])  # RapidOCR takes the colours as OpenCV does
    if not found.txts:
        return ""
    boxes = [
        Run(text, min(x), -max(y), max(x), -min(y), number)
        for number, (text, (x, y)) in enumerate(zip(found.txts, (box.T.tolist() for box in found.boxes), strict=True))
    ]
    return text_of(in_reading_order(lined_up(boxes)))


def require() -> None:
    """Raise `MissingExtraError` where text recognition is not installed."""
    if find_spec("rapidocr") is None or find_spec("onnxruntime") is None:
        raise MissingExtraError("rapidocr", "ocr")


@cache
def _engine() -> Any:
    require()
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.WARNING)
    return RapidOCR(params={"Global.log_level": "warning"})
