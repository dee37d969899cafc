"""A local policy: a folder written by `save_pretrained`, with its tokenizer, its context and its size."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from estimators.platforms.local.errors import PreflightError
from estimators.platforms.local.rows import Chat


class Shape(NamedTuple):
    """The size of a policy: its parameters, its layers, and the width of hidden states and of keys or values."""

    parameters: int
    layers: int
    hidden: int
    key_values: int


def load_tokenizer(model: Path) -> Any:
    """The tokenizer in the model's folder; raises PreflightError where there is none.

    transformers saves with a tokenizer whether it was loaded offline, which depends on what else the process has
    imported; `local_files_only` makes it the same in every process.
    """
    from transformers import AutoTokenizer

    if not (model / "tokenizer_config.json").exists():
        raise PreflightError(f"{model} holds no tokenizer; a local policy is a folder written by save_pretrained")
    return AutoTokenizer.from_pretrained(model, local_files_only=True)


def context_of(model: Path) -> int:
    """The policy's context length, in tokens."""
    return int(_config(model).max_position_embeddings)


def parameters_of(model: Path) -> Shape:
    """The policy's size, from its configuration alone: no weights are read."""
    import torch
    from transformers import AutoModelForCausalLM

    config = _config(model)
    with torch.device("meta"):
        parameters = AutoModelForCausalLM.from_config(config).num_parameters()
    heads = config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    return Shape(
        parameters, config.num_hidden_layers, config.hidden_size, width * (config.num_key_value_heads or heads)
    )


def chat_tokens(tokenizer: Any, chat: Chat, *, for_completion: bool = False) -> list[int]:
    """Tokens of a chat; with `for_completion`, up to the start of the completion."""
    text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=for_completion)
    tokens: list[int] = tokenizer.encode(text, add_special_tokens=False)
    return tokens


def _config(model: Path) -> Any:
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(model, local_files_only=True)
