"""Run a cluster's command-line tools; the error for a missing tool says how to install it.

The runner is passed in: by default it starts a process, in tests it is a fake with state.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from estimators.errors import JobError, MissingExtraError
from rewards.children import run_child

# Where each tool comes from. PyPI's package `hyperpod` is something else than AWS's tool of that name.
_SOURCES: Final = {
    "hyperpod": "install it from github.com/aws/sagemaker-hyperpod-cli, branch release_v2 (not `pip install hyperpod`)",
    "hyp": "pip install sagemaker-hyperpod",
    "kubectl": "install it as kubernetes.io/docs/tasks/tools says, and connect it to the cluster",
}


class Finished(NamedTuple):
    """The result of a command."""

    status: int
    output: str
    errors: str


class Runner(Protocol):
    """Runs one command line in a folder and waits for its end."""

    def __call__(self, argv: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> Finished:
        """The command's exit status and what it wrote; raises `MissingExtraError` where the tool is not installed."""
        ...


def run_process(argv: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> Finished:
    """Run a command without a shell and without standard input, so that a prompt ends it."""
    try:
        done = run_child(
            argv,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError as error:
        advice = _SOURCES.get(argv[0], "AWS's HyperPod guide says how")
        raise MissingExtraError(f"the tool {argv[0]!r} is not installed: {advice}") from error
    return Finished(done.returncode, done.stdout, done.stderr)


def output_of(
    argv: Sequence[str], run: Runner, *, folder: Path = Path(), environment: Mapping[str, str] | None = None
) -> str:
    """The command's standard output. Raises `JobError` with the last line of standard error if it fails."""
    done = run(argv, folder=folder, environment=environment or {})
    if done.status != 0:
        tail = (done.errors or done.output).strip().splitlines()[-1:] or ["no output"]
        raise JobError(f"{' '.join(argv[:3])} ended with status {done.status}: {tail[0]}{_advice(tail[0])}")
    return done.output


# By what kubectl and the tools say, in lower case: what helps.
_HELPS: Final = (
    (("unauthorized", "logged in", "expired"), "your sign-in has ended: sign in to AWS, and connect again"),
    (("forbidden",), "you may not do this on the cluster: ask for permission"),
    (("localhost:8080", "not connected"), "kubectl is connected to no cluster: connect with `hyp set-cluster-context`"),
    (("unable to connect", "timeout", "no such host", "refused"), "see the network, or the VPN that leads to it"),
)


def _advice(said: str) -> str:
    text = next((text for words, text in _HELPS if any(word in said.lower() for word in words)), "")
    return f"; {text}" if text else ""
