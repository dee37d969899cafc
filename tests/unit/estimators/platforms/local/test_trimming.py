"""Padding that is left out changes nothing that is learned."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators.platforms.local import trimming
from estimators.platforms.local.base import BASE_FOLDER
from estimators.platforms.local.generation import load_policy
from estimators.platforms.local.hardware import prepare

torch = pytest.importorskip("torch")


def log_probabilities(
    model: Any, input_ids: Any, attention_mask: Any, logits_to_keep: int, compute_entropy: bool = False, **_: Any
) -> tuple[Any, Any, Any]:
    """TRL's function, in the short form."""
    logits = model(input_ids=input_ids, attention_mask=attention_mask).logits[:, :-1]
    logps = logits.log_softmax(-1)
    kept = logps.gather(-1, input_ids[:, 1:, None])[..., 0][:, -logits_to_keep:]
    entropies = -(logps.exp() * logps).sum(-1)[:, -logits_to_keep:]
    return kept, entropies if compute_entropy else None, None


def padded(rows: list[tuple[int, int]]) -> tuple[Any, Any, int]:
    """Rows of so many prompt and completion tokens, padded left and right as TRL does."""
    left, right = max(prompt for prompt, _ in rows), max(completion for _, completion in rows)
    mask = torch.tensor(
        [[0] * (left - p) + [1] * (p + c) + [0] * (right - c) for p, c in rows],
    )
    ids = torch.randint(3, 500, mask.shape, generator=torch.Generator().manual_seed(0)) * mask
    return ids, mask, right


@pytest.fixture(scope="module")
def policy() -> Any:
    prepare(seed=0, threads=1)
    return load_policy(BASE_FOLDER)


@pytest.mark.train
@pytest.mark.parametrize("rows_per_chunk", [1, 2, 3, 16])
def test_log_probabilities_entropies_and_gradients_are_those_of_the_whole_batch(
    policy: Any, rows_per_chunk: int
) -> None:
    ids, mask, kept = padded([(5, 3), (2, 9), (7, 1), (1, 1), (6, 12)])
    of_completion = mask[:, -kept:].bool()
    gradients = []
    whole, chunks = log_probabilities, trimming.trimmed(log_probabilities, rows_per_chunk)
    results = []
    for function in (whole, chunks):
        policy.zero_grad()
        logps, entropies, _ = function(policy, ids, mask, kept, compute_entropy=True)
        assert logps.shape == entropies.shape == (5, kept)
        (logps[of_completion].sum() + entropies[of_completion].mean()).backward()
        gradients.append(policy.model.layers[0].mlp.up_proj.weight.grad.clone())
        results.append((logps[of_completion], entropies[of_completion]))
    policy.zero_grad()
    torch.testing.assert_close(results[1], results[0], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(gradients[1], gradients[0], atol=1e-3, rtol=1e-3)


@given(
    lengths=st.lists(st.integers(1, 50), min_size=1, max_size=40),
    batch_size=st.integers(1, 12),
    random=st.randoms(use_true_random=False),
)
def test_batches_keep_their_rows_and_are_sorted_within(lengths: list[int], batch_size: int, random: Any) -> None:
    order = list(range(len(lengths)))
    random.shuffle(order)
    made = list(trimming.by_length(order, lengths, batch_size))
    for start in range(0, len(order), batch_size):
        batch = made[start : start + batch_size]
        assert Counter(batch) == Counter(order[start : start + batch_size])
        assert [lengths[row] for row in batch] == sorted((lengths[row] for row in batch), reverse=True)


@given(batch_size=st.integers(1, 300))
def test_a_batch_is_whole_chunks(batch_size: int) -> None:
    chunk = trimming.rows_at_once(batch_size)
    assert batch_size % chunk == 0
    assert chunk == batch_size or 2 <= chunk <= 8


@pytest.mark.train
def test_every_epoch_has_another_order_and_a_seed_its_own() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        found = trimming.sampler([1] * 20, 4, seed)
        found.set_epoch(epoch)
        return list(found)

    first, second = order(7, 0), order(7, 1)
    assert first != second
    assert [first, second] == [order(7, 0), order(7, 1)]
    assert Counter(first) == Counter(second) == Counter(range(20))
    assert first != order(8, 0)


@pytest.mark.train
def test_the_switch_of_trl_is_put_back_also_where_training_fails() -> None:
    from trl.trainer import utils

    def train() -> None:
        with trimming.labelled_only():
            raise ValueError(f"stopped with {utils._use_triton('cpu')}")

    before = utils._use_triton
    with pytest.raises(ValueError, match="stopped with True"):
        train()
    assert utils._use_triton is before
