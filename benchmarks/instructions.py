"""Agreement of `instruction_constraints` with the stored results of IFBench, strict and loose.

python benchmarks/instructions.py CHECKOUT      # of github.com/allenai/IFBench; exit 1 where one disagrees
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rewards import Completion, Sample, instruction_constraints
from rewards.comparing.instructions.catalogue import UNSUPPORTED

STORED = {False: "eval/eval_results_strict.jsonl", True: "eval/eval_results_loose.jsonl"}


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSONL file."""
    with path.open(encoding="utf-8", newline="\n") as lines:
        yield from map(json.loads, lines)


def main(checkout: Path) -> int:
    """Print agreement, and each disagreement."""
    rows = {row["prompt"].strip(): row for row in rows_of(checkout / "data" / "IFBench_test.jsonl")}
    disagreements = 0
    for loose, name in STORED.items():
        reward, seen = instruction_constraints(loose=loose), Counter[str]()
        for stored in rows_of(checkout / name):
            row = rows.get(stored["prompt"].strip())
            if row is None or row["instruction_id_list"] != stored["instruction_id_list"]:
                seen["of a row that the data no longer has"] += len(stored["instruction_id_list"])
                continue
            for place, (one, label) in enumerate(
                zip(stored["instruction_id_list"], stored["follow_instruction_list"], strict=True)
            ):
                if one in UNSUPPORTED:
                    seen["not supported"] += 1
                    continue
                reference = {"instruction_id_list": [one], "kwargs": [row["kwargs"][place]]}
                found = reward(Sample(row["key"], (), reference=reference), Completion(stored["response"])).value
                seen["agrees" if found == label else "disagrees"] += 1
                if found != label:
                    print(f"{'loose' if loose else 'strict'}: {row['key']} {one}: {found:g}, stored {label}")
        disagreements += seen["disagrees"]
        print(f"{'loose' if loose else 'strict'}: {dict(seen)}")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
