"""Invented W-2 forms: the text and the right reading of each, and pictures of clean and of noisy scans.

Each person has four forms: two years at each of two employers. Every form is drawn on its own (person, employer, year),
so that no form changes when another is added. No number can belong to anybody: social security numbers beginning with
000 and employer numbers beginning with 00 are never issued.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from rewards.writing import write_text

FIRST = (
    *("Ada", "Bruno", "Clara", "Dario", "Edith", "Felix", "Greta", "Hugo", "Irene", "Jonas", "Karla", "Linus"),
    *("Marta", "Nils", "Olga", "Pablo", "Rosa", "Simon", "Tilda", "Viktor", "Wanda", "Yusuf", "Zora", "Emil"),
)
LAST = (
    *("Ashdown", "Birchley", "Crowhurst", "Dunmere", "Elmstone", "Fernley", "Grayling", "Hollowell", "Ivorson"),
    *("Juniper", "Kestrel", "Larkspur", "Marlow", "Nightjar", "Oakenfold", "Plover", "Quill", "Redfern", "Sandpiper"),
)
FIRM = (
    ("Amber", "Basalt", "Cedar", "Delta", "Ember", "Falcon", "Granite", "Harbor", "Ivory", "Juniper", "Kestrel"),
    ("Bakery", "Books", "Dairy", "Foods", "Freight", "Garage", "Mills", "Optics", "Printing", "Tea House", "Tools"),
)
STATES = ("AZ", "CA", "CO", "GA", "IL", "MA", "MN", "NJ", "NY", "OH", "OR", "PA", "UT", "VA", "WI")
CODES = ("C", "D", "DD", "E", "G", "W")
SEED = 7
YEARS = (2024, 2025)
TWO_STATES = 0.4  # of the forms name two states

# The label of each box in two wordings; a form has one of them.
LABELS: Mapping[str, tuple[str, str]] = {
    "ssn": ("a Employee's social security number", "a SSN"),
    "ein": ("b Employer identification number", "b EIN"),
    "employer": ("c Employer's name", "c Employer"),
    "name": ("e Employee's name", "e Employee"),
    "wages": ("1 Wages, tips, other comp.", "1 Wages"),
    "federal_tax": ("2 Federal income tax withheld", "2 Federal tax"),
    "benefit": ("12a See instructions", "12a"),
    "retirement": ("13 Retirement plan", "13 Ret. plan"),
    "state": ("15 State", "15 State"),
    "state_wages": ("16 State wages", "16 Wages"),
    "state_tax": ("17 State income tax", "17 Tax"),
}
SECTIONS = (("ssn", "ein", "employer", "name"), ("wages", "federal_tax", "benefit", "retirement"))


class Form(NamedTuple):
    """One form: whose, its boxes as printed (box, value), and the right reading."""

    id: str
    person: str
    boxes: list[tuple[str, str]]
    wording: int
    answer: dict[str, Any]

    @property
    def text(self) -> str:
        """The boxes as lines, which is what a policy without eyes is given."""
        return "\n".join(f"{LABELS[box][self.wording]}: {value}" for box, value in self.boxes)


def forms(people: int, seed: int = SEED) -> Iterator[Form]:
    """Every form, person by person."""
    for number in range(people):
        person = f"p{number:04}"
        rng = Random(f"{seed}/{person}")
        name, ssn = (
            f"{rng.choice(FIRST)} {rng.choice(LAST)}",
            f"000-{rng.randrange(10, 99)}-{rng.randrange(1000, 9999)}",
        )
        for employer in (1, 2):
            firm, ein = " ".join(rng.choice(words) for words in FIRM), f"00-{rng.randrange(1000000, 9999999)}"
            for year in YEARS:
                which = f"{person}-{employer}-{year}"
                answer = {
                    "employee": {"name": name, "ssn": ssn},
                    "employer": {"name": firm, "ein": ein},
                    **_amounts(Random(f"{seed}/{which}")),
                }
                yield _printed(which, person, answer, Random(f"{seed}/{which}/printed"))


def _amounts(rng: Random) -> dict[str, Any]:
    """Earnings, benefits and states, in whole dollars; the states' wages add up to those of box 1."""
    wages = rng.randrange(18_000, 98_000)
    states = rng.sample(STATES, 2 if rng.random() < TWO_STATES else 1)
    first = wages if len(states) == 1 else round(wages * rng.uniform(0.3, 0.8))
    of_states = [first, wages - first][: len(states)]
    return {
        "earnings": {"wages": wages, "federal_tax": round(wages * rng.uniform(0.08, 0.2))},
        "benefits": {
            "code": rng.choice(CODES),
            "amount": rng.randrange(200, 9_000),
            "retirement_plan": rng.random() < 0.5,
        },
        "states": [
            {"state": state, "wages": part, "tax": round(part * rng.uniform(0.02, 0.07))}
            for state, part in zip(states, of_states, strict=True)
        ],
    }


def _printed(which: str, person: str, answer: dict[str, Any], rng: Random) -> Form:
    """The form with its boxes in one of two orders and its labels in one of two wordings."""
    benefits = answer["benefits"]
    values = {
        "ssn": answer["employee"]["ssn"],
        "ein": answer["employer"]["ein"],
        "employer": answer["employer"]["name"],
        "name": answer["employee"]["name"],
        "wages": str(answer["earnings"]["wages"]),
        "federal_tax": str(answer["earnings"]["federal_tax"]),
        "benefit": f"{benefits['code']} {benefits['amount']}",
        "retirement": "X" if benefits["retirement_plan"] else "-",
    }
    sections = SECTIONS if rng.random() < 0.5 else SECTIONS[::-1]
    boxes = [(box, values[box]) for section in sections for box in section]
    for state in answer["states"]:
        boxes += [("state", state["state"]), ("state_wages", str(state["wages"])), ("state_tax", str(state["tax"]))]
    return Form(which, person, boxes, rng.randrange(2), answer)


def write_forms(path: Path, people: int) -> list[Form]:
    """Write a row for each form: whose it is, its text and its right reading."""
    made = list(forms(people))
    rows = ({"id": one.id, "person": one.person, "form": one.text, "answer": one.answer} for one in made)
    write_text(path, "".join(json.dumps(row) + "\n" for row in rows))
    return made


# --- pictures ----------------------------------------------------------------------------------------------------
WIDTH, HEIGHT, ROW = 1000, 640, 72  # pixels


def draw(form: Form) -> Any:
    """A clean scan: the form's boxes in a grid of two columns, as a picture of pillow's."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("L", (WIDTH, HEIGHT), 255)
    pen, small, large = ImageDraw.Draw(picture), ImageFont.load_default(15), ImageFont.load_default(24)
    pen.text((20, 12), f"Form W-2  Wage and Tax Statement  {form.id[-4:]}  (invented)", font=large, fill=0)
    for index, (box, value) in enumerate(form.boxes):
        left, top = 20 + index % 2 * 490, 60 + index // 2 * ROW
        pen.rectangle((left, top, left + 480, top + ROW - 6), outline=90, width=2)
        pen.text((left + 8, top + 4), LABELS[box][form.wording], font=small, fill=60)
        pen.text((left + 24, top + 30), value, font=large, fill=0)
    return picture


def scanned(picture: Any, rng: Random) -> Any:
    """A noisy scan of it: turned a little, blurred, paler, with specks and a line of the scanner's."""
    from PIL import ImageDraw, ImageFilter

    turned = picture.rotate(rng.uniform(-2.0, 2.0), fillcolor=235, expand=False)
    blurred = turned.filter(ImageFilter.GaussianBlur(rng.uniform(0.6, 1.1)))
    pale = blurred.point([round(70 + value * 0.68) for value in range(256)])
    pen = ImageDraw.Draw(pale)
    for _ in range(900):
        x, y, shade = rng.randrange(WIDTH), rng.randrange(HEIGHT), rng.randrange(40, 230)
        pen.ellipse((x, y, x + rng.randrange(3), y + rng.randrange(3)), fill=shade)
    x = rng.randrange(WIDTH)
    pen.line((x, 0, x + rng.randrange(-6, 6), HEIGHT), fill=150, width=1)
    return pale


def write_pictures(found: Sequence[Form], folder: Path) -> None:
    """`ID-clean.png` and `ID-noisy.jpg` of each form."""
    folder.mkdir(parents=True, exist_ok=True)
    for form in found:
        clean = draw(form)
        clean.save(folder / f"{form.id}-clean.png")
        scanned(clean, Random(f"{SEED}/{form.id}/scan")).save(folder / f"{form.id}-noisy.jpg", quality=60)
