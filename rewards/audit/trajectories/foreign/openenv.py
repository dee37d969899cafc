"""A running OpenEnv server as a world: `reset`, `step` and `state` over HTTP, its actions read from `/schema`.

A task is a seed of `reset`. An action that is a message is the agent's turn itself; of any other schema each call of
the pseudo-tool `act` is one action, and a turn without a call goes into the first free text of the schema.
Source: huggingface/OpenEnv, `core/env_server/types.py`, read 2026-11-29.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rewards.audit.trajectories.foreign.world import (
    MAX_CALLS,
    MAX_TURNS,
    ForeignReward,
    ForeignWorld,
    foreign_tool,
    shown,
)
from rewards.errors import SpecError, UngradableError
from rewards.origins import checked_url, open_url
from rewards.parsing.messages import calls_of, text_of
from rewards.reward_tree import Bounds
from rewards.trajectories import State, Task

ACT = "act"
SEEDS = 12
TIMEOUT_S = 60.0
MAX_BYTES = 16 * 1024 * 1024


def world_of_server(url: str, bounds: Bounds | None = None, *, seeds: int = SEEDS) -> ForeignWorld:
    """The server at `url` as a world of `seeds` tasks; its rewards are in `bounds`, which is [0, 1] unless given.

    Raises SpecError where nothing answers, or where the server forgets an episode between two requests.
    """
    server = _Server(checked_url(url))
    action = _action_schema(server)
    properties: Mapping[str, Any] = action.get("properties", {})
    is_message = {"role", "content"} <= properties.keys()
    arguments = {key: each for key, each in properties.items() if key != "metadata"}
    act = foreign_tool({"name": ACT, "description": "One action.", "parameters": {**action, "properties": arguments}})
    text = next((key for key, each in arguments.items() if each.get("type") == "string" and "enum" not in each), None)

    def open_session(task: Task, seed: int) -> _Session:
        return _Session(server, int(task.id.rpartition("-")[2]), is_message, text)

    tasks = {}
    for number in range(seeds):
        session = _Session(server, number, is_message, text)
        first = session.begin()
        split = "test" if number % 4 == 3 else "train"
        tasks[f"seed-{number}"] = Task(f"seed-{number}", str(first[0]["content"]), session.state(), split=split)
    tools = {} if is_message else {ACT: act}
    return ForeignWorld(
        url, tools, tasks, ForeignReward(bounds or Bounds(0.0, 1.0)),
        max_turns=MAX_TURNS, max_calls=MAX_CALLS, open=open_session, concurrent=False,
    )  # fmt: skip


@dataclass(frozen=True)
class _Server:
    url: str

    def get(self, path: str) -> Any:
        return self._sent(urllib.request.Request(f"{self.url}{path}"))  # noqa: S310  http and https only: load checks

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        headers = {"Content-Type": "application/json"}
        return self._sent(urllib.request.Request(f"{self.url}{path}", json.dumps(body).encode(), headers))  # noqa: S310

    def _sent(self, request: urllib.request.Request) -> Any:
        path = request.full_url.removeprefix(self.url)
        try:
            with open_url(request, timeout_s=TIMEOUT_S) as reply:
                return json.loads(reply.read(MAX_BYTES))
        except urllib.error.HTTPError as error:
            said = error.read(300).decode("utf-8", "replace")
            raise _RefusedError(f"{self.url}{path} answered {error.code}: {said}") from error
        except (OSError, ValueError) as error:
            raise SpecError(f"{self.url}{path} cannot be read: {error}; is it an OpenEnv server?") from error


class _RefusedError(SpecError):
    """The server refused a request, such as an action that does not fit."""


@dataclass
class _Session:
    server: _Server
    seed: int
    is_message: bool
    text: str | None
    earned: list[float] = field(default_factory=list)
    over: bool = False
    steps: int = 0

    def begin(self) -> list[dict[str, Any]]:
        reply = self.server.post("/reset", {"seed": self.seed})
        self.earned, self.steps, self.over = [], 0, bool(reply.get("done"))
        return [{"role": "user", "content": _told(reply)}]

    def step(self, said: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], bool]:
        seen: list[dict[str, Any]] = []
        ids = [call["id"] for call in said.get("tool_calls", ())]
        for number, action in enumerate(self._actions(said)):
            if self.over:
                break
            told = self._acted(action)
            role = {"role": "tool", "tool_call_id": ids[number], "name": ACT} if ids else {"role": "user"}
            seen.append({**role, "content": told})
        return seen, self.over

    def _acted(self, action: Mapping[str, Any]) -> str:
        try:
            reply = self.server.post("/step", {"action": action})
        except _RefusedError as error:
            return f"error: {error}"
        self.steps += 1
        if self.steps == 1 and self.server.get("/state").get("step_count", 1) == 0:
            lost = f"{self.server.url} has forgotten the episode behind a step: step_count is 0"
            raise SpecError(f"{lost}; serve one environment for all requests, not one for each")
        if reply.get("reward") is not None:
            self.earned.append(float(reply["reward"]))
        self.over = bool(reply.get("done"))
        return _told(reply)

    def _actions(self, said: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        if self.is_message:
            return [said]
        calls = calls_of(said)
        if calls or self.text is None:
            return [dict(call.arguments) for call in calls]
        return [{self.text: text_of(said.get("content"))}] if text_of(said.get("content")) else []

    def reward(self, messages: Sequence[Mapping[str, Any]]) -> float:
        return float(sum(self.earned))

    def state(self) -> State:
        found = self.server.get("/state")
        if not isinstance(found, Mapping):
            raise UngradableError(f"{self.server.url}/state is no object")
        return shown(found, without=("episode_id", "step_count"))


def _action_schema(server: _Server) -> Mapping[str, Any]:
    try:
        found = server.get("/schema")
    except _RefusedError:
        return {"properties": {"role": {"type": "string"}, "content": {"type": "string"}}}
    schema: Mapping[str, Any] = found["action"] if isinstance(found, Mapping) and "action" in found else {}
    return schema


def _told(reply: Mapping[str, Any]) -> str:
    return json.dumps(reply.get("observation"), ensure_ascii=False, sort_keys=True)
