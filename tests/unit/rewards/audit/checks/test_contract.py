"""What a reward says of itself that it does not check."""

from rewards import Formats, gated, json_parse, schema_valid, weighted
from rewards.audit import lift
from rewards.audit.checks.contract import unchecked_rules

SCHEMA = {"properties": {"on": {"format": "date"}}, "dependencies": {"a": ["b"]}}


def test_rules_that_are_not_checked_are_noted_however_deep_they_are():
    reward = weighted({"a": (gated(schema_valid(SCHEMA), by=json_parse(), threshold=0.75), 1.0)})
    (finding,) = unchecked_rules(lift(reward))
    assert (finding.code, finding.severity, finding.section) == ("contract-unchecked", "note", "contract")
    assert finding.message.startswith("2 of the rules in the reward are not checked: #/")
    assert finding.evidence["places"] == [
        "#/dependencies is no keyword of 2020-12",
        "#/properties/on/format is an annotation, so 'date' is not checked",
    ]


def test_a_reward_that_checks_all_its_rules_has_no_such_note():
    assert unchecked_rules(lift(schema_valid({"format": "date"}, formats=Formats()))) == []
    assert unchecked_rules(lift(json_parse())) == []
