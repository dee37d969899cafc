"""What can be known before the first step: that rows fit the policy, that a batch can be filled, that memory suffices.

Found after an hour of SFT, a held-out prompt without room for its answer costs the hour. So every stage that trains
asks this first, for both trainings and for the rows that will be evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from estimators.platforms.local.errors import PreflightError
from estimators.platforms.local.hardware import available_bytes, prepare
from estimators.platforms.local.plan import LocalPlan
from estimators.platforms.local.policies import chat_tokens, check_policy, context_of, load_tokenizer, parameters_of
from estimators.platforms.local.rows import RftRow, SftRow, assistant_turn, read_rft_rows, read_sft_rows, too_long
from rewards.rows import gold_text, sample_of

FLOAT_BYTES = 4
OF_A_TRAINED_WEIGHT = 4  # the weight, its gradient, and Adam's two moments


def check_before_training(
    sft: LocalPlan, rft: LocalPlan, *, model: Path, sft_data: Path, rft_data: Path, held_out: Path
) -> None:
    """Raise one PreflightError with everything that would stop SFT, RFT or the evaluation of `held_out` later."""
    prepare(seed=sft.overlay.seed, threads=sft.overlay.threads)
    check_policy(model)
    refuse(
        [
            *sft_problems(sft, sft_rows(sft, sft_data), model=model, data=sft_data),
            *rft_problems(rft, rft_rows(rft, rft_data), model=model, data=rft_data),
            *held_out_problems(rft, held_out, model=model),
        ]
    )


def refuse(problems: Iterable[str]) -> None:
    """Raise PreflightError naming all problems, one a line; nothing happens without any."""
    found = list(problems)
    if found:
        raise PreflightError("\n".join(found))


def sft_rows(plan: LocalPlan, data: Path) -> list[SftRow]:
    """The rows of an SFT file that the plan trains on."""
    return read_sft_rows(data, drop_system_prompt=plan.overlay.drop_system_prompt, limit=plan.overlay.sft_rows)


def rft_rows(plan: LocalPlan, data: Path) -> list[RftRow]:
    """The rows of an RFT file that the plan trains on."""
    return read_rft_rows(data, drop_system_prompt=plan.overlay.drop_system_prompt, limit=plan.overlay.rft_rows)


def sft_problems(plan: LocalPlan, rows: Sequence[SftRow], *, model: Path, data: Path) -> Iterator[str]:
    """What is wrong with SFT on these rows: chats beyond the policy's context, too few rows, too little memory."""
    tokenizer, limit = load_tokenizer(model), token_limit(plan, model)
    lengths = {row.name: len(chat_tokens(tokenizer, [*row.prompt, assistant_turn(row.answer)])) for row in rows}
    remedy = "shorten the data, or raise training_config.max_length" + _where_the_context_ends(limit, model)
    yield from too_long(data, lengths, limit, "the chat", remedy)
    if len(rows) < plan.optimisation.batch_size:
        yield (
            f"{data}: {len(rows)} rows are fewer than the {plan.optimisation.batch_size} of one step of SFT; "
            f"lower training_config.global_batch_size, or add rows"
        )
    yield from _memory_problems(plan, model, min(limit, max(lengths.values())))


def rft_problems(plan: LocalPlan, rows: Sequence[RftRow], *, model: Path, data: Path) -> Iterator[str]:
    """What is wrong with RFT on these rows: prompts or references without room, too few prompts, too little memory."""
    assert plan.sampling is not None, "plan_rft makes plans with sampling"
    yield from length_problems(rows, plan.sampling.max_new_tokens, token_limit(plan, model), model=model, data=data)
    prompts = plan.optimisation.batch_size // plan.sampling.number_generation
    if len(rows) < prompts:
        yield (
            f"{data}: {len(rows)} rows are fewer than the {prompts} prompts of one step of RFT (global_batch_size "
            f"{plan.optimisation.batch_size} / number_generation {plan.sampling.number_generation}); "
            "lower training_config.global_batch_size, or add rows"
        )
    yield from _memory_problems(plan, model, token_limit(plan, model))


def held_out_problems(plan: LocalPlan, data: Path, *, model: Path) -> Iterator[str]:
    """What is wrong with the rows that the trained policies will answer; an evaluation reads all of them."""
    assert plan.sampling is not None, "plan_rft makes plans with sampling"
    rows = read_rft_rows(data, drop_system_prompt=plan.overlay.drop_system_prompt)
    return length_problems(rows, plan.sampling.max_new_tokens, context_of(model), model=model, data=data)


def length_problems(
    rows: Sequence[RftRow], max_new_tokens: int, limit: int, *, model: Path, data: Path
) -> Iterator[str]:
    """Rows whose reference answer is longer than `max_new_tokens`, or whose prompt leaves less room than that."""
    tokenizer = load_tokenizer(model)
    answers = {row.id: len(tokenizer.encode(gold_text(sample_of(row.row)))) + 1 for row in rows}
    yield from too_long(data, answers, max_new_tokens, "the reference answer", "raise max_new_tokens")
    prompts = {row.id: len(chat_tokens(tokenizer, row.prompt, for_completion=True)) for row in rows}
    remedy = f"prompt and {max_new_tokens} new tokens must fit into {limit}" + _lower(answers, max_new_tokens)
    yield from too_long(data, prompts, limit - max_new_tokens, "the prompt", remedy)


def token_limit(plan: LocalPlan, model: Path) -> int:
    """The longest sequence in tokens that the plan and the policy allow."""
    return min(plan.optimisation.max_length, context_of(model))


def _lower(answers: Mapping[str, int], max_new_tokens: int) -> str:
    longest = max(answers.values())
    return f": lower max_new_tokens (the longest reference has {longest})" if longest < max_new_tokens else ""


def _where_the_context_ends(limit: int, model: Path) -> str:
    return f" (the policy reads {context_of(model)})" if limit < context_of(model) else " with a policy that reads more"


def _memory_problems(plan: LocalPlan, model: Path, tokens: int) -> Iterator[str]:
    """A training that cannot fit: what it needs at the least is more than what is free."""
    free, needed = available_bytes(), least_bytes(plan, model, tokens)
    if free is not None and needed > free:
        yield (
            f"{plan.method.upper()} of {model} needs at least {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are "
            "free; lower training_config.global_batch_size or training_config.max_length, or use a smaller policy"
        )


def least_bytes(plan: LocalPlan, model: Path, tokens: int) -> int:
    """A lower bound of a training's memory: weights with their optimiser, and one batch of `tokens` each.

    Of a batch only what is largest is counted: the cache of keys and values while RFT samples, one layer's attention
    and the hidden states while either learns. What a real run takes is more.
    """
    shape = parameters_of(model)
    trained = 0 if plan.optimisation.peft_scheme == "lora" else shape.parameters
    weights = shape.parameters + trained * (OF_A_TRAINED_WEIGHT - 1)
    per_token = shape.layers * (2 * shape.key_values if plan.sampling else shape.hidden)
    return FLOAT_BYTES * (weights + plan.optimisation.batch_size * tokens * per_token)
