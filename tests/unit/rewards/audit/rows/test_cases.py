"""Where right answers come from, and what the settings accept."""

import json

import pytest

from rewards.audit import AuditConfig, AuditConfigError, AuditDataError, case_of, read_cases, read_rollouts
from rewards.audit.checks.learning_signal import rollout_groups
from rewards.audit.config import with_settings
from rewards.rollouts import rollout_record

USER = {"role": "user", "content": "2+2?"}


def test_a_function_comes_before_everything():
    row = {"gold": "field", "reference_answer": "reference"}
    assert case_of(row, 1, lambda row: "function").gold == "function"


def test_a_field_gold_comes_before_the_conversation():
    row = {"gold": {"a": 1}, "messages": [USER, {"role": "assistant", "content": "turn"}]}
    assert case_of(row, 1).gold == '{"a":1}'


def test_a_final_assistant_turn_is_the_right_answer_and_leaves_the_prompt():
    case = case_of({"messages": [USER, {"role": "assistant", "content": "4"}], "reference_answer": "four"}, 1)
    assert (case.gold, case.source) == ("4", "final assistant turn")
    assert case.row["messages"] == [USER]


def test_a_reference_is_the_right_answer_as_it_stands_or_as_json():
    assert case_of({"reference_answer": "four"}, 1).gold == "four"
    assert case_of({"reference_answer": {"a": {"$any_of": ["x", "y"]}}}, 1).gold == '{"a":"x"}'
    assert case_of({"metadata": {"reference_answer": [1]}}, 1).gold == "[1]"


def test_a_row_without_any_has_none():
    assert case_of({"messages": [USER]}, 7).gold is None
    assert case_of({"messages": [USER]}, 7).id == "row-7"


def test_every_bad_line_is_named(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": "a"}\n\n{"id":\n[1]\n', encoding="utf-8")
    with pytest.raises(AuditDataError, match=r"line 3 .*line 4"):
        read_cases(path)


def test_an_empty_file_is_no_data(tmp_path):
    (tmp_path / "rows.jsonl").write_text("\n", encoding="utf-8")
    with pytest.raises(AuditDataError, match="no rows"):
        read_cases(tmp_path / "rows.jsonl")


def test_a_byte_order_mark_is_no_fault(tmp_path):
    (tmp_path / "rows.jsonl").write_text(
        '\ufeff{"id": "a", "messages": [{"role": "user", "content": "?"}]}\n', encoding="utf-8"
    )
    assert read_cases(tmp_path / "rows.jsonl")[0].id == "a"


def test_rollouts_of_one_prompt_share_a_case(tmp_path):
    rows = [
        {"id": f"a-{n}", "messages": [USER, {"role": "assistant", "content": text}], "reference_answer": "4"}
        for n, text in enumerate(["4", "5"])
    ]
    (tmp_path / "r.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    first, second = read_rollouts(tmp_path / "r.jsonl")
    assert first.case is second.case
    assert (first.text, second.text) == ("4", "5")


def test_a_rollout_without_an_answer_is_named(tmp_path):
    (tmp_path / "r.jsonl").write_text(json.dumps({"messages": [USER]}), encoding="utf-8")
    with pytest.raises(AuditDataError, match=r"1 of 1 rows are no rollouts; the first, line 1: no completion"):
        read_rollouts(tmp_path / "r.jsonl")


def test_rollouts_of_one_row_are_a_group_and_pictures_part_groups(tmp_path):
    """Two pictures with one question and one reference under one id, two completions each."""
    rows = [
        {"id": "a", "messages": [{"role": "user", "content": [{"image": uri}, {"text": "?"}]}, turn]}
        for uri in ("0.jpg", "1.jpg")
        for turn in ({"role": "assistant", "content": text} for text in "xy")
    ]
    (tmp_path / "r.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    groups = rollout_groups(read_rollouts(tmp_path / "r.jsonl"))
    assert [[answer.text for answer in group.answers] for group in groups] == [["x", "y"], ["x", "y"]]


def test_graded_rollouts_are_read_and_what_was_unreadable_is_left_out(tmp_path):
    row = {"id": "a", "messages": [USER], "reference_answer": "4"}
    made = [
        rollout_record(row, [{"role": "assistant", "content": text}], row_id="a", sample=n)
        for n, text in enumerate("45")
    ]
    lines = [*({**record, "score": 1.0} for record in made), {"rollout_version": 1, "row": 3, "unreadable": "?"}]
    (tmp_path / "r.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    (group,) = rollout_groups(read_rollouts(tmp_path / "r.jsonl"))
    assert [answer.text for answer in group.answers] == ["4", "5"]
    assert "score" not in group.answers[0].case.row


def test_grades_without_completions_are_named_with_the_command(tmp_path):
    (tmp_path / "r.jsonl").write_text('{"row": 1, "id": "a", "prompt": "0", "score": 1.0, "signals": {}}')
    with pytest.raises(AuditDataError, match="run `rft grade ROLLOUTS --reward REWARD -o OUT` again"):
        read_rollouts(tmp_path / "r.jsonl")


def test_settings_are_parsed_as_their_defaults():
    config = with_settings(AuditConfig(), ["constant_max=0.15", "attack_rows=7", "ignore=a,b", "bounds=-1,1"])
    assert (config.constant_max, config.attack_rows, config.ignore, config.bounds) == (0.15, 7, ("a", "b"), (-1.0, 1.0))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("constantmax=1", "did you mean 'constant_max'"),
        ("seed=x", "cannot be 'x'"),
        ("step=1", "no setting 'step'"),
        ("bounds=1", "2 numbers"),
        ("bounds=1,0", "the lower first"),
    ],
)
def test_a_wrong_setting_is_explained(setting, message):
    with pytest.raises(AuditConfigError, match=message):
        with_settings(AuditConfig(), [setting])


@pytest.mark.parametrize("bounds", [(1.0, 0.0), (0.0, 0.0), (0.0, float("nan"))])
def test_bounds_are_two_finite_numbers_in_order(bounds):
    with pytest.raises(ValueError, match="bounds"):
        AuditConfig(bounds=bounds)
