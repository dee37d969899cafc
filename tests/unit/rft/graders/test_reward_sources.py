"""Which texts of a reward's source are looked for as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from rft.graders.reward_sources import reward_digests

REWARD = "from rewards import Score\n\nTEXT = {text!r}\n\ndef reward(sample, completion):\n    return Score(1.0)\n"


@pytest.mark.parametrize(
    "text", ["答" * 85, "答" * 86, "答" * 200, "a" * 255, "a" * 256, "\ud800", "a\0b", "a\nb", "", "😀" * 100]
)
def test_any_text_may_stand_in_a_reward(text: str, tmp_path: Path) -> None:
    (tmp_path / "r.py").write_text(REWARD.format(text=text), "utf-8")
    assert "r.py" in reward_digests(f"{tmp_path}/r.py:reward")


@pytest.mark.parametrize("name", ["words.txt", "答" * 80 + ".txt"])
def test_a_file_that_a_text_names_is_a_source(name: str, tmp_path: Path) -> None:
    (tmp_path / "r.py").write_text(REWARD.format(text=name), "utf-8")
    before = reward_digests(f"{tmp_path}/r.py:reward")
    (tmp_path / name).write_text("a")
    assert set(reward_digests(f"{tmp_path}/r.py:reward")) - set(before) == {name}
