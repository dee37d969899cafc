"""The errors of the local backend.

EstimatorError
├── PlanError
│   └── PreflightError        data and settings contradict each other; raised before training starts
├── GraderContractError       the grader's results violate the contract (also a ValueError)
└── MissingExtraError         torch, transformers, trl, peft or datasets is not installed
"""

from __future__ import annotations

from estimators.errors import EstimatorError, PlanError


class PreflightError(PlanError):
    """Invalid rows or settings, all listed in one message."""


class GraderContractError(EstimatorError, ValueError):
    """The grader did not return one finite score per sample, with the sample's id, in order."""
