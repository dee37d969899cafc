"""Verdicts in a file: a judge is asked once, and its calibration can be repeated by anybody without a model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

from rewards.components.judge import Converse
from rewards.errors import JudgeError
from rewards.writing import appending

Request: TypeAlias = Mapping[str, Any]


@dataclass
class RecordedJudge:
    """A Bedrock client that answers from a file of verdicts; one that is missing is asked of `live` and appended.

    A line of the file holds `request`, a digest of all that was asked, `round`, which tells repeated questions apart,
    and the `output` and `usage` of the Converse response. Raises JudgeError for a line that is none, and, without
    `live`, for a verdict that is missing.
    """

    path: Path
    live: Converse | None = None
    round: int = 0
    _known: dict[tuple[str, int], Mapping[str, Any]] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        if not self._known and self.path.exists():
            self._known.update(_read(self.path))

    def in_round(self, number: int) -> RecordedJudge:
        """The same file, asked for the answers of another repetition."""
        return RecordedJudge(self.path, self.live, number, self._known, self._lock)

    def missing(self, requests: Iterable[tuple[int, Request]]) -> int:
        """How many of the questions, each with its round, have no answer in the file."""
        return len({(_digest(request), number) for number, request in requests} - self._known.keys())

    def converse(self, **request: Any) -> Mapping[str, Any]:
        """The recorded response, or the one of the live model."""
        key = _digest(request), self.round
        if key in self._known:
            return self._known[key]
        if self.live is None:
            raise JudgeError(f"{self.path} holds no verdict for a question (round {self.round}): {_shown(request)}")
        response = self.live.converse(**request)
        kept = {"output": response.get("output"), "usage": response.get("usage") or {}}
        line = json.dumps({"request": key[0], "round": key[1], **kept}, ensure_ascii=False, default=str)
        with self._lock:
            with appending(self.path) as file:
                file.write(f"{line}\n".encode("utf-8", "surrogatepass"))
            self._known[key] = kept
        return kept

    def usage(self, requests: Iterable[Request]) -> tuple[int, int] | None:
        """Tokens read and written for questions of this round; None where a recorded verdict does not tell."""
        told = [self._known.get((_digest(request), self.round), {}).get("usage") or {} for request in requests]
        if not told or not all({"inputTokens", "outputTokens"} <= one.keys() for one in told):
            return None
        return sum(int(one["inputTokens"]) for one in told), sum(int(one["outputTokens"]) for one in told)


def _digest(request: Request) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:32]


def _read(path: Path) -> dict[tuple[str, int], Mapping[str, Any]]:
    known: dict[tuple[str, int], Mapping[str, Any]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="surrogatepass").splitlines(), start=1):
        try:
            verdict = json.loads(line)
            known[verdict["request"], verdict["round"]] = {
                "output": verdict["output"], "usage": verdict.get("usage") or {},
            }  # fmt: skip
        except (ValueError, TypeError, KeyError) as error:
            raise JudgeError(
                f"{path}:{number}: no recorded verdict ({error!r}); a line has the keys request, round and output"
            ) from error
    return known


def _shown(request: Request) -> str:
    return str(request["messages"][0]["content"][0]["text"])[:120]
