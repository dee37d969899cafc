"""The examples with pictures, at a small size: their data is that of the seed, and each step leaves what it says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen import RowsConfig, make, make_from_rows
from datagen.images import checked_boxes, inspect
from examples.aerial_boxes import __main__ as aerial
from examples.aerial_boxes import played, words
from examples.aerial_boxes.scenes import CROWD, HEIGHT, WIDTH, scene_in_pixels, scene_in_words
from examples.image_keywords import __main__ as keywords
from examples.image_keywords import rows as keyword_rows
from examples.image_keywords.scenes import described
from examples.low_light import __main__ as night
from examples.low_light import scenes as night_scenes
from examples.low_light import words as night_words
from rewards import Completion, Sample, load_reward
from rewards.audit import AuditConfig, audit, bounded, lift, read_cases
from rewards.components.boxes import iou
from rft.project import load_project

EXAMPLES = Path(__file__).parents[2] / "examples"


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def ran_small(main: Any, out: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> Path:
    monkeypatch.setattr(sys, "argv", ["example", "--small", "--out", str(out), *more])
    main()
    return out


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["train", "test"]))
def test_vehicles_lie_inside_the_picture_and_on_no_other(index: int, split: str) -> None:
    scene = scene_in_pixels(7, split, index)
    assert 1 <= len(scene.vehicles) <= 150
    assert list(checked_boxes(scene.vehicles, WIDTH, HEIGHT)) == []
    for group in scene.groups:
        assert all(iou(one, other) == 0 for place, one in enumerate(group) for other in group[:place])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000))
def test_a_scene_in_words_stays_on_its_grid_and_a_right_answer_has_at_most_four_boxes(index: int) -> None:
    scene = scene_in_words(7, "test", index)
    assert list(checked_boxes(scene.vehicles, 10, 10)) == []
    assert len(set(scene.vehicles)) == len(scene.vehicles) <= 12
    assert len(scene.asked) <= 4


def test_the_documents_are_those_of_the_seed() -> None:
    folder = EXAMPLES / "aerial_boxes" / "documents"
    seed = load_project(folder.parent / "project.yaml").project.seed
    assert {path.name: path.read_text("utf-8") for path in folder.iterdir()} == dict(words.documents(seed))


@pytest.mark.parametrize(
    ("example", "made", "told"),
    [("low_light", night_words, night_scenes.described), ("image_keywords", keyword_rows, described)],
)
def test_the_rows_are_those_of_the_seed_and_no_test_row_is_in_training(example: str, made: Any, told: Any) -> None:
    folder = EXAMPLES / example
    seed = load_project(folder / "project.yaml").project.seed
    scenes = {split: made.scenes_of(seed, split, count) for split, count in made.SPLITS.items()}
    for split, found in scenes.items():
        assert (folder / f"{split}.csv").read_text("utf-8") == made.csv_of(found)
    assert not set(map(told, scenes["train"])) & set(map(told, scenes["test"]))


@pytest.mark.parametrize("example", ["aerial_boxes", "low_light", "image_keywords"])
def test_the_audit_of_the_reward_is_clean(example: str, tmp_path: Path) -> None:
    folder = EXAMPLES / example
    project = load_project(folder / "project.yaml").project
    data = project.data
    making = make_from_rows if isinstance(data, RowsConfig) else make
    made = making(data, root=folder, seed=project.seed, out=tmp_path / "data")  # type: ignore[arg-type] # of its kind
    assert made.rows["rejects"] == 0
    reward = load_reward(f"{folder / 'reward.py'}:reward")
    quick = bounded(AuditConfig(law_examples=20, hostile_bytes=3_000, search_calls=200), reward)
    report = audit(lift(reward), read_cases(tmp_path / "data" / "rft" / "test.jsonl"), quick)
    assert [(one.code, one.message) for one in report.findings if one.severity != "note"] == []


def test_aerial_pictures_become_an_sft_file_and_played_answers_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = ran_small(aerial.main, tmp_path, monkeypatch, "--only", "pictures") / "pictures"
    assert [inspect(out / folder / "train-001.jpg").format for folder in ("train", "train-fit")] == ["MPO", "JPEG"]
    before, after = lines(out / "train-boxes.jsonl"), lines(out / "train-fit" / "boxes.jsonl")
    first, scaled = before[0]["boxes"][0]["bbox"], after[0]["boxes"][0]["bbox"]
    assert scaled == pytest.approx([side * 1568 / WIDTH for side in first], abs=0.6)
    rows = lines(out / "sft.jsonl")
    places = [row["messages"][0]["content"][0]["image"]["source"]["s3Location"]["uri"] for row in rows]
    assert len(set(places)) == len(rows) == aerial.SMALL.labelled
    answers = sum(len(lines(path)) for path in (out / "answers").iterdir())
    assert answers == 2 * 2 * aerial.REPEATS * aerial.SMALL.tested
    assert (out / "figures" / "four-panel.svg").is_file()
    assert "data:image/jpeg;base64," in (out / "view.html").read_text("utf-8")


def test_the_rows_of_the_tuning_draw_few_boxes_where_told_to_and_in_half_of_the_other_crowds(tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text('{"messages": []}\n', encoding="utf-8")
    assert words.write_tuning(tmp_path / "rows.jsonl", 7, own, 40) == 81
    drawn: dict[str, list[int]] = {words.FEW_WORDS: [], words.EACH_WORDS: []}
    for row in lines(tmp_path / "rows.jsonl"):
        if not row["messages"]:
            continue
        asked, answer = (turn["content"][0]["text"] for turn in row["messages"])
        if asked.count(";") + asked.count("Area") > CROWD:
            drawn[next(told for told in drawn if asked.startswith(told))].append(len(json.loads(answer)["boxes"]))
    assert max(drawn[words.FEW_WORDS]) <= 2  # one around each car park
    shares = [count > CROWD for count in drawn[words.EACH_WORDS]]
    assert 0.3 < sum(shares) / len(shares) < 0.7


def test_played_answers_draw_fewer_boxes_when_tuned_and_told() -> None:
    scene = scene_in_pixels(7, "test", 0)
    counts = {
        (model, prompt): sum(
            len(json.loads(played.played(scene, model, prompt, repeat, seed=7))["boxes"]) for repeat in range(20)
        )
        for model in aerial.MODELS
        for prompt in aerial.PROMPTS
    }
    assert counts["tuned", "few"] < counts["tuned", "each"] < counts["base", "each"]


def test_the_contrast_of_a_thing_in_the_dark_is_in_the_file_as_it_was_drawn(tmp_path: Path) -> None:
    for index in range(10):
        scene = night_scenes.scene_in_pixels(7, index)
        path = tmp_path / f"{scene.name}.png"
        night_scenes.draw(scene, path)
        for thing in scene.things:
            assert night_scenes.measured_contrast(path, thing.box) == pytest.approx(thing.contrast, abs=0.15)


def test_honest_confidence_pays_best() -> None:
    judge = load_reward(f"{EXAMPLES / 'low_light' / 'reward.py'}:reward")
    there = {"label": "car", "bbox": [10, 10, 30, 20], "confidence": 1}
    sample = Sample("a", (), reference={"detections": [there], "object_count": 1})

    def earned(*found: Any, count: int | None = None) -> float:
        told = len(found) if count is None else count
        return judge(sample, Completion(json.dumps({"detections": list(found), "object_count": told}))).value

    assert earned(there) == 1.0
    assert earned(there, count=0) == pytest.approx(0.05)  # whoever counts alarms reads the count alone
    assert earned({**there, "confidence": 0.9}) == pytest.approx(0.05 + 0.95 * (1 - 0.1**2))
    assert earned({**there, "confidence": 0}) == pytest.approx(0.05)
    wrong = {"label": "person", "bbox": [50, 50, 60, 90]}
    assert earned(there, {**wrong, "confidence": 0.1}) > earned(there, {**wrong, "confidence": 0.9})


def test_night_pictures_and_their_false_alarms_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ran_small(night.main, tmp_path, monkeypatch, "--only", "pictures") / "pictures"
    dark = [row for row in lines(out / "answers" / "base.jsonl") if row["light"] == "dark"]
    assert all(row["reference_answer"]["detections"] == [] for row in dark)
    alarms = sum(row["metrics"][night.FALSE_ALARM] for row in dark)
    assert f"{alarms:.0f} of {len(dark)}" in capsys.readouterr().out
    assert (out / "view.html").is_file()


def test_keyword_pictures_are_made_smaller_and_labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = ran_small(keywords.main, tmp_path, monkeypatch, "--only", "pictures") / "pictures"
    assert max(inspect(next((out / "small").glob("*.jpg")))[2:4]) == keywords.MAX_SIDE
    answers = [json.loads(row["messages"][1]["content"][0]["text"]) for row in lines(out / "sft.jsonl")]
    assert len(answers) == keywords.SMALL.pictures
    assert all(len(answer["keywords"]) == 4 for answer in answers)


@pytest.mark.train
@pytest.mark.parametrize(("example", "answers"), [(night, 2 * 5 * 4), (keywords, 3 * 5 * 4)])
def test_the_word_side_of_an_example_reaches_its_answers(
    example: Any, answers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = ran_small(example.main, tmp_path, monkeypatch, "--only", "words") / "words"
    assert sum(len(lines(path)) for path in (out / "answers").iterdir()) == answers
    assert (out / "figures" / "histogram.svg").is_file()


@pytest.mark.train
def test_the_word_side_reaches_its_400_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = ran_small(aerial.main, tmp_path, monkeypatch, "--only", "words") / "words"
    answers = [row for path in sorted((out / "answers").iterdir()) for row in lines(path)]
    assert len(answers) == 2 * 2 * aerial.REPEATS * aerial.SMALL.tested
    assert {row["model"] for row in answers} == {"base", "tuned"}
