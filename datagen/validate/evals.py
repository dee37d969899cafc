"""Rows of evaluation jobs and of continued pre-training."""

from __future__ import annotations

from datagen.validate.walk import JsonObject, Walk, given, shown


def walk_gen_qa(walk: Walk, row: JsonObject) -> None:
    """A row of ``gen_qa.jsonl``: a query, the expected response, and perhaps images as base64."""
    row = given(row, ("system", "images"))
    optional = ("system", "images", "metadata")
    walk.keys(row, "", required=("query", "response"), optional=optional, strangers="unknown-key")
    _walk_texts(walk, row, ("query", "response"))
    if "system" in row and walk.has_type(row["system"], str, "system") and not row["system"].strip():
        walk.add("blank", "system", "a text without a word")
    if not isinstance(row.get("metadata", ""), str):
        walk.add("metadata-type", "metadata", f"expected text, got {shown(row['metadata'])}")
    _walk_images(walk, row)


def walk_judge(walk: Walk, row: JsonObject) -> None:
    """A row of ``llm_judge.jsonl``: a prompt and two answers."""
    row = given(row, ("images",))
    walk.keys(row, "", required=("prompt", "response_A", "response_B"), optional=("images",), strangers="unknown-key")
    _walk_texts(walk, row, ("prompt", "response_A", "response_B"))
    _walk_images(walk, row)


def walk_cpt(walk: Walk, row: JsonObject) -> None:
    """A row of continued pre-training: text and nothing else."""
    walk.keys(row, "", required=("text",), strangers="unknown-key")
    _walk_texts(walk, row, ("text",))


def _walk_texts(walk: Walk, row: JsonObject, keys: tuple[str, ...]) -> None:
    for key in keys:
        if key in row:
            walk.filled(row[key], str, key)


def _walk_images(walk: Walk, row: JsonObject) -> None:
    if "images" not in row or not walk.has_type(row["images"], list, "images"):
        return
    if not row["images"]:
        walk.add("blank", "images", "an empty list; leave the key out")
    for index, image in enumerate(row["images"]):
        address = image.get("data") if isinstance(image, dict) else None
        if (
            not isinstance(address, str)
            or not address.startswith("data:image/")
            or ";base64," not in address[:100].lower()
        ):
            walk.add("image-data", f"images[{index}].data", f"expected data:image/png;base64,..., got {shown(address)}")
