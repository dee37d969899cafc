"""A tiny policy learns an agent's task over many turns: base, SFT on noisy turns, then RFT in the world itself.

    python benchmarks/agents/train.py --seed 1                   # dense reward: final_state and milestones
    python benchmarks/agents/train.py --seed 1 --reward sparse --sft 60    # final_state alone, after little SFT

The world is a cart of six items in which two are to be bought; 8 of the 30 ordered pairs are held out. The policy is a
Llama of 0.4 M parameters with a tokenizer of its own, made here. TRL's GRPOTrainer plays the world through
`as_trl_environment`. Prints one JSON object: the mean final-state success on held-out pairs, each with its standard
error over pairs (the completions of a pair are not independent), and the codes of the audit's findings beforehand.
"""

from __future__ import annotations

import argparse
import inspect
import json
import random
import re
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
import trl
from datasets import Dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import get_json_schema
from trl import GRPOConfig, GRPOTrainer

from rewards import excess_calls, final_state, milestones, weighted
from rewards.audit.trajectories import audit_environment
from rewards.evaluation import estimate
from rewards.export.worlds import as_trl_environment, rows_for_trl
from rewards.trajectories import Environment, State, Task, ToolError, call, environment, say

ITEMS = ("tea", "milk", "rice", "salt", "figs", "oats")
NOISE = 0.35
SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>",
    "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>",
)  # fmt: skip
SPARSE = final_state()
DENSE = weighted({"state": (final_state(), 0.5), "way": (milestones(), 0.5), "calls": (excess_calls(2, limit=6), -0.1)})


def add(state: State, item: str) -> str:
    """Add an item.

    Args:
        item: Name of the item.
    """
    if item not in ITEMS:
        raise ToolError("no such item")
    state["cart"].append(item)
    return "cart " + " ".join(state["cart"])


def drop(state: State, item: str) -> str:
    """Drop an item.

    Args:
        item: Name of the item.
    """
    if item not in state["cart"]:
        raise ToolError("not in the cart")
    state["cart"].remove(item)
    return "cart " + " ".join(state["cart"])


def world(seed: int, reward: Any) -> Environment:
    """The cart with its tasks."""
    pairs = [(first, second) for first in ITEMS for second in ITEMS if first != second]
    random.Random(f"{seed}/pairs").shuffle(pairs)
    held_out = {frozenset(pair) for pair in pairs[:4]}  # 8 ordered pairs: a goal is held out in both orders
    tasks = [
        Task(
            f"{first}-{second}",
            f"buy {first} and {second}",
            {"cart": []},
            {"state": {"cart": [first, second]}, "milestones": [{"cart": [first]}, {"cart": [second]}]},
            gold=(call("add", item=first), call("add", item=second), say("done")),
            split="test" if frozenset((first, second)) in held_out else "train",
        )
        for first, second in pairs
    ]
    return environment("cart", tools=[add, drop], tasks=tasks, reward=reward, max_turns=6)


class Recorded:
    """A factory whose instances write down how each rollout ended: the task, and whether its state was right."""

    def __init__(self, made: Environment) -> None:
        self.inner, self.ends = as_trl_environment(made), []

    def __call__(self) -> Any:
        """An instance of the world."""
        instance, ends = self.inner(), self.ends
        judge = instance.get_reward

        def get_reward() -> float | None:
            value = judge()
            episode = instance._episode
            wanted: Any = episode.task.goal
            ends.append((episode.task.id, float(sorted(episode.state["cart"]) == sorted(wanted["state"]["cart"]))))
            return value

        instance.get_reward = get_reward
        return instance


def turns_of(task: Task, noise: float, rng: random.Random) -> list[dict[str, Any]]:
    """The conversation of gold turns, each item replaced by another with probability `noise`."""
    said: list[dict[str, Any]] = [{"role": "user", "content": task.instruction}]
    cart: list[str] = []
    for turn in task.gold[:-1]:
        item = rng.choice(ITEMS) if rng.random() < noise else turn["tool_calls"][0]["arguments"]["item"]
        cart.append(item)
        function = {"name": "add", "arguments": {"item": item}}
        said.append({"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": function}]})
        said.append({"role": "tool", "name": "add", "content": "cart " + " ".join(cart)})
    return [*said, {"role": "assistant", "content": "done"}]


def tokenizer_for(made: Environment, tools: list[Any]) -> PreTrainedTokenizerFast:
    """Byte-level BPE that takes the whole prompt of the tools as few tokens: a tiny policy has no room for 244."""
    template = next(Path(trl.__file__).parent.rglob("qwen3.jinja")).read_text()
    plain = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()))
    plain.chat_template = template
    rng = random.Random("tokens")
    texts = []
    for task in made.tasks.values():
        turns = turns_of(task, 0.0, rng)
        texts += [plain.apply_chat_template(turns, tools=tools, tokenize=False)]
        texts += [
            plain.apply_chat_template(turns[:end], tools=tools, tokenize=False, add_generation_prompt=True)
            for end in (1, 3, 5)
        ]
    kept = (*ITEMS, *SPECIAL)
    cut = re.compile("(" + "|".join(map(re.escape, kept)) + ")")
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(
        [piece for text in texts for piece in cut.split(text) if piece and piece not in kept],
        trainers.BpeTrainer(
            vocab_size=1500, max_token_length=800, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            special_tokens=list(SPECIAL[:3]),
        ),
    )  # fmt: skip
    made_of = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token=SPECIAL[2], pad_token=SPECIAL[0])
    made_of.add_tokens([*SPECIAL[3:], *ITEMS])
    made_of.chat_template = template
    return made_of


def sft(model: Any, tokens: Any, tools: list[Any], tasks: list[Task], steps: int, seed: int) -> None:
    """Cross-entropy on noisy turns of the training tasks."""
    rng = random.Random(f"{seed}/sft")
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)

    def encoded(turns: list[dict[str, Any]], **more: Any) -> list[int]:
        return tokens.encode(tokens.apply_chat_template(turns, tools=tools, tokenize=False, **more))

    for step in range(steps):
        rows = []
        for _ in range(16):
            turns = turns_of(rng.choice(tasks), NOISE, rng)
            rows.append((encoded(turns), len(encoded(turns[:1], add_generation_prompt=True))))
        length = max(len(ids) for ids, _ in rows)
        ids = torch.tensor([ids + [tokens.pad_token_id] * (length - len(ids)) for ids, _ in rows])
        labels = torch.tensor([[-100] * asked + ids[asked:] + [-100] * (length - len(ids)) for ids, asked in rows])
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1, step / 20) * (1 - step / steps) + 1e-5
        loss = model(input_ids=ids, attention_mask=(ids != tokens.pad_token_id).long(), labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


def main() -> None:
    """Train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sft", type=int, default=250)
    parser.add_argument("--rft", type=int, default=20)
    parser.add_argument("--lr", type=float, default=5e-4)
    parser.add_argument("--reward", choices=["dense", "sparse"], default="dense")
    args = parser.parse_args()
    began, cpu = time.perf_counter(), time.process_time()
    torch.set_num_threads(1)
    random.seed(args.seed)
    torch.manual_seed(args.seed)
    made = world(args.seed, DENSE if args.reward == "dense" else SPARSE)
    findings = sorted(finding.code for finding in audit_environment(made).findings)
    factory = Recorded(made)
    probe = as_trl_environment(made)()
    names = [name for name, _ in inspect.getmembers(probe, inspect.ismethod) if not name.startswith("_")]
    tools = [get_json_schema(getattr(probe, name)) for name in names if name not in ("reset", "get_reward")]
    tokens = tokenizer_for(made, tools)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokens), hidden_size=96, intermediate_size=192, num_hidden_layers=3, num_attention_heads=4,
            max_position_embeddings=1024, eos_token_id=tokens.eos_token_id, pad_token_id=tokens.pad_token_id,
            bos_token_id=None,
        )
    )  # fmt: skip
    config = GRPOConfig(
        output_dir=tempfile.mkdtemp(), max_steps=args.rft,
        per_device_train_batch_size=32, per_device_eval_batch_size=32,
        num_generations=8, num_generations_eval=4, max_completion_length=64, use_cpu=True, report_to=[],
        logging_steps=1, save_strategy="no", bf16=False, gradient_checkpointing=False, learning_rate=args.lr,
        lr_scheduler_type="constant", beta=0.0, scale_rewards="none", disable_tqdm=True, max_tool_calling_iterations=4,
        seed=args.seed,
    )  # fmt: skip
    trainer = GRPOTrainer(
        model=model,
        args=config,
        train_dataset=Dataset.from_list(rows_for_trl(made) * 8),
        eval_dataset=Dataset.from_list(rows_for_trl(made, "test") * 4),
        processing_class=tokens,
        environment_factory=factory,
    )

    def measured() -> dict[str, float]:
        factory.ends.clear()
        trainer.evaluate()
        found = estimate([value for _, value in factory.ends], [task for task, _ in factory.ends])
        return {"mean": round(found.mean, 3), "se": round(found.standard_error, 3), "n": found.count}

    result: dict[str, Any] = {
        "settings": vars(args),
        "audit": findings,
        "parameters": model.num_parameters(),
        "base": measured(),
    }
    sft(model, tokens, tools, made.of("train"), args.sft, args.seed)
    result["sft"] = measured()
    trainer.train()
    history = [entry for entry in trainer.state.log_history if "frac_reward_zero_std" in entry and "loss" in entry]
    result["zero_std"] = [round(entry["frac_reward_zero_std"], 2) for entry in history]
    result["rft"] = measured()
    result["seconds"], result["cpu_s"] = round(time.perf_counter() - began), round(time.process_time() - cpu)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
