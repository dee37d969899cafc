"""One finding about a recipe: where, what, what would be right, and who says so."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from rewards.origins import without_secrets

Severity: TypeAlias = Literal["error", "warning", "note"]

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """`error`: the job fails or ignores the value. `warning`: it runs, probably not as meant. `note`: worth knowing."""

    path: str
    value: Any
    message: str
    code: str
    source: str
    allowed: str = ""
    fix: str = ""
    severity: Severity = "error"
    line: int | None = None

    def __str__(self) -> str:
        where = f" at {shortened(self.path)}" if self.path else ""
        line = f" (line {self.line})" if self.line else ""
        tail = "".join(f"; {text}" for text in (self.allowed and f"allowed: {self.allowed}", self.fix) if text)
        return f"{self.severity} {self.code}{where}{line}: {self.message}{tail}"


def shown(value: object) -> str:
    """A value as `repr` shows it, at most about 80 characters long, addresses without the credentials in them.

    >>> shown("ml.p5.48xlarge")
    "'ml.p5.48xlarge'"
    """
    return without_secrets(_SHORT.repr(without_secrets(value) if isinstance(value, str) else value))


def shortened(text: str, width: int = 120) -> str:
    """A text of at most `width` characters, its middle left out where it is longer.

    >>> shortened("a" * 200, 11)
    'aaaa...aaaa'
    """
    half = (width - 3) // 2
    return text if len(text) <= width else f"{text[:half]}...{text[-half:]}"
