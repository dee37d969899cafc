"""Every code that a plan, a launch or a running job reports has its meaning in one table."""

import ast
from pathlib import Path

import estimators
from estimators.codes import CODES


def reported() -> set[str]:
    """The codes that are written out where a `JobFinding` of ours is made."""
    folder = Path(estimators.__file__).parent
    trees = [ast.parse(path.read_text("utf-8")) for path in folder.rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    made = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "JobFinding"]
    return {code.value for code in made if isinstance(code, ast.Constant) and isinstance(code.value, str)}


def test_every_reported_code_has_a_meaning():
    assert reported() - CODES.keys() == set()
