"""Write recipes: commented YAML for people, and the plain resolved YAML that AWS's SDKs upload."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from recipes.model.base import Part, Recipe, may_be_absent
from recipes.yaml.interpolation import resolved
from rewards.yaml_text import float_text, plain_tag

_PLAIN = re.compile(r"(?=[A-Za-z_$].)(?:[\w./:$@+-]|\$\{[\w./:@+-]*\})+", re.ASCII)


def to_mapping(recipe: Part, *, resolve: bool = True) -> dict[str, Any]:
    """The recipe as nested mappings in file order, interpolations replaced by the values they point to.

    >>> from recipes import nova_lite_2_rft_lora
    >>> to_mapping(nova_lite_2_rft_lora())["training_config"]["trainer"]["save_steps"]
    5
    """
    mapping = _plain(recipe)
    return resolved(mapping) if resolve else mapping


def _plain(part: Part) -> dict[str, Any]:
    fields = type(part).model_fields
    pairs = ((name, getattr(part, name), may_be_absent(field)) for name, field in fields.items())
    return {name: _plain_value(value) for name, value, optional in pairs if not (optional and value is None)}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Part):
        return _plain(value)
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def resolved_yaml(recipe: Recipe) -> bytes:
    """The bytes that the SageMaker SDK uploads for this recipe: resolved, uncommented, in file order."""
    # Escaped, because PyYAML writes U+0085 and its like raw and then reads them back as something else.
    text = yaml.safe_dump(to_mapping(recipe), sort_keys=False, default_flow_style=False, allow_unicode=False)
    return text.encode("utf-8")


def dump(recipe: Recipe, *, made_by: str = "", run_with: str = "") -> str:
    """The recipe as YAML that every YAML version reads alike, with the meaning of each key beside it.

    `made_by` and `run_with` are commands named in the header.

    >>> from recipes import nova_lite_2_sft_lora
    >>> print(dump(nova_lite_2_sft_lora(name="sft-1")).splitlines()[2])
      name: sft-1  # Name of the run, shown in logs and artefacts
    """
    header = [f"# {recipe.TITLE}"]
    header += [f"# Made by:  {line}" for line in made_by.splitlines()]
    header += [f"# Run with: {line}" for line in run_with.splitlines()]
    return "\n".join((*header, *_block(recipe, 0))) + "\n"


def _block(part: Part, depth: int) -> Iterator[str]:
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if may_be_absent(field) and value is None:
            continue
        yield from _entry(name, value, field.description, "  " * depth, depth)


def _entry(name: str, value: Any, description: str | None, indent: str, depth: int) -> Iterator[str]:
    comment = f"  # {description}" if description else ""
    if isinstance(value, Part):
        yield f"{indent}{name}:"
        yield from _block(value, depth + 1)
    elif isinstance(value, Mapping) and value:
        yield f"{indent}{name}:{comment}"
        yield from (f"{indent}  {_scalar(key)}: {_scalar(item)}" for key, item in value.items())
    else:
        yield f"{indent}{name}: {_scalar(value)}{comment}"


def _scalar(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, str):
        return value if _is_plain(value) else _quoted(value)
    if isinstance(value, Sequence):
        return f"[{', '.join(_scalar(item) for item in value)}]"
    if isinstance(value, float):
        return float_text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def _is_plain(text: str) -> bool:
    if not _PLAIN.fullmatch(text) or text.endswith(":"):
        return False
    return plain_tag(text) == "str"


def _quoted(text: str) -> str:
    quoted: str = yaml.safe_dump(text, default_style='"', width=2**31, allow_unicode=False)
    return quoted.rstrip("\n")
