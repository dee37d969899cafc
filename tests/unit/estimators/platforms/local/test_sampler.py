"""A completion depends on its prompt, its address and nothing else; greedy it is the one of transformers."""

from __future__ import annotations

from contextlib import nullcontext
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimators.platforms.local.base import BASE_FOLDER
from estimators.platforms.local.generation import load_policy
from estimators.platforms.local.hardware import prepare
from estimators.platforms.local.sampler import Decoding, drawn, folded, write, write_groups

pytestmark = pytest.mark.train  # needs the [local] extra; nothing is trained

torch = pytest.importorskip("torch")
PROMPTS = [
    "Repeat: AC-2 account management",
    '{"key": "value"}',
    "Write the list of alpha, beta and gamma as an array.",
    "x",
    "Fill the form: name Ada, town Bern, year 1901, and say which is which.",
]


@pytest.fixture(scope="module")
def policy() -> Any:
    prepare(seed=0, threads=1)
    return load_policy(BASE_FOLDER)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from estimators.platforms.local.policies import load_tokenizer

    return load_tokenizer(BASE_FOLDER)


@pytest.fixture(scope="module")
def prompts(tokenizer: Any) -> list[list[int]]:
    from estimators.platforms.local.policies import chat_tokens

    return [chat_tokens(tokenizer, [{"role": "user", "content": text}], for_completion=True) for text in PROMPTS]


def decoding(tokenizer: Any, temperature: float, new: int = 48, top_k: int = 0) -> Decoding:
    return Decoding(new, temperature, tokenizer.eos_token_id, tokenizer.pad_token_id, top_k)


def by_transformers(policy: Any, tokenizer: Any, prompts: list[list[int]], new: int) -> list[list[int]]:
    from transformers import GenerationConfig

    batch = tokenizer.pad({"input_ids": prompts}, padding_side="left", return_tensors="pt")
    ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    config = GenerationConfig(do_sample=False, max_new_tokens=new, **ends)
    written = policy.generate(**batch, generation_config=config)[:, batch["input_ids"].shape[1] :].tolist()
    end = tokenizer.eos_token_id
    return [row[: row.index(end) + 1] if end in row else row for row in written]


@pytest.mark.parametrize("new", [1, 2, 48])
def test_greedy_is_transformers_token_by_token(policy: Any, tokenizer: Any, prompts: list[list[int]], new: int) -> None:
    ours = write(policy, prompts, decoding(tokenizer, 0, new), addresses=PROMPTS)
    assert ours == by_transformers(policy, tokenizer, prompts, new)
    if new == 48:
        assert len({len(tokens) for tokens in ours}) > 1  # rows ended at different times, so some left the batch


def test_a_group_that_shares_its_prompt_writes_what_single_rows_write(
    policy: Any, tokenizer: Any, prompts: list[list[int]]
) -> None:
    addresses = [f"{text}/{number}" for text in PROMPTS for number in range(3)]
    grouped = write(policy, prompts, decoding(tokenizer, 1.0), group=3, addresses=addresses)
    repeated = [prompt for prompt in prompts for _ in range(3)]
    assert grouped == write(policy, repeated, decoding(tokenizer, 1.0), addresses=addresses)
    assert len({tuple(tokens) for tokens in grouped}) > len(prompts)


@settings(deadline=None, max_examples=8)
@given(places=st.lists(st.integers(0, len(PROMPTS) - 1), min_size=1, max_size=6), temperature=st.sampled_from([0.7, 1]))
def test_neither_the_batch_nor_its_order_changes_a_sample(
    policy: Any, tokenizer: Any, prompts: list[list[int]], places: list[int], temperature: float
) -> None:
    def sampled(those: list[int]) -> list[list[int]]:
        names = [f"7/{place}" for place in those]
        return write(policy, [prompts[place] for place in those], decoding(tokenizer, temperature, 24), addresses=names)

    assert sampled(places) == [sampled([place])[0] for place in places]


def test_other_addresses_are_other_samples(policy: Any, tokenizer: Any, prompts: list[list[int]]) -> None:
    one, two = (
        write(policy, prompts, decoding(tokenizer, 1.0), addresses=[f"{seed}/{text}" for text in PROMPTS])
        for seed in (1, 2)
    )
    assert one != two


def test_the_likeliest_token_alone_is_greedy(policy: Any, tokenizer: Any, prompts: list[list[int]]) -> None:
    only = write(policy, prompts, decoding(tokenizer, 1.0, top_k=1), addresses=PROMPTS)
    assert only == write(policy, prompts, decoding(tokenizer, 0), addresses=PROMPTS)


def test_tokens_are_drawn_as_often_as_their_probabilities_say() -> None:
    logits = torch.log(torch.tensor([[0.2, 0.5, 0.3]])).repeat(4000, 1)
    draw = Random("draws")
    counts = torch.bincount(torch.tensor(drawn(logits, [draw.random() for _ in range(4000)])), minlength=3)
    for count, probability in zip(counts.tolist(), (0.2, 0.5, 0.3), strict=True):
        assert abs(count / 4000 - probability) < 4 * (probability * (1 - probability) / 4000) ** 0.5  # four deviations


@given(
    logits=st.lists(st.floats(-40, 40, width=32), min_size=2, max_size=8),
    uniform=st.floats(0, 1, exclude_max=True),
    top_k=st.integers(0, 8),
)
def test_a_token_that_is_ruled_out_is_never_drawn(logits: list[float], uniform: float, top_k: int) -> None:
    (token,) = drawn(torch.tensor([logits]), [uniform], top_k)
    allowed = sorted(logits, reverse=True)[: top_k or None]
    assert logits[token] >= allowed[-1]


@pytest.mark.parametrize("ends", ["well", "by an error"])
def test_a_folded_adapter_leaves_the_weights_to_the_bit_as_they_were(ends: str) -> None:
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    plain = torch.nn.Sequential(torch.nn.Linear(8, 8, bias=False))
    model = get_peft_model(plain, LoraConfig(r=2, target_modules=["0"], init_lora_weights=False))
    weight = model.base_model.model[0].base_layer.weight
    before, row = weight.detach().clone(), torch.ones(1, 8)
    apart = model(row).detach()
    with pytest.raises(ValueError, match="nothing to go on") if ends != "well" else nullcontext(), folded(model):
        assert not torch.equal(weight, before)
        assert torch.allclose(model(row), apart, atol=1e-6)
        if ends != "well":
            raise ValueError("nothing to go on")
    assert torch.equal(weight, before)
    assert torch.equal(model(row), apart)


def test_a_training_that_is_taken_up_again_samples_what_it_would_have(
    policy: Any, tokenizer: Any, prompts: list[list[int]]
) -> None:
    batch = tokenizer.pad({"input_ids": [prompts[0]] * 2 + [prompts[1]] * 2}, padding_side="left", return_tensors="pt")

    def at_step(step: int) -> list[list[int]]:
        trainer = SimpleNamespace(model=policy, state=SimpleNamespace(global_step=step))
        generate = write_groups(trainer, 2, decoding(tokenizer, 1.0, 16), seed=7)
        whole: list[list[int]] = generate(**batch).tolist()
        assert [row[: batch["input_ids"].shape[1]] for row in whole] == batch["input_ids"].tolist()
        return whole

    assert at_step(3) == at_step(3) != at_step(4)
