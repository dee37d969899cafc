"""The one way to write: whole or not at all, one writer at a time, and nothing of the user's lost."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.writing import (
    BusyOutputError,
    WriteError,
    appending,
    drafting,
    drafting_folder,
    drafting_text,
    holding,
    write_bytes,
    write_text,
)


class StopError(Exception):
    pass


def test_an_error_in_the_block_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with suppress(StopError), drafting_text(path) as file:
        file.write("half")
        raise StopError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_until_the_block_ends_the_old_file_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with drafting_text(path) as file:
        file.write("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@given(parts=st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_text_comes_back_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    path = tmp_path_factory.mktemp("text") / "a.txt"
    with drafting_text(path) as file:
        for part in parts:
            file.write(part)
    assert path.read_bytes() == "".join(parts).encode()


def test_a_draft_that_a_killed_process_left_is_used_up(tmp_path: Path) -> None:
    (tmp_path / ".a.txt.draft").write_text("half of something longer")
    write_text(tmp_path / "a.txt", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "new"


def test_a_link_stays_a_link_and_its_file_is_replaced(tmp_path: Path) -> None:
    write_text(tmp_path / "real.txt", "old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_text(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_the_mode_of_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "run.sh"
    write_text(path, "old")
    path.chmod(0o750)
    write_text(path, "new")
    assert path.stat().st_mode & 0o777 == 0o750


def test_a_private_file_is_its_owner_s_alone_from_its_first_byte(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    write_text(path, "old")
    with drafting(path, private=True):
        (draft,) = (other for other in tmp_path.iterdir() if other != path)
        assert draft.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_no_file_is_written_as_it_is(tmp_path: Path) -> None:
    write_text(Path(os.devnull), "gone")
    assert not Path(os.devnull).is_file()


def test_a_folder_in_the_place_of_a_file_is_refused_and_the_other_way_round(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="is a folder; name a file"):
        write_text(tmp_path, "x")
    write_text(tmp_path / "a", "x")
    with pytest.raises(WriteError, match="is a file; name a folder"), drafting_folder(tmp_path / "a", ours=()):
        pass


def test_a_path_below_a_file_is_one_sentence(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "x")
    with pytest.raises(WriteError, match="cannot be written: "):
        write_text(tmp_path / "a" / "b" / "c", "x")


def test_an_error_of_something_else_in_the_block_passes_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), drafting(tmp_path / "a"):
        Path("no-such-input").read_text()
    with pytest.raises(BrokenPipeError), drafting(tmp_path / "a"):
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize("write", [drafting, lambda path: drafting_folder(path, ours=()), appending])
def test_a_second_writer_of_one_output_is_refused_while_the_first_writes(tmp_path: Path, write) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "out"
    with write(path), pytest.raises(BusyOutputError, match="another process is writing"), write(path):
        pass
    with write(path):  # and served afterwards
        pass


def test_a_lock_ends_with_its_block(tmp_path: Path) -> None:
    lock = tmp_path / "deep" / ".lock"
    with holding(lock, tmp_path), pytest.raises(BusyOutputError), holding(lock, tmp_path):
        pass
    with holding(lock, tmp_path):
        pass


names = st.sampled_from(["train.jsonl", "test.jsonl", "notes.txt", "deep/train.jsonl", "deep/own.txt"])
files = st.dictionaries(names, st.binary(max_size=3))
OURS = ("train.jsonl", "test.jsonl", "deep/*.jsonl")


@pytest.mark.parametrize("inside", [False, True], ids=["exchanged", "filled, as it is the current folder"])
@given(old=files, new=files)
def test_a_folder_holds_the_new_set_and_all_that_is_not_ours(
    tmp_path_factory: pytest.TempPathFactory, inside: bool, old: dict[str, bytes], new: dict[str, bytes]
) -> None:
    folder = tmp_path_factory.mktemp("set") / "data"
    folder.mkdir()
    for name, content in old.items():
        write_bytes(folder / name, content)
    before = Path.cwd()
    os.chdir(folder if inside else before)
    try:
        with drafting_folder(folder, ours=OURS) as draft:
            for name, content in new.items():
                write_bytes(draft / name, content)
            assert {name: (folder / name).read_bytes() for name in old} == old
    finally:
        os.chdir(before)
    theirs = {name: content for name, content in old.items() if name.endswith(".txt")}
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == theirs | new
    assert list(folder.parent.iterdir()) == [folder]


def test_half_a_line_is_cut_off_before_a_file_grows_on(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"row": 1}\n{"ro')
    with appending(path) as file:
        file.write(b'{"row": 2}\n')
    assert path.read_bytes() == b'{"row": 1}\n{"row": 2}\n'
