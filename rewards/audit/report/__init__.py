"""Audit findings, and their report as JSON and HTML."""
