"""The tiny base policy as package data: config, tokenizer, weights, their provenance, and the script that made them."""

from pathlib import Path

BASE_FOLDER = Path(__file__).parent
"""Folder that `from_pretrained` reads."""
