"""`.ci/replay` follows a page to the letter and sees every way in which it may say what is not so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pages import PIP, ROOT, differences, masked, page

RIGHT = """# A page

```python one.py
print("one")
```

```console
$ python one.py  # a remark
one
$ rft explain signal-sparse
...
```

```pycon
>>> import one
one
>>> 1 + 1
2
```

```python
print(len("abc"))
```

prints

```text
3
```
"""


def replayed(text: str, folder: Path) -> tuple[int, str]:
    (folder / "page.md").write_text(text, encoding="utf-8")
    command = [sys.executable, ROOT / ".ci" / "replay", "--here", folder / "page.md"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_page_that_is_right_passes_and_leaves_nothing(tmp_path: Path):
    status, said = replayed(RIGHT.replace("$ rft explain signal-sparse\n...\n", ""), tmp_path)
    assert (status, re.findall(r"\d+ steps as shown", said)) == (0, ["3 steps as shown"])
    assert [path.name for path in tmp_path.iterdir()] == ["page.md"]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("remark\none\n", "remark\ntwo\n", "line 1: shown 'two', printed 'one'"),
        ("remark\none\n", "remark\none\nmore\n", "line 2: shown 'more', printed None"),
        ("$ python one.py", "$ python absent.py", "No such file"),
        ("signal-sparse\n...", "signal-sparse\nnot this\n...", "shown 'not this'"),
        ("signal-sparse", "no-such-code", "exit 2"),
        (">>> 1 + 1\n2", ">>> 1 + 1\n3", "Expected:"),
        ("```text\n3", "```text\n4", "shown '4', printed '3'"),
        ("```python one.py", "```python", "No such file"),
    ],
)
def test_what_is_not_so_is_named(right: str, wrong: str, said: str, tmp_path: Path):
    assert right in RIGHT
    status, printed = replayed(RIGHT.replace(right, wrong), tmp_path)
    assert status == 1
    assert said in printed


@given(st.text(alphabet="ab. \n", max_size=30), st.text(alphabet="ab. \n", max_size=30))
def test_only_equal_lines_do_not_differ(shown: str, printed: str):
    if masked(shown)[-1:] != ["..."]:
        assert (differences(shown, printed) == []) == (masked(shown) == masked(printed))
    assert differences(printed, printed) == [] or masked(printed)[-1:] == ["..."]


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("cost 598 µs a sample, 0.0383 s a training step", "cost 1,010 µs a sample, 12 s a training step"),
        ("10 rows, 8,178 answers graded", "10 rows, 9 answers graded"),
        ("22 passed in 13.30s", "22 passed in 0.01s"),
        ("sha256 946a6682c270, bytes 100,512", "sha256 000a6682c270, bytes 7"),
        ("  7 cost  warnings  signal-x, total-time", "  7 cost  warnings  signal-x"),
    ],
)
def test_only_what_a_machine_changes_is_masked(line: str, other: str):
    assert differences(line, other) == []
    assert differences(line, other.replace("a", "b")) != []


LISTED = page(".ci/replay").partition("PAGES = (")[2].partition(")")[0]


@pytest.mark.parametrize("name", re.findall(r'"(\S+\.(?:md|ipynb))"', LISTED))
def test_a_page_that_is_replayed_says_what_to_install(name: str):
    assert PIP.search(page(name))
    assert "git+https://github.com/rftkit/rftkit" in page(name)
