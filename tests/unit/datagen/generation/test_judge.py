"""A judge grades what passed every other check, once per sample, and its verdict decides."""

from __future__ import annotations

import json
import sys

import pytest
from pydantic import ValidationError

from datagen import formats
from datagen.config import DataConfig
from datagen.errors import ConfigError
from datagen.pipeline import make
from datagen.planning import plan
from datagen.teachers.journal import open_journal

JUDGE = """
import json, sys
prompt = json.load(sys.stdin)["prompt"]
sample = json.loads(prompt.partition("The sample, as JSON:\\n")[2].splitlines()[0])
with open("calls.log", "a") as log:
    log.write(sample["question"] + "\\n")
asks_again = "It cannot be used" in prompt
score = 0.9 if sample["answer"]["Type"] == "lookup" else 0.2
if "Topic 3" in sample["question"] and not asks_again:
    print("I like it.")
else:
    print(json.dumps({"score": score, "reason": "Strict enough."}))
"""


@pytest.fixture
def strict(project, config):
    """The small project with a judge that likes look-ups and nothing else."""
    (project / "judge.py").write_text(JUDGE)
    (project / "rubric.md").write_text("A good sample asks to look something up.\n")
    return with_judge(config, {"kind": "command", "command": [sys.executable, "-I", "judge.py"], "workers": 2})


def with_judge(config, teacher, **settings):
    judge = {"rubric": "rubric.md", "teacher": teacher, **settings}
    return DataConfig.model_validate(config.model_dump() | {"judge": judge})


def rows(made, name):
    return [row for _, row in formats.read_jsonl(made.files[name])]


def asked(project):
    return (project / "calls.log").read_text().splitlines()


def test_what_the_judge_scores_low_is_refused_with_its_reason(project, strict, monkeypatch):
    monkeypatch.chdir(project)
    made = make(strict, root=project, seed=1, out=project / "run" / "out")
    kept = [row for split in ("train", "test") for row in rows(made, f"provenance/{split}")]
    assert {row["judge"]["score"] for row in kept} == {0.9}
    judged = [row for row in rows(made, "rejects") if row["code"] == "judged"]
    assert judged
    assert {row["reason"] for row in judged} == {"score 0.2 is below the threshold 0.7: Strict enough."}
    assert all("cite" in row["raw"] for row in judged)


def test_each_sample_is_judged_once_however_often_the_data_is_made(project, strict, monkeypatch):
    monkeypatch.chdir(project)
    make(strict, root=project, seed=1, out=project / "run" / "out")
    first = asked(project)
    repaired = [question for question in set(first) if "Topic 3" in question]
    assert len(first) == len(set(first)) + len(repaired)  # an unreadable verdict is asked for once more
    make(strict, root=project, seed=1, out=project / "run" / "out")
    assert asked(project) == first


def test_another_threshold_needs_no_new_verdicts(project, strict, monkeypatch):
    monkeypatch.chdir(project)
    made = make(strict, root=project, seed=1, out=project / "run" / "out")
    before = asked(project)
    easy = with_judge(strict, strict.judge.teacher.model_dump(), threshold=0.1)
    assert make(easy, root=project, seed=1, out=project / "run" / "easy").rows["rft/train"] > made.rows["rft/train"]
    assert asked(project) == before


def test_a_recording_of_the_verdicts_judges_as_they_did(project, strict, monkeypatch):
    monkeypatch.chdir(project)
    made = make(strict, root=project, seed=1, out=project / "run" / "out")
    with open_journal(project / "run" / "judge.sqlite") as journal:
        assert journal.export(project / "verdicts.jsonl") == len(asked(project))
    replayed = with_judge(strict, {"kind": "replay", "answers": "verdicts.jsonl"})
    before = asked(project)
    again = make(replayed, root=project, seed=1, out=project / "run" / "again")
    assert asked(project) == before
    assert {name: again.rows[name] for name in again.rows} == made.rows


def test_a_sample_without_a_verdict_is_refused_and_not_lost(project, strict):
    nobody = with_judge(strict, {"kind": "command", "command": [sys.executable, "-c", "print('{}')"]})
    made = make(nobody, root=project, seed=1, out=project / "run" / "out")
    assert made.rows["rft/train"] == made.rows["rft/test"] == 0
    unjudged = [row for row in rows(made, "rejects") if row["code"] == "unjudged"]
    assert len(unjudged) == plan(nobody, root=project).samples_at_most - made.rejected["duplicate"]
    assert unjudged[0]["reason"] == "no verdict (schema): score must be a number from 0 to 1, got None"


def test_faults_of_a_judge_change_no_verdict(project, strict, monkeypatch):
    monkeypatch.chdir(project)
    calm = make(strict, root=project, seed=1, out=project / "calm" / "out")
    inner = strict.judge.teacher.model_dump()
    stormy = with_judge(strict, {"kind": "faults", "of": inner, "throttled": 0.1, "timeout": 0.1})
    made = make(stormy, root=project, seed=1, out=project / "stormy" / "out")
    assert made.files["rft/train"].read_bytes() == calm.files["rft/train"].read_bytes()


def test_the_plan_counts_a_call_per_sample_and_its_cost(project, strict):
    price = {"input": 1.0, "output": 4.0}
    priced = with_judge(strict, strict.judge.teacher.model_dump() | {"price": price, "requests_per_minute": 10})
    found = plan(priced, root=project)
    teacher, judge = found.work
    assert teacher.calls == found.passages
    assert judge.calls == found.samples_at_most == found.passages * 2
    assert found.calls == teacher.calls + judge.calls
    assert judge.input_tokens.mid > judge.calls * 250  # the prompt, the passage and a sample
    assert found.cost_usd.mid == pytest.approx((judge.input_tokens.mid + 4 * judge.output_tokens.mid) / 1e6)
    assert found.minutes == pytest.approx(judge.calls / 10)


def test_templates_cannot_judge(config):
    with pytest.raises(ValidationError, match="a template teacher cannot judge"):
        DataConfig.model_validate(config.model_dump() | {"judge": {"rubric": "rubric.md"}})


def test_a_rubric_that_is_not_there_is_named_before_anything_is_asked(project, strict, monkeypatch):
    monkeypatch.chdir(project)
    (project / "rubric.md").unlink()
    asked_first = strict.model_copy(update={"teacher": strict.judge.teacher})  # would be asked before the judge is
    with pytest.raises(ConfigError, match="the rubric cannot be read"):
        make(asked_first, root=project, seed=1, out=project / "run" / "out")
    assert not (project / "calls.log").exists()


def test_the_card_names_the_judge(project, strict, monkeypatch):
    monkeypatch.chdir(project)
    made = make(strict, root=project, seed=1, out=project / "run" / "out")
    assert "Judged by `command` (command) with `rubric.md`, at least 0.7." in made.files["card"].read_text()
    assert json.loads(made.files["rejects"].read_text().splitlines()[0])["code"]
