"""Checks of a job that need no API call."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from datagen.formats import read_jsonl
from datagen.validate import DataFinding, Target
from datagen.validate import check as check_data
from estimators.arns import grader_findings
from estimators.aws import bucket_and_key
from estimators.config import LaunchConfig, placeholders_in
from estimators.findings import JobFinding, Severity
from estimators.images import ACCOUNTS, image_for
from estimators.planning.data import Source, local_file
from estimators.planning.recipe_facts import RecipeFacts
from recipes import Platform, check
from recipes.checking.context import Context
from recipes.model.base import flatten

# What a data file has to be for each evaluation task, and for each method elsewhere.
_EVAL_TARGETS: Final = {
    "rft_eval": Target.RFT_EVAL,
    "gen_qa": Target.GEN_QA,
    "llm_judge": Target.JUDGE,
    "rubric_llm_judge": Target.JUDGE,
}
_TARGETS: Final = {"sft": Target.TRAINING_JOB_SFT, "rft": Target.RFT, "dpo": Target.DPO}

# What fills each `<...>` of a plan.
_FILLED_BY: Final = {
    "<account-id>": "write role_arn, which holds it, into the project file",
    "<execution-role>": "write role_arn into the project file",
    "<bucket>": "write bucket into the project file",
    "<function-name>": "rft package deploy makes the grader; write its grader_arn into the project file",
    "<hub>": "write serverless.hub, a hub of your own, or serverless.evaluator_arn into the project file",
    "<model-package-group>": "write serverless.model_package_group into the project file",
    "<agent-function>": "deploy the agent, a Lambda function or an AgentCore runtime, and write agent.agent_arn",
    "<cluster>": "write hyperpod.name into the project file",
    "<checkpoint of the RFT job>": "launch the training and collect it, then give its folder with --model",
    "<checkpoint of the SFT job>": "launch --stage sft and collect it, then give its folder with --checkpoint",
}
_ROWS: Final = "have the run make more rows or fewer: documents and samples_per_passage in the project file"


def plan_findings(
    request: Mapping[str, Any], recipe: bytes, facts: RecipeFacts, config: LaunchConfig, platform: Platform
) -> tuple[JobFinding, ...]:
    """Findings about placeholders, region, the recipe itself and the grader's ARN; not about data."""
    return (
        *placeholder_findings(request, recipe),
        *_region(config),
        *_recipe(recipe, facts, config, platform),
        *_graders(facts, config, platform),
    )


def placeholder_findings(request: Mapping[str, Any], recipe: bytes = b"") -> list[JobFinding]:
    """A finding for every `<...>` in what would be sent."""
    text = json.dumps(request, ensure_ascii=False) + recipe.decode()
    return [
        JobFinding("placeholder", "error", f"{name} is not known yet", _filling(name)) for name in placeholders_in(text)
    ]


def _filling(name: str) -> str:
    """How to fill a placeholder."""
    if name.startswith("<sha256 of "):
        return "make the file first: rft run PROJECT --until package"
    if " image for " in name:
        return "use a region that has one, or set 'image'"
    return _FILLED_BY.get(name, "fill it in the project file, or make it first")


def _region(config: LaunchConfig) -> list[JobFinding]:
    if config.region in ACCOUNTS or config.image:
        return []
    message = f"AWS publishes no Nova training image for region {config.region!r}"
    return [JobFinding("region", "error", message, f"use one of {', '.join(ACCOUNTS)}, or set 'image'")]


def _recipe(recipe: bytes, facts: RecipeFacts, config: LaunchConfig, platform: Platform) -> list[JobFinding]:
    """Findings of `recipes` about the file, under codes that begin with `recipe-`."""
    expected = image_for(facts.method, facts.model_type, platform=platform, region=config.region)
    context = Context(platform, config.instance_type, config.image or "", expected or "")
    return [
        JobFinding(
            f"recipe-{problem.code}",
            "error" if problem.severity == "error" else "warning",
            f"{problem.path}: {problem.message}" if problem.path else problem.message,
            problem.fix or (f"allowed: {problem.allowed}" if problem.allowed else "see rft recipe explain"),
        )
        for problem in check(recipe.decode(), context=context)
        if problem.code not in ("placeholder", "checkpoint-platform")  # the plan says both itself
    ]


def _graders(facts: RecipeFacts, config: LaunchConfig, platform: Platform) -> list[JobFinding]:
    arns = sorted({arn for arn in facts.graders.values() if not placeholders_in(arn)})
    hyperpod = platform is Platform.HYPERPOD
    found = [finding for arn in arns for finding in grader_findings(arn, region=config.region, hyperpod=hyperpod)]
    return found + [_other_grader(arn, config.grader_arn) for arn in arns if config.grader_arn not in (None, arn)]


def _other_grader(arn: str, wanted: str | None) -> JobFinding:
    message = f"the recipe names the grader {arn!r}, the settings {wanted!r}"
    return JobFinding("grader-mismatch", "error", message, "write the same ARN in both")


def unused_settings(
    changes: Mapping[str, Any],
    used: Callable[[str], bool],
    job: str,
    severity: Severity = "error",
    fix: str = "take it out, or train on sagemaker, which follows the whole recipe",
) -> list[JobFinding]:
    """A finding for every recipe key that the project sets and that does nothing on the platform.

    >>> [finding] = unused_settings({"run.replicas": 2, "run.name": "a"}, lambda path: path == "run.name", "a toy job")
    >>> finding.message
    'the project sets run.replicas, which a toy job does not use'
    """
    return [
        JobFinding("setting-unused", severity, f"the project sets {path}, which {job} does not use", fix)
        for path in _paths(changes)
        if not used(path)
    ]


def _paths(changes: Mapping[str, Any]) -> Iterator[str]:
    """The keys that are set: a value that is a block sets each key in it."""
    for path, value in changes.items():
        yield from (f"{path}.{inner}" for inner in flatten(value)) if isinstance(value, Mapping) and value else (path,)


def target_of(facts: RecipeFacts) -> Target | None:
    """The kind of data file that the recipe reads; None if `datagen` has no rules for it."""
    return _EVAL_TARGETS.get(facts.task) if facts.method == "eval" else _TARGETS.get(facts.method)


def data_findings(source: Source, target: Target | None) -> list[JobFinding]:
    """Findings of `datagen` about a local file, each rule once, under codes that begin with `data-`.

    Its name is not checked: the file is stored under the name that the job looks for.
    """
    path = local_file(source)
    if target is None or path is None:
        return []
    report = check_data(path, target)
    first = {(finding.severity, finding.code): finding for finding in reversed(report.findings)}
    return [
        JobFinding(
            f"data-{code}",
            severity.value,
            f"{path}: {_what(count, code, first.get((severity, code)))}",
            _ROWS if code.startswith("rows-") else "rft data check shows each, rft data fix mends some",
        )
        for (severity, code), count in sorted(report.counts.items())
        if code != "file-name"
    ]


def _what(count: int, code: str, first: DataFinding | None) -> str:
    """A rule of one row by its count and first row, a rule of the whole file by its message alone."""
    if first is None:
        return f"{count:,} x {code}"
    return f"{count:,} x {code}, first: {first}" if first.line else first.message


def media_findings(source: Source, bucket: str | None) -> list[JobFinding]:
    """A finding for media in another bucket than the data will be in, which training rejects.

    Source: AWS, "Preparing data for multimodal fine-tuning".
    """
    path = local_file(source)
    if bucket is None or path is None:
        return []
    places = Counter(bucket_and_key(uri)[0] for _, row in read_jsonl(path) for uri in media_in(row))
    others = {name: count for name, count in sorted(places.items()) if name != bucket}
    if not others:
        return []
    listed = ", ".join(f"{count:,} in {name!r}" for name, count in others.items())
    message = f"{path}: media must lie in the bucket of the data, {bucket!r}: {listed}"
    fix = f"copy them to {bucket!r} and write the new URIs, or set 'bucket' to theirs"
    return [JobFinding("media-bucket", "error", message, fix)]


def media_in(value: object) -> Iterator[str]:
    """The S3 URIs of images, videos and documents anywhere in a row.

    >>> list(media_in({"content": [{"image": {"source": {"s3Location": {"uri": "s3://pictures/a.png"}}}}]}))
    ['s3://pictures/a.png']
    """
    if isinstance(value, Mapping):
        place = value.get("s3Location")
        if isinstance(place, Mapping) and isinstance(place.get("uri"), str):
            yield place["uri"]
        for item in value.values():
            yield from media_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from media_in(item)
