"""A contact sheet: pictures with their boxes drawn on them, on one HTML page or in one PNG."""

from __future__ import annotations

import base64
import html
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from datagen.errors import ConfigError, FormatError
from datagen.images.boxes import checked_boxes
from datagen.images.facts import as_rgb, open_image
from rewards.components.boxes import Box
from rewards.pages import ISOLATION, POLICY
from rewards.writing import drafting, write_text

if TYPE_CHECKING:
    from PIL import Image

_GAP, _CAPTION = 8, 16  # pixels between the pictures of a PNG, and for the line below each
_COLOURS = ("#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#008080", "#9a6324", "#808000")
_PAGE = """<!doctype html><meta charset="utf-8">{policy}<title>Contact sheet</title>
<style>body{{font:14px system-ui,sans-serif;margin:1.5rem;background:#fafafa;color:#222}}
main{{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:1rem}}
figure{{margin:0;background:#fff;border:1px solid #ddd;padding:.5rem}}img{{width:100%}}
figcaption{{overflow-wrap:anywhere}}
.bad{{color:#b00020}}{isolation}</style><h1>{count:,} pictures, {boxes:,} boxes</h1><main>
{figures}
</main>
"""


def contact_sheet(pictures: Mapping[Path, Sequence[Box]], out: Path, *, side: int = 480) -> Path:
    """Write the sheet: each picture at most `side` pixels wide, boxes in pixels of the file drawn and named.

    The suffix of `out` decides: ``.html`` is a page that needs nothing else, ``.png`` one picture. Raises `ConfigError`
    for any other, or where there are no pictures.
    """
    if out.suffix not in (".html", ".png"):
        raise ConfigError(f"a contact sheet is .html or .png, got {out.name!r}")
    if not pictures:
        raise ConfigError("there are no pictures for a contact sheet")
    shown = [_shown(path, boxes, side) for path, boxes in pictures.items()]
    if out.suffix == ".png":
        with drafting(out) as file:
            _grid(shown, side).save(file, "PNG")
    else:
        total = sum(map(len, pictures.values()))
        figures = "\n".join(map(_figure, shown))
        write_text(
            out, _PAGE.format(policy=POLICY, isolation=ISOLATION, count=len(pictures), boxes=total, figures=figures)
        )
    return out


class _Shown(NamedTuple):
    """A picture as the sheet has it, small and with its boxes, and what is written below it."""

    name: str
    image: Image.Image
    labels: str
    problems: list[str]


def _shown(path: Path, boxes: Sequence[Box], side: int) -> _Shown:
    """A file that is no picture is shown as a grey box with the reason, so that the others can be looked at."""
    from PIL import Image

    try:
        opened = open_image(path)
    except FormatError as error:
        return _Shown(
            path.name, Image.new("RGB", (side, side // 2), "#ccc"), "", [str(error).removeprefix(f"{path}: ")]
        )
    with opened as image:
        wrong = list(checked_boxes(boxes, *image.size))
        share = min(1.0, side / max(image.size))
        small = as_rgb(image).resize((max(1, round(image.width * share)), max(1, round(image.height * share))))
    _draw(small, [box.scaled(share, share) for box in boxes])
    return _Shown(path.name, small, _counted(boxes), wrong)


def _counted(boxes: Sequence[Box]) -> str:
    """The labels, each once, with how often where that is more.

    >>> _counted([Box(0, 0, 1, 1, "car"), Box(1, 1, 2, 2, "car"), Box(0, 0, 2, 2, "bus")])
    '2 car, bus'
    """
    counts = Counter(box.label or "?" for box in boxes)
    return ", ".join(label if times == 1 else f"{times} {label}" for label, times in counts.items()) or "no boxes"


def _figure(shown: _Shown) -> str:
    data = io.BytesIO()
    shown.image.save(data, "JPEG", quality=80)
    problems = "".join(f'<br><span class="bad">{html.escape(problem)}</span>' for problem in shown.problems)
    source = base64.b64encode(data.getvalue()).decode()
    caption = f"<b>{html.escape(shown.name)}</b><br>{html.escape(shown.labels)}{problems}"
    return f'<figure><img src="data:image/jpeg;base64,{source}" alt=""><figcaption>{caption}</figcaption></figure>'


def _grid(shown: Sequence[_Shown], side: int) -> Image.Image:
    """All pictures in a square, their names below them in black, or in red where a box is wrong."""
    from PIL import Image, ImageDraw

    columns = math.ceil(math.sqrt(len(shown)))
    cell = (side + _GAP, side + _GAP + _CAPTION)
    sheet = Image.new("RGB", (columns * cell[0], math.ceil(len(shown) / columns) * cell[1]), "white")
    pen = ImageDraw.Draw(sheet)
    for index, item in enumerate(shown):
        left, top = index % columns * cell[0], index // columns * cell[1]
        sheet.paste(item.image, (left, top))
        colour = "#b00020" if item.problems else "black"
        pen.text((left, top + side + 2), f"{item.name}: {item.labels}"[: side // 7], fill=colour)
    return sheet


def _draw(image: object, boxes: Sequence[Box]) -> None:
    from PIL import ImageDraw

    pen = ImageDraw.Draw(image)
    for index, box in enumerate(boxes):
        colour = _COLOURS[index % len(_COLOURS)]
        left, right = sorted((box.x1, box.x2))
        top, bottom = sorted((box.y1, box.y2))
        pen.rectangle((left, top, right, bottom), outline=colour, width=3)
        pen.text((left + 4, top + 4), box.label, fill=colour)
