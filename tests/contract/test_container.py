"""The Containerfile, without an engine: what it copies is there, what it builds is the wheel, pinned, without root."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.pages import ROOT, page

LINES = re.sub(r"\\\n\s*", " ", page("Containerfile")).splitlines()
STEPS = [line.partition(" ")[::2] for line in LINES if line and not line.startswith("#")]
COPIED = [shlex.split(rest)[:-1] for word, rest in STEPS if word == "COPY" and "--from=" not in rest]
SOURCES = [source for sources in COPIED for source in sources]


def said(word: str) -> list[str]:
    return [rest for name, rest in STEPS if name == word]


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_copied_is_there_and_in_the_context(source: str):
    assert (ROOT / source).exists()
    assert f"!{source}" in page(".dockerignore").splitlines()


def test_the_context_holds_nothing_else():
    rules = [line for line in page(".dockerignore").splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert sorted(rule[1:] for rule in rules if rule.startswith("!")) == sorted(SOURCES)
    last = rules[max(n for n, rule in enumerate(rules) if rule.startswith("!")) + 1 :]
    assert any(fnmatch("rft/__pycache__", rule) for rule in last)


def test_the_base_is_pinned_and_supported():
    (base,) = {value for name, value in (rest.split("=", 1) for rest in said("ARG")) if name == "PYTHON"}
    version = re.fullmatch(r"docker\.io/library/python:(3\.\d+)\.\d+-slim-\w+", base)
    assert version
    assert version[1] in {"3.11", "3.12", "3.13"}
    assert {rest.split()[0] for rest in said("FROM")} == {"${PYTHON}"}


def test_it_runs_as_nobody_and_installs_pinned_versions_only():
    order = [word for word, _ in STEPS]
    assert said("USER") == ["10001"]
    assert order.index("USER") > max(n for n, word in enumerate(order) if word == "RUN")
    installs = [rest for rest in said("RUN") if "pip install" in rest]
    assert all("--constraint" in rest for rest in installs)
    assert "ADD" not in order
    assert not re.search(r"curl|wget|sudo|apt", "".join(said("RUN")))


def test_it_starts_rft():
    assert [json.loads(rest) for word, rest in STEPS if word in ("ENTRYPOINT", "CMD")] == [["rft"], ["--help"]]


def test_its_extras_exist():
    import tomllib

    extras = tomllib.loads(page("pyproject.toml"))["project"]["optional-dependencies"]
    (named,) = [rest.partition("=")[2] for rest in said("ARG") if rest.startswith("EXTRAS=")]
    assert set(named.split(",")) <= set(extras)


def wheel_of(source: Path, out: Path) -> set[str]:
    code = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    out.mkdir()
    subprocess.run([sys.executable, "-c", code, out], cwd=source, capture_output=True, check=True)
    return set(zipfile.ZipFile(next(out.glob("*.whl"))).namelist())


def copy(names: list[str], to: Path) -> Path:
    for name in names:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            to.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, to / name)
    return to


def test_the_wheel_of_what_is_copied_holds_every_module(tmp_path: Path):
    """COPY leaves nothing out that the wheel holds: each tracked file of the packages but what is no data of theirs."""
    names = wheel_of(
        copy([source for source in SOURCES if source != "constraints.txt"], tmp_path / "src"), tmp_path / "w"
    )
    packages = [source for source in SOURCES if (ROOT / source).is_dir()]
    modules = {path.relative_to(ROOT).as_posix() for name in packages for path in (ROOT / name).rglob("*.py")}
    assert modules <= names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == set(packages)
