"""Tags such as <think> in a text: the block that one encloses, and what follows a block of reasoning."""

from __future__ import annotations

from collections.abc import Sequence


def check_tags(parameter: str, names: Sequence[str]) -> tuple[str, ...]:
    """`names` as a tuple. Raises ValueError where one could never be found as a tag.

    >>> check_tags("reasoning", "think")
    Traceback (most recent call last):
    ValueError: reasoning must be a list of tags, got 'think'; write ('think',)
    """
    if not isinstance(names, str):
        return tuple(check_tag(parameter, name) for name in names)
    raise ValueError(f"{parameter} must be a list of tags, got {names!r}; write ({names!r},)")


def check_tag(parameter: str, name: str) -> str:
    """`name`, unless it could never be found as a tag: then ValueError."""
    if not isinstance(name, str) or not name or any(mark in name for mark in "</>") or name.split() != [name]:
        raise ValueError(f"{parameter} takes the name of a tag without brackets, such as 'think', got {name!r}")
    return name


def after_reasoning(text: str, tags: Sequence[str]) -> str | None:
    """What follows the closed blocks of `tags` at the start; None where one is never closed.

    A chat template may write the opening tag into the prompt, so a block whose closing tag comes before any opening
    one began before the text.

    >>> after_reasoning("<think>why</think>refund", ("think",)), after_reasoning("why</think>refund", ("think",))
    ('refund', 'refund')
    >>> after_reasoning("<think>why", ("think",)) is None
    True
    """
    if not tags:
        return text
    text, left = _after_open_block(text, tags), list(tags)
    while tag := _tag_at_start(text, left):
        left.remove(tag)
        _, closed, text = text.partition(f"</{tag}>")
        if not closed:
            return None
    return text


def inside(text: str, tag: str) -> str | None:
    """What the only block of `tag` holds. Taking the first or last of several would pay for showing several."""
    span = block(text, tag)
    return None if span is None else text[span[0] + len(tag) + 2 : span[1]]


def block(text: str, tag: str) -> tuple[int, int] | None:
    """Where the only block of `tag` opens and where it closes; None unless there is exactly one."""
    opening, closing = f"<{tag}>", f"</{tag}>"
    if text.count(opening) != 1 or text.count(closing) != 1:
        return None
    start, end = text.index(opening), text.index(closing)
    return (start, end) if start < end else None


def _after_open_block(text: str, tags: Sequence[str]) -> str:
    for tag in tags:
        reasoning, closed, rest = text.partition(f"</{tag}>")
        if closed and f"<{tag}>" not in reasoning:
            return rest
    return text


def _tag_at_start(text: str, tags: Sequence[str]) -> str:
    start = text.lstrip()
    return next((tag for tag in tags if start.startswith(f"<{tag}>")), "")
