"""Python files that hold a reward: where their imports start, what they define, and for whom a function was written."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

_LIKELY = ("reward", "grade", "score", "handler")  # in the name of a function that grades
_WRAPPED = "wrap it in a function of (sample, completion): docs/migrate.md, TRL, verl, OpenAI graders"
_A_HANDLER = "is a Lambda handler: name its file with --lambda"
# What gives each other form away: the names of its parameters.
_FORMS = (
    ({"completions"}, f"is a reward function of TRL's, which takes lists; {_WRAPPED}"),
    ({"solution_str", "ground_truth"}, f"is a reward function of verl's; {_WRAPPED}"),
    ({"sample", "item"}, f"is an OpenAI python grader, whose item is the row; {_WRAPPED}"),
)


def import_root(path: Path) -> Path:
    """The folder that a file's imports start at: its own, or the one above its package where it imports by dots."""
    top = folder = path.resolve().parent
    while (top / "__init__.py").is_file() and top.name.isidentifier():
        top = top.parent
    return top if top != folder and _imports_by_dots(path) else folder


def _imports_by_dots(path: Path) -> bool:
    return any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(_tree(path)))


def _tree(path: Path) -> ast.Module:
    """A file's syntax; empty for one that cannot be read as Python."""
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ast.Module([], [])


def with_a_name(path: Path) -> str:
    """`FILE.py:NAME` with the name in the file that most likely grades, `FILE.py:reward` where there is none."""
    body = _tree(path).body
    names = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    names += [target.id for target in targets if isinstance(target, ast.Name)]
    public = [name for name in names if not name.startswith("_")]
    likely = [name for word in _LIKELY for name in public if word in name.lower()]
    return f"{path}:{likely[0] if likely else 'reward'}"


def parameters_in(path: Path, name: str) -> list[str]:
    """The parameters of the function `name` at the top of a file; none where there is no such function."""
    for node in _tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            return [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return []


def is_lambda_handler(parameters: Sequence[str]) -> bool:
    """Whether a function with parameters of these names is one that Lambda calls: an event, then its context.

    >>> is_lambda_handler(["event", "_context"]), is_lambda_handler(["sample", "completion"])
    (True, False)
    """
    return len(parameters) == 2 and parameters[0].strip("_") == "event"


def written_for(parameters: Sequence[str]) -> str:
    """What a function with parameters of these names is, and what to do; empty for one that may be a reward of ours.

    >>> written_for(["event", "context"])
    'is a Lambda handler: name its file with --lambda'
    >>> written_for(["sample", "completion"])
    ''
    """
    if is_lambda_handler(parameters):
        return _A_HANDLER
    return next((text for names, text in _FORMS if names <= {*parameters}), "")
