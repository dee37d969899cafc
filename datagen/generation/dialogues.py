"""Multi-turn tool dialogues: a teacher writes each turn, calls are checked by their schema, functions give the results.

All dialogues go forward one turn at a time, so that a round of turns is asked at once and a stopped run goes on from
its journal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import Field

from datagen.config import Section, SplitConfig, TeacherConfig
from datagen.decode import Decoded, object_in
from datagen.errors import ConfigError
from datagen.formats import SCHEMA_VERSION, compact, write_jsonl
from datagen.formats.translate import converse_tools, converse_turns
from datagen.generation.ask_and_repair import Reply, replies
from datagen.generation.prompts import DIALOGUE, Prompt, load_prompt, read_text, shown_as_json
from datagen.generation.tools import SimulatedTools, read_tools
from datagen.splits.assign import Piece, sides
from datagen.teachers.batch import Batch
from datagen.teachers.build import build_teacher, is_free, is_template, patience_of
from datagen.teachers.journal import open_journal
from datagen.teachers.runner import Progress
from datagen.types import Answer, Document, Passage, Request, digest
from datagen.validate.words import reserved_words
from rewards.parsing.tool_calls import native_call
from rewards.types import JSON, ToolCall
from rewards.writing import drafting_folder

_OURS = ("sft/*.jsonl", "rft/*.jsonl", "provenance/*.jsonl", "rejects.jsonl")
_FORMS = {
    "user": '{"user": "what the user says"}, or {"done": true} once the user has what was wanted',
    "assistant": '{"calls": [{"name": "...", "arguments": {...}}]} to call tools, or {"say": "..."} to answer',
}


class DialoguesConfig(Section):
    """What dialogues are written; paths are relative to the file."""

    teacher: TeacherConfig
    tools: PurePosixPath = Field(description="Python file whose public, typed functions are the tools")
    system: PurePosixPath = Field(description="file with the system prompt of every dialogue")
    goals: tuple[str, ...] = Field(min_length=1, description="what users want, one dialogue each")
    personas: tuple[str, ...] = Field(default=("a typical user",), min_length=1, description="each wants every goal")
    max_rounds: int = Field(default=12, ge=2, description="in each, user and assistant speak at most once")
    prompt: PurePosixPath | None = Field(default=None, description="template in place of the built-in one")
    split: SplitConfig = SplitConfig()


@dataclass(frozen=True, slots=True)
class MadeDialogues:
    """Files by name ("sft/train"), rows by file, and rejected dialogues by code."""

    files: Mapping[str, Path]
    rows: Mapping[str, int]
    rejected: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Turn:
    """What a reply says: text, calls, or that the user is done."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    done: bool = False


@dataclass(slots=True)
class _Dialogue:
    name: str
    goal: str
    persona: str
    messages: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    done: bool = False
    problem: tuple[str, str, str] | None = None  # code, reason, raw reply

    @property
    def speaker(self) -> str:
        last = self.messages[-1] if self.messages else {"role": "assistant"}
        return "assistant" if last["role"] in ("user", "tool") else "user"

    @property
    def is_open(self) -> bool:
        return not self.done and self.problem is None


def dialogues(
    config: DialoguesConfig,
    *,
    root: Path,
    seed: int | str,
    out: Path,
    journal: Path | None = None,
    progress: Progress | None = None,
) -> MadeDialogues:
    """Write the dialogues in `out`, atomically: SFT rows, an RFT row for each turn that calls, and their provenance.

    The rows of a dialogue are on one side of the split, as are those of dialogues that ask nearly the same. A dialogue
    is rejected where a turn cannot be used after it was asked for twice, or that is not done after `max_rounds`.
    """
    tools = read_tools(root / config.tools)
    system = read_text(root / config.system, "the system prompt").strip()
    if is_template(config.teacher):
        raise ConfigError("a template teacher cannot hold a dialogue; use a model, a command or a replay")
    prompt = load_prompt(
        root / config.prompt if config.prompt else None, DIALOGUE, tools=shown_as_json(list(tools.definitions))
    )
    held = [
        _Dialogue(digest(seed, goal, persona), goal, persona) for goal in config.goals for persona in config.personas
    ]
    teacher = build_teacher(config.teacher, root=root, seed=str(seed))
    if isinstance(teacher, Batch):
        raise ConfigError("a dialogue is asked turn by turn, which a batch cannot; use kind: bedrock")
    answers = None if is_free(config.teacher) else journal or out.parent / "dialogues.sqlite"
    with open_journal(answers) as opened:
        for _ in range(config.max_rounds):
            for speaker in ("user", "assistant"):
                live = [one for one in held if one.is_open and one.speaker == speaker and not _is_new(one, speaker)]
                asked = [_request(one, prompt, config, str(seed)) for one in live]
                read = _Reader(speaker, tools)
                found = replies(teacher, asked, read, opened, patience_of(config.teacher), progress=progress)
                for one, reply in zip(live, found, strict=True):
                    _take(one, reply, teacher.identity, tools)
            if not any(one.is_open for one in held):
                break
    for one in held:
        if one.is_open and not _ends_well(one):
            one.problem = ("unfinished", f"the dialogue was not done after {config.max_rounds} rounds", "")
    return _written(held, config, tools, system, str(seed), out, teacher.identity)


def _is_new(one: _Dialogue, speaker: str) -> bool:
    return speaker == "assistant" and not one.messages


def _request(one: _Dialogue, prompt: Prompt, config: DialoguesConfig, seed: str) -> Request:
    text = prompt.render(
        goal=one.goal,
        persona=one.persona,
        dialogue=shown_as_json(_plain(one.messages)),
        speaker=one.speaker,
        forms=_FORMS[one.speaker],
    )
    document = Document(f"dialogue {one.name}", one.goal, digest(one.goal))
    limit = getattr(config.teacher, "max_tokens", 4096)
    about = f"{one.name}/{len(one.requests)}"
    place = Passage(document, len(one.requests), 0, len(one.goal))
    return Request(place, 1, seed, prompt=text, max_tokens=limit, about=about)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads a turn of one speaker; a call that does not fit its tool makes the turn unusable."""

    speaker: str
    tools: SimulatedTools

    def __call__(self, answer: Answer, /) -> Decoded[_Turn]:
        found = object_in(answer, {"user": "user", "assistant": "say"}[self.speaker])
        if isinstance(found, Decoded):
            return found
        turn, problem = self._user(found) if self.speaker == "user" else self._assistant(found)
        return Decoded((), "schema", problem) if problem else Decoded((turn,))

    def _user(self, found: Mapping[str, Any]) -> tuple[_Turn, str]:
        if found.get("done") is True:
            return _Turn(done=True), ""
        return self._text(found.get("user"), "user")

    def _assistant(self, found: Mapping[str, Any]) -> tuple[_Turn, str]:
        calls = found.get("calls")
        if not calls:
            return self._text(found.get("say"), "say")
        if not isinstance(calls, list):
            return _Turn(), "calls must be a list"
        read = tuple(native_call(call) for call in calls)
        problems = [problem for call in read if (problem := self.tools.problem(call))]
        return _Turn(calls=read), "; ".join(problems)

    def _text(self, text: Any, key: str) -> tuple[_Turn, str]:
        if not isinstance(text, str) or not text.strip():
            return _Turn(), f"expected {_FORMS[self.speaker]}"
        if words := [word for _, word in reserved_words(text)]:
            return _Turn(), f"{key} holds {words[0]!r}, which Nova reserves"
        return _Turn(text.strip()), ""


def _take(one: _Dialogue, reply: Reply[_Turn], teacher: str, tools: SimulatedTools) -> None:
    """Add the turn, and the results of its calls; or note why the dialogue ends here."""
    one.requests.append(reply.request.key(teacher))
    if not reply.found.values:
        raw = reply.answer.text if reply.answer else ""
        one.problem = (reply.found.code, f"turn {len(one.requests)}: {reply.found.problem}", raw)
        return
    (turn,) = reply.found.values
    if turn.done:
        one.done = _ends_well(one)
        one.problem = None if one.done else ("unfinished", "the user was done before the assistant had answered", "")
    elif turn.calls:
        one.messages += _called(turn.calls, tools, len(one.messages))
    else:
        one.messages.append({"role": one.speaker, "content": turn.text})


def _plain(messages: list[dict[str, Any]]) -> JSON:
    return [*messages]


def _ends_well(one: _Dialogue) -> bool:
    return bool(one.messages) and one.speaker == "user"


def _called(calls: Sequence[ToolCall], tools: SimulatedTools, place: int) -> Iterator[dict[str, Any]]:
    names = [f"call-{place}-{index}" for index in range(len(calls))]
    made = [
        {"id": name, "type": "function", "function": {"name": call.name, "arguments": compact(dict(call.arguments))}}
        for name, call in zip(names, calls, strict=True)
    ]
    yield {"role": "assistant", "content": None, "tool_calls": made}
    for name, call in zip(names, calls, strict=True):
        yield {"role": "tool", "tool_call_id": name, "content": tools.result(call)}


def _written(
    held: Sequence[_Dialogue],
    config: DialoguesConfig,
    tools: SimulatedTools,
    system: str,
    seed: str,
    out: Path,
    teacher: str,
) -> MadeDialogues:
    good = [one for one in held if one.problem is None]
    rejects = [row for one in held for row in _rejected(one)]
    pieces = [Piece(one.name, _asked(one)) for one in good]
    side = sides(pieces, {one.name: 1 for one in good}, config.split, seed=seed) if good else {}
    files: dict[str, Path] = {}
    rows: dict[str, int] = {}
    with drafting_folder(out, ours=_OURS) as draft:
        for split in config.split.shares():
            own = [one for one in good if side[one.name] == split]
            tables = {
                "sft": [_sft_row(one, tools, system) for one in own],
                "rft": [row for one in own for row in _rft_rows(one, tools, system)],
                "provenance": [_provenance(one, tools, teacher) for one in own],
            }
            for table, made in tables.items():
                files[f"{table}/{split}"] = out / table / f"{split}.jsonl"
                rows[f"{table}/{split}"] = write_jsonl(draft / table / f"{split}.jsonl", made)
        files["rejects"] = out / "rejects.jsonl"
        rows["rejects"] = write_jsonl(draft / "rejects.jsonl", rejects)
    return MadeDialogues(files, rows, Counter(str(reject["code"]) for reject in rejects))


def _rejected(one: _Dialogue) -> Iterator[dict[str, Any]]:
    if one.problem is not None:
        code, reason, raw = one.problem
        yield {"code": code, "reason": reason, "goal": one.goal, "persona": one.persona, "raw": raw}


def _asked(one: _Dialogue) -> str:
    return "\n".join(turn["content"] for turn in one.messages if turn["role"] == "user")


def _sft_row(one: _Dialogue, tools: SimulatedTools, system: str) -> dict[str, Any]:
    blocks, turns = converse_turns([{"role": "system", "content": system}, *one.messages])
    config = converse_tools(tools.definitions)
    return {"schemaVersion": SCHEMA_VERSION, "system": blocks, "messages": turns, "toolConfig": config}


def _rft_rows(one: _Dialogue, tools: SimulatedTools, system: str) -> Iterator[dict[str, Any]]:
    """A row for each turn that calls: what came before is the prompt, the calls are the reference."""
    for place, turn in enumerate(one.messages):
        calls = [native_call(call) for call in turn.get("tool_calls", ())]
        if calls:
            expected = [{"name": call.name, "arguments": dict(call.arguments)} for call in calls]
            yield {
                "id": f"{one.name}-{place}",
                "messages": [{"role": "system", "content": system}, *one.messages[:place]],
                "reference_answer": {"tool_calls": expected},
                "tools": list(tools.definitions),
                "metadata": {"source": one.name},
            }


def _provenance(one: _Dialogue, tools: SimulatedTools, teacher: str) -> dict[str, Any]:
    facts = {"id": one.name, "goal": one.goal, "persona": one.persona, "teacher": teacher, "requests": one.requests}
    return {**facts, "tools_sha256": tools.sha256, "turns": len(one.messages)}
