"""What a grader imports and the zip lacks: refused before anything is written, with the way to ship it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path, PurePosixPath

from lambda_package.errors import BuildError
from lambda_package.packaging.imports import ForeignImport

_FOLDERS = 100  # beside the grader's, in which a module is looked for
_DEEPEST = 4  # folders below the grader in which a module is looked for


def led_to(foreign: Iterable[ForeignImport], included: Iterable[str]) -> dict[str, str]:
    """Modules that lie in an included folder, where the grader's own `sys.path` leads to, each with that folder.

    >>> led_to([ForeignImport("rules", Path("reward.py"), 1, required=True)], ["vendor/deep/rules.py"])
    {'rules': 'vendor/deep'}
    """
    wanted = {found.module for found in foreign}
    places = (place for name in sorted(included) if name.endswith((".py", ".so")) for place in _modules_of(name))
    return {module: folder for module, folder in places if module in wanted and folder}


def compiled_tops(included: Iterable[str]) -> frozenset[str]:
    """The compiled modules among files of the zip that `sys.path` needs no folder for.

    >>> sorted(compiled_tops(["fast.cpython-313-x86_64-linux-gnu.so", "deep/slow.abi3.so", "rules.py"]))
    ['fast']
    """
    return frozenset(name.partition(".")[0] for name in included if name.endswith(".so") and "/" not in name)


def refuse_missing(foreign: Iterable[ForeignImport], shipped: Collection[str], root: Path) -> None:
    """Raise `BuildError` naming every required import that is not among what is shipped, and what would ship it."""
    missing = [found for found in foreign if found.required and found.module not in shipped]
    if missing:
        places = "; ".join(f"{found.module!r} ({found.file.name}, line {found.line})" for found in missing)
        advice = "; ".join(dict.fromkeys(line for found in missing for line in _advice(found, root)))
        raise BuildError(f"the grader imports what is not in the zip: {places}; {advice}")


def _advice(found: ForeignImport, root: Path) -> Iterator[str]:
    module = found.module
    if module == found.file.parent.name:
        yield f"ship a package with --with; {module!r} is the folder the file lies in: import its neighbours without it"
        return
    below = next((place for place in _below(root, module)), None)
    above = next((place for place in [*root.parents][:2] if _holds(place, module)), None)
    if below is not None:
        yield f"{module!r} lies in {below.relative_to(root).as_posix()}: ship that folder with --include"
    elif above is not None:
        yield f"{module!r} lies in {above}: ship from there with --root"
    elif (beside := next((place for place in _beside(root) if _holds(place, module)), None)) is not None:
        yield f"{module!r} lies in {beside}: ship it with --root {beside.parent} --include {beside.name}"
    else:
        yield "ship a package with --with"


def _modules_of(name: str) -> Iterator[tuple[str, str]]:
    """The modules that a file in a zip makes importable, each with the folder that `sys.path` has to hold for it.

    A folder without `__init__.py` is a package, too, and one of a name may lie in several places.
    """
    path = PurePosixPath(name)
    module = path.parent if path.name == "__init__.py" else path.with_name(path.name.partition(".")[0])
    for place in (module, *module.parents):
        if place.name:
            yield place.name, "" if place.parent == PurePosixPath() else place.parent.as_posix()


def _below(root: Path, module: str) -> Iterator[Path]:
    """Folders below `root` that hold a module of this name, the shallowest first."""
    folders = [root]
    for _ in range(_DEEPEST):
        folders = [each for folder in folders for each in sorted(folder.iterdir()) if _is_searched(each)]
        yield from (folder for folder in folders if _holds(folder, module))


def _beside(root: Path) -> Iterator[Path]:
    """Folders beside `root` and beside the one that holds it, where scripts lead `sys.path` to."""
    for above in [*root.parents][:2]:
        yield from islice((each for each in sorted(above.iterdir()) if _is_searched(each)), _FOLDERS)


def _is_searched(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink() and not folder.name.startswith((".", "__"))


def _holds(folder: Path, module: str) -> bool:
    return (folder / f"{module}.py").is_file() or (folder / module / "__init__.py").is_file()
