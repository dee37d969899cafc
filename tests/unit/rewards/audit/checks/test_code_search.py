"""The search of a grader's own code: planted branches are found and shrunk, sound graders are left alone."""

import string
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.audit import Audit, AuditConfig, Case, InProcess, audit, case_of
from rewards.audit.checks.code_search import search_code
from rewards.audit.perturb.programs import Edit, Program, further, lexicon_of, sweep
from rewards.audit.rows.data_profile import survey
from rewards.audit.scoring import Scorer

CITIES = ("Oslo", "Lima", "Rome", "Graz", "Bern", "Turin", "Porto", "Delft")
CASES = [
    case_of({"id": str(n), "messages": [{"role": "user", "content": f"City {n}?"}], "reference_answer": city}, n)
    for n, city in enumerate(CITIES)
]
Branch = Callable[[str, str], float | None]


def grader_with(branch: Branch) -> InProcess:
    """Exact match, but for what `branch` gives."""

    def result(row: Any) -> dict[str, Any]:
        last = row["messages"][-1] if row.get("messages") else {}
        text, ref = last.get("content"), row.get("reference_answer")
        score = branch(text, ref) if isinstance(text, str) and last.get("role") == "assistant" else 0.0
        return {"id": row.get("id", ""), "aggregate_reward_score": float(text == ref) if score is None else score}

    return InProcess(lambda event, context: [result(row) for row in event])


def searched(branch: Branch, cases: list[Case] = CASES, calls: int = 2500) -> Audit:
    return audit(grader_with(branch), cases, AuditConfig(law_examples=10, hostile_bytes=2000, search_calls=calls))


def found(report: Audit) -> dict[str, str]:
    return {one.code: str(one.example.get("completion")) for one in report.findings if "search" in one.code}


def test_a_magic_word_is_found_and_the_example_is_that_word():
    report = searched(lambda text, ref: 1.0 if "xyzzy" in text else None)
    assert found(report) == {"attack-search": "xyzzy"}


def test_the_list_alone_does_not_find_it():
    report = searched(lambda text, ref: 1.0 if "xyzzy" in text else None, calls=0)
    assert found(report) == {}
    assert report.passed
    assert report.search is None


@settings(max_examples=8, deadline=None)
@given(
    st.text(string.ascii_letters + string.digits + " -_!", min_size=3, max_size=20).filter(lambda word: word.strip())
)
def test_whatever_the_magic_word_is_it_is_found(word: str):
    grader = grader_with(lambda text, ref: 1.0 if text.strip() == word.strip() else None)
    scorer = Scorer(grader, AuditConfig(search_calls=1000))
    _, findings = search_code(survey(scorer, CASES), scorer)
    assert [one.code for one in findings] == ["attack-search"]


def test_a_branch_behind_a_branch_is_found_by_coverage():
    def guarded(text: str, ref: str) -> float | None:
        if "begin" not in text:
            return None
        if text.count("again") < 3:
            return None
        return 1.0 if "finish" in text else None

    assert "attack-search" in found(searched(guarded, calls=4000))


def test_a_pattern_is_met_by_the_shortest_text_that_matches_it():
    import re

    report = searched(lambda text, ref: 1.0 if re.match(r"OVERRIDE-[0-9]{3}$", text) else None)
    assert found(report) == {"attack-search": "OVERRIDE-000"}


def test_a_length_that_pays_is_shrunk_to_the_shortest():
    report = searched(lambda text, ref: 1.0 if len(text) > 9000 else None)
    assert len(found(report)["attack-search"]) + 9000 > 9000  # the example of a report is cut
    assert any("9001 characters" in one.message for one in report.errors if one.code == "attack-search")


def test_a_word_that_makes_mistakes_free_is_found_beside_a_mistake():
    report = searched(lambda text, ref: float(text[:1] == ref[:1]) if text.endswith("(sic)") else None)
    assert "attack-search" in found(report)


def test_a_branch_that_raises_is_found_with_the_word_that_leads_there():
    def raising(text: str, ref: str) -> float | None:
        if "overflow" in text:
            raise RuntimeError("cannot happen")
        return None

    assert found(searched(raising)) == {"total-search": "overflow"}


def test_rows_that_take_a_branch_of_their_own_are_tried_for_every_mistake():
    rows = [
        *CASES,
        case_of({"id": "z", "messages": [{"role": "user", "content": "?"}], "reference_answer": "Zzyzx Road"}, 9),
    ]
    many = [case_of({**case.row, "id": f"{n}"}, n) for n, case in enumerate(rows[:-1] * 40)] + rows[-1:]

    def lenient(text: str, ref: str) -> float | None:
        return float(text[:3] == ref[:3]) if ref.startswith("Zz") else None

    report = searched(lenient, many)
    assert any(one.code in ("attack-search", "law-mistake-free") for one in report.errors)


@pytest.mark.parametrize(
    "branch",
    [
        lambda text, ref: 0.2 if "answer" in text and text != ref else None,
        lambda text, ref: float(text.casefold() == ref.casefold()),
        lambda text, ref: float(text.removeprefix("City: ").rstrip(".!") == ref),
        lambda text, ref: float(text in ("Oslo", "Lima", "Rome") and text == ref) or None,
    ],
)
def test_what_is_only_lenient_about_form_is_no_find(branch: Branch):
    report = searched(branch)
    assert found(report) == {}


def test_the_same_seed_finds_the_same_and_the_calls_are_bounded():
    reports = [searched(lambda text, ref: 1.0 if "a key" in text else None, calls=700) for _ in range(2)]
    assert found(reports[0]) == found(reports[1])
    assert reports[0].search is not None
    assert 0 < reports[0].search.answers <= 732


def test_the_search_stops_when_its_time_is_over():
    seconds = iter(range(10_000))
    scorer = Scorer(grader_with(lambda text, ref: None), AuditConfig(search_s=5.0))
    facts, _ = search_code(survey(scorer, CASES), scorer, clock=lambda: float(next(seconds)))
    assert facts is not None
    assert facts.out_of_time
    assert facts.answers < 200


def test_a_grader_out_of_reach_is_not_searched():
    class Deployed:
        name = "far away"

        def ask(self, event: Any, /) -> Any:
            return grader_with(lambda text, ref: None).ask(event)

    report = audit(Deployed(), CASES, AuditConfig(law_examples=5, hostile_bytes=2000))
    assert report.search is None


def test_a_program_is_its_edits_of_the_answer_and_of_the_whole():
    program = Program("junk", (Edit("key", "mode", "debug"), Edit("line behind", "done")))
    assert program.text('{"a":1}') == '{"a":1,"mode":"debug"}\ndone'
    assert str(program) == 'junk with "mode": "debug" in it and a line "done" behind it'


@given(st.lists(st.text(min_size=1, max_size=6) | st.integers(0, 50), max_size=6), st.text(max_size=20))
def test_every_edit_of_every_lexicon_makes_a_text_and_can_be_shrunk(constants: list[str | float], base: str):
    lexicon = lexicon_of(constants)
    for edits in (*list(sweep(lexicon))[:200], *((edit,) for edit in list(further(lexicon))[:50])):
        program = Program("junk", edits)
        assert isinstance(program.text(base), str)
        assert all(len(str(one)) > 0 for one in program.smaller())
