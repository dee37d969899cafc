"""Reward-hacking attacks: wrong answers that a grader must not pay."""
