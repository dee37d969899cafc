"""Where recipes name the Lambda function that grades, or that adds metrics: dotted keys, each family has some."""

from __future__ import annotations

from typing import Final

GRADER: Final = "run.reward_lambda_arn"  # RFT
GRADER_ENDPOINT: Final = "training_config.rollout.rewards.api_endpoint.lambda_arn"  # RFT, beside the other
EVAL_GRADER: Final = "rl_env.reward_lambda_arn"  # evaluation with an RFT grader
METRICS: Final = "processor.lambda_arn"  # evaluation on data of your own

REWARD_PATHS: Final = (GRADER, GRADER_ENDPOINT, EVAL_GRADER)  # those that name the project's reward
GRADER_PATHS: Final = (*REWARD_PATHS, METRICS)
