"""Whatever a teacher does, no sample is lost without a word and none is there twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen import formats
from datagen.config import DataConfig
from datagen.errors import TeacherError
from datagen.pipeline import make
from datagen.planning import plan
from datagen.teachers.faults import FaultyTeacher, Rates
from datagen.types import Answer, Document, Passage, Request

PASSAGE = Passage(Document("a.txt", "a rule", "0"), 0, 0, 6)


@dataclass(frozen=True)
class Obliging:
    identity: str

    def __call__(self, request: Request, /) -> Answer:
        return Answer(f"an answer to {request.prompt}")


def with_faults(config, **rates):
    settings = config.model_dump(mode="json")
    settings["teacher"] = {"kind": "faults", "of": settings["teacher"], **rates}
    return DataConfig.model_validate(settings)


def samples(made):
    return {name: path.read_bytes() for name, path in made.files.items() if name.startswith(("sft", "rft"))}


def test_throttles_and_timeouts_change_nothing(project, config):
    calm = make(config, root=project, seed=1, out=project / "calm")
    stormy = make(with_faults(config, throttled=0.2, timeout=0.2), root=project, seed=1, out=project / "stormy")
    assert samples(stormy) == samples(calm)


@given(st.text(), st.text(), st.text(max_size=5))
def test_faults_do_not_depend_on_where_the_teacher_s_program_lies(here: str, there: str, prompt: str):
    request = Request(PASSAGE, 1, "0", prompt=prompt)
    assert outcomes(here, request) == outcomes(there, request)


def outcomes(identity: str, request: Request) -> list[str]:
    """What becomes of twenty attempts at a teacher of this identity."""
    faulty = FaultyTeacher(Obliging(identity), Rates(*[0.15] * 6), "0")
    return [outcome(faulty, request) for _ in range(20)]


def outcome(teacher: FaultyTeacher, request: Request) -> str:
    try:
        return teacher(request).text
    except TeacherError as error:
        return str(error)


@pytest.mark.parametrize("seed", range(3))
def test_of_a_passage_there_are_samples_or_a_reason(project, config, seed):
    rough = with_faults(config, throttled=0.1, malformed=0.15, truncated=0.15, filtered=0.1)
    made = make(rough, root=project, seed=seed, out=project / "out")
    calm = make(config, root=project, seed=seed, out=project / "calm")
    everything = {row["passage"] for name in ("train", "test") for row in rows(calm, f"provenance/{name}")}
    kept = Counter(row["id"] for name in ("train", "test") for row in rows(made, f"provenance/{name}"))
    told = {row["passage"] for row in rows(made, "rejects")}
    there = {row["passage"] for name in ("train", "test") for row in rows(made, f"provenance/{name}")}
    assert set(kept.values()) == {1}
    assert everything <= there | told
    assert set(made.rejected) <= {"malformed", "truncated", "refused", "duplicate"}


def test_a_cut_answer_is_asked_for_again_with_more_room(project, config):
    passages = plan(config, root=project).passages
    made = make(with_faults(config, truncated=0.5), root=project, seed=1, out=project / "out")
    assert 0 < made.rejected["truncated"] < passages * 0.5  # asked once more, a quarter stays cut


def rows(made, name):
    return [row for _, row in formats.read_jsonl(made.files[name])]
