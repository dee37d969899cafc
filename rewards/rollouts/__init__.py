"""The one file of rollouts: its record, its schema, and how it is read and written as JSONL and Parquet."""

from rewards.rollouts.files import Row, read_records, read_rows, write_records
from rewards.rollouts.record import (
    FIELDS,
    VERSION,
    VERSION_KEY,
    Record,
    RolloutFileError,
    asked_of,
    completion_turns,
    graded,
    graded_by_lambda,
    group_of,
    prompt_turns,
    record_of,
    rollout_record,
    row_of,
    schema,
    signals_of_record,
)

__all__ = [
    "FIELDS",
    "VERSION",
    "VERSION_KEY",
    "Record",
    "RolloutFileError",
    "Row",
    "asked_of",
    "completion_turns",
    "graded",
    "graded_by_lambda",
    "group_of",
    "prompt_turns",
    "read_records",
    "read_rows",
    "record_of",
    "rollout_record",
    "row_of",
    "schema",
    "signals_of_record",
    "write_records",
]
