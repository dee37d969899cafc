"""What the example scripts share: rows of a project as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as CSV.

    >>> table(("a", "b"), [("1", "2, 3")])
    'a,b\\n1,"2, 3"\\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
