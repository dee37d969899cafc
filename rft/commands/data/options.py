"""The options that several commands of `rft data` have, and what a wrong one of them is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rft.command_line import OUTPUT_FILE, InputFile

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
TARGETS = (
    "bedrock-sft", "training-job-sft", "bedrock-rft", "rft", "rft-multiturn", "rft-multiturn-serverless", "dpo", "cpt",
    "gen-qa", "rft-eval", "judge", "distillation",
)  # fmt: skip
MODELS = ("nova-2-lite", "nova-lite", "nova-pro", "nova-micro")
_TABLES = (".csv", ".tsv", ".xlsx", ".parquet", ".arrow", ".feather")
_BEGINNINGS = {b"PAR1": "Parquet", b"PK\x03\x04": "a workbook or an archive"}


class JsonlFile(InputFile):
    """A file of JSONL; one that is a table, or packed, is told what makes JSONL of it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path, where it does not say itself that it is something else."""
        path = super().convert(value, param, ctx)
        kind = "a table" if path.suffix.lower() in _TABLES else ""
        if path.is_file():
            with path.open("rb") as file:
                head = file.read(64)
            kind = next((kind for bytes_, kind in _BEGINNINGS.items() if head.startswith(bytes_)), kind)
            if head.startswith((b"\xff\xfe", b"\xfe\xff")):
                kind = kind or "in UTF-16"
            if head.lstrip().startswith(b"["):
                kind = kind or "a JSON array"
        if kind:
            made = f"rft data convert {path} --to FORMAT -o rows.jsonl"
            self.fail(f"{str(path)!r} is {kind}, and this reads JSONL in UTF-8; make it with: {made}", param, ctx)
        return path


JSONL_FILE = JsonlFile()
target_option = click.option("--for", "target", type=click.Choice(TARGETS), required=True, help="What the file is for.")
model_option = click.option(
    "--model", type=click.Choice(MODELS), default="nova-2-lite", show_default=True, help="The model whose limits count."
)
new_file_option = click.option(
    "-o", "--output", type=OUTPUT_FILE, required=True, help="The new file; the old one is not touched."
)
seed_option = click.option("--seed", default="0", show_default=True, help="Same seed, same rows.")


def checked(make_config: Callable[[], T], file: str = "") -> T:
    """A configuration made of options; what is wrong with it is a wrong use."""
    from pydantic import ValidationError

    try:
        return make_config()
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}" if file else item["msg"].removeprefix("Value error, ")
            for item in error.errors()
        ]
        raise click.UsageError("\n".join(f"{file}: {line}" for line in problems) if file else problems[0]) from error
