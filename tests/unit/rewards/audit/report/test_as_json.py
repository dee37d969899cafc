"""The report as JSON and as a page, and the table of rules behind it."""

import json
from html.parser import HTMLParser

import pytest

from rewards import Score
from rewards.audit import RULES, SECTIONS, AuditConfig, Finding, InProcess, audit, case_of, lift
from rewards.audit.report.as_json import to_json
from rewards.audit.report.html import to_html

EVIL = '<script>alert("x")</script>\ud800'


@pytest.fixture(scope="module")
def report():
    """An audit whose data and answers try to break the page."""
    cases = [case_of({"id": EVIL[:20], "reference_answer": f"{EVIL} {n}"}, n) for n in range(3)]
    config = AuditConfig(law_examples=20, hostile_bytes=2000, search_calls=300)
    return audit(lift(lambda s, c: Score(float(len(c.text) > 5)), name=EVIL), cases, config)


@pytest.mark.parametrize("code", RULES)
def test_every_code_belongs_to_a_section_and_says_what_to_do(code):
    rule = RULES[code]
    assert Finding(code, "").section in SECTIONS
    assert all(text.endswith(".") for text in (rule.meaning, rule.why, rule.remedy))


def test_a_finding_without_a_rule_is_a_bug():
    with pytest.raises(ValueError, match="no rule"):
        Finding("contract-nonsense", "")


def test_json_holds_every_section_and_finding(report):
    found = json.loads(json.dumps(to_json(report)))
    assert list(found["sections"]) == list(SECTIONS)
    assert [one["code"] for one in found["findings"]] == [one.code for one in report.findings]
    assert found["passed"] is False


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_escapes_what_models_and_data_say(report):
    page = Page()
    page.feed(to_html(report))
    assert "script" not in [tag for tag, _ in page.tags]
    assert any('<script>alert("x")</script>' in text for text in page.text)


def test_the_page_needs_nothing_from_outside(report):
    page = Page()
    page.feed(to_html(report))
    assert not any("src" in attributes or "href" in attributes for _, attributes in page.tags)
    to_html(report).encode("utf-8")


def test_the_page_shows_equal_findings_once_with_all_that_was_seen(report):
    page = Page()
    page.feed(to_html(report))
    codes = {one.code for one in report.findings}
    assert [tag for tag, _ in page.tags].count("article") == len(codes) < len(report.findings)
    assert all(one.message.encode("utf-8", "replace").decode() in "\n".join(page.text) for one in report.findings)


def test_full_marks_for_a_wrong_answer_are_no_good_news(report):
    page = Page()
    page.feed(to_html(report))
    assert all(one["optimum"] == "0" for tag, one in page.tags if tag == "meter")
    paid = [row for row in report.attacks if row.kind == "gross" and row.full_marks]
    assert paid
    assert [one.get("class") for tag, one in page.tags if tag == "span"].count("errors") >= len(paid)


def test_a_report_without_answers_has_a_page_too():
    broken = audit(InProcess(lambda event, context: None), [case_of({"id": "a"}, 1)])
    assert "contract-shape" in to_html(broken)
    assert to_json(broken)["sections"]["attacks"] == "not run"


def test_rows_without_right_answers_leave_laws_and_attacks_out():
    def handler(event, context):
        return [{"id": row.get("id", "0"), "aggregate_reward_score": 0.0} for row in event]

    found = audit(InProcess(handler), [case_of({"id": "a", "messages": []}, 1)], AuditConfig(hostile_bytes=2000))
    assert found.verdict("laws") == found.verdict("attacks") == "not run"
    assert "gold-missing" in [finding.code for finding in found.findings]


def test_an_audit_needs_rows():
    with pytest.raises(ValueError, match="at least one row"):
        audit(InProcess(lambda event, context: []), [])
