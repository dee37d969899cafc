"""How the time and memory of `rft data check`, `split` and `make` grow with the rows, and of finding near duplicates
and what is in a test.

    python benchmarks/data_scale.py                        # 20,000, 40,000 and 80,000 rows
    python benchmarks/data_scale.py --rows 1000000         # one size
    python benchmarks/data_scale.py --words 12             # short prompts
    python benchmarks/data_scale.py --json

Rows are RFT rows of about 1 kB, or with prompts of `--words`; 2 % have a twin with one word changed. Each measurement
is a process of its own, so that the peak memory is its own: `more_mb` is what it took beyond a process that has only
imported the package.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

SIZES = (20_000, 40_000, 80_000)
WORDS = 160
VOCABULARY = [hashlib.blake2b(str(index).encode(), digest_size=3).hexdigest() for index in range(30_000)]
TWIN_EVERY = 50


def prompts(rows: int, count: int) -> Iterator[str]:
    """Texts of random words; each fiftieth is the one before it with another first word."""
    text = ""
    for number in range(rows):
        if number % TWIN_EVERY or not number:
            text = " ".join(Random(f"scale/{number}").choices(VOCABULARY, k=count))
            yield text
        else:
            yield "changed " + text.partition(" ")[2]


def write(path: Path, rows: int, count: int) -> Path:
    """A file of RFT rows."""
    with path.open("w", encoding="utf-8") as file:
        for number, text in enumerate(prompts(rows, count)):
            messages = [{"role": "user", "content": text}]
            file.write(json.dumps({"id": f"r{number}", "messages": messages, "reference_answer": str(number)}) + "\n")
    return path


def run_check(path: Path) -> dict[str, Any]:
    """Rows read, and what was found in them."""
    from datagen.validate import Target, check

    report = check(path, Target.RFT)
    return {"rows": report.rows, "found": {code: count for (_, code), count in report.counts.items()}}


def run_split(path: Path) -> dict[str, Any]:
    """Rows per split."""
    from datagen.config import SplitConfig
    from datagen.splits.files import split

    with tempfile.TemporaryDirectory() as out:
        made = split(path, Path(out, "split"), SplitConfig(), seed="1")
        found = {name: hashlib.sha256(file.read_bytes()).hexdigest()[:16] for name, file in made.files.items()}
        return {"rows": dict(made.rows), "leaks": dict(made.leaks), "sha256": found}


def run_clusters(path: Path) -> dict[str, Any]:
    """How many twins were found of those that were planted."""
    from datagen.quality.similarity import clusters

    with path.open(encoding="utf-8") as file:
        lead = clusters((json.loads(line)["messages"][0]["content"] for line in file), threshold=0.9)
    return {"found": sum(first != index for index, first in enumerate(lead)), "planted": (len(lead) - 1) // TWIN_EVERY}


def run_make(path: Path) -> dict[str, Any]:
    """Rows written by `rft data make` from the file."""
    from datagen import RowsConfig, make_from_rows

    with tempfile.TemporaryDirectory() as out:
        made = make_from_rows(RowsConfig(train=path.name), root=path.parent, seed=1, out=Path(out, "data"))
        return {"rows": dict(made.rows), "leaks": dict(made.leaks)}


def run_decontaminate(path: Path) -> dict[str, Any]:
    """Texts that share 13 words in a row with a test of 1,000 other texts, 10 of which were taken from the file."""
    from datagen.quality.similarity import shared_runs

    with path.open(encoding="utf-8") as file:
        taken = [json.loads(next(file))["messages"][0]["content"] for _ in range(10)]
    tests = [*taken, *(" ".join(Random(f"test/{number}").choices(VOCABULARY, k=WORDS)) for number in range(990))]
    found = shared_runs(tests, _Texts(path))
    return {"found": sum(map(bool, found)), "planted": len(taken)}


class _Texts:
    """The texts of a file, read anew at each pass."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[str]:
        with self.path.open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)["messages"][0]["content"]


RUNS = {
    "check": run_check,
    "split": run_split,
    "near duplicates": run_clusters,
    "make": run_make,
    "decontaminate": run_decontaminate,
}


def measured(name: str, path: Path) -> dict[str, Any]:
    """One run in this process: its result, seconds of CPU, and memory beyond the imports."""
    import datagen.splits.files  # noqa: F401 -- what every run imports

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    found = RUNS[name](path)
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"cpu_s": round(time.process_time() - start, 2), "more_mb": round(more / 1024, 1), **found}


def main() -> None:
    """Measure every size in a fresh process and print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=SIZES)
    parser.add_argument("--words", type=int, default=WORDS, help="of a prompt")
    parser.add_argument("--only", choices=RUNS, nargs="*", default=list(RUNS), help="what to measure")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measured(asked.measure[0], Path(asked.measure[1]))))
        return
    table: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for rows in asked.rows:
            path = write(Path(folder, "rows.jsonl"), rows, asked.words)
            for name in asked.only:
                command = [sys.executable, __file__, "--measure", name, str(path)]
                result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                table.append({"what": name, "size": rows, "mb": round(path.stat().st_size / 1e6), **result})
    if asked.json:
        print(json.dumps(table, indent=2))
        return
    for line in table:
        print(
            f"{line['what']:<16} {line['size']:>9,} rows {line['mb']:>5,} MB"
            f" {line['cpu_s']:>8,.1f} s CPU {line['more_mb']:>8,.1f} MB more"
        )


if __name__ == "__main__":
    main()
