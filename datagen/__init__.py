"""Make, check, convert and split training data. Functions have the names of the `rft data` commands."""

from datagen.config import DataConfig, RowsConfig, SplitConfig
from datagen.describe_file import card
from datagen.errors import ConfigError, DataError, FormatError, SplitError, TeacherError
from datagen.existing.convert import Converted, convert
from datagen.existing.diversity import diversity
from datagen.existing.make import make_from_rows
from datagen.existing.peek import Peeked, peek
from datagen.existing.select import Choice, Selected, select
from datagen.existing.vary import VariantsConfig, Varied, vary
from datagen.generation.dialogues import DialoguesConfig, MadeDialogues, dialogues
from datagen.images.label import label, merge
from datagen.images.sheet import contact_sheet as sheet
from datagen.pipeline import Made, make
from datagen.planning import DataPlan, plan
from datagen.quality.diversity import Diversity
from datagen.splits.files import Divided, split
from datagen.teachers.journal import export
from datagen.validate import Report, Target, check
from datagen.validate.fix_file import Fixed, fix

__all__ = [
    "Choice",
    "ConfigError",
    "Converted",
    "DataConfig",
    "DataError",
    "DataPlan",
    "DialoguesConfig",
    "Diversity",
    "Divided",
    "Fixed",
    "FormatError",
    "Made",
    "MadeDialogues",
    "Peeked",
    "Report",
    "RowsConfig",
    "Selected",
    "SplitConfig",
    "SplitError",
    "Target",
    "TeacherError",
    "VariantsConfig",
    "Varied",
    "card",
    "check",
    "convert",
    "dialogues",
    "diversity",
    "export",
    "fix",
    "label",
    "make",
    "make_from_rows",
    "merge",
    "peek",
    "plan",
    "select",
    "sheet",
    "split",
    "vary",
]
