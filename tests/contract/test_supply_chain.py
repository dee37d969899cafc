"""What rftkit brings with it: every licence is accepted, and lists, hashes and bill of materials are up to date."""

from __future__ import annotations

import json
import re
import runpy
import tomllib
from email.message import EmailMessage
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
CHAIN: dict[str, Any] = runpy.run_path(str(ROOT / ".ci" / "supply_chain.py"))
PINS = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
HASHED = (ROOT / "constraints-hashes.txt").read_text()


@pytest.fixture(scope="module")
def packages() -> list[Any]:
    for name in ("torch", "ray", "sagemaker", "moto", "openpyxl"):  # one of each extra of the tests
        pytest.importorskip(name)
    found, _ = CHAIN["installed"]()
    return [each for each in found if not each.name.startswith(("nvidia-", "triton"))]  # come with a build for CUDA


# --- licences ----------------------------------------------------------------------------------------------------
def metadata(**fields: str) -> EmailMessage:
    made = EmailMessage()
    for name, value in fields.items():
        made[name.replace("_", "-")] = value
    return made


def test_every_package_has_a_licence_that_is_accepted(packages: list[Any]) -> None:
    assert CHAIN["problems_of"](packages) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"License_Expression": "GPL-3.0-or-later"},
        {"License_Expression": "MIT AND AGPL-3.0-only"},
        {"License_Expression": "LGPL-2.1-only"},
        {"License_Expression": "LicenseRef-Proprietary"},
        {"License_Expression": "GPL-2.0-only WITH Classpath-exception-2.0"},
        {"License": "GNU Affero General Public License v3"},
        {"License": "UNKNOWN"},
        {"License": "BSD"},  # of two clauses or three?
        {"Classifier": "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"},
        {"Classifier": "License :: Other/Proprietary License"},
        {"Classifier": "Programming Language :: Python"},
        {},
    ],
)
def test_a_package_under_another_licence_or_none_is_refused_by_name(fields: dict[str, str]) -> None:
    licence = CHAIN["licence_of"]("planted", metadata(**fields))
    (problem,) = CHAIN["problems_of"]([CHAIN["Package"]("planted", "1.0", licence, (), ("core",))])
    assert problem.startswith(f"planted 1.0: {licence} is not accepted")


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ({"License_Expression": "Apache-2.0 OR BSD-3-Clause"}, "Apache-2.0 OR BSD-3-Clause"),
        ({"License_Expression": "GPL-2.0-only OR MIT"}, "GPL-2.0-only OR MIT"),
        ({"License_Expression": "BSD-3-Clause AND GPL-3.0-or-later WITH GCC-exception-3.1"}, None),
        ({"License": "Apache 2.0"}, "Apache-2.0"),
        ({"Classifier": "License :: OSI Approved :: MIT License"}, "MIT"),
    ],
)
def test_metadata_tell_licences_in_several_ways(fields: dict[str, str], licence: str | None) -> None:
    found = CHAIN["licence_of"]("planted", metadata(**fields))
    assert found == (licence or fields["License_Expression"])
    assert CHAIN["accepts"](found)


LICENCES = st.recursive(
    st.sampled_from(["MIT", "GPL-3.0-only", "Apache-2.0"]),
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda each: f"({' '.join(each)})"),
    max_leaves=6,
)


@given(LICENCES)
def test_an_expression_is_accepted_where_its_accepted_licences_suffice(expression: str) -> None:
    as_sets = re.sub(
        r"[\w.-]+", lambda word: {"AND": "&", "OR": "|"}.get(word[0], str(int("GPL" not in word[0]))), expression
    )
    assert CHAIN["accepts"](expression) == bool(eval(as_sets))  # & binds like AND here: all is in parentheses


def test_a_licence_that_a_person_read_is_one_that_the_metadata_do_not_tell(packages: list[Any]) -> None:
    names = {package.name for package in packages}
    assert set(CHAIN["READ"]) - names == set()
    for name in CHAIN["READ"]:
        told = distribution(name).metadata
        assert CHAIN["licence_of"]("another name", told) in ("unknown", CHAIN["READ"][name].licence)


def test_the_list_of_licences_is_up_to_date(packages: list[Any]) -> None:
    _, absent = CHAIN["installed"]()
    page = CHAIN["LICENCES"].read_text(encoding="utf-8")
    assert page == CHAIN["licences_page"](packages, absent), "renew it: python .ci/supply_chain.py"


# --- bill of materials -------------------------------------------------------------------------------------------
def test_the_bill_of_materials_is_up_to_date(packages: list[Any]) -> None:
    assert CHAIN["SBOM"].read_text(encoding="utf-8") == CHAIN["sbom_text"](packages), (
        "renew it: python .ci/supply_chain.py"
    )


def test_the_bill_of_materials_has_the_shape_of_cyclonedx() -> None:
    """What the schema of CycloneDX 1.6 requires of the fields that we use: ECMA-424, and its JSON Schema."""
    bom = json.loads(CHAIN["SBOM"].read_text(encoding="utf-8"))
    assert set(bom) <= {"bomFormat", "specVersion", "serialNumber", "version", "metadata", "components", "dependencies"}
    assert (bom["bomFormat"], bom["specVersion"], bom["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bom["serialNumber"])
    every = [bom["metadata"]["component"], *bom["components"]]
    for component in every:
        assert component["type"] == "library"
        assert component["name"] == canonicalize_name(component["name"])
        assert component["purl"] == f"pkg:pypi/{component['name']}@{component['version']}"
        assert component.get("scope", "required") in ("required", "optional")
        assert all(set(licence) == {"expression"} for licence in component["licenses"])
        assert len(component["licenses"]) == 1  # an expression stands alone
    refs = [component["bom-ref"] for component in every]
    assert len(set(refs)) == len(refs)
    assert sorted(each["ref"] for each in bom["dependencies"]) == sorted(refs)
    assert all(set(each["dependsOn"]) <= set(refs) for each in bom["dependencies"])
    assert all(len(set(each["dependsOn"])) == len(each["dependsOn"]) for each in bom["dependencies"])


def test_the_bill_of_materials_reaches_everything_from_rftkit() -> None:
    bom = json.loads(CHAIN["SBOM"].read_text(encoding="utf-8"))
    below = {each["ref"]: each["dependsOn"] for each in bom["dependencies"]}
    reached, waiting = set(), [bom["metadata"]["component"]["bom-ref"]]
    while waiting:
        ref = waiting.pop()
        if ref not in reached:
            reached.add(ref)
            waiting += below[ref]
    by_extra = {each["bom-ref"] for each in bom["components"]} - reached
    assert by_extra <= {f"pkg:pypi/{name}@{PINS[name]}" for name in PINS}  # what only an extra of a package asks for
    assert len(by_extra) < len(below) / 4


def test_the_bill_of_materials_names_the_versions_that_are_tested() -> None:
    components = json.loads(CHAIN["SBOM"].read_text(encoding="utf-8"))["components"]
    assert {each["name"]: each["version"] for each in components if each["name"] in PINS}.items() <= PINS.items()
    assert {each["name"] for each in components} - set(PINS) == set()


# --- hashes ------------------------------------------------------------------------------------------------------
def test_every_version_but_that_of_pytorch_has_its_hashes() -> None:
    hashed = {
        name: (number, hashes.split())
        for name, number, hashes in re.findall(
            r"^([\w.-]+)==(\S+) \\\n((?: {4}--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", HASHED, re.M
        )
    }
    assert {name: number for name, (number, _) in hashed.items()} == {n: v for n, v in PINS.items() if n != "torch"}
    assert all(hashes for _, hashes in hashed.values())


def test_the_hashes_name_no_host_and_nothing_else() -> None:
    lines = [line for line in HASHED.splitlines() if not line.startswith("#")]
    assert [
        line for line in lines if not re.match(r"[\w.-]+==\S+ \\$| {4}--hash=sha256:[0-9a-f]{64}( \\)?$", line)
    ] == []


def test_the_constraints_are_what_is_installed_here(packages: list[Any]) -> None:
    found = {package.name: package.version for package in packages}
    assert {name: number for name, number in found.items() if PINS.get(name) != number} == {}


def test_the_constraints_satisfy_what_the_wheel_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [Requirement(text) for text in project["dependencies"]]
    assert [str(each) for each in asked if not each.specifier.contains(PINS[canonicalize_name(each.name)])] == []
