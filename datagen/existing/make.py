"""Make a data set from existing rows: one file per split, or one file to divide. The output is as from documents."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from datagen.config import RowsConfig
from datagen.errors import ConfigError, FormatError, TeacherError
from datagen.existing.diversity import of_conversations
from datagen.existing.forms import Form, Written, written_as
from datagen.existing.shapes import Columns, Conversation, conversation_of
from datagen.existing.tables import read_rows
from datagen.formats import GEN_QA_FILE, RFT_EVAL_FILE, write_jsonl
from datagen.passes import Passes, PassProgress
from datagen.pipeline import Made
from datagen.quality.checks import GoldScore
from datagen.quality.diversity import lines
from datagen.quality.similarity import groups_of_texts, leaks
from datagen.quality.spill import Names, SpilledItems
from datagen.splits.assign import SAME_TEXT, Piece, Sources, dealt_sources, trimmed
from datagen.splits.files import prompt_of
from datagen.types import digest
from rewards.errors import RewardError
from rewards.parsing.tool_calls import NATIVE, CallFormat
from rewards.rows import sample_of
from rewards.scratch import scratch_folder
from rewards.writing import drafting_folder, write_text

TEST = "test"
_PASSES = 4  # to read, to divide, for the provenance, for the overlap and for the card; and one for each format
_FORMS: Mapping[str, Form] = {"sft": "sft", "rft": "rft", "dpo": "dpo", "distillation": "distillation"}
_EVALUATIONS: Mapping[str, tuple[Form, str]] = {
    "gen_qa": ("gen-qa", GEN_QA_FILE),
    "rft_eval": ("rft-eval", RFT_EVAL_FILE),
}
_OURS = (
    *(f"{name}/*.jsonl" for name in (*_FORMS, "provenance", "eval")),
    "rejects.jsonl",
    "DATACARD.md",
)


@dataclass(frozen=True, slots=True)
class _Told:
    """A conversation, the file and line it was read from, and its name in the data set."""

    file: str
    line: int
    name: str
    told: Conversation

    @property
    def place(self) -> dict[str, Any]:
        return {"file": self.file, "line": self.line}


def make_from_rows(
    config: RowsConfig,
    *,
    root: Path,
    seed: int | str,
    out: Path,
    gold_score: GoldScore | None = None,
    plan: CallFormat = NATIVE,
    progress: PassProgress | None = None,
) -> Made:
    """Make the data set in `out`, atomically; the same rows and seed give the same bytes.

    Rows that have no shape we know, no answer, or a right answer that `gold_score` does not give 1 are refused and
    listed in ``rejects.jsonl``. Where no file is given for the test, that of training is divided. A reference that
    lacks what wraps the calls of `plan` gets it, so that SFT teaches what the reward reads. `progress` is told how many
    rows were read, of how many in all passes.
    """
    with scratch_folder("downloads") as downloads, drafting_folder(out, ours=_OURS) as draft:
        passes = Passes(_PASSES + len(config.formats), progress)
        made = _Maker(config, root, str(seed), gold_score, plan, downloads, passes).made(draft)
    return replace(made, files={name: out / path.relative_to(draft) for name, path in made.files.items()})


@dataclass(frozen=True, slots=True)
class _Unread:
    """Notes the lines of a file that hold no row."""

    file: str
    reject: Callable[..., None]

    def __call__(self, line: int, reason: str) -> None:
        self.reject("shape", reason, file=self.file, line=line)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a split, or those at some places of them, read anew at each pass: they may be more than memory."""

    kept: SpilledItems[_Told]
    passes: Passes
    places: array[int] | None = None

    def __iter__(self) -> Iterator[_Told]:
        return self.passes.over(self._chosen(), first=False)

    def _chosen(self) -> Iterator[_Told]:
        if self.places is None:
            yield from self.kept
            return
        wanted = iter(self.places)
        place = next(wanted, -1)
        for number, item in enumerate(self.kept):
            if number == place:
                yield item
                place = next(wanted, -1)

    def __len__(self) -> int:
        return len(self.kept) if self.places is None else len(self.places)


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The sources and prompts of rows, read anew at each pass."""

    rows: _Rows
    source: Callable[[_Told], str]

    def __iter__(self) -> Iterator[Piece]:
        return (Piece(self.source(item), _asked(item)) for item in self.rows)


class _Maker:
    def __init__(
        self,
        config: RowsConfig,
        root: Path,
        seed: str,
        gold_score: GoldScore | None,
        plan: CallFormat,
        downloads: Path,
        passes: Passes,
    ) -> None:
        self.config = config
        self.root = root
        self.seed = seed
        self.gold_score = gold_score
        self.plan = plan
        self.downloads = downloads
        self.passes = passes
        self.rejects: SpilledItems[dict[str, Any]] = SpilledItems()
        self.refused: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.shapes: Counter[str] = Counter()
        self.names = Names()

    def made(self, out: Path) -> Made:
        """Read, divide, write."""
        splits = {name: self._kept(name, path) for name, path in self.config.files().items()}
        if TEST not in splits:
            splits = self._divided(splits)
        files: dict[str, Path] = {}
        rows: dict[str, int] = {}
        for split, told in splits.items():
            for form in (name for name in _FORMS if name in self.config.formats):
                files[f"{form}/{split}"] = out / form / f"{split}.jsonl"
                rows[f"{form}/{split}"] = write_jsonl(files[f"{form}/{split}"], self._written(told, _FORMS[form]))
            files[f"provenance/{split}"] = out / "provenance" / f"{split}.jsonl"
            facts = ({"id": item.name, **item.place, "shape": item.told.shape} for item in told)
            rows[f"provenance/{split}"] = write_jsonl(files[f"provenance/{split}"], facts)
        for name, (shape, file_name) in _EVALUATIONS.items():
            if name in self.config.formats:
                files[name] = out / "eval" / file_name
                rows[name] = write_jsonl(files[name], self._written(splits[TEST], shape))
        files["rejects"] = out / "rejects.jsonl"
        rows["rejects"] = write_jsonl(files["rejects"], self.rejects)
        shared = leaks({name: map(_asked, told) for name, told in splits.items()})
        files["card"] = out / "DATACARD.md"
        write_text(files["card"], self._card(splits, shared))
        return Made(files, rows, self.refused, shared)

    def _kept(self, split: str, path: str) -> _Rows:
        rows: SpilledItems[_Told] = SpilledItems()
        for item in self.passes.over(self._read(split, path), first=True):
            rows.append(item)
        return _Rows(rows, self.passes)

    def _read(self, split: str, path: str) -> Iterator[_Told]:
        """The rows of one split that can be used; the others are noted."""
        columns = Columns(**self.config.columns.model_dump())
        for line, values in read_rows(self._local(path), skip=_Unread(path, self._reject)):
            place = {"file": path, "line": line}
            try:
                told = self._completed(conversation_of(values, columns))
                item = _Told(path, line, self._name(told.id or f"{split}-{line}"), told)
                problem = self._problem(item)
            except FormatError as error:
                self._reject("shape", str(error), **place)
                continue
            if problem:
                self._reject("gold", problem, id=item.name, **place)
                continue
            self.shapes[told.shape] += 1
            yield item

    def _reject(self, code: str, reason: str, **place: Any) -> None:
        self.refused[code] += 1
        self.rejects.append({"code": code, "reason": reason, **place})

    def _completed(self, told: Conversation) -> Conversation:
        """With the system prompt and the tools of the project, and what wraps calls, where the row has none."""
        told.reference = self.plan.wrapped(told.reference)
        roles = {turn.get("role") for turn in told.messages}
        if self.config.system and "system" not in roles:
            text = (self.root / self.config.system).read_text(encoding="utf-8").strip()
            told.messages.insert(0, {"role": "system", "content": text})
        return told

    def _name(self, name: str) -> str:
        """A name that no earlier row has."""
        made, number = name, 1
        while made in self.names:
            number += 1
            made = f"{name}-{number}"
        self.names.place(made)
        return made

    def _problem(self, item: _Told) -> str:
        """Why the reference answer is invalid: it does not score 1 under the project's reward."""
        row = written_as(item.told, "rft", item.name).row
        if self.gold_score is None or not self.config.check_gold:
            return ""
        try:
            score = self.gold_score(sample_of(row))
        except RewardError as error:
            return f"the reward cannot judge the row: {error}"
        return "" if abs(score - 1) < 1e-9 else f"reference answer scores {score!r} under the reward, expected 1"

    def _divided(self, splits: Mapping[str, _Rows]) -> dict[str, _Rows]:
        """The rows of training on several sides; those of one source, or with nearly the same prompt, on one."""
        told = splits["train"]
        pieces, sources = _Pieces(told, self._source), Sources()
        numbered = ((sources.add(piece.source), piece.text) for piece in pieces)
        together = self.config.split.shared_text == "together"
        joined = groups_of_texts(numbered, near=SAME_TEXT, shared_text=together)
        side = dealt_sources(sources, joined, pieces, self.config.split, seed=self.seed)
        places = {name: array("Q") for name in self.config.split.shares()}
        of_split = list(places.values())
        for place, source in enumerate(sources.of_rows):
            of_split[side[source]].append(place)
        if counts := self.config.split.counts():
            names = Names()
            for item in told:
                names.place(item.name)
            chosen = trimmed(places, counts, seed=self.seed, name=names.__getitem__)
            places = {name: array("Q", kept) for name, kept in chosen.items()}
        divided = {name: replace(told, places=kept) for name, kept in places.items()}
        return {**divided, **{name: rows for name, rows in splits.items() if name != "train"}}

    def _source(self, item: _Told) -> str:
        if not self.config.by:
            return item.name
        value: Any = item.told.extra
        for part in self.config.by.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if not isinstance(value, str | int):
            raise FormatError(f"{item.file}:{item.line}: no source under {self.config.by!r}")
        return str(value)

    def _written(self, told: Iterable[_Told], form: Form) -> Iterator[dict[str, Any]]:
        for item in told:
            written: Written = written_as(replace(item.told, id=item.name), form, item.name)
            self.lost.update(f"{form}: {key}" for key in written.lost if key not in ("id", "reference_answer"))
            yield written.row

    def _local(self, path: str) -> Path:
        if not path.startswith("s3://"):
            return self.root / path
        from datagen.teachers.aws import aws_client, aws_failures

        bucket, _, key = path.removeprefix("s3://").partition("/")
        if not key:
            raise ConfigError(f"{path!r} names no file; write s3://bucket/key")
        target = self.downloads / f"{digest(path)}-{Path(key).name}"  # two keys may end in the same name
        try:
            with aws_failures():
                aws_client("s3", region=None).download_file(bucket, key, str(target))
        except TeacherError as error:
            raise ConfigError(f"{path}: {error}") from error
        return target

    def _card(self, splits: Mapping[str, _Rows], shared: Mapping[str, int]) -> str:
        sources = ", ".join(f"`{path}`" for path in dict.fromkeys(self.config.files().values()))
        shapes = ", ".join(f"{name} {count:,}" for name, count in self.shapes.most_common())
        lost = ", ".join(f"{name} {count:,}" for name, count in self.lost.most_common()) or "nothing"
        card = [
            "# Data card",
            "",
            f"Rows from {sources}, read as: {shapes or 'none'}.",
            "",
            "| split | rows | 13-word overlap with train |",
            "|---|---|---|",
            *(f"| {name} | {len(told):,} | {shared.get(name, '-')} |" for name, told in splits.items()),
            "",
            *lines({name: of_conversations(item.told for item in told) for name, told in splits.items()}),
            "",
            f"Keys dropped by the output formats: {lost}.",
            f"Rejected (reasons in `rejects.jsonl`): {_counted(self.refused)}.",
        ]
        return "\n".join(card) + "\n"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())) or "nothing"


def _asked(item: _Told) -> str:
    return prompt_of({"messages": [*item.told.messages]})
