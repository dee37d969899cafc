"""Pictures in the viewer: small copies inside the page, boxes on one scale, and nothing that a model wrote is run."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from rft.report.judged import Judged
from rft.report.picturing import MOST_BOXES, boxes_in_text, boxes_of, named_pictures, reference_boxes, small_copies
from rft.report.viewing import data_of, page_of, view_rows

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def seen(name: str, said: str = '{"boxes":[[0,0,500,500]]}', **more: Any) -> dict[str, Any]:
    place = {"s3Location": {"uri": f"s3://bucket/a/{name}", "bucketOwner": "1"}}
    asked = [{"image": {"format": "jpeg", "source": place}}, {"text": "where?"}]
    turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
    return {
        "rollout_version": 1, "row_id": name, "messages": turns, "reference_answer": {"boxes": [[10, 20, 110, 220]]},
        "score": 1.0, **more,
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("RGB", (1300, 650), "red").save(tmp_path / "there.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xffnothing")
    return tmp_path


def test_only_pictures_that_are_there_and_can_be_read_are_copied(folder: Path) -> None:
    names = ("there.jpg", "broken.jpg", "gone.jpg", "..", "x" * 5_000, "a\0b.jpg")
    copies = small_copies([seen(name) for name in names], folder)
    assert list(copies) == ["there.jpg"]
    copy = Image.open(io.BytesIO(base64.b64decode(copies["there.jpg"].split(",")[1])))
    assert copy.size == (640, 320)  # 1300 x 650 within 640


def test_a_rollout_has_its_boxes_only_beside_a_picture(folder: Path) -> None:
    records = [seen("there.jpg"), seen("gone.jpg")]
    rows = view_rows({"m": [Judged(line, record) for line, record in enumerate(records, 1)]})
    data = data_of(rows, "t", small_copies(records, folder))
    assert [prompt.get("picture") for prompt in data["prompts"]] == ["there.jpg", None]
    assert data["prompts"][0]["boxes"] == [[10, 20, 110, 220]]
    assert [row.get("boxes") for row in data["rows"]] == [[[0, 0, 500, 500]], None]


def test_reference_boxes_in_pixels_are_brought_to_novas_scale() -> None:
    in_pixels = seen("a.jpg", metadata={"width": 200, "height": 400})
    assert [tuple(box[:4]) for box in reference_boxes(in_pixels)] == [(50, 50, 550, 550)]
    assert [tuple(box[:4]) for box in reference_boxes(seen("a.jpg"))] == [(10, 20, 110, 220)]


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ('{"boxes": [[0, 0, 9, 9], {"bbox": [1, 1, 2, 2], "label": "car"}]}', 2),
        ("[[0, 0, 9, 9]]", 1),
        ('{"boxes": [[9, 9, 0, 0], [0, 0, 9, 9], "x"]}', 1),  # corners swapped, and no box at all
        ('{"numbers": [1, 2, 3, 4]}', 0),
        ('{"boxes": []}', 0),
        ("two cars", 0),
        (json.dumps({"boxes": [[0, 0, 9, 9]] * (MOST_BOXES + 5)}), MOST_BOXES),
    ],
)
def test_boxes_of_a_completion(said: str, count: int) -> None:
    assert len(boxes_in_text(said)) == count


@given(JSON_VALUES)
def test_no_row_of_any_shape_raises(value: Any) -> None:
    boxes_of(value)
    named_pictures({"messages": [{"role": "user", "content": value}, {"role": "assistant", "content": "x"}]})
    reference_boxes({"messages": [], "reference_answer": value, "metadata": value})


def test_a_name_that_would_act_stays_text(folder: Path) -> None:
    name = "<img src=x onerror=alert(1)>.jpg"
    Image.new("RGB", (30, 30)).save(folder / name)
    record = seen(name)
    page = page_of(view_rows({"m": [Judged(1, record)]}), "t", small_copies([record], folder))
    assert name not in page
    assert "data:image/jpeg;base64," in page
