"""What a lint is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from recipes.checking.context import View
from recipes.problems import Problem, Severity


class LintFinding(NamedTuple):
    """One place where a lint applies, and what is wrong there, with the numbers."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Lint:
    """A rule: `find` yields what is wrong in a view; `reason` says why it matters, `fix` what to do.

    Where a key that it rests on has a value of no use, the view holds the default there, and the lint would judge what
    nobody wrote.
    """

    code: str
    severity: Severity
    reason: str
    fix: str
    source: str
    find: Callable[[View], Iterator[LintFinding]]
    rests_on: tuple[str, ...] = ()

    def problems(self, view: View) -> Iterator[Problem]:
        """What this lint finds in a recipe."""
        for path, message in self.find(view):
            text = f"{message}: {self.reason}"
            value = view.values.get(path)
            yield Problem(path, value, text, self.code, self.source, fix=self.fix, severity=self.severity)
