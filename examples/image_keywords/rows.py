"""The rows of the project, and those of a policy that names what it was told, word by word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from datagen.formats import compact, write_sft
from examples.image_keywords.scenes import Scene, described, scene_in_words
from examples.tables import first_different, table
from rewards.types import Message, Sample
from rewards.writing import write_text

SPLITS = {"train": 900, "test": 120}


def scenes_of(seed: int, split: str, count: int) -> list[Scene]:
    """The first `count` scenes of a split that are described differently; none of them is in the other split."""
    test = scenes_of(seed, "test", SPLITS["test"]) if split != "test" else []
    return first_different(lambda index: scene_in_words(seed, split, index), count, described, without=test)


def csv_of(scenes: Iterable[Scene]) -> str:
    """The scenes as CSV: what is described, and the teacher's keywords as JSON."""
    return table(
        ("caption", "keywords"), ((described(scene), compact({"keywords": scene.keywords})) for scene in scenes)
    )


def write_rows(folder: Path, seed: int) -> list[Path]:
    """Write the project's rows anew."""
    paths = [folder / f"{split}.csv" for split in SPLITS]
    for path in paths:
        write_text(path, csv_of(scenes_of(seed, path.stem, SPLITS[path.stem])))
    return paths


def write_literal(path: Path, seed: int, count: int) -> int:
    """SFT rows that name the things as they are told, looks and all, and no place."""
    scenes = (scene_in_words(seed, "general", index) for index in range(count))
    return write_sft(path, (_sample(scene, scene.literally) for scene in scenes))


def write_taught(path: Path, seed: int, count: int) -> int:
    """SFT rows of the teacher's keywords: the first `count` of the project's training rows."""
    return write_sft(path, (_sample(scene, scene.keywords) for scene in scenes_of(seed, "train", count)))


def questions(scenes: Iterable[Scene]) -> Iterator[dict[str, object]]:
    """Rows that ask for keywords; the reference is the teacher's."""
    for scene in scenes:
        yield {
            "id": scene.name,
            "messages": [{"role": "user", "content": described(scene)}],
            "reference_answer": {"keywords": scene.keywords},
            "theme": scene.theme,
        }


def _sample(scene: Scene, keywords: list[str]) -> Sample:
    return Sample(scene.name, (Message("user", described(scene)),), reference={"keywords": keywords})
