"""Finds the one piece of code in an answer."""

from __future__ import annotations

import re

_BLOCK = re.compile(
    r"^[ \t]{0,3}(`{3,}|~{3,})([^\n`]*)\n(.*?)(?:^[ \t]{0,3}\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)


def only_code(text: str) -> str | None:
    """The code of an answer: what its only fenced block holds, or the whole text where there is no fence.

    None where there are several: to show two pieces of code is not to choose one.

    >>> only_code("Here it is:\\n```sql\\nSELECT 1\\n```\\nDone."), only_code("```\\na\\n```\\n```\\nb\\n```")
    ('SELECT 1', None)
    """
    blocks = [found[3].strip() for found in _BLOCK.finditer(text)]
    if len(blocks) > 1:
        return None
    return blocks[0] if blocks else text.strip()
