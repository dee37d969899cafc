"""Train a tiny policy in a world of many turns on this machine: SFT on gold turns, then GRPO over real rollouts.

Importing this package needs nothing but the core; torch, transformers, trl, tokenizers and datasets (the `local` extra)
are imported when a step runs.
"""

from estimators.platforms.local.agents.evaluating import evaluate
from estimators.platforms.local.agents.policy import make_policy
from estimators.platforms.local.agents.reinforcing import run_rft
from estimators.platforms.local.agents.settings import AgentOverlay, RftSettings, rft_settings
from estimators.platforms.local.agents.supervised import run_sft

__all__ = ["AgentOverlay", "RftSettings", "evaluate", "make_policy", "rft_settings", "run_rft", "run_sft"]
