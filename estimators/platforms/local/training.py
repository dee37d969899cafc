"""SFT and RFT of a local policy with TRL, from Nova's data files and a recipe's plan.

A run reads only its arguments and writes only its folder, and equal inputs give equal files (`seconds.jsonl` apart). A
run that was stopped, by a kill too, goes on from its last checkpoint where it is asked to `resume`, and gives the same
files. One that an error or Ctrl-C stops leaves what its steps had made.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

from estimators.platforms.local import checkpoints, trimming
from estimators.platforms.local.generation import load_policy
from estimators.platforms.local.grader import Grader, GraderReward
from estimators.platforms.local.hardware import prepare, trainer_arguments, without_library_warnings
from estimators.platforms.local.log import RFT_NAMES, SECONDS, SFT_NAMES, OnStep, TrainingLog, renamed, write_rows
from estimators.platforms.local.plan import LocalPlan, Optimisation, Sampling
from estimators.platforms.local.policies import load_tokenizer
from estimators.platforms.local.preflight import (
    refuse,
    rft_problems,
    rft_rows,
    sft_problems,
    sft_rows,
    token_limit,
)
from estimators.platforms.local.rows import RftRow, SftRow, assistant_turn, columns, in_order
from estimators.platforms.local.sampler import Decoding, write_groups
from rewards.rollouts import Record
from rewards.writing import appending

ROLLOUTS, METRICS, SECONDS_FILE = "rollouts.jsonl", "metrics.jsonl", "seconds.jsonl"


def run_sft(
    plan: LocalPlan, *, model: Path, data: Path, out: Path, on_step: OnStep | None = None, resume: bool = False
) -> TrainingLog:
    """Train on the assistant turns of a Converse file; writes `model/`, `metrics.jsonl` and `seconds.jsonl` to `out`.

    With `resume` it goes on from the last checkpoint in `out`, which a run of equal arguments left there.
    Raises PreflightError where rows or memory do not suffice, MissingExtraError without the `local` extra.
    """
    overlay = plan.overlay
    prepare(seed=overlay.seed, threads=overlay.threads)
    rows, tokenizer = sft_rows(plan, data), load_tokenizer(model)
    refuse(sft_problems(plan, rows, model=model, data=data))
    if not resume:
        checkpoints.remove(out)
    with without_library_warnings():
        trainer = _sft_trainer(plan, model, tokenizer, rows, out)
        checkpoints.save_now_and_then(trainer)
        return train_and_save(trainer, tokenizer, out, SFT_NAMES, on_step)


def run_rft(
    plan: LocalPlan,
    *,
    model: Path,
    data: Path,
    grader: Grader,
    out: Path,
    grader_digest: str = "",
    on_step: OnStep | None = None,
    resume: bool = False,
) -> TrainingLog:
    """Train with GRPO on the grader's rewards; writes `model/`, `metrics.jsonl`, `seconds.jsonl` and the graded
    rollouts of every step, `rollouts.jsonl`, to `out`.

    With `resume` it goes on from the last checkpoint in `out`, which a run of equal arguments left there.
    Raises PreflightError where a prompt or its reference answer does not fit, or where rows or memory do not suffice;
    GraderContractError where the grader breaks its contract.
    """
    assert plan.sampling is not None, "plan_rft makes plans with sampling"
    overlay = plan.overlay
    prepare(seed=overlay.seed, threads=overlay.threads)
    rows, tokenizer = rft_rows(plan, data), load_tokenizer(model)
    refuse(rft_problems(plan, rows, model=model, data=data))
    if not resume:
        checkpoints.remove(out)
    checkpoints.keep_rollouts(out / ROLLOUTS, checkpoints.steps_of(checkpoints.last(out)))
    with appending(out / ROLLOUTS) as file, without_library_warnings():
        reward = GraderReward(
            grader,
            plan.sampling.number_generation,
            plan.sampling.grader_batch_size,
            keep=partial(append, file),
            facts={"seed": overlay.seed, "temperature": float(plan.sampling.temperature)},
            end=tokenizer.eos_token_id,
            digest=grader_digest,
        )
        trainer = _rft_trainer(plan, model, tokenizer, rows, reward, out)
        checkpoints.save_now_and_then(trainer)
        return train_and_save(trainer, tokenizer, out, RFT_NAMES, on_step)


def append(file: IO[bytes], records: Sequence[Record]) -> None:
    """Hand the rollouts of a step to the operating system at once, so that they can be read while training goes on."""
    file.write("".join(json.dumps(record) + "\n" for record in records).encode())
    file.flush()


def _sft_trainer(plan: LocalPlan, model: Path, tokenizer: Any, rows: Sequence[SftRow], out: Path) -> Any:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    chats = [{"prompt": row.prompt, "completion": [assistant_turn(row.answer)]} for row in rows]
    at_once = trimming.rows_at_once(plan.optimisation.batch_size)
    config = SFTConfig(
        **trainer_arguments(out),
        **_optimiser_arguments(plan.optimisation, plan.overlay.seed),
        per_device_train_batch_size=at_once,
        gradient_accumulation_steps=plan.optimisation.batch_size // at_once,
        max_length=token_limit(plan, model),
        completion_only_loss=True,
    )
    trainer = SFTTrainer(
        model=load_policy(model),
        args=config,
        train_dataset=Dataset.from_list(chats),
        processing_class=tokenizer,
        peft_config=_adapter(plan),
    )
    lengths = [len(tokens) for tokens in trainer.train_dataset["input_ids"]]
    order = trimming.sampler(lengths, plan.optimisation.batch_size, plan.overlay.seed)
    trainer._get_train_sampler = lambda *_: order
    return trainer


def _rft_trainer(
    plan: LocalPlan, model: Path, tokenizer: Any, rows: Sequence[RftRow], reward: GraderReward, out: Path
) -> Any:
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    assert plan.sampling is not None, "plan_rft makes plans with sampling"
    ordered = in_order(rows, shuffle=plan.optimisation.shuffle, seed=plan.overlay.seed)
    config = GRPOConfig(
        **trainer_arguments(out),
        **_optimiser_arguments(plan.optimisation, plan.overlay.seed),
        **_rollout_arguments(plan.sampling),
        per_device_train_batch_size=plan.optimisation.batch_size,
        shuffle_dataset=False,
    )
    trainer = GRPOTrainer(
        model=load_policy(model),
        args=config,
        reward_funcs=reward,
        train_dataset=Dataset.from_list(list(columns(ordered))),
        processing_class=tokenizer,
        peft_config=_adapter(plan),
    )
    decoding = Decoding(
        plan.sampling.max_new_tokens,
        plan.sampling.temperature,
        tokenizer.eos_token_id,
        tokenizer.pad_token_id,
        plan.sampling.top_k,
    )
    trainer.model.generate = write_groups(trainer, plan.sampling.number_generation, decoding, plan.overlay.seed)
    trainer._get_per_token_logps_and_entropies = trimming.trimmed(trainer._get_per_token_logps_and_entropies)
    trimming.learning_only(trainer)
    return trainer


def _optimiser_arguments(optimisation: Optimisation, seed: int) -> dict[str, Any]:
    decays = optimisation.min_lr is not None
    return {
        "max_steps": optimisation.max_steps,
        "learning_rate": optimisation.lr,
        "weight_decay": optimisation.weight_decay,
        "adam_beta1": optimisation.adam_beta1,
        "adam_beta2": optimisation.adam_beta2,
        "warmup_steps": optimisation.warmup_steps,
        "lr_scheduler_type": "cosine_with_min_lr" if decays else "constant_with_warmup",
        "lr_scheduler_kwargs": {"min_lr": optimisation.min_lr} if decays else {},
        "seed": seed,
        "data_seed": seed,
    }


def _rollout_arguments(sampling: Sampling) -> dict[str, Any]:
    return {
        "num_generations": sampling.number_generation,
        "max_completion_length": sampling.max_new_tokens,
        "temperature": sampling.temperature,
        "top_k": sampling.top_k,
        "beta": sampling.kl_coef,
        "entropy_coef": sampling.entropy_coef,
        "epsilon_high": sampling.clip_ratio_high,
        "use_bias_correction_kl": False,  # veRL's plain k3 estimator, which is what Nova's metric names point to
    }


def _adapter(plan: LocalPlan) -> Any:
    """LoRA on every linear layer where the plan says so; None trains all weights."""
    if plan.optimisation.peft_scheme != "lora":
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=plan.overlay.lora_rank,
        lora_alpha=plan.optimisation.lora_alpha,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


def train_and_save(
    trainer: Any, tokenizer: Any, out: Path, names: Mapping[str, str], on_step: OnStep | None
) -> TrainingLog:
    """Train to the end, from the last checkpoint in `out` on where there is one; the policy, its metrics by `names` and
    the seconds of each step are written to `out`.
    """
    out.mkdir(parents=True, exist_ok=True)
    begun = checkpoints.last(out)
    clock = _watch(trainer, names, on_step, _seconds(out / SECONDS_FILE, checkpoints.steps_of(begun)))
    try:
        with trimming.labelled_only():
            trainer.train(resume_from_checkpoint=str(begun) if begun else None)
    except BaseException:
        with suppress(OSError):  # a full disk is what stopped it, and is told
            _save_run(trainer, tokenizer, out, names, clock.spent)
        raise
    rows = _save_run(trainer, tokenizer, out, names, clock.spent)
    checkpoints.remove(out)
    return TrainingLog(out / "model", out / METRICS, tuple(rows), sum(row[SECONDS] for row in clock.spent))


def _seconds(path: Path, steps: int) -> list[dict[str, float]]:
    """How long each of the first `steps` steps took, as far as that is known."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [row for row in map(json.loads, lines) if row["step_number"] <= steps]


def _save_run(
    trainer: Any, tokenizer: Any, out: Path, names: Mapping[str, str], spent: Sequence[Mapping[str, float]]
) -> list[dict[str, float]]:
    """Write the metrics of the steps that were done, the time `spent` on each, and the policy as it is after them."""
    rows = renamed(trainer.state.log_history, names)
    if rows:
        write_rows(out / SECONDS_FILE, spent)
        write_rows(out / METRICS, rows)
        _save(trainer.model, tokenizer, out / "model")
    return rows


def _watch(trainer: Any, names: Mapping[str, str], on_step: OnStep | None, spent: Sequence[Mapping[str, float]]) -> Any:
    """Attach a clock that times each step, after those `spent`, and reports its metrics as they come."""
    from transformers import PrinterCallback, TrainerCallback

    class Clock(TrainerCallback):  # type: ignore[misc]  # transformers is untyped here
        def __init__(self) -> None:
            self.spent = [*spent]
            self.begun = 0.0

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self._tell(state.log_history)

        def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.begun = time.monotonic()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            took = time.monotonic() - self.begun
            self.spent.append({"step_number": state.global_step, SECONDS: round(took, 3)})

        def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self._tell(state.log_history[-1:])

        def _tell(self, history: Sequence[Mapping[str, Any]]) -> None:
            if on_step is not None:
                for row in renamed(history, names):
                    on_step(row)

    clock = Clock()
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(clock)
    return clock


def _save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write the whole policy; an adapter is merged into the weights first."""
    whole = model.merge_and_unload() if hasattr(model, "merge_and_unload") else model
    whole.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
