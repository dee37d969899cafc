"""Monitoring of a running job: logs, metrics, grader health."""
