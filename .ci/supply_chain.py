"""What rftkit brings with it: the licences of all packages that it is tested with, and its bill of materials.

    python .ci/supply_chain.py    # writes docs/licences.md and sbom.cdx.json; exit 1 where a licence is not accepted

Everything is read from the metadata of the packages installed beside this interpreter (`make test` installs all), so it
says what ran in the tests. docs/decisions/0009-supply-chain.md has the reasons.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).resolve().parents[1]
LICENCES, SBOM = ROOT / "docs" / "licences.md", ROOT / "sbom.cdx.json"
UNKNOWN: Final = "unknown"

ACCEPTED: Final = frozenset(
    {
        *("0BSD", "AFL-2.1", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "CNRI-Python"),
        *("ISC", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Unlicense", "Zlib"),
    }
)
"""Licences of which nothing follows for what is made with rftkit; MPL-2.0 obliges whoever changes the file itself."""
EXCEPTIONS: Final = frozenset({"LLVM-exception", "GCC-exception-3.1"})
"""Permissions beside a licence. That of GCC frees what is linked with its run-time library from the GPL."""
OF_TORCH: Final = ("torch", "nvidia-", "triton")
"""PyTorch's builds bring compilers' and NVIDIA's libraries under their own terms; whoever installs one chooses it."""

SPELLINGS: Final = {
    "apache": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "3-clause bsd license": "BSD-3-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
}
"""How metadata without an SPDX expression name a licence. "BSD License" is none: it may have two clauses or three."""


@dataclass(frozen=True)
class Reading:
    """A licence that metadata do not tell, as read by a person: the SPDX expression and where it is written."""

    licence: str
    source: str


READ: Final[Mapping[str, Reading]] = {
    "jinja2": Reading("BSD-3-Clause", "licenses/LICENSE.txt in the wheel"),
    "mock": Reading("BSD-2-Clause", "LICENSE.txt in the wheel"),
    "mpmath": Reading("BSD-3-Clause", "LICENSE in the wheel"),
    "omegaconf": Reading("BSD-3-Clause", "licenses/LICENSE in the wheel"),
    "packaging": Reading("Apache-2.0 OR BSD-2-Clause", "LICENSE, LICENSE.APACHE and LICENSE.BSD in the wheel"),
    "pypdfium2": Reading("Apache-2.0 OR BSD-3-Clause", "licenses/LICENSES in the wheel; PDFium's own beside it"),
    "python-dateutil": Reading("Apache-2.0 OR BSD-3-Clause", "LICENSE in the wheel"),
    "sympy": Reading("BSD-3-Clause", "licenses/LICENSE in the wheel"),
}


@dataclass(frozen=True)
class Package:
    """An installed package: its licence as an SPDX expression, what it requires, and what of rftkit requires it."""

    name: str
    version: str
    licence: str
    requires: tuple[str, ...]
    needed_by: tuple[str, ...]


def licence_of(name: str, metadata: PackageMetadata) -> str:
    """The licence of a package as an SPDX expression; `unknown` where neither its metadata nor `READ` tell."""
    texts = [text for field in ("License-Expression", "License") for text in metadata.get_all(field) or []]
    classifiers = [each for each in metadata.get_all("Classifier") or [] if each.startswith("License ::")]
    named = [each for each in map(_spdx, texts) if each]
    if named:
        return named[0]
    if name in READ:
        return READ[name].licence
    told = [_spdx(each.rpartition(" :: ")[2]) for each in classifiers]
    return " AND ".join(each for each in told if each) if told and all(told) else UNKNOWN


def accepts(licence: str) -> bool:
    """Whether a licence expression is accepted: every part of an AND, one part of an OR.

    >>> [accepts(each) for each in ("MIT", "GPL-2.0-only OR MIT", "MIT AND AGPL-3.0-only", "unknown")]
    [True, True, False, False]
    """

    def truth(found: re.Match[str]) -> str:
        licence, exception = found.group("licence"), found.group("exception")
        freed = exception in EXCEPTIONS and (licence in ACCEPTED or exception.startswith("GCC-"))
        return str(freed if exception else licence in ACCEPTED)

    term = r"\b(?!(?:AND|OR|WITH)\b)(?P<licence>[\w.+-]+)(?: WITH (?P<exception>[\w.-]+))?"
    rule = re.sub(term, truth, licence).replace(" AND ", " and ").replace(" OR ", " or ")
    return bool(eval(rule, {"__builtins__": {}}))  # of True, False, "and", "or" and parentheses


def problems_of(packages: Iterable[Package]) -> list[str]:
    """The packages whose licence is not accepted, but for those that come with PyTorch's builds."""
    return [
        f"{package.name} {package.version}: {package.licence} is not accepted; replace the package, or say under READ "
        "what its licence is and where that is written"
        for package in packages
        if not package.name.startswith(OF_TORCH) and not accepts(package.licence)
    ]


def installed() -> tuple[list[Package], list[str]]:
    """Every package that rftkit and its extras need here, and the extras of which something is not installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    roots = {"core": project["dependencies"], **project["optional-dependencies"]}
    needed_by: dict[str, list[str]] = {}
    absent = []
    for extra, requirements in roots.items():
        try:
            for name in _closure(requirements):
                needed_by.setdefault(name, []).append(extra)
        except PackageNotFoundError:
            absent.append(extra)
    return [_package(name, needed_by[name]) for name in sorted(needed_by)], absent


def licences_page(packages: Iterable[Package], absent: Iterable[str]) -> str:
    """docs/licences.md."""
    rows = [
        f"| {package.name} | {package.version} | {package.licence} | {', '.join(package.needed_by)} |"
        for package in packages
    ]
    read = [f"* {name}: {each.licence}, from {each.source}" for name, each in sorted(READ.items())]
    return "\n".join(
        (
            "# Licences of what rftkit is tested with",
            "",
            "Written by `python .ci/supply_chain.py` from the metadata of the installed packages. A test fails where",
            "it is out of date, and where a licence is none of those accepted: no GPL, no AGPL, none unknown.",
            "PyTorch's builds bring libraries under terms of their own. Extras not installed for the tests, so not",
            f"listed: {', '.join(absent) or 'none'}.",
            "",
            "| package | version | licence | needed by |",
            "|---|---|---|---|",
            *rows,
            "",
            "Read by a person, where the metadata do not tell:",
            "",
            *read,
            "",
        )
    )


def sbom(packages: Iterable[Package]) -> dict[str, Any]:
    """The bill of materials: CycloneDX 1.6 (ECMA-424). The same packages give the same bytes: it holds no time."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    components = [_component(package) for package in packages]
    own = f"pkg:pypi/rftkit@{project['version']}"
    refs = {component["name"]: component["bom-ref"] for component in components}
    direct = {package.name for package in packages} & {
        canonicalize_name(Requirement(text).name)
        for texts in (project["dependencies"], *project["optional-dependencies"].values())
        for text in texts
    }
    depends = [(own, direct), *((refs[package.name], package.requires) for package in packages)]
    body = {
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": own,
                "name": "rftkit",
                "version": project["version"],
                "purl": own,
                "licenses": [{"expression": project["license"]}],
            }
        },
        "components": components,
        "dependencies": [
            {"ref": ref, "dependsOn": sorted(refs[name] for name in names if name in refs)} for ref, names in depends
        ],
    }
    serial = uuid5(NAMESPACE_URL, json.dumps(body, sort_keys=True))
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1, **body}


def sbom_text(packages: Iterable[Package]) -> str:
    """sbom.cdx.json."""
    return json.dumps(sbom(list(packages)), indent=1) + "\n"


def _component(package: Package) -> dict[str, Any]:
    purl = f"pkg:pypi/{package.name}@{package.version}"
    known = [] if package.licence == UNKNOWN else [{"expression": package.licence}]
    return {
        "type": "library",
        "bom-ref": purl,
        "name": package.name,
        "version": package.version,
        "scope": "required" if "core" in package.needed_by else "optional",
        "licenses": known,
        "purl": purl,
        "properties": [{"name": "rftkit:needed-by", "value": extra} for extra in package.needed_by],
    }


def _package(name: str, needed_by: Iterable[str]) -> Package:
    found = distribution(name)
    version = found.version.partition("+")[0]  # +cpu and the like name a build of PyTorch
    return Package(
        name, version, licence_of(name, found.metadata), tuple(_required(found.requires or ())), tuple(needed_by)
    )


def _closure(requirements: Iterable[str]) -> set[str]:
    """The names of everything that `requirements` need on this machine. Raises PackageNotFoundError where something is
    not installed, or in another version."""
    seen: set[tuple[str, str]] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if name == "rftkit" or (name, extra) in seen:
                continue
            seen.add((name, extra))
            found = distribution(name)
            if not requirement.specifier.contains(found.version, prereleases=True):
                raise PackageNotFoundError(str(requirement))
            waiting += [each for each in map(Requirement, found.requires or ()) if _applies(each, extra)]
    return {name for name, _ in seen}


def _required(texts: Iterable[str]) -> list[str]:
    return sorted({canonicalize_name(each.name) for each in map(Requirement, texts) if _applies(each, "")})


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _spdx(text: str) -> str | None:
    """None for what names no licence, such as "BSD", and for the whole text of one, which some metadata hold."""
    known = SPELLINGS.get(text.casefold())
    if known:
        return known
    try:
        return canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        return None


def main() -> None:
    """Write both files."""
    packages, absent = installed()
    LICENCES.write_text(licences_page(packages, absent), encoding="utf-8")
    SBOM.write_text(sbom_text(packages), encoding="utf-8")
    for problem in (problems := problems_of(packages)):
        print(problem, file=sys.stderr)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
