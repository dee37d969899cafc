"""CPU seconds of one RFT step and of a greedy evaluation, as transformers and TRL do them and as we do.

    rft run PROJECT --until eval_sft
    OMP_NUM_THREADS=1 python benchmarks/local_training.py PROJECT RUN

Both ways run in turn, in one process, so that their ratio holds on a busy machine too.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import recipes
from estimators.platforms.local import plan_rft, run_rft, training, trimming
from estimators.platforms.local.generation import load_policy
from estimators.platforms.local.hardware import prepare
from estimators.platforms.local.policies import chat_tokens, load_tokenizer
from estimators.platforms.local.rows import read_rft_rows
from estimators.platforms.local.sampler import Decoding, folded, write
from rft.project import load_project
from rft.stages.package import ZIP, packaged_grader
from rft.stages.training import overlay_of, rft_recipe


def by_transformers(trainer: Any, *_: Any) -> Callable[..., Any]:
    """TRL's own generation, with the adapter folded in as ours has it."""
    generate = trainer.model.generate

    def merged(*args: Any, **kwargs: Any) -> Any:
        with folded(trainer.model):
            return generate(*args, **kwargs)

    return merged


def steps(project: Path, run: Path, count: int, rounds: int) -> Iterator[str]:
    """The median CPU seconds of a step each way."""
    file = load_project(project)
    plan = plan_rft(recipes.to_mapping(rft_recipe(file)), overlay_of(file))
    plan = replace(plan, optimisation=replace(plan.optimisation, max_steps=count))
    data, model = run / "data" / "rft" / "train.jsonl", run / "sft" / "model"
    whole = patch.object(trimming, "trimmed", lambda of_trl: of_trl)
    theirs = patch.object(training, "write_groups", by_transformers)
    rows = patch.object(trimming, "learning_only", lambda trainer: None)
    positions = patch.object(trimming, "labelled_only", nullcontext)
    ways: dict[str, tuple[Any, ...]] = {
        "TRL as it is": (whole, rows, positions, theirs),
        "sampler": (whole, rows, positions),
        "sampler and loss": (),
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    with packaged_grader(run / "package" / ZIP) as judge:
        for _ in range(rounds):
            for name, changes in ways.items():
                for change in changes:
                    change.start()
                with tempfile.TemporaryDirectory() as out:
                    began = time.process_time()
                    run_rft(plan, model=model, data=data, grader=judge, out=Path(out))
                    spent[name].append((time.process_time() - began) / count)
                for change in changes:
                    change.stop()
    before = statistics.median(spent["TRL as it is"])
    for name, seconds in spent.items():
        median = statistics.median(seconds)
        yield f"step, {name:<18} {median:6.2f} CPU s   {before / median:.2f}x"


def evaluation(run: Path, max_new_tokens: int) -> Iterator[str]:
    """CPU seconds of a greedy pass over the held-out rows each way, and how many completions are equal."""
    from transformers import GenerationConfig

    model = run / "sft" / "model"
    policy, tokenizer = load_policy(model), load_tokenizer(model)
    rows = read_rft_rows(run / "data" / "rft" / "test.jsonl", drop_system_prompt=True)
    chats = [chat_tokens(tokenizer, row.prompt, for_completion=True) for row in rows]
    end, pad = tokenizer.eos_token_id, tokenizer.pad_token_id
    config = GenerationConfig(do_sample=False, max_new_tokens=max_new_tokens, eos_token_id=end, pad_token_id=pad)
    theirs: list[str] = []
    began = time.process_time()
    for start in range(0, len(chats), 64):
        batch = tokenizer.pad({"input_ids": chats[start : start + 64]}, padding_side="left", return_tensors="pt")
        written = policy.generate(**batch, generation_config=config)[:, batch["input_ids"].shape[1] :]
        theirs += tokenizer.batch_decode(written, skip_special_tokens=True)
    before, began = time.process_time() - began, time.process_time()
    ordered = sorted(range(len(chats)), key=lambda place: len(chats[place]))
    ours = dict.fromkeys(ordered, "")
    for start in range(0, len(chats), 64):
        places = ordered[start : start + 64]
        texts = write(
            policy,
            [chats[place] for place in places],
            Decoding(max_new_tokens, 0, end, pad),
            addresses=[str(place) for place in places],
        )
        ours.update(zip(places, tokenizer.batch_decode(texts, skip_special_tokens=True), strict=True))
    after = time.process_time() - began
    equal = sum(ours[place] == text for place, text in enumerate(theirs))
    yield f"evaluation, transformers {before:6.2f} CPU s   1.00x"
    yield f"evaluation, sampler      {after:6.2f} CPU s   {before / after:.2f}x   {equal} of {len(rows)} answers equal"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    prepare(seed=0, threads=1)
    file = load_project(asked.project)
    sampling = plan_rft(recipes.to_mapping(rft_recipe(file)), overlay_of(file)).sampling
    assert sampling is not None, "plan_rft makes plans with sampling"
    for line in steps(asked.project, asked.run, asked.steps, asked.rounds):
        print(line)
    for line in evaluation(asked.run, sampling.max_new_tokens):
        print(line)


if __name__ == "__main__":
    main()
