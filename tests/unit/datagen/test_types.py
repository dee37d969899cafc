"""The codes of rejected samples."""

from __future__ import annotations

import re
from pathlib import Path

import datagen
from datagen.types import REJECT_REASONS

ROOT = Path(datagen.__file__).parent
CODE = re.compile(
    r'(?:\b_?[Rr]eject\(|\bDecoded\([^"\n]*, |\byield (?:from \(\()?|\{"code": '
    r'|\bproblem = (?:None if \S+ else )?\()"([a-z-]+)"'
)


def test_every_code_of_a_reject_is_explained_and_no_other() -> None:
    found: set[str] = set()
    for pattern in ("*decode.py", "*/decode.py", "generation/*.py", "quality/*.py", "existing/make.py"):
        for path in ROOT.glob(pattern):
            found.update(CODE.findall(path.read_text(encoding="utf-8")))
    assert found == set(REJECT_REASONS)
