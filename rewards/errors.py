"""The errors of `rewards`. A model's mistake is a score; these are ours.

RewardError
├── UngradableError      this sample cannot be judged (no reference, unreadable ground truth)
├── InvalidScoreError    a reward returned something that is not a finite score (also a ValueError)
├── RowError             a row holds no conversation, or no completion to judge (also a ValueError)
├── JudgeError           a model that should have judged a completion gave no readable verdict
├── UnreachableError     something else answered in AWS's place (raised by the clients of `rewards.aws`)
├── SpecError            a reward specification cannot be read (also a ValueError)
├── YamlError            a YAML text is none, or is out of bounds (also a ValueError; in `rewards.yaml_text`)
└── WriteError           an output cannot be written, or another process is writing it (in `rewards.writing`)

HedgingWarning           a combinator can pay hedging though none of its parts does (a UserWarning)
"""


class RewardError(Exception):
    """Root of everything `rewards` raises on purpose."""


class UngradableError(RewardError):
    """The sample, not the completion, is at fault: nobody could be judged against it."""


class RowError(RewardError, ValueError):
    """A row is none of the documented shapes, or holds no completion."""


class InvalidScoreError(RewardError, ValueError):
    """A reward produced a value that must not reach a trainer, such as NaN."""


class JudgeError(RewardError):
    """A judge failed to judge. The completion is not to blame, so this is never a score."""


class UnreachableError(RewardError):
    """What answered is not AWS, but a proxy or a login portal on the way to it."""


class SpecError(RewardError, ValueError):
    """A reward specification names something unknown or gives it a wrong parameter."""


class HedgingWarning(UserWarning):
    """A combinator can pay an answer that names more than any possible reference, though none of its parts does."""
