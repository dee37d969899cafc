"""The errors of `recipes`.

RecipeError
├── RecipeFileError        the YAML cannot be read, or holds no valid recipe; carries every problem (also a ValueError)
├── OverrideError          a `--set` path or value does not fit the recipe (also a ValueError)
├── FactsError             a file with facts beside the recipe, such as a grader's settings, cannot be read
└── UnknownRecipeError     no official recipe matches what was asked for (also a LookupError)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recipes.problems import Problem


class RecipeError(Exception):
    """Root of everything `recipes` raises on purpose."""


class RecipeFileError(RecipeError, ValueError):
    """A recipe file with errors; `problems` holds all of them."""

    def __init__(self, where: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{where}: {problem}" for problem in self.problems))


class OverrideError(RecipeError, ValueError):
    """An override names an unknown key or gives it a value it cannot hold."""


class FactsError(RecipeError, ValueError):
    """A file of facts about grader or data is not what it should be."""


class UnknownRecipeError(RecipeError, LookupError):
    """No official recipe has the model, method and platform asked for."""
