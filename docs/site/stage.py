"""Lays out the pages of the site in a folder: `python docs/site/stage.py FOLDER`, then Sphinx.

The pages under docs/ and those of the project stand side by side in the site, so links that leave docs/ are rewritten;
the reference pages are written from the code. A link to a file that is no page becomes its name.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import sys
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
LINK: Final = re.compile(r"\[([^\]]+)\]\(([^)#\s]+)(#[^)\s]*)?\)")
FENCE: Final = re.compile(r"^```(\w+) [\w./-]+$", re.MULTILINE)
BLANK: Final = "\n\n"
PACKAGES: Final = ("rewards", "recipes", "datagen", "lambda_package", "estimators")


def pages() -> dict[str, str]:
    """Every page, by its path in the repository, with its path in the site."""
    docs = {page.relative_to(ROOT).as_posix(): page.relative_to(ROOT / "docs").as_posix()
            for page in sorted((ROOT / "docs").rglob("*.md")) if page.parent.name != "site"}  # fmt: skip
    own = {name: f"project/{name}" for name in sorted(page.name for page in ROOT.glob("*.md"))}
    examples = {page.relative_to(ROOT).as_posix(): f"project/examples/{page.parent.name}.md"
                for page in sorted((ROOT / "examples").glob("*/README.md"))}  # fmt: skip
    return {**docs, **own, **examples, "docs/site/index.md": "index.md"}


def staged(source: str, place: dict[str, str]) -> str:
    """The text of a page as the site needs it."""
    text = (ROOT / source).read_text(encoding="utf-8")

    def link(match: re.Match[str]) -> str:
        name, target, anchor = match[1], match[2], match[3] or ""
        if "://" in target or target.startswith("mailto:"):
            return match[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        if path not in place:
            return f"{name} (`{path}`)" if (ROOT / path).exists() else match[0]
        here = posixpath.dirname(place[source])
        return f"[{name}]({posixpath.relpath(place[path], here or '.')}{anchor})"

    return FENCE.sub(r"```\1", LINK.sub(link, text))


def api() -> Iterator[str]:
    """The Python API: every public name of every package, with its signature and docstring."""
    yield "# Python API\n"
    for package in PACKAGES:
        yield f"## {package}\n\n```{{eval-rst}}\n.. automodule:: {package}\n   :members:\n   :imported-members:\n```\n"


def commands() -> Iterator[str]:
    """Every command, with its options."""
    from rft.cli import COMMANDS

    yield "# Commands\n\n"
    yield "Exit status: 0 good, 1 problems in what was examined, 2 misuse or environment, 130 interrupted.\n\n"
    for name, entry in COMMANDS.items():
        yield f"```{{eval-rst}}\n.. click:: {entry.module}:command\n   :prog: rft {name}\n   :nested: full\n```\n"


def codes() -> Iterator[str]:
    """Every code that any command prints, under the command that prints it."""
    from rft.explain import all_codes, explained

    facts = sorted(
        ((fact.source, code, fact) for code in all_codes() for fact in explained(code)), key=itemgetter(0, 1)
    )
    yield "# Codes\n\n`rft explain CODE` prints the same.\n"
    for source, group in groupby(facts, key=itemgetter(0)):
        yield f"\n## {source}\n\n"
        for _, code, fact in group:
            severity = f" ({fact.severity})" if fact.severity else ""
            yield " ".join(f"**`{code}`**{severity} {fact.reason} {fact.fix}".split()) + "\n\n"


def project_keys() -> Iterator[str]:
    """Every key of a project file."""
    from rft.project import Project

    schema = Project.model_json_schema()
    yield "# The project file\n\n`rft schema project` writes its JSON Schema for editors.\n"
    for name, block in {"project.yaml": schema, **schema.get("$defs", {})}.items():
        if "properties" not in block:
            continue
        yield f"\n## {name}\n\n{block.get('description', '').partition(BLANK)[0]}\n\n"
        yield "| key | type | default | meaning |\n|---|---|---|---|\n"
        for key, value in block["properties"].items():
            default = "needed" if key in block.get("required", ()) else f"`{value.get('default')}`"
            told = " ".join(str(value.get("description", "")).split()).replace("|", "\\|")
            yield f"| `{key}` | {_type(value)} | {default} | {told} |\n"


def _type(value: dict[str, object]) -> str:
    several = value.get("anyOf") or value.get("oneOf")
    if isinstance(several, list):
        return " or ".join(dict.fromkeys(_type(each) for each in several))
    if "$ref" in value:
        return str(value["$ref"]).rpartition("/")[2]
    if "enum" in value or "const" in value:
        return ", ".join(f"`{each}`" for each in value.get("enum", [value.get("const")]))  # type: ignore[attr-defined]
    return str(value.get("type", "any"))


def stage(folder: Path) -> None:
    """Write all pages and the settings of Sphinx into `folder`, which is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    place = pages()
    made = {place[source]: staged(source, place) for source in place}
    made |= {
        f"reference/{name}.md": "".join(lines)
        for name, lines in (("api", api()), ("commands", commands()), ("codes", codes()), ("project", project_keys()))
    }
    for path, text in made.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    for name in ("conf.py", "wrap.css"):
        shutil.copy(ROOT / "docs" / "site" / name, folder / name)


if __name__ == "__main__":
    stage(Path(sys.argv[1]))
