"""A plan as text: request, uploads, cost, findings, and the difference between two plans."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator

from estimators.plan import JobPlan, plan_from_json
from estimators.platforms.registry import platform_of


def plan_lines(plan: JobPlan) -> Iterator[str]:
    """The plan line by line: job, tags, uploads, cost, findings, the recipe, and the exact request."""
    yield f"Job      {plan.operation} in {plan.region}: {plan.name}"
    for key, value in sorted(plan.tags.items()):
        yield f"Tag      {key} = {value}"
    for upload in plan.uploads:
        yield f"Upload   {upload.uri} ({upload.size_bytes:,} bytes, sha256 {upload.sha256[:16]})"
    yield f"Cost     {platform_of(plan.platform).cost(plan)}"
    for finding in plan.findings:
        yield f"Note     {finding}"
    if plan.recipe:
        yield "Recipe"
        yield from plan.recipe.decode().splitlines()
    yield "Request"
    yield from json.dumps(plan.request, indent=2, ensure_ascii=False).splitlines()


def difference(old: JobPlan, new: JobPlan) -> Iterator[str]:
    """Unified diff lines from one plan to another, as people read them; none where they are equal."""
    # By way of JSON, because a plan that was read from a file has its keys in another order.
    before, after = (list(plan_lines(plan_from_json(plan.to_json()))) for plan in (old, new))
    return difflib.unified_diff(before, after, old.name, new.name, lineterm="", n=2)
