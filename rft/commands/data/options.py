"""The options that several commands of `rft data` have, and what a wrong one of them is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from rft.command_line import OUTPUT_FILE

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
TARGETS = (
    "bedrock-sft", "training-job-sft", "bedrock-rft", "rft", "rft-multiturn", "rft-multiturn-serverless", "dpo", "cpt",
    "gen-qa", "rft-eval", "judge", "distillation",
)  # fmt: skip
MODELS = ("nova-2-lite", "nova-lite", "nova-pro", "nova-micro")
target_option = click.option("--for", "target", type=click.Choice(TARGETS), required=True, help="What the file is for.")
model_option = click.option("--model", type=click.Choice(MODELS), default="nova-2-lite", show_default=True)
new_file_option = click.option(
    "-o", "--output", type=OUTPUT_FILE, required=True, help="The new file; the old one is not touched."
)
seed_option = click.option("--seed", default="0", show_default=True)


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
