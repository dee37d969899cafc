"""Graders as AWS Lambda packages, verified locally before any deployment."""
