"""An archive from outside is unpacked into its folder or not at all."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators.errors import OutputError
from estimators.results.unpack import extract


def packed(path: Path, *members: tarfile.TarInfo, content: bytes = b"x") -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member in members:
            member.size = len(content) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(content) if member.isreg() else None)
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_files_keep_their_folders(tmp_path: Path):
    archive = packed(tmp_path / "a.tar.gz", member("manifest.json"), member("run/results_1.json"))
    extract(archive, tmp_path / "out")
    assert files_in(tmp_path / "out") == ["manifest.json", "run/results_1.json"]


@pytest.mark.parametrize(
    "hostile",
    [
        member("../outside"),
        member("a/../../outside"),
        member("/etc/outside"),
        member("..\\outside"),
        member("link", tarfile.SYMTYPE, "/etc/passwd"),
        member("hard", tarfile.LNKTYPE, "manifest.json"),
        member("device", tarfile.CHRTYPE),
        member("pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda info: info.name,
)
def test_a_hostile_member_is_refused_and_nothing_stays(tmp_path: Path, hostile: tarfile.TarInfo):
    archive = packed(tmp_path / "a.tar.gz", member("manifest.json"), hostile)
    with pytest.raises(OutputError):
        extract(archive, tmp_path / "deep" / "out")
    assert files_in(tmp_path) == ["a.tar.gz"]


def test_a_bomb_stops_at_the_limit(tmp_path: Path):
    archive = packed(tmp_path / "a.tar.gz", member("big"), content=b"\0" * 1_000_000)
    assert archive.stat().st_size < 5_000
    with pytest.raises(OutputError, match="more than 999,999 bytes"):
        extract(archive, tmp_path / "out", max_bytes=999_999)
    assert files_in(tmp_path / "out") == []


def test_too_many_files_stop_at_the_limit(tmp_path: Path):
    archive = packed(tmp_path / "a.tar.gz", *(member(str(i)) for i in range(4)))
    with pytest.raises(OutputError, match="or 3 files"):
        extract(archive, tmp_path / "out", max_files=3)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_archive_are_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, content: bytes):
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "a.tar.gz").write_bytes(content)
    with pytest.raises(OutputError, match="not a readable tar archive"):
        extract(folder / "a.tar.gz", folder / "out")


def test_a_truncated_archive_is_an_error_of_ours(tmp_path: Path):
    archive = packed(tmp_path / "a.tar.gz", member("a"), content=bytes(range(256)) * 100)
    archive.write_bytes(archive.read_bytes()[:200])
    with pytest.raises(OutputError):
        extract(archive, tmp_path / "out")
