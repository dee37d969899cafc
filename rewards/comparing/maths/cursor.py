"""A place in the tokens of a written answer, which moves on as they are read."""

from __future__ import annotations

from rewards.comparing.maths.nodes import MathError
from rewards.comparing.maths.tokens import Token


class Cursor:
    """The tokens, and where the next one stands; two more can be looked at ahead, also at the end."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = [*tokens, *tokens[-1:] * 2]  # so that two tokens can be looked ahead
        self.at = 0

    @property
    def next(self) -> Token:
        """The next token, of kind "end" behind the last one."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """The next token, which is read then."""
        token = self.next
        self.at += token.kind != "end"
        return token

    def skip(self, *texts: str) -> bool:
        """Whether the next token is one of `texts` and no words; it is read then."""
        found = self.next.kind != "text" and self.next.text in texts
        self.at += found
        return found

    def expect(self, *texts: str) -> Token:
        """The next token; raises MathError unless it is one of `texts`."""
        if self.next.text not in texts:
            raise MathError(f"expected {' or '.join(texts)}, found {self.next.text!r}")
        return self.take()

    def raw(self) -> str:
        """The text of the next argument, as it is part of a name."""
        if not self.skip("{"):
            return self.take().text
        depth = 1
        found: list[str] = []
        while self.next.kind != "end":
            token = self.take()
            depth += {"{": 1, "}": -1}.get(token.text, 0)
            if depth == 0:
                return "".join(found)
            found.append(token.text)
        raise MathError("a brace is not closed")
