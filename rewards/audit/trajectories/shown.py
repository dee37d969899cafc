"""Turns and episodes as a finding shows them to a reader."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rewards.audit.trajectories.attacks import Said
from rewards.trajectories import Episode
from rewards.types import JSON


def shown(turns: Sequence[Said]) -> list[JSON]:
    """Turns for a reader: what was said, or the calls as `name(arguments)`, a run of equal ones once."""
    found: list[JSON] = []
    for turn in turns:
        calls = [each.get("function", each) for each in turn.get("tool_calls", ())]
        texts = [f"{each.get('name')}({json.dumps(each.get('arguments'), ensure_ascii=False)})" for each in calls]
        more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
        said = ", ".join(texts[:3]) + more if texts else f"says {turn.get('content')!r:.200}"
        if not found or found[-1] != said:
            found.append(said)
    return found[:12]


def difference(first: Episode, second: Episode) -> dict[str, JSON]:
    """The first message or the state in which two episodes differ."""
    for one, other in zip(first.messages, second.messages, strict=False):
        if one != other:
            return {"once": str(one.get("content"))[:300], "then": str(other.get("content"))[:300]}
    once: Any = first.state
    then: Any = second.state
    return {"once": once, "then": then}
