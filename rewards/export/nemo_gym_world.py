"""NeMo Gym: a world behind the routes of a resources server, one episode for each session.

The agent ends at the first turn without a call, as TRL's does, so the user is asked by the tool `ask_user` here too.
Source: NVIDIA-NeMo/Gym, nemo_gym/base_resources_server.py, commit 011c338, and its stateful counter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rewards.errors import RewardError
from rewards.export.worlds import as_trl_environment, rows_for_trl
from rewards.trajectories import Environment
from rewards.types import JSON

ASK: Mapping[str, JSON] = {
    "name": "ask_user",
    "description": "Ask the user for something that you need to know.",
    "parameters": {
        "type": "object",
        "properties": {"question": {"type": "string", "description": "What to ask."}},
        "required": ["question"],
    },
}


def rows_for_nemo_gym(environment: Environment, split: str = "train") -> list[dict[str, Any]]:
    """Rows of a data set for Gym: the prompt and the tools in the shape of the Responses API, and the task."""
    described = [*(tool["function"] for tool in environment.definitions), ASK]
    tools = [{"type": "function", "strict": False, **function} for function in described]  # type: ignore[dict-item]  # a mapping
    return [
        {"responses_create_params": {"input": row["prompt"], "tools": tools}, "task": row["task"]}
        for row in rows_for_trl(environment, split)
    ]


class NemoGymWorld:
    """The bodies of a resources server's routes; `session` is `request.session[SESSION_ID_KEY]`.

    async def seed_session(self, request: Request, body: SeedRequest) -> BaseSeedSessionResponse:
        WORLD.seed_session(request.session[SESSION_ID_KEY], body.model_dump())

    async def act(self, path: str, request: Request) -> str:  # app.post("/{path}")(self.act)
        return WORLD.call(request.session[SESSION_ID_KEY], path, await request.json())

    async def verify(self, request: Request, body: VerifyRequest) -> VerifyResponse:
        return VerifyResponse(**WORLD.verify(request.session[SESSION_ID_KEY], body.model_dump()))
    """

    def __init__(self, environment: Environment, *, seed: int = 0) -> None:
        self._factory = as_trl_environment(environment, seed=seed)
        self._names = {*environment.tools, "ask_user"}
        self._sessions: dict[str, Any] = {}

    def seed_session(self, session: str, body: Mapping[str, Any]) -> None:
        """Begin the task of a row; a session that is seeded again begins anew."""
        world = self._factory()
        world.reset(task=str(body["task"]))
        self._sessions[session] = world

    def call(self, session: str, tool: str, arguments: Mapping[str, JSON]) -> str:
        """What a tool answers. An unknown one is an error that the agent reads, as in every world."""
        world = self._world(session)
        if tool == "ask_user":
            return str(world.ask_user(str(arguments.get("question", ""))))
        if tool not in self._names:  # getattr would find the world's own methods
            return str(world._step({"role": "assistant", "tool_calls": [{"name": tool, "arguments": dict(arguments)}]}))
        return str(getattr(world, tool)(**arguments))

    def verify(self, session: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The request with the reward of the session's episode, which ends here; masked where it has none."""
        world = self._world(session)
        del self._sessions[session]
        reward = world.get_reward()
        if reward is None:
            failure = {"failure_kind": "rftkit:ungradable", "failure_reason": "the rollout cannot be judged"}
            return {**body, "reward": 0.0, "mask_sample": True, **failure}
        return {**body, "reward": reward, "mask_sample": False}

    def _world(self, session: str) -> Any:
        if session not in self._sessions:
            raise RewardError(f"no session {session!r}: it was never seeded, or it has been verified")
        return self._sessions[session]
