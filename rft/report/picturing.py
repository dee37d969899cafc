"""Pictures in the rollout viewer: small copies that the page carries inside it, and the boxes that answers draw."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from rewards.components.boxes import NOVA_BOXES, Box, read_box
from rewards.parsing.json_text import layers_of, read_json
from rewards.parsing.references import structured
from rewards.rollouts import Record, prompt_turns
from rewards.rows import ground_truth_of
from rewards.types import JSON

SCALE: Final = 1000  # boxes are thousandths of width and height, as Nova gives them
SIDE: Final = 640  # pixels of a small copy's longer side
MOST_BOXES: Final = 1_000  # that are drawn of one answer


def named_pictures(record: Record) -> list[str]:
    """The file names of the pictures in a prompt: the last part of their address, in S3 or elsewhere.

    >>> block = {"image": {"format": "jpeg", "source": {"s3Location": {"uri": "s3://bucket/a/7.jpg"}}}}
    >>> named_pictures({"messages": [{"role": "user", "content": [block]}, {"role": "assistant", "content": "{}"}]})
    ['7.jpg']
    """
    contents = (turn.get("content") for turn in prompt_turns(record) if isinstance(turn, dict))
    blocks = (block for content in contents if isinstance(content, list) for block in content)
    return [PurePosixPath(address).name for block in blocks for address in addresses_of(block)]


def addresses_of(block: JSON) -> Iterator[str]:
    """The address of a picture: Converse's in S3, OpenAI's of the web; one that is inside the row has none.

    >>> list(addresses_of({"type": "image_url", "image_url": {"url": "https://example.com/7.jpg"}}))
    ['https://example.com/7.jpg']
    """
    value = block.get("image", block.get("image_url")) if isinstance(block, dict) else None
    source = value.get("source", value) if isinstance(value, dict) else None
    place = source.get("s3Location", source) if isinstance(source, dict) else None
    address = place.get("uri", place.get("url")) if isinstance(place, dict) else None
    if isinstance(address, str) and not address.startswith("data:"):
        yield address


def small_copies(records: Iterable[Record], folder: Path) -> dict[str, str]:
    """Name -> data address of a small copy, for each named picture that is in `folder` and can be read.

    Raises `MissingExtraError` without Pillow.
    """
    there = {path.name: path for path in folder.iterdir() if path.is_file()}
    names = dict.fromkeys(name for record in records for name in named_pictures(record) if name in there)
    return {name: copy for name in names if (copy := _small_copy(there[name]))}


def boxes_of(value: JSON) -> list[Box]:
    """The boxes of an answer: those of the outermost list that has any; what is no box is left out. None of a value
    beyond the limits of what is read as JSON.

    >>> [box.label for box in boxes_of({"n": [1, 2], "boxes": [{"bbox": [0, 0, 9, 9], "label": "car"}]})]
    ['car']
    """
    try:
        layers = list(layers_of(value))
    except ValueError:
        return []
    lists = (item for layer in layers for item in layer if isinstance(item, list) and item)
    found = ([box for entry in entries if (box := read_box(entry, NOVA_BOXES))] for entries in lists)
    return next((boxes for boxes in found if boxes), [])[:MOST_BOXES]


def boxes_in_text(text: str) -> list[Box]:
    """The boxes of a completion, of its one JSON value; none where it has none, or several.

    >>> len(boxes_in_text('Here: {"boxes": [[0, 0, 10, 10]]}')), boxes_in_text("a car on the left")
    (1, [])
    """
    return [box for answer in read_json(text).only() for box in boxes_of(answer)]


def reference_boxes(record: Record) -> list[Box]:
    """The boxes of the reference. With the picture's `width` and `height` in the metadata they are in its pixels."""
    boxes = boxes_of(structured(ground_truth_of(record)))
    width, height = _side(record, "width"), _side(record, "height")
    return [box.scaled(SCALE / width, SCALE / height) for box in boxes] if width and height else boxes


def drawn(boxes: Iterable[Box]) -> list[list[float]]:
    """What the page's script draws: corners, without labels.

    >>> drawn([Box(0, 0, 500, 250.04, "car")])
    [[0, 0, 500, 250.0]]
    """
    return [[round(side, 1) for side in box[:4]] for box in boxes]


def _side(record: Record, name: str) -> float:
    """A side of the picture in pixels; 0 where it is not known."""
    metadata = record.get("metadata")
    value = (metadata if isinstance(metadata, dict) else record).get(name)
    return value if isinstance(value, int | float) and value >= 1 else 0


def _small_copy(path: Path) -> str:
    """A JPEG as a data address; empty where the file is no picture."""
    from datagen.errors import FormatError
    from datagen.images.facts import as_rgb, open_image

    try:
        with open_image(path) as image:
            small = as_rgb(image)
    except FormatError:
        return ""
    small.thumbnail((SIDE, SIDE))
    data = io.BytesIO()
    small.save(data, "JPEG", quality=82)
    return f"data:image/jpeg;base64,{base64.b64encode(data.getvalue()).decode()}"
