"""Whether a JSONL file is what Amazon Nova wants, before a job is paid for that finds out."""

from datagen.validate.findings import DataFinding, Report, Severity
from datagen.validate.rules import RULES, Rule, Target
from datagen.validate.scan import check

__all__ = ["RULES", "DataFinding", "Report", "Rule", "Severity", "Target", "check"]
