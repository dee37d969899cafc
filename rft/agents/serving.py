"""Rollouts of an agent's file against the local Job Runtime, as SageMaker runs them: one call of it for each."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewards.errors import SpecError
from rewards.load import load_module
from rewards.rollouts.record import Record, rollout_record
from rft.agents.job_runtime import JOB_ARN, REGION, JobRuntime, served

Handler = Callable[[Mapping[str, Any], Any], Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One rollout to run: the trajectory, its prompt and its number within the group."""

    trajectory: str
    prompt: str
    sample: int


def handler_at(root: Path, entry: str) -> Handler:
    """The function of an agent's file that AWS calls. Raises SpecError where there is none."""
    path, _, name = entry.partition(".py:")
    _forget_neighbours(root)
    handler = getattr(load_module(root / f"{path}.py"), name, None)
    if not callable(handler):
        raise SpecError(f"{root / path}.py defines no function {name!r}; entry is FILE.py:FUNCTION, got {entry!r}")
    return handler  # type: ignore[no-any-return]  # callable is all that can be checked


def _forget_neighbours(root: Path) -> None:
    """Modules of another project under the names of this one's files: the agent imports its own `env`."""
    for file in root.glob("*.py"):
        known = getattr(sys.modules.get(file.stem), "__file__", None)
        if known and Path(known).resolve() != file.resolve() and Path(known).parent.joinpath("project.yaml").exists():
            del sys.modules[file.stem]


def asked_of(prompts: Sequence[str], group_size: int) -> list[Asked]:
    """A group of rollouts for each prompt.

    >>> [each.trajectory for each in asked_of(["t1"], 2)]
    ['t1-0', 't1-1']
    """
    return [Asked(f"{prompt}-{number}", prompt, number) for prompt in prompts for number in range(group_size)]


def run_rollouts(
    handler: Handler,
    runtime: JobRuntime,
    asked: Sequence[Asked],
    *,
    concurrency: int = 8,
    timeout_s: float = 900.0,
    port: int = 0,
    params: Mapping[str, Any] | None = None,
) -> Iterator[Record]:
    """The records of the rollouts, in the order of `asked`.

    An agent that raises, or that is not done in time, is a failed rollout with reward 0, as on AWS.
    """
    with _listening(runtime, port) as endpoint, _credentials():
        waiting, running = deque(asked), list[_Call]()
        finished: dict[str, Record] = {}
        ended = threading.Event()
        while waiting or running:
            while waiting and len(running) < concurrency:
                each = waiting.popleft()
                runtime.open(each.trajectory)
                running.append(_Call(handler, each, _event(each, endpoint, params or {}), ended))
                running[-1].start()
            ended.wait(max(0.0, min(call.began + timeout_s for call in running) - time.monotonic()))
            ended.clear()
            for call in [call for call in running if call.is_over(timeout_s)]:
                running.remove(call)
                finished[call.asked.trajectory] = _record(call.asked, runtime, call.error_at(timeout_s))
        yield from (finished[each.trajectory] for each in asked)


class _Call(threading.Thread):
    """One call of the agent; a daemon, so that one that hangs is left behind and keeps nobody waiting."""

    def __init__(self, handler: Handler, asked: Asked, event: Mapping[str, Any], ended: threading.Event) -> None:
        super().__init__(daemon=True)
        self.handler, self.asked, self.event, self.ended = handler, asked, event, ended
        self.began, self.done, self.error = time.monotonic(), False, ""

    def run(self) -> None:
        """Call the agent, and keep what it raised or said of an error."""
        try:
            said = self.handler(self.event, None)
            self.error = str(said.get("error") or "") if isinstance(said, Mapping) else ""
        except Exception as raised:  # noqa: BLE001  whatever a user's agent raises
            self.error = f"{type(raised).__name__}: {raised}"
        self.done = True
        self.ended.set()

    def is_over(self, timeout_s: float) -> bool:
        """Whether it is done, or out of time."""
        return self.done or time.monotonic() >= self.began + timeout_s

    def error_at(self, timeout_s: float) -> str:
        """What went wrong; empty where nothing did."""
        return self.error if self.done else f"not done after {timeout_s:g} s"


def _event(asked: Asked, endpoint: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """What AWS calls an agent with."""
    where = {"job_arn": JOB_ARN, "trajectory_id": asked.trajectory, "endpoint": endpoint, "region": REGION}
    return {"instance": {"prompt": asked.prompt}, "metadata": where, "inference_params": dict(params)}


def _record(asked: Asked, runtime: JobRuntime, error: str) -> Record:
    """The rollout as the runtime saw it: the conversation of the last Sample, and the rewards that it was given."""
    if error:
        runtime.trajectories[asked.trajectory].failed = True
    found = runtime.close(asked.trajectory)
    messages = found.messages or [{"role": "user", "content": asked.prompt}]
    start = next((n for n, said in enumerate(messages) if said.get("role") == "assistant"), len(messages))
    row = {"id": asked.prompt, "messages": messages[:start], "tools": found.tools}
    turns = messages[start:] or [{"role": "assistant", "content": ""}]
    reason = f"the rollout failed: {error or 'the agent said so, or gave no reward'}" if found.failed else ""
    record = rollout_record(row, turns, row_id=asked.prompt, sample=asked.sample)
    score = sum(found.rewards)
    grade: Record = {"score": score, "parts": {}, "metrics": {"failed": float(found.failed)}, "reason": reason}
    return {**record, **grade, "turn_rewards": [*found.rewards]}


@contextmanager
def _listening(runtime: JobRuntime, port: int) -> Iterator[str]:
    server = served(runtime, port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _credentials() -> Iterator[None]:
    """Something to sign with where there is nothing; the local runtime asks for a signature and checks none."""
    made = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    missing = {} if "AWS_ACCESS_KEY_ID" in os.environ or "AWS_PROFILE" in os.environ else made
    os.environ.update(missing)
    try:
        yield
    finally:
        for name in missing:
            del os.environ[name]
