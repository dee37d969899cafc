"""AWS's two validators as functions of a row, from copies that lie somewhere on this machine; neither is part of ours.

    python tests/contract/validators/oracles.py --script nova_ft_dataset_validator.py --forge nova-forge-sdk/src

prints their verdicts on every mutation, in the form of ``verdicts.json``.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import json
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import ValidationError

if TYPE_CHECKING:
    from tests.contract.validators.mutations import Mutation

Refuses: TypeAlias = "Callable[[Mutation], bool]"
SCRIPT = {
    "sft": "ConverseDatasetSample",
    "dpo": "ConverseDatasetSampleWithCandidates",
    "rft": "RFTDatasetSample",
    "cpt": "CPTDatasetSample",
}
FORGE = {
    "sft": ("sft", "SFTConverseDatasetSample"),
    "rft": ("rft", "RFTDatasetSample"),
    "rft-multiturn": ("rft_multiturn", "RFTMultiturnDatasetSample"),
    "gen-qa": ("eval", "EvalDatasetSample"),
    "cpt": ("cpt", "CPTDatasetSample"),
}


def model_of(format: str) -> str:
    return "nova-lite" if format == "dpo" else "nova-2-lite"


def script(path: Path) -> Refuses:
    """The script of aws-samples/amazon-nova-samples."""
    spec = importlib.util.spec_from_file_location("aws_script", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["aws_script"] = module
    spec.loader.exec_module(module)

    def refuses(mutation: Mutation) -> bool:
        model = getattr(module, SCRIPT[mutation.format])
        name = "lite" if mutation.format == "dpo" else "lite-2.0"
        return _raises(lambda: model.model_validate(mutation.row, context={"model_name": name}))

    return refuses


def forge(source: Path) -> Refuses:
    """The sample models of aws/nova-forge-sdk, with what reads media from S3 left out."""
    root = source / "amzn_nova_forge"
    for name in ("", ".dataset", ".dataset.dataset_validator", ".dataset.configs", ".core", ".util", ".validation"):
        package = types.ModuleType(f"amzn_nova_forge{name}")  # the packages' own __init__ import boto3 and sagemaker
        package.__path__ = [str(root.joinpath(*name.split(".")))]
        sys.modules[package.__name__] = package
    for name in ("filetype", "boto3"):
        sys.modules.setdefault(name, types.ModuleType(name))
    validators = "amzn_nova_forge.dataset.dataset_validator"
    checks = importlib.import_module(f"{validators}.dataset_validator")._EXECUTORS
    checks.update(dict.fromkeys(("file_size", "image_dimensions", "video_duration"), lambda *_: None))
    checks["format_allowlist"] = _format_is_allowed
    model = importlib.import_module("amzn_nova_forge.core.enums").Model.NOVA_LITE_2

    def refuses(mutation: Mutation) -> bool:
        module, name = FORGE[mutation.format]
        rows = getattr(importlib.import_module(f"{validators}.{module}_dataset_validator"), name)
        return _raises(lambda: rows.model_validate(mutation.row, context={"model": model}))

    return refuses


def _format_is_allowed(media: Any, check: Any, context: Any) -> None:
    if context["model"] not in check["valid_models"] or media.format.lower() not in check["valid_formats"]:
        raise ValueError("format")


def _raises(validate: Callable[[], object]) -> bool:
    try:
        validate()
    except (ValidationError, AttributeError, IndexError, TypeError):
        return True
    return False


def digest_of(rows: Iterable[Mutation]) -> str:
    """Changes with any mutation, so that verdicts are never read for other rows than they were made for."""
    return hashlib.sha256(json.dumps([mutation.row for mutation in rows]).encode()).hexdigest()[:16]


def packed(verdicts: list[bool]) -> str:
    """One bit per mutation, as hex."""
    return f"{int('1' + ''.join('01'[verdict] for verdict in verdicts), 2):x}"


def unpacked(verdicts: str) -> list[bool]:
    """The bits of ``packed``."""
    return [bit == "1" for bit in f"{int(verdicts, 16):b}"[1:]]


def verdicts_of(refuses: Refuses, formats: Iterable[str], rows: Sequence[Mutation]) -> dict[str, str]:
    """What a validator says of every mutation of the formats that it reads."""
    return {name: packed([refuses(row) for row in rows if row.format == name]) for name in formats}


def main() -> None:
    """Print the verdicts."""
    from mutations import mutations  # type: ignore[import-not-found]  # beside this script

    parser = argparse.ArgumentParser()
    parser.add_argument("--script", type=Path, required=True)
    parser.add_argument("--forge", type=Path, required=True)
    options = parser.parse_args()
    rows = list(mutations())
    found = {
        "mutations": digest_of(rows),
        "script": verdicts_of(script(options.script), SCRIPT, rows),
        "forge": verdicts_of(forge(options.forge), FORGE, rows),
    }
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
