"""All attacks. To add one, write how it answers and a line for it in the module of its kind."""

from __future__ import annotations

from rewards.audit.attacks import Attack
from rewards.audit.call_attacks import CALL_ATTACKS
from rewards.audit.json_attacks import JSON_ATTACKS
from rewards.audit.native_attacks import NATIVE_ATTACKS
from rewards.audit.text_attacks import TEXT_ATTACKS

BATTERY: tuple[Attack, ...] = (*TEXT_ATTACKS, *JSON_ATTACKS, *CALL_ATTACKS, *NATIVE_ATTACKS)
