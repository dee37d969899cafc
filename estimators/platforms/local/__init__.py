"""Train and evaluate a small policy on this machine, from the same files as in the cloud.

Importing this package needs nothing but the core; torch, transformers, trl, peft and datasets (the `local` extra) are
imported when a run starts.
"""

from estimators.platforms.local.errors import GraderContractError, PreflightError
from estimators.platforms.local.generation import generate
from estimators.platforms.local.grader import Graded, Grader, event_of, grade
from estimators.platforms.local.hardware import spare_core
from estimators.platforms.local.log import TrainingLog
from estimators.platforms.local.overlay import Note, Overlay, overlay_from
from estimators.platforms.local.plan import LocalPlan, Optimisation, Sampling, plan_rft, plan_sft
from estimators.platforms.local.preflight import check_before_training
from estimators.platforms.local.training import run_rft, run_sft

__all__ = [
    "Graded",
    "Grader",
    "GraderContractError",
    "LocalPlan",
    "Note",
    "Optimisation",
    "Overlay",
    "PreflightError",
    "Sampling",
    "TrainingLog",
    "check_before_training",
    "event_of",
    "generate",
    "grade",
    "overlay_from",
    "plan_rft",
    "plan_sft",
    "run_rft",
    "run_sft",
    "spare_core",
]
