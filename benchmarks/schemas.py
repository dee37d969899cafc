"""How many real schemas `schema_valid` takes, and whether it judges as the `jsonschema` package and the labels do.

    git clone https://github.com/guidance-ai/jsonschemabench
    python benchmarks/schemas.py jsonschemabench            # table
    python benchmarks/schemas.py jsonschemabench --json     # for machines

`data/` of the checkout holds JSONSchemaBench's schemas by source, `maskbench/data/` schemas with instances that are
labelled valid or not. A schema is built or refused; an instance of a built one is judged by us and by the package
without formats, and by us with formats beside its label. Every disagreement is listed. About a minute on one core.
"""

from __future__ import annotations

import json
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema

from rewards.comparing.json_schema.formats import Formats
from rewards.comparing.json_schema.grading import grade_by
from rewards.comparing.json_schema.plan import Plan, plan_of
from rewards.errors import SpecError

BUDGETS = {"built_share": 0.95, "unlike_the_package": 20}


@dataclass
class Figures:
    """What was counted. Each disagreement is the file, the instance and both verdicts."""

    schemas: Counter[str] = field(default_factory=Counter)
    built: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    instances: int = 0
    judged: int = 0
    labelled_invalid: int = 0
    unlike_the_package: list[str] = field(default_factory=list)
    unlike_the_label: list[str] = field(default_factory=list)
    package_raises: int = 0
    grading_s: float = 0.0
    package_s: float = 0.0


def files(folder: Path) -> Iterator[tuple[Path, Any]]:
    """Every JSON file below `folder` with its content. Files that a partial checkout left out are named."""
    for path in sorted(folder.rglob("*.json")):
        try:
            yield path, json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            print(f"not read: {path}: {error}", file=sys.stderr)


def built(schema: Any, formats: Formats | None = None) -> Plan | SpecError:
    """The plan of a schema, or why there is none."""
    try:
        return plan_of(schema, formats=formats)
    except SpecError as error:
        return error


def count_schemas(folder: Path, figures: Figures) -> None:
    """Build every schema of JSONSchemaBench."""
    for path, schema in files(folder):
        plan = built(schema)
        figures.schemas[path.parent.name] += 1
        if isinstance(plan, Plan):
            figures.built[path.parent.name] += 1
        else:
            figures.refusals[kind_of(plan)] += 1


def kind_of(error: SpecError) -> str:
    """The first problem without what is particular to its schema."""
    first = str(error).removeprefix("this schema is not supported: ").partition("; ")[0]
    return re.sub(r"'.*'|got .*|\d+", "_", re.sub(r"^#\S*/", "", first))[:100]


def judge_instances(folder: Path, figures: Figures) -> None:
    """Judge every instance of MaskBench three ways."""
    for path, case in files(folder):
        figures.instances += len(case["tests"])
        plain, strict = built(case["schema"]), built(case["schema"], formats=Formats())
        if not isinstance(plain, Plan) or not isinstance(strict, Plan):
            continue
        package = jsonschema.validators.validator_for(case["schema"], default=jsonschema.Draft202012Validator)
        validator = package(case["schema"])
        for index, test in enumerate(case["tests"]):
            judge(f"{path.stem} [{index}]", test, (plain, strict), validator, figures)


def judge(name: str, test: Any, plans: tuple[Plan, Plan], validator: Any, figures: Figures) -> None:
    """One instance; where the package raises, there is nothing to agree with."""
    figures.judged += 1
    figures.labelled_invalid += not test["valid"]
    start = time.process_time()
    ours = grade_by(plans[0], test["data"]) == 1.0
    figures.grading_s += time.process_time() - start
    with_formats = grade_by(plans[1], test["data"]) == 1.0
    if with_formats != test["valid"]:
        figures.unlike_the_label.append(f"{name}: ours {with_formats}, label {test['valid']}")
    start = time.process_time()
    try:
        theirs = validator.is_valid(test["data"])
    except Exception as error:  # noqa: BLE001  # whatever the package raises is its own verdict
        figures.package_raises += 1
        print(f"the package raises on {name}: {type(error).__name__}", file=sys.stderr)
        return
    figures.package_s += time.process_time() - start
    if ours != theirs:
        figures.unlike_the_package.append(f"{name}: ours {ours}, package {theirs}")


def as_json(figures: Figures) -> dict[str, Any]:
    """All figures, for machines."""
    total = sum(figures.schemas.values())
    return {
        "built": sum(figures.built.values()),
        "schemas": total,
        "built_share": round(sum(figures.built.values()) / total, 4) if total else None,
        "by_set": {name: [figures.built[name], count] for name, count in sorted(figures.schemas.items())},
        "refusals": dict(figures.refusals.most_common()),
        "instances": figures.instances,
        "judged": figures.judged,
        "judged_and_labelled_invalid": figures.labelled_invalid,
        "unlike_the_package": figures.unlike_the_package,
        "package_raises": figures.package_raises,
        "unlike_the_label_with_formats": figures.unlike_the_label,
        "us_per_instance": round(1e6 * figures.grading_s / max(1, figures.judged), 1),
        "us_per_instance_of_the_package": round(1e6 * figures.package_s / max(1, figures.judged), 1),
        "budgets": BUDGETS,
    }


def show(results: dict[str, Any]) -> None:
    """The figures as a table, and every disagreement."""
    for name, (count, total) in results["by_set"].items():
        print(f"{name:<20} {count:>5} of {total:>5} built")
    print(f"{'all':<20} {results['built']:>5} of {results['schemas']:>5} built ({results['built_share']:.2%})")
    for reason, count in results["refusals"].items():
        print(f"  {count:>4} refused: {reason}")
    print(f"instances {results['instances']}, judged {results['judged']}", end=", ")
    print(f"of which {results['judged_and_labelled_invalid']} are labelled invalid", end=", ")
    print(f"{results['us_per_instance']} µs each, the package {results['us_per_instance_of_the_package']} µs")
    for title in ("unlike_the_package", "unlike_the_label_with_formats"):
        print(f"{title.replace('_', ' ')}: {len(results[title])}")
        print(*(f"  {line}" for line in results[title]), sep="\n")


def main() -> int:
    """Print the figures of a checkout."""
    paths = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if len(paths) != 1 or not any((Path(paths[0]) / part).is_dir() for part in ("data", "maskbench/data")):
        print("usage: python benchmarks/schemas.py PATH_OF_A_JSONSCHEMABENCH_CHECKOUT [--json]", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore", FutureWarning)  # of `re`, about patterns that are not ours
    figures, root = Figures(), Path(paths[0])
    count_schemas(root / "data", figures)
    judge_instances(root / "maskbench" / "data", figures)
    results = as_json(figures)
    if "--json" in sys.argv[1:]:
        print(json.dumps(results, indent=2))
    else:
        show(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
