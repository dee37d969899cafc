"""Bedrock model customization jobs."""
