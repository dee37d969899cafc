"""The errors of `lambda_package`. A grader's failure inside Lambda is a value (`Failure`), not one of these.

PackageError
├── BuildError         the zip cannot be made from what was given (also a ValueError)
├── ZipError           a file that was named is no zip that can be read (also a ValueError)
├── RuntimeSetupError  the local Lambda runtime cannot start on this machine
├── CapacityError      the recipe asks for more than Lambda can do (also a ValueError)
└── DeployError        AWS refused, or what stands there is not ours to change
"""


class PackageError(Exception):
    """Root of everything `lambda_package` raises on purpose."""


class BuildError(PackageError, ValueError):
    """The source, an option or a dependency keeps the zip from being built."""


class ZipError(PackageError, ValueError):
    """A file that should be a grader's zip cannot be read as one."""


class RuntimeSetupError(PackageError):
    """The emulated Lambda runtime lacks something on this machine."""


class CapacityError(PackageError, ValueError):
    """Lambda cannot do what the recipe would ask of this grader."""


class DeployError(PackageError):
    """AWS refused a call, or what stands in the account is not ours to change."""
