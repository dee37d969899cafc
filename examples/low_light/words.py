"""The word side: documents of the project, a policy that reports whatever might be there, and questions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from datagen.formats import compact, write_jsonl, write_sft
from examples.low_light.scenes import Scene, described, detections, scene_in_words
from rewards.types import Message, Sample
from rewards.writing import write_text

DOCUMENTS = 160
ASKED = ("What can be seen?", "Report what is there.", "Night camera:")
CARELESS = 0.9  # the confidence of a policy that reports everything


def documents(seed: int, count: int = DOCUMENTS) -> Iterator[tuple[str, str]]:
    """Name and text of each document: a scene in words, and what can be seen of it. No two describe the same."""
    told: set[str] = set()
    scenes = (scene_in_words(seed, "frame", index) for index in itertools.count())
    while len(told) < count:
        scene = next(scenes)
        if (text := described(scene)) not in told:
            told.add(text)
            yield f"{scene.name}.txt", f"{text}\n\nSeen: {compact(detections(scene.seen))}\n"


def write_documents(folder: Path, seed: int) -> int:
    """Write the documents anew; returns how many."""
    return sum(write_text(folder / name, text) is None for name, text in documents(seed))


def write_all_reported(path: Path, seed: int, count: int) -> int:
    """SFT rows that report everything, seen or not: what a model does that was never told of the dark."""
    scenes = (scene_in_words(seed, "general", index) for index in range(count))
    return write_sft(path, (_sample(scene, ASKED[index % len(ASKED)]) for index, scene in enumerate(scenes)))


def write_questions(path: Path, scenes: list[Scene]) -> int:
    """A question about each scene; the reference is what can be seen."""
    return write_jsonl(
        path,
        (
            {
                "id": scene.name,
                "messages": [{"role": "user", "content": f"{ASKED[0]} {described(scene)}"}],
                "reference_answer": {"detections": detections(scene.seen)},
                "light": "enough" if scene.seen else "dark",
            }
            for scene in scenes
        ),
    )


def _sample(scene: Scene, question: str) -> Sample:
    every = detections(scene.things, confidence=CARELESS)
    return Sample(scene.name, (Message("user", f"{question} {described(scene)}"),), reference={"detections": every})
