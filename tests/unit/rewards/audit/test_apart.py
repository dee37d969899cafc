"""A grader in a process of its own, within limits."""

import subprocess
import sys

LIMITED = """
import resource
from rewards.audit.apart import _limit
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
_limit(300.0)
print(resource.getrlimit(resource.RLIMIT_CPU))
_limit(5.5)
print(resource.getrlimit(resource.RLIMIT_CPU))
"""


def test_a_machine_that_gives_less_time_than_a_call_may_take_keeps_its_limit():
    done = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["(20, 20)", "(6, 7)"]
