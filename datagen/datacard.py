"""The data card: origin, size and rejected samples of a data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from datagen.config import DataConfig
from datagen.generation.drafts import Sources, Task
from datagen.generation.judge import judge_of
from datagen.quality.diversity import lines, of_drafts
from datagen.teachers.build import is_template
from datagen.teachers.journal import Usage
from datagen.types import Draft
from rewards import CallFormat
from rewards.rows import gold_text

_UNREADABLE_SHOWN = 20


def data_card(
    config: DataConfig,
    task: Task,
    sources: Sources,
    splits: Mapping[str, Sequence[Draft]],
    rejected: Mapping[str, int],
    leaks: Mapping[str, int],
    usage: Mapping[str, Usage],
) -> str:
    """The data card as Markdown: origin of the samples, counts per split, and rejected samples."""
    calls = CallFormat(**config.calls.model_dump())
    card = [
        "# Data card",
        "",
        *_origin(config, task, sources, usage),
        "",
        *_splits(splits),
        "",
        *lines({name: of_drafts(drafts, calls) for name, drafts in splits.items()}),
        "",
        *_leaks(splits, leaks),
        "",
        *_rejected(rejected),
        "",
        *_limits(config, sources),
    ]
    return "\n".join(card) + "\n"


def _origin(config: DataConfig, task: Task, sources: Sources, usage: Mapping[str, Usage]) -> Iterator[str]:
    if is_template(config.teacher):
        yield "**Template data, not a model's:** the questions come from a template file, filled from the documents."
    else:
        name = getattr(config.teacher, "model", "") or config.teacher.kind
        yield f"Written by the teacher `{name}` ({config.teacher.kind}); no person has read every sample."
        yield _used(usage["teacher"])
    if config.judge:
        judge = judge_of(config)
        name = getattr(judge, "model", "") or judge.kind
        yield f"Judged by `{name}` ({judge.kind}) with `{config.judge.rubric}`, at least {config.judge.threshold:g}."
        yield _used(usage["judge"])
    characters = sum(len(document.text) for document in sources.documents)
    chunk = config.chunk
    yield ""
    yield f"- {len(sources.documents):,} documents with {characters:,} characters, from `{config.documents}`"
    yield f"- chunked by {chunk.by} into passages of at most {chunk.size:,}, overlap {chunk.overlap:,}"
    yield f"- seed `{task.seed}`, {config.samples_per_passage} samples requested per passage"
    for name, reason in sources.unreadable[:_UNREADABLE_SHOWN]:
        yield f"- not read: `{name}`: {reason}"
    if left_out := sum(item.characters for account in sources.accounts for item in account.left_out):
        yield f"- left out: headers and footers with {left_out:,} characters, see `documents.jsonl`"
    if (more := len(sources.unreadable) - _UNREADABLE_SHOWN) > 0:
        yield f"- and {more:,} more, see `documents.jsonl`"


def _used(usage: Usage) -> str:
    return f"{usage.calls:,} calls, {usage.input_tokens:,} input and {usage.output_tokens:,} output tokens."


def _splits(splits: Mapping[str, Sequence[Draft]]) -> Iterator[str]:
    yield "| split | samples | documents | answer characters (median, most) |"
    yield "|---|---:|---:|---:|"
    for name, drafts in splits.items():
        documents = len({draft.passage.document.path for draft in drafts})
        answers = sorted(len(gold_text(draft.sample)) for draft in drafts)
        middle = f"{_median(answers):,}, {max(answers, default=0):,}"
        yield f"| {name} | {len(drafts):,} | {documents:,} | {middle} |"


def _leaks(splits: Mapping[str, Sequence[Draft]], leaks: Mapping[str, int]) -> Iterator[str]:
    yield "No document is in two splits. Samples whose passage has a 13-word overlap with a passage of train:"
    for name, count in leaks.items():
        yield f"{name} {count:,} of {len(splits[name]):,}."


def _rejected(rejected: Mapping[str, int]) -> Iterator[str]:
    if not rejected:
        yield "No sample was rejected."
        return
    yield "Rejected (reasons in `rejects.jsonl`): " + _counted(rejected) + "."


def _limits(config: DataConfig, sources: Sources) -> Iterator[str]:
    if config.mask:
        yield f"Personal data masked before the teacher saw it: {_counted(sources.masked) or 'none found'}."
        if config.mask.finder == "patterns":
            yield "Only structured kinds are found (e-mail addresses, numbers, keys); names of people are not."
    else:
        yield "Personal data was not masked."
    checks = config.checks
    least = f"at least {checks.grounding:.0%} of a sample's words occur in its document" if checks.grounding else "none"
    inventions = "rejected" if checks.no_inventions else "not rejected"
    yield f"Grounding check: {least}; invented names, numbers and citations are {inventions}."


def _counted(counts: Mapping[str, int]) -> str:
    ordered: Iterable[tuple[str, int]] = sorted(Counter(counts).items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count:,}" for name, count in ordered)


def _median(values: Sequence[int]) -> int:
    return values[len(values) // 2] if values else 0
