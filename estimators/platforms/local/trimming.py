"""Learns from batches without their padding: rows are sorted by length and computed in chunks of about one length.

Which rows make up a step does not change, nor what is computed of them beyond the last digits of a float.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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


NO_ADVANTAGE = 1e-3  # TRL's rounding leaves up to 6e-4 in a group of equal rewards; a spread of 1e-4 gives 0.3


def learning_only(trainer: Any) -> None:
    """Let the loss of a GRPO trainer go back through rows with an advantage only, where nothing else is learnt from.

    The rows of a group with equal rewards have none: their gradient is 0. What is logged of them stays.
    """
    import torch

    log_probabilities, loss = trainer._get_per_token_logps_and_entropies, trainer._compute_loss
    idle: list[Any] = []

    def of_rows(
        model: Any, input_ids: Any, attention_mask: Any, logits_to_keep: int, batch_size: Any = None, **how: Any
    ) -> tuple[Any, Any, Any]:
        if not idle or not idle[-1].any() or how.get("compute_aux_loss"):
            return log_probabilities(model, input_ids, attention_mask, logits_to_keep, batch_size, **how)  # type: ignore[no-any-return]
        parts = [idle[-1].nonzero()[:, 0], (~idle[-1]).nonzero()[:, 0]]
        found = []
        for rows, learns in zip(parts, (False, True), strict=True):
            if len(rows):
                with torch.set_grad_enabled(learns):
                    found.append(log_probabilities(model, input_ids[rows], attention_mask[rows], logits_to_keep, **how))
        back = torch.cat(parts).argsort()
        logps = torch.cat([part[0] for part in found])[back].requires_grad_()
        return logps, torch.cat([part[1] for part in found])[back] if how.get("compute_entropy") else None, None

    def of_learning(model: Any, inputs: Any) -> Any:
        idle.append(inputs["advantages"].abs() < NO_ADVANTAGE)
        try:
            return loss(model, inputs)
        finally:
            idle.pop()

    if trainer.beta == 0 and trainer.args.entropy_coef == 0:
        trainer._get_per_token_logps_and_entropies, trainer._compute_loss = of_rows, of_learning


@contextmanager
def labelled_only() -> Iterator[None]:
    """While the block runs, TRL scores the positions with a label and no others, as it does on a GPU.

    On a CPU it scores the prompts too, a third of a row, and throws that away. Its switch is a private name: where a
    version has none, training is slower, and the same.
    """
    from trl.trainer import utils

    switch = getattr(utils, "_use_triton", None)
    if switch is None:
        yield
        return
    utils._use_triton = lambda _: True
    try:
        yield
    finally:
        utils._use_triton = switch


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

        def set_epoch(self, epoch: int) -> None:
            """Called before each epoch, and first with a later one where a training is taken up again."""
            self._epoch = epoch

        def __iter__(self) -> Iterator[int]:
            order = list(range(len(lengths)))
            Random(f"{seed}/sft-order/{self._epoch}").shuffle(order)
            return by_length(order, lengths, batch_size)

        def __len__(self) -> int:
            return len(lengths)

    return ByLength()
