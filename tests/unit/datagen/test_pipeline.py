"""The pipeline as a whole."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from datagen import formats
from datagen.config import DataConfig
from datagen.errors import ConfigError
from datagen.pipeline import make
from datagen.planning import plan
from datagen.validate import Target, check
from rewards.rows import gold_text


def contents(made):
    return {name: path.read_bytes() for name, path in made.files.items()}


def test_the_plan_counts_what_make_does(project, config):
    expected = plan(config, root=project)
    made = make(config, root=project, seed=1, out=project / "out")
    assert expected.documents == 8
    assert (
        expected.samples_at_most == sum(made.rows[f"rft/{split}"] for split in ("train", "test")) + made.rows["rejects"]
    )


def test_no_source_document_is_on_both_sides(project, config):
    made = make(config, root=project, seed=1, out=project / "out")
    sides = [
        {row["document"] for _, row in formats.read_jsonl(made.files[f"provenance/{split}"])}
        for split in ("train", "test")
    ]
    assert sides[0]
    assert sides[1]
    assert not sides[0] & sides[1]


def test_line_n_of_every_file_is_the_same_sample(project, config):
    made = make(config, root=project, seed=1, out=project / "out")
    rft = list(formats.read_rft(made.files["rft/train"]))
    sources = [row for _, row in formats.read_jsonl(made.files["provenance/train"])]
    sft = [row for _, row in formats.read_jsonl(made.files["sft/train"])]
    assert [sample.id for sample in rft] == [row["id"] for row in sources]
    assert [sample.messages[-1].content for sample in rft] == [row["messages"][0]["content"][0]["text"] for row in sft]


def test_a_right_answer_beside_the_reference_is_what_is_graded_taught_and_kept(project, config):
    path = project / "templates.yaml"
    path.write_text(path.read_text().replace("    questions:", "    gold: {Type: found}\n    questions:"))
    graded = []

    def grade(sample):
        graded.append(gold_text(sample))
        return 1.0

    made = make(config, root=project, seed=1, out=project / "out", gold_score=grade)
    assert set(graded) == {'{"Type":"found"}'}
    _, row = next(formats.read_jsonl(made.files["sft/train"]))
    assert row["messages"][-1]["content"] == [{"text": '{"Type":"found"}'}]
    sample = next(formats.read_rft(made.files["rft/train"]))
    assert gold_text(sample) == '{"Type":"found"}' != formats.compact(sample.reference)


def test_what_is_read_from_an_rft_row_is_written_again(tmp_path):
    row = {"id": "1", "messages": [{"role": "user", "content": "?"}], "reference_answer": {"a": 1}, "width": 640}
    formats.write_jsonl(tmp_path / "in.jsonl", [row])
    samples = list(formats.read_rft(tmp_path / "in.jsonl"))
    formats.write_rft(tmp_path / "out.jsonl", samples)
    assert list(formats.read_jsonl(tmp_path / "out.jsonl")) == [(1, row)]


def test_a_sample_whose_reference_does_not_score_one_is_rejected_with_the_reason(project, config):
    def grade(sample):
        return 0.5 if sample.reference["Type"] == "cite" else 1.0

    made = make(config, root=project, seed=1, out=project / "out", gold_score=grade)
    kept = [
        sample.reference["Type"]
        for split in ("train", "test")
        for sample in formats.read_rft(made.files[f"rft/{split}"])
    ]
    assert set(kept) == {"lookup"}
    assert made.rejected["gold"] > 0
    assert "scores 0.5 under the reward, expected 1" in next(formats.read_jsonl(made.files["rejects"]))[1]["reason"]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(project, config):
    first, again, other = (
        make(config, root=project, seed=seed, out=project / f"out{n}") for n, seed in enumerate((1, 1, 2))
    )
    assert contents(first) == contents(again) != contents(other)


def test_the_hash_seed_of_python_does_not_matter(project, config):
    (project / "config.json").write_text(config.model_dump_json())
    code = (
        "import pathlib; from datagen import DataConfig, make; root = pathlib.Path();"
        "config = DataConfig.model_validate_json((root / 'config.json').read_text());"
        "make(config, root=root, seed=1, out=root / 'HASH')"
    )
    for seed in ("0", "1"):
        subprocess.run(
            [sys.executable, "-c", code.replace("HASH", seed)],
            cwd=project,
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
        )
    trees = [
        {path.relative_to(project / seed): path.read_bytes() for path in (project / seed).rglob("*.jsonl")}
        for seed in "01"
    ]
    assert trees[0] == trees[1]


def test_an_empty_folder_is_refused(project, config):
    (project / "empty").mkdir()
    with pytest.raises(ConfigError, match="no documents in"):
        plan(config.model_copy(update={"documents": "empty"}), root=project)


EVERYTHING = ("sft", "rft", "dpo", "distillation", "gen_qa", "rft_eval", "judge")
TARGETS = {
    "sft/train": Target.TRAINING_JOB_SFT,
    "rft/train": Target.RFT,
    "dpo/train": Target.DPO,
    "distillation/train": Target.DISTILLATION,
    "gen_qa": Target.GEN_QA,
    "rft_eval": Target.RFT_EVAL,
    "judge": Target.JUDGE,
}


@pytest.mark.parametrize("reasoning", [False, True])
def test_every_format_is_written_from_the_same_samples_and_passes_its_check(project, config, reasoning):
    settings = config.model_dump() | {"formats": EVERYTHING, "prompt": {"reasoning": reasoning}}
    made = make(DataConfig.model_validate(settings), root=project, seed=1, out=project / "out")
    for name, target in TARGETS.items():
        model = "nova-pro" if target is Target.DPO else "nova-2-lite"
        report = check(made.files[name], target, model=model, rows=False)
        assert report.errors == 0, report.findings
    train = {made.rows[name] for name in made.rows if name.endswith("/train")}
    assert len(train) == 1
    row = next(formats.read_jsonl(made.files["sft/train"]))[1]
    assert ("reasoningContent" in row["messages"][-1]["content"][0]) is reasoning


def test_a_pair_holds_the_right_answer_and_the_worse_one(project, config):
    settings = config.model_dump() | {"formats": ["dpo", "judge"]}
    made = make(DataConfig.model_validate(settings), root=project, seed=1, out=project / "out")
    _, pair = next(formats.read_jsonl(made.files["dpo/train"]))
    texts = {turn["preferenceLabel"]: turn["content"][0]["text"] for turn in pair["messages"][-1]["candidates"]}
    assert texts["preferred"] != texts["non-preferred"]
    _, row = next(formats.read_jsonl(made.files["judge"]))
    assert row["response_A"] != row["response_B"]


def test_pairs_without_a_worse_answer_are_refused(project, config):
    path = project / "templates.yaml"
    path.write_text("\n".join(line for line in path.read_text().splitlines() if "worse" not in line))
    made = make(config.model_copy(update={"formats": ("dpo",)}), root=project, seed=1, out=project / "out")
    assert made.rows["dpo/train"] == 0
    assert "worse must not be empty" in next(formats.read_jsonl(made.files["rejects"]))[1]["reason"]


def test_a_worse_answer_that_the_reward_likes_is_refused(project, config):
    made = make(
        config.model_copy(update={"formats": ("dpo",)}), root=project, seed=1, out=project / "out", gold_score=good
    )
    assert set(made.rejected) == {"worse-is-right"}


def good(sample):
    return 1.0


def test_a_reserved_word_in_the_system_prompt_is_refused_before_the_first_call(project, config):
    (project / "system.txt").write_text("System: answer with JSON.")
    with pytest.raises(ConfigError, match=r"system.txt: 'System:' is reserved; write 'System :'"):
        plan(config, root=project)


def test_what_could_not_be_read_is_listed_until_it_is_mended(project, config):
    odd = project / "documents" / "odd.md"
    odd.write_bytes(b"\xff")
    made = make(config, root=project, seed=1, out=project / "out")
    rows = {row["file"]: row for _, row in formats.read_jsonl(made.files["documents"])}
    assert rows["documents/odd.md"]["not_read"][0]["reason"].startswith("line 1: b'\\xff' is not UTF-8")
    others = [row for name, row in rows.items() if name != "documents/odd.md"]
    assert others
    assert all(row["reader"] == "text" and row["documents"] == 1 and row["characters"] for row in others)
    odd.unlink()
    made = make(config, root=project, seed=1, out=project / "out")
    assert [row for _, row in formats.read_jsonl(made.files["documents"])] == others
