"""Explanations of the finding codes of plans, launches and running jobs, for `rft explain CODE`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CODES: Final[Mapping[str, str]] = {
    "placeholder": "A value such as <bucket> is not known yet. It cannot be forced: fill it into the project file.",
    "region": "AWS publishes no Nova training image for the region. Use another, or name an image of your own.",
    "image-missing": "The account of AWS's that publishes the image has no such repository or tag in the region.",
    "hyp-setting": "`hyp` takes a list of settings in place of a recipe, and has none for a key that differs.",
    "setting-unused": "The project sets something that the platform does not use, so the job would run without it.",
    "judge-missing": "RLAIF was asked for, and neither a model that judges nor an evaluator is named.",
    "group-missing": "There is no model package group of that name for the trained model to join.",
    "quota": "The account may not use so many instances of the type. Raise it with Service Quotas.",
    "credentials": "AWS does not know who is asking: sign in, or choose another --profile.",
    "could-not-look": "A check before the launch failed for another reason than permission, so its answer is unknown.",
    "not-allowed-to-look": "You may not make the call that a check before the launch needs, so its answer is unknown.",
    "role-missing": "There is no execution role of that name.",
    "role-account": "The execution role belongs to another account.",
    "role-trust": "The service may not assume the execution role: its trust policy lacks the service.",
    "role-permissions": "The execution role lacks permissions that the job needs; the finding lists them.",
    "bucket-missing": "There is no bucket of that name, or you may not see it.",
    "bucket-region": "The bucket lies in another region than the job.",
    "media-bucket": "Images, videos or documents lie in another bucket than the data; training refuses them.",
    "cluster-missing": "There is no HyperPod cluster of that name in the region.",
    "cluster-status": "The HyperPod cluster is not in service.",
    "cluster-capacity": "The cluster's Restricted Instance Groups have fewer instances than the job needs.",
    "hyperpod-rig": "Nova jobs run only in a Restricted Instance Group of a HyperPod cluster.",
    "hyperpod-network": "On HyperPod the cluster's network calls the grader: it needs a VPC endpoint for Lambda.",
    "checkpoint-platform": "A checkpoint can be used only on the platform that made it.",
    "grader-arn": "What is named as the grader is not the ARN of a Lambda function.",
    "grader-qualified": "The grader's ARN ends in a version or an alias, which SageMaker refuses.",
    "grader-region": "The grader is a function of another region than the job.",
    "grader-name": "HyperPod calls only functions with SageMaker in their name.",
    "grader-mismatch": "The recipe and the settings name different graders.",
    "grader-missing": "There is no function of that name.",
    "grader-digest": "The deployed function runs other code than the project's grader.",
    "grader-errors": "The grader failed in some calls while the job ran; its log says why.",
    "grader-throttled": "Lambda refused calls of the grader: its reserved concurrency is below what the job asks for.",
    "model-missing": "Bedrock offers no such base model in the region.",
    "model-legacy": "Bedrock has set an end to the base model's life.",
    "baseline-low": "The model earns nearly nothing before training, so there is little to reinforce: run SFT first.",
    "baseline-high": "The model earns nearly everything before training, so there is little to win.",
    "baseline-few": "The model earns something on few rows only, so most groups of rollouts will have no spread.",
    "reward-flat": "The mean reward has not moved for some steps.",
    "step-overdue": "The last step was logged longer ago than steps take.",
}
