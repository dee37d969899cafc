"""The house itself: what the wheel holds, where links lead, which names are public."""

from __future__ import annotations

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
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


def tracked(*below: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z", *below], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in filter(None, listed.stdout.split("\0")) if (ROOT / name).is_file()]


def built(kind: str, source: Path, out: Path) -> Path:
    """What setuptools builds of the folder `source`; a warning is an error."""
    code = f"import sys; from setuptools import build_meta; build_meta.build_{kind}(sys.argv[1])"
    command = [sys.executable, "-W", "error", "-c", code, str(out)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # it would be warned of
    done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)
    said = [line for line in (done.stdout + done.stderr).splitlines() if "warning" in line.lower()]
    said = [line for line in said if "no previously-included files" not in line]  # here is nothing to leave out
    assert (done.returncode, said) == (0, []), done.stderr
    (made,) = out.iterdir()
    return made


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution of the tracked files, unpacked somewhere else."""
    source, out, elsewhere = (tmp_path_factory.mktemp(name) for name in ("source", "sdist", "elsewhere"))
    for name in tracked():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    with tarfile.open(built("sdist", source, out)) as archive:
        archive.extractall(elsewhere, filter="data")
    (folder,) = elsewhere.iterdir()
    return folder


@pytest.fixture(scope="session")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, as it is built of the source distribution."""
    return zipfile.ZipFile(built("wheel", sdist, tmp_path_factory.mktemp("wheel")))


def test_the_source_distribution_is_the_repository(sdist: Path) -> None:
    packed = {path.relative_to(sdist).as_posix() for path in sdist.rglob("*") if path.is_file()}
    assert set(tracked()) - packed == set()
    assert {name for name in packed - set(tracked()) if "egg-info" not in name} == {"PKG-INFO", "setup.cfg"}
    assert all(os.access(sdist / name, os.X_OK) for name in tracked() if os.access(ROOT / name, os.X_OK))


def test_the_commands_of_the_readme_are_known_to_the_source_distribution(sdist: Path) -> None:
    for target in re.findall(r"^(?:\$ )?make (\w+)", (sdist / "README.md").read_text(encoding="utf-8"), re.MULTILINE):
        plan = subprocess.run(["make", "-n", target], cwd=sdist, capture_output=True, text=True, check=False)
        assert plan.returncode == 0, plan.stderr


def test_the_tests_of_the_source_distribution_are_its_own(sdist: Path) -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests/contract"]
    found = subprocess.run(command, cwd=sdist, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-2000:]


def test_the_wheel_holds_the_six_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_the_wheel_holds_every_file_of_the_packages(wheel: zipfile.ZipFile) -> None:
    assert set(tracked(*PACKAGES)) - set(wheel.namelist()) == set()


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


def test_no_default_keeps_the_sleep_of_the_import() -> None:
    """Such a default sleeps whatever a test puts in its place, once another test has imported the module before."""
    bound = [
        f"{name}:{node.lineno}"
        for name in tracked(*(f"{package}/*.py" for package in PACKAGES))
        for node in ast.walk(ast.parse((ROOT / name).read_text("utf-8")))
        for default in _defaults(node)
        if ast.unparse(default) == "time.sleep"
    ]
    assert bound == []


def _defaults(node: ast.AST) -> list[ast.expr]:
    """What a function, a class body or a dataclass field has for a default."""
    if isinstance(node, ast.arguments):
        return [*node.defaults, *filter(None, node.kw_defaults)]
    if isinstance(node, ast.AnnAssign):
        return [part for part in ast.walk(node) if isinstance(part, ast.expr)] if node.value else []
    return []


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
