r"""Reads what stands behind a LaTeX command: fractions, roots, functions, brackets, matrices."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from rewards.comparing.maths.building import number, times
from rewards.comparing.maths.nodes import Apply, Group, MathError, Matrix, Node, Number, Symbol
from rewards.comparing.maths.tokens import Token
from rewards.comparing.maths.vocabulary import (
    FUNCTIONS,
    INFINITIES,
    MATRICES,
    MISPLACED,
    NAMED_LETTERS,
    OPAQUE,
    SPELLINGS,
    STYLED,
)


class _Grammar(Protocol):
    """The levels of the grammar that a command comes back to, and the place in the tokens."""

    tokens: list[Token]
    at: int

    @property
    def next(self) -> Token: ...
    def take(self) -> Token: ...
    def skip(self, *texts: str) -> bool: ...
    def expect(self, *texts: str) -> Token: ...
    def raw(self) -> str: ...
    def items(self) -> tuple[Node, ...]: ...
    def relation(self) -> Node: ...
    def sum(self) -> Node: ...
    def factor(self) -> Node: ...
    def power(self) -> Node: ...
    def exponent(self) -> Node: ...
    def starts_factor(self) -> bool: ...
    def atom(self) -> Node: ...
    def group(self, opening: str) -> Node: ...


def read_command(reader: _Grammar, text: str) -> Node:
    r"""The tree of a command such as `\frac` and of what it takes; raises MathError for one that stands alone."""
    name = SPELLINGS.get(text[1:], text[1:])
    if name in ("frac", "binom"):
        top, bottom = read_argument(reader, digits=1), read_argument(reader, digits=1)
        return Apply("/" if name == "frac" else "binom", (top, bottom))
    if name == "sqrt":
        return _root(reader)
    if name in FUNCTIONS:
        return read_function(reader, name)
    if name in NAMED_LETTERS or name.startswith("field"):
        return Symbol(name)
    if name in INFINITIES:
        return Symbol("inf")
    if name in ("emptyset", "varnothing"):
        return Group("\\{", (), "\\}")
    if name in ("{", "langle", "lfloor", "lceil", "lvert"):
        return _bracketed(reader, name)
    if name == "begin":
        return _matrix(reader)
    if text in OPAQUE:
        return _opaque(reader, text)
    if name in STYLED:
        return read_argument(reader)
    if name in MISPLACED:
        raise MathError(f"cannot read {text!r}")
    return Symbol(name)


def _bracketed(reader: _Grammar, name: str) -> Node:
    if name == "{":
        return reader.group("\\{")
    closing = {"langle": "\\rangle", "lfloor": "\\rfloor", "lceil": "\\rceil", "lvert": "\\rvert"}[name]
    items = reader.items()
    reader.expect(closing)
    if name == "langle":
        return Group("(", items, ")")
    return Apply({"lfloor": "floor", "lceil": "ceil", "lvert": "abs"}[name], items[:1])


def read_function(reader: _Grammar, name: str) -> Node:
    """The tree of a function that was named: its base, its power and its arguments."""
    base: Node | None = None
    power: Node | None = None
    while reader.next.text in ("_", "^") and reader.next.kind == "sign":
        if reader.take().text == "_":
            base = read_argument(reader)
        else:
            power = reader.exponent()
    items = _arguments(reader)
    if power == Apply("neg", (Number(Fraction(1)),)) and f"arc{name}" in FUNCTIONS:
        name, power = f"arc{name}", None
    found: Node = Apply(name, (*items, base) if base is not None and name == "log" else items)
    return found if power is None else Apply("^", (found, power))


def _arguments(reader: _Grammar) -> tuple[Node, ...]:
    if reader.next.kind != "text" and reader.next.text in ("(", "[", "{", "\\{"):
        inner = reader.atom()
        return inner.items if isinstance(inner, Group) else (inner,)
    found = reader.factor()
    while (
        reader.starts_factor() and reader.next.text.lstrip("\\") not in FUNCTIONS and reader.next.text not in ("(", "{")
    ):
        found = times(found, reader.power())
    return (found,)


def _root(reader: _Grammar) -> Node:
    degree: Node = Number(Fraction(2))
    if reader.next.text == "[":
        reader.take()
        degree = reader.sum()
        reader.expect("]")
    return Apply("root", (read_argument(reader), degree))


def read_argument(reader: _Grammar, digits: int = 0) -> Node:
    r"""What a command takes: a group in braces, or the next token, of which `\frac` takes one digit or letter."""
    if reader.next.kind == "number" and digits and len(reader.next.text) > 1:
        token = reader.next
        reader.tokens[reader.at] = token._replace(text=token.text[digits:])
        return number(token.text[:digits])
    if reader.next.kind == "name" and reader.next.text not in NAMED_LETTERS:
        token = reader.take()
        if rest := token.text[1:]:
            reader.at -= 1
            reader.tokens[reader.at] = token._replace(text=rest)
        return Symbol(token.text[0])
    if reader.next.text == "-":
        reader.take()
        return Apply("neg", (read_argument(reader, digits),))
    return reader.atom()


def _opaque(reader: _Grammar, text: str) -> Node:
    while reader.next.text in ("_", "^"):
        text += f"{reader.take().text}{{{reader.raw()}}}"
    return Symbol(text)


def _matrix(reader: _Grammar) -> Node:
    kind = reader.raw()
    if kind.rstrip("*") not in MATRICES:
        raise MathError(f"cannot read \\begin{{{kind}}}")
    if kind == "array":
        reader.raw()
    rows: list[tuple[Node, ...]] = []
    row: list[Node] = []
    while True:
        row.append(reader.relation())
        token = reader.expect("&", "\\\\", "\\end")
        if token.text == "&":
            continue
        rows.append(tuple(row))
        row = []
        if token.text == "\\end" or reader.skip("\\end"):
            reader.raw()
            return Apply("det", (Matrix(tuple(rows)),)) if kind == "vmatrix" else Matrix(tuple(rows))
