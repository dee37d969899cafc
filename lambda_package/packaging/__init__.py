"""From a reward to a reproducible grader zip."""
