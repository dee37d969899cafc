"""What the handler is given beside a reward, for the type checker alone: a zip is smaller without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeAlias, TypeVar

from rewards.types import Reward, Rollout

T = TypeVar("T")

Prepare: TypeAlias = Callable[[Reward, Sequence[Rollout]], None]


class Apart(Protocol[T]):
    """Grades the samples of a batch in another process."""

    def __call__(
        self,
        grade: Callable[[int], T],
        lost: Callable[..., T],
        budget_s: Callable[[int], float],
        count: int,
        /,
    ) -> Iterator[T]:
        """The outcome of each sample; `lost` makes that of one that has none, of its index and the reason."""
        ...


class Context(Protocol):
    """The part of Lambda's context object that the handler uses; without it there is no deadline."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""
        ...
