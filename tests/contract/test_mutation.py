"""What `make mutation` plants faults in, and which tests it asks: nothing is left out by a new name."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
MUTATION: dict[str, Any] = runpy.run_path(str(ROOT / ".ci" / "mutation.py"))
ROOMS = MUTATION["ROOMS"]


def modules_of(room: Any) -> list[Path]:
    paths = [ROOT / name for name in room.modules]
    return [found for path in paths for found in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]


def test_every_module_of_what_grades_is_in_one_room() -> None:
    folders = [ROOT / "rewards" / name for name in ("comparing", "components", "parsing")]
    wanted = [ROOT / "rewards" / name for name in ("combinators.py", "rows.py")]
    wanted += [path for folder in folders for path in folder.rglob("*.py") if path.parent.name != "comparing"]
    wanted += [path for path in (ROOT / "rewards" / "comparing").glob("*.py") if path.name != "__init__.py"]
    assert sorted(path for room in ROOMS.values() for path in modules_of(room)) == sorted(wanted)


def test_every_room_has_tests() -> None:
    assert [name for room in ROOMS.values() for name in room.tests if not (ROOT / name).exists()] == []


def test_an_equivalent_mutant_quotes_a_line_that_is_there() -> None:
    for mutant in MUTATION["equivalents"]():
        module, _, function = mutant.function.rpartition(".")
        source = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        assert f"def {function.rpartition('ǁ')[2].removeprefix('x_')}(" in source, mutant
        assert mutant.was in " ".join(source.split()), mutant


@given(st.sets(st.text("abc", min_size=1), min_size=1), st.floats(0.01, 1), st.text(), st.randoms())
def test_a_sample_depends_on_its_seed_alone(names: set[str], share: float, seed: str, random: Any) -> None:
    shuffled = sorted(names, key=lambda _: random.random())
    sample = MUTATION["sampled"](shuffled, share, seed)
    assert sample == MUTATION["sampled"](names, share, seed)
    assert set(sample) <= names
    assert len(sample) == max(1, round(len(names) * share))
