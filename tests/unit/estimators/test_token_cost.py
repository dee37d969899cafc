"""What training on a file is billed: text by its length, a picture by its size, never an address or its bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from estimators.plan import JobPlan, plan_from_json
from estimators.token_cost import Usd, tokens_of_file

S3 = {"image": {"format": "png", "source": {"s3Location": {"uri": "s3://bucket/a.png"}}}}
INSIDE = {"image": {"format": "png", "source": {"bytes": "A" * 100_000}}}
OPENAI = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000}}
VIDEO = {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://bucket/a.mp4"}}}}
TOOL = {"text": '{"image": "a.png"}', "image": "the word alone", "file": {"name": "not a medium"}}


def row(*blocks: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"text": "What is it?"}, *blocks]}]}


def of(tmp_path: Path, *rows: dict[str, Any], model: str = "nova-2-lite") -> Any:
    path = tmp_path / "train.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in rows))
    return tokens_of_file(path, epochs=2, price=Usd(0.001, 0.001), model=model)


@pytest.mark.parametrize(("model", "low", "high"), [("nova-2-lite", 230, 230), ("nova-lite", 780, 2493)])
@pytest.mark.parametrize("picture", [S3, INSIDE, OPENAI], ids=["in S3", "inside", "of OpenAI"])
def test_a_picture_costs_by_its_size_wherever_it_lies(
    tmp_path: Path, picture: dict[str, Any], model: str, low: int, high: int
):
    with_it, without = of(tmp_path, row(picture), model=model), of(tmp_path, row(), model=model)
    assert with_it.pictures == 1
    assert low <= with_it.low - without.low <= low + 20  # the block around it is text
    assert high <= with_it.high - without.high <= high + 40


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(counts=st.lists(st.integers(0, 5), min_size=1, max_size=6), size=st.integers(1, 10_000))
def test_every_picture_is_counted_and_its_bytes_are_not(tmp_path: Path, counts: list[int], size: int):
    picture = {"image": {"format": "png", "source": {"bytes": "A" * size}}}
    found = of(tmp_path, *(row(*[picture] * count) for count in counts))
    assert found.pictures == sum(counts)
    assert found == of(tmp_path, *(row(*[S3] * count) for count in counts))


def test_a_video_is_said_not_to_be_counted_and_a_word_is_no_picture(tmp_path: Path):
    found = of(tmp_path, row(VIDEO, S3), row(TOOL))
    assert (found.pictures, found.uncounted) == (1, 1)
    assert "1 pictures among them, and what 1 videos or documents cost x 2 epochs" in str(found)
    assert "pictures" not in str(of(tmp_path, row()))


def test_a_kept_plan_keeps_its_pictures(tmp_path: Path):
    plan = JobPlan("bedrock", "CreateModelCustomizationJob", "sft", "a", "us-east-1", {}, cost=of(tmp_path, row(S3)))
    assert plan_from_json(plan.to_json()).cost == plan.cost
