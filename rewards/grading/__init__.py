"""Scores files of rollouts, however long: streamed, in processes or on Ray, resumable, with statistics for GRPO."""

from rewards.grading.grade import Grade, Job, grade_chunks
from rewards.grading.group_stats import Totals, pass_at_k
from rewards.grading.resume import Journal, JournalError, Sources
from rewards.rollouts.files import Row, read_rows

__all__ = [
    "Grade",
    "Job",
    "Journal",
    "JournalError",
    "Row",
    "Sources",
    "Totals",
    "grade_chunks",
    "pass_at_k",
    "read_rows",
]
