"""No recipe that AWS ever published is called wrong: run where RFT_RECIPES names a clone of its repository."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from benchmarks.recipe_history import versions, wrong
from recipes import dump, nova_lite_2_rft_lora, nova_lite_2_sft_lora

CHECKOUT = os.environ.get("RFT_RECIPES", "")


@pytest.mark.skipif(not CHECKOUT, reason="needs RFT_RECIPES=CLONE of github.com/aws/sagemaker-hyperpod-recipes")
def test_no_published_recipe_is_called_wrong():
    found = list(versions(Path(CHECKOUT)))
    assert len(found) >= 100
    assert [f"{one.version.path} {one.version.blob}: {one.message}" for one in wrong(iter(found))] == []


def test_each_content_of_the_history_is_read_once_and_a_fault_is_seen(tmp_path: Path):
    file = tmp_path / "recipes_collection" / "recipes" / "nova.yaml"
    file.parent.mkdir(parents=True)
    first, second = dump(nova_lite_2_sft_lora()), dump(nova_lite_2_rft_lora())
    git(tmp_path, "init", "-q")
    for text in (first, second, first, second.replace("amazon.nova-2-lite", "amazon.nova-9-lite")):
        file.write_text(text)
        (tmp_path / "README.yaml").write_text(text)  # beside the folders of recipes
        git(tmp_path, "add", ".")
        git(tmp_path, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "x")
    found = list(versions(tmp_path))
    assert len(found) == 3
    assert len(list(versions(tmp_path, head_only=True))) == 1
    assert {one.version.text.count("nova-9") > 0 for one in wrong(iter(found))} == {True}


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)
