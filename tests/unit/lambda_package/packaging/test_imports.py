"""What a grader imports is found as Python would find it, however it is written down."""

from pathlib import Path

import pytest

from lambda_package.errors import BuildError
from lambda_package.packaging.imports import Traced, trace


def traced(folder: Path, source: str, *others: str) -> Traced:
    """`reward.py` with `source`, beside empty files of the names in `others`."""
    for name in others:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / "reward.py").write_text(source)
    return trace(["reward"], folder)


def missing(folder: Path, source: str) -> list[str]:
    return [found.module for found in traced(folder, source).foreign if found.required]


@pytest.mark.parametrize(
    "statement",
    [
        "import helpers.text\n",
        "from helpers import text\n",
        "from helpers.text import grade\n",
        "import importlib\nhelp = importlib.import_module('helpers.text')\n",
        "from importlib import import_module\ndef later():\n    return import_module('helpers.text')\n",
        "help = __import__('helpers.text')\n",
    ],
)
def test_a_module_in_a_folder_without_init_is_found(tmp_path: Path, statement: str):
    found = traced(tmp_path, statement, "helpers/text.py")
    assert (sorted(found.files), found.foreign) == (["helpers/text.py", "reward.py"], ())


@pytest.mark.parametrize(
    "never",
    [
        "if __name__ == '__main__':\n    import pandas\n",
        "import typing as t\nif t.TYPE_CHECKING:\n    import pandas\n",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import pandas\n",
    ],
)
def test_what_lambda_never_runs_or_can_do_without_is_not_required(tmp_path: Path, never: str):
    assert missing(tmp_path, never) == []


@pytest.mark.parametrize(
    "always",
    [
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import json\nelse:\n    import pandas\n",
        "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    import pandas\n",
        "if __name__ == '__main__':\n    import json\nelse:\n    import pandas\n",
        "class Reward:\n    import pandas\n",
    ],
)
def test_what_lambda_always_runs_is_required(tmp_path: Path, always: str):
    assert missing(tmp_path, always) == ["pandas"]


@pytest.mark.parametrize("statement", ["from .helpers import grade", "from . import helpers", "from ..up import grade"])
def test_a_relative_import_beside_the_grader_is_told_how_to_write_it(tmp_path: Path, statement: str):
    with pytest.raises(BuildError, match=r"reward\.py, line 2: .* imported without the dot"):
        traced(tmp_path, f"import json\n{statement}\n", "helpers.py", "__init__.py")


def test_a_relative_import_inside_a_package_is_followed(tmp_path: Path):
    (tmp_path / "terms").mkdir()
    (tmp_path / "terms" / "core.py").write_text("from . import deep\nfrom .deep import word\n")
    found = traced(tmp_path, "from terms.core import word\n", "terms/__init__.py", "terms/deep.py")
    assert {"terms/__init__.py", "terms/core.py", "terms/deep.py"} <= set(found.files)
