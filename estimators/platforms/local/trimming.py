"""Learns from batches without their padding: rows are sorted by length and computed in chunks of about one length.

Which rows make up a step does not change, nor what is computed of them beyond the last digits of a float.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

ROWS_PER_CHUNK = 16


def trimmed(log_probabilities: Callable[..., Any], rows_per_chunk: int = ROWS_PER_CHUNK) -> Callable[..., Any]:
    """TRL's function of per-token log-probabilities and entropies, over chunks without the columns that are padding.

    Past a row's end the result is 0; the loss masks these positions.
    """

    def of_chunks(
        model: Any, input_ids: Any, attention_mask: Any, logits_to_keep: int, batch_size: Any = None, **how: Any
    ) -> tuple[Any, Any, Any]:
        import torch

        if how.get("compute_aux_loss"):  # a mixture of experts balances over the whole batch
            return log_probabilities(model, input_ids, attention_mask, logits_to_keep, batch_size, **how)  # type: ignore[no-any-return]
        prompt = input_ids.shape[1] - logits_to_keep
        order = attention_mask[:, prompt:].sum(1).argsort(stable=True)
        found = []
        for rows in order.split(rows_per_chunk):
            ids, mask = input_ids[rows], attention_mask[rows]
            used = mask.any(0).nonzero()[:, 0]
            start, end = min(int(used[0]), prompt - 1), max(int(used[-1]) + 1, prompt + 1)
            logps, entropies, _ = log_probabilities(model, ids[:, start:end], mask[:, start:end], end - prompt, **how)
            padding = (0, input_ids.shape[1] - end)
            found.append([None if of is None else torch.nn.functional.pad(of, padding) for of in (logps, entropies)])
        back = order.argsort()
        logps, entropies = (None if of[0] is None else torch.cat(of)[back] for of in zip(*found, strict=True))
        return logps, entropies, None

    return of_chunks


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
