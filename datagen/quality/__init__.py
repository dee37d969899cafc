"""Filters on drafts: quality checks, grounding, deduplication, decontamination."""
