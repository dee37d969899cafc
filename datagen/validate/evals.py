"""Rows of evaluation jobs and of continued pre-training."""

from __future__ import annotations

from datagen.validate.walk import JsonObject, Walk, filled, given, not_blank, shown


def walk_gen_qa(walk: Walk, row: JsonObject) -> None:
    """A row of ``gen_qa.jsonl``: a query, the expected response, and perhaps images as base64."""
    row = given(row, ("system", "images"))
    optional = ("system", "images", "metadata")
    walk.keys(row, "", required=("query", "response"), optional=optional, strangers="unknown-key")
    _walk_texts(walk, row, ("query", "response"))
    if "system" in row:
        walk.judged(not_blank, row["system"], "system")
    if "metadata" in row:
        walk.judged(_metadata, row["metadata"], "metadata")
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
            walk.judged(filled, row[key], key)


def _walk_images(walk: Walk, row: JsonObject) -> None:
    if "images" not in row or not walk.has_type(row["images"], list, "images"):
        return
    if not row["images"]:
        walk.add("blank", "images", "an empty list; leave the key out")
    for index, image in enumerate(row["images"]):
        address = image.get("data") if isinstance(image, dict) else None
        walk.judged(_address, address, f"images[{index}].data")


def _metadata(walk: Walk, value: object, path: str) -> None:
    if not isinstance(value, str):
        walk.add("metadata-type", path, f"expected text, got {shown(value)}")


def _address(walk: Walk, address: object, path: str) -> None:
    written = isinstance(address, str) and address.startswith("data:image/") and ";base64," in address[:100].lower()
    if not written:
        walk.add("image-data", path, f"expected data:image/png;base64,..., got {shown(address)}")
