"""Attention over prompts that several rows share: their keys and values are kept, and read, once for all of them.

Written token by token, a tiny policy spends most of its time on fetching keys and values from memory, most of which are
the prompt's. Every architecture of transformers that takes its attention by name can use this; only those of `TRIED`
do, because others hand their attention more than keys, values and a scale.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

TRIED = frozenset({"llama", "mistral", "qwen2", "qwen3", "smollm3"})
NAME = "shared_prompts"


def can_share(policy: Any, cache: Any) -> bool:
    """Whether the policy's attention over this cache of a prompt is the plain one of all tokens before."""
    from transformers.cache_utils import DynamicLayer

    plain = all(type(layer) is DynamicLayer for layer in cache.layers)
    return plain and policy.config.model_type in TRIED and policy.config._attn_implementation == "sdpa"


@contextmanager
def sharing(policy: Any) -> Iterator[None]:
    """While the block runs, the policy attends to a cache of `shared` layers."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, attend)
    before = policy.config._attn_implementation
    policy.set_attn_implementation(NAME)
    try:
        yield
    finally:
        policy.set_attn_implementation(before)


class Groups:
    """Which row reads which prompt, while rows leave: tables between rows in order and rows by prompt."""

    def __init__(self, prompt_of: Sequence[int], device: Any) -> None:
        import torch

        sizes = Counter(prompt_of)
        self.prompts = list(sizes)  # those that somebody still reads, in order
        self.rows = max(sizes.values())
        self.even = all(size == self.rows for size in sizes.values())
        place = {prompt: number for number, prompt in enumerate(self.prompts)}
        table, places = [[0] * self.rows for _ in self.prompts], []
        filled: Counter[int] = Counter()
        for row, prompt in enumerate(prompt_of):
            table[place[prompt]][filled[prompt]] = row
            places.append(place[prompt] * self.rows + filled[prompt])
            filled[prompt] += 1
        self._row_at = torch.tensor(table, device=device).flatten()
        self._place_of = torch.tensor(places, device=device)

    def by_prompt(self, rows: Any) -> Any:
        """[rows, heads, queries, width] as [prompts, heads, rows of a prompt * queries, width]."""
        found = rows if self.even else rows[self._row_at]
        _, heads, queries, width = found.shape
        apart = found.reshape(len(self.prompts), self.rows, heads, queries, width)
        return apart.transpose(1, 2).reshape(len(self.prompts), heads, self.rows * queries, width)

    def by_row(self, of_prompts: Any) -> Any:
        """The inverse of `by_prompt`."""
        prompts, heads, queries, width = of_prompts.shape
        apart = of_prompts.reshape(prompts, heads, self.rows, queries // self.rows, width)
        rows = apart.transpose(1, 2).reshape(prompts * self.rows, heads, queries // self.rows, width)
        return rows if self.even else rows[self._place_of]


class Shared:
    """The keys and values of one layer: of each prompt once, and of what each row has written since.

    Rows of one prompt stand together. `room` is the number of tokens that a row may write.
    """

    def __init__(self, layer: Any, unseen: Any, group: int, room: int) -> None:
        prompts, heads, _, width = layer.keys.shape
        self._prompt_keys, self._prompt_values = layer.keys.contiguous(), layer.values.contiguous()
        self._unseen = unseen
        self._keys = layer.keys.new_empty(prompts * group, heads, room, width)
        self._values = layer.values.new_empty(prompts * group, heads, room, layer.values.shape[-1])
        self._written = 0
        self._groups = Groups([row // group for row in range(prompts * group)], layer.keys.device)

    def get_seq_length(self) -> int:
        """Tokens that every row has written, as transformers asks its cache."""
        return self._written

    def update(self, keys: Any, values: Any, *_: Any, **__: Any) -> tuple[Any, Any]:
        """Take in one token of each row; what `attend` gets as keys is this layer."""
        self._keys[..., self._written : self._written + 1, :] = keys
        self._values[..., self._written : self._written + 1, :] = values
        self._written += 1
        return self, None

    def keep(self, kept: Any, groups: Groups, prompts: Any) -> None:
        """Go on with these rows, of these prompts."""
        self._keys, self._values = self._keys[kept], self._values[kept]
        if len(prompts) < len(self._prompt_keys):
            self._prompt_keys, self._prompt_values = self._prompt_keys[prompts], self._prompt_values[prompts]
            self._unseen = self._unseen[prompts]
        self._groups = groups

    def attended(self, query: Any, scale: float) -> Any:
        """What each row's query, [rows, heads, 1, width], reads in its prompt and in what the row has written."""
        import torch

        rows, heads, _, width = query.shape
        shared = self._keys.shape[1]
        asked = query.reshape(rows, shared, heads // shared, width) * scale
        keys, values = self._keys[..., : self._written, :], self._values[..., : self._written, :]
        of_prompt = self._groups.by_prompt(asked) @ self._prompt_keys.transpose(-1, -2) + self._unseen
        weights = torch.cat([self._groups.by_row(of_prompt), asked @ keys.transpose(-1, -2)], -1).softmax(-1)
        of_prompt, own = weights.split([self._prompt_keys.shape[-2], self._written], -1)
        read = self._groups.by_row(self._groups.by_prompt(of_prompt) @ self._prompt_values) + own @ values
        return read.reshape(rows, heads, 1, -1)


class SharedCache:
    """A cache of transformers, filled by reading prompts, as one whose rows share them: `group` rows of each."""

    def __init__(self, cache: Any, mask: Any, group: int, room: int) -> None:
        import torch

        keys = cache.layers[0].keys
        unseen = torch.zeros(mask.shape, dtype=keys.dtype, device=keys.device).masked_fill(mask == 0, -torch.inf)
        self.layers = [Shared(layer, unseen[:, None, None, :], group, room) for layer in cache.layers]
        self._prompt_of = [row // group for row in range(len(mask) * group)]

    def get_seq_length(self, layer: int = 0) -> int:
        """As transformers asks its cache."""
        return self.layers[layer].get_seq_length()

    def update(self, keys: Any, values: Any, layer: int, *_: Any, **__: Any) -> tuple[Any, Any]:
        """As transformers fills its cache."""
        return self.layers[layer].update(keys, values)

    def batch_select_indices(self, kept: Any) -> None:
        """Go on with these rows."""
        import torch

        groups = Groups([self._prompt_of[row] for row in kept.tolist()], kept.device)
        for layer in self.layers:
            layer.keep(kept, groups, torch.tensor(groups.prompts, device=kept.device))
        place = {prompt: number for number, prompt in enumerate(groups.prompts)}
        self._prompt_of = [place[self._prompt_of[row]] for row in kept.tolist()]


def attend(
    module: Any, query: Any, key: Any, value: Any, attention_mask: Any, scaling: float | None = None, **_: Any
) -> tuple[Any, None]:
    """An attention function of transformers over `Shared` layers: [rows, 1, heads, width]."""
    return key.attended(query, query.shape[-1] ** -0.5 if scaling is None else scaling).transpose(1, 2), None
