"""The bar: moved by one, or told how many are done."""

from __future__ import annotations

import io

import pytest


@pytest.mark.parametrize(
    ("total", "moves", "shown"),
    [
        (None, [(3, 12)], "3/12"),
        (12, [(3, 12), (4, 12)], "4/12"),
        (7, [("well",), ()], "2/7"),
        (7, [("well",)], "well"),
    ],
)
def test_a_bar_is_moved_by_one_or_told_how_many_are_done(
    monkeypatch: pytest.MonkeyPatch, total: int | None, moves: list[tuple[str | int, ...]], shown: str
) -> None:
    from rich.console import Console

    from rft import progress

    text = io.StringIO()
    monkeypatch.setattr(progress, "_is_terminal", lambda: True)
    monkeypatch.setattr("rft.terminal.console", lambda: Console(file=text, force_terminal=True, width=100))
    with progress.bar("asking", total, "variants") as moved:
        for move in moves:
            moved(*move)
    assert shown in text.getvalue()
