"""What boxes are worth, in [0, 1]: one for each vehicle where there are few, one to three large ones for a crowd.

The reference lists all vehicles, as ``[x1, y1, x2, y2]`` or as an object with such a ``bbox``; the answer may be
written either way. The metric ``boxes/boxes`` is the number of boxes of an answer, whatever it earns.
"""

from rewards import (
    AnswerFormat,
    Completion,
    Sample,
    Score,
    box_count,
    box_iou,
    coverage,
    gated,
    json_parse,
    product,
    schema_valid,
    weighted,
)

BOXES = AnswerFormat(key="boxes")
CROWD, FEW = 4, 3  # more vehicles than CROWD are asked for in at most FEW boxes

CORNERS = {
    "type": "array",
    "items": {"type": "integer", "minimum": 0, "maximum": 1000},
    "minItems": 4,
    "maxItems": 4,
}
NAMED = {
    "type": "object",
    "properties": {"label": {"const": "vehicle"}, "bbox": CORNERS},
    "required": ["label", "bbox"],
    "additionalProperties": False,
}
# Whatever the schema does not know, an answer could carry for free.
SCHEMA = {
    "type": "object",
    "properties": {"boxes": {"type": "array", "items": {"anyOf": [CORNERS, NAMED]}}},
    "required": ["boxes"],
    "additionalProperties": False,
}

precise = box_iou(BOXES)
cover = coverage(BOXES)


def placement(sample: Sample, completion: Completion, /) -> Score:
    """Overlap with each of a few vehicles, or the share of a crowd that the boxes cover without waste."""
    vehicles = BOXES.expected(sample)
    few = not isinstance(vehicles, list) or len(vehicles) <= CROWD
    score = precise(sample, completion) if few else cover(sample, completion)
    return Score(score.value, score.reason)  # without coverage's metrics: every row must report the same names


# A product: boxes that cover all and are forty, and three boxes that cover nothing, are both worth little.
boxes = product({"count": box_count(BOXES, crowd=CROWD, crowd_high=FEW), "placement": placement})
reward = weighted(
    {
        "json": (json_parse("object"), 0.05),
        "boxes": (gated(boxes, by=schema_valid(SCHEMA), threshold=1.0), 0.95),
    }
)
