"""Reads a written answer into a tree: LaTeX as models write it, and plain mathematics."""

from __future__ import annotations

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
from rewards.comparing.maths.commands import read_argument, read_command, read_function
from rewards.comparing.maths.cursor import Cursor
from rewards.comparing.maths.nodes import (
    Apply,
    Group,
    MathError,
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
    NAMED_LETTERS,
    SEPARATORS,
    SET_SIGNS,
    SHORT_WORDS,
    SIGNS,
    SPELLINGS,
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
        found = number(self.take().text) if self.next.kind == "number" else read_argument(self)
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
            return read_command(self, token.text)
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
            return read_function(self, text)
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
