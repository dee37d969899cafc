"""A local policy: a folder written by `save_pretrained`, with its tokenizer, its context and its size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from estimators.platforms.local.errors import PreflightError
from estimators.platforms.local.rows import Chat

CONFIG = "config.json"
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


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
    tokenizer = AutoTokenizer.from_pretrained(model, local_files_only=True)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def check_policy(model: Path) -> None:
    """Raise one PreflightError with everything for which the folder is no policy that can be trained and asked."""
    problems = [*_model_problems(model), *_tokenizer_problems(model)]
    if problems:
        raise PreflightError("\n".join(f"{model}: {problem}" for problem in problems))


def _model_problems(model: Path) -> Iterator[str]:
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    try:
        config = _config(model)
    except (ValueError, OSError) as error:
        yield f"its {CONFIG} cannot be read: {str(error).splitlines()[0]}"
        return
    made_as = (config.architectures or [None])[0]
    if config.model_type not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES or (
        made_as is not None and made_as not in _names(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values())
    ):
        yield f"{made_as or config.model_type} is no causal language model, which writes from left to right"
    if getattr(config, "quantization_config", None) is not None:
        yield "its weights are quantized, and cannot be trained; use the model they were made from"
    if not any(next(model.glob(kind), None) for kind in WEIGHTS):
        yield f"it holds no weights ({' or '.join(WEIGHTS)})"
    if getattr(config, "max_position_embeddings", None) is None:
        yield f"its {CONFIG} does not say how many tokens it reads; add max_position_embeddings"


def _names(mapped: Iterable[str | tuple[str, ...]]) -> set[str]:
    return {name for one in mapped for name in ((one,) if isinstance(one, str) else one)}


def _tokenizer_problems(model: Path) -> Iterator[str]:
    from jinja2 import TemplateError

    tokenizer = load_tokenizer(model)
    if tokenizer.eos_token is None:
        yield "its tokenizer has no end token, so that no answer would end; set eos_token in tokenizer_config.json"
        return
    if not tokenizer.chat_template:
        yield "its tokenizer has no chat template; add chat_template.jinja, or chat_template to tokenizer_config.json"
        return
    asked: Chat = [{"role": "user", "content": "Which?"}]
    try:
        prompt = chat_tokens(tokenizer, asked, for_completion=True)
        whole = chat_tokens(tokenizer, [*asked, {"role": "assistant", "content": "This."}])
    except (TemplateError, TypeError) as error:
        yield f"its chat template cannot be used: {error}"
        return
    if whole[: len(prompt)] != prompt:
        yield (
            "its chat template writes a chat with an answer otherwise than the prompt that asks for it: "
            f"{tokenizer.decode(whole)!r} does not begin with {tokenizer.decode(prompt)!r}"
        )
    elif tokenizer.eos_token_id not in whole[len(prompt) :]:
        yield (
            f"its chat template does not end an answer with the end token {tokenizer.eos_token!r}: SFT could not "
            f"teach to stop; got {tokenizer.decode(whole)!r}"
        )


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
