"""Job names: derived from a digest of the inputs, and matched against the names that cluster tools make of them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

_MAX_NAME: Final = 63  # botocore 1.44.5: TrainingJobName
# A cluster's tools append a suffix of their own to a job's name; a further attempt of ours appends a small number.
TOOL_SUFFIX: Final = r"(-[a-z0-9]{5,8})?"


def job_name(base: str, request: Mapping[str, Any], attempt: int = 1) -> str:
    """A job name, equal for equal requests: `BASE-DIGEST`, or `BASE-DIGEST-ATTEMPT` from the second attempt on.

    >>> job_name("my_rft run", {}), job_name("my_rft run", {}, attempt=2)
    ('my-rft-run-44136fa355', 'my-rft-run-44136fa355-2')
    """
    text = json.dumps(request, sort_keys=True, separators=(",", ":"))
    suffix = f"-{hashlib.sha256(text.encode()).hexdigest()[:10]}" + (f"-{attempt}" if attempt > 1 else "")
    cleaned = re.sub(r"[^A-Za-z0-9]+", "-", base)[: _MAX_NAME - len(suffix)].strip("-")
    return (cleaned or "job") + suffix


def belongs_to(pod: str, job: str) -> bool:
    """Whether a pod belongs to the job of this name, and not to one with a longer name.

    >>> [belongs_to(pod, "rft-0a1b") for pod in ("rft-0a1b-x7k2p-worker-0", "rft-0a1b-master-0", "rft-0a1b-2-master-0")]
    [True, True, False]
    """
    return re.fullmatch(rf"{re.escape(job)}{TOOL_SUFFIX}(-[a-z].*)?", pod) is not None
