"""Images for training: inspect, prepare, label, and review with their boxes."""

from datagen.images.boxes import checked_boxes, normalised, turned
from datagen.images.facts import ImageFacts, image_tokens, inspect, problems_of_file, problems_of_image
from datagen.images.prepare import Prepared, prepare
from datagen.images.sheet import contact_sheet
from rewards.components.boxes import Box

__all__ = [
    "Box",
    "ImageFacts",
    "Prepared",
    "checked_boxes",
    "contact_sheet",
    "image_tokens",
    "inspect",
    "normalised",
    "prepare",
    "problems_of_file",
    "problems_of_image",
    "turned",
]
