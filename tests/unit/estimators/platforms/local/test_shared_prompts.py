"""Whoever shares a prompt writes, and learns, exactly what it would with a prompt of its own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators.platforms.local import sampler, shared_prompts, trimming
from estimators.platforms.local.hardware import prepare
from estimators.platforms.local.sampler import Decoding, write
from estimators.platforms.local.shared_prompts import TRIED, Groups
from tests.unit.estimators.platforms.local.test_trimming import log_probabilities, padded

torch = pytest.importorskip("torch")
VOCABULARY, END, PAD = 40, 1, 0
SMALL = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 128,
    "sliding_window": None,
    "pad_token_id": PAD,
    "eos_token_id": END,
    "bos_token_id": None,
}
PROMPTS = [[5, 6, 7], [8, 9, 10, 11, 12, 13, 14], [15], [16, 17, 18, 19, 20]]


def random_policy(kind: str) -> Any:
    """A policy of this architecture with random weights, fewer heads for keys than for queries."""
    from transformers import AutoConfig, AutoModelForCausalLM

    prepare(seed=3, threads=1)
    policy = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **SMALL))
    for weight in policy.parameters():
        weight.data.mul_(5)  # so that it does not write the same token again and again
    return policy.eval()


@pytest.fixture(scope="module", params=sorted(TRIED))
def policy(request: pytest.FixtureRequest) -> Any:
    return random_policy(request.param)


@pytest.mark.train
@pytest.mark.parametrize("temperature", [0, 2.0])
def test_rows_that_share_prompts_write_what_rows_with_their_own_write(
    policy: Any, temperature: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoding = Decoding(24, temperature, END, PAD)
    addresses = [f"{prompt}/{number}" for prompt in range(len(PROMPTS)) for number in range(5)]

    def written() -> list[list[int]]:
        return write(policy, PROMPTS, decoding, group=5, addresses=addresses)

    before = policy.config._attn_implementation
    sharing = written()
    assert policy.config._attn_implementation == before
    monkeypatch.setattr(sampler, "can_share", lambda *_: False)
    assert sharing == written()
    if temperature:
        assert len({len(tokens) for tokens in sharing}) > 2  # rows left the batch, and groups became uneven


@pytest.mark.train
@pytest.mark.parametrize("rows_per_chunk", [1, 3, 16])
def test_shared_prompts_have_the_log_probabilities_and_gradients_of_repeated_ones(
    policy: Any, rows_per_chunk: int
) -> None:
    from trl.trainer.utils import add_fused_lm_head

    if "fused_lm_head" not in getattr(policy, "tags", ()):
        add_fused_lm_head(policy, outputs=("log_probs", "entropy"))
        policy.tags = ("fused_lm_head",)
    ids, mask, kept = padded([(5, 3), (2, 9), (7, 1), (5, 12), (2, 4), (7, 6)])
    ids = ids % (VOCABULARY - 2) + 2
    ids[3, :-kept], ids[4, :-kept], ids[5, :-kept] = ids[0, :-kept], ids[1, :-kept], ids[2, :-kept]
    assert trimming.Prompts.read(policy, ids[:, :-kept], mask[:, :-kept]) is not None
    of_completion = mask[:, -kept:].bool()
    found = []
    for function in (log_probabilities, trimming.trimmed(unused, rows_per_chunk)):
        policy.zero_grad()
        logps, entropies, _ = function(policy, ids, mask, kept, compute_entropy=True)
        logps[of_completion].sum().backward()
        gradients = {name: weight.grad for name, weight in policy.named_parameters()}
        found.append((logps[of_completion], entropies[of_completion], gradients))
    torch.testing.assert_close(found[1], found[0], atol=2e-3, rtol=2e-3)


def unused(*_: Any, **__: Any) -> Any:
    """In place of TRL's function, which is for rows with prompts of their own."""
    raise AssertionError("the prompts were not shared")


def test_rows_with_a_prompt_each_or_a_window_are_not_shared() -> None:
    ids, mask, kept = padded([(5, 3), (2, 9)])
    assert trimming.Prompts.read(random_policy("llama"), ids[:, :-kept], mask[:, :-kept]) is None
    windowed = random_policy("llama")
    windowed.config.model_type = "gemma3"
    read = windowed(input_ids=torch.tensor([[3, 4]]), use_cache=True)
    assert not shared_prompts.can_share(windowed, read.past_key_values)


@given(prompt_of=st.lists(st.integers(0, 4), min_size=1, max_size=12).map(sorted), queries=st.integers(1, 2))
def test_rows_by_prompt_and_back_are_the_rows(prompt_of: list[int], queries: int) -> None:
    groups = Groups(prompt_of, "cpu")
    rows = torch.arange(len(prompt_of) * 3 * queries * 2).reshape(len(prompt_of), 3, queries, 2)
    by_prompt = groups.by_prompt(rows)
    assert by_prompt.shape == (len(set(prompt_of)), 3, groups.rows * queries, 2)
    assert torch.equal(groups.by_row(by_prompt), rows)
    for row, prompt in enumerate(prompt_of):
        assert rows[row, 0, 0, 0] in by_prompt[groups.prompts.index(prompt), 0, :, 0]
