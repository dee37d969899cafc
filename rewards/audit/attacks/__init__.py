"""Answers that try to earn a reward without being right."""
