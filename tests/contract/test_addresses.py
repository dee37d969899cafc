"""Every place that takes the address of a server refuses one that may hold a credential, and does not repeat it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from datagen.errors import RefusedError
from datagen.teachers.openai import OpenAITeacher
from datagen.types import Document, Passage, Request
from estimators.errors import OutputError
from estimators.monitoring.mlflow import read_mlflow
from rewards.audit.trajectories.foreign.openenv import world_of_server
from rewards.errors import SpecError
from rft.agents.models import HttpModel
from rft.judging.openai import OpenAIJudge
from tests.faults.commands import leaves

ROOT = Path(__file__).parents[2]
PACKAGES = ("rewards", "datagen", "recipes", "lambda_package", "estimators", "rft")
SECRET = "canary-in-an-address"
HOLDING = {
    "a query": f"https://h.example/v1?api-key={SECRET}",
    "a query without a path": f"https://h.example?{SECRET}",
    "a fragment": f"https://h.example/v1#{SECRET}",
    "a password": f"https://me:{SECRET}@h.example/v1",
    "a name": f"https://{SECRET}@h.example/v1",
}
ADDRESS = re.compile(r"\bURLs?\b|\bURIs?\b|https?:|\baddress\b", re.IGNORECASE)


def modules() -> Iterator[Any]:
    for package in PACKAGES:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if "templates." not in module.name and not module.name.endswith((".ray", "__main__")):
                yield importlib.import_module(module.name)


def fields() -> Iterator[tuple[str, Any]]:
    """The fields of all settings and recipes that are addresses, by their names or by what is said of them."""
    models = {
        value
        for module in modules()
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__.startswith(PACKAGES)
    }
    for model in sorted(models, key=lambda model: (model.__module__, model.__qualname__)):
        for name, field in model.model_fields.items():
            said = f"{name.replace('_', ' ')} {field.description}"
            if ADDRESS.search(said) and not re.search(r"s3:|output_uri", f"{name} {said}"):  # which is no server's
                yield f"{model.__module__}.{model.__qualname__}.{name}", field


FIELDS = dict(fields())


def test_the_fields_are_found() -> None:
    found = {name.rpartition(".")[2] for name in FIELDS}
    assert {"url", "mlflow_tracking_uri", "generate_request_sqs_url"} <= found


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("how", HOLDING)
def test_no_field_of_a_file_takes_an_address_with_a_credential(name: str, how: str) -> None:
    field = FIELDS[name]
    with pytest.raises(ValidationError):
        TypeAdapter(Annotated[field.annotation, Field(), *field.metadata]).validate_python(HOLDING[how])


REQUEST = Request(Passage(Document("a.md", "text", "0"), 0, 0, 4), 2, "seed", system="", prompt="Write.")
CALLS = {
    "a teacher": (lambda url: OpenAITeacher(url, "m")(REQUEST), RefusedError),
    "an MLflow server": (lambda url: read_mlflow(url, experiment="e", run="r"), OutputError),
    "an OpenEnv server": (world_of_server, SpecError),
    "a judge": (lambda url: OpenAIJudge(url, "m").converse(messages=[]), SpecError),
    "an agent's model": (lambda url: HttpModel(url, "m")("t", [], []), SpecError),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("how", HOLDING)
def test_no_call_goes_to_an_address_with_a_credential(name: str, how: str) -> None:
    call, refusal = CALLS[name]
    with pytest.raises(refusal) as refused:
        call(HOLDING[how])
    assert "'h.example' must not hold a" in str(refused.value)
    assert SECRET not in str(refused.value)


def test_requests_leave_through_one_module() -> None:
    leaving = re.compile(
        r"\burlopen\(|build_opener\(|HTTPS?Connection\(|^\s*(import|from) (requests|httpx|http\.client)"
    )
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    found = {file.relative_to(ROOT).as_posix() for file in files if leaving.search(file.read_text("utf-8"))}
    assert found == {"rewards/origins.py"}


TAKING = {
    "agent serve --model": "an agent's model",
    "audit --env": "an OpenEnv server",
    "judge calibrate --base-url": "a judge",
    "train collect --mlflow": "an MLflow server",
    "train guard --mlflow": "an MLflow server",
    "train metrics --mlflow": "an MLflow server",
}


def test_the_options_that_take_an_address_go_to_a_call_of_the_table() -> None:
    found = {
        f"{command} {param.opts[0]}"
        for command, leaf in leaves()
        for param in leaf.params
        if ADDRESS.search(said := f"{getattr(param, 'help', '')} {param.metavar}")
        and not re.search("s3", said, re.IGNORECASE)
    }
    assert found == set(TAKING)
    assert set(TAKING.values()) <= set(CALLS)
