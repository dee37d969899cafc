"""What every code means that any command prints: one registry over the tables of the packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from recipes.checking.explain import CodeFact

# Plans spell the codes of a recipe's and of a data file's findings with these in front.
PREFIXES: Final = ("recipe-", "data-")


def explained(code: str) -> list[CodeFact]:
    """Each meaning of a code, one for each command family that prints it; empty where none does.

    >>> [fact.source for fact in explained("attack-constant")]
    ['rft audit']
    >>> explained("recipe-no-variance") == explained("no-variance")
    True
    """
    for prefix, table in zip(PREFIXES, (_of_recipes, _of_data), strict=True):
        inner = code.removeprefix(prefix)
        if inner != code and inner in (facts := table()):
            return [facts[inner]]
    return [facts[code] for facts in (table() for table in TABLES) if code in facts]


def all_codes() -> list[str]:
    """Every code, each once, in the order of the tables."""
    return list(dict.fromkeys(code for table in TABLES for code in table()))


def _of_audit() -> Mapping[str, CodeFact]:
    from rewards.audit import RULES

    return {
        code: CodeFact(code, rule.severity, f"{rule.meaning} {rule.why}", rule.remedy, "rft audit")
        for code, rule in RULES.items()
    }


def _of_agents() -> Mapping[str, CodeFact]:
    from rewards.audit.trajectories import AGENT_RULES

    return {
        code: CodeFact(code, rule.severity, f"{rule.meaning} {rule.why}", rule.remedy, "rft audit --env")
        for code, rule in AGENT_RULES.items()
    }


def _of_data() -> Mapping[str, CodeFact]:
    from datagen.validate import RULES
    from rft.graders.gold_check import GOLD_RULES

    rules = {rule.code: CodeFact(rule.code, "by --for", rule.means, _mending(rule.fixable), "rft data check, fix")
             for rule in RULES.values()}  # fmt: skip
    gold = {code: CodeFact(code, severity, means, "", "rft data check --reward")
            for code, (severity, means) in GOLD_RULES.items()}  # fmt: skip
    return rules | gold


def _mending(fixable: bool) -> str:
    return "rft data fix repairs it" if fixable else ""


def _of_rejects() -> Mapping[str, CodeFact]:
    from datagen.types import REJECT_REASONS

    return {
        code: CodeFact(code, "rejected", means, "", "rft data make, dialogues, vary")
        for code, means in REJECT_REASONS.items()
    }


def _of_recipes() -> Mapping[str, CodeFact]:
    from recipes.checking.explain import codes

    return codes()


def _of_plans() -> Mapping[str, CodeFact]:
    from estimators.codes import CODES

    return {code: CodeFact(code, "", means, "", "plans, launches and running jobs") for code, means in CODES.items()}


def _of_graders() -> Mapping[str, CodeFact]:
    from lambda_package.codes import CODES

    return {code: CodeFact(code, "", means, "", "rft package verify, deploy") for code, means in CODES.items()}


TABLES: Final[tuple[Callable[[], Mapping[str, CodeFact]], ...]] = (
    _of_audit, _of_data, _of_rejects, _of_recipes, _of_plans, _of_graders, _of_agents,
)  # fmt: skip
