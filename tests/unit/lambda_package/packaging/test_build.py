import ast
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_package import handler as handler_module
from lambda_package.errors import BuildError
from lambda_package.packaging import compiler
from lambda_package.packaging.archive import write_zip
from lambda_package.packaging.build import build
from lambda_package.packaging.bytecode import compiled
from lambda_package.packaging.sbom import NAME as BILL
from lambda_package.packaging.strip_docstrings import without_docstrings
from lambda_package.runtime import Runtime

REWARD = """
from rewards.types import Score
def reward(sample, completion):
    return Score(1.0)
"""


@pytest.fixture
def reward_file(tmp_path: Path) -> Path:
    path = tmp_path / "reward.py"
    path.write_text(REWARD)
    return path


def test_the_same_sources_give_the_same_bytes(reward_file: Path, tmp_path: Path):
    first = build(f"{reward_file}:reward", tmp_path / "a.zip")
    second = build(f"{reward_file}:reward", tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert (first.sha256, first.content_digest) == (second.sha256, second.content_digest)


def test_the_clock_of_the_sources_does_not_reach_the_zip(reward_file: Path, tmp_path: Path):
    package = build(f"{reward_file}:reward", tmp_path / "a.zip")
    with zipfile.ZipFile(package.path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist())


def test_a_changed_reward_changes_the_digest(reward_file: Path, tmp_path: Path):
    before = build(f"{reward_file}:reward", tmp_path / "a.zip").content_digest
    reward_file.write_text(REWARD + "\n")
    assert build(f"{reward_file}:reward", tmp_path / "a.zip").content_digest != before


def test_the_default_zip_is_at_most_100_kb(reward_file: Path, tmp_path: Path):
    assert build(f"{reward_file}:reward", tmp_path / "a.zip").size_bytes <= 100_000


def test_a_grader_of_a_schema_is_at_most_100_kb(tmp_path: Path):
    (tmp_path / "reward.py").write_text("from rewards import schema_valid\n\nreward = schema_valid({'not': {}})\n")
    assert build(f"{tmp_path / 'reward.py'}:reward", tmp_path / "grader.zip").size_bytes <= 100 * 1024


def test_siblings_that_the_reward_imports_travel_along_and_others_stay(reward_file: Path, tmp_path: Path):
    reward_file.write_text("import words\nfrom terms import core\n" + REWARD)
    (tmp_path / "words.py").write_text("def later():\n    import lazy\n")
    (tmp_path / "lazy.py").write_text("")
    (tmp_path / "terms").mkdir()
    (tmp_path / "terms" / "__init__.py").write_text("")
    (tmp_path / "terms" / "core.py").write_text("from . import deep\n")
    (tmp_path / "terms" / "deep.py").write_text("")
    (tmp_path / "unrelated.py").write_text("")
    files = set(build(f"{reward_file}:reward", tmp_path / "a.zip").files)
    assert {"words.py", "lazy.py", "terms/__init__.py", "terms/core.py", "terms/deep.py"} <= files
    assert "unrelated.py" not in files


def test_nothing_of_the_audit_or_the_builder_is_shipped(reward_file: Path, tmp_path: Path):
    files = build(f"{reward_file}:reward", tmp_path / "a.zip").files
    ours = [name for name in files if name.startswith("lambda_package/") and name.endswith(".py")]
    assert ours == [f"lambda_package/{name}.py" for name in ("__init__", "apart", "handler", "wire")]
    assert not [name for name in files if name.startswith(("rewards/audit", "rewards/testing"))]


def test_a_missing_dependency_is_named_with_its_line(reward_file: Path, tmp_path: Path):
    reward_file.write_text("import numpy\n" + REWARD)
    with pytest.raises(BuildError, match=r"'numpy' \(reward\.py, line 1\)"):
        build(f"{reward_file}:reward", tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.parametrize(
    "optional",
    [
        "try:\n    import numpy\nexcept ImportError:\n    numpy = None\n",
        "def later():\n    import numpy\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy\n",
        "import boto3\n",
    ],
    ids=["guarded", "lazy", "for the type checker", "part of the runtime"],
)
def test_a_dependency_that_may_be_absent_does_not_stop_the_build(reward_file: Path, tmp_path: Path, optional: str):
    reward_file.write_text(optional + REWARD)
    assert build(f"{reward_file}:reward", tmp_path / "a.zip").path.exists()


def test_a_misspelt_reward_is_answered_with_the_closest_name(reward_file: Path, tmp_path: Path):
    with pytest.raises(BuildError, match="did you mean 'reward'"):
        build(f"{reward_file}:rewrd", tmp_path / "a.zip")


@pytest.mark.parametrize("options", [{"fallback": 1.0}, {"envelope": True}])
def test_an_option_that_a_finished_handler_would_ignore_is_refused(tmp_path: Path, options: dict[str, Any]):
    (tmp_path / "grader.py").write_text("def lambda_handler(event, context):\n    return []\n")
    with pytest.raises(BuildError, match="gives its own answers"):
        build(f"{tmp_path / 'grader.py'}:lambda_handler", tmp_path / "a.zip", **options)


@pytest.mark.parametrize("name", ["json.py", "rewards.py", "my-reward.py"])
def test_a_file_name_that_cannot_work_in_lambda_is_refused(tmp_path: Path, name: str):
    (tmp_path / name).write_text(REWARD)
    with pytest.raises(BuildError):
        build(f"{tmp_path / name}:reward", tmp_path / "a.zip")


def test_a_file_that_is_not_python_is_refused(reward_file: Path, tmp_path: Path):
    reward_file.write_text("def reward(:\n")
    with pytest.raises(BuildError, match="is not Python"):
        build(f"{reward_file}:reward", tmp_path / "a.zip")


def test_a_finished_lambda_handler_is_taken_as_it_is(tmp_path: Path):
    (tmp_path / "grader.py").write_text("def lambda_handler(event, context):\n    return []\n")
    package = build(f"{tmp_path / 'grader.py'}:lambda_handler", tmp_path / "a.zip")
    assert [name for name in package.files if "__pycache__" not in name] == ["grader.py", "lambda_function.py", BILL]


def test_only_the_modules_behind_the_imported_names_are_shipped(reward_file: Path, tmp_path: Path):
    reward_file.write_text("from rewards import json_parse\nreward = json_parse()\n")
    package = build(f"{reward_file}:reward", tmp_path / "a.zip")
    assert "rewards/components/structure.py" in package.files
    assert "rewards/evaluation.py" not in package.files
    with zipfile.ZipFile(package.path) as archive:
        assert "from rewards.components.structure import json_parse" in archive.read("rewards/__init__.py").decode()


@pytest.mark.parametrize("statement", ["import rewards", "from rewards import *", "import rewards.types"])
def test_the_whole_of_rewards_is_shipped_where_its_names_cannot_be_known(
    reward_file: Path, tmp_path: Path, statement: str
):
    reward_file.write_text(f"{statement}\n{REWARD}")
    assert "rewards/evaluation.py" in build(f"{reward_file}:reward", tmp_path / "a.zip").files


def test_a_specification_is_shipped_as_the_python_it_stands_for(tmp_path: Path):
    (tmp_path / "reward.yaml").write_text("clipped: {reward: json_parse, high: 0.5}\n")
    package = build(str(tmp_path / "reward.yaml"), tmp_path / "a.zip")
    assert not {"rewards/spec.py", "rewards/components/text.py", "reward.yaml"} & set(package.files)
    with Runtime(package.path) as runtime:
        payload = runtime.invoke([{"id": "a", "messages": [{"role": "assistant", "content": "{}"}]}]).payload
    assert payload[0]["aggregate_reward_score"] == 0.5


def test_data_files_travel_beside_the_grader(reward_file: Path, tmp_path: Path):
    (tmp_path / "terms.json").write_text("[]")
    package = build(f"{reward_file}:reward", tmp_path / "a.zip", include=["terms.json"])
    assert "terms.json" in package.files


@pytest.mark.parametrize("missing", ["nothing.json", "/etc/hostname"])
def test_a_data_file_that_is_absent_or_elsewhere_is_refused(reward_file: Path, tmp_path: Path, missing: str):
    with pytest.raises(BuildError, match="include"):
        build(f"{reward_file}:reward", tmp_path / "a.zip", include=[missing])


def test_a_grader_too_large_for_a_zip_becomes_a_container_context(
    reward_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("lambda_package.packaging.build.MAX_UNZIPPED_BYTES", 1000)
    with pytest.raises(BuildError, match=r"largest: .* container image"):
        build(f"{reward_file}:reward", tmp_path / "a.zip", architecture="arm64")
    dockerfile = (tmp_path / "a.image" / "Dockerfile").read_text()
    assert "FROM public.ecr.aws/lambda/python:3.13" in dockerfile
    assert "--platform linux/arm64" in dockerfile
    assert (tmp_path / "a.image" / "app" / "lambda_function.py").exists()
    assert not (tmp_path / "a.zip").exists()


def test_a_zip_too_large_to_upload_is_not_left_behind(
    reward_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("lambda_package.packaging.build.MAX_ZIP_BYTES", 1000)
    with pytest.raises(BuildError, match="layer"):
        build(f"{reward_file}:reward", tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.parametrize(("runtime", "architecture"), [("python3.9", "arm64"), ("python3.13", "arm")])
def test_a_target_that_aws_does_not_have_is_refused(reward_file: Path, runtime: str, architecture: str):
    with pytest.raises(BuildError, match="choose from"):
        build(f"{reward_file}:reward", "a.zip", runtime=runtime, architecture=architecture)


def test_compiled_modules_are_used_as_they_are_and_leave_the_content_digest_alone(tmp_path: Path):
    source = b"from __future__ import annotations\ndef f(x: int) -> int:\n    return x\n" + b"#" * compiler._SMALL_BYTES
    small = source[:70]  # compiled as fast as its bytecode is read
    files = {"rewards/a.py": source, "mine.py": source, "broken.py": b"def f(:", "rewards/small.py": small}
    bytecode = compiled(files, sys.executable)
    assert sorted(name.rpartition(".cpython")[0] for name in bytecode) == ["__pycache__/mine", "rewards/__pycache__/a"]
    flags = {data[4:8] for data in bytecode.values()}
    assert flags == {b"\x01\0\0\0"}  # PEP 552: hash-based, not checked against the source
    with_it = write_zip(tmp_path / "a.zip", {"mine.py": source}, bytecode)
    without = write_zip(tmp_path / "b.zip", {"mine.py": source})
    assert with_it.content_digest == without.content_digest


def test_compiling_twice_gives_the_same_bytes():
    contents = {"mine.py": b"def f(x):\n    return x in {'a', 'b', 'c', 'd'}\n"}
    assert compiled(contents, sys.executable) == compiled(contents, sys.executable)


def test_our_docstrings_stay_at_home_and_the_users_travel(reward_file: Path, tmp_path: Path):
    reward_file.write_text('"""My words."""\n' + REWARD)
    package = build(f"{reward_file}:reward", tmp_path / "a.zip")
    with zipfile.ZipFile(package.path) as archive:
        ours, mine = archive.read("rewards/types.py"), archive.read("reward.py")
    assert b'"""' not in ours
    assert b"My words." in mine


def test_a_traceback_from_the_zip_names_the_line_of_the_repository():
    source = Path(handler_module.__file__).read_bytes()
    lean = without_docstrings(source).splitlines()
    where = source.splitlines().index(b"class Handler:")
    assert lean[where] == b"class Handler:"
    assert len(lean) == len(source.splitlines())


STATEMENTS = ["'''Two\nlines.'''", '"one"', "x = 1", "def f():\n    'doc'\n    return 1", "class C:\n    '''Only.'''"]


@given(st.lists(st.sampled_from(STATEMENTS)))
def test_a_module_without_docstrings_does_the_same(statements: list[str]):
    source = "\n".join([*statements, ""])
    lean = without_docstrings(source.encode()).decode()
    assert lean.count("\n") == source.count("\n")
    assert _without_documentation(lean) == _without_documentation(source)


def _without_documentation(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def test_a_grader_with_a_model_as_judge_asks_for_the_whole_batch_at_once(reward_file: Path, tmp_path: Path):
    reward_file.write_text("from rewards import judge\nreward = judge('Is it polite?')\n")
    package = build(f"{reward_file}:reward", tmp_path / "a.zip")
    with zipfile.ZipFile(package.path) as archive:
        assert b"prepare=prefetch" in archive.read("lambda_function.py")
    with Runtime(package.path) as runtime:
        turn = {"role": "assistant", "content": "Thank you."}
        invocation = runtime.invoke([{"id": "a", "messages": [turn]}])
    assert invocation.error is None
    assert "preparing the batch failed" in invocation.log  # boto3 is there as in AWS's runtime; a network is not
    assert invocation.payload[0]["metrics_list"][-2] == {"name": "ungradable", "value": 1.0, "type": "Metric"}
