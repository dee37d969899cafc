"""The registry of platforms: a name for each platform object.

A name is all that a command line, a project file or a plan holds. The module behind it is imported when the platform
is used, so that listing them costs nothing. A package of your own adds one by an entry point,

    [project.entry-points."rftkit.platforms"]
    slurm = "my_package.slurm:PLATFORM"

and a program or a test by `register(PLATFORM)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Final, cast

from estimators.errors import PlatformError
from rewards.did_you_mean import did_you_mean

if TYPE_CHECKING:
    from estimators.platforms.platform import Platform

GROUP: Final = "rftkit.platforms"
DEFAULT: Final = "sagemaker"  # of `rft train` and `rft eval`, where --on says nothing

BUILT_IN: Final[Mapping[str, str]] = {
    "local": "estimators.platforms.local.platform:PLATFORM",
    "sagemaker": "estimators.platforms.sagemaker.platform:PLATFORM",
    "serverless": "estimators.platforms.serverless.platform:PLATFORM",
    "hyperpod": "estimators.platforms.hyperpod.platform:PLATFORM",
    "bedrock": "estimators.platforms.bedrock.platform:PLATFORM",
    "agent": "estimators.platforms.agent.platform:PLATFORM",
}
_registered: Final[dict[str, Platform]] = {}


def names() -> tuple[str, ...]:
    """All platform names: built in, from installed packages, and registered. Imports none of them.

    >>> names()[:5]
    ('local', 'sagemaker', 'serverless', 'hyperpod', 'bedrock')
    """
    return (*BUILT_IN, *sorted({*_installed(), *_registered} - set(BUILT_IN)))


def platform_of(name: str) -> Platform:
    """The platform of this name; imports its module.

    Raises `PlatformError` for a name that nobody registered, and for an installed platform that cannot be used.

    >>> platform_of("sagemakr")
    Traceback (most recent call last):
    estimators.errors.PlatformError: there is no platform 'sagemakr'; did you mean 'sagemaker'?
    """
    if name in _registered:
        return _registered[name]
    if name in BUILT_IN:
        return _load(EntryPoint(name, BUILT_IN[name], GROUP))
    if name in _installed():
        return _load(_only(_installed()[name]))
    raise PlatformError(f"there is no platform {name!r}; {did_you_mean(name, names())}")


def register(platform: Platform) -> None:
    """Add a platform for `--on` in this process. Raises `PlatformError` for a name that is taken."""
    if platform.name in names():
        raise PlatformError(f"there is a platform {platform.name!r} already; give yours another name")
    _registered[platform.name] = _checked(platform, platform.name, "register(...)")


def unregister(name: str) -> None:
    """Remove a platform added by `register`."""
    del _registered[name]


def posing() -> tuple[EntryPoint, ...]:
    """Installed platforms that are ignored because they have a built-in name."""
    return tuple(entry for entry in entry_points(group=GROUP) if entry.name in BUILT_IN)


@cache
def _installed() -> Mapping[str, tuple[EntryPoint, ...]]:
    """What installed distributions offer, by name; names of ours are left out."""
    found: dict[str, tuple[EntryPoint, ...]] = {}
    for entry in entry_points(group=GROUP):
        if entry.name not in BUILT_IN:
            found[entry.name] = (*found.get(entry.name, ()), entry)
    return found


def _only(entries: tuple[EntryPoint, ...]) -> EntryPoint:
    """The one of a name. A distribution may be listed twice where its folder is on the path twice."""
    values = sorted({entry.value for entry in entries})
    if len(values) > 1:
        raise PlatformError(f"{entries[0].name!r} is a platform of two packages, {' and '.join(values)}; uninstall one")
    return entries[0]


def _load(entry: EntryPoint) -> Platform:
    try:
        found = entry.load()
    except (ImportError, AttributeError) as error:
        raise PlatformError(f"the platform {entry.name!r} ({entry.value}) cannot be loaded: {error}") from error
    return _checked(found, entry.name, entry.value)


def _checked(found: object, name: str, source: str) -> Platform:
    from estimators.platforms.platform import Platform

    members = sorted({*vars(Platform), *Platform.__annotations__})
    missing = [member for member in members if not member.startswith("_") and not hasattr(found, member)]
    if missing or isinstance(found, type):
        what = f"lacks {', '.join(missing)}" if missing else "is a class; make one"
        raise PlatformError(f"{source}: a platform is an object that inherits from Platform, and {found!r} {what}")
    platform = cast("Platform", found)
    if platform.name != name:
        raise PlatformError(f"{source}: the platform calls itself {platform.name!r}, its entry point says {name!r}")
    return platform
