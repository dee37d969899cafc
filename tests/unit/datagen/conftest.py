"""A small project to make data from."""

from __future__ import annotations

from pathlib import Path

import pytest

from datagen.config import DataConfig

TEMPLATES = r"""
slots:
  id: {in: document, pattern: '\A# ([A-Z]+-\d+)'}
  topic: {in: document, pattern: '\A# [A-Z]+-\d+ (.+)'}
  word: {in: passage, pattern: '\b(\w{6,})\b'}
  wrong: {like: id, renumber: [50, 59]}
  cited: {one_of: [id, wrong]}
  place: {any_of: [the office, the lab]}
types:
  lookup:
    answer: {Type: lookup, Tools: [{Tool: read, Parameters: {rule: "{id}"}}]}
    worse: {Type: lookup, Tools: [{Tool: read, Parameters: {rule: "{wrong}"}}]}
    reasoning: "The question names {id}."
    questions: ["What does {id} say about {word} in {place}?", "Please read {id} to me, it is about {topic}."]
  cite:
    answer: {Type: cite, Tools: [{Tool: verify, Parameters: {rule: "{cited}"}}]}
    worse: {Type: cite, Tools: []}
    reasoning: "{cited} may be wrong."
    questions: ["Is {cited} the right number for {topic}?"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(1, 9):
        body = " ".join(f"Sentence {index} of rule {number} mentions element{index}x{number}." for index in range(12))
        (folder / f"R-{number}.md").write_text(f"# R-{number} Topic {number}\n\n{body}\n")
    (tmp_path / "system.txt").write_text("Answer with JSON.\n")
    (tmp_path / "templates.yaml").write_text(TEMPLATES)
    return tmp_path


@pytest.fixture
def config() -> DataConfig:
    return DataConfig.model_validate(
        {
            "documents": "documents",
            "system": "system.txt",
            "chunk": {"size": 300, "overlap": 40},
            "teacher": {"kind": "template", "templates": "templates.yaml"},
            "samples_per_passage": 2,
            "split": {"train": 0.75, "test": 0.25},
        }
    )
