"""What every part of every recipe has in common: frozen, strictly typed, closed, documented per key."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, ClassVar, NamedTuple, TypeAlias, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from rewards.yaml_text import key_path


class Platform(StrEnum):
    """Where a recipe runs, by the names that `--on` takes. AWS's own word for SageMaker's jobs is understood too.

    >>> Platform("training-job")
    <Platform.SAGEMAKER: 'sagemaker'>
    """

    SAGEMAKER = "sagemaker"
    HYPERPOD = "hyperpod"
    SERVERLESS = "serverless"

    @classmethod
    def _missing_(cls, value: object) -> Platform | None:
        return {"training-job": cls.SAGEMAKER}.get(str(value))


class Part(BaseModel):
    """A block of a recipe. A change is a new value, see `recipes.replace`."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


Version: TypeAlias = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{1,9}(\.[0-9]{1,9}){0,3}$",
        examples=["1.0.26"],
        json_schema_extra={"rule": "numbers with dots between them, as text"},
    ),
]
InstanceType: TypeAlias = Annotated[
    str,
    Field(
        pattern=r"^(ml\.)?[a-z][a-z0-9-]*\.[a-z0-9]+$",
        examples=["ml.p5.48xlarge"],
        json_schema_extra={"rule": "an instance type"},
    ),
]
SAMPLES = "samples on AWS pages, such as Continued Pre-Training of Nova Forge"


def documented(description: str, source: str) -> Any:
    """A field that some source of AWS's shows and the official files lack; None leaves it out of the YAML."""
    return Field(default=None, description=description, json_schema_extra={"optional": True, "source": source})


class Recipe(Part):
    """A whole recipe. Each subclass is one key set: a method, with or without LoRA, of one model generation."""

    TITLE: ClassVar[str]
    METHOD: ClassVar[str]
    PLATFORMS: ClassVar[tuple[Platform, ...]]

    # The head of the samples on AWS's pages, which launchers leave alone.
    display_name: str | None = documented("Title shown to people", SAMPLES)
    versions: Annotated[tuple[Version, ...], Field(strict=False)] | None = documented("Versions of the recipe", SAMPLES)
    instance_types: Annotated[tuple[InstanceType, ...], Field(strict=False)] | None = documented(
        "Instance types that the recipe is for", SAMPLES
    )


R = TypeVar("R", bound=Recipe)


class Key(NamedTuple):
    """One leaf of a recipe: its dotted path, its field (type, meaning) and the official value.

    `optional`: official files lack the key, and our YAML leaves it out while it is None; `source` says who has it.
    """

    path: str
    field: FieldInfo
    default: Any
    optional: bool
    source: str = ""


def may_be_absent(field: FieldInfo) -> bool:
    """Whether a field is known from documentation only, so that None means absent rather than null."""
    return bool(_extra(field).get("optional"))


def _extra(field: FieldInfo) -> Mapping[str, Any]:
    extra = field.json_schema_extra
    return extra if isinstance(extra, Mapping) else {}


@cache
def keys_of(part: type[Part]) -> Mapping[str, Key]:
    """Every leaf key of a recipe class, in the order in which it is written.

    >>> from recipes import RftLora
    >>> list(keys_of(RftLora))[3:5]
    ['run.name', 'run.model_type']
    """
    return {key.path: key for key in _leaves(part(), "", documented="")}


def _leaves(part: Part, prefix: str, *, documented: str) -> Iterator[Key]:
    """`documented` is the source of the optional block around the part, empty outside of any."""
    for name, field in type(part).model_fields.items():
        value, source = getattr(part, name), documented or _extra(field).get("source", "")
        block = _block_in(field.annotation) if value is None else value
        if isinstance(block, Part):
            yield from _leaves(block, f"{prefix}{name}.", documented=source)
        else:
            yield Key(f"{prefix}{name}", field, value, bool(source), source)


def _block_in(annotation: Any) -> Part | None:
    """The block in `Block | None`, with its defaults; None where the annotation holds no block."""
    blocks = (part for part in get_args(annotation) if isinstance(part, type) and issubclass(part, Part))
    return next((block() for block in blocks), None)


def completed(mapping: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """`mapping` laid over `defaults`, block by block: a block that is given in part keeps the rest of its defaults.

    >>> completed({"run": {"name": "a"}}, {"run": {"name": "b", "replicas": 4}, "rest": 1})
    {'run': {'name': 'a', 'replicas': 4}, 'rest': 1}
    """
    both = dict(defaults)
    for name, value in mapping.items():
        default = defaults.get(name)
        if isinstance(value, Mapping) and isinstance(default, Mapping):
            value = completed(value, default)
        both[name] = value
    return both


def flatten(mapping: Mapping[str, Any], leaves: Container[str] = (), around: str = "") -> dict[str, Any]:
    """A nested mapping as dotted path to value; paths in `leaves` and empty mappings are not descended into.

    >>> flatten({"run": {"name": "a", "replicas": 4}})
    {'run.name': 'a', 'run.replicas': 4}
    """
    flat: dict[str, Any] = {}
    for name, value in mapping.items():
        path = key_path(around, str(name))
        if isinstance(value, Mapping) and value and path not in leaves:
            flat |= flatten(value, leaves, path)
        else:
            flat[path] = value
    return flat
