"""Mask personal data before a teacher sees it: the kinds that have a structure, and consistently.

Found: e-mail addresses, phone numbers, payment cards (Luhn), IBANs (mod 97), US social security numbers, IP addresses
and AWS access keys. **Not found: names, postal addresses, dates of birth, or anything without a pattern.** Those need a
model; `Finder` is where one plugs in (`presidio_finder` with the extra `pii`).
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple, Protocol, TypeAlias

from datagen.errors import ConfigError, MissingExtraError


class Found(NamedTuple):
    """Personal data of one kind at characters [start, end)."""

    kind: str
    start: int
    end: int


Finder: TypeAlias = Callable[[str], Iterator[Found]]

_PHONE = (
    r"(?<![\w.])(?<!\d[ -])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)[ .-]?|\d{2,4}[ .-])\d{3,4}[ .-]?\d{3,4}"
    r"(?!\w|[ .-]\d)"
)
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("EMAIL", re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b")),
    ("AWS_KEY", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("IBAN", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")),
    ("CARD", re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.]\d)")),
    ("SSN", re.compile(r"\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b")),
    ("IP", re.compile(r"(?<![\w.:])(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)(?![\w:])")),
    ("PHONE", re.compile(_PHONE)),
)


@dataclass(frozen=True, slots=True)
class Masked:
    """A text whose personal data is replaced, and how many of each kind were."""

    text: str
    counts: Counter[str] = field(default_factory=Counter)


def mask(text: str, *, finder: Finder | None = None, key: str = "") -> Masked:
    """Replace personal data by surrogates such as ``[EMAIL_3f2a]``: the same value gets the same surrogate everywhere.

    The surrogate is a keyed hash: with a secret `key` nobody can find the value by trying candidates.

    >>> mask("Write to ann@example.com or call +1 (555) 010-9999.").text
    'Write to [EMAIL_aa98ec] or call [PHONE_b785a4].'
    """
    masked, counts, done = [], Counter[str](), 0
    for kind, start, end in _without_overlap([*find(text), *(finder(text) if finder else ())]):
        value = re.sub(r"[\s().-]", "", text[start:end]).casefold() if kind != "EMAIL" else text[start:end].casefold()
        surrogate = hashlib.blake2b(value.encode(), key=key.encode()[:64], digest_size=3).hexdigest()
        masked += [text[done:start], f"[{kind}_{surrogate}]"]
        counts[kind] += 1
        done = end
    return Masked("".join([*masked, text[done:]]), counts)


def find(text: str) -> Iterator[Found]:
    """Personal data with a structure, checked where it has a check digit."""
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if _CHECKS.get(kind, _always)(match[0]):
                yield Found(kind, *match.span())


@cache
def presidio_finder(language: str = "en") -> Finder:
    """Names, places and more by Microsoft Presidio, made once per process.

    It needs the extra `pii` and a language model of spaCy's, which is not on PyPI: without one Presidio tries to
    download it. `from_engine` takes an engine of your own. Raises `ConfigError` where there is no model.
    """
    try:
        from presidio_analyzer import AnalyzerEngine  # type: ignore[import-not-found] # untyped, and an extra
    except ImportError as error:
        raise MissingExtraError("presidio-analyzer", "pii") from error
    try:
        return from_engine(AnalyzerEngine(supported_languages=[language]), language)
    except (SystemExit, OSError, ValueError) as error:  # spaCy's download ends the program where it fails
        raise ConfigError(f"Presidio found no model for {language!r} ({error}); install one of spaCy's") from error


def from_engine(engine: Analyzer, language: str = "en") -> Finder:
    """A finder around an analyzer engine that was set up elsewhere."""
    return _Presidio(engine, language)


class Analyzer(Protocol):
    """What we need of Presidio's engine."""

    def analyze(self, *, text: str, language: str) -> Sequence[Any]:
        """Results with `entity_type`, `start`, `end` and `score`."""
        ...


@dataclass(frozen=True, slots=True)
class _Presidio:
    engine: Analyzer
    language: str

    def __call__(self, text: str, /) -> Iterator[Found]:
        for result in self.engine.analyze(text=text, language=self.language):
            yield Found(result.entity_type, result.start, result.end)


def _without_overlap(found: list[Found]) -> Iterator[Found]:
    """From left to right; of two that overlap the one that starts first, then the longer."""
    done = 0
    for item in sorted(found, key=lambda item: (item.start, -item.end)):
        if item.start >= done:
            yield item
            done = item.end


def _always(value: str) -> bool:
    return True


def _is_card(value: str) -> bool:
    """The Luhn check over 13 to 19 digits."""
    digits = [int(char) for char in value if char.isdigit()]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_iban(value: str) -> bool:
    """ISO 13616: letters as numbers, remainder 1 by 97."""
    plain = value.replace(" ", "")
    return 15 <= len(plain) <= 34 and int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def _is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return value not in ("::", "::1")


_CHECKS: dict[str, Callable[[str], bool]] = {"CARD": _is_card, "IBAN": _is_iban, "IP": _is_ip}
