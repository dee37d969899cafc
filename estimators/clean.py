"""Find what a run made, on every platform that can tell, and remove exactly that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from estimators.leftovers import Leftover, Sleep
from estimators.platforms.platform import Platform, require
from estimators.platforms.registry import BUILT_IN, platform_of


def cleaning(on: str | None) -> tuple[Platform, ...]:
    """The platforms to look at: the one named, else each of ours that can tell.

    Raises `UnsupportedError` where the one named cannot.
    """
    if on is None:
        return tuple(platform for platform in map(platform_of, BUILT_IN) if "clean" not in platform.lacks)
    platform = platform_of(on)
    require(platform, "clean")
    return (platform,)


def leftovers(run: str, sessions: Mapping[str, Any]) -> tuple[Leftover, ...]:
    """What the run left on each platform, asked through its session, in the order in which it can be removed."""
    return tuple(entry for name, session in sessions.items() for entry in platform_of(name).leftovers(run, session))


def clean(found: Iterable[Leftover], sessions: Mapping[str, Any], *, sleep: Sleep) -> Iterator[Leftover]:
    """Remove what `leftovers` found, yielding each when it is gone. After a crash, find them again and go on."""
    for entry in found:
        platform_of(entry.platform).remove(entry, sessions[entry.platform], sleep)
        yield entry
