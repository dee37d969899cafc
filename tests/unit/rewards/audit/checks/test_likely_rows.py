"""Row shapes that AWS documents or the data holds are errors; invented ones are warnings."""

import json

import pytest

from rewards import exact_match
from rewards.audit import AuditConfig, Case, InProcess, case_of, lift
from rewards.audit.checks.robustness import check_total
from rewards.audit.perturb.hostile import likely_rows, odd_rows

CITIES = ["Oslo", "Lima", "Rome"]
QUICK = AuditConfig(hostile_bytes=500)


def cases_of(**extra: object) -> list[Case]:
    return [
        case_of({"id": city, "messages": [{"role": "user", "content": "?"}], "reference_answer": city, **extra}, n)
        for n, city in enumerate(CITIES)
    ]


def raising_for(is_met) -> InProcess:
    graded = lift(exact_match()).handler

    def handler(event, context):
        for row in event:
            assert not is_met(row)
        return graded(event, context)

    return InProcess(handler)


def found(grader: InProcess, cases: list[Case]) -> dict[str, str]:
    return {one.code: one.severity for one in check_total(grader, cases, QUICK) if "row" in one.message}


@pytest.mark.parametrize(
    "is_met",
    [lambda row: "nova_assistant" in json.dumps(row), lambda row: row.get("my_custom_field") is not None],
    ids=["role of rft_eval", "a field of one's own"],
)
def test_a_documented_row_that_breaks_the_grader_is_an_error(is_met):
    assert found(raising_for(is_met), cases_of())["total-event"] == "error"


@pytest.mark.parametrize("shape", ["reference_answer", "tools"])
def test_an_invented_row_is_a_warning_until_the_data_holds_it(shape: str):
    def is_met(row):
        return shape in row and row[shape] is None

    assert found(raising_for(is_met), cases_of()) == {"total-odd-row": "warning"}
    if shape == "tools":
        assert found(raising_for(is_met), cases_of(tools=None))["total-event"] == "error"


def test_no_shape_is_both_documented_and_invented():
    cases = cases_of()
    assert not likely_rows(cases).keys() & odd_rows(cases[0]).keys()
