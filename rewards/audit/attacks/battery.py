"""The list of all attacks. To add one, write a function and an `Attack(...)` entry in the module of its kind."""

from __future__ import annotations

from rewards.audit.attacks.json_values import JSON_ATTACKS
from rewards.audit.attacks.native_calls import NATIVE_ATTACKS
from rewards.audit.attacks.text import TEXT_ATTACKS
from rewards.audit.attacks.tool_calls import CALL_ATTACKS
from rewards.audit.checks.reward_hacking import Attack

BATTERY: tuple[Attack, ...] = (*TEXT_ATTACKS, *JSON_ATTACKS, *CALL_ATTACKS, *NATIVE_ATTACKS)
