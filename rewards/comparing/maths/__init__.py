"""Whether two written answers are the same mathematics: numbers, formulas, sets, intervals, tuples, relations."""

from rewards.comparing.maths.equality import Answer, answer_of, are_equal

__all__ = ["Answer", "answer_of", "are_equal"]
