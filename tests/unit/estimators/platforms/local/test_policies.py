"""A policy's files, read the same in every process."""

from __future__ import annotations

from pathlib import Path

import pytest

from estimators.platforms.local.base import BASE_FOLDER
from estimators.platforms.local.policies import load_tokenizer
from rft.pipeline import digests_of_folder

pytest.importorskip("transformers")


def saved(folder: Path, monkeypatch: pytest.MonkeyPatch, *, offline: bool) -> dict[str, str]:
    """Digests of what a tokenizer leaves that was loaded in a process of this kind."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    load_tokenizer(BASE_FOLDER).save_pretrained(folder)
    return dict(digests_of_folder(folder))


def test_a_saved_tokenizer_does_not_tell_what_else_its_process_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offline = saved(tmp_path / "offline", monkeypatch, offline=True)
    assert saved(tmp_path / "online", monkeypatch, offline=False) == offline
