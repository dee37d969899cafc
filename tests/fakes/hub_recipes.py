"""The settings of the hub's recipes of Nova 2 Lite, with their types and ranges, as `hyp` and the SDK read them.

Facts of nova_recipe_template_parameters.json in aws/sagemaker-hyperpod-recipes @2631995.
"""

from __future__ import annotations

from typing import Any

MODEL = "nova-textgeneration-lite-v2"


def text(default: str = "", *, required: bool = False) -> dict[str, Any]:
    return {"type": "string", "required": required, "default": default}


def number(kind: str, default: float, low: float, high: float) -> dict[str, Any]:
    return {"type": kind, "required": True, "default": default, "min": low, "max": high}


def choice(default: int, *allowed: int) -> dict[str, Any]:
    return {"type": "integer", "required": True, "default": default, "enum": list(allowed)}


COMMON = {
    "name": text("my-run", required=True),
    "namespace": text("kubeflow", required=True),
    "data_s3_path": text(),
    "output_s3_path": text(),
    "mlflow_tracking_uri": text(),
    "mlflow_experiment_name": text(),
    "mlflow_run_name": text(),
    "instance_type": {**text("ml.p5.48xlarge"), "enum": ["ml.p5.48xlarge"]},
}
RATIO = {**number("float", 64.0, 1.0, 70.0), "required": False}
RFT = {
    **COMMON,
    "replicas": choice(2, 2, 4, 8, 16),
    "reward_lambda_arn": text(required=True),
    "learning_rate": number("float", 7e-07, 1e-08, 1e-03),
    "max_steps": number("integer", 10, 5, 100_000),
    "save_steps": number("integer", 10, 0, 100_000),
    "number_generation": number("integer", 8, 2, 16),
    "global_batch_size": number("integer", 256, 16, 256),
    "max_length": number("integer", 10_240, 4_096, 32_768),
}
SFT = {
    **COMMON,
    "replicas": choice(4, 4, 8, 16, 32),
    "validation_s3_path": text(),
    "reasoning_enabled": {"type": "boolean", "required": True, "default": True},
    "global_batch_size": choice(32, 32, 64, 128, 256),
    "max_steps": number("integer", 10, 4, 100_000),
    "save_steps": number("integer", 10, 1, 100_000),
    "learning_rate": number("float", 1e-05, 0, 1),
    "min_lr": number("float", 1e-06, 1e-07, 1.0),
    "warmup_steps": number("integer", 15, 0, 100),
    "weight_decay": number("float", 0.0, 0.0, 1.0),
    "fine_tuned_model": {**number("float", 1.0, 0.0, 1.0), "required": False},
    "val_check_interval": {**number("integer", 2_500, 1, 100_000), "required": False},
    "limit_val_batches": {**number("integer", 2, 0, 100_000), "required": False},
}
# By technique and adapters. The first that fits is the one that `hyp init` takes.
SPECS: dict[tuple[str, bool], dict[str, Any]] = {
    ("RLVR", True): {**RFT, "lora_alpha": choice(32, 16, 32, 64), "learning_rate_ratio": RATIO},
    ("RLVR", False): RFT,
    ("SFT", True): {**SFT, "lora_alpha": choice(64, 32, 64, 96, 128, 160, 192), "learning_rate_ratio": RATIO},
    ("SFT", False): SFT,
}
