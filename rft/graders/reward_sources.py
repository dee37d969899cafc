"""Every file that the scores of a reward depend on, so that grades of two versions of it are never mixed.

Its module and all that it imports, from its folder or from elsewhere on the path, also inside functions; data files
that the sources name or that were opened while the reward was loaded; of an installed package its version.
"""

from __future__ import annotations

import ast
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

from lambda_package.packaging.imports import trace
from rewards.grading.grade import opened
from rft.pipeline import digest_of_file

_LIBRARY: Final = Path(sysconfig.get_path("stdlib")).resolve()
_INSTALLED: Final = frozenset({"site-packages", "dist-packages"})
_OURS: Final = frozenset({"rewards", "lambda_package", "datagen", "recipes", "estimators", "rft"})
_MAX_NAME_BYTES: Final = 255  # of Linux; a longer text in a source is no name of a file, nor may it be looked for
_opened_by: dict[tuple[str, Path], set[Path]] = {}  # by reward and folder; a loaded module opens nothing a second time
_recorders: list[set[Path]] = []
_hooked: list[bool] = []


class _Traced(NamedTuple):
    """The modules of a reward by the names of their files, and the installed packages among its imports."""

    files: dict[str, Path]
    packages: set[str]


def reward_digests(where: str) -> dict[str, str]:
    """The digest of each file behind the reward that `load_reward` opens as `where`; of a package, its version."""
    loaded = _opened_while_loading(where)
    path, _, name = where.partition(".py:")
    root = Path(f"{path}.py" if name else path).resolve()
    traced = _traced(root.stem if name else "rewards", root.parent)
    files = {root.name: root, **traced.files}
    for data in {*loaded, *(file for source in traced.files.values() for file in _named_in(source, root.parent))}:
        files[str(data.relative_to(root.parent)) if data.is_relative_to(root.parent) else str(data)] = data
    digests = {shown: digest_of_file(file) for shown, file in files.items()}
    return digests | {package: _version(package) for package in traced.packages}


def _traced(module: str, folder: Path) -> _Traced:
    files: dict[str, Path] = {}
    packages: set[str] = set()
    queue, seen = [(module, folder)], set()
    while queue:
        place = queue.pop()
        if place in seen:
            continue
        seen.add(place)
        found = trace([place[0]], place[1])
        files |= {name: path.resolve() for name, path in found.files.items()}
        for name in {each.module for each in found.foreign}:
            elsewhere = _folder_of(name)
            if elsewhere is None:
                packages.add(name)
            else:
                queue.append((name, elsewhere))
    return _Traced(files, packages)


def _folder_of(module: str) -> Path | None:
    """The folder on the path in which a module of the user's own lies; None for an installed or a missing one."""
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    origin = Path(spec.origin).resolve()
    if _is_installed(origin):
        return None
    return origin.parent.parent if origin.name == "__init__.py" else origin.parent


def _is_installed(file: Path) -> bool:
    return bool(_INSTALLED & set(file.parts)) or file.is_relative_to(_LIBRARY)


def _version(package: str) -> str:
    names = packages_distributions().get(package, [])
    return "version " + ", ".join(version(name) for name in names) if names else "not installed"


def _named_in(source: Path, folder: Path) -> Iterator[Path]:
    """Files that texts in a source name, seen from its folder or from that of the reward."""
    if _is_installed(source):
        return
    texts = {node.value for node in ast.walk(ast.parse(source.read_bytes())) if isinstance(node, ast.Constant)}
    for text in texts:
        if isinstance(text, str) and _may_name_a_file(text):
            yield from (path.resolve() for base in (source.parent, folder) if (path := base / text).is_file())


def _may_name_a_file(text: str) -> bool:
    size_bytes = len(text.encode("utf-8", "surrogatepass"))
    return 0 < size_bytes <= _MAX_NAME_BYTES and "\n" not in text and "\0" not in text


def _opened_while_loading(where: str) -> set[Path]:
    if not _hooked:
        sys.addaudithook(_record_open)
        _hooked.append(True)
    paths: set[Path] = set()
    before = set(sys.modules)
    _recorders.append(paths)
    try:
        opened(where)
    finally:
        _recorders.pop()
    known = _opened_by.setdefault((where, Path.cwd()), set())
    known.update(_data_files(paths), _modules(sys.modules.keys() - before))
    return known


def _modules(names: Iterable[str]) -> Iterator[Path]:
    """The files of the user's own modules among those just loaded, under whatever name they were imported."""
    for name in names:
        file = getattr(sys.modules[name], "__file__", None)
        if file and name.partition(".")[0] not in _OURS and not _is_installed(path := Path(file).resolve()):
            yield path


def _record_open(event: str, arguments: tuple[object, ...]) -> None:
    if _recorders and event == "open" and isinstance(arguments[0], str | bytes):
        text = arguments[0].decode(errors="replace") if isinstance(arguments[0], bytes) else arguments[0]
        _recorders[-1].add(Path(text))


def _data_files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        file = path.resolve()
        if file.is_file() and file.suffix not in (".py", ".pyc") and not _is_installed(file):
            yield file
