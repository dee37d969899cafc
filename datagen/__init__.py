"""From documents to checked, leak-free training data. The functions bear the names of the commands of `rft data`."""

from datagen.config import DataConfig, SplitConfig
from datagen.describe_file import card
from datagen.errors import ConfigError, DataError, FormatError, SplitError, TeacherError
from datagen.images.label import label, merge
from datagen.images.sheet import contact_sheet as sheet
from datagen.pipeline import Made, make
from datagen.planning import DataPlan, plan
from datagen.splits.files import Divided, split
from datagen.teachers.journal import export
from datagen.validate import Report, Target, check
from datagen.validate.fix_file import Fixed, fix

__all__ = [
    "ConfigError",
    "DataConfig",
    "DataError",
    "DataPlan",
    "Divided",
    "Fixed",
    "FormatError",
    "Made",
    "Report",
    "SplitConfig",
    "SplitError",
    "Target",
    "TeacherError",
    "card",
    "check",
    "export",
    "fix",
    "label",
    "make",
    "merge",
    "plan",
    "sheet",
    "split",
]
