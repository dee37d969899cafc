"""The pipeline from documents to a data set."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from pathlib import Path
from typing import TypeAlias

from datagen import formats
from datagen.config import ChecksConfig, DataConfig
from datagen.datacard import data_card
from datagen.executors import run_each
from datagen.generation.drafts import compose, read_sources, read_task
from datagen.generation.judge import judge_of, judged, read_judge_prompt
from datagen.quality.checks import GoldScore, checked
from datagen.quality.dedup import decontaminate, deduplicate
from datagen.quality.kept import Chosen, Kept, Shared
from datagen.quality.similarity import leaks
from datagen.splits.assign import SAME_TEXT, Piece, sides, trimmed
from datagen.teachers.build import is_free
from datagen.teachers.journal import journal_of_judge, open_journal
from datagen.teachers.runner import Progress
from datagen.types import Draft, Passage, Reject
from rewards import CallFormat
from rewards.rows import as_text, gold_text
from rewards.types import JSON
from rewards.writing import drafting_folder, write_text

Row: TypeAlias = Callable[[Draft], dict[str, JSON]]

_TABLES = ("sft", "rft", "dpo", "distillation", "provenance", "eval")
_OURS = (*(f"{table}/*.jsonl" for table in _TABLES), "rejects.jsonl", "documents.jsonl", "DATACARD.md")


@dataclass(frozen=True, slots=True)
class Made:
    """The data set made: files by name ("sft/train"), rows by file, rejects by code, and leaks by split.

    `leaks` counts, for each split but the first, the samples that share 13 words in a row with a passage of training.
    """

    files: Mapping[str, Path]
    rows: Mapping[str, int]
    rejected: Mapping[str, int]
    leaks: Mapping[str, int]


def make(
    config: DataConfig,
    *,
    root: Path,
    seed: int | str,
    out: Path,
    gold_score: GoldScore | None = None,
    journal: Path | None = None,
    progress: Progress | None = None,
) -> Made:
    """Make the data set in `out`, atomically; the same inputs and replies give the same bytes.

    `gold_score` grades the reference answer of a sample with the project's own reward: a sample whose gold does not get
    1 is rejected. Answers that cost something are kept in `journal`, by default ``teacher.sqlite`` beside `out`, and
    verdicts in ``judge.sqlite`` beside that, so that a rerun after a stop asks only for what is missing.
    """
    answers = journal or out.parent / "teacher.sqlite"
    with drafting_folder(out, ours=_OURS) as draft:
        made = _made(config, root, str(seed), draft, answers, gold_score, progress)
    return replace(made, files={name: out / path.relative_to(draft) for name, path in made.files.items()})


def _made(
    config: DataConfig,
    root: Path,
    seed: str,
    out: Path,
    answers: Path,
    gold_score: GoldScore | None,
    progress: Progress | None,
) -> Made:
    task = read_task(config, root, seed)
    sources = read_sources(config, root)
    rubric = read_judge_prompt(config.judge, root) if config.judge else None  # all files are read before any call
    shared = Shared(sources.documents, task.system, task.tools)
    with open_journal(None if is_free(config.teacher) else answers) as opened:
        composed, rejects = _dealt(compose(sources.documents, config, task, root, opened, progress=progress), shared)
        usage = {"teacher": opened.usage()}
    drafts, refused = _sifted(composed, config, root, gold_score, shared)
    if rubric:
        with open_journal(None if is_free(judge_of(config)) else journal_of_judge(answers)) as opened:
            drafts, bad = judged(drafts, rubric, config, root, opened, task.seed, progress=progress)
            usage["judge"] = opened.usage()
        for reject in bad:
            refused.append(reject)
    splits = _split(drafts, config, task.seed)
    files, rows = _written(splits, config, out)
    files["rejects"] = out / "rejects.jsonl"
    rows["rejects"] = formats.write_jsonl(files["rejects"], map(_reject, chain(rejects, refused)))
    files["documents"] = out / "documents.jsonl"
    rows["documents"] = formats.write_jsonl(files["documents"], (account.row() for account in sources.accounts))
    rejected = Counter(reject.code for reject in chain(rejects, refused))
    leaked = leaks({name: (draft.passage.text for draft in drafts) for name, drafts in splits.items()})
    made = Made(files, rows, rejected, leaked)
    files["card"] = out / "DATACARD.md"
    write_text(files["card"], data_card(config, task, sources, splits, rejected, made.leaks, usage))
    return made


@dataclass(frozen=True, slots=True)
class _Checked:
    """Checks the drafts of a document; picklable where the reward is, so that other processes can do it."""

    config: ChecksConfig
    gold_score: GoldScore | None

    def __call__(self, drafts: Sequence[Draft], /) -> list[Draft | Reject]:
        return [checked(draft, self.config, self.gold_score) for draft in drafts]


def _dealt(outcomes: Iterable[Draft | Reject], shared: Shared) -> tuple[Kept[Draft], Kept[Reject]]:
    drafts, rejects = Kept[Draft](shared), Kept[Reject](shared)
    for outcome in outcomes:
        if isinstance(outcome, Draft):
            drafts.append(outcome)
        else:
            rejects.append(outcome)
    return drafts, rejects


def _sifted(
    drafts: Iterable[Draft], config: DataConfig, root: Path, gold_score: GoldScore | None, shared: Shared
) -> tuple[Sequence[Draft], Kept[Reject]]:
    by_document = (list(some) for _, some in groupby(drafts, key=lambda draft: draft.passage.document.path))
    checks = run_each(_Checked(config.checks, gold_score), by_document, on=config.executor)
    good, rejects = _dealt((outcome for some in checks for outcome in some), shared)
    single = deduplicate(good, near=config.near_duplicates)
    clean = decontaminate(single.drafts, [root / path for path in config.decontaminate])
    for reject in chain(single.rejects, clean.rejects):
        rejects.append(reject)
    return clean.drafts, rejects


def _split(drafts: Sequence[Draft], config: DataConfig, seed: str) -> dict[str, Sequence[Draft]]:
    """Whole documents on one side, those with the same text together."""
    sizes = Counter(draft.passage.document.path for draft in drafts)
    side = sides(_Pieces(drafts), sizes, config.split, seed=seed, near=config.near_duplicates or SAME_TEXT)
    places = {name: array("Q") for name in config.split.shares()}
    for place, draft in enumerate(drafts):
        places[side[draft.passage.document.path]].append(place)
    counts = config.split.counts()
    chosen = trimmed(places, counts, seed=seed, name=lambda place: drafts[place].sample.id) if counts else places
    return {name: Chosen(drafts, some) for name, some in chosen.items()}


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The passages that have drafts, each once, since the drafts of a passage stand together."""

    drafts: Sequence[Draft]

    def __iter__(self) -> Iterator[Piece]:
        for _, some in groupby(self.drafts, key=lambda draft: (draft.passage.document.path, draft.passage.index)):
            passage = next(some).passage
            yield Piece(passage.document.path, passage.text)


def _written(
    splits: Mapping[str, Sequence[Draft]], config: DataConfig, out: Path
) -> tuple[dict[str, Path], dict[str, int]]:
    files: dict[str, Path] = {}
    rows: dict[str, int] = {}
    for split, drafts in splits.items():
        for name, row in _rows(config).items():
            files[f"{name}/{split}"] = out / name / f"{split}.jsonl"
            rows[f"{name}/{split}"] = formats.write_jsonl(files[f"{name}/{split}"], map(row, drafts))
    for name, (file_name, row) in _EVALUATIONS.items():
        if name in config.formats and "test" in splits:
            files[name] = out / "eval" / file_name
            rows[name] = formats.write_jsonl(files[name], map(row, splits["test"]))
    return files, rows


def _rows(config: DataConfig) -> dict[str, Row]:
    """What is written of each draft, by folder; line n of each file is the same sample."""
    known: dict[str, Row] = {
        "sft": _SftRow(CallFormat(**config.calls.model_dump()) if config.tool_mode == "converse" else None),
        "rft": _rft_row,
        "dpo": _dpo_row,
        "distillation": lambda draft: formats.distillation_row(draft.sample),
    }
    return {**{name: row for name, row in known.items() if name in config.formats}, "provenance": _provenance}


@dataclass(frozen=True, slots=True)
class _SftRow:
    calls: CallFormat | None

    def __call__(self, draft: Draft, /) -> dict[str, JSON]:
        if self.calls is not None:
            return formats.tool_use_row(draft.sample, self.calls)
        return formats.sft_row(draft.sample, reasoning=draft.reasoning)


def _rft_row(draft: Draft) -> dict[str, JSON]:
    return formats.rft_row(draft.sample)


def _dpo_row(draft: Draft) -> dict[str, JSON]:
    right, worse = gold_text(draft.sample), as_text(draft.worse)
    return formats.dpo_row(draft.sample, preferred=right, non_preferred=worse)


def _gen_qa_row(draft: Draft) -> dict[str, JSON]:
    return formats.gen_qa_row(draft.sample)


def _judge_row(draft: Draft) -> dict[str, JSON]:
    """The worse answer first: what a baseline said, and what it should have said."""
    return formats.judge_row(draft.sample, response_a=as_text(draft.worse), response_b=gold_text(draft.sample))


_EVALUATIONS: Mapping[str, tuple[str, Row]] = {
    "gen_qa": (formats.GEN_QA_FILE, _gen_qa_row),
    "rft_eval": (formats.RFT_EVAL_FILE, _rft_row),
    "judge": (formats.JUDGE_FILE, _judge_row),
}


def _reject(reject: Reject) -> dict[str, JSON]:
    details: dict[str, JSON] = {"question": reject.question, "raw": reject.raw}
    kept = {key: value for key, value in details.items() if value}
    return {"code": reject.code, "reason": reject.reason, **kept, **_place(reject.passage)}


def _provenance(draft: Draft) -> dict[str, JSON]:
    return {"id": draft.sample.id, **_place(draft.passage), **draft.facts}


def _place(passage: Passage) -> dict[str, JSON]:
    document = passage.document
    place: dict[str, JSON] = {"document": document.path, "sha256": document.sha256, "passage": passage.id}
    return {**place, "start": passage.start, "end": passage.end}
