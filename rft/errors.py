"""The errors of `rft`. Each prints as one line (or one line per problem), never as a traceback.

RftError
├── ProjectError     the project file cannot be used: every problem, with its line
├── TemplateError    no project can be written under this name
├── GraderError      what should be audited is no grader, or cannot be reached
└── StageError       a stage of the pipeline found something that must be put right first
"""


class RftError(Exception):
    """Root of everything `rft` raises on purpose."""


class ProjectError(RftError, ValueError):
    """A project file that cannot be used."""


class TemplateError(RftError, ValueError):
    """A project that cannot be written."""


class StageError(RftError):
    """A stage stopped; what earlier stages finished is kept."""
