"""Container images for Nova jobs, by method, model generation, platform and region.

Source: aws/sagemaker-hyperpod-recipes @2631995, nova_regional_parameters.json and launcher constants (23 June 2026).
"""

from __future__ import annotations

from typing import Final, Literal

Method = Literal["sft", "rft", "dpo", "distill", "eval"]

# Accounts that publish every repository. eu-west-2 and eu-central-1 publish inference images only.
ACCOUNTS: Final = {"us-east-1": "708977205387", "us-west-2": "176779409107", "ap-northeast-1": "878185805882"}

_TAGS: Final[dict[tuple[str, Method, int], str]] = {
    ("sagemaker", "sft", 1): "nova-fine-tune-repo:SM-TJ-SFT-latest",
    ("sagemaker", "sft", 2): "nova-fine-tune-repo:SM-TJ-SFT-V2-latest",
    ("sagemaker", "dpo", 1): "nova-fine-tune-repo:SM-TJ-DPO-latest",
    ("sagemaker", "rft", 2): "nova-fine-tune-repo:SM-TJ-RFT-V2-latest",
    ("sagemaker", "distill", 1): "nova-distillation-repo:SM-TJ-DISTILL-LATEST",
    # "Evaluating your SageMaker AI-trained model" names this tag for both generations.
    ("sagemaker", "eval", 1): "nova-evaluation-repo:SM-TJ-Eval-V2-latest",
    ("sagemaker", "eval", 2): "nova-evaluation-repo:SM-TJ-Eval-V2-latest",
    ("hyperpod", "sft", 1): "nova-fine-tune-repo:SM-HP-SFT-latest",
    ("hyperpod", "sft", 2): "nova-fine-tune-repo:SM-HP-SFT-V2-latest",
    ("hyperpod", "dpo", 1): "nova-fine-tune-repo:SM-HP-DPO-latest",
    ("hyperpod", "rft", 2): "nova-fine-tune-repo:SM-HP-RFT-TRAIN-V2-latest",
    ("hyperpod", "eval", 1): "nova-evaluation-repo:SM-HP-Eval-V2-latest",
    ("hyperpod", "eval", 2): "nova-evaluation-repo:SM-HP-Eval-V2-latest",
}


def generation(model_type: str) -> int:
    """1 for Nova 1.0 models, 2 for Nova 2.

    >>> generation("amazon.nova-2-lite-v1:0:256k"), generation("amazon.nova-pro-v1:0:300k")
    (2, 1)
    """
    return 2 if model_type.startswith("amazon.nova-2-") else 1


def image_for(method: Method, model_type: str, *, platform: str, region: str) -> str | None:
    """The image URI, or None where AWS publishes none for this combination.

    >>> image_for("rft", "amazon.nova-2-lite-v1:0:256k", platform="sagemaker", region="us-east-1")
    '708977205387.dkr.ecr.us-east-1.amazonaws.com/nova-fine-tune-repo:SM-TJ-RFT-V2-latest'
    >>> image_for("dpo", "amazon.nova-2-lite-v1:0:256k", platform="sagemaker", region="us-east-1") is None
    True
    """
    tag = _TAGS.get((platform, method, generation(model_type)))
    account = ACCOUNTS.get(region)
    if tag is None or account is None:
        return None
    return f"{account}.dkr.ecr.{region}.amazonaws.com/{tag}"
