"""The rows of an agentic RFT job: each holds its prompt, and nothing else of it is read."""

from __future__ import annotations

import json
from collections.abc import Iterator

from estimators.findings import JobFinding
from estimators.planning.data import Data, Source, local_file


def prompt_findings(data: Data) -> Iterator[JobFinding]:
    """An error for each file whose rows have no `prompt`; of other columns AWS says that they are not read.

    >>> [finding.message for finding in prompt_findings(Data(b'{"prompt": "t1"}\\n{"id": "t2"}\\n'))]
    ["train, line 2: no 'prompt', only id; an agentic job reads that column alone"]
    """
    for channel, source in data.channels():
        for number, line in enumerate(_lines(source), 1):
            row = _row(line)
            if row is None or "prompt" not in row:
                keys = "no JSON object" if row is None else f"no 'prompt', only {', '.join(row) or 'nothing'}"
                message = f"{channel}, line {number}: {keys}; an agentic job reads that column alone"
                yield JobFinding("prompt-missing", "error", message, 'write rows as {"prompt": "task 1"}')
                break


def _lines(source: Source) -> Iterator[bytes]:
    file = local_file(source)
    if isinstance(source, bytes):
        yield from source.splitlines()
    elif file is not None and file.suffix == ".jsonl":
        with file.open("rb") as lines:
            yield from lines


def _row(line: bytes) -> dict[str, object] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
