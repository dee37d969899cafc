"""The errors of the local backend.

EstimatorError
├── PlanError
│   └── PreflightError        data and settings do not fit together; found before training starts
├── GraderContractError       the grader's results are not what the contract promises (also a ValueError)
└── MissingExtraError         torch, transformers, trl, peft or datasets is not installed
"""

from __future__ import annotations

from estimators.errors import EstimatorError, PlanError


class PreflightError(PlanError):
    """Rows or settings that cannot work, all of them named in one message."""


class GraderContractError(EstimatorError, ValueError):
    """A grader returned something else than one finite score per sample, with the sample's id, in order."""
