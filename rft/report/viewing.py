"""The rollout viewer: one self-contained page over any rollout files. Its script is ours and known by its hash; what
models wrote is data that the script shows as text and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from importlib.resources import files
from statistics import fmean, stdev
from typing import Any

from rewards.evaluation import has_zero_std
from rewards.pages import ISOLATION, policy_for
from rewards.parsing.messages import raw_calls
from rewards.parsing.tool_calls import CallFormat
from rewards.rollouts import (
    FIELDS,
    Record,
    call_lines,
    completion_turns,
    group_of,
    prompt_of,
    prompt_turns,
    row_of,
    signals_of_record,
)
from rewards.rows import ground_truth_of, rollout_of
from rewards.types import JSON, Score
from rft.report.judged import Judged
from rft.report.picturing import addresses_of, boxes_in_text, drawn, named_pictures, reference_boxes
from rft.report.worst import pretty

NOT_SLICES = frozenset({*FIELDS, "id", "messages", "prompt", "completion", "tools", "reference_answer", "gold"})
_SAID = frozenset({"role", "content", "name", "tool_calls", "function_call", "tool_call_id"})
SLICE_CHARS = 60  # a longer value is a text, by which nobody slices


@dataclass(frozen=True)
class ViewRow:
    """One rollout as the viewer shows it."""

    model: str
    place: str
    record: Record
    score: float | None
    advantage: float | None
    group: str
    prompt: str
    reasons: Mapping[str, str] = field(default_factory=dict)


def view_rows(models: Mapping[str, Iterable[Judged]]) -> list[ViewRow]:
    """The rollouts of named files, each with its advantage within its group: its distance from the group's mean in
    standard deviations, 0 in a zero-std group, None where it is alone or has no score."""
    return with_advantages([view_row(name, judged) for name, rollouts in models.items() for judged in rollouts])


def with_advantages(rows: Sequence[ViewRow]) -> list[ViewRow]:
    """Rows with the advantage that their groups tell, as `view_rows` gives it."""
    groups: dict[str, list[float]] = {}
    for row in rows:
        if row.score is not None:
            groups.setdefault(row.group, []).append(row.score)
    return [_with_advantage(row, groups.get(row.group, [])) for row in rows]


def page_of(rows: Sequence[ViewRow], title: str, pictures: Mapping[str, str] | None = None) -> str:
    """The viewer with its rollouts inside; it loads nothing from anywhere. `pictures` has a data address by name."""
    style, shell, grammar, viewer = (
        files("rft.report").joinpath(name).read_text(encoding="utf-8")
        for name in ("viewer.css", "viewer.html", "filter.js", "viewer.js")
    )
    script = grammar + viewer
    page = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{policy_for(script)}'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{style}{ISOLATION}</style></head><body>{shell}"
        f'<script type="application/json" id="data">{_embedded(data_of(rows, title, pictures))}</script>'
        f"<script>{script}</script></body></html>\n"
    )
    return page.encode("utf-8", "replace").decode("utf-8")  # a model can write lone surrogates; a file cannot hold them


def data_of(rows: Sequence[ViewRow], title: str, pictures: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the script reads: prompts once, the rollouts that refer to them, and the pictures that prompts name."""
    known = pictures or {}
    prompts: dict[str, int] = {}
    asked: list[dict[str, Any]] = []
    shown = []
    for row in rows:
        if row.prompt not in prompts:
            prompts[row.prompt] = len(asked)
            asked.append({**_asked(row.record), **_pictured(row.record, known)})
        turns = _turns(row.record)
        own = {"asked": turns} if turns != asked[prompts[row.prompt]]["turns"] else {}  # one row, asked in two ways
        boxes = {"boxes": drawn(boxes_in_text(_said(row.record)))} if "picture" in asked[prompts[row.prompt]] else {}
        shown.append({**_shown(row, prompts[row.prompt]), **own, **boxes})
    models = list(dict.fromkeys(row.model for row in rows))
    return {"title": title, "models": models, "prompts": asked, "rows": shown, "pictures": dict(known)}


def text_of(rows: Sequence[ViewRow], *, limit: int) -> Iterator[str]:
    """Lines for a terminal: the worst rollouts in full, the worst of each prompt."""
    seen: set[str] = set()
    scored = [row for row in rows if row.score is not None]
    for row in sorted(scored, key=lambda row: (row.score or 0.0, row.place)):
        if row.prompt in seen:
            continue
        seen.add(row.prompt)
        yield from _lines(row)
        if len(seen) == limit:
            break
    yield f"{len(seen):,} of {len(rows):,} rollouts, the worst of each prompt first"
    if len(scored) < len(rows):
        yield f"{len(rows) - len(scored):,} rollouts have no score: grade them with --reward"


def view_row(model: str, judged: Judged) -> ViewRow:
    """One rollout of a model, without the advantage that only its group tells."""
    record, score = judged.record, judged.record.get("score")
    number = float(score) if isinstance(score, int | float) else None
    group = f"{model}/{group_of(record):016x}"
    reasons = dict(_reasons(judged.score)) if judged.score else {}
    return ViewRow(model, str(judged.line), record, number, None, group, f"{prompt_of(record):016x}", reasons)


def _with_advantage(row: ViewRow, scores: Sequence[float]) -> ViewRow:
    if row.score is None or len(scores) < 2:
        return row
    if has_zero_std(min(scores), max(scores)):
        return replace(row, advantage=0.0)
    return replace(row, advantage=(row.score - fmean(scores)) / stdev(scores))


def _reasons(score: Score, path: str = "") -> Iterator[tuple[str, str]]:
    for name, part in score.parts.items():
        below = f"{path}/{name}" if path else name
        if part.reason:
            yield below, part.reason
        yield from _reasons(part, below)


def _asked(record: Record) -> dict[str, Any]:
    truth = ground_truth_of(record)
    gold = record.get("gold")
    return {
        "turns": _turns(record),
        "reference": _text(truth),
        **({"gold": _text(gold)} if gold is not None else {}),
    }


def _turns(record: Record) -> list[dict[str, str]]:
    return [_turn(turn) for turn in prompt_turns(record)]


def _pictured(record: Record, pictures: Mapping[str, str]) -> dict[str, Any]:
    """The name of the prompt's first picture that there is, and the boxes of the reference."""
    name = next((name for name in named_pictures(record) if name in pictures), None)
    return {} if name is None else {"picture": name, "boxes": drawn(reference_boxes(record))}


def _said(record: Record) -> str:
    return "\n".join(turn["text"] for turn in map(_turn, completion_turns(record)))


def _shown(row: ViewRow, prompt: int) -> dict[str, Any]:
    record = row.record
    names = ("step", "sample", "seed", "temperature", "finish_reason", "reason", "ungradable", "seconds", "tokens")
    facts = {name: record[name] for name in names if name in record}
    parts = record.get("parts")
    return {
        "m": row.model,
        "line": row.place,
        "id": str(record.get("row_id", record.get("id", ""))),
        "p": prompt,
        "g": row.group,
        "score": row.score,
        "adv": row.advantage,
        "signals": signals_of_record(record),
        "parts": list(parts) if isinstance(parts, dict) else [],
        "why": row.reasons,
        "said": [_turn(turn) for turn in completion_turns(record)],
        **_calls(record),
        "slices": dict(_slices(record)),
        **facts,
    }


def _calls(record: Record) -> dict[str, str]:
    """Where calls are what is right: those of the completion, laid out as the reference is, however it wrote them."""
    truth = ground_truth_of(record)
    if not isinstance(truth, dict) or set(truth) != {"tool_calls"}:
        return {}
    found = CallFormat().found(rollout_of(row_of(record)).completion)
    calls: list[JSON] = [{"name": call.name, "arguments": dict(call.arguments)} for call in found or ()]
    return {"calls": pretty({"tool_calls": calls})} if calls else {}


def _slices(record: Record) -> Iterator[tuple[str, str]]:
    metadata = record.get("metadata")
    inner = metadata if isinstance(metadata, dict) else {}
    for name, value in [*record.items(), *inner.items()]:
        if name in NOT_SLICES or not isinstance(value, str | int | float | bool):
            continue
        if len(shown := json.dumps(value) if isinstance(value, bool) else str(value)) <= SLICE_CHARS:
            yield name, shown


def _turn(turn: JSON) -> dict[str, str]:
    """A turn as its role and one text; calls, pictures and documents are named in it."""
    if not isinstance(turn, dict):
        return {"role": "", "text": _text(turn)}
    content = turn.get("content")
    blocks = content if isinstance(content, list) else [content]
    texts = [
        _block(block) for block in blocks if block is not None and block != "" and not raw_calls({"content": [block]})
    ]
    more: JSON = {key: value for key, value in turn.items() if key not in _SAID and value}
    role = " ".join(str(turn[key]) for key in ("role", "name") if turn.get(key))
    return {"role": role, "text": "\n".join([*texts, *call_lines(turn), *([pretty(more)] if more else [])])}


def _block(block: JSON) -> str:
    if isinstance(block, dict) and set(block) <= {"text", "type"} and isinstance(text := block.get("text"), str):
        return text
    return next((f"[picture {address}]" for address in addresses_of(block)), "") or _text(block)


def _text(value: JSON) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else pretty(value)


def _lines(row: ViewRow) -> Iterator[str]:
    record = row.record
    step = f", step {record['step']}" if "step" in record else ""
    apart = "" if row.advantage is None else f", advantage {row.advantage:+z.2f}"
    yield f"{row.score:.3f}  {row.model}:{row.place}  {record.get('row_id', record.get('id', ''))}{step}{apart}"
    for name, value in signals_of_record(record).items():
        why = f"  {row.reasons[name]}" if name in row.reasons else ""
        yield f"    {name:<32} {'not measured' if value is None else f'{value:.3f}'}{why}"
    asked = _asked(record)
    said = _said(record)
    last = asked["turns"][-1]["text"] if asked["turns"] else ""
    texts = (("asked", last), ("reference", asked["reference"]), ("completion", said), ("reason", record.get("reason")))
    for name, text in texts:
        if text:
            yield f"  {name}"
            yield from (f"    {line}" for line in str(text).splitlines())
    yield ""


def _embedded(value: Mapping[str, Any]) -> str:
    """JSON inside a script element: no `<` that could end it, and no line separators that old readers trip over."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text
