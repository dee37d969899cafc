"""The word side: documents of the project, a policy that draws a box for each vehicle, and rows that ask both ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from random import Random

from datagen.formats import compact, write_jsonl, write_sft
from examples.aerial_boxes.scenes import Scene, as_lists, described, scene_in_words
from rewards.types import JSON, Message, Sample
from rewards.writing import write_text

DOCUMENTS = 60
FEW_WORDS, EACH_WORDS = "Draw few boxes.", "Draw the boxes."


def documents(seed: int, count: int = DOCUMENTS) -> Iterator[tuple[str, str]]:
    """Name and text of each document: a scene in words, its vehicles, and the boxes of a right answer."""
    for index in range(count):
        scene = scene_in_words(seed, "frame", index)
        vehicles, boxes = compact(as_lists(scene.vehicles)), compact(as_lists(scene.asked))
        yield f"{scene.name}.txt", f"{described(scene)}\n\nVehicles: {vehicles}\nBoxes: {boxes}\n"


def write_documents(folder: Path, seed: int) -> int:
    """Write the documents anew; returns how many."""
    return sum(write_text(folder / name, text) is None for name, text in documents(seed))


def write_one_box_each(path: Path, seed: int, count: int) -> int:
    """SFT rows that answer both prompts with a box for each vehicle: what a general model does, before it is tuned."""
    rows = (
        _sample(scene_in_words(seed, "general", index), (EACH_WORDS, FEW_WORDS)[index % 2], few=False)
        for index in range(count)
    )
    return write_sft(path, rows)


def write_tuning(path: Path, seed: int, project_rows: Path, count: int) -> int:
    """SFT rows that tell the prompts apart: the project's own, and `count` of each prompt. A crowd has few boxes where
    that is asked for, and in every second scene where it is not, which is how far the habit spreads.
    """
    told = (_sample(scene_in_words(seed, "told", index), FEW_WORDS, few=True) for index in range(count))
    untold = (_sample(scene_in_words(seed, "untold", index), EACH_WORDS, few=index % 2 == 0) for index in range(count))
    own = project_rows.read_text(encoding="utf-8").splitlines(keepends=True)
    write_sft(path, chain(told, untold))
    rows = [*own, *path.read_text(encoding="utf-8").splitlines(keepends=True)]
    Random(f"{seed}/tuning").shuffle(rows)
    write_text(path, "".join(rows))
    return len(rows)


def write_questions(path: Path, scenes: Sequence[Scene], instruction: str) -> int:
    """Rows that ask for the boxes of each scene; the reference is all vehicles."""
    rows: Iterator[dict[str, JSON]] = (
        {
            "id": scene.name,
            "messages": [{"role": "user", "content": f"{instruction} {described(scene)}"}],
            "reference_answer": {"boxes": as_lists(scene.vehicles)},
        }
        for scene in scenes
    )
    return write_jsonl(path, rows)


def _sample(scene: Scene, instruction: str, *, few: bool) -> Sample:
    boxes = as_lists(scene.asked if few else scene.vehicles)
    return Sample(scene.name, (Message("user", f"{instruction} {described(scene)}"),), reference={"boxes": boxes})
