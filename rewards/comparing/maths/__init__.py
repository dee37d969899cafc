"""Whether two written answers are the same mathematics: numbers, formulas, sets, intervals, tuples, relations."""

from rewards.comparing.maths.equality import Answer, are_equal
from rewards.comparing.maths.finding import answer_of

__all__ = ["Answer", "answer_of", "are_equal"]
