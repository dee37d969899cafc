"""The drift watch finds what AWS has added, and is silent on what we know."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from recipes import dump, official
from recipes.checking.drift import Tables, drift, our_tables
from rft.commands.doctor import command

MTRL, SFT = "mtrl_nova_lite_2_0_lora", "nova_lite_2_0_p5_gpu_lora_sft"
PAGES = Path(__file__).parents[3] / "contract" / "recipes" / "pages"
TABLE = """
| Category | Params | Default | Choice |
| --- | --- | --- | --- |
| RL | advantage\\_method | group\\_based | monte\\_carlo, group\\_based, group\\_based\\_per\\_turn, rloo, gpg |
"""


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder


def whats(folder: Path, tables: Tables | None = None) -> list[str]:
    return [task.what for task in drift(folder, tables)]


def test_what_we_know_gives_no_task(tmp_path: Path):
    written(tmp_path, f"{SFT}.yaml", dump(official(SFT).recipe()))
    written(tmp_path, "page.md", TABLE)
    for page in PAGES.glob("*.yaml"):
        written(tmp_path, f"{page.stem}.md", f"```yaml\n{page.read_text()}```\n")
    assert whats(tmp_path) == []


def test_methods_that_a_page_adds_are_found_on_old_tables(tmp_path: Path):
    ours = our_tables()
    old = replace(ours, choices={**ours.choices, "advantage_method": frozenset({"group_based", "monte_carlo"})})
    assert whats(written(tmp_path, "page.md", TABLE), old) == [
        "advantage_method may also be gpg, group_based_per_turn, rloo"
    ]


def test_a_choice_in_a_comment_is_found(tmp_path: Path):
    text = dump(official(MTRL).recipe()).replace("loss_fn: ppo  #", "loss_fn: ppo  # ppo, cispo, gspo #")
    assert whats(written(tmp_path, f"{MTRL}.yaml", text)) == ["loss_fn may also be gspo"]


def test_a_new_recipe_a_new_model_and_a_new_block_are_found(tmp_path: Path):
    text = dump(official(SFT).recipe()).replace("amazon.nova-2-lite-v1:0:256k", "amazon.nova-3-micro-v1:0:1m")
    found = whats(written(tmp_path, "nova_micro_3_0_p6_gpu_lora_sft.yaml", text + "data_blending:\n  share: 1\n"))
    assert "a recipe that the catalogue lacks, of 'amazon.nova-3-micro-v1:0:1m'" in found
    assert any(what.startswith("run.model_type: 'amazon.nova-3-micro-v1:0:1m'") for what in found)
    assert any(what.startswith("data_blending:") for what in found)


def test_an_official_value_that_changed_is_found(tmp_path: Path):
    text = dump(official(SFT).recipe()).replace("alpha: 64", "alpha: 128")
    assert whats(written(tmp_path, f"{SFT}.yaml", text)) == [
        "training_config.peft.lora_tuning.alpha is 128, the catalogue has 64"
    ]


def test_a_recipe_that_a_whole_checkout_lacks_is_found(tmp_path: Path):
    (tmp_path / "recipes_collection").mkdir()
    written(tmp_path / "recipes_collection", f"{SFT}.yaml", dump(official(SFT).recipe()))
    gone = [task.where for task in drift(tmp_path) if "does not" in task.what]
    assert (len(gone), SFT in gone) == (55, False)


def test_doctor_prints_the_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("rft.drift.installed_drift", lambda: ["botocore 9.9 is installed"])
    result = CliRunner().invoke(command, ["--drift", str(tmp_path), "--json"])
    assert (result.exit_code, json.loads(result.output)[0]["what"]) == (1, "botocore 9.9 is installed")
