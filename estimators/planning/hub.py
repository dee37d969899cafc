"""Models of SageMaker's public hub, and the names that a recipe's keys have among the settings of a hub recipe.

`hyp` and serverless jobs take such settings, a flat list, in the place of a recipe: a key without a name there
cannot be set.
Source: nova_recipe_template_parameters.json in sagemaker-hyperpod-recipes @2631995.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from estimators.errors import PlanError
from estimators.images import Method
from recipes.model.base import flatten

HUB: Final = "SageMakerPublicHub"
MODELS: Final[Mapping[str, str]] = {
    "amazon.nova-2-lite-v1:0:256k": "nova-textgeneration-lite-v2",
    "amazon.nova-micro-v1:0:128k": "nova-textgeneration-micro",
    "amazon.nova-lite-v1:0:300k": "nova-textgeneration-lite",
    "amazon.nova-pro-v1:0:300k": "nova-textgeneration-pro",
}
TECHNIQUES: Final[Mapping[Method, str]] = {"sft": "SFT", "rft": "RLVR", "dpo": "DPO"}

PLACES: Final[Mapping[str, str]] = {
    "run.data_s3_path": "data_s3_path",
    "run.validation_data_s3_path": "validation_s3_path",
    "run.output_s3_path": "output_s3_path",
    "run.replicas": "replicas",
    "run.reward_lambda_arn": "reward_lambda_arn",
    "training_config.rollout.rewards.api_endpoint.lambda_arn": "reward_lambda_arn",
    "run.mlflow_tracking_uri": "mlflow_tracking_uri",
    "run.mlflow_experiment_name": "mlflow_experiment_name",
    "run.mlflow_run_name": "mlflow_run_name",
}
# What is tuned: keys of RFT, then of SFT 2.0, then of SFT and DPO 1.0; no key has two names.
TUNED: Final[Mapping[str, str]] = {
    "run.name": "name",
    **{
        f"training_config.{path}": name
        for path, name in {
            "global_batch_size": "global_batch_size",
            "rollout.advantage_strategy.number_generation": "number_generation",
            "trainer.max_steps": "max_steps",
            "trainer.save_steps": "save_steps",
            "trainer.optim_config.lr": "learning_rate",
            "trainer.peft.lora_tuning.alpha": "lora_alpha",
            "trainer.peft.lora_tuning.loraplus_lr_ratio": "learning_rate_ratio",
            "trainer.peft.lora_tuning.lora_plus_lr_ratio": "learning_rate_ratio",
            "max_steps": "max_steps",
            "save_steps": "save_steps",
            "reasoning_enabled": "reasoning_enabled",
            "val_check_interval": "val_check_interval",
            "limit_val_batches": "limit_val_batches",
            "lr_scheduler.warmup_steps": "warmup_steps",
            "lr_scheduler.min_lr": "min_lr",
            "optim_config.lr": "learning_rate",
            "optim_config.weight_decay": "weight_decay",
            "peft.lora_tuning.alpha": "lora_alpha",
            "peft.lora_tuning.lora_plus_lr_ratio": "learning_rate_ratio",
            "model_importance_score.fine_tuned_model": "fine_tuned_model",
            "trainer.max_epochs": "max_epochs",
            "model.optim.lr": "learning_rate",
            "model.optim.weight_decay": "weight_decay",
            "model.optim.sched.warmup_steps": "warmup_steps",
            "model.optim.sched.min_lr": "min_lr",
            "model.dpo_cfg.beta": "adam_beta",
            "model.peft.lora_tuning.alpha": "lora_alpha",
            "model.peft.lora_tuning.loraplus_lr_ratio": "learning_rate_ratio",
            "model.peft.lora_tuning.lora_plus_lr_ratio": "learning_rate_ratio",
        }.items()
    },
}
_LENGTH: Final = "training_config.max_length"  # of SFT and DPO it chooses the hub's recipe, of RFT it is a setting


def hub_model(model_type: str) -> str:
    """The name of a Nova model in the public hub. Raises `PlanError` for a model that is not there.

    >>> hub_model("amazon.nova-2-lite-v1:0:256k")
    'nova-textgeneration-lite-v2'
    """
    if model_type not in MODELS:
        raise PlanError(f"SageMaker's hub has no recipes for {model_type!r}; it has those of {', '.join(MODELS)}")
    return MODELS[model_type]


def technique_of(method: Method) -> str:
    """The hub's name of a method. Raises `PlanError` for a method without hub recipes."""
    if method not in TECHNIQUES:
        raise PlanError(f"SageMaker's hub has no recipe to customise by {method}; it has {', '.join(TECHNIQUES)}")
    return TECHNIQUES[method]


def hub_name_of(path: str, method: Method) -> str | None:
    """The hub's name of a recipe's key; None for a key that no setting of the hub changes.

    >>> hub_name_of("training_config.trainer.optim_config.lr", "rft"), hub_name_of("run.model_name_or_path", "rft")
    ('learning_rate', None)
    """
    if path == _LENGTH:
        return "max_length" if method == "rft" else None
    return TUNED.get(path) or PLACES.get(path)


def hub_settings(recipe: Mapping[str, Any], method: Method, *, places: bool = True) -> dict[str, Any]:
    """The recipe's values by their names in the hub, empty ones left out; without `places` only what is tuned.

    >>> hub_settings({"run": {"name": "a", "replicas": 4}, "training_config": {"max_steps": 9}}, "sft", places=False)
    {'name': 'a', 'max_steps': 9}
    """
    named = ((hub_name_of(path, method), path, value) for path, value in flatten(recipe).items())
    return {
        name: value
        for name, path, value in named
        if name is not None and value not in ("", None) and (places or path not in PLACES)
    }


def is_lora(recipe: Mapping[str, Any]) -> bool:
    """Whether a recipe trains adapters.

    >>> is_lora({"training_config": {"trainer": {"peft": {"lora_tuning": {"alpha": 32}}}}})
    True
    """
    return any(".lora_tuning." in path for path in flatten(recipe))
