"""Data mixing of Nova Forge: a share of Nova's own training data among the customer's.

Source: the AWS pages "Supervised Fine-Tuning" (nova-forge-sft) and "Continued Pre-Training" of Nova Forge, read
2026-11-28. The block stands at the top of the recipe, beside run and training_config.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from recipes.model import fields as f
from recipes.model.base import Part

Percent: TypeAlias = Annotated[float, Field(ge=0, le=100), f.KEEP_INT]

_BOTH_WAYS = ("chat", "code", "factuality", "instruction-following", "math", "planning", "rag", "rai", "stem")
_TEXT = ("agents", "baseline", "identity", "long-context", "translation", *_BOTH_WAYS)
_IMAGES = (
    "charts",
    "chat",
    "code",
    "docs",
    "general",
    "grounding",
    "rag",
    "screenshot",
    "text",
    "translation",
    "video",
)
_PRETRAINING = """
    additional-languages agents business-and-finance code entertainment factual-and-news health-and-medicine
    humanities-and-education legal longform-text math other reasoning scientific social-and-personal-interest tables
"""
CATEGORIES: Final[Mapping[str, frozenset[str]]] = {
    "sft_1p5_text_chat": frozenset((*_TEXT, *(f"reasoning-{name}" for name in _BOTH_WAYS))),
    "sft_1p5_mm_chat": frozenset(_IMAGES),
    "cpt_text_lite": frozenset(_PRETRAINING.split()),
}


class CustomerData(Part):
    """The share of your own data."""

    percent: Annotated[Percent, Field(description="Share of the mix that is your data; 100 mixes nothing in")] = 50


class Sources(Part):
    """What is mixed."""

    customer_data: CustomerData = CustomerData()
    nova_data: Annotated[
        Mapping[str, Percent], Field(description="Shares of Nova's data categories; they add up to 100")
    ] = Field(default_factory=dict)


class SftMixing(Part):
    """Nova's data beside yours in supervised training."""

    dataset_catalog: Annotated[
        Literal["sft_1p5_text_chat", "sft_1p5_mm_chat"], Field(description="Catalogue of Nova's data: text or images")
    ] = "sft_1p5_text_chat"
    sources: Sources = Sources()


class CptMixing(Part):
    """Nova's data beside yours in continued pre-training."""

    dataset_catalog: Annotated[
        Literal["cpt_text_lite"], Field(description="Catalogue of Nova's data; the only one there is")
    ] = "cpt_text_lite"
    sources: Sources = Sources()
