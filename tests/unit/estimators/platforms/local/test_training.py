"""How a policy with an adapter writes; the trainings themselves are in tests/e2e/test_local_training.py."""

from __future__ import annotations

import pytest

from estimators.platforms.local.training import _generate_merged


class Policy:
    """A PEFT model that notes what is done with it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def merge_adapter(self) -> None:
        self.done.append("merged")

    def unmerge_adapter(self) -> None:
        self.done.append("apart")

    def generate(self, prompt: str) -> str:
        self.done.append("wrote")
        if not prompt:
            raise ValueError("nothing to go on")
        return prompt + "!"


def test_the_adapter_is_folded_in_only_while_the_policy_writes():
    policy = Policy()
    _generate_merged(policy)
    assert policy.generate("a") == "a!"
    assert policy.done == ["merged", "wrote", "apart"]


def test_the_adapter_is_taken_out_again_where_writing_fails():
    policy = Policy()
    _generate_merged(policy)
    with pytest.raises(ValueError, match="nothing to go on"):
        policy.generate("")
    assert policy.done == ["merged", "wrote", "apart"]
