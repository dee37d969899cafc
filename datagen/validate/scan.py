"""Check a whole file: every physical line, and what holds between the lines, in constant memory."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from datagen.tokens import estimate
from datagen.validate.alike import Facts, Found, Memory
from datagen.validate.blocks import FORMATS, blocks_of
from datagen.validate.evals import walk_cpt, walk_gen_qa, walk_judge
from datagen.validate.findings import DataFinding, Problem, Report
from datagen.validate.line import read_line
from datagen.validate.multiturn import walk_multiturn, walk_serverless
from datagen.validate.rft import walk_rft, walk_rft_eval
from datagen.validate.rules import RFT, RULES, SFT, Target, judged
from datagen.validate.sft import walk_distillation, walk_dpo, walk_sft
from datagen.validate.walk import JsonObject, Model, Walk
from rewards.packed import lines_of

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FILE_NAMES = {Target.GEN_QA: "gen_qa.jsonl", Target.JUDGE: "llm_judge.jsonl"}
WALKS: Mapping[Target, Callable[[Walk, JsonObject], None]] = {
    Target.BEDROCK_SFT: walk_sft,
    Target.TRAINING_JOB_SFT: walk_sft,
    Target.BEDROCK_RFT: walk_rft,
    Target.RFT: walk_rft,
    Target.RFT_MULTITURN: walk_multiturn,
    Target.RFT_MULTITURN_SERVERLESS: walk_serverless,
    Target.DPO: walk_dpo,
    Target.CPT: walk_cpt,
    Target.GEN_QA: walk_gen_qa,
    Target.RFT_EVAL: walk_rft_eval,
    Target.JUDGE: walk_judge,
    Target.DISTILLATION: walk_distillation,
}
# Least and most rows: "Preparing data for SFT on Amazon Nova 2", the same for RFT; for Bedrock, the script's own table.
ROWS: Mapping[Target, tuple[int, int]] = {
    Target.BEDROCK_SFT: (200, 20_000),
    Target.TRAINING_JOB_SFT: (8, 20_000),
    Target.BEDROCK_RFT: (100, 20_000),
    Target.RFT: (100, 20_000),
    Target.DISTILLATION: (100, 15_000),
}
# Tokens of a row: recipes of training jobs offer up to 65,536; "Evaluating your SageMaker AI-trained model" for judges.
_CONTEXT: Mapping[Target, int] = {Target.TRAINING_JOB_SFT: 65_536, Target.JUDGE: 12_000}
_CONTEXT_ELSEWHERE = 32_768
_ROWS_OF_NOVA_1 = (8, 20_000)  # fine-tuning on Bedrock; only Nova 2 Lite needs more, by the same table
# Where Forge looks for keys that all rows have, or none: the holder, and the keys.
_OPTIONAL: Mapping[Target, tuple[str, tuple[str, ...]]] = {
    Target.RFT_MULTITURN: ("metadata", ("answer", "task", "info")),
    Target.GEN_QA: ("", ("system", "images")),
}
_TEXT_ONLY = ("text only",)
_REMEMBERED = 200_000  # lines whose digest is kept to find doubles; more than any platform takes


def check(
    path: Path,
    target: Target,
    *,
    model: Model = "nova-2-lite",
    limit: int = 200,
    rows: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Every problem of a JSONL file, counted; the first `limit` are kept.

    `rows` turns the least and most number of rows into a rule; leave it out for a part of a data set. `progress` is
    told how many bytes were read.
    """
    report = Report(str(path), target.value, limit)
    scan = _Scan(target, model)
    beyond: Counter[str] = Counter()  # the limit: counted by rule, since nobody will see them one by one
    with lines_of(path) as file:
        for number, line in enumerate(file, 1):
            problems = scan.line(line) if number > 1 else scan.first_line(line)
            if problems:
                if len(report.findings) < limit:
                    report.add(_findings(problems, number, target))
                else:
                    for code, _, _ in problems:
                        beyond[code] += 1
            if progress:
                progress(len(line))
    report.rows = scan.rows
    for code, times in beyond.items():
        report.counts[judged(code, target)[0], code] += times
    report.add(_findings(scan.whole_file(path, count_rows=rows), 0, target))
    return report


def problems_of(line: bytes, target: Target, model: Model = "nova-2-lite") -> tuple[JsonObject | None, list[Problem]]:
    """One line by the thorough walk: the object, where it is one, and everything wrong with it."""
    row, walk = _walked(line, target, model)
    return row, walk.problems


def _walked(line: bytes, target: Target, model: Model) -> tuple[JsonObject | None, Walk]:
    walk = Walk(target, model)
    row, _, problems = read_line(line)
    if row is not None:
        WALKS[target](walk, row)
    walk.problems += problems
    return row, walk


class _Scan:
    """One pass over a file, and what it must remember: doubles, ids, fields and media that come and go."""

    def __init__(self, target: Target, model: Model) -> None:
        self.target = target
        self.model = model
        self.rows = 0
        self.has_ids = target in RFT
        self.context = _CONTEXT.get(target, _CONTEXT_ELSEWHERE)
        self.memory = Memory(target, model)
        self.seen: set[int] = set()
        self.ids: set[str] = set()
        self.facts: Counter[Facts | None] = Counter()  # None for a line that is no row
        self.kinds: dict[Facts, Facts] = {}  # one object for all rows with the same facts
        self.facts_before: Facts | None = None
        self.alike = 0  # rows up to now with the facts of the one before, not counted yet
        self.buckets: set[str] = set()

    def first_line(self, line: bytes) -> Sequence[Problem]:
        """Everything wrong with the first line, before which a byte order mark may stand."""
        if not line.startswith(BYTE_ORDER_MARK):
            return self.line(line)
        mark = Problem("byte-order-mark", "", "the file starts with a byte order mark")
        return [mark, *self.line(line.removeprefix(BYTE_ORDER_MARK))]

    def line(self, line: bytes) -> Sequence[Problem]:
        """Everything wrong with one physical line."""
        found = self.memory.find(line)
        if found is None:
            if not line or line.isspace():
                return [Problem("blank-line", "", "an empty line")]
            found = self._walked(line)
        self.rows += 1
        id_, facts, buckets, problems = found
        if facts is self.facts_before:  # as in most rows; to count them in a table takes longer
            self.alike += 1
        else:
            self.count_facts()
            self.facts_before, self.alike = facts, 1
        if buckets:
            self.buckets.update(buckets)
        if id_ and self.has_ids:
            if id_ in self.ids:
                problems = [*problems, Problem("id-duplicate", "id", f"{id_!r} is the id of an earlier row")]
            elif len(self.ids) < _REMEMBERED:
                self.ids.add(id_)
        if len(line) > self.context:
            problems = [*_too_long(line, self.context), *problems]
        key, seen = hash(line), self.seen
        if key in seen:
            problems = [Problem("duplicate-row", "", "the same as a line before"), *problems]
        elif len(seen) < _REMEMBERED:
            seen.add(key)
        return problems

    def count_facts(self) -> None:
        """Count the rows since the facts of rows changed."""
        if self.alike:
            self.facts[self.facts_before] += self.alike
            self.alike = 0

    def whole_file(self, path: Path, *, count_rows: bool) -> Iterator[Problem]:
        """Everything wrong with the file as a whole, once all lines were seen."""
        if not self.rows:
            yield Problem("empty-file", "", "no row in the file")
            return
        self.count_facts()
        yield from self._mixed()
        if len(self.buckets) > 1:
            yield Problem("several-buckets", "", f"media lie in {', '.join(sorted(self.buckets))}")
        wanted = FILE_NAMES.get(self.target, path.name)
        if path.name != wanted:
            yield Problem("file-name", "", f"the job looks for {wanted!r}, this file is called {path.name!r}")
        if count_rows:
            yield from _enough(self.rows, self.target, self.model)

    def _walked(self, line: bytes) -> Found:
        row, walk = _walked(line, self.target, self.model)
        if row is None:
            return Found("", None, walk.buckets, walk.problems)
        facts, name = _facts(row, self.target), row.get("id")
        facts = self.kinds.setdefault(facts, facts)
        self.memory.learn(line, walk, facts)
        return Found(name if isinstance(name, str) else "", facts, walk.buckets, walk.problems)

    def _mixed(self) -> Iterator[Problem]:
        rows = {facts: count for facts, count in self.facts.items() if facts is not None}
        fields, media = Counter[str](), Counter[str]()
        for facts, count in rows.items():
            fields.update(dict.fromkeys(facts.fields, count))
            media.update(dict.fromkeys(facts.media, count))
        total = sum(rows.values())
        for name, count in sorted(fields.items()):
            if count < total:
                yield Problem(
                    "mixed-fields", name, f"{name!r} is in {count:,} of {total:,} rows; Forge wants all or none"
                )
        if len(media) > 1:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(media.items()))
            yield Problem("mixed-media", "", f"a data set holds one kind of media; here are {kinds}")


def _facts(row: JsonObject, target: Target) -> Facts:
    if target in RFT:
        return Facts(tuple(key for key in ("id", "reference_answer", "tools") if key in row))
    if target in _OPTIONAL:
        holder, keys = _OPTIONAL[target]
        inside = row.get(holder) if holder else row
        return Facts(tuple(key for key in keys if isinstance(inside, dict) and key in inside))
    if target not in (*SFT, Target.DPO):
        return Facts()
    kinds = {kind for block in blocks_of(row) for kind in block}
    optional = {"system", "toolConfig"} & set(row) | {"reasoningContent", "toolUse", "toolResult"} & kinds
    return Facts(tuple(sorted(optional)), tuple(sorted(kinds & set(FORMATS))) or _TEXT_ONLY)


def _too_long(line: bytes, context: int) -> Iterator[Problem]:
    """A token has at least one byte, so that most lines need no second look; pictures in the row are no text."""
    if len(line) <= context or b";base64," in line:
        return
    with suppress(ValueError, RecursionError):  # said elsewhere
        tokens = estimate(json.dumps(json.loads(line), ensure_ascii=False)).low
        if tokens > context:
            yield Problem("context", "", f"at least {tokens:,} tokens by estimate; the context holds {context:,}")


def _enough(rows: int, target: Target, model: Model) -> Iterator[Problem]:
    least, most = ROWS.get(target, (1, rows))
    if target is Target.BEDROCK_SFT and model != "nova-2-lite":
        least, most = _ROWS_OF_NOVA_1
    if 0 < rows < least:
        yield Problem("rows-too-few", "", f"{rows:,} rows; {target} takes {least:,} to {most:,}")
    if rows > most:
        yield Problem("rows-too-many", "", f"{rows:,} rows; {target} takes {least:,} to {most:,}")


def _findings(problems: Iterable[Problem], line: int, target: Target) -> Iterator[DataFinding]:
    for code, path, message in problems:
        severity, sources = judged(code, target)
        yield DataFinding(line, path, code, severity, message, RULES[code].fixable, sources)
