"""Amazon Bedrock as a teacher, through Converse: one client for all threads, throttling handled by botocore."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datagen.errors import ConfigError, TeacherError
from datagen.teachers.aws import aws_failures
from datagen.teachers.replies import UNREADABLE, count_of
from datagen.types import Answer, Request, digest


@dataclass(frozen=True, slots=True)
class BedrockTeacher:
    """A model of Bedrock. `client` is a bedrock-runtime client, shared by all threads."""

    client: Any
    model: str
    temperature: float = 0.0
    run: str = ""

    @property
    def identity(self) -> str:
        """Model and parameters."""
        return f"bedrock/{digest(self.model, self.temperature)}"

    def __call__(self, request: Request, /) -> Answer:
        """Ask once; whoever asks waits and repeats where `BusyError` is raised."""
        with aws_failures():
            return read_converse(self.client.converse(**self._arguments(request)))

    def _arguments(self, request: Request) -> dict[str, Any]:
        metadata = {"passage": request.passage.id, **({"run": self.run} if self.run else {})}
        arguments = converse_body(request, self.temperature)
        return {"modelId": self.model, **arguments, "requestMetadata": metadata}  # to find calls in invocation logs


def converse_body(request: Request, temperature: float) -> dict[str, Any]:
    """The part of a Converse call that is the same on demand and in a batch."""
    return {
        "messages": [{"role": "user", "content": [*_image(request.image), {"text": request.prompt}]}],
        "inferenceConfig": {"maxTokens": request.max_tokens, "temperature": temperature},
        **({"system": [{"text": request.system}]} if request.system else {}),
    }


def _image(path: Path | None) -> list[dict[str, Any]]:
    if path is None:
        return []
    suffix = path.suffix.lower().lstrip(".")
    return [{"image": {"format": {"jpg": "jpeg"}.get(suffix, suffix), "source": {"bytes": path.read_bytes()}}}]


def read_converse(response: Any) -> Answer:
    """The answer in a Converse response, without its reasoning blocks; of anything else the whole response."""
    output = response.get("output") if isinstance(response, dict) else None
    message = output.get("message") if isinstance(output, dict) else None
    blocks = message.get("content") if isinstance(message, dict) else None
    usage = response.get("usage") if isinstance(response, dict) else None
    counts = [count_of(usage, name) for name in ("inputTokens", "outputTokens")]
    if not isinstance(blocks, list):
        return Answer(json.dumps(response, default=str), UNREADABLE, *counts)
    text = "".join(str(block["text"]) for block in blocks if isinstance(block, dict) and "text" in block)
    return Answer(text, str(response.get("stopReason") or ""), *counts)


def lifecycle(client: Any, model: str) -> str:
    """``ACTIVE``, ``LEGACY`` or whatever Bedrock says of a model; asks a `bedrock` client.

    An inference profile such as ``us.amazon.nova-pro-v1:0`` is looked up by the model behind it. Raises `ConfigError`
    where the model is past its end of life or not known.
    """
    name = model.split("/")[-1]
    bare = name.split(".", 1)[1] if name.count(".") > 1 else name
    try:
        with aws_failures():
            details = client.get_foundation_model(modelIdentifier=bare)["modelDetails"]
    except TeacherError as error:
        raise ConfigError(f"teacher {model!r}: {error}") from error
    status = str(details.get("modelLifecycle", {}).get("status", "unknown"))
    if status not in ("ACTIVE", "LEGACY"):
        raise ConfigError(f"teacher {model!r} is {status}; choose an active model")
    return status
