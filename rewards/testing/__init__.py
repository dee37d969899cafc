"""Laws for your own reward, in your own test suite.

    from rewards.testing import RewardLaws
    from reward import reward

    class TestReward(RewardLaws):
        reward = reward
        data = "data/rft/train.jsonl"

Under pytest that runs every law of `rft audit` that can fail by itself; Hypothesis shrinks each counterexample.
`ScriptedJudge` stands in for the model of a `judge`.
"""

from rewards.testing import strategies
from rewards.testing.judges import ScriptedJudge
from rewards.testing.laws import RewardLaws

__all__ = ["RewardLaws", "ScriptedJudge", "strategies"]
