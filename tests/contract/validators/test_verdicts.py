"""The rules against AWS's own validators: their verdicts on thousands of damaged rows, kept as one bit each.

`verdicts.json` was written 2026-11-28: Forge a4d5b3d was run; of the script 1e88f24, which is not to be had here as a
file, the rules were transcribed and run. To run both again, set RFT_AWS_SCRIPT and RFT_FORGE_SOURCE to copies of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from datagen.validate import RULES, Severity, Target
from datagen.validate.alike import Facts, Memory
from datagen.validate.rules import ACCEPTS, DISAGREES, REFUSES, disagreement, severity_of, verdicts_of
from datagen.validate.scan import WALKS, problems_of
from datagen.validate.walk import Walk
from tests.contract.validators import oracles
from tests.contract.validators.mutations import Mutation, mutations

KEPT: dict[str, Any] = json.loads(Path(__file__).with_name("verdicts.json").read_text(encoding="utf-8"))
ROWS = list(mutations())
TARGETS = {
    "sft": (Target.BEDROCK_SFT, Target.TRAINING_JOB_SFT),
    "rft": (Target.BEDROCK_RFT, Target.RFT),
    "rft-multiturn": (Target.RFT_MULTITURN,),
    "gen-qa": (Target.GEN_QA,),
    "dpo": (Target.DPO,),
    "cpt": (Target.CPT,),
}
PLATFORM = {
    Target.BEDROCK_SFT: "script",
    Target.BEDROCK_RFT: "script",
    Target.DPO: "script",
}
# What we refuse though no page and no validator does, and why: the row cannot be trained on, or not as it was meant.
STRICTER = {
    "duplicate-key", "not-a-number", "lone-surrogate", "misspelt-key",  # readers disagree on what the row says
    "role-missing", "content-missing",  # no chat template writes such a turn
    "reference-broken", "id-duplicate",  # a grader cannot use it
    "content-empty",  # a turn that says nothing
    "byte-order-mark", "tool-description", "tool-parameters", "tool-duplicate", "tool-unknown",  # one validator refuses
}  # fmt: skip

# What a validator refuses and a page allows, or one version of the validator itself.
ALLOWED = {"reference-type", "tools-missing"}


def kept(validator: str) -> Iterator[tuple[Mutation, bool]]:
    for name, verdicts in KEPT[validator].items():
        rows = [row for row in ROWS if row.format == name]
        yield from zip(rows, oracles.unpacked(verdicts), strict=True)


def codes_of(mutation: Mutation, target: Target) -> list[str]:
    line = json.dumps(mutation.row).encode()
    return [problem.code for problem in problems_of(line, target, oracles.model_of(mutation.format))[1]]  # type: ignore[arg-type]


def test_the_verdicts_are_for_these_rows_and_there_are_thousands() -> None:
    assert oracles.digest_of(ROWS) == KEPT["mutations"]
    assert sum(1 for validator in ("script", "forge") for _ in kept(validator)) >= 3_000


@pytest.mark.parametrize("validator", ["script", "forge"])
def test_the_table_says_of_each_row_what_the_validator_says(validator: str) -> None:
    column = ("docs", "script", "forge").index(validator)
    wrong = []
    for mutation, refused in kept(validator):
        for target in TARGETS[mutation.format]:
            codes = codes_of(mutation, target)
            said = {verdicts_of(RULES[code], target)[column] for code in codes}
            open_ = DISAGREES in said or "misspelt-key" in codes  # a misspelt key is also a missing one, or a stranger
            if (REFUSES in said) != refused and not (open_ and REFUSES not in said):
                wrong.append((mutation.format, mutation.what, "refused" if refused else "accepted", codes))
    assert wrong == []


@pytest.mark.parametrize("validator", ["script", "forge"])
def test_what_the_platform_s_own_validator_refuses_is_an_error(validator: str) -> None:
    missed = [
        (mutation.what, target)
        for mutation, refused in kept(validator)
        for target in TARGETS[mutation.format]
        if refused and PLATFORM.get(target, "forge") == validator
        if not _errors(mutation, target) and not ALLOWED & set(codes_of(mutation, target))
    ]
    assert missed == []


@pytest.mark.parametrize("validator", ["script", "forge"])
def test_what_it_accepts_is_an_error_only_where_a_page_refuses_or_the_row_cannot_be_used(validator: str) -> None:
    for mutation, refused in kept(validator):
        for target in TARGETS[mutation.format]:
            if not refused and PLATFORM.get(target, "forge") == validator:
                for code in _errors(mutation, target):
                    assert verdicts_of(RULES[code], target).docs == REFUSES or code in STRICTER, (mutation.what, code)


@pytest.mark.parametrize("target", [target for targets in TARGETS.values() for target in targets], ids=str)
def test_a_row_that_need_not_be_walked_has_the_problems_that_the_walk_finds(target: Target) -> None:
    rows = [one for one in ROWS if target in TARGETS[one.format]]
    model: Any = oracles.model_of(rows[0].format)
    memory, unwalked = Memory(target, model), 0
    for mutation in [*rows, *rows]:
        line = json.dumps(mutation.row).encode()
        _, problems = problems_of(line, target, model)
        if found := memory.find(line):
            unwalked += 1
            assert list(found.problems) == problems, mutation.what
        else:
            walk = Walk(target, model)
            WALKS[target](walk, mutation.row)
            memory.learn(line, walk, Facts())
    assert unwalked > len(rows) / 50


def test_stricter_is_no_longer_than_it_must_be() -> None:
    ours = {
        code
        for code, rule in RULES.items()
        if rule.ours is Severity.ERROR and any(verdicts_of(rule, target).docs != REFUSES for target in Target)
    }
    assert ours == STRICTER


def test_a_finding_names_the_versions_where_they_disagree() -> None:
    for rule in RULES.values():
        for target in Target:
            verdicts = verdicts_of(rule, target)
            if {REFUSES, ACCEPTS} <= set(verdicts):
                assert "refused by" in disagreement(rule, target)
                assert "accepted by" in disagreement(rule, target)
            elif DISAGREES not in verdicts:
                assert disagreement(rule, target) == ""


def _errors(mutation: Mutation, target: Target) -> list[str]:
    return [code for code in codes_of(mutation, target) if severity_of(RULES[code], target) is Severity.ERROR]


@pytest.mark.parametrize(("validator", "variable"), [("script", "RFT_AWS_SCRIPT"), ("forge", "RFT_FORGE_SOURCE")])
def test_the_validators_still_say_what_was_kept(validator: str, variable: str) -> None:
    if not (path := os.environ.get(variable)):
        pytest.skip(f"{variable} names no copy of AWS's validator")
    formats = oracles.SCRIPT if validator == "script" else oracles.FORGE
    assert oracles.verdicts_of(getattr(oracles, validator)(Path(path)), formats, ROWS) == KEPT[validator]
