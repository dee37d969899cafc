"""Values of the pipeline: documents, passages, replies of the teacher, and drafts with their provenance."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rewards.types import JSON, Sample

DEFAULT_MAX_TOKENS = 4096


@dataclass(frozen=True, slots=True)
class Document:
    """One source: its text, and where the text came from. `path` is relative to the project and names the source."""

    path: str
    text: str
    sha256: str
    media_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Passage:
    """Characters [start, end) of a document; `index` counts the passages of that document from 0."""

    document: Document
    index: int
    start: int
    end: int

    @property
    def text(self) -> str:
        """The passage as it stands in the document."""
        return self.document.text[self.start : self.end]

    @property
    def id(self) -> str:
        """A name that changes when the document or the offsets change."""
        return digest(self.document.sha256, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model: write `count` samples about `passage`, or judge the sample named `about`."""

    passage: Passage
    count: int
    seed: str
    system: str = ""
    prompt: str = ""
    max_tokens: int = DEFAULT_MAX_TOKENS
    image: Path | None = None
    about: str = ""

    @property
    def subject(self) -> str:
        """What an answer is filed under in a recording: the sample that a judge is asked about, else the passage."""
        return self.about or self.passage.id

    def key(self, teacher: str) -> str:
        """A name that changes with anything that could change the answer of the teacher with this identity."""
        return digest(teacher, self.passage.id, self.count, self.seed, self.system, self.prompt, self.max_tokens)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a teacher wrote, unparsed, and what it cost."""

    text: str
    stop_reason: str = "end_turn"
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """A sample with the passage it was made from and facts about its making.

    `reasoning` is what a model may think before the answer, `worse` an answer that one would not want; either may be
    absent. `shown` is the text that the teacher had of the document, empty where it had all of it.
    """

    sample: Sample
    passage: Passage
    facts: Mapping[str, JSON]
    reasoning: str = ""
    worse: JSON = None
    shown: str = ""


REJECT_REASONS: Final[Mapping[str, str]] = {
    "contaminated": "question occurs in the held-out test files",
    "duplicate": "same question as another sample",
    "gold": "reference answer does not score 1 under the reward",
    "invented": "names, numbers or citations that are not in the source text",
    "judged": "score of the judge below the threshold",
    "malformed": "reply of the teacher is not the requested JSON",
    "near-duplicate": "nearly the same as another sample",
    "refused": "teacher declined to answer",
    "reserved-word": "contains a word that the training format reserves",
    "schema": "reply of the teacher does not fit the schema",
    "script": "question and passage are in different scripts",
    "shape": "row has no known shape, or no answer",
    "truncated": "reply of the teacher was cut off at its token limit",
    "unanswered": "no reply of the teacher",
    "unfinished": "dialogue did not come to its end",
    "ungrounded": "too few of its words are in the source text",
    "unjudged": "no readable verdict of the judge",
    "worse-is-right": "rejected answer of the DPO pair also scores 1",
}
"""What each code of a `Reject` means."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A rejected sample or reply, with the reason; `code` is a key of `REJECT_REASONS`."""

    code: str
    reason: str
    passage: Passage
    question: str = ""
    raw: str = ""


def digest(*parts: object) -> str:
    """A short name for what the parts say: 16 hex digits of BLAKE2b.

    >>> digest("a", 1) == digest("a", 1) != digest("a1")
    True
    """
    joined = "\x1f".join(str(part) for part in parts)
    return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
