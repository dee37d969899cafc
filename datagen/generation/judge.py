"""LLM judge: grade each sample by a rubric, and keep those above the threshold.

A judge is a teacher that is asked another question, so that everything said of teachers holds for it: calls in
parallel, patience, a budget, and a journal in which each verdict is kept the moment it arrives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from datagen.config import DataConfig, JudgeConfig, TeacherConfig
from datagen.decode import Verdict, read_verdict
from datagen.formats import compact
from datagen.generation.ask_and_repair import Reply, replies
from datagen.generation.prompts import JUDGING, Prompt, load_prompt, read_text
from datagen.quality.checks import question_of
from datagen.quality.dedup import Sifted
from datagen.teachers.build import build_teacher, patience_of
from datagen.teachers.journal import Journal
from datagen.teachers.runner import Progress
from datagen.types import Draft, Reject, Request
from rewards.rows import GOLD, gold_text
from rewards.types import JSON

VERDICT_TOKENS = 1024  # the most that a verdict may take: a number and a sentence, or a model that thinks aloud first


def judge_of(config: DataConfig) -> TeacherConfig:
    """Who judges: the judge's own model, or the teacher."""
    assert config.judge is not None
    return config.judge.teacher or config.teacher


def read_judge_prompt(settings: JudgeConfig, root: Path) -> Prompt:
    """The prompt of the judge with the rubric in it, checked."""
    rubric = read_text(root / settings.rubric, "the rubric").strip()
    return load_prompt(root / settings.prompt if settings.prompt else None, JUDGING, rubric=rubric)


def judged(
    drafts: Sequence[Draft],
    prompt: Prompt,
    config: DataConfig,
    root: Path,
    journal: Journal,
    seed: str,
    *,
    progress: Progress | None = None,
) -> Sifted:
    """The drafts that the judge scores at least ``judge.threshold``, with the verdict noted.

    Rejects are "judged" where the score is too low, with the judge's reason, and "unjudged" where there is no verdict.
    """
    assert config.judge is not None
    teacher = build_teacher(judge_of(config), root=root, seed=seed)
    requests = [judge_request(prompt, draft, seed) for draft in drafts]
    found = replies(teacher, requests, read_verdict, journal, patience_of(judge_of(config)), progress=progress)
    outcomes = [_outcome(draft, reply, config.judge) for draft, reply in zip(drafts, found, strict=True)]
    kept = [outcome for outcome in outcomes if isinstance(outcome, Draft)]
    return Sifted(kept, [outcome for outcome in outcomes if isinstance(outcome, Reject)])


def judge_request(prompt: Prompt, draft: Draft, seed: str) -> Request:
    """The judge's request for one sample."""
    sample: dict[str, JSON] = {"question": question_of(draft), "answer": draft.sample.reference}
    if GOLD in draft.sample.metadata:
        sample["a right answer"] = draft.sample.metadata[GOLD]
    passage = draft.passage
    text = prompt.render(passage=passage.text, document=passage.document.path, sample=compact(sample))
    return Request(passage, 1, seed, prompt=text, max_tokens=VERDICT_TOKENS, about=draft.sample.id)


def _outcome(draft: Draft, reply: Reply[Verdict], settings: JudgeConfig) -> Draft | Reject:
    if not reply.found.values:
        reason = f"no verdict ({reply.found.code}): {reply.found.problem}"
        return _reject("unjudged", reason, draft, reply)
    (verdict,) = reply.found.values
    if verdict.score < settings.threshold:
        reason = f"score {verdict.score:g} is below the threshold {settings.threshold:g}: {verdict.reason}"
        return _reject("judged", reason, draft, reply)
    return replace(draft, facts={**draft.facts, "judge": {"score": verdict.score, "reason": verdict.reason}})


def _reject(code: str, reason: str, draft: Draft, reply: Reply[Verdict]) -> Reject:
    raw = reply.answer.text if reply.answer and code == "unjudged" else gold_text(draft.sample)
    return Reject(code, reason, draft.passage, question_of(draft), raw)
