"""Small data files that the checks of `datagen` accept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def rft_rows(path: Path, count: int = 100, **more: Any) -> Path:
    """RFT rows about sums, with what every platform asks for."""
    function = {"name": "add", "description": "Adds.", "parameters": {"type": "object", "properties": {}}}
    tool = {"type": "function", "function": function}
    rows = (
        {
            "id": f"q-{i}",
            "messages": [{"role": "user", "content": f"What is {i} + {i}?"}],
            "reference_answer": {"sum": 2 * i},
            "tools": [tool],
            **more,
        }
        for i in range(count)
    )
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def sft_rows(path: Path, count: int = 200) -> Path:
    """Converse records about sums."""
    rows = (
        {
            "schemaVersion": "bedrock-conversation-2024",
            "messages": [
                {"role": "user", "content": [{"text": f"What is {i} + {i}?"}]},
                {"role": "assistant", "content": [{"text": str(2 * i)}]},
            ],
        }
        for i in range(count)
    )
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path
