"""Plan, launch and follow training jobs: local, SageMaker, HyperPod, Bedrock.

Planning needs no account, no region and no network. Names are imported when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from estimators.config import LaunchConfig as LaunchConfig
    from estimators.findings import JobFinding as JobFinding
    from estimators.plan import JobPlan as JobPlan
    from estimators.planning.data import Data as Data
    from estimators.platforms.sagemaker.plan import plan_job as plan_job
    from estimators.platforms.sagemaker.sdk import model_trainer as model_trainer
    from estimators.platforms.sagemaker.sdk import pytorch_estimator as pytorch_estimator

_HOME = {
    "Data": "estimators.planning.data",
    "JobFinding": "estimators.findings",
    "JobPlan": "estimators.plan",
    "LaunchConfig": "estimators.config",
    "model_trainer": "estimators.platforms.sagemaker.sdk",
    "plan_job": "estimators.platforms.sagemaker.plan",
    "pytorch_estimator": "estimators.platforms.sagemaker.sdk",
}

__all__ = ["Data", "JobFinding", "JobPlan", "LaunchConfig", "model_trainer", "plan_job", "pytorch_estimator"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
