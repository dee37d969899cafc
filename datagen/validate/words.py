"""Words that must not occur in training text, because the chat format of the model uses them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ANY_CASE = re.compile(r"(?:system|user|bot|assistant|thought):|<(?:image|video|unk)>|\[eos\]", re.IGNORECASE)
_COLON_WORDS = "|".join(f"(?<=({word}:))" for word in ("system", "user", "bot", "assistant", "thought"))
# Ten times as fast as to look for a word at every letter; most colons stand behind other letters than m, r and t.
_COLON = re.compile(f":(?<=[mrt]:)(?:{_COLON_WORDS})", re.IGNORECASE)
_WORD = re.compile(f"{_COLON.pattern}|(<(?:image|video|unk)>|\\[eos\\])", re.IGNORECASE)
_DOCS = frozenset({"User:", "Bot:", "Assistant:", "System:", "<image>", "<video>"})
_VALIDATORS = frozenset({"USER:", "BOT:", "ASSISTANT:", "SYSTEM:", "<unk>"})
# The script means to check "thought:" and "[eos]" too, but a missing comma glues them to their neighbours in its list.
_SCRIPT = frozenset({"user:", "bot:", "assistant:", "system:", "<image>", "<video>", "<unk>"})
_ALONE = {"[EOS]": "reserved-word-eos", "Thought:": "reserved-word-forge"}


def may_hold_reserved(text: str) -> bool:
    """A quick look that never misses a reserved word and may see one where there is none."""
    if ":" in text and _COLON.search(text):
        return True
    if "<" in text or "[" in text:
        low = text.lower()  # a loop over the words takes three times as long
        return "<image>" in low or "<video>" in low or "<unk>" in low or "<thinking>" in low or "[eos]" in low
    return False


def reserved_words(text: str) -> Iterator[tuple[str, str]]:
    """Rule code and word of each reserved word in `text`.

    >>> list(reserved_words("Our user: base, [EOS] and Thought: none"))
    [('reserved-word-case', 'user:'), ('reserved-word-eos', '[EOS]'), ('reserved-word-forge', 'Thought:')]
    """
    pattern = _WORD if "<" in text or "[" in text else _COLON
    for match in pattern.finditer(text):
        word = match[match.lastindex or 0]
        if word in _DOCS:
            yield "reserved-word", word
        elif word in _ALONE:
            yield _ALONE[word], word
        elif word in _VALIDATORS:
            yield "reserved-word-upper", word
        elif word.lower() in _SCRIPT:
            yield "reserved-word-case", word


def without_reserved(text: str) -> str:
    """`text` with each reserved word made harmless and still readable: a space before the colon, round brackets.

    >>> without_reserved("User: see <image> [EOS]")
    'User : see (image) (EOS)'
    """
    return _ANY_CASE.sub(_harmless, text)


def _harmless(match: re.Match[str]) -> str:
    word = match[0]
    return f"{word[:-1]} :" if word.endswith(":") else f"({word[1:-1]})"
