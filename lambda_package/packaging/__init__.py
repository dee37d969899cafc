"""Build a reproducible grader zip from a reward."""
