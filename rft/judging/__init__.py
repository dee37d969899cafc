"""Is a judge fit to be a reward: agreement with people, noise, biases, attacks and cost, from recorded verdicts."""

from rft.judging.calibrate import Calibration, calibrate, requests_of
from rft.judging.labelled import Labelled, read_labelled
from rft.judging.openai import OpenAIJudge
from rft.judging.recorded import RecordedJudge

__all__ = ["Calibration", "Labelled", "OpenAIJudge", "RecordedJudge", "calibrate", "read_labelled", "requests_of"]
