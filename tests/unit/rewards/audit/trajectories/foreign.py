"""Environments in the shapes of other frameworks, sound ones and ones with a fault, without those frameworks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ADD = {
    "name": "add",
    "description": "Add a number to the sum.",
    "parameters": {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]},
}


@dataclass
class Rubric:
    """As verifiers' Rubric: functions that take what they name, and their weights."""

    funcs: list[Callable[..., Any]]
    weights: list[float]


@dataclass
class SumEnv:
    """As a MultiTurnEnv of verifiers 0.1: coroutines, the state changed in place; the sum must be what is asked."""

    rubric: Rubric
    max_turns: int = 5
    oai_tools: list[Mapping[str, Any]] = field(default_factory=lambda: [{"type": "function", "function": ADD}])

    def get_dataset(self) -> list[dict[str, Any]]:
        """The rows."""
        return [
            {"prompt": [{"role": "user", "content": f"Make the sum {n}."}], "info": {"wanted": n}} for n in (13, 17, 19)
        ]

    async def setup_state(self, state: dict[str, Any]) -> None:
        """Begin at nothing."""
        state["sum"] = 0

    async def is_completed(self, state: dict[str, Any]) -> bool:
        """Over where a turn calls nothing."""
        last = state["completion"][-1]
        return last["role"] == "assistant" and not last.get("tool_calls")

    async def env_response(self, messages: list[dict[str, Any]], state: dict[str, Any], **_: Any) -> Any:
        """What the calls come to."""
        seen = []
        for call in messages[-1].get("tool_calls", ()):
            number = json.loads(call["function"]["arguments"]).get("number")
            if isinstance(number, int):
                state["sum"] += number
            seen.append({"role": "tool", "tool_call_id": call["id"], "content": f"sum {state['sum']}"})
        return seen


class ForkedEnv(SumEnv):
    """As Amazon's fork of verifiers' first version: plain functions, and the state comes back beside the messages."""

    def setup_state(self, state: dict[str, Any]) -> dict[str, Any]:  # type: ignore[override]  # no coroutine there
        return {**state, "sum": 0}

    def is_completed(self, messages: list[dict[str, Any]], state: dict[str, Any]) -> bool:  # type: ignore[override]  # as above
        return messages[-1]["role"] == "assistant" and not messages[-1].get("tool_calls")

    def env_response(self, messages: list[dict[str, Any]], state: dict[str, Any]) -> Any:  # type: ignore[override]  # as above
        numbers = [json.loads(call["function"]["arguments"]).get("number") for call in messages[-1]["tool_calls"]]
        total = state["sum"] + sum(number for number in numbers if isinstance(number, int))
        return [{"role": "user", "content": f"sum {total}"}], {**state, "sum": total}


@dataclass
class QuestionEnv:
    """As a SingleTurnEnv: a question with an answer."""

    rubric: Rubric
    max_turns: int = 1
    dataset: list[dict[str, Any]] = field(
        default_factory=lambda: [{"question": f"What is {n} + {n}?", "answer": str(2 * n)} for n in (11, 12, 13)]
    )

    def env_response(self, messages: Any, state: Any) -> Any:
        """Never asked: there is one turn."""
        raise NotImplementedError


async def reached(state: dict[str, Any]) -> float:
    """The state is what was asked."""
    return float(state["sum"] == state["info"]["wanted"])


def near(state: dict[str, Any]) -> float:
    """How near the sum came, from where it was."""
    wanted = state["info"]["wanted"]
    return max(0.0, 1 - abs(wanted - state["sum"]) / wanted)


def says_done(completion: list[dict[str, Any]]) -> float:
    """Words."""
    return float("success" in str(completion[-1].get("content", "")).lower()) if completion else 0.0


def not_empty(completion: Any) -> float:
    """Anything at all, even nothing."""
    return 1.0


def calls(completion: list[dict[str, Any]]) -> float:
    """Calls, whatever they do."""
    return min(1.0, sum(len(each.get("tool_calls", ())) for each in completion) / 3)


def right(completion: list[dict[str, Any]], answer: str) -> float:
    """The last number is the answer."""
    numbers = [word for word in str(completion[-1].get("content", "")).split() if word.isdigit()] if completion else []
    return float(numbers[-1:] == [answer])


def mentions(completion: list[dict[str, Any]], answer: str) -> float:
    """The answer, or that it is correct."""
    said = str(completion[-1].get("content", "")) if completion else ""
    return float(answer in said.split() or "correct" in said)


SOUND: dict[str, Any] = {
    "a sum": lambda: SumEnv(Rubric([reached, near], [0.5, 0.5])),
    "a sum, as the fork plays it": lambda: ForkedEnv(Rubric([near], [1.0])),
    "a question": lambda: QuestionEnv(Rubric([right], [1.0])),
}
FAULTY: dict[str, tuple[Any, str]] = {
    "pays anything": (lambda: SumEnv(Rubric([not_empty], [1.0])), "agent-noop"),
    "pays words of success": (lambda: SumEnv(Rubric([reached, says_done], [0.5, 0.5])), "agent-claims"),
    "pays calls": (lambda: ForkedEnv(Rubric([calls], [1.0])), "agent-spam"),
    "pays a claim in place of an answer": (lambda: QuestionEnv(Rubric([mentions], [1.0])), "agent-claims"),
    "pays any answer": (lambda: QuestionEnv(Rubric([not_empty], [1.0])), "agent-noop"),
    "pays more than it weighs": (lambda: SumEnv(Rubric([lambda state: 3.0 * near(state)], [1.0])), "agent-bounds"),
    "raises": (lambda: SumEnv(Rubric([lambda state: state["missing"]], [1.0])), "agent-raises"),
    "does not say": (lambda: SumEnv(Rubric([lambda state: None], [1.0])), "agent-ungradable"),
}


class Counter:
    """An OpenEnv environment: guess the number that the seed chose; each step is paid once, where it is right."""

    def __init__(self, *, pays_reset: bool = False, forgets: bool = False, pays_words: bool = False) -> None:
        self.pays_reset, self.forgets, self.pays_words = pays_reset, forgets, pays_words
        self.wanted, self.steps, self.done, self.tried = 0, 0, False, False

    def schema(self) -> dict[str, Any]:
        """The schemas of actions, observations and states."""
        properties = {"guess": {"type": "integer"}, "reason": {"type": "string"}, "metadata": {"type": "object"}}
        return {"action": {"type": "object", "properties": properties}, "observation": {}, "state": {}}

    def reset(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Begin the episode of a seed."""
        self.wanted, self.steps, self.done, self.tried = 100 + int(body.get("seed") or 0), 0, False, False
        return {"observation": {"hint": "a number from 100 on"}, "reward": None, "done": False}

    def step(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Take a guess; the first one counts."""
        action = body["action"]
        self.steps += 0 if self.forgets else 1
        right = action.get("guess") == self.wanted and not self.tried
        self.tried = self.tried or "guess" in action
        self.done = right or self.steps >= 4
        paid = 1.0 if right or (self.pays_words and "success" in str(action.get("reason")).lower()) else 0.0
        return {"observation": {"right": right}, "reward": paid, "done": self.done or paid == 1}

    def state(self) -> dict[str, Any]:
        """The state, without what must be found."""
        return {"episode_id": "e", "step_count": self.steps, "tried": self.tried}


@contextmanager
def served(made: Counter) -> Iterator[str]:
    """The environment behind OpenEnv's addresses on localhost."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers = {"/schema": made.schema, "/state": made.state}
            self._say(answers[self.path]() if self.path in answers else None)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answers = {"/reset": made.reset, "/step": made.step}
            self._say(answers[self.path](body) if self.path in answers else None)

        def _say(self, reply: Mapping[str, Any] | None) -> None:
            body = json.dumps(reply).encode()
            self.send_response(404 if reply is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
