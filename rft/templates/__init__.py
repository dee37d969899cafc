"""Projects to start from. Each folder beside this file is one: small, and running once it is written."""

from __future__ import annotations

import re
from pathlib import Path

from rewards.writing import drafting_folder, write_bytes
from rft.errors import TemplateError
from rft.project import NAME_PATTERN

TEMPLATES = {
    "tools": "plan tool calls for questions about securities law",
    "native": "call tools natively for questions about securities law",
    "extraction": "read the fields of W-2 forms",
    "detection": "draw boxes in aerial scenes",
    "intent": "route the messages of an airline's customers",
    "keywords": "distil a teacher's keywords into a smaller model",
}

AGENT_TEMPLATES = {"agent": "a support desk for an agent of many turns"}
"""Projects of a world and an agent in place of data and a reward: rft.agents.project reads them."""

_BASED_ON = {"native": "tools"}
"""Templates that keep only what differs from another one."""

FOLDER = Path(__file__).parent
NAME_IN_TEMPLATES = "my-project"
NAMING_FILES = ("project.yaml", "README.md")


def write_project(name: str, template: str, parent: Path) -> Path:
    """Write the project `name` into a folder of that name below `parent`; returns the folder.

    Raises `TemplateError` where the name cannot be that of a project, or where something already has it: nothing is
    ever overwritten.
    """
    folder = parent / name
    if not re.fullmatch(NAME_PATTERN, name):
        raise TemplateError(
            f"a project's name has 1 to 49 letters, digits and inner hyphens, like 'w2-forms', got {name!r}"
        )
    if folder.exists():
        raise TemplateError(f"{folder} exists already; choose another name, or remove it first")
    with drafting_folder(folder, ours=()) as draft:
        for place, path in _files(template).items():
            write_bytes(draft / place, _content(path, name))
    return folder


def _files(template: str) -> dict[Path, Path]:
    """The files of a template by their place in the project, with those that it takes from another one."""
    folder, base = FOLDER / template, _BASED_ON.get(template)
    own = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {**(_files(base) if base else {}), **{path.relative_to(folder): path for path in own}}


def _content(path: Path, name: str) -> bytes:
    content = path.read_bytes()
    return content.replace(NAME_IN_TEMPLATES.encode(), name.encode()) if path.name in NAMING_FILES else content
