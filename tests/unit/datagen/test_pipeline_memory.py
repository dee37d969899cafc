"""A data set from documents is made in memory that does not grow with them: texts, drafts and rejects are on disk."""

from __future__ import annotations

import gc
import pickle

import pytest

from datagen import pipeline
from datagen.config import DataConfig
from datagen.documents.stored import StoredTexts
from datagen.quality.kept import Kept, Shared
from datagen.types import Document, Draft, Passage, Reject, Request
from rewards.types import Message, Sample

TEMPLATES = """
slots:
  item: {in: passage, pattern: 'item (\\w+) is'}
  fee: {in: passage, pattern: 'is (\\d+) dollars', as: json}
types:
  fee:
    answer: {item: "{item}", fee: "{fee}"}
    questions: ["What is the fee of item {item}?", "How much does {item} cost?"]
"""


def project(tmp_path, documents):
    (tmp_path / "docs").mkdir(parents=True)
    for number in range(documents):
        words = [f"{number}w{word}" for word in range(600)]
        lines = (
            f"The fee of item {words[line]} is {line + 10} dollars. {' '.join(words[line * 30 :][:30])}."
            for line in range(20)
        )
        (tmp_path / "docs" / f"{number:03}.txt").write_text("\n\n".join(lines))
    (tmp_path / "system.md").write_text("Answer as JSON.")
    (tmp_path / "templates.yaml").write_text(TEMPLATES)
    teacher = {"kind": "template", "templates": "templates.yaml"}
    return DataConfig.model_validate({"documents": "docs", "system": "system.md", "teacher": teacher})


def test_no_more_drafts_and_texts_are_in_memory_however_many_documents_there_are(tmp_path, monkeypatch):
    alive: dict[str, list[int]] = {}

    def written(splits, config, out, write=pipeline._written):
        gc.collect()
        held = [kind for kind in (Draft, Reject, Request, Passage) for one in gc.get_objects() if type(one) is kind]
        alive.setdefault(str(out.parent), []).append(len(held))
        return write(splits, config, out)

    monkeypatch.setattr(pipeline, "_written", written)
    for name, documents in (("few", 4), ("many", 12)):
        config = project(tmp_path / name, documents)
        made = pipeline.make(config, root=tmp_path / name, seed=1, out=tmp_path / name / "out")
        assert sum(made.rows[f"rft/{split}"] for split in config.split.shares()) > documents
    few, many = alive.values()
    assert few == many


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_any_executor_gives_the_same_bytes(tmp_path, executor):
    config = project(tmp_path, 4)
    one = pipeline.make(config, root=tmp_path, seed=1, out=tmp_path / "one")
    other = pipeline.make(
        config.model_copy(update={"executor": executor}), root=tmp_path, seed=1, out=tmp_path / "other"
    )
    assert {name: path.read_bytes() for name, path in one.files.items()} == {
        name: path.read_bytes() for name, path in other.files.items()
    }


def test_a_stored_document_is_the_document_and_travels_as_an_ordinary_one():
    texts = StoredTexts()
    plain = [Document(f"{number}.txt", f"Text {number}. 日本" * 50, f"{number}") for number in range(9)]
    stored = [texts.stored(document) for document in plain]
    assert [document.text for document in reversed(stored)] == [document.text for document in reversed(plain)]
    assert pickle.loads(pickle.dumps(stored)) == plain


def test_what_is_shared_is_not_written_with_each_draft():
    document = Document("a.txt", "Text. " * 10_000, "1")
    tools = ({"type": "function", "function": {"name": "look", "description": "Look. " * 1_000}},)
    system = "Answer. " * 1_000
    kept = Kept[Draft](Shared([document], system, tools))
    sample = Sample("1", (Message("system", system), Message("user", "Why?")), {}, tools, {})
    draft = Draft(sample, Passage(document, 0, 0, 5), {"teacher": "t"})
    kept.append(draft)
    kept.append(pickle.loads(pickle.dumps(draft)))  # as another process sends it back
    assert list(kept) == [draft, draft]
    assert kept[1].passage.document is document
    assert kept._ends[-1] < 4_000
