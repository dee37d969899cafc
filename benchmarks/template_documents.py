"""Writes the documents of the templates `tools`, `extraction`, `detection` and `keywords`: all in them is invented.

    python benchmarks/template_documents.py

A held-out document has to be answerable from what other documents taught: a policy that has seen eleven sections knows
these eleven by heart, one that has seen forty has learnt to copy. So there are many, of few shapes. Those of `keywords`
come from `keyword_texts.py`, the flights of `intent` were written by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

from keyword_texts import notices

TEMPLATES = Path(__file__).parents[1] / "rft" / "templates"
FORMS, SCENES = 150, 150

PARTS = {
    "Market abuse": "Inside information, Insider lists, Managers' transactions, Market soundings, Wash trades, "
    "Buy-back programmes, Suspicious orders, Leaks to the press, Analysts' recommendations, Price stabilisation",
    "Ownership": "Major holdings, Mandatory offers, Short positions, Squeeze-outs, Voting agreements, "
    "Depositary receipts, Nominee accounts, Pledged shares, Cross holdings, Options on shares",
    "Offers to the public": "Prospectus, Small offers, Private placements, Advertisements, Withdrawal rights, "
    "Rights issues, Offer price, Supplements, Retail bonds, Crowdfunding",
    "Periodic reports": "Annual reports, Half-year reports, Payments to governments, Change of auditor, "
    "Profit warnings, Segment reporting, Climate statements, Pay of directors, Related parties, Restated accounts",
    "Investment firms": "Client money, Suitability, Best execution, Inducements, Record keeping, "
    "Outsourcing, Telephone recording, Research budgets, Complaints, Cold calls",
    "Trading venues": "Admission to trading, Trading halts, Tick sizes, Delisting, Algorithmic trading, "
    "Market makers, Order books, Block trades, Data fees, Clock synchronisation",
}
BODY = (
    "On {title} the Authority is told within {days} days. Section {section} asks for form {form}. "
    "Records on {title} are kept for {years} years."
)


def sections() -> Iterator[tuple[str, str]]:
    """Name and text of each section of the Market Conduct Code."""
    for number, (part, titles) in enumerate(PARTS.items(), 1):
        for place, title in enumerate(titles.split(", ")):
            draw = Random(f"sections/{title}")
            section = 100 * number + 3 * place + draw.randint(1, 3)
            form = f"{draw.choice('ABCDEFHKLMNPRST')}-{draw.randint(1, 9)}"
            body = BODY.format(
                title=title.lower(),
                section=section,
                form=form,
                days=draw.choice((2, 3, 5, 10)),
                years=draw.choice((3, 5, 7)),
            )
            yield f"{section}.md", f"# Section {section} {title}\n\nPart: {part}\nForm: {form}\n\n{body}\n"


GIVEN = "Ada Boris Clara Dario Edda Felix Greta Hugo Irma Jonas Klara Leon Mina Nils Olga Pavel Runa Silas Tilda Yara"
FAMILY = "Nightjar Sandpiper Rainwater Applegate Brightwell Cobbler Dunmore Elmsworth Fairweather Goosefield Hartmoor "
FAMILY += "Ivywood Juniper Kestrel Larkspur Mossman Oakley Pepperell Quillfeather Rowanberry Silverleaf Thistledown"
FIRMS = "Ivory Kingfisher Maple Northgate Orchard Pebble Quarry Riverside Saffron Tinder Umber Velvet Willow Zephyr"
TRADES = ("Tea House", "Lamp Shop", "Seed Company", "Boat Yard", "Bakery", "Paper Mill", "Garage", "Press", "Dairy")
STATES = ("AZ", "CA", "CO", "GA", "IL", "MA", "MI", "NY", "OH", "OR", "PA", "VA", "WI")
LABELS = {
    "a": ("Employee's SSN", "Employee's social security number"),
    "b": ("EIN", "Employer identification number"),
    "c": ("Employer", "Employer's name"),
    "e": ("Employee", "Employee's name"),
    "1": ("Wages, tips, other compensation", "Wages, tips, other comp."),
    "2": ("Federal income tax withheld", "Federal tax withheld"),
    "3": ("Social security wages", "Soc. sec. wages"),
    "5": ("Medicare wages and tips", "Medicare wages"),
    "15": ("State", "State"),
    "16": ("State wages", "State wages, tips, etc."),
    "17": ("State income tax", "State tax"),
}
ORDERS = ("a b c e", "e a c b")


def forms() -> Iterator[tuple[str, str]]:
    """Name and text of each W-2 form."""
    for number in range(1, FORMS + 1):
        draw = Random(f"forms/{number}")
        wages = round(draw.uniform(18_000, 140_000), 2)
        social = wages if draw.random() < 0.7 else round(wages * draw.uniform(1.01, 1.15), 2)
        state = wages if draw.random() < 0.7 else round(wages * draw.uniform(0.9, 0.99), 2)
        values = {
            "a": f"000-{draw.randint(10, 99)}-{draw.randint(1000, 9999)}",
            "b": f"00-{draw.randint(1_000_000, 9_999_999)}",
            "c": f"{draw.choice(FIRMS.split())} {draw.choice(TRADES)}",
            "e": f"{draw.choice(GIVEN.split())} {draw.choice(FAMILY.split())}",
            "1": f"{wages:.2f}",
            "2": f"{wages * draw.uniform(0.07, 0.2):.2f}",
            "3": f"{social:.2f}",
            "5": f"{social:.2f}",
            "15": draw.choice(STATES),
            "16": f"{state:.2f}",
            "17": f"{state * draw.uniform(0.01, 0.05):.2f}",
        }
        boxes = [*draw.choice(ORDERS).split(), "1", "2", "3", "5", "15", "16", "17"]
        lines = [f"{box} {draw.choice(LABELS[box])}: {values[box]}" for box in boxes]
        yield f"form-{number:03}.txt", "\n".join(["Form W-2 2026 (invented)", *lines, ""])


PLACES = {
    "truck": ("a gravel pit", "a freight yard", "a motorway rest stop"),
    "ship": ("a river bend", "a harbour basin", "an open bay"),
    "plane": ("an airfield apron", "a small airport", "a desert parking ground"),
    "tank": ("a chemical works", "a refinery", "a fuel depot"),
}
CROWDS = {
    "tent": ("a relief camp", "a camp site", "a festival meadow"),
    "car": ("a shopping centre", "a ferry terminal", "a stadium car park"),
    "boat": ("a regatta", "a marina"),
}
DARK = (
    "Everything is black but for a glow near {box}.",
    "Night without a moon, and one blurred light at {box}.",
    "Dusk and smoke, perhaps something at {box}.",
)
Box = tuple[int, int, int, int]


def scenes() -> Iterator[tuple[str, str]]:
    """Name and text of each scene with its objects and the boxes of a perfect answer: six in ten hold a few objects,
    two a crowd, two are dark.
    """
    for number in range(1, SCENES + 1):
        draw = Random(f"scenes/{number}")
        kind = ("few", "few", "few", "crowd", "dark")[number % 5]
        if kind == "dark":
            text, objects, boxes = f"Light: low. {draw.choice(DARK).format(box=_text(_spot(draw)))}", [], []
        elif kind == "few":
            label = draw.choice(sorted(PLACES))
            cells = draw.sample([(x, y) for x in (60, 380, 690) for y in (70, 400, 720)], draw.randint(1, 3))
            objects = [(label, _inside(draw, *cell)) for cell in cells]
            boxes = objects
            text = f"Light: day. Seen from above: {draw.choice(PLACES[label])}. {_list(objects)}."
        else:
            label = draw.choice(sorted(CROWDS))
            groups = (
                [_group(draw, label, 6, 1)]
                if draw.random() < 0.5
                else [_group(draw, label, 3, side) for side in (0, 2)]
            )
            objects = [one for group in groups for one in group]
            boxes = [(label, _around([box for _, box in group])) for group in groups]
            parts = " Further off: ".join(f"{_list(group)}." for group in groups)
            text = f"Light: day. Seen from above: {draw.choice(CROWDS[label])}, crowded. {parts}"
        yield f"frame-{number:03}.txt", f"{text}\n\nObjects: {_json(objects)}\nBoxes: {_json(boxes)}\n"


def _spot(draw: Random) -> Box:
    x, y = draw.randint(100, 800), draw.randint(100, 800)
    return x, y, x + draw.randint(25, 60), y + draw.randint(25, 60)


def _inside(draw: Random, x: int, y: int) -> Box:
    left, top = x + draw.randint(0, 60), y + draw.randint(0, 60)
    return left, top, left + draw.randint(45, 180), top + draw.randint(45, 170)


def _group(draw: Random, label: str, count: int, side: int) -> list[tuple[str, Box]]:
    """A dense group; those at the side 0 and 2 lie far from each other."""
    x, y = draw.randint(100, 250) + 280 * side, draw.randint(150, 600)
    cells = draw.sample([(column, row) for column in range(3) for row in range(2 if count == 6 else 3)], count)
    found = []
    for column, row in cells:
        left, top = x + 40 * column + draw.randint(0, 8), y + 40 * row + draw.randint(0, 8)
        found.append((label, (left, top, left + draw.randint(16, 28), top + draw.randint(16, 28))))
    return found


def _around(boxes: list[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _text(box: Box) -> str:
    return " ".join(map(str, box))


def _list(objects: list[tuple[str, Box]]) -> str:
    return "; ".join(f"{label} at {_text(box)}" for label, box in objects)


def _json(objects: list[tuple[str, Box]]) -> str:
    return json.dumps([{"label": label, "bbox": list(box)} for label, box in objects])


WRITTEN = {"tools": sections, "extraction": forms, "detection": scenes, "keywords": notices}

if __name__ == "__main__":
    for template, documents in WRITTEN.items():
        folder = TEMPLATES / template / "documents"
        for old in folder.iterdir():
            old.unlink()
        for name, content in documents():
            (folder / name).write_text(content, encoding="utf-8", newline="\n")
        print(template, len(list(folder.iterdir())))
