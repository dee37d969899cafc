"""The source of a zip runs enclosed as the zip does: without the network, the home and the caller's environment."""

import json
from pathlib import Path

import pytest

from lambda_package.by_source import BySource, grade_by_source
from lambda_package.packaging.build import build
from lambda_package.packaging.record import record_of
from lambda_package.runtime.sandbox import can_enclose

needs_namespaces = pytest.mark.skipif(not can_enclose(), reason="this kernel lets no plain user make namespaces")
EVENT = {"id": "1", "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "x"}]}
ASKS = """
import json, os, socket
from pathlib import Path
import mine

def value(s, c):
    return mine.HALF

def lambda_handler(event, context):
    try:
        socket.create_connection(("1.1.1.1", 53), timeout=1)
        network = "reached"
    except OSError:
        network = "none"
    try:
        Path(__file__).with_name("left.txt").write_text("x")
    except OSError:
        pass
    secret = Path(os.environ["THE_HOME"], ".aws", "credentials")
    return [network, secret.exists(), os.environ.get("MY_TOKEN"), os.environ["AWS_SECRET_ACCESS_KEY"], mine.HALF]
"""


def seen(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch, **options: bool) -> BySource:
    (home / ".aws").mkdir(parents=True)
    (home / ".aws" / "credentials").write_text("[default]")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MY_TOKEN", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    folder.mkdir(exist_ok=True)
    (folder / "asks.py").write_text(ASKS)
    (folder / "mine.py").write_text("HALF = 0.5\n")
    package = build(f"{folder / 'asks.py'}:lambda_handler", folder / "g.zip", variables=["THE_HOME"])
    record = record_of(package.path)
    assert record is not None
    return grade_by_source(record, [EVENT], timeout_s=60, environment={"THE_HOME": str(home)}, **options)


@needs_namespaces
@pytest.mark.parametrize("place", ["elsewhere", "home", "home/below"])
def test_the_source_sees_no_more_than_it_needs(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    found = seen(tmp_path / place, tmp_path / "home", monkeypatch)
    assert found == BySource((["none", False, None, "testing", 0.5],))
    assert not (tmp_path / place / "left.txt").exists()


def test_with_the_network_it_has_the_account_of_who_allowed_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    found = seen(tmp_path / "elsewhere", tmp_path / "home", monkeypatch, allow_network=True)
    assert found.answers[0][2:] == [None, "real", 0.5]


def test_what_it_prints_is_no_answer(tmp_path: Path):
    (tmp_path / "p.py").write_text("def lambda_handler(event, context):\n    print('hello')\n    return [1]\n")
    record = record_of(build(f"{tmp_path / 'p.py'}:lambda_handler", tmp_path / "g.zip").path)
    assert record is not None
    assert json.dumps(grade_by_source(record, [EVENT], timeout_s=60).answers) == "[[1]]"
