"""`--on NAME`: one option for every command that asks a platform, over whatever platforms are registered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    _Name = click.ParamType[str]
else:
    _Name = click.ParamType  # generic for type checkers only, before click 8.3

F = TypeVar("F", bound=Callable[..., Any])


class PlatformName(_Name):
    """The name of a registered platform. Names are read when the option is, so that help of other commands is fast."""

    name = "platform"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name, or fail with the closest one."""
        from estimators.platforms.registry import names
        from rewards.did_you_mean import did_you_mean

        if value not in names():
            self.fail(f"there is no platform {value!r}; {did_you_mean(value, names())}", param, ctx)
        return str(value)

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Show the names as a choice."""
        from estimators.platforms.registry import names

        return f"[{'|'.join(names())}]"


def platform_option(*, help: str, default: str | None = None) -> Callable[[F], F]:
    """Make the option `--on`; the command gets the name as `platform`."""
    return click.option("--on", "platform", type=PlatformName(), default=default, show_default=True, help=help)
