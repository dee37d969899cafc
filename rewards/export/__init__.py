"""One reward for every trainer: each function here wraps a reward in the call that one framework makes.

AWS's own callers (Nova training jobs, serverless open-weight jobs, Bedrock, evaluation) are served by
`lambda_package.handler_for`. A sample that cannot be judged is never a silent 0: each wrapper says what it does
instead.
"""

from rewards.export.eval_protocol import as_eval_protocol
from rewards.export.gemini import to_gemini_reward
from rewards.export.harbor import to_rewardkit
from rewards.export.nemo_gym import as_nemo_gym
from rewards.export.openai import to_openai_grader
from rewards.export.trl import as_trl
from rewards.export.verifiers import as_verifiers
from rewards.export.verifiers_tasks import to_verifiers_taskset
from rewards.export.verl import as_verl

__all__ = [
    "as_eval_protocol",
    "as_nemo_gym",
    "as_trl",
    "as_verifiers",
    "as_verl",
    "to_gemini_reward",
    "to_openai_grader",
    "to_rewardkit",
    "to_verifiers_taskset",
]
