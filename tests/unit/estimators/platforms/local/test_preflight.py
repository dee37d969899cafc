"""Everything that would stop a training later is said before its first step, in one error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.formats import rft_row, sft_row, write_jsonl
from estimators.platforms.local import Overlay, PreflightError, check_before_training, plan_rft, plan_sft, preflight
from estimators.platforms.local.base import BASE_FOLDER
from estimators.platforms.local.hardware import available_bytes
from estimators.platforms.local.plan import LocalPlan
from estimators.platforms.local.policies import chat_tokens, load_tokenizer, parameters_of
from estimators.platforms.local.preflight import least_bytes, length_problems
from estimators.platforms.local.rows import read_rft_rows
from recipes import nova_lite_2_rft_lora, nova_lite_2_sft_lora, to_mapping
from rewards.types import Message, Sample

pytestmark = pytest.mark.train  # needs the [local] extra; nothing is trained

CONTEXT = 512  # of the base; estimators/platforms/local/base/config.json


def samples(prompts: list[str], reference: object = "yes") -> list[Sample]:
    return [
        Sample(id=f"q{number}", messages=(Message("user", prompt),), reference=reference)
        for number, prompt in enumerate(prompts)
    ]


def plans(*, batch: int = 2, new: int = 32) -> tuple[LocalPlan, LocalPlan]:
    overlay = Overlay(
        sft={"training_config.global_batch_size": batch, "training_config.max_length": CONTEXT},
        rft={
            "training_config.global_batch_size": batch * 2,
            "training_config.rollout.advantage_strategy.number_generation": 2,
            "training_config.rollout.generator.max_new_tokens": new,
            "training_config.max_length": CONTEXT,
        },
    )
    return plan_sft(to_mapping(nova_lite_2_sft_lora()), overlay), plan_rft(to_mapping(nova_lite_2_rft_lora()), overlay)


def look(folder: Path, *, train: list[Sample], test: list[Sample], **changes: int) -> None:
    write_jsonl(folder / "sft.jsonl", map(sft_row, train))
    write_jsonl(folder / "rft.jsonl", map(rft_row, train))
    write_jsonl(folder / "test.jsonl", map(rft_row, test))
    sft, rft = plans(**changes)
    check_before_training(
        sft,
        rft,
        model=BASE_FOLDER,
        sft_data=folder / "sft.jsonl",
        rft_data=folder / "rft.jsonl",
        held_out=folder / "test.jsonl",
    )


SHORT, LONG = "Is it so?", "word " * CONTEXT


def test_rows_that_fit_pass(tmp_path: Path) -> None:
    look(tmp_path, train=samples([SHORT] * 2), test=samples([SHORT]))


def test_a_held_out_prompt_without_room_for_its_answer_is_found_before_sft(tmp_path: Path) -> None:
    with pytest.raises(PreflightError) as caught:
        look(tmp_path, train=samples([SHORT] * 2), test=samples([SHORT, LONG]))
    (line,) = str(caught.value).splitlines()
    assert line.startswith(
        f"{tmp_path / 'test.jsonl'}: 1 of 2 rows: the prompt has more than {CONTEXT - 32} tokens: q1 "
    )
    assert "lower max_new_tokens (the longest reference has " in line


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(PreflightError) as caught:
        look(tmp_path, train=samples([LONG]), test=samples([SHORT], reference=LONG), batch=3)
    told = [line.removeprefix(str(tmp_path)).split(":")[0] for line in str(caught.value).splitlines()]
    assert told == ["/sft.jsonl"] * 2 + ["/rft.jsonl"] * 2 + ["/test.jsonl"]


def test_too_few_rows_for_one_step_are_counted(tmp_path: Path) -> None:
    with pytest.raises(PreflightError) as caught:
        look(tmp_path, train=samples([SHORT] * 2), test=samples([SHORT]), batch=3)
    sft, rft = str(caught.value).splitlines()
    assert "2 rows are fewer than the 3 of one step of SFT" in sft
    assert "2 rows are fewer than the 3 prompts of one step of RFT (global_batch_size 6 / number_generation 2)" in rft


def test_a_training_that_cannot_fit_into_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "available_bytes", lambda: 1_000_000)
    with pytest.raises(PreflightError, match=r"SFT of .* needs at least 0\.0 GB of memory, 0\.0 GB are free"):
        look(tmp_path, train=samples([SHORT] * 2), test=samples([SHORT]))


def test_memory_that_cannot_be_known_is_no_reason_to_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "available_bytes", lambda: None)
    look(tmp_path, train=samples([SHORT] * 2), test=samples([SHORT]))


def test_the_size_of_a_policy_is_read_without_its_weights() -> None:
    assert parameters_of(BASE_FOLDER) == (967_808, 4, 128, 128)  # PROVENANCE.md of the base


def test_what_is_free_is_a_number_of_bytes() -> None:
    assert (available_bytes() or 2**20) >= 2**20


@pytest.mark.parametrize("plan", plans(), ids=["sft", "rft"])
def test_a_larger_batch_and_all_weights_need_more(plan: LocalPlan) -> None:
    def with_settings(**changes: object) -> LocalPlan:
        return replace(plan, optimisation=replace(plan.optimisation, **changes))

    one, two = (least_bytes(with_settings(batch_size=size), BASE_FOLDER, 100) for size in (1, 2))
    assert two > one
    lora, whole = (least_bytes(with_settings(peft_scheme=scheme), BASE_FOLDER, 100) for scheme in ("lora", None))
    assert whole - lora == 967_808 * 3 * 4  # gradient and two moments of every weight, four bytes each


@settings(deadline=None, max_examples=40)
@given(words=st.integers(1, 300), new=st.integers(2, 400))
def test_a_row_passes_exactly_where_prompt_and_new_tokens_fit(
    tmp_path_factory: pytest.TempPathFactory, words: int, new: int
) -> None:
    data = tmp_path_factory.mktemp("law") / "rows.jsonl"
    write_jsonl(data, map(rft_row, samples(["word " * words], reference="")))
    rows = read_rft_rows(data, drop_system_prompt=True)
    prompt = len(chat_tokens(load_tokenizer(BASE_FOLDER), rows[0].prompt, for_completion=True))
    problems = list(length_problems(rows, new, CONTEXT, model=BASE_FOLDER, data=data))
    assert bool(problems) == (prompt + new > CONTEXT)
