"""Answers as models write them, and what each earns: the verdicts were written before the components saw them.

A table for each component in `tests/fixtures/answers`: a reward, the references, and for each answers with their value
to four digits. An answer is a text or a turn of an API.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest

from rewards import REWARDS, AnswerFormat, Completion, Sample, abstention, from_spec
from rewards.parsing.fences import only_code
from rewards.rows import completion_of
from rewards.types import JSON

TABLES = sorted((Path(__file__).parents[2] / "fixtures" / "answers").glob("*.json"))


@pytest.mark.parametrize("table", TABLES, ids=[path.stem for path in TABLES])
def test_answers_as_models_write_them_earn_what_they_should(table: Path) -> None:
    surprises = []
    for part in json.loads(table.read_text(encoding="utf-8")):
        reward = from_spec(part["reward"])
        for row in part["rows"]:
            sample = Sample("a", (), reference=row["reference"], metadata=row.get("metadata", {}))
            for wanted, answer in row["answers"]:
                score = reward(sample, completion_of(answer))
                if round(score.value, 4) != wanted:
                    surprises.append(f"{answer!r} for {row['reference']!r:.80} earns {score.value}, not {wanted}")
    assert surprises == []


DOUBLE = "def double(n):\n    return 2 * n"


@pytest.mark.parametrize(
    "text",
    [
        DOUBLE,
        f"```python\n{DOUBLE}\n```",
        f"~~~py\n{DOUBLE}\n~~~",
        f"Here is the function:\n\n```Python\n{DOUBLE}\n```\n\nIt doubles n.",
        f"コード：\n```\n{DOUBLE}\n```",
        f"<think>easy</think>\n```python\n{DOUBLE}\n```",
        f"```python\n{DOUBLE}",
    ],
)
def test_the_code_of_an_answer_is_its_only_block(text: str) -> None:
    assert only_code(text) == DOUBLE


@pytest.mark.parametrize(
    "more", [f"```python\n{DOUBLE}\n```", "```\n>>> double(2)\n4\n```", "~~~\nprint(double(2))\n~~~"]
)
def test_two_blocks_of_code_are_no_answer(more: str) -> None:
    assert only_code(f"```python\n{DOUBLE}\n```\nUsage:\n{more}") is None


GOLD: dict[str, JSON] = {
    "abstention": [1],
    "bleu": "a",
    "box_count": [[0, 0, 1, 1]],
    "box_iou": [[0, 0, 1, 1]],
    "chrf": "a",
    "citations": {"sources": "a b c d e"},
    "code_tests": {"tests": "assert f(1) == 1"},
    "coverage": [[0, 0, 1, 1]],
    "exact_match": "a",
    "field_f1": {"a": 1},
    "instruction_constraints": {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]},
    "keyword_jaccard": ["a"],
    "label_match": "a",
    "math_equal": "1",
    "multiple_choice": "A",
    "numeric_match": 1,
    "regex_match": ".*",
    "rouge_l": "a",
    "schema_valid": None,
    "sql_result": {"schema": "CREATE TABLE t (a)", "rows": {"t": [[1], [2]]}, "query": "SELECT a FROM t"},
    "text_similarity": "a",
}
READ_AN_ANSWER = [name for name, make in REWARDS.items() if "answer" in inspect.signature(make).parameters]


@pytest.mark.parametrize("name", [name for name in READ_AN_ANSWER if name not in ("judge", "rubric")])
@pytest.mark.parametrize("text", ["", "I cannot help with that.", '{"another": 1}', "[]", "<think>a"])
def test_where_no_answer_is_at_the_declared_place_nothing_is_earned(name: str, text: str) -> None:
    for answer in (AnswerFormat(key="k"), AnswerFormat(tag="answer")):
        reward = REWARDS[name](*([{}] if name == "schema_valid" else ()), answer=answer)
        reference = {"k": GOLD[name]} if answer.key else GOLD[name]
        assert reward(Sample("a", (), reference=reference), Completion(text)).value == 0.0


def test_a_refusal_is_neither_silent_nor_an_answer() -> None:
    score = abstention(AnswerFormat(key="boxes"))(Sample("a", (), reference={"boxes": [1]}), Completion("I cannot."))
    assert (score.value, score.metrics) == (0.0, {"false_positive": None, "false_negative": None})
