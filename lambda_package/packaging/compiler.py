"""A program: compile the Python files below a folder for Lambda, and do once what each cold start would do again.

    python compiler.py FOLDER (plain|dataclasses) PACKAGE...

It runs under the target's interpreter, which has nothing of ours installed, so this file stands alone. In the packages
named, the annotations of functions go, and with `plain` each `@dataclass` becomes the class it stands for: writing the
methods of thirty-five dataclasses, and the import of `inspect` for it, was three quarters of what a grader added to the
start of an empty function. The `.py` files stay as they are, and the lines of statements stay theirs.
"""

import ast
import importlib.util
import marshal
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

SHARED_MODULE = "_rft_plain_classes"
SHARED_SOURCE = b"""
def describe(self):
    return f"{self.__class__.__qualname__}({', '.join([f'{name}={getattr(self, name)!r}' for name in self._shown])})"

def equals(self, other):
    if other.__class__ is not self.__class__:
        return NotImplemented
    return all([getattr(self, name) == getattr(other, name) for name in self._compared])

def hashed(self):
    return hash(tuple([getattr(self, name) for name in self._compared]))

def refuse(self, name, *value):
    owner = next(cls for cls in type(self).__mro__ if "_fields" in cls.__dict__)
    if type(self) is owner or name in owner._fields:
        from dataclasses import FrozenInstanceError
        raise FrozenInstanceError(f"field {name!r} is frozen")
    (super(owner, self).__setattr__ if value else super(owner, self).__delattr__)(name, *value)

def state(self):
    return [getattr(self, name) for name in self._fields]

def restore(self, state):
    for name, value in zip(self._fields, state):
        object.__setattr__(self, name, value)
"""
"""The methods that read the same in every written-out class. A module of its own, of bytecode alone: it is imported by
bytecode alone."""
_SHARED_NAMES = ("describe", "equals", "hashed", "refuse", "restore", "state")

_OWN_INIT = "init=False"
_OPTIONS = {"frozen", "slots", _OWN_INIT}
_FIELD_OPTIONS = {"compare", "default", "default_factory", "init", "metadata", "repr"}
_SMALL_BYTES = 3_200  # compiled in 0.6 ms; an entry in the zip costs 1,700 to 3,200 bytes
_UNCHECKED_HASH = b"\x01\0\0\0"  # PEP 552: taken as it is; one with its source's time never matches in a zip


def main(folder: str, classes: str, *packages: str) -> None:
    """Write the `.pyc` of every file that compiles; an import of another would fail in the same way."""
    root = Path(folder)
    written = False
    for path in sorted(root.rglob("*.py")):
        source, name = path.read_bytes(), path.relative_to(root)
        try:
            tree = ast.parse(source)
            if _is_cheap(source, tree):
                continue
            if name.parts[0] in packages:
                tree = lean(tree, plain=classes == "plain")
            code = compile(tree, f"/var/task/{name.as_posix()}", "exec", dont_inherit=True)
        except SyntaxError:
            continue
        target = Path(importlib.util.cache_from_source(str(path)))
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(_bytecode(source, code))
        written = written or SHARED_MODULE in code.co_names
    if written:
        code = compile(SHARED_SOURCE, f"/var/task/{SHARED_MODULE}", "exec", dont_inherit=True)
        (root / f"{SHARED_MODULE}.pyc").write_bytes(_bytecode(SHARED_SOURCE, code))


def _is_cheap(source: bytes, tree: ast.Module) -> bool:
    """Whether reading the bytecode would take about as long as compiling the source."""
    is_small = len(source) < _SMALL_BYTES and b"dataclass" not in source
    return is_small or all(_is_docstring(node) or isinstance(node, ast.Assign) for node in tree.body)


def _bytecode(source: bytes, code: CodeType) -> bytes:
    return importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH + importlib.util.source_hash(source) + marshal.dumps(code)


def lean(tree: ast.Module, *, plain: bool) -> ast.Module:
    """`tree`, changed in place: no annotations of functions and, where `plain`, no dataclasses."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.stmt):
            _onto_its_first_line(node)
    if plain:
        _write_out(tree)
        _drop_unused_import(tree, "dataclasses")
    return tree


def _onto_its_first_line(statement: ast.stmt) -> None:
    """A traceback then names the line where the statement starts: the table of lines is a seventh of the bytecode."""
    for part in ast.iter_child_nodes(statement):
        if isinstance(part, ast.expr):
            for inner in ast.walk(part):
                if isinstance(inner, ast.expr):
                    ast.copy_location(inner, statement)


@dataclass(frozen=True)
class _Field:
    """One field of a dataclass; `default` and `factory` are source text, "" where there is none."""

    name: str
    default: str
    factory: str
    init: bool
    repr: bool
    compare: bool

    @property
    def parameter(self) -> str:
        """As a parameter of `__init__`; an ellipsis stands for "make one"."""
        default = "..." if self.factory else self.default
        return f"{self.name}={default}" if default else self.name

    @property
    def value(self) -> str:
        """What `__init__` stores; "" where it stores nothing."""
        if not self.init:
            return f"{self.factory}()" if self.factory else self.default
        return f"{self.factory}() if {self.name} is ... else {self.name}" if self.factory else self.name


@dataclass(frozen=True)
class _Plan:
    """What becomes of a dataclass: all its fields, inherited ones first, and the statements of the written class."""

    cls: ast.ClassDef
    options: frozenset[str]
    fields: tuple[_Field, ...]
    is_checked: bool
    body: list[ast.stmt]


def _write_out(tree: ast.Module) -> None:
    """Turn each dataclass into the class that the decorator makes; one of an unusual kind stays what it is.

    All stay where an unusual one inherits: it would look for fields in classes that no longer tell theirs.
    """
    plans: dict[str, _Plan] = {}
    for cls in [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]:
        plan = _plan(cls, plans)
        if cls.name in plans or (plan is None and cls.bases and cls.decorator_list):
            return
        if plan is not None:
            plans[cls.name] = plan
    for plan in plans.values():
        plan.cls.body, plan.cls.decorator_list = plan.body, []
    if plans:
        names = [ast.alias(name, f"_{name}") for name in _SHARED_NAMES]
        shared = ast.copy_location(ast.ImportFrom(SHARED_MODULE, names, 0), tree.body[0])
        imports = [isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body]
        tree.body.insert(imports.index(True) + 1, ast.fix_missing_locations(shared))  # behind one from __future__


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _plan(cls: ast.ClassDef, plans: Mapping[str, _Plan]) -> _Plan | None:
    """None for a class that is no dataclass, or one of a kind that we do not use."""
    options, base = _options(cls), _base(cls, plans)
    own = [_field(node) for node in cls.body if _is_field(node)]
    if options is None or None in own or (cls.bases and (base is None or base.options != options)):
        return None
    inherited = base.fields if base else ()
    fields = tuple({field.name: field for field in (*inherited, *own) if field}.values())
    is_checked = "__post_init__" in _bound(cls.body) or (base is not None and base.is_checked)
    made = [] if _OWN_INIT in options else [*_initialiser(fields, frozen="frozen" in options, is_checked=is_checked)]
    written = _methods(made, fields, frozen="frozen" in options, slots="slots" in options)
    if _bound(cls.body) & _bound(written):
        return None
    for node in (inner for statement in written for inner in ast.walk(statement)):
        ast.copy_location(node, cls)
    kept = [_without_annotation(node, slots="slots" in options) for node in cls.body]
    return _Plan(cls, options, fields, is_checked, [*(node for node in kept if node is not None), *written])


def _base(cls: ast.ClassDef, plans: Mapping[str, _Plan]) -> _Plan | None:
    """The one dataclass of this file that it inherits from; slots would have to be shared out, so not with slots."""
    match cls.bases:
        case [ast.Name(id=name)] if name in plans and "slots" not in plans[name].options:
            return plans[name]
    return None


def _options(cls: ast.ClassDef) -> frozenset[str] | None:
    """Which of our options the decorator sets; None where the class is no dataclass, or another kind of one."""
    if cls.keywords or len(cls.decorator_list) != 1:
        return None
    (decorator,) = cls.decorator_list
    call = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [], [])
    words = {str(word.arg): ast.unparse(word.value) for word in call.keywords}
    names = frozenset(name if value == "True" else f"{name}={value}" for name, value in words.items())
    if ast.unparse(call.func) != "dataclass" or not names <= _OPTIONS:
        return None
    return names if (_OWN_INIT in names) <= ("__init__" in _bound(cls.body)) else None


def _is_field(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and not ast.unparse(node.annotation).startswith("ClassVar")


def _field(node: ast.stmt) -> _Field | None:
    """The field that a statement declares; None for a kind that we do not use."""
    assert isinstance(node, ast.AnnAssign)
    name, words = ast.unparse(node.target), {}
    if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "field":
        words = {str(word.arg): ast.unparse(word.value) for word in node.value.keywords}
    elif node.value is not None:
        words = {"default": ast.unparse(node.value)}
    flags = {flag: words.get(flag, "True") == "True" for flag in ("init", "repr", "compare")}
    if not set(words) <= _FIELD_OPTIONS or "InitVar" in ast.unparse(node.annotation):
        return None
    return _Field(name, words.get("default", ""), words.get("default_factory", ""), **flags)


def _bound(body: Sequence[ast.stmt]) -> set[str]:
    """The methods and the plain values of a class."""
    functions = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    return functions | {ast.unparse(target) for node in body if isinstance(node, ast.Assign) for target in node.targets}


def _without_annotation(node: ast.stmt, *, slots: bool) -> ast.stmt | None:
    """A plain default stays a value of the class, as with `dataclass`, but for slots, which it would collide with."""
    if not isinstance(node, ast.AnnAssign):
        return node
    made = isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "field"
    if node.value is None or (_is_field(node) and (slots or made)):
        return None
    return ast.copy_location(ast.Assign([node.target], node.value), node)


def _methods(made: Sequence[str], fields: Sequence[_Field], *, frozen: bool, slots: bool) -> list[ast.stmt]:
    lines = [*made, *_comparison(fields), *_description(fields)]
    lines += [*_frozen(fields, slots=slots)] if frozen else ["__hash__ = None"]
    lines += [*_slotted(fields)] if slots else []
    text = "class _:\n" + "\n".join(f"    {line}" for line in lines)
    (shell,) = ast.parse(text).body
    assert isinstance(shell, ast.ClassDef)
    return shell.body


def _initialiser(fields: Sequence[_Field], *, frozen: bool, is_checked: bool) -> Iterator[str]:
    yield f"def __init__({', '.join(['self', *(field.parameter for field in fields if field.init)])}):"
    yield "    pass"
    for field in fields:
        if field.value and frozen:
            yield f"    object.__setattr__(self, {field.name!r}, {field.value})"
        elif field.value:
            yield f"    self.{field.name} = {field.value}"
    if is_checked:
        yield "    self.__post_init__()"


def _comparison(fields: Sequence[_Field]) -> Iterator[str]:
    yield f"_compared = ({''.join(f'{field.name!r}, ' for field in fields if field.compare)})"
    yield "__eq__ = _equals"


def _description(fields: Sequence[_Field]) -> Iterator[str]:
    yield f"__match_args__ = ({''.join(f'{field.name!r}, ' for field in fields if field.init)})"
    yield f"_fields = ({''.join(f'{field.name!r}, ' for field in fields)})"
    yield f"_shown = ({''.join(f'{field.name!r}, ' for field in fields if field.repr)})"
    yield "__repr__ = _describe"


def _frozen(fields: Sequence[_Field], *, slots: bool) -> Iterator[str]:
    """Values with slots are the keys of caches, so their hash is written out, which is faster."""
    if slots:
        yield "def __hash__(self):"
        yield f"    return hash(({''.join(f'self.{field.name}, ' for field in fields if field.compare)}))"
    else:
        yield "__hash__ = _hashed"
    yield "__setattr__ = __delattr__ = _refuse"


def _slotted(fields: Sequence[_Field]) -> Iterator[str]:
    yield f"__slots__ = ({''.join(f'{field.name!r}, ' for field in fields)})"
    yield "__getstate__, __setstate__ = _state, _restore"


def _drop_unused_import(tree: ast.Module, module: str) -> None:
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == module]:
        node.names = [alias for alias in node.names if (alias.asname or alias.name) in used]
        if not node.names:
            tree.body.remove(node)


if __name__ == "__main__":
    main(*sys.argv[1:])
