"""The table of rules and sources."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import datagen
from datagen.validate import RULES, Severity, Target
from datagen.validate.rules import disagreement, severity_of, verdicts_of

SOURCE = "\n".join(path.read_text() for path in (Path(datagen.__file__).parent / "validate").glob("*.py"))


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_what_the_documentation_refuses_is_an_error_everywhere(rule):
    for target in Target:
        if verdicts_of(rule, target).docs == "refuses":
            assert severity_of(rule, target) is Severity.ERROR


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_what_a_platform_s_own_validator_refuses_is_an_error_unless_a_page_allows_it(rule):
    documented = rule.docs == "accepts"
    if rule.script == "refuses":
        assert (severity_of(rule, Target.BEDROCK_SFT) is Severity.ERROR) is not documented
    if rule.forge == "refuses":
        assert (severity_of(rule, Target.TRAINING_JOB_SFT) is Severity.ERROR) is not documented


def test_a_list_as_reference_is_allowed_by_the_page_and_a_warning_names_who_refuses_it():
    rule = RULES["reference-type"]
    for target in (Target.RFT, Target.BEDROCK_RFT):
        assert severity_of(rule, target) is Severity.WARNING
        assert "refused by the Bedrock script 1e88f24 and the Forge SDK a4d5b3d" in disagreement(rule, target)


def test_every_rule_is_used_and_every_code_is_a_rule():
    named = set(re.findall(r"""(?:_refused|add|Problem|_rule|_error|_word)\(\s*"([\w-]+)\"""", SOURCE))
    used = {code for code in RULES if len(re.findall(rf'"{re.escape(code)}"', SOURCE)) > 1}
    assert used == set(RULES)
    assert named <= set(RULES)
