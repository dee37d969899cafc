"""Learns from batches without their padding: rows are sorted by length and computed in chunks of about one length.

Which rows make up a step does not change, nor what is computed of them beyond the last digits of a float.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from estimators.platforms.local.shared_prompts import can_share

ROWS_PER_CHUNK = 16


def trimmed(log_probabilities: Callable[..., Any], rows_per_chunk: int = ROWS_PER_CHUNK) -> Callable[..., Any]:
    """TRL's function of per-token log-probabilities and entropies, over chunks without the columns that are padding.

    A prompt that several rows share is read once, where the policy's cache is a plain one. Past a row's end the result
    is 0; the loss masks these positions.
    """

    def of_chunks(
        model: Any, input_ids: Any, attention_mask: Any, logits_to_keep: int, batch_size: Any = None, **how: Any
    ) -> tuple[Any, Any, Any]:
        import torch

        if how.get("compute_aux_loss"):  # a mixture of experts balances over the whole batch
            return log_probabilities(model, input_ids, attention_mask, logits_to_keep, batch_size, **how)  # type: ignore[no-any-return]
        prompt = input_ids.shape[1] - logits_to_keep
        shared = Prompts.read(model, input_ids[:, :prompt], attention_mask[:, :prompt])
        order = attention_mask[:, prompt:].sum(1).argsort(stable=True)
        found = []
        for rows in order.split(rows_per_chunk):
            ids, mask = input_ids[rows], attention_mask[rows]
            used = mask.any(0).nonzero()[:, 0]
            start, end = min(int(used[0]), prompt - 1), max(int(used[-1]) + 1, prompt + 1)
            if shared is None:
                chunk = log_probabilities(model, ids[:, start:end], mask[:, start:end], end - prompt, **how)[:2]
            else:
                chunk = shared.log_probabilities(model, rows, ids[:, prompt:end], mask[:, prompt:end], **how)
            padding = (0, input_ids.shape[1] - end)
            found.append([None if of is None else torch.nn.functional.pad(of, padding) for of in chunk])
        back = order.argsort()
        logps, entropies = (None if of[0] is None else torch.cat(of)[back] for of in zip(*found, strict=True))
        return logps, entropies, None

    return of_chunks


class Prompts:
    """The distinct prompts of a batch, read up to their last token, whose rows go on from there."""

    def __init__(self, cache: Any, mask: Any, last: Any, prompt_of: Any) -> None:
        self._cache, self._mask, self._last, self._prompt_of = cache, mask, last, prompt_of

    @classmethod
    def read(cls, model: Any, ids: Any, mask: Any) -> Prompts | None:
        """The prompts, padded on the left, of all rows; None where each row has its own, or the policy cannot share."""
        whole = model.get_base_model() if hasattr(model, "get_base_model") else model
        firsts, prompt_of = _distinct(ids, mask)
        checkpointing = any(getattr(module, "gradient_checkpointing", False) for module in whole.modules())
        if len(firsts) == len(ids) or ids.shape[1] < 2 or checkpointing:  # checkpoints go without a cache
            return None
        ids, mask = ids[firsts], mask[firsts]
        before = mask[:, :-1]
        read = whole.base_model(
            input_ids=ids[:, :-1], attention_mask=before, position_ids=_positions(before), use_cache=True
        )
        cache = read.past_key_values
        return cls(cache, mask, ids[:, -1:], prompt_of) if can_share(whole, cache) else None

    def log_probabilities(
        self, model: Any, rows: Any, completions: Any, mask: Any, *, compute_entropy: bool = False, **_: Any
    ) -> tuple[Any, Any]:
        """Log-probabilities and entropies of the tokens of these rows' completions."""
        import torch
        from transformers.cache_utils import DynamicCache

        of = self._prompt_of[rows]
        cache = DynamicCache()
        for number, layer in enumerate(self._cache.layers):
            cache.update(layer.keys[of], layer.values[of], number)
        seen = torch.cat([self._mask[of], mask[:, :-1]], 1)
        read = model(
            input_ids=torch.cat([self._last[of], completions[:, :-1]], 1),
            attention_mask=seen,
            position_ids=_positions(seen)[:, self._mask.shape[1] - 1 :],
            past_key_values=cache,
            shift_labels=completions.masked_fill(mask == 0, -100),
            fused_lm_head=True,
        )
        return read.log_probs, read.entropy if compute_entropy else None


def _distinct(ids: Any, mask: Any) -> tuple[list[int], Any]:
    """The first row of each distinct prompt, and for each row which of them is its own."""
    import torch

    places: dict[tuple[int, ...], int] = {}
    prompt_of = [places.setdefault(tuple(row), len(places)) for row in (ids + mask * 2**32).tolist()]
    return [prompt_of.index(place) for place in range(len(places))], torch.tensor(prompt_of, device=ids.device)


def _positions(mask: Any) -> Any:
    return (mask.cumsum(1) - 1).clamp(min=0)


def rows_at_once(batch_size: int, rows_per_chunk: int = ROWS_PER_CHUNK // 2) -> int:
    """The largest divisor of a batch up to `rows_per_chunk`; the whole batch where that is too few to be worth it.

    >>> [rows_at_once(size) for size in (32, 12, 3, 13)]
    [8, 6, 3, 13]
    """
    divisor = max(size for size in range(1, rows_per_chunk + 1) if batch_size % size == 0)
    return divisor if divisor * 4 >= rows_per_chunk or divisor == batch_size else batch_size


def by_length(order: Sequence[int], lengths: Sequence[int], batch_size: int) -> Iterator[int]:
    """The rows of `order`, those of each batch by length, longest first; which rows share a batch stays the same.

    >>> list(by_length([0, 1, 2, 3], [5, 9, 7, 8], 2))
    [1, 0, 3, 2]
    """
    for start in range(0, len(order), batch_size):
        yield from sorted(order[start : start + batch_size], key=lambda row: (-lengths[row], row))


def sampler(lengths: Sequence[int], batch_size: int, seed: int) -> Any:
    """A sampler for torch's data loader: every epoch the rows in another order, within a batch by length."""
    from torch.utils.data import Sampler

    class ByLength(Sampler[int]):  # type: ignore[misc]  # torch is untyped here
        def __init__(self) -> None:
            self._epoch = 0

        def __iter__(self) -> Iterator[int]:
            order = list(range(len(lengths)))
            Random(f"{seed}/sft-order/{self._epoch}").shuffle(order)
            self._epoch += 1
            return by_length(order, lengths, batch_size)

        def __len__(self) -> int:
            return len(lengths)

    return ByLength()
