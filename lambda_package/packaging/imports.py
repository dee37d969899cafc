"""Find the files that a grader needs: follow its import statements, without running it.

Reading the source also finds what a function imports when it is called, which a list of loaded modules would miss.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from lambda_package.errors import BuildError
from lambda_package.packaging.branches import holds_in_lambda
from rewards.did_you_mean import closest

OUR_PACKAGES = ("lambda_package", "rewards")
REWARDS_INIT = "rewards/__init__.py"
# AWS's Python runtimes bring their SDK along ("Lambda runtimes", runtime-included SDK versions).
PROVIDED_BY_AWS = frozenset(
    {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six", "awslambdaric"}
)


@dataclass(frozen=True, slots=True)
class ForeignImport:
    """An import from outside the grader's folder; `required` if it runs whenever the module is loaded."""

    module: str
    file: Path
    line: int
    required: bool


@dataclass(frozen=True, slots=True)
class Traced:
    """The files to ship by name in the zip, the generated files, and the third-party imports."""

    files: dict[str, Path]
    generated: dict[str, bytes]
    foreign: tuple[ForeignImport, ...]


@dataclass(frozen=True, slots=True)
class _Import:
    """One import statement: the module, and the names taken from it; none for a plain `import module`."""

    module: str
    names: tuple[str, ...]
    line: int
    required: bool


def trace(modules: Iterable[str], folder: Path) -> Traced:
    """Follow `modules` (dotted names, in `folder` or ours) to every file they may import.

    `from rewards import name` leads to the one module that defines the name, and the zip's `rewards/__init__.py` offers
    just those names: an unused evaluator or registry would cost time at every cold start. Raises `BuildError` for a
    file that does not parse.
    """
    tracer = _Tracer(folder)
    tracer.follow(modules)
    return Traced(dict(sorted(tracer.files.items())), tracer.own_init(), tuple(tracer.foreign))


class _Tracer:
    def __init__(self, folder: Path) -> None:
        self.files: dict[str, Path] = {}
        self.foreign: list[ForeignImport] = []
        self._folder = folder
        self._offered = offered_names()
        self._used: set[str] = set()

    def follow(self, modules: Iterable[str]) -> None:
        queue = list(modules)
        while queue:
            queue += self._visit(queue.pop())

    def own_init(self) -> dict[str, bytes]:
        """`rewards/__init__.py` reduced to the names in use, if the whole file is not needed."""
        if REWARDS_INIT in self.files or not any(name.startswith("rewards/") for name in self.files):
            return {}
        lines = sorted(f"from {self._offered[name]} import {name}\n" for name in self._used)
        return {REWARDS_INIT: "".join(lines).encode()}

    def _visit(self, name: str) -> list[str]:
        path = _locate(name, self._folder)
        if path is None or _archive_name(name, path) in self.files:
            return []
        if name in sys.stdlib_module_names:
            raise BuildError(f"{path} would hide the module {name!r} of the standard library in Lambda; rename it")
        self.files[_archive_name(name, path)] = path
        found = list(_imports(path, name))
        if path.is_relative_to(self._folder):
            self._refuse_unknown(found, path)
        self.foreign += [missing for statement in found for missing in _foreign(statement, path, self._folder)]
        wanted = [target for statement in found for target in self._targets(statement)]
        if name == "rewards":  # it loads its modules by name when they are asked for
            wanted += set(self._offered.values())
        return wanted + [parent for target in [name, *wanted] for parent in parents_of(target) if parent != "rewards"]

    def _targets(self, found: _Import) -> list[str]:
        if found.module.partition(".")[0] == "rewards" and not found.names:
            return ["rewards", found.module]
        if found.module == "rewards":
            return [self._target_in_rewards(name) for name in found.names]
        return [found.module, *(f"{found.module}.{name}" for name in found.names)]

    def _refuse_unknown(self, found: Iterable[_Import], path: Path) -> None:
        """A name that `rewards` does not have fails when the module is loaded, at home as in Lambda."""
        for statement in (statement for statement in found if statement.required):
            missing = [name for name in statement.names if statement.module == "rewards" and not self._has(name)]
            if statement.module.startswith("rewards.") and _locate(statement.module, self._folder) is None:
                missing = [statement.module]
            if missing:
                close = closest(missing[0], self._offered)
                hint = f"; did you mean {close!r}?" if close else ""
                raise BuildError(f"{path}, line {statement.line}: rewards has no {missing[0]!r}{hint}")

    def _has(self, name: str) -> bool:
        return name == "*" or name in self._offered or _locate(f"rewards.{name}", self._folder) is not None

    def _target_in_rewards(self, name: str) -> str:
        if name in self._offered:
            self._used.add(name)
            return self._offered[name]
        return f"rewards.{name}" if _locate(f"rewards.{name}", self._folder) else "rewards"


def offered_names(package: str = "rewards") -> dict[str, str]:
    """Public name -> defining module, by the imports in the package's `__init__`, lazy ones under TYPE_CHECKING too.

    >>> offered_names()["weighted"]
    'rewards.combinators'
    """
    path = _locate(package, Path())
    assert path is not None  # one of ours
    found = [node for node in ast.walk(_parse(path)) if isinstance(node, ast.ImportFrom)]
    return {
        alias.name: node.module
        for node in found
        for alias in node.names
        if node.module and node.module.startswith(f"{package}.") and alias.asname in (None, alias.name)
    }


def module_names(path: Path) -> set[str]:
    """The names that the module at `path` binds at its top level; with a star import they cannot be known: empty.

    >>> import json
    >>> "dumps" in module_names(Path(json.__file__))
    True
    """
    names: set[str] = set()
    for node in ast.walk(_parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound = {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            if "*" in bound:
                return set()
            names |= bound
    return names


def _foreign(found: _Import, path: Path, folder: Path) -> Iterator[ForeignImport]:
    top = found.module.partition(".")[0]
    known = top in sys.stdlib_module_names or top in PROVIDED_BY_AWS or top in OUR_PACKAGES
    # A folder without __init__.py is a package, too, and found by what is taken from it.
    own = (top, found.module, *(f"{found.module}.{name}" for name in found.names))
    if not known and all(_locate(name, folder) is None for name in own):
        yield ForeignImport(top, path, found.line, found.required)


def parents_of(name: str) -> Iterator[str]:
    """The parent packages of `name`, which are imported first.

    >>> list(parents_of("rewards.audit.config"))
    ['rewards', 'rewards.audit']
    """
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def _locate(name: str, folder: Path) -> Path | None:
    top, *rest = name.split(".")
    path = (_home_of(top) if top in OUR_PACKAGES else folder).joinpath(top, *rest)
    as_package, as_module = path / "__init__.py", path.with_name(path.name + ".py")
    if as_package.is_file():
        return as_package
    return as_module if as_module.is_file() else None


def _home_of(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise BuildError(f"package {package!r} has no file on this machine; is rftkit installed?")
    return Path(spec.origin).parent.parent


def _archive_name(module: str, path: Path) -> str:
    stem = module.replace(".", "/")
    return f"{stem}/__init__.py" if path.name == "__init__.py" else f"{stem}.py"


def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except (SyntaxError, ValueError) as error:
        raise BuildError(f"{path} is not Python: {error}") from error


def _imports(path: Path, module: str) -> Iterator[_Import]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node, required in _statements(_parse(path), required=True):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield _Import(alias.name, (), node.lineno, required)
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            yield _Import(_absolute(node, package, path), names, node.lineno, required)
        elif isinstance(node, ast.Call) and (called := _imported_by_call(node)):
            yield _Import(called, (), node.lineno, required)


def _absolute(node: ast.ImportFrom, package: str, path: Path) -> str:
    if not node.level:
        return node.module or ""
    parents = package.split(".") if package else []
    if node.level > len(parents):
        raise BuildError(
            f"{path}, line {node.lineno}: {ast.unparse(node)!r} leads out of the folder that imports start at; "
            f"a file beside the grader is imported without the dot, and a package is shipped whole with --root "
            f"{path.parents[min(node.level, len(path.parents) - 1)]}"
        )
    kept = parents[: len(parents) - node.level + 1]
    return ".".join([*kept, node.module] if node.module else kept)


def _imported_by_call(call: ast.Call) -> str:
    """The module that `importlib.import_module("name")` loads; "" for another call and for a name worked out later."""
    match call.args:
        case [ast.Constant(value=str(name)), *_] if ast.unparse(call.func).endswith(("import_module", "__import__")):
            return "" if name.startswith(".") else name
    return ""


def defines_code(path: Path) -> bool:
    """Whether a file defines functions or classes.

    >>> defines_code(Path(__file__))
    True
    """
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    return any(isinstance(node, kinds) for node in ast.walk(_parse(path)))


def loaded_by_name(path: Path) -> list[int]:
    """The lines of dynamic imports, whose module names are computed at run time and cannot be traced.

    >>> loaded_by_name(Path(__file__))
    []
    """
    calls = [node for node in ast.walk(_parse(path)) if isinstance(node, ast.Call)]
    return sorted({call.lineno for call in calls if _loads_by_name(call)})


def _loads_by_name(call: ast.Call) -> bool:
    called = ast.unparse(call.func).rpartition(".")[2]
    if called in ("iter_modules", "walk_packages", "entry_points"):
        return True
    constant = bool(call.args) and isinstance(call.args[0], ast.Constant)
    return called in ("import_module", "__import__") and not constant


def _statements(node: ast.AST, *, required: bool) -> Iterator[tuple[ast.AST, bool]]:
    """All that runs below `node`; not required in a function, a `try`, an `if` of either way, or with suppress()."""
    for child in _running(node):
        optional = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Try | ast.Lambda)
        optional |= isinstance(child, ast.If) and holds_in_lambda(child.test) is None
        optional |= isinstance(child, ast.With) and "suppress(" in ast.unparse(child.items[0])
        yield child, required
        yield from _statements(child, required=required and not optional)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """The children of `node`; of an `if` that goes one way in Lambda, those of that way."""
    if isinstance(node, ast.If) and (goes := holds_in_lambda(node.test)) is not None:
        return iter(node.body if goes else node.orelse)
    return ast.iter_child_nodes(node)
