"""Worlds that others wrote, so that the same audit plays them: verifiers' environments, and OpenEnv's servers.

What only their authors know is missing there: where the state shows nothing, a check that reads it finds nothing, and
without gold turns the attacks that are made from them are left out, which the audit says (`agent-no-gold`).
"""

from rewards.audit.trajectories.foreign.load import load_world

__all__ = ["load_world"]
