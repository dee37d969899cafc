"""A Bedrock runtime whose models answer with a function of the prompt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.fakes.aws_model import FakeService


@dataclass
class FakeBedrockRuntime(FakeService):
    service: ClassVar[str] = "bedrock-runtime"

    answer_to: Callable[[str], list[dict[str, Any]]] = lambda prompt: [{"text": f"echo {prompt}"}]

    stop_reason: str = "end_turn"

    def converse(self, **request: Any) -> dict[str, Any]:
        prompt = request["messages"][-1]["content"][0]["text"]
        content = self.answer_to(prompt)
        return {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": self.stop_reason,
            "usage": {"inputTokens": len(prompt), "outputTokens": 2, "totalTokens": len(prompt) + 2},
            "metrics": {"latencyMs": 1},
        }
