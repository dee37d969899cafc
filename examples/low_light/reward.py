"""What detections at night are worth, in [0, 1]: nothing invented in the dark, boxes where they are, honest confidence.

An answer is ``{"detections": [{"label": "car", "bbox": [x1, y1, x2, y2], "confidence": 0.9}], "object_count": 1}``, and
``{"detections": [], "object_count": 0}`` where nothing can be seen. A count that is not that of the list earns nothing,
because whoever counts alarms reads it alone. The rule of confidence is Brier's: a detection that is right (same label,
an overlap of half or more) loses the square of what its confidence lacks to 1, a wrong one the square of its
confidence. So saying what one believes pays best. The mean of the metric ``detections/abstention/false_positive`` over
the dark pictures is the rate of false alarms.
"""

import json

from rewards import (
    JSON,
    AnswerFormat,
    Completion,
    Sample,
    Score,
    abstention,
    box_iou,
    gated,
    json_parse,
    product,
    schema_valid,
    weighted,
)

DETECTIONS, COUNT = AnswerFormat(key="detections"), AnswerFormat(key="object_count")
HIT = 0.5  # overlap from which a box counts as right

DETECTION = {
    "type": "object",
    "properties": {
        "label": {"enum": ["person", "car"]},
        "bbox": {
            "type": "array",
            "items": {"type": "integer", "minimum": 0, "maximum": 1000},
            "minItems": 4,
            "maxItems": 4,
        },
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
    },
    "required": ["label", "bbox", "confidence"],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": {
        "detections": {"type": "array", "items": DETECTION},
        "object_count": {"type": "integer", "minimum": 0},
    },
    "required": ["detections", "object_count"],
    "additionalProperties": False,
}

one_box = box_iou(threshold=HIT)


def calibrated(sample: Sample, completion: Completion, /) -> Score:
    """1 less the mean Brier loss of the confidences, in [0, 1]; 1 where nothing is reported."""
    reported = _entries(completion)
    if not reported:
        return Score(1.0, "nothing reported")
    expected = DETECTIONS.expected(sample)
    wanted = expected if isinstance(expected, list) else []
    losses = [(_confidence(entry) - float(_is_hit(entry, wanted))) ** 2 for entry in reported]
    return Score(1.0 - sum(losses) / len(losses), f"mean loss {sum(losses) / len(losses):.3g}")


def counted(sample: Sample, completion: Completion, /) -> Score:
    """1 where `object_count` is the number of detections, else 0."""
    (told,) = COUNT.value(completion) or (None,)
    reported = len(_entries(completion))
    return Score(float(told == reported and not isinstance(told, bool)), f"{told!r} told of {reported}")


def _entries(completion: Completion) -> list[JSON]:
    (found,) = DETECTIONS.value(completion) or ([],)
    return found if isinstance(found, list) else []


def _confidence(entry: JSON) -> float:
    value = entry.get("confidence") if isinstance(entry, dict) else None
    return float(value) if isinstance(value, int | float) and 0 <= value <= 1 else 1.0


def _is_hit(entry: JSON, wanted: list[JSON]) -> bool:
    return any(one_box(Sample("", (), reference=[one]), _alone(entry)).value >= HIT for one in wanted)


def _alone(entry: JSON) -> Completion:
    return Completion(json.dumps([entry]))


detections = product(
    {
        "abstention": abstention(DETECTIONS),
        "boxes": box_iou(DETECTIONS),
        "confidence": calibrated,
        "count": counted,
    }
)
reward = weighted(
    {
        "json": (json_parse("object"), 0.05),
        "detections": (gated(detections, by=schema_valid(SCHEMA), threshold=1.0), 0.95),
    }
)
