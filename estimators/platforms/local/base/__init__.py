"""The tiny base policy as package data, with its provenance. Built by `benchmarks/base_policy` in the repository."""

from pathlib import Path

BASE_FOLDER = Path(__file__).parent
"""Folder that `from_pretrained` reads."""
