"""A class written out at build time is the class that `@dataclass` would have made at start."""

import ast
import copy
import inspect
import pickle
import sys
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rewards
from lambda_package import handler, wire
from lambda_package.packaging.bytecode import compiled
from lambda_package.packaging.compiler import SHARED_MODULE, SHARED_SOURCE, lean

HEADER = "from __future__ import annotations\nfrom dataclasses import dataclass, field\nfrom typing import ClassVar\n\n"


@pytest.fixture(autouse=True, scope="module")
def shared_methods() -> Iterator[None]:
    """What the zip holds beside the modules."""
    made = sys.modules[SHARED_MODULE] = ModuleType(SHARED_MODULE)
    exec(SHARED_SOURCE, made.__dict__)
    yield
    del sys.modules[SHARED_MODULE]


def module_of(source: str, name: str, *, plain: bool) -> ModuleType:
    """`source` run as it stands, or as the zip holds it."""
    tree = ast.parse(source)
    made = ModuleType(name)
    sys.modules[name] = made  # pickle looks classes up by their module
    exec(compile(lean(tree, plain=plain), name, "exec", dont_inherit=True), made.__dict__)
    return made


REQUIRED = ["{}: int", "{}: int = field(repr=False)", "{}: int = field(compare=False)"]
OPTIONAL = [
    "{}: int = 7",
    "{}: int = field(default=8, repr=False)",
    "{}: dict = field(default_factory=dict)",
    "{}: list = field(default_factory=list, compare=False, metadata={{'unit': 's'}})",
    "{}: dict = field(default_factory=dict, init=False, repr=False)",
]
BODIES = ["name: ClassVar[str] = 'kind'", "def __call__(self):\n        return len(repr(self))", "'''What it is.'''"]


CHECK = "def __post_init__(self):\n        object.__setattr__(self, 'checked', repr(self))"


@st.composite
def class_sources(draw: st.DrawFn) -> str:
    options = draw(st.sampled_from(["", "()", "(frozen=True)", "(slots=True)", "(frozen=True, slots=True)"]))
    kinds = [*draw(st.lists(st.sampled_from(REQUIRED), max_size=3)), *draw(st.lists(st.sampled_from(OPTIONAL)))]
    fields = [kind.format(f"f{index}") for index, kind in enumerate(kinds)]
    body = [*draw(st.lists(st.sampled_from(BODIES), max_size=2, unique=True))]
    if "slots" in options or draw(st.booleans()):
        return HEADER + class_source(options, "Thing", [*body, *fields])
    inherited = draw(st.integers(0, len(fields)))
    again = [kind.replace("7", "9").format(f"f{index}") for index, kind in enumerate(kinds[:inherited]) if "7" in kind]
    check = draw(st.sampled_from([[], [CHECK]]))
    base = class_source(options, "Base", [*check, *fields[:inherited]])
    return HEADER + base + class_source(options, "Thing(Base)", [*body, *fields[inherited:], *again])


def class_source(options: str, name: str, body: list[str]) -> str:
    return "\n    ".join([f"@dataclass{options}\nclass {name}:", *(body or ["pass"])]) + "\n"


def outcome(action, *args):
    """What a call gives, or how it fails."""
    try:
        return action(*args)
    except (AttributeError, TypeError) as error:
        return type(error)


def behaviour(module: ModuleType, values: list[int], others: list[int]) -> list[object]:
    """Everything that can be seen of the class, apart from its being a dataclass."""
    thing = module.Thing
    made = outcome(thing, *values)
    if not isinstance(made, thing):
        return [made]
    again, other = thing(*values), outcome(thing, *others)
    copies = copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))
    return [
        [(name, kind.kind, kind.default is kind.empty) for name, kind in inspect.signature(thing).parameters.items()],
        repr(made),
        [made == again, made == other, made == 1, *(made == each for each in copies)],
        outcome(lambda: (hash(made) == hash(again), hash(made) == hash(other))),
        # Refused is enough: a slotted dataclass does it by a TypeError, an accident of its own.
        [isinstance(outcome(setattr, made, name, 3), type) for name in ("f0", "new")],
        isinstance(outcome(delattr, again, "f0"), type),
        [hasattr(made, "__dict__"), thing.__match_args__, getattr(thing, "name", ""), outcome(lambda: made())],
        repr(made),
        getattr(made, "checked", ""),
    ]


@given(class_sources(), st.lists(st.integers(0, 2), max_size=5), st.lists(st.integers(0, 2), max_size=5))
def test_a_class_written_out_behaves_as_the_dataclass(source: str, values: list[int], others: list[int]):
    written_out = module_of(source, "thing_of_compiler_test", plain=True)
    seen = behaviour(written_out, values, others)
    assert not hasattr(written_out, "dataclass")
    assert seen == behaviour(module_of(source, "thing_of_compiler_test", plain=False), values, others)


def test_two_instances_do_not_share_what_a_factory_makes():
    source = HEADER + "@dataclass\nclass Thing:\n    f0: list = field(default_factory=list)\n"
    thing = module_of(source, "thing_of_compiler_test", plain=True).Thing
    assert thing().f0 is not thing().f0


def test_a_check_after_construction_still_refuses():
    source = HEADER + (
        "@dataclass(frozen=True)\nclass Thing:\n    f0: int\n"
        "    def __post_init__(self):\n        if self.f0 < 0:\n            raise ValueError(self.f0)\n"
    )
    with pytest.raises(ValueError, match="-1"):
        module_of(source, "thing_of_compiler_test", plain=True).Thing(-1)


def test_a_frozen_field_cannot_be_changed_and_a_subclass_may_add_its_own():
    source = HEADER + "@dataclass(frozen=True)\nclass Thing:\n    f0: int\nclass Mine(Thing):\n    pass\n"
    mine = module_of(source, "thing_of_compiler_test", plain=True).Mine(1)
    mine.note = "mine"
    with pytest.raises(FrozenInstanceError, match="'f0'"):
        mine.f0 = 2
    assert (mine.f0, mine.note) == (1, "mine")


@pytest.mark.parametrize("options", ["init=False", "frozen=True, init=False", "frozen=True, slots=True, init=False"])
def test_a_class_with_a_constructor_of_its_own_keeps_it(options: str):
    source = HEADER + (
        f"@dataclass({options})\nclass Thing:\n    f0: int\n    f1: int = field(default=7, compare=False)\n"
        "    def __init__(self, given):\n"
        "        object.__setattr__(self, 'f0', given * 2)\n        object.__setattr__(self, 'f1', 0)\n"
    )
    written_out = module_of(source, "thing_of_compiler_test", plain=True)
    seen = behaviour(written_out, [1], [2])
    assert not hasattr(written_out, "dataclass")
    assert written_out.Thing(1).f0 == 2
    assert seen == behaviour(module_of(source, "thing_of_compiler_test", plain=False), [1], [2])


UNUSUAL = [
    "@dataclass(init=False)\nclass Thing:\n    f0: int\n",
    "@dataclass(order=True)\nclass Thing:\n    f0: int\n",
    "@dataclass(frozen=False)\nclass Thing:\n    f0: int\n",
    "@dataclass\nclass Thing(Exception):\n    f0: int\n",
    "@dataclass\nclass Thing:\n    f0: int = field(kw_only=True)\n",
    "@dataclass\nclass Thing:\n    f0: InitVar[int]\n",
    "@dataclass\nclass Thing:\n    f0: int\n    def __eq__(self, other):\n        return True\n",
    "@final\n@dataclass\nclass Thing:\n    f0: int\n",
    "@dataclass\nclass Thing:\n    f0: int\n    __hash__ = object.__hash__\n",
]


@pytest.mark.parametrize("source", UNUSUAL)
def test_a_dataclass_of_an_unusual_kind_stays_one(source: str):
    kept, given = lean(ast.parse(HEADER + source), plain=True), ast.parse(HEADER + source)
    assert ast.unparse(kept.body[-1]) == ast.unparse(given.body[-1])


@pytest.mark.parametrize("options", ["(order=True)", "(frozen=True)", "(slots=True)"])
def test_where_one_of_an_unusual_kind_inherits_all_stay(options: str):
    source = HEADER + "@dataclass\nclass Base:\n    f0: int\n" + class_source(options, "Thing(Base)", ["f1: int"])
    assert ast.unparse(lean(ast.parse(source), plain=True)).count("@dataclass") == 2


def test_every_dataclass_that_grades_is_written_out():
    files = [*Path(rewards.__file__).parent.glob("*.py"), Path(handler.__file__), Path(wire.__file__)]
    classes = [node for path in files for node in ast.walk(lean(ast.parse(path.read_bytes()), plain=True))]
    left = [node.name for node in classes if isinstance(node, ast.ClassDef) and node.decorator_list]
    assert left == []


def test_a_written_method_has_the_line_of_its_class():
    tree = lean(ast.parse(HEADER + "@dataclass\nclass Thing:\n    f0: int\n    f1: int\n"), plain=True)
    (thing,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    lines = {node.lineno for node in ast.walk(thing) if hasattr(node, "lineno")}
    assert lines == {6}  # four lines of header, the decorator, the class


OURS = (HEADER + "@dataclass(frozen=True)\nclass Thing:\n    f0: int\n").encode()
CURIOUS = [
    b"import dataclasses\n",
    b"from dataclasses import dataclass, replace\n",
    b"from copy import replace\n",
    b"import copy\nchanged = copy.replace(thing, f0=1)\n",
    b"from dataclasses import dataclass\nfrom rewards.a import Thing\n@dataclass\nclass Mine(Thing):\n    f1: int\n",
    b"from dataclasses import dataclass\nclass A(Thing):\n    pass\n@dataclass\nclass Mine(A):\n    f1: int\n",
    b"count = len(Thing.__dataclass_fields__)\n",
    b"from dataclasses import dataclass\nclass Mine(Thing):\n    f1: int\nMine = dataclass(frozen=True)(Mine)\n",
    b"changed = thing.__replace__(f0=1)\n",
    b"is_one = hasattr(Thing, '__dataclass_fields__')\n",
]
OWN = b"from dataclasses import dataclass\n@dataclass\nclass A:\n    f0: int\n@dataclass\nclass B(A):\n    f1: int\n"


@pytest.mark.parametrize("curious", CURIOUS)
def test_where_somebody_asks_for_fields_the_dataclasses_stay(curious: bytes):
    name = "rewards/__pycache__/a." + str(sys.implementation.cache_tag) + ".pyc"
    alone = compiled({"rewards/a.py": OURS, "mine.py": OWN}, sys.executable)
    beside = compiled({"rewards/a.py": OURS, "mine.py": curious}, sys.executable)
    assert SHARED_MODULE.encode() in alone[name]
    assert SHARED_MODULE.encode() not in beside[name]


def test_beside_compiled_code_which_cannot_be_read_the_dataclasses_stay():
    assert SHARED_MODULE.encode() not in b"".join(
        compiled({"rewards/a.py": OURS, "fast.so": b"\x7fELF"}, sys.executable).values()
    )


def test_a_traceback_names_the_line_of_the_statement():
    source = "def fails(\n    value,\n):\n    value += 1\n    return [\n        1,\n        value / 0,\n    ]\n"
    module = module_of(source, "lines_of_compiler_test", plain=True)
    with pytest.raises(ZeroDivisionError) as caught:
        module.fails(1)
    assert caught.traceback[-1].lineno + 1 == 5  # pytest counts from 0
