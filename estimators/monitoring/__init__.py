"""A running job: logs, metrics, the health of its grader."""
