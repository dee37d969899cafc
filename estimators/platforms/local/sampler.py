"""Writes completions: a group's prompt is read once, and rows that have ended leave the batch.

What a row gets depends on the row alone. Its tokens are drawn by uniform numbers with an address (one per row and
position), so neither the batch it is in, nor its order, nor who finished before it changes a sample. Greedy, the tokens
are those of transformers' `generate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from random import Random
from typing import Any

from estimators.platforms.local.shared_prompts import SharedCache, can_share, sharing

Tokens = list[int]
LEAVE_AT = 0.75  # rows are taken out when this share of the batch is left; copying its cache costs about one token


@dataclass(frozen=True)
class Decoding:
    """How tokens are chosen: greedily at temperature 0, else among the `top_k` likeliest (0: among all)."""

    max_new_tokens: int
    temperature: float
    end: int
    pad: int
    top_k: int = 0


def write(
    policy: Any, prompts: Sequence[Tokens], decoding: Decoding, *, group: int = 1, addresses: Sequence[str]
) -> list[Tokens]:
    """`group` completions of each prompt in turn, up to and with the end token where the policy ended.

    `addresses` names each completion; equal addresses draw equal numbers.
    """
    import torch

    assert len(addresses) == len(prompts) * group, "every completion has its address"
    with torch.no_grad(), _evaluating(policy):
        return _Batch(policy, prompts, decoding, group, addresses).written()


@contextmanager
def _evaluating(policy: Any) -> Iterator[None]:
    """Without dropout, and with a cache, which gradient checkpointing would switch off while training."""
    trained = policy.training
    policy.eval()
    try:
        yield
    finally:
        policy.train(trained)


class _Batch:
    """The rows that are still being written, with all that the next token needs; smaller whenever enough have ended."""

    def __init__(
        self, policy: Any, prompts: Sequence[Tokens], decoding: Decoding, group: int, addresses: Sequence[str]
    ) -> None:
        import torch

        self._policy, self._decoding = policy, decoding
        self._texts: list[Tokens] = [[] for _ in addresses]
        self._draws = [Random(address) for address in addresses]
        self._rows = list(range(len(addresses)))
        width, device = max(map(len, prompts)), policy.device
        padded = [[decoding.pad] * (width - len(prompt)) + prompt for prompt in prompts]
        seen = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        mask = torch.tensor(seen, device=device)
        read = policy(
            input_ids=torch.tensor(padded, device=device),
            attention_mask=mask,
            position_ids=(mask.cumsum(1) - 1).clamp(min=0),
            use_cache=True,
            logits_to_keep=1,
        )
        self._logits = read.logits[:, -1].float().repeat_interleave(group, 0)
        self._mask = mask.repeat_interleave(group, 0)
        self._places = self._mask.sum(1, keepdim=True)
        self._cache = read.past_key_values
        self._shares = can_share(policy, self._cache)
        if self._shares:
            self._cache = SharedCache(self._cache, mask, group, decoding.max_new_tokens)
        else:
            self._cache.batch_repeat_interleave(group)
            reserve(self._cache, decoding.max_new_tokens)

    def written(self) -> list[Tokens]:
        """Write to the end, and return every row's completion."""
        with sharing(self._policy) if self._shares else nullcontext():
            return self._written()

    def _written(self) -> list[Tokens]:
        for position in range(self._decoding.max_new_tokens):
            chosen = self._choose()
            for row, token in zip(self._rows, chosen, strict=True):
                if not self._ended(row):
                    self._texts[row].append(token)
            going_on = [place for place, row in enumerate(self._rows) if not self._ended(row)]
            if not going_on or position == self._decoding.max_new_tokens - 1:
                break
            if len(going_on) <= LEAVE_AT * len(self._rows):
                self._keep(going_on)
                chosen = [chosen[place] for place in going_on]
            self._read(chosen)
        return self._texts

    def _ended(self, row: int) -> bool:
        return self._texts[row][-1:] == [self._decoding.end]

    def _choose(self) -> Tokens:
        if self._decoding.temperature == 0:
            greedy: Tokens = self._logits.argmax(-1).tolist()
            return greedy
        uniform = [0.0 if self._ended(row) else self._draws[row].random() for row in self._rows]
        return drawn(self._logits / self._decoding.temperature, uniform, self._decoding.top_k)

    def _keep(self, places: list[int]) -> None:
        import torch

        kept = torch.tensor(places, device=self._mask.device)
        self._rows = [self._rows[place] for place in places]
        self._mask, self._places = self._mask[kept], self._places[kept]
        self._cache.batch_select_indices(kept)

    def _read(self, tokens: Tokens) -> None:
        import torch

        self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)
        read = self._policy(
            input_ids=torch.tensor(tokens, device=self._mask.device)[:, None],
            attention_mask=self._mask,
            position_ids=self._places,
            past_key_values=self._cache,
            use_cache=True,
        )
        self._logits, self._places = read.logits[:, -1].float(), self._places + 1


def drawn(logits: Any, uniform: Sequence[float], top_k: int = 0) -> Tokens:
    """One token per row: where the row's uniform number falls in the cumulated probabilities of its logits.

    >>> import torch
    >>> drawn(torch.tensor([[0.0, 0.0], [0.0, 0.0]]), [0.49, 0.51])
    [0, 1]
    """
    import torch

    if top_k:
        smallest = logits.topk(min(top_k, logits.shape[-1]), -1).values[:, -1:]
        logits = logits.masked_fill(logits < smallest, -torch.inf)
    cumulated = torch.softmax(logits.double(), -1).cumsum(-1)
    total = cumulated[:, -1:]
    numbers = torch.tensor(uniform, dtype=torch.float64, device=logits.device)[:, None] * total
    numbers = numbers.minimum(total.nextafter(torch.zeros_like(total)))  # a product may be rounded up to the total
    tokens: Tokens = torch.searchsorted(cumulated, numbers, right=True)[:, 0].tolist()
    return tokens


def reserve(cache: Any, room: int) -> None:
    """Let the cache's plain layers write into room taken once, for `room` tokens more, instead of copying themselves
    for every token; layers of another kind stay as they are.
    """
    from transformers.cache_utils import DynamicLayer

    class Reserved(DynamicLayer):  # type: ignore[misc]  # transformers is untyped here
        def __init__(self, layer: Any) -> None:
            super().__init__()
            self.dtype, self.device, self.is_initialized = layer.dtype, layer.device, True
            self._used = layer.keys.shape[-2]
            self._keys, self._values = self._roomy(layer.keys), self._roomy(layer.values)
            self._show()

        def _roomy(self, states: Any) -> Any:
            roomy = states.new_empty(*states.shape[:-2], self._used + room, states.shape[-1])
            roomy[..., : self._used, :] = states
            return roomy

        def _show(self) -> None:
            self.keys, self.values = self._keys[..., : self._used, :], self._values[..., : self._used, :]

        def update(self, key_states: Any, value_states: Any, *_: Any, **__: Any) -> tuple[Any, Any]:
            end = self._used + key_states.shape[-2]
            self._keys[..., self._used : end, :] = key_states
            self._values[..., self._used : end, :] = value_states
            self._used = end
            self._show()
            return self.keys, self.values

        def batch_select_indices(self, indices: Any) -> None:
            self._keys, self._values = self._keys[indices], self._values[indices]
            self._show()

    cache.layers = [Reserved(layer) if type(layer) is DynamicLayer else layer for layer in cache.layers]


def write_groups(trainer: Any, group: int, decoding: Decoding, seed: int) -> Callable[..., Any]:
    """TRL's `model.generate` by our sampler, with an adapter folded into the weights while it writes.

    TRL repeats each prompt `group` times in a row; here it is read once. A completion's address is the seed, the
    step and its place in the step, so a training that is taken up again goes on with the samples it would have had.
    """
    model = trainer.model
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model

    def generate(input_ids: Any, attention_mask: Any, **_: Any) -> Any:
        import torch

        pairs = zip(input_ids[::group], attention_mask[::group], strict=True)
        prompts = [ids[mask.bool()].tolist() for ids, mask in pairs]
        step = trainer.state.global_step + 1
        addresses = [f"{seed}/rollout/{step}/{place}" for place in range(len(input_ids))]
        with folded(model):
            texts = write(inner, prompts, decoding, group=group, addresses=addresses)
        longest = max(map(len, texts))
        padded = [text + [decoding.pad] * (longest - len(text)) for text in texts]
        return torch.cat([input_ids, torch.tensor(padded, device=input_ids.device)], 1)

    return generate


@contextmanager
def folded(model: Any) -> Iterator[None]:
    """While the block runs, a model's adapter is part of its weights: a token then costs a third of the products.

    After it the weights are those of before, to the bit. Taking the adapter off again would leave rounding in them that
    grows with the steps, and a training that is taken up from a checkpoint, which holds none of it, would differ.
    """
    if not hasattr(model, "merge_adapter"):
        yield
        return
    layers = [module for module in model.modules() if hasattr(module, "merged_adapters")]
    before = [layer.get_base_layer().weight.data for layer in layers]
    try:
        model.merge_adapter(safe_merge=True)  # into copies
        yield
    finally:
        for layer, weight in zip(layers, before, strict=True):
            layer.get_base_layer().weight.data = weight
            layer.merged_adapters.clear()
