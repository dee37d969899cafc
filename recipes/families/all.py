"""Every recipe class: one per key set."""

from __future__ import annotations

from recipes.families.benchmarks import (
    MultimodalEval,
    Nova1JudgeEval,
    Nova1MultimodalEval,
    Nova1TextEval,
    RubricJudgeEval,
    TextEval,
)
from recipes.families.byoo import RftByoo
from recipes.families.cpt import Cpt, Nova1Cpt
from recipes.families.distill import Distill
from recipes.families.evaluation import ByodEval, Nova1ByodEval, Nova1RftEval, RftEval
from recipes.families.multiturn import MultiTurnRl
from recipes.families.nova1 import Nova1DpoFull, Nova1DpoLora, Nova1SftFull, Nova1SftLora
from recipes.families.ppo import Ppo
from recipes.families.rft import RftFull, RftLora
from recipes.families.rft_hyperpod import RftFullHyperpod, RftLoraHyperpod
from recipes.families.sft import SftFull, SftLora
from recipes.model.base import Recipe

FAMILIES: tuple[type[Recipe], ...] = (
    SftLora,
    SftFull,
    RftLora,
    RftFull,
    RftLoraHyperpod,
    RftFullHyperpod,
    MultiTurnRl,
    RftByoo,
    Cpt,
    RftEval,
    ByodEval,
    TextEval,
    MultimodalEval,
    RubricJudgeEval,
    Nova1SftLora,
    Nova1SftFull,
    Nova1DpoLora,
    Nova1DpoFull,
    Ppo,
    Distill,
    Nova1Cpt,
    Nova1RftEval,
    Nova1ByodEval,
    Nova1TextEval,
    Nova1MultimodalEval,
    Nova1JudgeEval,
)
