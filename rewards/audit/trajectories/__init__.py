"""Prove a world of many turns and its reward, before an agent is trained in it."""

from rewards.audit.trajectories.openenv import openenv_report
from rewards.audit.trajectories.rules import AGENT_RULES, AgentFinding
from rewards.audit.trajectories.run import AgentAudit, AttackResult, audit_environment

__all__ = ["AGENT_RULES", "AgentAudit", "AgentFinding", "AttackResult", "audit_environment", "openenv_report"]
