"""Reads a written answer into a tree: LaTeX as models write it, and plain mathematics."""

from __future__ import annotations

from fractions import Fraction

from rewards.comparing.maths.building import (
    conditions,
    folded,
    joined,
    number,
    product,
    repeating,
    subscripted,
    times,
)
from rewards.comparing.maths.cursor import Cursor
from rewards.comparing.maths.nodes import (
    Apply,
    Group,
    MathError,
    Matrix,
    Node,
    Number,
    Relation,
    Symbol,
    Text,
    Unit,
    is_deeper,
)
from rewards.comparing.maths.tokens import Token, tokens_of
from rewards.comparing.maths.units import unit_at
from rewards.comparing.maths.vocabulary import (
    CLOSED_BY,
    CLOSING,
    ENDING,
    FUNCTIONS,
    INFINITIES,
    JOINTS,
    MATRICES,
    MISPLACED,
    NAMED_LETTERS,
    OPAQUE,
    SEPARATORS,
    SET_SIGNS,
    SHORT_WORDS,
    SIGNS,
    SPELLINGS,
    STYLED,
)

_MAX_DEPTH = 40


def read_answer(text: str) -> Node:
    r"""The tree of a written answer; raises MathError for what is no mathematics.

    >>> read_answer(r"x = \frac{1}{2}").signs, read_answer("1, 2").items
    (('=',), (Number(value=Fraction(1, 1), decimals=0), Number(value=Fraction(2, 1), decimals=0)))
    """
    tree = _Reader(tokens_of(text)).answer()
    if is_deeper(tree, _MAX_DEPTH):
        raise MathError("nested too deeply")
    return tree


class _Reader(Cursor):
    """Recursive descent over the tokens; one method per level of the grammar."""

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        self.depth, self.bars, self.in_set = 0, 0, False
        self.joints: set[str] = set()

    def answer(self) -> Node:
        items = self.items()
        self.skip(".")
        if self.next.kind != "end":
            raise MathError(f"cannot read {self.next.text!r}")
        return items[0] if len(items) == 1 else conditions(items, self.joints) or Group("", items, "")

    def items(self) -> tuple[Node, ...]:
        items = [self.relation()]
        while self.separator():
            if self.next.kind == "end" or self.next.text in CLOSING:
                break
            items.append(self.relation())
        return tuple(items)

    def separator(self) -> bool:
        found = False
        while True:
            word = self.next.text.strip(" ,").casefold() if self.next.kind in ("text", "name") else ""
            if word not in JOINTS and not (self.next.kind == "sign" and self.next.text in SEPARATORS):
                return found
            self.joints.add(JOINTS.get(word, ""))
            self.take()
            found = True

    def relation(self) -> Node:
        sides, signs = [self.side()], []
        while self.next.kind != "text" and (sign := SIGNS.get(self.next.text)) is not None:
            self.take()
            signs.append(sign)
            sides.append(self.side())
        return Relation(tuple(sides), tuple(signs)) if signs else sides[0]

    def side(self) -> Node:
        items = [self.sets()]
        while not self.in_set and self.skip(":"):
            items.append(self.sets())
        return items[0] if len(items) == 1 else Apply("ratio", tuple(items))

    def sets(self) -> Node:
        found = self.sum()
        while self.next.text in SET_SIGNS:
            found = Apply(SET_SIGNS[self.take().text], (found, self.sum()))
        return found

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise MathError("nested too deeply")
        found = self.term()
        while self.next.text in ("+", "-", "\\pm", "\\mp") and self.next.kind != "text":
            sign = self.take().text
            item = self.term()
            if sign in ("+", "-"):
                found = joined("+", found, item if sign == "+" else Apply("neg", (item,)))
            else:
                found = Apply(sign.lstrip("\\"), (found, item))
        self.depth -= 1
        return found

    def term(self) -> Node:
        found = self.factor()
        while True:
            if self.next.text in ("*", "\\cdot", "\\times", "\\ast"):
                self.take()
                found = joined("*", found, self.factor())
            elif self.next.text in ("/", "\\div"):
                self.take()
                found = Apply("/", (found, self.factor()))
            elif unit := unit_at(self):
                found = Unit(found, unit)
            elif (mixed := self.mixed(found)) is not None:
                found = mixed
            elif self.starts_factor():
                found = times(found, self.factor())
            else:
                return found

    def mixed(self, whole: Node) -> Node | None:
        """`1 1/2`, after its whole number, also a negative one; None where no such fraction follows."""
        if isinstance(whole, Apply) and whole.name == "neg":
            positive = self.mixed(whole.items[0])
            return positive and Apply("neg", (positive,))
        top, slash, bottom = (self.tokens[min(self.at + n, len(self.tokens) - 1)] for n in range(3))
        if (
            not isinstance(whole, Number)
            or whole.decimals
            or (top.kind, slash.text, bottom.kind) != ("number", "/", "number")
        ):
            return None
        self.at += 3
        return Apply("+", (whole, Apply("/", (number(top.text), number(bottom.text)))))

    def factor(self) -> Node:
        sign = self.next.text
        if self.next.kind != "text" and sign in ("-", "+", "\\pm", "\\mp"):
            self.take()
            item = self.factor()
            return item if sign == "+" else Apply({"-": "neg"}.get(sign, sign.lstrip("\\")), (item,))
        return self.power()

    def power(self) -> Node:
        found = self.atom()
        while True:
            if self.next.kind == "text":
                return found
            if self.next.text == "^" and self.tokens[self.at + 1].text == "\\circ":
                self.at += 2
                found = Unit(found, "\u00b0")
            elif self.skip("^", "**"):
                found = Apply("^", (found, self.exponent()))
            elif self.skip("!"):
                found = found if isinstance(found, Text) else Apply("!", (found,))
            elif self.skip("_"):
                found = subscripted(found, self.raw())
            elif self.skip("'"):
                found = Apply("prime", (found,))
            elif isinstance(found, Number) and self.next.text == "\\overline":
                self.take()
                found = repeating(found, self.raw())
            else:
                return found

    def exponent(self) -> Node:
        if self.next.text in ("-", "+"):
            sign = self.take().text
            item = self.exponent()
            return Apply("neg", (item,)) if sign == "-" else item
        found = number(self.take().text) if self.next.kind == "number" else self.argument()
        return Apply("^", (found, self.exponent())) if self.skip("^", "**") else found

    def starts_factor(self) -> bool:
        token = self.next
        if token.kind == "sign":
            return token.text in ("(", "{") or (token.text == "|" and not self.bars)
        if token.kind == "command":
            return token.text not in ENDING
        return token.kind == "number" or (token.kind == "name" and token.text not in JOINTS)

    def atom(self) -> Node:
        token = self.take()
        if token.kind == "number":
            return number(token.text)
        if token.kind == "text":
            return self.words(token)
        if token.kind == "name":
            return self.name(token)
        if token.kind == "command":
            return self.command(token.text)
        if token.text in CLOSED_BY:
            return self.group(token.text)
        if token.text == "{":
            items = self.items()
            self.expect("}")
            return items[0] if len(items) == 1 else Group("", items, "")
        if token.text == "|":
            self.bars += 1
            item = self.sum()
            self.expect("|")
            self.bars -= 1
            return Apply("abs", (item,))
        raise MathError(f"cannot read {token.text!r}")

    def words(self, first: Token) -> Node:
        words = [first.text]
        while self.next.kind in ("text", "name"):
            words.append(self.take().text)
        return Text(folded(" ".join(words)))

    def name(self, token: Token) -> Node:
        text = SPELLINGS.get(token.text, token.text)
        if text in FUNCTIONS and not (text in ("min", "max") and self.next.text != "("):
            return self.function(text)
        if text in INFINITIES:
            return Symbol("inf")
        if text in NAMED_LETTERS:
            return Symbol(text)
        if (
            len(text) >= 4
            or text.casefold() in SHORT_WORDS
            or (self.next.kind == "name" and len(text + self.next.text) > 2)
        ):
            return self.words(token)
        letters = [Symbol(letter) for letter in text]
        if self.next.text == "_" and self.next.kind == "sign":
            self.take()
            letters[-1] = Symbol(f"{letters[-1].name}_{self.raw()}")
        if self.next.text == "^" and len(letters) > 1:  # the power is the last letter's
            self.take()
            *first, last = letters
            return product([*first, Apply("^", (last, self.exponent()))])
        return product(list(letters))

    def command(self, text: str) -> Node:
        name = SPELLINGS.get(text[1:], text[1:])
        if name in ("frac", "binom"):
            top, bottom = self.argument(digits=1), self.argument(digits=1)
            return Apply("/" if name == "frac" else "binom", (top, bottom))
        if name == "sqrt":
            return self.root()
        if name in FUNCTIONS:
            return self.function(name)
        if name in NAMED_LETTERS or name.startswith("field"):
            return Symbol(name)
        if name in INFINITIES:
            return Symbol("inf")
        if name in ("emptyset", "varnothing"):
            return Group("\\{", (), "\\}")
        if name in ("{", "langle", "lfloor", "lceil", "lvert"):
            return self.bracketed(name)
        if name == "begin":
            return self.matrix()
        if text in OPAQUE:
            return self.opaque(text)
        if name in STYLED:
            return self.argument()
        if name in MISPLACED:
            raise MathError(f"cannot read {text!r}")
        return Symbol(name)

    def bracketed(self, name: str) -> Node:
        if name == "{":
            return self.group("\\{")
        closing = {"langle": "\\rangle", "lfloor": "\\rfloor", "lceil": "\\rceil", "lvert": "\\rvert"}[name]
        items = self.items()
        self.expect(closing)
        if name == "langle":
            return Group("(", items, ")")
        return Apply({"lfloor": "floor", "lceil": "ceil", "lvert": "abs"}[name], items[:1])

    def group(self, opening: str) -> Node:
        if self.skip(CLOSED_BY[opening]):
            return Group(opening, (), CLOSED_BY[opening])
        outer, self.in_set = (self.bars, self.in_set), opening == "\\{"
        self.bars = int(self.in_set)  # in a set, "|" and ":" stand before its condition
        items = self.items()
        condition = self.condition() if self.in_set and self.skip("|", "\\mid", ":") else None
        closing = self.expect(*(CLOSING if condition is None else ("\\}",))).text
        self.bars, self.in_set = outer
        if condition is not None:
            return condition
        if len(items) == 1 and (opening, closing) in (("(", ")"), ("[", "]")):
            return items[0]
        return Group(opening, items, closing)

    def condition(self) -> Node:
        """What holds of the members of a set: one relation, or several joined by "and" or "or"."""
        outer, self.joints = self.joints, set()
        items = self.items()
        found = items[0] if len(items) == 1 else conditions(items, self.joints)
        self.joints = outer
        if not isinstance(found, Relation | Apply):
            raise MathError("a set without a condition, or with several")
        return found

    def function(self, name: str) -> Node:
        base: Node | None = None
        power: Node | None = None
        while self.next.text in ("_", "^") and self.next.kind == "sign":
            if self.take().text == "_":
                base = self.argument()
            else:
                power = self.exponent()
        items = self.arguments()
        if power == Apply("neg", (Number(Fraction(1)),)) and f"arc{name}" in FUNCTIONS:
            name, power = f"arc{name}", None
        found: Node = Apply(name, (*items, base) if base is not None and name == "log" else items)
        return found if power is None else Apply("^", (found, power))

    def arguments(self) -> tuple[Node, ...]:
        if self.next.kind != "text" and self.next.text in ("(", "[", "{", "\\{"):
            inner = self.atom()
            return inner.items if isinstance(inner, Group) else (inner,)
        found = self.factor()
        while (
            self.starts_factor() and self.next.text.lstrip("\\") not in FUNCTIONS and self.next.text not in ("(", "{")
        ):
            found = times(found, self.power())
        return (found,)

    def root(self) -> Node:
        degree: Node = Number(Fraction(2))
        if self.next.text == "[":
            self.take()
            degree = self.sum()
            self.expect("]")
        return Apply("root", (self.argument(), degree))

    def argument(self, digits: int = 0) -> Node:
        r"""What a command takes: a group in braces, or the next token, of which `\frac` takes one digit or letter."""
        if self.next.kind == "number" and digits and len(self.next.text) > 1:
            token = self.next
            self.tokens[self.at] = token._replace(text=token.text[digits:])
            return number(token.text[:digits])
        if self.next.kind == "name" and self.next.text not in NAMED_LETTERS:
            token = self.take()
            if rest := token.text[1:]:
                self.at -= 1
                self.tokens[self.at] = token._replace(text=rest)
            return Symbol(token.text[0])
        if self.next.text == "-":
            self.take()
            return Apply("neg", (self.argument(digits),))
        return self.atom()

    def opaque(self, text: str) -> Node:
        while self.next.text in ("_", "^"):
            text += f"{self.take().text}{{{self.raw()}}}"
        return Symbol(text)

    def matrix(self) -> Node:
        kind = self.raw()
        if kind.rstrip("*") not in MATRICES:
            raise MathError(f"cannot read \\begin{{{kind}}}")
        if kind == "array":
            self.raw()
        rows: list[tuple[Node, ...]] = []
        row: list[Node] = []
        while True:
            row.append(self.relation())
            token = self.expect("&", "\\\\", "\\end")
            if token.text == "&":
                continue
            rows.append(tuple(row))
            row = []
            if token.text == "\\end" or self.skip("\\end"):
                self.raw()
                return Apply("det", (Matrix(tuple(rows)),)) if kind == "vmatrix" else Matrix(tuple(rows))
