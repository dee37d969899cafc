"""The errors of `lambda_package`. A grader's failure inside Lambda is a value (`Failure`), not one of these.

PackageError
├── BuildError            the zip cannot be built from these sources and options (also a ValueError)
├── ZipError              the file is not a readable zip (also a ValueError)
├── RuntimeSetupError     the local Lambda runtime cannot start on this machine
├── MissingVariableError  the build names an environment variable that has no value (also a ValueError)
├── CapacityError         the recipe needs more than Lambda's limits allow (also a ValueError)
└── DeployError           AWS rejected the call, or the existing resource was not created by this deployment
"""


class PackageError(Exception):
    """Root of everything `lambda_package` raises on purpose."""


class BuildError(PackageError, ValueError):
    """The zip cannot be built: invalid source, option or dependency."""


class ZipError(PackageError, ValueError):
    """The file is not a readable grader zip."""


class RuntimeSetupError(PackageError):
    """The local Lambda runtime cannot start on this machine."""


class MissingVariableError(PackageError, ValueError):
    """An environment variable that the build names was not given a value."""


class CapacityError(PackageError, ValueError):
    """The recipe needs more of this grader than Lambda's limits allow."""


class DeployError(PackageError):
    """AWS rejected a call, or the existing resource was not created by this deployment."""
