import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from lambda_package.errors import BuildError
from lambda_package.packaging import vendor as vendor_module
from lambda_package.packaging.build import build
from lambda_package.packaging.target import target_of
from lambda_package.packaging.vendor import lock, parse_lock, vendor
from lambda_package.runtime import Runtime
from tests.unit.lambda_package.wheels import write_wheel

TARGET = target_of("python3.13", "arm64")
REWARD = "import fuzz\nfrom rewards.types import Score\ndef reward(sample, completion):\n    return Score(fuzz.ONE)\n"


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels instead of a package index, read by pip: for the target, for another platform, and pure."""
    folder = tmp_path / "wheels"
    package = {"fuzz/__init__.py": "ONE = 1.0\n", "fuzz/tests/test_it.py": "", "fuzz/__init__.pyi": ""}
    write_wheel(folder, "fuzz", "2.0", package, tag="cp313-cp313-manylinux_2_28_aarch64", requires="needed>=1")
    write_wheel(folder, "fuzz", "3.0", package, tag="cp313-cp313-macosx_11_0_arm64")
    write_wheel(folder, "needed", "1.5", {"needed.py": "", "bin/script": ""})
    monkeypatch.setattr(vendor_module, "_uv", lambda: None)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def reward_file(tmp_path: Path) -> Path:
    path = tmp_path / "reward.py"
    path.write_text(REWARD)
    return path


def test_versions_are_chosen_for_the_target_and_pinned_with_what_they_need():
    assert [(pin.name, pin.version) for pin in lock(["fuzz"], TARGET)] == [("fuzz", "2.0"), ("needed", "1.5")]


def test_only_what_runs_and_the_licences_are_shipped():
    assert sorted(vendor(lock(["fuzz"], TARGET), TARGET).contents) == [
        "fuzz-2.0.dist-info/METADATA",
        "fuzz-2.0.dist-info/licenses/LICENSE",
        "fuzz/__init__.py",
        "needed-1.5.dist-info/METADATA",
        "needed-1.5.dist-info/licenses/LICENSE",
        "needed.py",
    ]


def test_a_file_that_is_not_the_pinned_one_is_refused(index: Path):
    pins = lock(["needed"], TARGET)
    write_wheel(index, "needed", "1.5", {"needed.py": "import os\n"})
    with pytest.raises(BuildError, match="HASH"):
        vendor(pins, TARGET)


def test_a_package_without_a_wheel_for_the_target_is_refused_with_the_installers_words():
    with pytest.raises(BuildError, match="could not find packages for Lambda"):
        lock(["fuzz"], target_of("python3.12", "arm64"))


@pytest.mark.parametrize("line", ["fuzz==2.0", "fuzz>=2 --hash=sha256:ab", "-r other.txt"])
def test_a_lock_without_exact_versions_and_hashes_is_refused(line: str):
    with pytest.raises(BuildError, match="NAME==VERSION"):
        parse_lock(line)


def test_a_lock_of_uv_with_continued_lines_is_read():
    pins = parse_lock("# comment\nfuzz==2.0 \\\n    --hash=sha256:ab \\\n    --hash=sha256:cd\n")
    assert pins[0].sha256s == ("ab", "cd")


def test_the_lock_file_keeps_later_builds_the_same(reward_file: Path, tmp_path: Path, index: Path):
    options = {"architecture": "arm64", "requirements": ["fuzz"]}
    first = build(f"{reward_file}:reward", tmp_path / "a.zip", **options)
    write_wheel(index, "needed", "9.9", {"needed.py": "NEWER = True\n"})
    assert build(f"{reward_file}:reward", tmp_path / "a.zip", **options).sha256 == first.sha256


def test_another_question_is_not_answered_by_an_old_lock_file(reward_file: Path, tmp_path: Path):
    build(f"{reward_file}:reward", tmp_path / "a.zip", architecture="arm64", requirements=["fuzz"])
    build(f"{reward_file}:reward", tmp_path / "a.zip", architecture="arm64", requirements=["fuzz", "needed<2"])
    assert "needed<2" in (tmp_path / "a.lock").read_text()


def test_a_vendored_package_can_be_imported_in_lambda(tmp_path: Path):
    path = tmp_path / "reward.py"
    path.write_text(REWARD.replace("import fuzz", "import needed as fuzz").replace("fuzz.ONE", "1.0"))
    package = build(f"{path}:reward", tmp_path / "a.zip", requirements=["needed"])
    with Runtime(package.path) as runtime:
        turn = {"role": "assistant", "content": ""}
        (result,) = runtime.invoke([{"id": "a", "messages": [turn]}]).payload
    assert result["aggregate_reward_score"] == 1.0


def test_the_bill_of_materials_names_packages_versions_and_licences(reward_file: Path, tmp_path: Path):
    package = build(f"{reward_file}:reward", tmp_path / "a.zip", architecture="arm64", requirements=["fuzz"])
    with zipfile.ZipFile(package.path) as archive:
        bill = json.loads(archive.read("sbom.json"))
    libraries = [part for part in bill["components"] if part["type"] == "library"]
    assert [(part["purl"], part["licenses"]) for part in libraries] == [
        ("pkg:pypi/fuzz@2.0", [{"license": {"name": "MIT"}}]),
        ("pkg:pypi/needed@1.5", [{"license": {"name": "MIT"}}]),
    ]
    files = {part["name"] for part in bill["components"] if part["type"] == "file"}
    assert {"reward.py", "lambda_function.py", "rewards/types.py"} <= files


BACKEND = """
import zipfile
NAME = "{name}-1.0-{tag}.whl"
INFO = "Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n"
def build_wheel(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(folder + "/" + NAME, "w") as archive:
        archive.writestr(zipfile.ZipInfo("{name}.py"), "ONE = 1.0\\n")
        archive.writestr(zipfile.ZipInfo("{name}-1.0.dist-info/METADATA"), INFO + "\\nA long description.\\n")
        archive.writestr(zipfile.ZipInfo("{name}-1.0.dist-info/entry_points.txt"), "[plugins]\\none = {name}:ONE\\n")
        archive.writestr(zipfile.ZipInfo("{name}-1.0.dist-info/WHEEL"), "Wheel-Version: 1.0\\nTag: {tag}\\n")
        archive.writestr(zipfile.ZipInfo("{name}-1.0.dist-info/RECORD"), "")
    return NAME
"""


def write_sdist(folder: Path, name: str, tag: str) -> None:
    """A source archive that builds itself, without anything from an index."""
    files = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": BACKEND.format(name=name, tag=tag),
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
    }
    with tarfile.open(folder / f"{name}-1.0.tar.gz", "w:gz") as archive:
        for file, text in files.items():
            entry = tarfile.TarInfo(f"{name}-1.0/{file}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))


def test_a_package_of_pure_python_without_wheels_is_built(index: Path):
    write_sdist(index, "plain", "py3-none-any")
    pins = lock(["plain", "fuzz"], TARGET)
    assert [(pin.name, pin.version) for pin in pins] == [("fuzz", "2.0"), ("needed", "1.5"), ("plain", "1.0")]
    contents = vendor(pins, TARGET).contents
    assert contents["plain.py"] == b"ONE = 1.0\n"
    assert contents["plain-1.0.dist-info/entry_points.txt"].startswith(b"[plugins]")


def test_a_package_that_compiles_code_is_not_built(index: Path):
    write_sdist(index, "fast", "cp311-cp311-linux_x86_64")
    with pytest.raises(BuildError, match=r"compiles code when it is built"):
        lock(["fast"], TARGET)


def test_a_version_is_known_and_the_readme_stays_at_home(index: Path):
    write_sdist(index, "plain", "py3-none-any")
    metadata = vendor(lock(["plain"], TARGET), TARGET).contents["plain-1.0.dist-info/METADATA"]
    assert metadata == b"Metadata-Version: 2.1\nName: plain\nVersion: 1.0\n"
