"""Pairs two lists one to one, so that what an answer earns does not depend on the order in which it was written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations
from operator import getitem

FEW = 3  # rows and columns: trying six pairings takes a third of the time of growing a tree for each row


def best_total(similarity: Sequence[Sequence[float]]) -> float:
    """The largest sum of `similarity[i][j]` over one-to-one pairings of rows and columns; few are all tried.

    Between 0 and the shorter side for similarities in [0, 1]. Cubic in the shorter side, linear in the longer.
    Greedy pairing would lose: here it takes 0.9 first and ends at 0.9.

    >>> best_total([[0.9, 0.8], [0.8, 0.0]]), best_total([[]])
    (1.6, 0.0)
    """
    if similarity and similarity[0] and max(len(similarity), len(similarity[0])) <= FEW:
        rows = similarity if len(similarity) <= len(similarity[0]) else list(zip(*similarity, strict=True))
        orders = permutations(range(len(rows[0])), len(rows))
        return max(math.fsum(map(getitem, rows, order)) for order in orders)
    return math.fsum(similarity[row][column] for row, column in best_pairs(similarity))


def best_pairs(similarity: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """The pairs (row, column) of a best pairing, by row. Each row and each column appears at most once."""
    if not similarity or not similarity[0]:
        return []
    if len(similarity) == 1:
        return [(0, max(range(len(similarity[0])), key=similarity[0].__getitem__))]
    if len(similarity) > len(similarity[0]):
        columns = list(zip(*similarity, strict=True))
        return sorted((row, column) for column, row in _assign(columns))
    return _assign(similarity)


def over_longer(earned: float, left: int, right: int) -> float:
    """`earned` over the longer of two lengths; 1 where both are 0.

    The denominator that makes hedging never pay: see docs/rewards.md for the proof.
    """
    return earned / max(left, right) if left or right else 1.0


def _assign(similarity: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """The Hungarian method with potentials, one augmenting path for each row; rows <= columns.

    H. W. Kuhn, "The Hungarian method for the assignment problem", 1955; the shortest-path form is by J. Munkres,
    1957, and R. Jonker and A. Volgenant, 1987. Index `width` stands for "no column yet".
    """
    height, width = len(similarity), len(similarity[0])
    row_price, column_price = [0.0] * height, [0.0] * (width + 1)
    row_of = [-1] * (width + 1)
    for row in range(height):
        column, previous = _shortest_path(similarity, row, row_of, row_price, column_price)
        while column != width:
            row_of[column] = row_of[previous[column]]
            column = previous[column]
    return sorted((row_of[column], column) for column in range(width) if row_of[column] >= 0)


def _shortest_path(
    similarity: Sequence[Sequence[float]],
    row: int,
    row_of: list[int],
    row_price: list[float],
    column_price: list[float],
) -> tuple[int, list[int]]:
    """Grow a tree of tight pairs from `row` until it reaches a free column: that column, and every column's
    predecessor."""
    width = len(similarity[0])
    row_of[width] = row
    slack, previous, open_columns = [math.inf] * width, [width] * width, set(range(width))
    column, seen = width, [width]
    while row_of[column] >= 0:
        current = row_of[column]
        weights, base = similarity[current], row_price[current]
        for other in open_columns:
            reduced = -weights[other] - base - column_price[other]
            if reduced < slack[other]:
                slack[other], previous[other] = reduced, column
        column = min(open_columns, key=slack.__getitem__)
        step = slack[column]
        for touched in seen:
            row_price[row_of[touched]] += step
            column_price[touched] -= step
        for other in open_columns:
            slack[other] -= step
        open_columns.remove(column)
        seen.append(column)
    return column, previous
