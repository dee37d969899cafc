"""Teachers that speak OpenAI's chat completions: vLLM and other servers over HTTP, and SageMaker endpoints."""

from __future__ import annotations

import base64
import http.client
import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from datagen.errors import BusyError, RefusedError
from datagen.teachers.aws import aws_failures
from datagen.teachers.replies import UNREADABLE, count_of, read_body
from datagen.types import Answer, Request, digest
from rewards.errors import SpecError
from rewards.origins import chat_request, open_url

_STOPS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "content_filtered"}


@dataclass(frozen=True, slots=True)
class OpenAITeacher:
    """A model behind ``URL/chat/completions``. The key is read from the environment variable `key_env` when asked."""

    url: str
    model: str
    temperature: float = 0.0
    key_env: str = ""
    timeout_s: float = 600.0

    @property
    def identity(self) -> str:
        """Model and parameters; an answer is the same wherever the model is served, so the address is no part of it."""
        return f"openai/{digest(self.model, self.temperature)}"

    def __call__(self, request: Request, /) -> Answer:
        """Ask once."""
        key = os.environ.get(self.key_env, "") if self.key_env else None
        try:
            asked = chat_request(self.url, chat_body(request, self.model, self.temperature), key=key)
        except SpecError as error:
            raise RefusedError(f"the teacher's url: {error}") from None
        url = asked.full_url
        try:
            with open_url(asked, timeout_s=self.timeout_s) as response:
                return read_chat(read_body(response.read(), url))
        except urllib.error.HTTPError as error:
            raise _failure(
                error.code, f"{url}: {error.code} {error.reason}", error.headers.get("Retry-After")
            ) from error
        except http.client.IncompleteRead as error:
            raise BusyError(f"{url}: {error}", raw=error.partial.decode("utf-8", "replace")) from error
        except (OSError, http.client.HTTPException) as error:  # URLError and timeouts are OSErrors
            raise BusyError(f"{url}: {error}") from error


def chat_body(request: Request, model: str, temperature: float) -> dict[str, Any]:
    """The body of a chat completion."""
    system = [{"role": "system", "content": request.system}] if request.system else []
    return {
        "model": model,
        "messages": [*system, {"role": "user", "content": _content(request)}],
        "temperature": temperature,
        "max_tokens": request.max_tokens,
    }


def _content(request: Request) -> str | list[dict[str, Any]]:
    if request.image is None:
        return request.prompt
    data = base64.b64encode(request.image.read_bytes()).decode()
    suffix = request.image.suffix.lower().lstrip(".").replace("jpg", "jpeg")
    address = f"data:image/{suffix};base64,{data}"
    return [{"type": "image_url", "image_url": {"url": address}}, {"type": "text", "text": request.prompt}]


def read_chat(body: Any) -> Answer:
    """The answer in a chat completion; of anything else the whole body, since it was paid for.

    >>> parts = [{"type": "text", "text": "It is "}, {"type": "text", "text": "due."}]
    >>> read_chat({"choices": [{"message": {"content": parts}}], "usage": None}).text
    'It is due.'
    """
    choices = body.get("choices") if isinstance(body, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    usage = body.get("usage") if isinstance(body, dict) else None
    counts = [count_of(usage, name) for name in ("prompt_tokens", "completion_tokens")]
    if not isinstance(choice, dict) or not isinstance(message, dict):
        return Answer(json.dumps(body), UNREADABLE, *counts)
    reason = str(choice.get("finish_reason") or "stop")
    return Answer(_said(message.get("content")), _STOPS.get(reason, reason), *counts)


def _said(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else "" if content is None else json.dumps(content)


def _failure(status: int, message: str, retry_after: str | None) -> BusyError | RefusedError:
    if status in (408, 409, 425, 429) or status >= 500:
        return BusyError(message, wait_s=float(retry_after) if retry_after and retry_after.isdigit() else 0.0)
    return RefusedError(message)


@dataclass(frozen=True, slots=True)
class SageMakerTeacher:
    """A SageMaker endpoint that takes and gives chat completions. `client` is a sagemaker-runtime client."""

    client: Any
    endpoint: str
    model: str = ""
    temperature: float = 0.0

    @property
    def identity(self) -> str:
        """Model and parameters; the endpoint stands for a model that has no name."""
        return f"sagemaker/{digest(self.model or self.endpoint, self.temperature)}"

    def __call__(self, request: Request, /) -> Answer:
        """Ask once."""
        body = json.dumps(chat_body(request, self.model, self.temperature)).encode()
        with aws_failures():
            response = self.client.invoke_endpoint(
                EndpointName=self.endpoint, ContentType="application/json", Body=body
            )
            data = response["Body"].read()
        return read_chat(read_body(data, self.endpoint))
