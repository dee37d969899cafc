"""A judge behind OpenAI's chat completions: vLLM, a gateway or a vendor, in the place of a Bedrock runtime client."""

from __future__ import annotations

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rewards.errors import JudgeError
from rewards.origins import chat_request, checked_url, open_url

_BUSY: Final = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))
_LONGEST_WAIT_S: Final = 60.0
_MAX_SHOWN: Final = 200


@dataclass(frozen=True)
class OpenAIJudge:
    """What `judge(client=…)` asks in the place of Bedrock: the model `model` behind ``URL/chat/completions``.

    The key is read from the environment variable `key_env` when asked. A server that is busy or does not answer within
    `timeout_s` is asked up to `attempts` times, later each time and as its Retry-After says. Raises SpecError for an
    address that is none or holds a credential, JudgeError naming the cause for everything else that is no verdict.
    Verdicts are recorded under the judge's own `model_id`: give it the same name, as `--model` does.
    """

    url: str
    model: str
    key_env: str = ""
    timeout_s: float = 30.0
    attempts: int = 4

    def __post_init__(self) -> None:
        checked_url(self.url)
        if not self.model or self.timeout_s <= 0 or self.attempts < 1:
            raise ValueError(
                f"a judge needs a model, a positive timeout_s and an attempt, got {self.model!r}, {self.timeout_s!r} "
                f"and {self.attempts!r}"
            )

    def converse(self, **request: Any) -> Mapping[str, Any]:
        """Ask a Converse request as a chat completion; the answer is that of Converse."""
        asked = chat_request(self.url, chat_of(request, self.model), key=self._key())
        for attempt in range(1, self.attempts + 1):
            try:
                with open_url(asked, timeout_s=self.timeout_s) as reply:
                    data = reply.read()
                return converse_of(_json(data, asked.full_url), asked.full_url)
            except urllib.error.HTTPError as error:
                message = f"{asked.full_url}: {error.code} {error.reason}{self._said(error)}"
                if error.code not in _BUSY or attempt == self.attempts:
                    raise JudgeError(message) from error
                time.sleep(_wait_s(attempt, error.headers.get("Retry-After")))
            except (OSError, http.client.HTTPException) as error:  # URLError and timeouts are OSErrors
                if attempt == self.attempts:
                    raise JudgeError(f"{asked.full_url}: {error!s:.{_MAX_SHOWN}}") from error
                time.sleep(_wait_s(attempt, None))
        raise AssertionError("the last attempt returns or raises")

    def _key(self) -> str | None:
        if not self.key_env:
            return None
        key = os.environ.get(self.key_env)
        if not key:
            raise JudgeError(f"the judge's key is to be in the environment variable {self.key_env!r}, which is not set")
        return key

    def _said(self, error: urllib.error.HTTPError) -> str:
        """What the server says of it, without the key."""
        try:
            text = error.read(4 * _MAX_SHOWN).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            return ""
        key = os.environ.get(self.key_env) if self.key_env else None
        text = " ".join((text.replace(key, "…") if key else text).split())
        return f": {text[:_MAX_SHOWN]}" if text else ""


def chat_of(request: Mapping[str, Any], model: str) -> dict[str, Any]:
    """The body of a chat completion for a Converse request: its texts, its tools, and the tool that must be called."""
    turns = [{"role": "system", "content": part["text"]} for part in request.get("system", ())]
    for turn in request["messages"]:
        turns.append({"role": turn["role"], "content": "".join(part["text"] for part in turn["content"])})
    limits = request.get("inferenceConfig", {})
    body: dict[str, Any] = {"model": model, "messages": turns}
    body |= {ours: limits[name] for name, ours in (("maxTokens", "max_tokens"), ("temperature", "temperature"))
             if name in limits}  # fmt: skip
    tools = request.get("toolConfig", {})
    specs = [tool["toolSpec"] for tool in tools.get("tools", ())]
    if specs:
        body["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": spec["name"],
                    "description": spec.get("description", ""),
                    "parameters": spec["inputSchema"]["json"],
                },
            }
            for spec in specs
        ]
    if chosen := tools.get("toolChoice", {}).get("tool"):
        body["tool_choice"] = {"type": "function", "function": {"name": chosen["name"]}}
    return body


def converse_of(body: Any, source: str) -> dict[str, Any]:
    """The Converse response that a chat completion stands for. Raises JudgeError where it is none, cut or a refusal."""
    choices = body.get("choices") if isinstance(body, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise JudgeError(f"{source}: the reply holds no message: {json.dumps(body):.{_MAX_SHOWN}}")
    if message.get("refusal"):
        raise JudgeError(f"{source}: the judge refuses: {message['refusal']!s:.{_MAX_SHOWN}}")
    if choice.get("finish_reason") in ("length", "content_filter"):
        raise JudgeError(f"{source}: the reply was cut off, its finish_reason is {choice['finish_reason']!r}")
    calls = message.get("tool_calls") or []
    content: list[dict[str, Any]] = [{"toolUse": _tool_use(call, source)} for call in calls]
    if not content:
        content = [{"text": str(message.get("content") or "")}]
    usage = body.get("usage")
    counts = [usage.get(name) if isinstance(usage, dict) else None for name in ("prompt_tokens", "completion_tokens")]
    told = all(isinstance(count, int) for count in counts)
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "usage": dict(zip(("inputTokens", "outputTokens"), counts, strict=True)) if told else {},
    }


def _tool_use(call: Any, source: str) -> dict[str, Any]:
    try:
        function = call["function"]
        arguments = function["arguments"]
        given = arguments if isinstance(arguments, dict) else json.loads(arguments)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise JudgeError(
            f"{source}: a call that cannot be read ({error!r}): {json.dumps(call):.{_MAX_SHOWN}}"
        ) from error
    return {"toolUseId": str(call.get("id") or ""), "name": str(function.get("name") or ""), "input": given}


def _json(data: bytes, source: str) -> Any:
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        what = "a page" if text.lstrip()[:1] == "<" else f"not JSON ({error})"
        raise JudgeError(f"{source}: the reply is {what}: {text[:_MAX_SHOWN]!r}") from error


def _wait_s(attempt: int, retry_after: str | None) -> float:
    """Seconds until the next attempt: what the server says, else twice as long each time."""
    asked = float(retry_after) if retry_after and retry_after.isdigit() else 2.0 ** (attempt - 1)
    return min(asked, _LONGEST_WAIT_S)
