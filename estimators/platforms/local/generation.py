"""Sample completions of a policy for the prompts of an RFT file, as rollouts for any grader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from estimators.platforms.local.grader import length_of
from estimators.platforms.local.hardware import device, prepare
from estimators.platforms.local.policies import chat_tokens, context_of, load_tokenizer
from estimators.platforms.local.preflight import length_problems, refuse
from estimators.platforms.local.rows import RftRow, assistant_turn, read_rft_rows
from rewards.rollouts import Record, rollout_record, write_records

ROLLOUTS_PER_BATCH = 64


def generate(
    model: Path,
    data: Path,
    *,
    out: Path,
    samples: int,
    temperature: float,
    seed: int,
    max_new_tokens: int,
    drop_system_prompt: bool = True,
    limit: int | None = None,
    threads: int = 1,
    name: str | None = None,
) -> Path:
    """Write `samples` completions per prompt to `out` as rollout records and return it; greedy where the temperature
    is 0. `name` is what the records call the model. Raises PreflightError as training does.
    """
    prepare(seed=seed, threads=threads)
    rows = read_rft_rows(data, drop_system_prompt=drop_system_prompt, limit=limit)
    tokenizer = load_tokenizer(model)
    refuse(length_problems(rows, max_new_tokens, context_of(model), model=model, data=data))
    policy = _load(model)
    jobs = [(row, number) for row in rows for number in range(samples)]
    settings = _settings(tokenizer, temperature, max_new_tokens)
    completions = _completions(policy, tokenizer, [row for row, _ in jobs], settings)
    facts = {"model": name, "seed": seed, "temperature": float(temperature)}
    made = zip(jobs, completions, strict=True)
    write_records(out, [_rollout(row, number, one, tokenizer.eos_token_id, facts) for (row, number), one in made])
    return out


def _load(model: Path) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).to(device()).eval()


def _settings(tokenizer: Any, temperature: float, max_new_tokens: int) -> Any:
    from transformers import GenerationConfig

    ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    if temperature == 0:
        return GenerationConfig(do_sample=False, max_new_tokens=max_new_tokens, **ends)
    return GenerationConfig(
        do_sample=True, temperature=temperature, top_k=0, top_p=1.0, max_new_tokens=max_new_tokens, **ends
    )


class _Completion(NamedTuple):
    """A completion as text and tokens, and the number of tokens of its prompt."""

    text: str
    tokens: list[int]
    prompt_tokens: int


def _completions(policy: Any, tokenizer: Any, rows: Sequence[RftRow], settings: Any) -> Iterator[_Completion]:
    for start in range(0, len(rows), ROLLOUTS_PER_BATCH):
        chats = [
            chat_tokens(tokenizer, row.prompt, for_completion=True) for row in rows[start : start + ROLLOUTS_PER_BATCH]
        ]
        batch = tokenizer.pad({"input_ids": chats}, padding_side="left", return_tensors="pt").to(policy.device)
        written = policy.generate(**batch, generation_config=settings)[:, batch["input_ids"].shape[1] :]
        for chat, tokens in zip(chats, written.tolist(), strict=True):
            text = tokenizer.decode(tokens, skip_special_tokens=True)
            yield _Completion(text, _to_end(tokens, tokenizer.eos_token_id), len(chat))


def _to_end(tokens: list[int], end: int) -> list[int]:
    """The tokens without the padding behind the end."""
    return tokens[: tokens.index(end) + 1] if end in tokens else tokens


def _rollout(row: RftRow, number: int, made: _Completion, end: int, facts: Mapping[str, Any]) -> Record:
    length = length_of(made.tokens, end)
    length["tokens"] = {"prompt": made.prompt_tokens, "completion": len(made.tokens)}
    return rollout_record(row.row, [assistant_turn(made.text)], row_id=row.id, sample=number, **facts, **length)
