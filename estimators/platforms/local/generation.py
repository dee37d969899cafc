"""Sample completions of a policy for the prompts of an RFT file, as rollouts for any grader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from estimators.platforms.local.grader import length_of
from estimators.platforms.local.hardware import device, prepare
from estimators.platforms.local.policies import chat_tokens, context_of, load_tokenizer
from estimators.platforms.local.preflight import length_problems, refuse
from estimators.platforms.local.rows import RftRow, assistant_turn, read_rft_rows
from estimators.platforms.local.sampler import Decoding, write
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
    decoding = Decoding(max_new_tokens, temperature, tokenizer.eos_token_id, tokenizer.pad_token_id)
    completions = _completions(load_policy(model), tokenizer, rows, decoding, samples, seed)
    facts = {"model": name, "seed": seed, "temperature": float(temperature)}
    written = [
        _rollout(row, number, one, tokenizer.eos_token_id, facts)
        for row, of_row in zip(rows, completions, strict=True)
        for number, one in enumerate(of_row)
    ]
    write_records(out, written)
    return out


def load_policy(model: Path) -> Any:
    """The policy in a folder, on the GPU if there is one, ready to write."""
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32, local_files_only=True).to(device()).eval()


class _Completion(NamedTuple):
    """A completion as text and tokens, and the number of tokens of its prompt."""

    text: str
    tokens: list[int]
    prompt_tokens: int


def _completions(
    policy: Any, tokenizer: Any, rows: Sequence[RftRow], decoding: Decoding, samples: int, seed: int
) -> list[list[_Completion]]:
    """The completions of each row; rows of about one length are written together, and what is written is the same."""
    chats = [chat_tokens(tokenizer, row.prompt, for_completion=True) for row in rows]
    shortest_first = sorted(range(len(rows)), key=lambda place: len(chats[place]))
    found: dict[int, list[_Completion]] = {}
    at_once = max(1, ROLLOUTS_PER_BATCH // samples)
    for start in range(0, len(rows), at_once):
        places = shortest_first[start : start + at_once]
        addresses = [f"{seed}/evaluation/{rows[place].id}/{number}" for place in places for number in range(samples)]
        texts = iter(write(policy, [chats[place] for place in places], decoding, group=samples, addresses=addresses))
        for place in places:
            of_row = [next(texts) for _ in range(samples)]
            found[place] = [
                _Completion(tokenizer.decode(tokens, skip_special_tokens=True), tokens, len(chats[place]))
                for tokens in of_row
            ]
    return [found[place] for place in range(len(rows))]


def _rollout(row: RftRow, number: int, made: _Completion, end: int, facts: Mapping[str, Any]) -> Record:
    length = length_of(made.tokens, end)
    length["tokens"] = {"prompt": made.prompt_tokens, "completion": len(made.tokens)}
    return rollout_record(row.row, [assistant_turn(made.text)], row_id=row.id, sample=number, **facts, **length)
