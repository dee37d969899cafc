"""The 56 official Nova recipes: which class each is, where it differs from it, and on which instances it runs.

Source: aws/sagemaker-hyperpod-recipes, commit 2631995 (23 June 2026), recipes_src and nova_metadata.json.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from recipes.editing.replace import replace
from recipes.families import benchmarks, cpt, distill, evaluation, multiturn, nova1, ppo, rft, rft_hyperpod, sft
from recipes.model.base import Platform, Recipe
from rewards.types import JSON


class Model(NamedTuple):
    """One Nova model under its three names: ours (`rft recipe --model`), the recipe's, and JumpStart's."""

    name: str
    model_type: str
    path: str
    hub_name: str


LITE_2 = Model("nova-2-lite", "amazon.nova-2-lite-v1:0:256k", "nova-lite-2/prod", "nova-textgeneration-lite-v2")
MICRO = Model("nova-micro", "amazon.nova-micro-v1:0:128k", "nova-micro/prod", "nova-textgeneration-micro")
LITE = Model("nova-lite", "amazon.nova-lite-v1:0:300k", "nova-lite/prod", "nova-textgeneration-lite")
PRO = Model("nova-pro", "amazon.nova-pro-v1:0:300k", "nova-pro/prod", "nova-textgeneration-pro")
PREMIER = Model("nova-premier", "amazon.nova-premier-v1:0:300k", "", "")  # teaches only
MODELS = (LITE_2, MICRO, LITE, PRO, PREMIER)

P5, P5EN, P4D = "ml.p5.48xlarge", "ml.p5en.48xlarge", "ml.p4d.24xlarge"
G12 = ("ml.g5.12xlarge", "ml.g6.12xlarge")
G48 = ("ml.g5.48xlarge", "ml.g6.48xlarge")
NOVA_1_TUNING = (P5, P4D, P5EN)


@dataclass(frozen=True, slots=True)
class Official:
    """One recipe file of AWS's: `changes` are its values where they differ from its class's defaults."""

    name: str
    folder: str
    version: str
    family: type[Recipe]
    model: Model
    instance_types: tuple[str, ...]
    changes: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """The method under which `rft recipe new` finds it, such as rft-lora."""
        return self.family.METHOD

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """Where it runs."""
        return self.family.PLATFORMS

    @property
    def path(self) -> str:
        """The file's path below recipes_src, as `hyperpod start-job --recipe` takes it."""
        return f"{self.folder}/{self.name}"

    def recipe(self) -> Recipe:
        """The recipe with the values of AWS's file."""
        return replace(self.family(), self.changes)


# --- Nova 2 Lite -------------------------------------------------------------------------------------------------
def _nova_2() -> Iterator[Official]:
    tuning = "fine-tuning/nova/nova_2_0/nova_lite"
    both, sft_types = (P5, P5EN), (P5, P5EN, P4D)
    for name, folder, version, family, types in (
        ("nova_lite_2_0_p5_gpu_lora_sft", f"{tuning}/SFT", "2.5.0", sft.SftLora, sft_types),
        ("nova_lite_2_0_p5_gpu_sft", f"{tuning}/SFT", "2.4.0", sft.SftFull, sft_types),
        ("nova_lite_v2_smtj_p5_p5en_gpu_lora_rft", f"{tuning}/RFT", "2.2.0", rft.RftLora, both),
        ("nova_lite_v2_smtj_p5_p5en_gpu_rft", f"{tuning}/RFT", "2.2.0", rft.RftFull, both),
        ("nova_lite_2_0_p5_gpu_lora_rft", f"{tuning}/RFT", "2.2.0", rft_hyperpod.RftLoraHyperpod, both),
        ("nova_lite_2_0_p5_gpu_rft", f"{tuning}/RFT", "2.2.0", rft_hyperpod.RftFullHyperpod, both),
        ("mtrl_nova_lite_2_0_lora", f"{tuning}/MTRL", "1.0.26", multiturn.MultiTurnRl, ()),
        ("nova_lite_2_0_p5x8_gpu_pretrain", "training/nova/nova_2_0/nova_lite/CPT", "2.2.0", cpt.Cpt, (P5,)),
    ):
        yield Official(name, folder, version, family, LITE_2, types)
    for kind, evaluated in (
        ("rft_eval", evaluation.RftEval),
        ("bring_your_own_dataset_eval", evaluation.ByodEval),
        ("general_text_benchmark_eval", benchmarks.TextEval),
        ("general_multi_modal_benchmark_eval", benchmarks.MultimodalEval),
        ("rubric_llm_judge_eval", benchmarks.RubricJudgeEval),
    ):
        name = f"nova_lite_2_0_p5_48xl_gpu_{kind}"
        yield Official(name, "evaluation/nova/nova_2_0/nova_lite", "2.3.0", evaluated, LITE_2, (P5, P4D))


# --- Nova 1.0 ----------------------------------------------------------------------------------------------------
LENGTH, BATCH = "training_config.max_length", "training_config.global_batch_size"
EPOCHS = "training_config.trainer.max_epochs"
Row = tuple[Model, str, type[Recipe], tuple[str, ...], Mapping[str, JSON]]


def _nova_1() -> Iterator[Official]:
    for folder, rows in (("SFT", _sft_rows()), ("DPO", _dpo_rows()), ("PPO", _ppo_rows()), ("CPT", _cpt_rows())):
        root = "training" if folder == "CPT" else "fine-tuning"
        for model, suffix, family, types, changes in rows:
            size = model.name.replace("-", "_")
            # The g5/g6 SFT recipes carry a newer version than the rest of their generation.
            version = "2.2.0" if folder == "SFT" and suffix.startswith("g5") else "1.2.0"
            values: dict[str, JSON] = {**_identity(model), **changes}
            where = f"{root}/nova/nova_1_0/{size}/{folder}"
            yield Official(f"{size}_1_0_{suffix}", where, version, family, model, types, values)


def _identity(model: Model) -> dict[str, JSON]:
    return {"run.model_type": model.model_type, "run.model_name_or_path": model.path}


def _sft_rows() -> Iterator[Row]:
    lora, full = nova1.Nova1SftLora, nova1.Nova1SftFull
    for model in (MICRO, LITE):
        for suffix, types in (("g5_g6_12x", G12), ("g5_g6_48x", G48)):
            yield model, f"{suffix}_gpu_lora_sft", lora, types, {"run.replicas": 1, LENGTH: 8192}
    yield MICRO, "p5_p4d_gpu_lora_sft", lora, NOVA_1_TUNING, {"run.replicas": 2}
    yield LITE, "p5_p4d_gpu_lora_sft", lora, NOVA_1_TUNING, {}
    yield PRO, "p5_p4d_gpu_lora_sft", lora, NOVA_1_TUNING, {"run.replicas": 6, BATCH: 32}
    yield MICRO, "g5_g6_48x_gpu_sft", full, G48, {"run.replicas": 1, LENGTH: 4096, BATCH: 64, EPOCHS: 2}
    yield MICRO, "p5_p4d_gpu_sft", full, NOVA_1_TUNING, {"run.replicas": 2}
    yield LITE, "p5_p4d_gpu_sft", full, NOVA_1_TUNING, {}
    yield PRO, "p5_gpu_sft", full, (P5, P5EN), {"run.replicas": 6, EPOCHS: 2}


def _dpo_rows() -> Iterator[Row]:
    lora, full = nova1.Nova1DpoLora, nova1.Nova1DpoFull
    small: Mapping[str, JSON] = {"run.replicas": 1, LENGTH: 4096}
    yield MICRO, "g5_g6_12x_gpu_lora_dpo", lora, G12, small
    yield MICRO, "g5_g6_48x_gpu_lora_dpo", lora, G48, small
    yield LITE, "g5_g6_48x_gpu_lora_dpo", lora, G48, small
    yield MICRO, "p5_p4d_gpu_lora_dpo", lora, NOVA_1_TUNING, {"run.replicas": 2}
    yield LITE, "p5_p4d_gpu_lora_dpo", lora, NOVA_1_TUNING, {}
    yield PRO, "p5_p4d_gpu_lora_dpo", lora, NOVA_1_TUNING, {"run.replicas": 6, BATCH: 32}
    yield MICRO, "p5_p4d_gpu_dpo", full, NOVA_1_TUNING, {"run.replicas": 2}
    yield LITE, "p5_p4d_gpu_dpo", full, NOVA_1_TUNING, {}
    yield PRO, "p4d_gpu_dpo", full, (P4D,), {"run.replicas": 12, BATCH: 32}
    yield PRO, "p5_gpu_dpo", full, (P5, P5EN), {"run.replicas": 6, BATCH: 32}


def _ppo_rows() -> Iterator[Row]:
    steps, batch = "ppo_actor_train.max_steps", "ppo_actor_train.model.global_batch_size"
    yield MICRO, "p5_gpu_ppo", ppo.Ppo, (P5,), {steps: 520, batch: 256}
    yield LITE, "p5_gpu_ppo", ppo.Ppo, (P5,), {}
    yield PRO, "p5_gpu_ppo", ppo.Ppo, (P5,), {"run.actor_train_replicas": 6, steps: 1040}


def _cpt_rows() -> Iterator[Row]:
    for model, replicas in ((MICRO, 8), (LITE, 16), (PRO, 24)):
        yield model, f"p5x{replicas}_gpu_pretrain", cpt.Nova1Cpt, (P5,), {"run.replicas": replicas}


def _nova_1_evaluations() -> Iterator[Official]:
    g5_g6 = ("ml.g5.12xlarge", "ml.g5.24xlarge", "ml.g6.12xlarge", "ml.g6.24xlarge")
    types = {MICRO: (P5, *g5_g6), LITE: (P5, *g5_g6, "ml.g6.48xlarge"), PRO: (P5,)}
    for kind, job, family, models in (
        ("rft_eval", "rft", evaluation.Nova1RftEval, (MICRO, LITE, PRO)),
        ("bring_your_own_dataset_eval", "byod", evaluation.Nova1ByodEval, (MICRO, LITE, PRO)),
        ("general_text_benchmark_eval", "mmlu", benchmarks.Nova1TextEval, (MICRO, LITE, PRO)),
        ("general_multi_modal_benchmark_eval", "mmlu", benchmarks.Nova1MultimodalEval, (LITE, PRO)),
        ("llm_judge_eval", "llm-judge", benchmarks.Nova1JudgeEval, (MICRO, LITE, PRO)),
    ):
        for model in models:
            size = model.name.replace("-", "_")
            changes: dict[str, JSON] = {**_identity(model), "run.name": f"{model.name}-{job}-eval-job"}
            if kind == "rft_eval":
                changes["run.model_name_or_path"] = f"s3://escrow_bucket/model_location or {model.path}"
            name, folder = f"{size}_1_0_p5_48xl_gpu_{kind}", f"evaluation/nova/nova_1_0/{size}"
            yield Official(name, folder, "2.3.0", family, model, types[model], changes)


def _distillation() -> Iterator[Official]:
    for model in (PREMIER, PRO):
        size, short = model.name.replace("-", "_"), model.name.removeprefix("nova-")
        changes: dict[str, JSON] = {
            "run.name": f"data-distillation-{short}-teacher",
            "run.model_type": model.model_type,
            "training_config.teacherModelId": f"us.amazon.nova-{short}-v1:0",
        }
        folder = f"fine-tuning/nova/nova_1_0/{size}/distill"
        name = f"{size}_1_0_r5_cpu_distill"
        yield Official(name, folder, "1.2.0", distill.Distill, model, ("ml.r5.24xlarge",), changes)


def on_a_page(family: type[Recipe]) -> Official:
    """A recipe of which AWS publishes no file, only a sample on a page."""
    return Official(f"the sample of {family.METHOD} on AWS's page", "", "", family, LITE_2, (P5,))


@cache
def catalogue() -> tuple[Official, ...]:
    """All official recipes, Nova 2 first.

    >>> len(catalogue())
    56
    """
    return (*_nova_2(), *_nova_1(), *_nova_1_evaluations(), *_distillation())
