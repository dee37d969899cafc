"""The word side: rows of the project, a policy that reports whatever might be there, and questions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from datagen.formats import compact, write_jsonl, write_sft
from examples.low_light.scenes import Scene, answer_of, described, detections, scene_in_words
from examples.tables import first_different, table
from rewards.types import Message, Sample
from rewards.writing import write_text

SPLITS = {"train": 900, "test": 120}
_APART_FROM = {"test": (), "train": ("test",), "judged": ("test", "train")}
ASKED = ("What can be seen?", "Report what is there.", "Night camera:")
CARELESS = 0.9  # the confidence of a policy that reports everything


def scenes_of(seed: int, split: str, count: int) -> list[Scene]:
    """The first `count` scenes of a split that are described differently; `judged` ones are in no file of rows, and
    training's are not in the test split.
    """
    others = [scene for other in _APART_FROM[split] for scene in scenes_of(seed, other, SPLITS[other])]
    return first_different(lambda index: scene_in_words(seed, split, index), count, described, without=others)


def csv_of(scenes: Iterable[Scene]) -> str:
    """The scenes as CSV: the question about each, and what can be seen, as JSON."""
    rows = ((_question(place, scene), compact(answer_of(detections(scene.seen)))) for place, scene in enumerate(scenes))
    return table(("question", "answer"), rows)


def write_rows(folder: Path, seed: int) -> list[Path]:
    """Write the project's rows anew."""
    paths = [folder / f"{split}.csv" for split in SPLITS]
    for path in paths:
        write_text(path, csv_of(scenes_of(seed, path.stem, SPLITS[path.stem])))
    return paths


def write_all_reported(path: Path, seed: int, count: int) -> int:
    """SFT rows that report everything, seen or not: what a model does that was never told of the dark."""
    scenes = (scene_in_words(seed, "general", index) for index in range(count))
    return write_sft(path, (_sample(scene, _question(index, scene)) for index, scene in enumerate(scenes)))


def write_questions(path: Path, scenes: list[Scene]) -> int:
    """A question about each scene; the reference is what can be seen."""
    return write_jsonl(
        path,
        (
            {
                "id": scene.name,
                "messages": [{"role": "user", "content": f"{ASKED[0]} {described(scene)}"}],
                "reference_answer": answer_of(detections(scene.seen)),
                "light": "enough" if scene.seen else "dark",
            }
            for scene in scenes
        ),
    )


def _question(place: int, scene: Scene) -> str:
    return f"{ASKED[place % len(ASKED)]} {described(scene)}"


def _sample(scene: Scene, question: str) -> Sample:
    every = detections(scene.things, confidence=CARELESS)
    return Sample(scene.name, (Message("user", question),), reference=answer_of(every))
