"""What a completion can be graded on: one function or small dataclass for each kind of answer."""
