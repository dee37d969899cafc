"""Graders with one fault each, and the words a user gets for it."""

import re
import zipfile
from pathlib import Path
from typing import Any, cast

import pytest

from lambda_package.checks import Status
from lambda_package.errors import ZipError
from lambda_package.packaging.archive import write_zip
from lambda_package.packaging.build import build
from lambda_package.packaging.compiled_code import unfit
from lambda_package.packaging.members import files_of
from lambda_package.packaging.target import target_of
from lambda_package.runtime import Failure, Invocation, Runtime
from lambda_package.verify import Verification, _invocations, verify
from rewards.audit import case_of

FOREIGN = """
import json, os, random, sys, time
{top}
def lambda_handler(event, context):
    results = []
    for index, sample in enumerate(event):
        messages = sample.get("messages") if isinstance(sample, dict) else None
        turns = [m for m in messages if isinstance(m, dict)] if isinstance(messages, list) else []
        text = turns[-1].get("content") if turns else ""
        {grade}
        results.append({{"id": sample.get("id") if isinstance(sample, dict) else str(index),
                         "aggregate_reward_score": score, "metrics_list": []}})
    {end}
    return results
"""


CASE = case_of({"id": "a", "messages": [], "reference_answer": "4"}, 0)
SLOW = "time.sleep(60 if len(event) == 64 else 0)"
READ_BLOCKS = """
def read(content):
    blocks = content if isinstance(content, list) else [content]
    return "".join(str(b["text"]) if isinstance(b, dict) and "text" in b else str(b) for b in blocks)
"""


def verified(folder: Path, *, top: str = "", grade: str = "score = float(text == '4')", end: str = "") -> Verification:
    code = FOREIGN.format(top=top, grade=grade, end=end)
    package = write_zip(folder / "grader.zip", {"lambda_function.py": code.encode()})
    return verify(package.path, [CASE], timeout_s=3.0, memory_mb=256)


def status_of(verification: Verification, name: str) -> tuple[Status, str]:
    check = next(check for check in verification.checks if check.name == name)
    return check.status, check.detail


class Counting:
    """A runtime whose calls take so many seconds, without waiting for them."""

    def __init__(self, duration_s: float, error: Failure | None = None) -> None:
        self.calls, self._answer = 0, Invocation([], error, duration_s, cold=False)

    def invoke(self, event: object) -> Invocation:
        self.calls += 1
        return self._answer


FAILED = Failure("Function.Raised", "it broke")


@pytest.mark.parametrize(
    ("duration_s", "error", "calls"), [(0.001, None, 20), (3.0, None, 2), (190.0, None, 1), (0.001, FAILED, 1)]
)
def test_a_call_that_takes_long_is_not_made_twenty_times(duration_s: float, error: Failure | None, calls: int) -> None:
    runtime = Counting(duration_s, error)
    made = _invocations(cast("Runtime", runtime), [], at_most=20)
    assert (len(made), runtime.calls) == (calls, calls)


def test_a_reward_of_ours_passes_everything(tmp_path: Path):
    (tmp_path / "reward.py").write_text("from rewards import json_parse\nreward = json_parse()\n")
    package = build(f"{tmp_path / 'reward.py'}:reward", tmp_path / "grader.zip")
    verification = verify(package.path, [case_of({"messages": [], "reference_answer": {"x": 4}}, 0)])
    assert [check for check in verification.checks if check.status is Status.PROBLEM] == []
    assert verification.ok
    assert verification.measured is not None
    assert verification.measured.per_sample_s == verification.measured.batch_s / 64


@pytest.mark.parametrize(
    ("top", "words"),
    [
        ("import not_in_the_zip", "No module named 'not_in_the_zip'"),
        ("open('terms.json')", "reads a file that is not in the zip; add it with --include"),
        ("sys.exit(1)", "the process ended in the middle"),
        ("blob = bytearray(300 * 2**20)", "the grader needs more memory"),
        ("time.sleep(60)", "the imports alone take longer than the timeout"),
        ("raise ValueError('no model')", "no model (ValueError): the module raises when it is imported"),
    ],
)
def test_a_grader_that_does_not_start_says_why(tmp_path: Path, top: str, words: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lambda_package.runtime.emulator.INIT_LIMIT_S", 0.5)
    verification = verified(tmp_path, top=top)
    status, detail = status_of(verification, "cold start")
    assert status is Status.PROBLEM
    assert words in detail
    assert not verification.ok
    assert verification.measured is None


@pytest.mark.parametrize(
    ("top", "grade", "words"),
    [
        ("print('no weights')\nsys.exit(1)", "score = 1.0", "before it failed:\nno weights"),
        ("raise ValueError('no model')", "score = 1.0", "line 3, in <module>\n    raise ValueError('no model')"),
        ("", "score = {}['x']", "KeyError: 'x'\nTraceback (most recent call last):\n  File"),
    ],
)
def test_what_a_grader_wrote_before_it_failed_is_shown(tmp_path: Path, top: str, grade: str, words: str):
    assert words in status_of(verified(tmp_path, top=top, grade=grade), "log")[1]


def test_a_handler_that_knows_one_spelling_of_an_answer_is_told_which_it_misses(tmp_path: Path):
    verification = verified(tmp_path)
    assert "role nova_assistant with text blocks scores" in status_of(verification, "contract")[1]


def test_a_handler_that_dies_on_some_texts_is_told_on_which(tmp_path: Path):
    deadly = "score = float(text == '4') if text != 'NaN' else os._exit(1)"
    status, detail = status_of(
        verified(tmp_path, top=READ_BLOCKS, grade=f"text = read(text); {deadly}"), "hostile samples"
    )
    assert status is Status.PROBLEM
    assert "Runtime exited" in detail


def test_scores_that_are_not_numbers_break_the_contract(tmp_path: Path):
    status, detail = status_of(verified(tmp_path, grade="score = '0.5'"), "contract")
    assert status is Status.PROBLEM
    assert "a string; return a number" in detail


def test_a_grade_that_changes_between_calls_is_a_problem(tmp_path: Path):
    status, detail = status_of(verified(tmp_path, grade="score = random.random()"), "contract")
    assert status is Status.PROBLEM
    assert "scored differently the second time" in detail


def test_a_reference_in_metadata_that_is_not_read_is_warned_of(tmp_path: Path):
    grade = "text = read(text); score = float(text == str(sample.get('reference_answer')))"
    assert status_of(verified(tmp_path, top=READ_BLOCKS, grade=grade), "reference in metadata") == (
        Status.WARNING,
        "scores 0, and 1 in the plain row",
    )


def test_a_grader_too_slow_for_its_batch_is_a_problem(tmp_path: Path):
    verification = verified(tmp_path, top=READ_BLOCKS, grade="score = float(read(text) == '4')", end=SLOW)
    status, detail = status_of(verification, "warm")
    assert status is Status.PROBLEM
    assert "Task timed out" in detail


def test_code_compiled_for_another_platform_is_not_pretended_to_run(tmp_path: Path):
    (tmp_path / "reward.py").write_text("from rewards import json_parse\nreward = json_parse()\n")
    (tmp_path / "fast.so").write_bytes(b"\x7fELF")
    package = build(f"{tmp_path / 'reward.py'}:reward", tmp_path / "a.zip", architecture="arm64", include=["fast.so"])
    status, detail = status_of(verify(package.path), "platform")
    assert status is Status.PROBLEM
    assert "python3.13 on arm64 (fast.so)" in detail


def test_a_row_that_cannot_be_judged_is_told_with_the_reason(tmp_path: Path):
    (tmp_path / "reward.py").write_text("from rewards import tool_calls\nreward = tool_calls()\n")
    package = build(f"{tmp_path / 'reward.py'}:reward", tmp_path / "grader.zip")
    verification = verify(package.path, [CASE])
    assert status_of(verification, "contract")[0] is Status.PROBLEM
    assert "the reference of sample 'gold' holds no calls" in status_of(verification, "log")[1]


def test_an_example_row_that_a_reward_cannot_judge_is_no_fault_of_it(tmp_path: Path):
    (tmp_path / "reward.py").write_text("from rewards import tool_calls\nreward = tool_calls()\n")
    package = build(f"{tmp_path / 'reward.py'}:reward", tmp_path / "grader.zip")
    verification = verify(package.path)
    status, detail = status_of(verification, "contract")
    assert (status, verification.ok) == (Status.WARNING, True)
    assert "pass rows of yours with --data" in detail


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path):
    (tmp_path / "grader.zip").write_bytes(b"no zip")
    with pytest.raises(ZipError, match=r"grader\.zip' cannot be read as a zip"):
        verify(tmp_path / "grader.zip")


def zipped(folder: Path, members: dict[str, tuple[int, bytes]]) -> Path:
    """A zip as another tool makes it: names with modes and contents."""
    with zipfile.ZipFile(folder / "foreign.zip", "w") as archive:
        for name, (mode, data) in members.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16 or 0x20  # of DOS: an archived file
            archive.writestr(entry, data)
    return folder / "foreign.zip"


HANDLER = b"def lambda_handler(event, context): return []\n"


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"lambda_function.py": (0o100600, HANDLER)}, "lambda_function.py with the mode 600"),
        ({"lambda_function.py": (0o100644, HANDLER), "data/": (0o40700, b""), "data/t": (0o100644, b"")}, "data/t"),
    ],
)
def test_what_the_user_of_a_function_cannot_read_is_a_problem(tmp_path: Path, members: Any, named: str):
    status, detail = status_of(verify(zipped(tmp_path, members)), "files")
    assert status is Status.PROBLEM
    assert named in detail


def test_a_zip_without_unix_modes_can_be_read(tmp_path: Path):
    verification = verify(zipped(tmp_path, {"lambda_function.py": (0, HANDLER)}), timeout_s=5)
    assert status_of(verification, "files")[0] is Status.OK


def elf(machine: int) -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(11) + machine.to_bytes(2, "little")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("fast.so", elf(183), "fast.so is for aarch64"),
        ("lib/libfast.so.1", elf(8), r"another processor \(ELF machine 8\)"),
        ("fast.so", b"\xcf\xfa\xed\xfe" + bytes(16), "for macOS"),
        ("fast.pyd", b"MZ" + bytes(18), "for Windows"),
        ("fast.cpython-311-x86_64-linux-gnu.so", elf(62), r"for Python 3\.11"),
        ("fast.cpython-313-x86_64-linux-musl.so", elf(62), "Alpine"),
    ],
)
def test_compiled_code_is_read_for_what_it_was_compiled_for(tmp_path: Path, name: str, data: bytes, words: str):
    package = zipped(tmp_path, {"lambda_function.py": (0o100644, HANDLER), name: (0o100755, data)})
    status, detail = status_of(verify(package), "platform")
    assert status is Status.PROBLEM
    assert re.search(words, detail)


def test_extension_modules_for_several_pythons_are_fine_where_the_right_one_is_among_them(tmp_path: Path):
    names = [f"fast.cpython-{version}-x86_64-linux-gnu.so" for version in ("312", "313")]
    package = zipped(tmp_path, {name: (0o100755, elf(62)) for name in names})
    with files_of(package) as files:
        assert list(unfit(files, target_of("python3.13", "x86_64"))) == []


def test_layers_count_against_the_250_mb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = write_zip(tmp_path / "grader.zip", {"lambda_function.py": HANDLER})
    layer = write_zip(tmp_path / "layer.zip", {"python/words.py": bytes(2000)})
    monkeypatch.setattr("lambda_package.checks.MAX_UNZIPPED_BYTES", 1000)
    assert status_of(verify(package.path, layers=[layer.path]), "size")[0] is Status.PROBLEM
    assert status_of(verify(package.path, timeout_s=5), "size")[0] is Status.OK


def test_a_grader_that_logs_each_sample_at_length_is_warned_of(tmp_path: Path):
    talkative = verified(tmp_path, grade="score = float(text == '4'); print('x' * 2000)")
    status, detail = status_of(talkative, "log volume")
    assert (status, talkative.ok) == (Status.WARNING, True)
    assert "2.0 KB of log for each sample" in detail


def test_what_a_slow_grader_was_not_asked_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambda_package.verify._HOSTILE_S", 0.0)
    found = [
        check
        for check in verified(tmp_path, top=READ_BLOCKS, grade="score = float(read(text) == '4')").checks
        if check.name == "hostile samples"
    ]
    assert (found[-1].status, "not all were tried: 0 of " in found[-1].detail) == (Status.WARNING, True)


def test_a_judge_that_takes_seconds_is_warned_of_where_its_batches_end_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = "time.sleep(0.02); score = float(read(text) == '4')"
    monkeypatch.setattr("lambda_package.verify._LONG_BATCH_S", 1.0)
    checks = verified(tmp_path, top=READ_BLOCKS, grade=waiting).checks
    warm = next(check for check in checks if check.name == "warm")
    assert (warm.status, "ask a judge in threads" in warm.detail) == (Status.WARNING, True)
    assert not [check for check in checks if "cost-slow" in check.detail]
