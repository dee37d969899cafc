"""From documents to checked, leak-free training data."""

from datagen.config import DataConfig
from datagen.errors import ConfigError, DataError, FormatError, SplitError, TeacherError
from datagen.pipeline import Made, make
from datagen.planning import DataPlan, plan

__all__ = [
    "ConfigError",
    "DataConfig",
    "DataError",
    "DataPlan",
    "FormatError",
    "Made",
    "SplitError",
    "TeacherError",
    "make",
    "plan",
]
