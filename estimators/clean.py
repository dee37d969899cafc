"""Find and delete the resources of a run on every platform that can list them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from estimators.leftovers import Leftover, Sleep
from estimators.platforms.platform import Platform, require
from estimators.platforms.registry import BUILT_IN, platform_of


def cleaning(on: str | None) -> tuple[Platform, ...]:
    """The platforms to clean: the named one, else each built-in one that can list a run's resources.

    Raises `UnsupportedError` where the one named cannot.
    """
    if on is None:
        return tuple(platform for platform in map(platform_of, BUILT_IN) if "clean" not in platform.lacks)
    platform = platform_of(on)
    require(platform, "clean")
    return (platform,)


def leftovers(run: str, sessions: Mapping[str, Any]) -> tuple[Leftover, ...]:
    """Resources of the run on each platform, in deletion order."""
    return tuple(entry for name, session in sessions.items() for entry in platform_of(name).leftovers(run, session))


def clean(found: Iterable[Leftover], sessions: Mapping[str, Any], *, sleep: Sleep) -> Iterator[Leftover]:
    """Delete what `leftovers` found, yielding each deleted resource. Safe to repeat after a crash."""
    for entry in found:
        platform_of(entry.platform).remove(entry, sessions[entry.platform], sleep)
        yield entry
