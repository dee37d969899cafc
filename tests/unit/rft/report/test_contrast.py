"""What a page writes can be read: text against every ground it stands on has a contrast of 4.5 or more, in both themes
(Web Content Accessibility Guidelines 2.2, criterion 1.4.3)."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from rft.report.charts import DARKEST

ENOUGH = 4.5
DARK = "@media screen and (prefers-color-scheme: dark)"
# style sheet -> name of a text's colour -> the grounds on which it is written
WRITTEN = {
    "style.css": dict.fromkeys(("ink", "soft", "good", "bad", "warn"), ("paper", "card")),
    "viewer.css": {
        "ink": ("paper", "card", "chosen", "ins", "del"),
        "soft": ("paper", "card", "chosen"),
        "good": ("paper", "chosen"),
        "bad": ("paper", "chosen"),
    },
}
Colour = tuple[float, float, float]


def colours(sheet: str, *, dark: bool) -> dict[str, Colour]:
    """The colours of a style sheet by name, as a reader of the theme gets them."""
    text = files("rft.report").joinpath(sheet).read_text(encoding="utf-8")
    light, _, after = text.partition(DARK)
    blocks = [light, after.split("} }")[0].split("}\n}")[0]] if dark else [light]
    return {name: channels(code) for block in blocks for name, code in re.findall(r"--([\w-]+): (#[0-9a-f]+)", block)}


def channels(code: str) -> Colour:
    digits = code[1:] if len(code) == 7 else "".join(2 * digit for digit in code[1:])
    return (int(digits[:2], 16) / 255, int(digits[2:4], 16) / 255, int(digits[4:], 16) / 255)


def luminance(colour: Colour) -> float:
    red, green, blue = ((c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(over: Colour, ground: Colour, opacity: float) -> Colour:
    red, green, blue = (opacity * a + (1 - opacity) * b for a, b in zip(over, ground, strict=True))
    return (red, green, blue)


def test_the_contrast_of_black_on_white_is_21() -> None:
    assert contrast(channels("#000000"), channels("#fff")) == pytest.approx(21)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("sheet", WRITTEN)
def test_text_can_be_read_on_every_ground(sheet: str, dark: bool) -> None:
    known = colours(sheet, dark=dark)
    found = {
        f"{text} on {ground}": contrast(known[text], known[ground])
        for text, grounds in WRITTEN[sheet].items()
        for ground in grounds
    }
    assert {name: round(value, 2) for name, value in found.items() if value < ENOUGH} == {}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("kind", ["good", "bad"])
def test_the_number_in_a_square_of_a_confusion_matrix_can_be_read(kind: str, dark: bool) -> None:
    known, paper = colours("charts.css", dark=dark), colours("style.css", dark=dark)["paper"]
    squares = (mixed(known[kind], paper, DARKEST * share / 10) for share in range(11))
    assert min(contrast(known["svg-ink"], square) for square in squares) >= ENOUGH
