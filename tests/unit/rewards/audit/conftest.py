"""Graders loaded from their fixture files, and a small data set of tool calls."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from rewards.audit import AuditConfig, Case, case_of

FIXTURES = Path(__file__).parents[3] / "fixtures"
QUERIES = (
    ("Weather in Oslo tomorrow?", [("get_weather", {"city": "Oslo", "days": 1, "metric": True})]),
    ("Book two seats to Rome", [("book_seat", {"destination": "Rome", "seats": 2, "window seat": False})]),
    ("Mail Ada the minutes", [("send_mail", {"to": "Ada Lovelace", "subject": "minutes of the meeting"})]),
    ("Weather in Lima, then mail it to Bob", [
        ("get_weather", {"city": "Lima", "days": 3, "metric": True}),
        ("send_mail", {"to": "Bob Noyce", "subject": "weather in Lima"}),
    ]),
    ("Find my flight and book a seat", [
        ("find_flight", {"number": "LH 2045", "day": "2024-05-17"}),
        ("book_seat", {"destination": "Graz", "seats": 1, "window seat": True}),
    ]),
    ("Where is flight AF 66?", [("find_flight", {"number": "AF 66", "day": "2024-11-02"})]),
    ("Compare Bonn and Bern", [
        ("get_weather", {"city": "Bonn", "days": 7, "metric": False}),
        ("get_weather", {"city": "Bern", "days": 7, "metric": False}),
    ]),
    ("Tell Cleo and Dan the gate", [
        ("find_flight", {"number": "UA 901", "day": "2024-08-09"}),
        ("send_mail", {"to": "Cleo Ruiz", "subject": "your gate is open"}),
        ("send_mail", {"to": "Dan Okoro", "subject": "your gate has changed"}),
    ]),
    ("Charge Eve 7.25, less 3, for two bags", [("charge", {"amount": 7.25, "fee": -3, "items": ["bag", "big bag"]})]),
)  # fmt: skip


def row(number: int) -> dict:
    query, calls = QUERIES[number]
    reference = {"calls": [{"name": name, "arguments": arguments} for name, arguments in calls]}
    return {"id": f"q{number}", "messages": [{"role": "user", "content": query}], "reference_answer": reference}


@pytest.fixture(scope="session")
def cases() -> list[Case]:
    return [case_of(row(number), number) for number in range(len(QUERIES))]


@pytest.fixture(scope="session")
def quick() -> AuditConfig:
    """Thresholds as they ship, effort cut down."""
    return AuditConfig(law_examples=30, hostile_bytes=8_000, search_calls=300)


def load(path: Path) -> ModuleType:
    """A fixture grader as a module; its siblings can be imported."""
    for folder in ("good_graders", "bad_graders", "doubtful_graders"):
        if str(FIXTURES / folder) not in sys.path:
            sys.path.append(str(FIXTURES / folder))
    spec = importlib.util.spec_from_file_location(f"fixture_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def data_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "rft.jsonl"
    path.write_text("".join(json.dumps(row(number)) + "\n" for number in range(len(QUERIES))), encoding="utf-8")
    return path
