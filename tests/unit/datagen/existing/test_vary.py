"""Variants of rows know their source, keep its numbers, and stay with it in a split."""

from __future__ import annotations

import json
import sys

from datagen.config import SplitConfig
from datagen.existing.vary import VariantsConfig, vary
from datagen.splits.files import split
from datagen.validate import Target, check

TEACHER = r"""
import json, re, sys
asked = json.loads(sys.stdin.read())["prompt"]
persona = re.search(r"Who the user is: (.*)", asked)[1]
question = re.search(r"What the user asks:\n(.*?)\n\nWrite", asked, re.S)[1]
same = {"parrot": question, "liar": question + " and 99 more"}
print(json.dumps({"question": same.get(persona, f"As {persona}: {question}")}))
"""
REFERENCE = {"limit": 5}


def varied(tmp_path, count=12, **config):
    (tmp_path / "teacher.py").write_text(TEACHER, encoding="utf-8")
    path = tmp_path / "rows.jsonl"
    rows = [
        {"id": f"r{n}", "messages": [{"role": "user", "content": f"limit of {chr(97 + n) * 4}, card {n}?"}],
         "reference_answer": REFERENCE}
        for n in range(count)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    teacher = {"kind": "command", "command": [sys.executable, str(tmp_path / "teacher.py")], "workers": 1}
    result = vary(path, tmp_path / "varied.jsonl", VariantsConfig.model_validate({"teacher": teacher, **config}))
    return result, [json.loads(line) for line in result.out.read_text(encoding="utf-8").splitlines()]


def test_each_row_is_followed_by_its_variants_with_their_provenance(tmp_path):
    result, rows = varied(tmp_path, count=2, personas=["a child", "an expert"], complexities=["short"])
    assert [row["id"] for row in rows] == ["r0", "r0-v1", "r0-v2", "r1", "r1-v1", "r1-v2"]
    assert [row["metadata"]["source"] for row in rows] == ["r0"] * 3 + ["r1"] * 3
    assert (rows[1]["metadata"]["persona"], rows[1]["metadata"]["complexity"]) == ("a child", "short")
    assert all(row["reference_answer"] == REFERENCE for row in rows)
    assert check(result.out, Target.RFT, rows=False).errors == 0


def test_variants_that_say_the_same_or_another_number_are_rejected(tmp_path):
    result, rows = varied(tmp_path, count=1, personas=["parrot", "liar"])
    assert (len(rows), result.rejected) == (1, {"duplicate": 1, "schema": 1})
    assert "['99']" in result.log.read_text(encoding="utf-8")


def test_a_split_by_source_keeps_a_row_with_its_variants(tmp_path):
    result, _ = varied(tmp_path, personas=["a child"])
    shares = SplitConfig(train=0.5, test=0.5)
    made = split(result.out, tmp_path / "split", shares, seed="1", by="metadata.source", near=1.0)
    sources = [
        {json.loads(line)["metadata"]["source"] for line in file.read_text(encoding="utf-8").splitlines()}
        for file in made.files.values()
    ]
    assert sum(made.rows.values()) == 24
    assert not sources[0] & sources[1]
