"""The house itself: what the wheel holds, where links lead, which names are public."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import zipfile
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

from estimators.platforms.registry import BUILT_IN

ROOT = Path(__file__).parents[2]
PACKAGES = ("datagen", "estimators", "lambda_package", "recipes", "rewards", "rft")
OURS = re.compile(r"(?!\.venv|runs/|build/)")
MARKDOWN = sorted(path for path in ROOT.glob("**/*.md") if OURS.match(path.relative_to(ROOT).as_posix()))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(out)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, "."], cwd=source, check=True)
    return zipfile.ZipFile(next(out.glob("rftkit-*.whl")))


def test_the_wheel_holds_the_six_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_the_wheel_holds_every_file_of_the_packages(wheel: zipfile.ZipFile) -> None:
    tracked = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True)
    missing = set(tracked.stdout.split()) - set(wheel.namelist())
    assert {name for name in missing if (ROOT / name).is_file()} == set()


def test_the_wheel_is_small(wheel: zipfile.ZipFile) -> None:
    size_mb = sum(info.compress_size for info in wheel.infolist()) / 1e6
    assert size_mb < 5  # of which the tiny base policy is about 2


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_are_sorted_and_exist(package: str) -> None:
    module = importlib.import_module(package)
    names = getattr(module, "__all__", [])
    assert list(names) == sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert [name for name in names if not hasattr(module, name)] == []


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_files_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (path.parent / target).exists()] == []


def test_importing_rewards_imports_the_standard_library_only() -> None:
    code = (
        "import sys; before = set(sys.modules); import rewards\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - sys.stdlib_module_names - {'rewards'}))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_module_imports_itself_through_others() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    TopologicalSorter({module: graph.find_modules_directly_imported_by(module) for module in graph.modules}).prepare()


def test_no_code_asks_for_a_platform_by_its_name() -> None:
    names = {*BUILT_IN, "training-job"}
    files = [path for package in ("estimators", "recipes", "rft") for path in (ROOT / package).rglob("*.py")]
    asking = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in files
        if "platforms" not in path.parts  # within its own folder a platform may know its name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare | ast.MatchValue)
        and "kind" not in ast.unparse(node).split()[0]  # a teacher may be Bedrock's
        for side in ast.walk(node)
        if isinstance(side, ast.Constant) and side.value in names
    ]
    assert asking == []


def test_platforms_are_listed_without_a_library_and_used_without_those_of_clouds() -> None:
    code = (
        "import sys; from estimators.platforms import registry; registry.names()\n"
        "print(sorted({'pydantic', 'recipes'} & set(sys.modules)))\n"
        "[registry.platform_of(name) for name in registry.BUILT_IN]\n"
        "print(sorted({'boto3', 'botocore', 'sagemaker', 'torch', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "[]"]


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "tests/README.md"])
def test_the_files_that_a_page_names_are_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = [name for name in re.findall(r"`([\w./-]+/[\w./-]*)`", text) if not re.search(r"[A-Z]{4}", name)]
    assert named
    assert [name for name in named if not ((ROOT / page).parent / name).exists() and not (ROOT / name).exists()] == []


def test_the_size_of_the_toy_platform_is_as_the_page_says() -> None:
    lines = (ROOT / "tests/fakes/toy_platform.py").read_text(encoding="utf-8").splitlines()
    assert f"has {len(lines)} lines" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
