"""The errors of `datagen`.

DataError
├── ConfigError      the configuration cannot work (also a ValueError)
├── FormatError      a file does not have the format it should have (also a ValueError)
├── SplitError       the documents cannot be divided as asked without a leak (also a ValueError)
├── MissingExtraError  a library is needed that is not installed (also an ImportError)
└── TeacherError     the teacher cannot be asked, or the run was stopped before it cost more
    ├── BusyError    this request failed and may succeed when asked again: throttled, timed out, overloaded
    └── RefusedError this request will fail each time: not allowed, not valid
"""


class DataError(Exception):
    """Root of everything `datagen` raises on purpose."""


class ConfigError(DataError, ValueError):
    """The configuration names something that does not exist or asks for something impossible."""


class FormatError(DataError, ValueError):
    """A file cannot be read as the format it claims to be; the message holds the path and the physical line."""


class SplitError(DataError, ValueError):
    """The split that was asked for is not possible with these documents."""


class MissingExtraError(DataError, ImportError):
    """A library is needed that is not installed; the message names the extra."""

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is needed for this; pip install 'rftkit[{extra}]'")


class TeacherError(DataError):
    """The run of a teacher was stopped; answers that had arrived are kept. `raw` is a reply that nobody could read."""

    def __init__(self, message: str, *, raw: str = "") -> None:
        super().__init__(message)
        self.raw = raw


class BusyError(TeacherError):
    """Asking again may help; `wait_s` is how long the other side wants us to wait, where it said so."""

    def __init__(self, message: str, *, wait_s: float = 0.0, raw: str = "") -> None:
        super().__init__(message, raw=raw)
        self.wait_s = wait_s


class RefusedError(TeacherError):
    """Asking again will not help."""
