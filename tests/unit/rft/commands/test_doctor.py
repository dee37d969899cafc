"""The doctor looks at versions, not only at names: SDK v2 and v3 are one distribution."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from rft.commands import doctor

REQUIRES = [
    "click>=8.1",
    'boto3>=1.44; extra == "aws"',
    'sagemaker<3,>=2.257; extra == "sagemaker"',
    'sagemaker>=3.19; extra == "sagemaker-v3"',
    'ray[data]>=2.40; extra == "ray"',
    'rftkit[aws,sagemaker]; extra == "test"',
]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, tuple[str, str]]]:
    """Say which versions are installed; get status and detail of each extra."""

    def look(**installed: str) -> dict[str, tuple[str, str]]:
        def distribution(name: str) -> SimpleNamespace:
            if name == doctor.DISTRIBUTION:
                return SimpleNamespace(requires=REQUIRES)
            if name not in installed:
                raise doctor.PackageNotFoundError(name)
            return SimpleNamespace(version=installed[name])

        monkeypatch.setattr(doctor, "distribution", distribution)
        done = CliRunner().invoke(doctor.command, ["--json"], catch_exceptions=False)
        return {entry["subject"]: (entry["status"], entry["detail"]) for entry in json.loads(done.stdout)}

    return look


def test_sdk_v2_is_not_v3(machine: Callable[..., dict[str, tuple[str, str]]]):
    found = machine(sagemaker="2.257.7")
    assert found["[sagemaker]"] == ("ok", "sagemaker 2.257.7")
    status, detail = found["[sagemaker-v3]"]
    assert status == "absent"
    assert detail.startswith("sagemaker 2.257.7 is not >=3.19; pip install 'rftkit[sagemaker-v3]', in an environment")


def test_sdk_v3_is_not_v2(machine: Callable[..., dict[str, tuple[str, str]]]):
    found = machine(sagemaker="3.27.0")
    assert (found["[sagemaker]"][0], found["[sagemaker-v3]"][0]) == ("absent", "ok")


def test_what_is_missing_comes_with_how_to_get_it(machine: Callable[..., dict[str, tuple[str, str]]]):
    assert machine()["[ray]"] == ("absent", "without ray; pip install 'rftkit[ray]'")


def test_an_extra_of_an_extra_is_read_without_its_brackets(machine: Callable[..., dict[str, tuple[str, str]]]):
    assert machine(ray="2.41")["[ray]"] == ("ok", "ray 2.41")


releases = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda numbers: ".".join(map(str, numbers)))


@given(releases, releases)
def test_a_version_is_either_at_least_a_bound_or_below_it(version: str, bound: str):
    assert doctor.meets(version, f">={bound}") != doctor.meets(version, f"<{bound}")


@given(releases)
def test_a_version_meets_itself_and_its_local_build(version: str):
    assert doctor.meets(version, f"=={version}.0")
    assert doctor.meets(f"{version}+cpu", f">={version}")
