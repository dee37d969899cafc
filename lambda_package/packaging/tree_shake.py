"""Tree shaking: keep only the definitions that a grader reaches; unused ones cost bytes and cold-start time."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lambda_package.packaging.imports import OUR_PACKAGES, parents_of


def only_reached(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """`contents` with this package's modules reduced to the definitions that the other files reach.

    Other files stay as they are, and lines stay where they were. What a module does besides defining names stays, too.
    """
    reach = _Reach({_module(name): _Module(ast.parse(data)) for name, data in contents.items() if _is_ours(name)})
    for name, data in contents.items():
        if name.endswith(".py") and not _is_ours(name):
            reach.follow(_imported(ast.parse(data)))
    return {
        name: reach.modules[_module(name)].without_unreached(data) if _is_ours(name) else data
        for name, data in contents.items()
        if not _is_ours(name) or reach.modules[_module(name)].touched
    }


@dataclass
class _Module:
    """One module of ours: its top-level statements, and those of its names that are reached."""

    tree: ast.Module
    touched: bool = False
    reached: set[str] = field(default_factory=set)

    @property
    def names(self) -> set[str]:
        return {name for statement in self.tree.body for name in _bound(statement)}

    def named(self, name: str) -> Iterator[ast.stmt]:
        return (statement for statement in self.tree.body if name in _bound(statement))

    def without_unreached(self, source: bytes) -> bytes:
        lines = source.splitlines(keepends=True)
        for statement in self.tree.body:
            if _bound(statement) and not _bound(statement) & self.reached:
                _replace(statement, b"", lines)
            elif isinstance(statement, ast.ImportFrom) and not _bound(statement) <= self.reached:
                kept = [alias for alias in statement.names if _name(alias) in self.reached]
                _replace(statement, ast.unparse(ast.ImportFrom(statement.module, kept, 0)).encode(), lines)
        return b"".join(lines)


@dataclass
class _Reach:
    """Follows names from module to module."""

    modules: dict[str, _Module]

    def follow(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Reach pairs of a module and a name in it, "*" for all, and whatever these use."""
        queue = list(wanted)
        while queue:
            queue += self._visit(*queue.pop())

    def _visit(self, name: str, wanted: str) -> Iterator[tuple[str, str]]:
        if f"{name}.{wanted}" in self.modules:
            name, wanted = f"{name}.{wanted}", "*"
        module = self.modules.get(name)
        if module is None:
            return
        if not module.touched:
            module.touched = True
            yield from [(parent, "") for parent in parents_of(name)]
            yield from self._used(name, [statement for statement in module.tree.body if not _bound(statement)])
        new = (module.names if wanted == "*" else {wanted} & module.names) - module.reached
        module.reached |= new
        for reached in new:
            yield from self._used(name, module.named(reached))

    def _used(self, name: str, statements: Iterable[ast.stmt]) -> Iterator[tuple[str, str]]:
        reached = self.modules[name].reached
        for statement in statements:
            if isinstance(statement, ast.ImportFrom) and statement.module:
                yield from [(statement.module, alias.name) for alias in statement.names if _name(alias) in reached]
            else:
                yield from _imported(statement)
                yield from [(name, node.id) for node in ast.walk(statement) if isinstance(node, ast.Name)]


def _name(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a plain definition binds; none for a statement that may do more, which always stays."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.ImportFrom(module="__future__"):
            return set()
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {_name(alias) for alias in names}
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from [(alias.name, "*") for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from [(node.module, alias.name) for alias in node.names]


def _replace(statement: ast.stmt, text: bytes, lines: list[bytes]) -> None:
    """Put `text` where `statement` stood, and leave as many lines as before."""
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    assert statement.end_lineno is not None  # ast.parse sets it
    lines[first : statement.end_lineno] = [text + b"\n", *[b"\n"] * (statement.end_lineno - first - 1)]


def _module(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _is_ours(name: str) -> bool:
    return name.endswith(".py") and name.partition("/")[0] in OUR_PACKAGES
