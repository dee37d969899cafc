"""The lines that a page draws: which are one, which meet, and which places of a grid they make one cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from datagen.documents.layout import Glyph

NEAR = 2.5  # points between two strokes that are one line, and from a line's end to the line that it meets
_SAME = 0.5  # points; pieces of one line are no farther apart


class Rule(NamedTuple):
    """A straight line from left to right or from bottom to top, as a box without height or without width."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def is_level(self) -> bool:
        """Whether it runs from left to right."""
        return self.right - self.left > self.top - self.bottom


def in_one_piece(rules: Sequence[Rule], *, is_level: bool) -> list[Rule]:
    """The level rules, or the upright ones, those on one line that meet as one: cells are often drawn one by one."""
    joined: list[Rule] = []
    start = itemgetter(0 if is_level else 1)
    ordered = sorted((rule for rule in rules if rule.is_level is is_level), key=start)
    for rule in sorted(ordered, key=lambda rule: round(rule.bottom if is_level else rule.left)):
        last = joined[-1] if joined else None
        if last and _meet(last, rule) and _in_line(last, rule):
            edges = [*map(min, last[:2], rule[:2]), *map(max, last[2:], rule[2:])]
            joined[-1] = Rule(*edges)
        else:
            joined.append(rule)
    return joined


def _in_line(one: Rule, other: Rule) -> bool:
    return abs(one.bottom - other.bottom) < _SAME if one.is_level else abs(one.left - other.left) < _SAME


def touching(rules: Sequence[Rule]) -> Iterator[list[Rule]]:
    """The rules in groups that meet or cross."""
    groups: list[tuple[Rule, list[Rule]]] = []
    for rule in sorted(rules, key=lambda rule: -rule.top):
        yield from (others for other, others in groups if other.bottom > rule.top + NEAR)  # none below meets them
        groups = [group for group in groups if group[0].bottom <= rule.top + NEAR]
        box, members = rule, [rule]
        apart: list[tuple[Rule, list[Rule]]] = []
        for other, others in groups:
            if _meet(other, rule) and any(_meet(one, rule) for one in others):
                box = Rule(*map(min, box[:2], other[:2]), *map(max, box[2:], other[2:]))
                members = others + members
            else:
                apart.append((other, others))
        groups = [*apart, (box, members)]
    yield from (members for _, members in groups)


def _meet(one: Rule, other: Rule) -> bool:
    return (
        one.left <= other.right + NEAR
        and other.left <= one.right + NEAR
        and one.bottom <= other.top + NEAR
        and other.bottom <= one.top + NEAR
    )


def holds(box: Rule, point: tuple[float, float]) -> bool:
    """Whether the point is in the box, or a point beside it."""
    return box.left - 1 <= point[0] <= box.right + 1 and box.bottom - 1 <= point[1] <= box.top + 1


def middle(box: Rule | Glyph) -> tuple[float, float]:
    """The middle of a box, from left to right and from bottom to top."""
    return (box.left + box.right) / 2, (box.bottom + box.top) / 2


def places(values: Sequence[float]) -> list[float]:
    """The values, those near each other once."""
    kept: list[float] = []
    for value in sorted(values):
        if not kept or value - kept[-1] > NEAR:
            kept.append(value)
    return kept


def stacked(level: Sequence[Rule]) -> Iterator[list[Rule]]:
    """Three and more rules of the same length below each other."""
    groups: list[list[Rule]] = []
    for rule in sorted(level, key=lambda rule: -rule.top):
        for group in groups:
            if abs(group[0].left - rule.left) < NEAR and abs(group[0].right - rule.right) < NEAR:
                group.append(rule)
                break
        else:
            groups.append([rule])
    yield from (group for group in groups if len(places([rule.top for rule in group])) >= 3)


def crosses(rules: Sequence[Rule], at: float, middle: float, is_level: bool) -> bool:
    """Whether one of the rules at this place passes the middle of a cell's side."""
    for rule in rules:
        place, start, end = (rule.top, rule.left, rule.right) if is_level else (rule.left, rule.bottom, rule.top)
        if abs(place - at) <= NEAR and start - NEAR <= middle <= end + NEAR:
            return True
    return False


def spanning(below: Sequence[Sequence[bool]], beside: Sequence[Sequence[bool]]) -> dict[tuple[int, int], int]:
    """The cell of each place of the grid, by number; places without a line between them are one cell."""
    cells: dict[tuple[int, int], int] = {}
    for row in range(len(below)):
        for column in range(len(below[0])):
            if (row, column) in cells:
                continue
            number, waiting = len(cells), [(row, column)]
            while waiting:
                place = waiting.pop()
                if place in cells:
                    continue
                cells[place] = number
                down, across = place
                if not below[down][across] and down + 1 < len(below):
                    waiting.append((down + 1, across))
                if down and not below[down - 1][across]:
                    waiting.append((down - 1, across))
                if not beside[down][across] and across + 1 < len(below[0]):
                    waiting.append((down, across + 1))
                if across and not beside[down][across - 1]:
                    waiting.append((down, across - 1))
    return cells


def are_boxes(cells: Mapping[tuple[int, int], int]) -> bool:
    """Whether every cell is a rectangle, as those of a table are and the places of a drawing are not."""
    held: dict[int, list[tuple[int, int]]] = {}
    for place, cell in cells.items():
        held.setdefault(cell, []).append(place)
    return all(
        len(places) == (1 + places[-1][0] - places[0][0]) * (1 + max(c for _, c in places) - min(c for _, c in places))
        for places in map(sorted, held.values())
    )
