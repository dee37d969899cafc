"""The errors of `estimators`. What is wrong with a plan is a `JobFinding`; these stop the work.

EstimatorError
├── PlanError            the recipe or the settings cannot become a request (also a ValueError)
├── RefusedError         a plan with blocking findings was to be launched
├── PlatformError        unknown platform, or an installed one that cannot be used (also a ValueError)
├── UnsupportedError     the platform cannot do this; the message says what to do instead
├── JobError             a job is not there, or not in the state the call needs
├── OutputError          what a job left behind cannot be read (also a ValueError)
└── MissingExtraError    an optional library is not installed (also an ImportError)
"""


class EstimatorError(Exception):
    """Root of everything `estimators` raises on purpose."""


class PlanError(EstimatorError, ValueError):
    """A recipe or a setting from which no request can be built."""


class RefusedError(EstimatorError):
    """Findings that block a launch, each with its fix, in one message."""


class PlatformError(EstimatorError, ValueError):
    """An unknown platform name, or an installed platform that does not implement the interface."""


class UnsupportedError(EstimatorError):
    """The chosen platform does not support this; the message says what to do instead."""


class JobError(EstimatorError):
    """The job does not exist, failed, or has moved past the state that was asked for."""


class OutputError(EstimatorError, ValueError):
    """An archive, manifest or metrics file that is unsafe or unreadable."""


class MissingExtraError(EstimatorError, ImportError):
    """An optional library is missing; the message names the extra that brings it."""
