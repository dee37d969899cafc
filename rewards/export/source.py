"""Python source that carries this library and a reward in itself, for services that run one file, installing none."""

from __future__ import annotations

import ast
import base64
import io
import json
import lzma
import zipfile
from importlib import resources
from pathlib import Path

from rewards.spec import to_spec
from rewards.types import Reward

_NOT_SHIPPED = frozenset({"audit", "grading", "rollouts", "testing"})
"""The folders of `rewards` that no grader needs."""
_OPENING = """\
import base64, json, lzma, os, sys, tempfile

_path = os.path.join(tempfile.mkdtemp(), "rewards.zip")
with open(_path, "wb") as _file:
    _file.write(lzma.decompress(base64.b85decode({package!r})))
sys.path.insert(0, _path)

from rewards import from_spec

REWARD = from_spec(json.loads({spec!r}))
"""


def carrying(reward: Reward, body: str) -> str:
    """`body` behind lines that unpack `rewards` and name the reward `REWARD`; standard library of Python 3.11 or newer.

    Raises SpecError for a reward that has no specification, such as a function of one's own.
    """
    package = base64.b85encode(lzma.compress(_package())).decode()
    return _OPENING.format(package=package, spec=json.dumps(to_spec(reward))) + body


def _package() -> bytes:
    """The modules of `rewards` that a grader needs, as a zip that is the same for the same modules. Its files are not
    compressed, so that all of it can be, at once: by a third more than file by file."""
    root = Path(str(resources.files("rewards")))
    modules = [file.relative_to(root) for file in root.rglob("*.py")]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for module in sorted(module for module in modules if module.parts[0] not in _NOT_SHIPPED):
            entry = zipfile.ZipInfo(f"rewards/{module.as_posix()}", (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, _without_docstrings((root / module).read_bytes()))
    return buffer.getvalue()


def _without_docstrings(source: bytes) -> bytes:
    """A module with empty docstrings, which are half of it; every line keeps its number.

    >>> _without_docstrings(b"def f():\\n    '''A\\n    B'''\\n    return 1\\n")
    b'def f():\\n    ""\\n\\n    return 1\\n'
    """
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if ast.get_docstring(node, clean=False) is None:
            continue
        text = node.body[0]
        assert text.end_lineno is not None
        first, last = text.lineno - 1, text.end_lineno - 1
        before, after = lines[first][: text.col_offset], lines[last][text.end_col_offset :]
        lines[first : last + 1] = [before + b'""' + (after if first == last else b"\n"), *[b"\n"] * (last - first)]
    return b"".join(lines)
