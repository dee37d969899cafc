"""Components for object detection: how many boxes, where, and whether a few large ones cover a crowd."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from rewards.comparing.matching import best_total, over_longer
from rewards.errors import UngradableError
from rewards.hedging import Hedging
from rewards.limits import MAX_CALLS
from rewards.parsing.answers import WHOLE_ANSWER, AnswerFormat
from rewards.parsing.references import shown
from rewards.reward_tree import check_unit_interval
from rewards.types import JSON, Completion, Sample, Score


@dataclass(frozen=True, slots=True)
class BoxFormat:
    """How a box is written: an object with `[x1, y1, x2, y2]` under `box` and a name under `label`, or that array
    alone.

    `scale` is the size of the square that the answer's coordinates lie in, such as 1000 for Nova. The reference is
    then in pixels of an image whose `width` and `height` stand in the sample's metadata. With 0 both sides use one
    scale.
    """

    box: str = "bbox"
    label: str = "label"
    scale: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.scale) and self.scale >= 0):
            raise ValueError(f"scale must be finite and not negative, got {self.scale!r}")


class Box(NamedTuple):
    """A rectangle from (x1, y1) to (x2, y2), y downwards. Corners are real numbers: no extra pixel at the far edges."""

    x1: float
    y1: float
    x2: float
    y2: float
    label: str = ""

    @property
    def area(self) -> float:
        """Width times height."""
        return (self.x2 - self.x1) * (self.y2 - self.y1)

    def scaled(self, across: float, down: float) -> Box:
        """The box on another scale: `across` and `down` are factors."""
        return Box(self.x1 * across, self.y1 * down, self.x2 * across, self.y2 * down, self.label)


NOVA_BOXES = BoxFormat()


def box_count(
    answer: AnswerFormat = WHOLE_ANSWER,
    *,
    boxes: BoxFormat = NOVA_BOXES,
    low: int | None = None,
    high: int | None = None,
    crowd: int | None = None,
    crowd_high: int = 3,
) -> BoxCount:
    """How near the number of boxes is to what is asked, in [0, 1]: 1 inside the range, k / low below it, high / k
    above. An entry that is no box takes a place and counts for nothing: min(boxes, high) / max(entries, low).

    Without `low` and `high` the reference's number is asked for. With `crowd`, a reference of more than that many
    objects asks for 1 to `crowd_high` large boxes instead: see `coverage` for whether they cover them.

    Source: the count factor of VLM-R1 (arXiv 2504.07615), made symmetric and given a range.

    >>> from rewards import Completion, Sample
    >>> box_count()(Sample("a", (), reference=[[0, 0, 1, 1]]), Completion("[[0, 0, 1, 1], [0, 0, 2, 2]]")).value
    0.5
    """
    if (low is None) != (high is None) or (low is not None and high is not None and not 0 <= low <= high):
        raise ValueError(f"give both low and high, with 0 <= low <= high, or neither, got {low!r} and {high!r}")
    if crowd is not None and (crowd < 0 or crowd_high < 1):
        raise ValueError(f"crowd must be at least 0 and crowd_high at least 1, got {crowd!r} and {crowd_high!r}")
    return BoxCount(answer, boxes, low, high, crowd, crowd_high)


def box_iou(answer: AnswerFormat = WHOLE_ANSWER, *, boxes: BoxFormat = NOVA_BOXES, threshold: float = 0.0) -> BoxIoU:
    """Total overlap of the best pairing of boxes with one label, over the larger number of boxes, in [0, 1].

    The overlap of a pair is intersection over union, and 0 below `threshold`. 1 only where boxes and labels are
    identical up to order. A box that is not one (not finite, no area, corners swapped) takes a place and earns
    nothing.

    Source: optimal assignment as in DETR (arXiv 2005.12872); S / max(n, m) of docs/rewards.md.

    >>> from rewards import Completion, Sample
    >>> box_iou()(Sample("a", (), reference=[[0, 0, 10, 10]]), Completion("[[0, 0, 10, 5], [20, 20, 30, 30]]")).value
    0.25
    """
    return BoxIoU(answer, boxes, check_unit_interval("threshold", threshold))


def coverage(answer: AnswerFormat = WHOLE_ANSWER, *, boxes: BoxFormat = NOVA_BOXES, inside: float = 0.9) -> Coverage:
    """How well a few large boxes hold all reference objects and nothing else, in [0, 1].

        mean over objects of the precision of the best box that holds it
        ---------------------------------------------------------------------------------
        max(1, sum over useful boxes of max(share of R inside, 1 - precision)) + useless entries

    R is the rectangle around all objects, and the precision of a box the share of its area that lies in R. A box holds
    an object where at least `inside` of the object's area lies in it; it is useful where it holds one. Entries that
    are no boxes are useless. Labels play no part. 1 where useful boxes inside R hold everything and do not fill R
    twice.

    Making an entry a box, or putting any box in the place of a useless one, never lowers the score: the mean cannot
    fall, one useless entry less takes 1 from the denominator, and a useful box adds at most 1. Where one box around
    all objects is right, nor does setting one of its coordinates right: the precision is a product of two shares of
    sides, of which one rises and the other stays, and no object is lost.

    Source: ours; made for "few large boxes where there are many objects".

    >>> from rewards import Completion, Sample
    >>> crowd = Sample("a", (), reference=[[0, 0, 2, 2], [2, 2, 4, 4]])
    >>> coverage()(crowd, Completion("[[0, 0, 4, 4]]")).value, coverage()(crowd, Completion("[[0, 0, 8, 8]]")).value
    (1.0, 0.25)
    """
    if not 0 < inside <= 1:
        raise ValueError(f"inside must lie in (0, 1], got {inside!r}")
    return Coverage(answer, boxes, inside)


@dataclass(frozen=True)
class BoxCount:
    """See `box_count`."""

    name: ClassVar[str] = "box_count"
    metric_names: ClassVar[tuple[str, ...]] = ("boxes",)
    answer: AnswerFormat = WHOLE_ANSWER
    boxes: BoxFormat = NOVA_BOXES
    low: int | None = None
    high: int | None = None
    crowd: int | None = None
    crowd_high: int = 3

    @property
    def hedging(self) -> Hedging:
        """A fixed range asks for the same number whatever is right."""
        fixed = self.low is not None and self.crowd is None
        return Hedging.NO_REFERENCE if fixed else Hedging.NEVER_PAYS

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge the number of boxes."""
        low, high = self.expected(sample)
        found = _found_list(self.answer, completion)
        if found is None:
            return Score(0.0, "no list of boxes", {"boxes": None})
        count = sum(read_box(item, self.boxes) is not None for item in found)
        value = over_longer(float(min(count, high)), len(found), low)
        return Score(value, f"{count} boxes, {low} to {high} asked", {"boxes": float(count)})

    def expected(self, sample: Sample) -> tuple[int, int]:
        """The least and greatest number asked for; raises UngradableError where the reference should say and does
        not."""
        if self.low is not None and self.high is not None and self.crowd is None:
            return self.low, self.high
        count = len(_reference_boxes(self.answer, self.boxes, sample))
        if self.crowd is not None and count > self.crowd:
            return 1, self.crowd_high
        return (count, count) if self.low is None or self.high is None else (self.low, self.high)


@dataclass(frozen=True)
class BoxIoU:
    """See `box_iou`."""

    name: ClassVar[str] = "box_iou"
    hedging: ClassVar[Hedging] = Hedging.NEVER_PAYS
    answer: AnswerFormat = WHOLE_ANSWER
    boxes: BoxFormat = NOVA_BOXES
    threshold: float = 0.0

    def expected(self, sample: Sample) -> list[Box]:
        """The boxes it compares with; raises UngradableError where they are none."""
        return _expected_boxes(self.answer, self.boxes, sample)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge the boxes of the answer."""
        expected, found = self.expected(sample), _found_list(self.answer, completion)
        if found is None or len(found) > MAX_CALLS:
            return Score(0.0, "no list of boxes" if found is None else f"more than {MAX_CALLS} boxes")
        given = [box for item in found if (box := read_box(item, self.boxes))]
        total = math.fsum(self._of_label(label, given, expected) for label in {box.label for box in expected})
        return Score(over_longer(total, len(found), len(expected)), f"{total:.3g} of {len(expected)} boxes")

    def _of_label(self, label: str, given: Sequence[Box], expected: Sequence[Box]) -> float:
        wanted = [box for box in expected if box.label == label]
        return best_total([[self._overlap(box, w) for w in wanted] for box in given if box.label == label])

    def _overlap(self, left: Box, right: Box) -> float:
        overlap = iou(left, right)
        return overlap if overlap >= self.threshold else 0.0


class _Cover(NamedTuple):
    """What a box does for the objects: which it holds, its share inside the rectangle around all, and what it costs."""

    holds: list[bool]
    precision: float
    cost: float


@dataclass(frozen=True)
class Coverage:
    """See `coverage`."""

    name: ClassVar[str] = "coverage"
    metric_names: ClassVar[tuple[str, ...]] = ("covered", "waste")
    hedging: ClassVar[Hedging] = Hedging.CAN_PAY
    answer: AnswerFormat = WHOLE_ANSWER
    boxes: BoxFormat = NOVA_BOXES
    inside: float = 0.9

    def expected(self, sample: Sample) -> list[Box]:
        """The boxes it compares with; raises UngradableError where they are none."""
        return _expected_boxes(self.answer, self.boxes, sample)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge whether the boxes of the answer cover the objects."""
        targets, found = self.expected(sample), _found_list(self.answer, completion)
        if found is None or len(found) > MAX_CALLS:
            return Score(0.0, "no list of boxes", {"covered": None, "waste": None})
        if not (found and targets):
            right = found == [] and not targets
            return Score(float(right), "rightly no box" if right else "no box", {"covered": float(right), "waste": 0.0})
        around = _around(targets)
        covers = [self._cover(box, targets, around) for item in found if (box := read_box(item, self.boxes))]
        useful = [cover for cover in covers if any(cover.holds)]
        best = [max((c.precision for c in useful if c.holds[index]), default=0.0) for index in range(len(targets))]
        costs = max(1.0, math.fsum(cover.cost for cover in useful)) + len(found) - len(useful)
        value, covered = math.fsum(best) / len(targets) / costs, sum(map(bool, best)) / len(targets)
        waste = 1.0 - value / covered if covered else 0.0
        return Score(value, f"{covered:.3g} covered", {"covered": covered, "waste": waste})

    def _cover(self, box: Box, targets: Sequence[Box], around: Box) -> _Cover:
        inside = _intersection(box, around)
        precision = inside / box.area
        holds = [_intersection(box, target) >= self.inside * target.area for target in targets]
        return _Cover(holds, precision, max(inside / around.area, 1.0 - precision))


def iou(left: Box, right: Box) -> float:
    """Intersection over union of two boxes, in [0, 1]."""
    if left[:4] == right[:4]:
        return 1.0
    common = _intersection(left, right)
    return min(1.0, common / (left.area + right.area - common)) if common > 0 else 0.0


def read_box(item: JSON, form: BoxFormat) -> Box | None:
    """`item` as a box, or None where it is none: not four finite numbers, or without an area."""
    box = read_corners(item, form)
    return box if box and box.x1 < box.x2 and box.y1 < box.y2 and box.area > 0 else None


def read_corners(item: JSON, form: BoxFormat) -> Box | None:
    """`item` as four finite numbers and a label, whatever rectangle they make; None where it is something else."""
    corners, label = item, ""
    if isinstance(item, dict):
        corners, name = item.get(form.box), item.get(form.label, "")
        if not isinstance(name, str):
            return None
        label = name.strip()
    if not isinstance(corners, list) or len(corners) != 4:
        return None
    numbers = [float(c) for c in corners if isinstance(c, int | float) and not isinstance(c, bool) and abs(c) < 1e9]
    if len(numbers) != 4:
        return None
    x1, y1, x2, y2 = numbers
    return Box(x1, y1, x2, y2, label)


def _found_list(answer: AnswerFormat, completion: Completion) -> list[JSON] | None:
    found = answer.value(completion)
    return found[0] if found and isinstance(found[0], list) else None


def _expected_boxes(answer: AnswerFormat, form: BoxFormat, sample: Sample) -> list[Box]:
    return [_scaled(box, form, sample) for box in _reference_boxes(answer, form, sample)]


def _reference_boxes(answer: AnswerFormat, form: BoxFormat, sample: Sample) -> list[Box]:
    expected = answer.expected_structure(sample)
    boxes = [read_box(item, form) for item in expected] if isinstance(expected, list) else [None]
    if None in boxes:
        raise UngradableError(f"the reference of sample {sample.id!r} must be a list of boxes, got {shown(expected)}")
    return [box for box in boxes if box]


def _scaled(box: Box, form: BoxFormat, sample: Sample) -> Box:
    if not form.scale:
        return box
    across, down = _size(sample, "width", form.scale), _size(sample, "height", form.scale)
    return box.scaled(across, down)


def _size(sample: Sample, side: str, scale: float) -> float:
    pixels = sample.metadata.get(side)
    if isinstance(pixels, bool) or not isinstance(pixels, int | float) or not 0 < pixels < 1e9:
        raise UngradableError(f"sample {sample.id!r} needs the image's {side} in its metadata, got {shown(pixels)}")
    return scale / pixels


def _intersection(left: Box, right: Box) -> float:
    across = min(left.x2, right.x2) - max(left.x1, right.x1)
    down = min(left.y2, right.y2) - max(left.y1, right.y1)
    return across * down if across > 0 and down > 0 else 0.0


def _around(boxes: Sequence[Box]) -> Box:
    x1, y1 = min(box.x1 for box in boxes), min(box.y1 for box in boxes)
    return Box(x1, y1, max(box.x2 for box in boxes), max(box.y2 for box in boxes))
