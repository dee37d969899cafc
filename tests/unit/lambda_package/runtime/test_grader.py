"""Where a function failed: its own line, whatever it was called through."""

import pytest

from lambda_package.runtime.failures import Failure
from lambda_package.runtime.grader import fault_of

OWN = '  File "/var/task/grader.py", line 9, in grade\n    x\n'
LIBRARY = '  File "/var/lang/lib/python3.13/json/decoder.py", line 362, in raw_decode\n'
FROZEN = '  File "<frozen runpy>", line 88, in _run_code\n'
PACKAGE = '  File "/var/lang/lib/python3.13/site-packages/mine/parse.py", line 4, in parse\n'


@pytest.mark.parametrize(
    ("trace", "where"),
    [
        ((OWN, LIBRARY, LIBRARY), "line 9 of grader.py"),
        ((FROZEN, OWN), "line 9 of grader.py"),
        ((OWN, PACKAGE, LIBRARY), "line 4 of parse.py"),
        ((LIBRARY,), "line 362 of decoder.py"),
        (("something else",), "something else"),
        ((), ""),
    ],
)
def test_the_last_line_of_the_functions_own_code_is_named(trace: tuple[str, ...], where: str):
    assert fault_of(Failure("ValueError", "no", trace)).where == where


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (Failure("Runtime.MarshalError", "Object of type coroutine is not JSON serializable"), "does not await"),
        (Failure("Runtime.MarshalError", "Object of type generator is not JSON serializable"), "return a list"),
        (Failure("OSError", "[Errno 30] Read-only file system: 'x'"), "can write to /tmp only"),
    ],
)
def test_an_audit_says_what_is_otherwise_in_lambda_as_invoke_does(failure: Failure, said: str):
    assert said in fault_of(failure).message
    assert said in failure.advice
    assert fault_of(Failure("ValueError", "no")).message == "ValueError: no"
