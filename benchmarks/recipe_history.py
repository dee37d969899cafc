"""Which of the Nova recipes that AWS ever published `rft recipe check` calls wrong: each is a false error.

    git clone https://github.com/aws/sagemaker-hyperpod-recipes
    python benchmarks/recipe_history.py sagemaker-hyperpod-recipes           # every version in its history
    python benchmarks/recipe_history.py sagemaker-hyperpod-recipes --head    # the newest commit alone
    python benchmarks/recipe_history.py sagemaker-hyperpod-recipes --json    # for machines

Read are the YAML files below `recipes_collection` and `hyperpod_recipes` whose path or text speaks of Nova, each
content once. They are read with git, so that a bare repository will do, and nothing of them is kept. Exit 1 where there
is an error. On 2026-11-29, at 2631995: 218 files, 0 false errors.
`tests/contract/recipes/test_history.py` does the same where RFT_RECIPES names a checkout.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from recipes import check

_FOLDERS = ("recipes_collection", "hyperpod_recipes")
_RUNS = re.compile(r"^(run|recipes):", re.MULTILINE)


class Version(NamedTuple):
    """One content that a path had in some commit."""

    path: str
    blob: str
    text: str


class Wrong(NamedTuple):
    """A finding about a file of AWS's own."""

    version: Version
    severity: str
    code: str
    message: str


def git(checkout: Path, *arguments: str, feed: bytes | None = None) -> bytes:
    """What git prints about the repository."""
    return subprocess.run(["git", "-C", checkout, *arguments], check=True, capture_output=True, input=feed).stdout


def versions(checkout: Path, *, head_only: bool = False) -> Iterator[Version]:
    """Every Nova recipe of the history, or of the newest commit, each content once."""
    listing = ["ls-tree", "-r", "HEAD"] if head_only else ["log", "--all", "--raw", "--no-abbrev", "--format=", "-m"]
    seen: dict[str, str] = {}
    for line in git(checkout, *listing, "--", *_FOLDERS).decode().splitlines():
        fields, _, path = line.partition("\t")
        words = fields.split()
        blob = words[2] if head_only else words[3]
        if path.endswith((".yaml", ".yml")) and set(blob) != {"0"}:
            seen.setdefault(blob, path.rpartition("\t")[2])
    for blob, path in sorted(seen.items(), key=lambda item: item[1]):
        text = git(checkout, "cat-file", "blob", blob).decode("utf-8", "replace")
        if "nova" in f"{path}{text}".lower() and _RUNS.search(text):
            yield Version(path, blob, text)


def wrong(found: Iterator[Version], severity: str = "error") -> Iterator[Wrong]:
    """The findings of a severity, one for each version, code and message."""
    for version in found:
        for problem in check(version.text):
            if problem.severity == severity:
                yield Wrong(version, problem.severity, problem.code, str(problem.message))


def main() -> None:
    """Print the errors, and how many files were read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--head", action="store_true", help="the newest commit alone")
    parser.add_argument("--warnings", action="store_true", help="count warnings as well")
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args()
    files = list(versions(said.checkout, head_only=said.head))
    errors = list(wrong(iter(files)))
    warnings = Counter(one.code for one in wrong(iter(files), "warning")) if said.warnings else Counter()
    if said.json:
        shown = [{"path": one.version.path, "blob": one.version.blob, "code": one.code} for one in errors]
        print(json.dumps({"files": len(files), "errors": shown, "warnings": dict(warnings)}, indent=2))
    else:
        for one in errors:
            print(f"{one.version.path} ({one.version.blob[:8]}): {one.code}: {one.message}")
        for code, count in warnings.most_common():
            print(f"warning {code}: {count}")
        print(f"{len(files)} files, {len(errors)} false errors")
    sys.exit(bool(errors))


if __name__ == "__main__":
    main()
