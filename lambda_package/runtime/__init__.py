"""Run a grader zip locally as AWS Lambda does, without AWS and without Docker.

The real runtime client (`awslambdaric`) runs in an isolated interpreter that sees the zip and the standard library
only, and talks to a small server of ours that speaks the Lambda Runtime API.
"""

from lambda_package.runtime.emulator import Invocation, Runtime
from lambda_package.runtime.failures import Failure

__all__ = ["Failure", "Invocation", "Runtime"]
