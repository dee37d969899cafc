"""Twenty-five RFT files of five rows with one fault each: every fault is found on its physical line."""

from __future__ import annotations

import copy
import json

import pytest

from datagen.validate import Target, check
from datagen.validate.scan import problems_of


def row(number):
    return {
        "id": f"r-{number}",
        "messages": [{"role": "system", "content": "Plan."}, {"role": "user", "content": f"Question {number}?"}],
        "reference_answer": {"Type": "lookup"},
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "read",
                    "description": "Read a rule",
                    "parameters": {"type": "object", "properties": {"rule": {"type": "string"}}, "required": ["rule"]},
                },
            }
        ],
    }


def written(tmp_path, lines, name="rft.jsonl"):
    path = tmp_path / name
    path.write_bytes(
        b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines) + b"\n"
    )
    return path


def found(path, target=Target.RFT):
    return {(finding.line, finding.code) for finding in check(path, target, rows=False).findings}


def rename(item, key, new):
    item[new] = item.pop(key)


def change(place, value):
    def apply(item):
        *path, last = place
        for step in path:
            item = item[step]
        item[last] = value

    return apply


FUNCTION = ("tools", 0, "function")
FAULTS = {
    "a misspelt key": (lambda item: rename(item, "reference_answer", "refrence_answer"), "misspelt-key"),
    "no messages": (lambda item: item.pop("messages"), "missing-key"),
    "messages empty": (change(("messages",), []), "empty"),
    "messages as text": (change(("messages",), "Question?"), "wrong-type"),
    "a turn that is text": (change(("messages", 1), "Question?"), "wrong-type"),
    "an unknown role": (change(("messages", 1, "role"), "human"), "role"),
    "a role of null": (change(("messages", 0, "role"), None), "role-missing"),
    "content of null": (change(("messages", 1, "content"), None), "content-missing"),
    "content empty": (change(("messages", 1, "content"), "  "), "empty"),
    "content as a number": (change(("messages", 1, "content"), 7), "wrong-type"),
    "system not first": (lambda item: item["messages"].reverse(), "system-not-first"),
    "no turn of the user": (lambda item: item["messages"].pop(), "no-user-turn"),
    "the answer shown": (lambda item: item["messages"].append({"role": "assistant", "content": "{}"}), "answer-leak"),
    "no reference": (lambda item: item.pop("reference_answer"), "reference-missing"),
    "an empty reference": (change(("reference_answer",), {}), "empty"),
    "a reference of broken JSON": (change(("reference_answer",), '{"Type": '), "reference-broken"),
    "NaN in the reference": (change(("reference_answer", "score"), float("nan")), "not-a-number"),
    "tools as an object": (change(("tools",), {"name": "read"}), "wrong-type"),
    "a tool of another type": (change(("tools", 0, "type"), "tool"), "tool-definition"),
    "a tool without a name": (lambda item: item["tools"][0]["function"].pop("name"), "tool-definition"),
    "two tools of one name": (lambda item: item["tools"].append(copy.deepcopy(item["tools"][0])), "tool-duplicate"),
    "parameters that are no object": (change((*FUNCTION, "parameters", "type"), "string"), "tool-definition"),
    "a required parameter that does not exist": (
        change((*FUNCTION, "parameters", "required"), ["rul"]),
        "tool-schema",
    ),
    "an id that is taken": (change(("id",), "r-1"), "id-duplicate"),
    "a reserved word": (change(("messages", 1, "content"), "User: hello"), "reserved-word"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_is_found_on_its_physical_line_and_nothing_else(tmp_path, name):
    apply, code = FAULTS[name]
    rows = [row(number) for number in range(1, 6)]
    apply(rows[2])
    line_of_the_third_row = 4  # the blank line between counts
    path = written(tmp_path, [rows[0], rows[1], b"", *rows[2:]])
    assert found(path) - {(0, "mixed-fields")} == {(2 + 1, "blank-line"), (line_of_the_third_row, code)}


def test_there_are_twenty_five():
    assert len(FAULTS) == 25


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"id": "r-3"', "json-syntax"),
        (b"[1, 2]", "not-an-object"),
        (b'{"id": "\xff"}', "not-utf8"),
        (b"[" * 200_000, "json-syntax"),
    ],
)
def test_a_line_that_is_no_row_is_found_and_the_others_are_still_read(tmp_path, line, code):
    bad = row(5)
    bad["messages"][1]["role"] = "human"
    assert found(written(tmp_path, [row(1), line, row(3), bad])) == {(2, code), (4, "role")}


def test_a_good_file_has_nothing_to_complain_about(tmp_path):
    assert check(written(tmp_path, [row(number) for number in range(100)]), Target.RFT).counts == {}


def test_a_byte_order_mark_is_an_error_and_the_row_is_read(tmp_path):
    path = written(tmp_path, [b"\xef\xbb\xbf" + json.dumps(row(1)).encode(), row(2)])
    report = check(path, Target.RFT, rows=False)
    assert [(finding.code, finding.severity) for finding in report.findings] == [("byte-order-mark", "error")]
    assert report.rows == 2


def test_an_empty_file_is_an_error(tmp_path):
    assert found(written(tmp_path, [b""])) == {(1, "blank-line"), (0, "empty-file")}


@pytest.mark.parametrize(
    ("rows", "codes"), [(99, {"rows-too-few"}), (100, set()), (20_000, set()), (20_001, {"rows-too-many"})]
)
def test_the_number_of_rows_must_suit_the_platform(tmp_path, rows, codes):
    path = written(tmp_path, [row(number) for number in range(rows)])
    assert {finding.code for finding in check(path, Target.RFT).findings} == codes


def test_line_separators_of_unicode_do_not_shift_the_line_numbers(tmp_path):
    odd = row(1)
    odd["messages"][1]["content"] = "one\u2028two\x85three"
    path = written(tmp_path, [json.dumps(odd, ensure_ascii=False).encode(), b"{"])
    assert found(path) == {(2, "json-syntax")}


def test_missing_tools_are_a_warning_that_names_the_version_which_refuses(tmp_path):
    rows = [row(1), row(2)]
    for item in rows:
        del item["tools"]
    path = written(tmp_path, rows)
    for target in (Target.RFT, Target.BEDROCK_RFT):
        finding = check(path, target, rows=False).findings[0]
        assert (finding.code, finding.severity) == ("tools-missing", "warning")
        assert "1e88f24" in finding.sources


def test_all_findings_are_counted_and_only_the_first_are_kept(tmp_path):
    path = written(tmp_path, [b"{"] * 500)
    report = check(path, Target.RFT, limit=7, rows=False)
    assert len(report.findings) == 7
    assert report.errors == 500


def test_keys_of_the_user_are_allowed(tmp_path):
    rows = [{**row(number), "difficulty_level": "easy"} for number in (1, 2)]
    assert found(written(tmp_path, rows)) == set()


HISTORY = [
    {"role": "user", "content": "Which rules?"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "read", "arguments": '{"rule": "R-1"}'}},
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "R-1"},
    {"role": "user", "content": "And then?"},
]


def codes_of(item, target=Target.RFT):
    return [problem.code for problem in problems_of(json.dumps(item).encode(), target)[1]]


def test_a_history_of_calls_has_no_content_and_is_accepted():
    assert codes_of({**row(1), "messages": HISTORY}) == ["role-tool"]  # the script alone refuses tool turns


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        ((1, "tool_calls", 0, "function", "name"), "write", "call-unknown"),
        ((1, "tool_calls", 0, "function", "arguments"), '{"rule": 7}', "call-arguments"),
        ((1, "tool_calls", 0, "function", "arguments"), "{rule", "call-arguments"),
        ((2, "tool_call_id"), "c2", "call-unanswered"),
    ],
)
def test_a_call_in_the_history_is_held_against_its_tool_and_its_result(place, value, code):
    turns = copy.deepcopy(HISTORY)
    change(place, value)(turns)
    assert codes_of({**row(1), "messages": turns}) == ["role-tool", code]


@pytest.mark.parametrize(
    "reference",
    [
        {"tool_calls": [{"function": {"name": "write", "arguments": {}}}]},
        {"tool_calls": [{"name": "write", "arguments": "{}"}]},
        {"toolUse": {"name": "write", "input": {}}},
        '{"tool_calls": [{"name": "write", "arguments": {}}]}',
    ],
)
def test_a_reference_that_calls_an_unknown_tool_is_a_warning(reference):
    assert codes_of({**row(1), "reference_answer": reference}) == ["call-unknown"]


def test_a_reference_without_calls_is_no_call_of_an_unknown_tool():
    assert codes_of({**row(1), "reference_answer": {"name": "Oslo", "content": [{"name": "x"}]}}) == []


@pytest.mark.parametrize("number", ["1e999", "-1e400", "NaN", "Infinity"])
def test_a_number_that_none_can_hold_is_found(number):
    line = json.dumps(row(1)).replace('"lookup"', number).encode()
    assert [problem.code for problem in problems_of(line, Target.RFT)[1]] == ["not-a-number"]


def test_serverless_rows_are_a_prompt_and_warn_of_what_is_not_read():
    assert codes_of({"prompt": "2 + 2?"}, Target.RFT_MULTITURN_SERVERLESS) == []
    assert codes_of({"prompt": HISTORY}, Target.RFT_MULTITURN_SERVERLESS) == []
    assert codes_of({"prompt": "2 + 2?", "answer": "4"}, Target.RFT_MULTITURN_SERVERLESS) == ["prompt-only"]
    assert codes_of({"question": "2 + 2?"}, Target.RFT_MULTITURN_SERVERLESS)[0] == "missing-key"


@pytest.mark.parametrize("has_tools", ["1" * 9 + "0" * 9, "10" * 9, "0" + "1" * 17, "1" * 17 + "0"])
def test_fields_that_come_and_go_are_counted_in_whatever_order_the_rows_stand(tmp_path, has_tools):
    kept = {"1": ("id", "messages", "reference_answer", "tools"), "0": ("id", "messages", "reference_answer")}
    rows = [{key: row(number)[key] for key in kept[one]} for number, one in enumerate(has_tools)]
    said = [each.message for each in check(written(tmp_path, rows), Target.RFT).findings if each.code == "mixed-fields"]
    assert said == [f"'tools' is in {has_tools.count('1')} of 18 rows; Forge wants all or none"]
