"""What is there already is dropped, with the reason."""

from __future__ import annotations

import json

from datagen.quality.dedup import decontaminate, deduplicate
from datagen.types import Document, Draft, Passage
from rewards import Message, Sample

PASSAGE = Passage(Document("a.md", "text", "0"), 0, 0, 4)


def draft(number, question, answer="A"):
    return Draft(Sample(str(number), (Message("system", "S"), Message("user", question)), answer), PASSAGE, {})


def ids(drafts):
    return [item.sample.id for item in drafts]


def test_the_first_of_equal_questions_is_kept():
    kept, rejects = deduplicate([draft(1, "Why?"), draft(2, "why"), draft(3, "How?")], near=None)
    assert ids(kept) == ["1", "3"]
    assert [(reject.code, reject.reason) for reject in rejects] == [("duplicate", "same question as sample 1")]


def test_near_doubles_are_dropped_only_when_asked():
    long = "what does the second rule say about visitors who come at night without an escort or a badge of their own"
    drafts = [draft(1, long), draft(2, long.replace("badge", "card"))]
    assert ids(deduplicate(drafts, near=None).drafts) == ["1", "2"]
    assert ids(deduplicate(drafts, near=0.6).drafts) == ["1"]


def test_questions_of_a_test_file_are_dropped(tmp_path):
    path = tmp_path / "test.jsonl"
    path.write_text(json.dumps({"messages": [{"role": "user", "content": [{"text": "Short one?"}]}]}) + "\n")
    kept, rejects = decontaminate([draft(1, "short one"), draft(2, "another")], [path])
    assert ids(kept) == ["2"]
    assert rejects[0].code == "contaminated"


def test_without_test_files_everything_is_kept():
    assert ids(decontaminate([draft(1, "a")], []).drafts) == ["1"]
