"""Scores files of rollouts, however long: streamed, in processes or on Ray, resumable, with statistics for GRPO."""

from rewards.grading.files import Row, read_rows
from rewards.grading.grade import Job, UnreadableRowError, grade_chunks
from rewards.grading.group_stats import Totals, pass_at_k
from rewards.grading.resume import Journal, JournalError

__all__ = [
    "Job",
    "Journal",
    "JournalError",
    "Row",
    "Totals",
    "UnreadableRowError",
    "grade_chunks",
    "pass_at_k",
    "read_rows",
]
