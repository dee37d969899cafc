"""The shipped base is small, complete and says where it comes from."""

import json

from estimators.platforms.local.base import BASE_FOLDER


def test_the_weights_are_small_enough_to_ship():
    assert (BASE_FOLDER / "model.safetensors").stat().st_size <= 2_500_000


def test_everything_from_pretrained_reads_is_there():
    names = {path.name for path in BASE_FOLDER.iterdir()}
    assert {"config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"} <= names


def test_it_says_how_it_was_made_and_how_well_it_copies():
    record = json.loads((BASE_FOLDER / "measured.json").read_text(encoding="utf-8"))
    assert {"seed", "steps"} <= set(record["settings"])
    assert record["exactly right on held-out exercises"]["copy an id"] >= 0.9
