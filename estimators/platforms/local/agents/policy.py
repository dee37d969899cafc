"""A policy made for a world: a small Llama whose tokenizer takes everything but the words that matter as few tokens.

A tiny policy has no room for the 200 and more tokens that a general tokenizer makes of the tools alone. Names, numbers'
digits and other values of gold calls are tokens of their own, so that they can be copied; what stands between them is
the same in every conversation and becomes a token or two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

from estimators.platforms.local.agents.oracle import gold_turns, tool_schemas
from estimators.platforms.local.agents.settings import AgentOverlay
from estimators.platforms.local.hardware import prepare
from rewards.parsing.messages import calls_of
from rewards.trajectories import Environment, Task

SPECIAL: Final = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>",
    "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>",
)  # fmt: skip
MAX_WORDS: Final = 400
CONVERSATIONS: Final = 60  # of gold turns, from which the tokenizer is made


def make_policy(world: Environment, overlay: AgentOverlay, out: Path, *, seed: int) -> int:
    """Write a fresh policy with its tokenizer to `out`, as `save_pretrained` does; returns its parameters.

    Equal arguments give equal weights.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    prepare(seed=seed, threads=overlay.threads)
    torch.manual_seed(seed)
    tokenizer = _tokenizer(world, seed)
    heads = max(1, overlay.hidden // 24)
    heads = next(number for number in range(heads, 0, -1) if overlay.hidden % number == 0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=overlay.hidden, intermediate_size=2 * overlay.hidden,
            num_hidden_layers=overlay.layers, num_attention_heads=heads, max_position_embeddings=2048,
            eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, bos_token_id=None,
        )
    )  # fmt: skip
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    return int(model.num_parameters())


def words_of(tasks: Sequence[Task]) -> list[str]:
    """The values of gold calls that are words, the most frequent first; numbers are read digit by digit.

    >>> from rewards.trajectories import call
    >>> words_of([Task("t", "", gold=(call("add", item="tea", count=12),))])
    ['tea']
    """
    counts: dict[str, int] = {}
    for task in tasks:
        for turn in task.gold:
            for call in calls_of(turn):
                for value in _texts(dict(call.arguments)):
                    counts[value] = counts.get(value, 0) + 1
    return sorted(counts, key=lambda word: (-counts[word], word))[:MAX_WORDS]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.strip() and not any(sign.isdigit() for sign in value):
        yield value.strip()
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _tokenizer(world: Environment, seed: int) -> Any:
    """Byte-level BPE over what stands between the words, with the chat template of Qwen 3 that TRL brings."""
    import trl
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    template = next(Path(trl.__file__).parent.rglob("qwen3.jinja")).read_text(encoding="utf-8")
    tasks = list(world.tasks.values())
    kept = (*words_of(tasks), *SPECIAL)
    plain = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()))
    plain.chat_template = template
    pieces = _pieces(list(_texts_of(world, tasks, plain, seed)), kept)
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(
        pieces,
        trainers.BpeTrainer(
            vocab_size=2500, max_token_length=4000, show_progress=False,
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), special_tokens=list(SPECIAL[:3]),
        ),
    )  # fmt: skip
    made = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token=SPECIAL[2], pad_token=SPECIAL[0])
    made.add_tokens([*SPECIAL[3:], *words_of(tasks)])
    made.chat_template = template
    return made


def _texts_of(world: Environment, tasks: Sequence[Task], plain: Any, seed: int) -> Iterator[str]:
    """Conversations as a policy reads them: whole, and up to each of its turns."""
    tools = tool_schemas(world)
    rng = Random(f"{seed}/tokens")
    for task in rng.sample(tasks, min(CONVERSATIONS, len(tasks))):
        turns = gold_turns(world, task, rng)
        yield plain.apply_chat_template(turns, tools=tools, tokenize=False)
        for end, turn in enumerate(turns):
            if turn["role"] == "assistant":
                yield plain.apply_chat_template(turns[:end], tools=tools, tokenize=False, add_generation_prompt=True)


def _pieces(texts: Sequence[str], kept: Sequence[str]) -> list[str]:
    """What stands between the kept words and digits."""
    longest_first = sorted(kept, key=len, reverse=True)
    cut = re.compile("(?:" + "|".join([*map(re.escape, longest_first), r"\d"]) + ")")
    return [piece for text in texts for piece in cut.split(text) if piece]
