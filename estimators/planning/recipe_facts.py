"""Facts of a recipe that a launch needs, read from the bytes that will be uploaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from estimators.errors import PlanError
from estimators.images import Method
from recipes.editing.structure import value_at
from recipes.model.graders import GRADER_PATHS
from rewards.yaml_text import YamlError, load_yaml


@dataclass(frozen=True, slots=True)
class RecipeFacts:
    """The part of a recipe that a job's request or watcher needs. `graders` maps the recipe's key path to an ARN."""

    name: str
    method: Method
    model_type: str
    model: str
    replicas: int
    graders: Mapping[str, str]
    task: str = ""
    steps: int | None = None
    output: str = ""
    mlflow: tuple[str, str] = ("", "")  # experiment and run


def method_of(document: Mapping[str, Any]) -> Method:
    """The kind of job that a recipe describes, by the section that only this kind has.

    >>> method_of({"training_config": {"rollout": {}}}), method_of({"training_config": {"max_steps": 10}})
    ('rft', 'sft')
    """
    training = document.get("training_config")
    if "evaluation" in document:
        return "eval"
    if not isinstance(training, Mapping):
        raise PlanError(f"the recipe has neither 'training_config' nor 'evaluation', only {sorted(document)!r}")
    if "rollout" in training:
        return "rft"
    if "distillation_data" in training:
        return "distill"
    return "dpo" if value_at(training, "model.dpo_cfg") is not None else "sft"


def read_facts(recipe: bytes) -> RecipeFacts:
    """Facts of a resolved recipe. Raises `PlanError` for what is not YAML, or lacks model type or replicas.

    >>> text = b"run: {name: r, model_type: 'amazon.nova-2-lite-v1:0:256k', replicas: 4}\\ntraining_config: {}\\n"
    >>> read_facts(text).replicas
    4
    """
    document = parse_recipe(recipe)
    replicas = value_at(document, "run.replicas")
    method = method_of(document)
    if replicas is None and method == "distill":
        replicas = 1  # distillation recipes have no replicas: they run on one CPU instance
    if not isinstance(replicas, int) or isinstance(replicas, bool) or replicas < 1:
        raise PlanError(f"run.replicas is the number of instances and must be a whole number >= 1, got {replicas!r}")
    graders = {path: value_at(document, path) for path in GRADER_PATHS}
    return RecipeFacts(
        name=_text(document, "name"),
        method=method,
        model_type=_text(document, "model_type"),
        model=value_at(document, "run.model_name_or_path") or "",
        replicas=replicas,
        graders={path: str(arn) for path, arn in graders.items() if arn},
        task=str(value_at(document, "evaluation.task") or ""),
        steps=_steps(document),
        output=_said(document, "output_s3_path"),
        mlflow=(_said(document, "mlflow_experiment_name"), _said(document, "mlflow_run_name")),
    )


def _steps(document: Mapping[str, Any]) -> int | None:
    """The optimizer steps a recipe asks for, None where it counts epochs or does not train."""
    found = (value_at(document, f"training_config.{path}") for path in ("trainer.max_steps", "max_steps"))
    return next((steps for steps in found if isinstance(steps, int)), None)


def parse_recipe(recipe: bytes) -> Mapping[str, Any]:
    """The sections of a recipe's YAML. Raises `PlanError` where it is none."""
    try:
        document = load_yaml(recipe.decode("utf-8", "surrogateescape"), "the recipe")
    except YamlError as error:
        raise PlanError(str(error)) from error
    if not isinstance(document, Mapping):
        raise PlanError(f"a recipe is a mapping of sections, got {type(document).__name__}")
    return document


def _said(document: Mapping[str, Any], key: str) -> str:
    return str(value_at(document, f"run.{key}") or "")


def _text(document: Mapping[str, Any], key: str) -> str:
    value = value_at(document, f"run.{key}")
    if not isinstance(value, str) or not value:
        raise PlanError(f"run.{key} must be a text that is not empty, got {value!r}")
    return value
