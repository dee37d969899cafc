"""SFT on gold turns of a world, some of them another task's: only the policy's own turns are learnt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from estimators.platforms.local.agents.oracle import Turns, gold_turns, tool_schemas
from estimators.platforms.local.agents.settings import AgentOverlay
from estimators.platforms.local.hardware import prepare
from estimators.platforms.local.log import OnStep, write_rows
from estimators.platforms.local.policies import load_tokenizer
from estimators.platforms.local.training import METRICS
from rewards.trajectories import Environment

_BEGIN, _END = "<|im_start|>assistant\n", "<|im_end|>"
_POOL = 640  # conversations that are made; steps draw from them, as a file of SFT rows would be drawn from


class Encoded(NamedTuple):
    """Tokens of a conversation, and for each whether the policy wrote it."""

    tokens: list[int]
    own: list[bool]


def run_sft(
    world: Environment, overlay: AgentOverlay, *, model: Path, out: Path, seed: int, on_step: OnStep | None = None
) -> list[dict[str, float]]:
    """Train on the gold turns of the training tasks; writes `model/` and `metrics.jsonl` to `out`, returns the latter.

    Raises PreflightError for a folder without a tokenizer.
    """
    import torch
    from transformers import AutoModelForCausalLM

    prepare(seed=seed, threads=overlay.threads)
    tokenizer = load_tokenizer(model)
    policy = AutoModelForCausalLM.from_pretrained(model, local_files_only=True)
    optimizer = torch.optim.AdamW(policy.parameters(), lr=overlay.sft_lr)
    rng, tools, tasks = Random(f"{seed}/sft"), tool_schemas(world), world.of("train") or [*world.tasks.values()]
    pool = [
        encoded(tokenizer, gold_turns(world, rng.choice(tasks), rng, noise=overlay.sft_noise, others=tasks), tools)
        for _ in range(min(_POOL, overlay.sft_steps * overlay.sft_batch))
    ]
    rows = []
    for step in range(overlay.sft_steps):
        batch = rng.choices(pool, k=overlay.sft_batch)
        lr = _rate(step, overlay)
        for group in optimizer.param_groups:
            group["lr"] = lr
        loss = _loss(policy, batch, tokenizer.pad_token_id)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
        optimizer.step()
        rows.append({"step_number": step + 1, "training_loss": round(float(loss.detach()), 6), "learning_rate": lr})
        if on_step is not None:
            on_step(rows[-1])
    write_rows(out / METRICS, rows)
    policy.save_pretrained(out / "model")
    tokenizer.save_pretrained(out / "model")
    return rows


def encoded(tokenizer: Any, turns: Turns, tools: Sequence[Any]) -> Encoded:
    """A conversation as tokens, with those that the policy wrote marked: each of its turns up to the end of it.

    What it wrote is encoded apart from what stands before it, as it is when the policy goes on from there.
    """
    text = tokenizer.apply_chat_template(turns, tools=tools, tokenize=False)
    first, *answers = text.split(_BEGIN)
    tokens: list[int] = tokenizer.encode(first, add_special_tokens=False)
    own = [False] * len(tokens)
    for answer in answers:
        said, _, seen = answer.partition(_END)
        for part, is_own in ((_BEGIN, False), (said + _END, True), (seen, False)):
            ids = tokenizer.encode(part, add_special_tokens=False)
            tokens += ids
            own += [is_own] * len(ids)
    return Encoded(tokens, own)


def _rate(step: int, overlay: AgentOverlay) -> float:
    """Warm up over a twentieth of the steps, then down to nearly nothing."""
    warm = max(1, overlay.sft_steps // 20)
    return overlay.sft_lr * min(1.0, (step + 1) / warm) * (1 - step / overlay.sft_steps) + 1e-5


def _loss(policy: Any, batch: Sequence[Encoded], pad: int) -> Any:
    import torch

    length = max(len(each.tokens) for each in batch)
    ids = torch.tensor([each.tokens + [pad] * (length - len(each.tokens)) for each in batch])
    labels = torch.tensor(
        [
            [token if own else -100 for token, own in zip(*each, strict=True)] + [-100] * (length - len(each.tokens))
            for each in batch
        ]
    )
    mask = torch.tensor([[1] * len(each.tokens) + [0] * (length - len(each.tokens)) for each in batch])
    return policy(input_ids=ids, attention_mask=mask, labels=labels).loss
