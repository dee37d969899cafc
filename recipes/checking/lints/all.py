"""Every lint, in the order in which they are reported and documented."""

from __future__ import annotations

from recipes.checking.lints import files, fit, learning, placement, plausible
from recipes.checking.lints.lint import Lint

LINTS: tuple[Lint, ...] = (*placement.LINTS, *files.LINTS, *learning.LINTS, *fit.LINTS, *plausible.LINTS)
