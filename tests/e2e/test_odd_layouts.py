"""Projects laid out oddly: what the zip holds grades as the folder does, and what it cannot hold is named."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from lambda_package.errors import BuildError
from lambda_package.packaging.build import build
from lambda_package.packaging.compiled_code import unfit
from lambda_package.packaging.members import files_of
from lambda_package.packaging.sbom import target_in
from tests.e2e.test_user_styles import SAME, SCORE, Style
from tests.e2e.test_user_styles import test_the_zip_grades_as_the_source_does as zip_and_source_agree

USES_SAME = "def reward(s, c): return Score(same(c.text, s.reference))\n"
LAYOUTS = {
    "a namespace package in two places": Style(
        {
            "acme/words.py": SAME,
            "vendor/acme/weights.py": "FULL = 0.5\n",
            "reward.py": SCORE + "import os, sys\n"
            "sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'vendor'))\n"
            "from acme.words import same\nfrom acme.weights import FULL\n"
            "def reward(s, c): return Score(FULL * same(c.text, s.reference))\n",
        },
        options={"include": ["acme", "vendor"]},
    ),
    "data of a package read by importlib.resources with a path": Style(
        {
            "grading/__init__.py": "",
            "grading/data/colours.txt": "red\n",
            "reward.py": SCORE + "from importlib.resources import as_file, files\n"
            "with as_file(files('grading') / 'data' / 'colours.txt') as path:\n    KNOWN = path.read_text().split()\n"
            "def reward(s, c): return Score(float(c.text in KNOWN))\n",
        },
        options={"include": ["grading"]},
    ),
    "data below the folder of __file__, found by a pattern": Style(
        {
            "rules/one.json": '["red"]',
            "rules/two.json": '["blue"]',
            "reward.py": SCORE + "import glob, json, os\nHERE = os.path.dirname(os.path.realpath(__file__))\n"
            "FILES = sorted(glob.glob(os.path.join(HERE, 'rules', '*.json')))\n"
            "KNOWN = [w for f in FILES for w in json.load(open(f))]\n"
            "def reward(s, c): return Score(KNOWN.index(c.text) / 2 + 0.5 if c.text in KNOWN else 0.0)\n",
        },
        options={"include": ["rules"]},
    ),
    "plugins by entry points of metadata beside it": Style(
        {
            "plug_same.py": SAME,
            "plug-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: plug\nVersion: 1.0\n",
            "plug-1.0.dist-info/entry_points.txt": "[acme.graders]\nsame = plug_same:same\n",
            "reward.py": SCORE + "from importlib.metadata import entry_points\n"
            "SAME = {e.name: e.load() for e in entry_points(group='acme.graders')}['same']\n"
            "def reward(s, c): return Score(SAME(c.text, s.reference))\n",
        },
        options={"include": ["plug_same.py", "plug-1.0.dist-info"]},
    ),
    "imports for another platform, another Python and for types": Style(
        {
            "linux_words.py": SAME,
            "reward.py": SCORE + "import sys\nfrom typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    import pandas\n"
            "if sys.platform == 'win32':\n    import winreg\n    from windows_words import same\n"
            "else:\n    from linux_words import same\n"
            "if sys.version_info < (3, 8):\n    from importlib_metadata import version\n"
            "else:\n    from importlib.metadata import version\n" + USES_SAME,
        }
    ),
    "a src layout": Style(
        {
            "pyproject.toml": "[project]\nname = 'acme'\nversion = '1'\n",
            "src/acme/__init__.py": "from .words import same\n",
            "src/acme/words.py": SAME,
            "grader/reward.py": SCORE + "import pathlib, sys\n"
            "sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'src'))\n"
            "from acme import same\n" + USES_SAME,
        },
        "grader/reward.py:reward",
        {"root": ".", "include": ["src"]},
    ),
    "two modules that import each other": Style(
        {
            "first.py": "import second\ndef half(): return 0.5\ndef same(a, b): return second.scaled(a == b)\n",
            "second.py": "import first\ndef scaled(x): return first.half() * x\n",
            "reward.py": SCORE + "from first import same\n" + USES_SAME,
        }
    ),
    "a package and a module of one name, where the package counts": Style(
        {
            "words.py": "def same(a, b): return 0.25\n",
            "words/__init__.py": SAME,
            "reward.py": SCORE + "from words import same\n" + USES_SAME,
        }
    ),
    "rules run by runpy": Style(
        {
            "rules.py": SAME,
            "reward.py": SCORE + "import pathlib, runpy\n"
            "same = runpy.run_path(str(pathlib.Path(__file__).with_name('rules.py')))['same']\n" + USES_SAME,
        },
        options={"include": ["rules.py"]},
    ),
    "a module loaded from its file": Style(
        {
            "checks/same-v2.py": SAME,
            "reward.py": SCORE + "import importlib.util, pathlib\n"
            "spec = importlib.util.spec_from_file_location('v2', pathlib.Path(__file__).parent / 'checks/same-v2.py')\n"
            "v2 = importlib.util.module_from_spec(spec); spec.loader.exec_module(v2)\n"
            "def reward(s, c): return Score(v2.same(c.text, s.reference))\n",
        },
        options={"include": ["checks"]},
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_the_zip_of_an_odd_layout_grades_as_the_source_does(layout: Style, tmp_path: Path):
    zip_and_source_agree(layout, tmp_path)


def test_a_module_behind_a_symbolic_link_is_in_the_zip_as_a_file(tmp_path: Path):
    outside, project = tmp_path / "common", tmp_path / "project"
    outside.mkdir()
    project.mkdir()
    (outside / "same_words.py").write_text(SAME)
    (project / "same_words.py").symlink_to(outside / "same_words.py")
    zip_and_source_agree(Style({"reward.py": SCORE + "from same_words import same\n" + USES_SAME}), project)


def elf(machine: int) -> bytes:
    """The head of a 64-bit shared object for a machine: 62 is x86-64, 183 is AArch64 (ELF specification, e_machine)."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 3, machine, 1) + bytes(40)


def test_an_extension_beside_the_grader_ships_and_one_for_another_processor_is_named(tmp_path: Path):
    (tmp_path / "fast.abi3.so").write_bytes(elf(183))
    (tmp_path / "reward.py").write_text(SCORE + "from fast import same\n" + USES_SAME)
    package = build(f"{tmp_path / 'reward.py'}:reward", tmp_path / "grader.zip", include=["fast.abi3.so"])
    with files_of(package.path) as files:
        (words,) = unfit(files, target_in(package.path))
    assert "fast.abi3.so is for aarch64" in words


@pytest.mark.parametrize("name", ["json", "types", "re", "colorsys"])
def test_a_module_that_hides_one_of_the_standard_library_is_named(tmp_path: Path, name: str):
    (tmp_path / f"{name}.py").write_text(SAME)
    (tmp_path / "reward.py").write_text(SCORE + f"from {name} import same\n" + USES_SAME)
    with pytest.raises(BuildError, match=rf"{name}\.py"):
        build(f"{tmp_path / 'reward.py'}:reward", tmp_path / "grader.zip")


def test_an_import_that_depends_on_the_environment_is_left_out_with_a_note(tmp_path: Path):
    (tmp_path / "reward.py").write_text(
        SCORE + "import os\nif os.environ.get('FAST'):\n    import polars\n" + SAME + USES_SAME
    )
    package = build(f"{tmp_path / 'reward.py'}:reward", tmp_path / "grader.zip")
    assert any("'polars' (reward.py, line 4) is not in the zip" in note for note in package.notes)
