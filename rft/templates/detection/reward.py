"""What boxes are worth, in [0, 1]: exact ones for a few objects, large ones for a crowd, none in the dark.

The reference lists all objects of the scene. Annotated in pixels? `BoxFormat(scale=1000)` brings them to the scale of
the answers, with `width` and `height` in each row.
"""

from rewards import (
    JSON,
    AnswerFormat,
    Completion,
    Sample,
    Score,
    abstention,
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
CROWD = 4  # more objects than this are not worth a box each

# Whatever the schema does not know, an answer could carry for free: invented keys, labels that mean nothing.
BOX = {
    "type": "object",
    "properties": {
        "label": {"enum": ["truck", "ship", "plane", "tank", "car", "boat", "tent"]},
        "bbox": {
            "type": "array",
            "items": {"type": "number", "minimum": 0, "maximum": 1000},
            "minItems": 4,
            "maxItems": 4,
        },
    },
    "required": ["label", "bbox"],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": {"boxes": {"type": "array", "items": BOX}},
    "required": ["boxes"],
    "additionalProperties": False,
}

precise = box_iou(BOXES)
cover = coverage(BOXES)


def placement(sample: Sample, completion: Completion, /) -> Score:
    """Overlap with each object, or the share of a crowd that the boxes cover without waste, under its name."""
    objects = BOXES.expected(sample)
    if not isinstance(objects, list) or len(objects) <= CROWD:
        score = precise(sample, completion)
        return Score(score.value, score.reason)
    score = cover(sample, completion)
    # Without coverage's metrics: every row must report the same names.
    return Score(score.value * named(objects, completion), score.reason)


def named(objects: list[JSON], completion: Completion) -> float:
    """Share of the boxes that bear the label of one of the objects; coverage itself does not look at labels."""
    (found,) = BOXES.value(completion) or ([],)
    kinds = [item.get("label") for item in objects if isinstance(item, dict)]
    labels = [item.get("label") for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    return sum(label in kinds for label in labels) / len(labels) if labels else 1.0


# A product, because each is a precondition of the others: a box in the dark, or forty boxes, must not be paid for.
# The mean of the metric boxes/abstention/false_positive over the dark scenes is the false-positive rate.
boxes = product(
    {
        "abstention": abstention(BOXES),
        "box_count": box_count(BOXES, crowd=CROWD, crowd_high=2),
        "placement": placement,
    }
)
reward = weighted(
    {
        "json_parse": (json_parse("object"), 0.1),
        "boxes": (gated(boxes, by=schema_valid(SCHEMA), threshold=1.0), 0.9),
    }
)
