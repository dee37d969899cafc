"""Plan a Nova job on a SageMaker HyperPod cluster: the files and command lines, as data, and checks before they run.

Two command-line tools start such jobs. The older `hyperpod start-job` takes the name of an official recipe and
overrides for it; `hyp` (sagemaker-hyperpod 3.12) fills a folder that it makes from JumpStart's recipe hub. Sources:
AWS, "Starting an evaluation job", "SFT on Nova 1.0"; sagemaker-hyperpod 3.12.0; sagemaker-python-sdk @a248126.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from estimators.config import LaunchConfig
from estimators.errors import PlanError
from estimators.findings import JobFinding
from estimators.images import image_for
from estimators.job_names import job_name
from estimators.leftovers import RUN_TAG
from estimators.plan import JobPlan
from estimators.planning.checks import data_findings, media_findings, plan_findings, target_of
from estimators.planning.cost import ceiling
from estimators.planning.data import Data, file_name, locate
from estimators.planning.hub import hub_model
from estimators.planning.placeholders import filled
from estimators.planning.recipe_facts import RecipeFacts, parse_recipe, read_facts
from estimators.platforms.hyperpod.hyp import hyp_job, setting_findings
from recipes import Official, Platform, Recipe, catalogue, replace, resolved_yaml, to_mapping
from recipes.checking.estimates import instances_of
from recipes.model.base import flatten
from recipes.model.graders import EVAL_GRADER

Tool = Literal["hyperpod", "hyp"]

RUN_LABEL, JOB_LABEL = "rftkit-run", "rftkit-job"  # on every pod of a job, so that `clean` finds it
_LABELS: Final = (
    "+cluster.custom_labels"  # as Hydra adds to a null; sagemaker-hyperpod-recipes @2631995, cluster/k8s.yaml
)

MAX_NAME: Final = 53  # of a Helm release, which a job becomes


class Cluster(BaseModel):
    """The `hyperpod:` section of a project file: which cluster, and which tool talks to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str | None = Field(None, description="name of the HyperPod cluster (Kubernetes)")
    namespace: str = Field("kubeflow", description="Kubernetes namespace of the jobs")
    tool: Tool = Field("hyperpod", description="`hyperpod` (start-job) or `hyp` (hyp-recipe-job)")

    def connecting(self) -> list[str]:
        """The command line that connects the tool and kubectl to the cluster.

        >>> Cluster(name="my-cluster", tool="hyp").connecting()
        ['hyp', 'set-cluster-context', '--cluster-name', 'my-cluster']
        """
        name = self.name or "<cluster>"
        if self.tool == "hyp":
            return ["hyp", "set-cluster-context", "--cluster-name", name]
        return ["hyperpod", "connect-cluster", "--cluster-name", name, "--namespace", self.namespace]


def plan_hyperpod(
    recipe: Recipe,
    *,
    config: LaunchConfig,
    cluster: Cluster,
    data: Data | None,
    attempt: int = 1,
    digests: Mapping[str, str] | None = None,
) -> JobPlan:
    """The command lines that start the job, in order, under `commands` of the request; `files` are written before.

    The run's name gets a digest, so that the same inputs are the same job. `digests` are tags of the plan, for its
    checks; of them a cluster keeps none, but the pods of `hyperpod start-job` are labelled with run and job.

    Raises `PlanError` for a recipe that is none of AWS's, because the tools start nothing else.

    >>> from recipes import nova_lite_2_rft_lora_hyperpod
    >>> recipe = nova_lite_2_rft_lora_hyperpod()
    >>> plan = plan_hyperpod(recipe, config=LaunchConfig(), cluster=Cluster(), data=Data("s3://my-data/train.jsonl"))
    >>> plan.request["commands"][0]["argv"]
    ['hyperpod', 'connect-cluster', '--cluster-name', '<cluster>', '--namespace', 'kubeflow']
    """
    official = official_of(recipe)
    facts = read_facts(resolved_yaml(recipe))
    train, upload = locate(data.train, file_name(facts, "train"), config) if data else ("", None)
    complete = replace(recipe, {"run.name": _name(facts, recipe, train, attempt)})
    content = filled(complete, platform=Platform.HYPERPOD, train=train, config=config)
    facts = read_facts(content)
    run = _label(str(to_mapping(recipe)["run"]["name"]))
    request = _request(facts, official, content, config, cluster, run)
    return JobPlan(
        platform="hyperpod",
        operation="start-job" if cluster.tool == "hyperpod" else "create",
        method=facts.method,
        name=facts.name,
        region=config.region,
        request=request,
        recipe=content,
        uploads=(upload,) if upload else (),
        tags={RUN_TAG: run, **{f"rftkit:{name}": digest for name, digest in (digests or {}).items()}},
        cost=ceiling(
            config.instance_type, instances_of(complete, flatten(to_mapping(complete))), config.max_run_s / 3600
        ),
        findings=(
            *plan_findings(request, content, facts, config, Platform.HYPERPOD),
            *(data_findings(data.train, target_of(facts)) if data else ()),
            *(media_findings(data.train, config.bucket) if data else ()),
            *_advice(facts),
            *_hyp_findings(content, official, facts, cluster),
        ),
    )


def official_of(recipe: Recipe) -> Official:
    """The official recipe that this one derives from, by class and model."""
    model_type = getattr(getattr(recipe, "run", None), "model_type", "")
    for entry in catalogue():
        same = type(recipe) is entry.family and entry.model.model_type == model_type
        if same and Platform.HYPERPOD in entry.platforms:
            return entry
    raise PlanError(f"{type(recipe).__name__} for {model_type!r} is no recipe for HyperPod; see rft recipe list")


def overrides(recipe: bytes, official: Official) -> dict[str, Any]:
    """Overrides that turn the official recipe into this one: `recipes.<path>` to value."""
    ours, theirs = flatten(parse_recipe(recipe)), flatten(to_mapping(official.recipe()))
    changed = {path: value for path, value in ours.items() if value not in ({}, theirs.get(path, object()))}
    return {f"recipes.{path}": value for path, value in sorted(changed.items())}


def _request(
    facts: RecipeFacts, official: Official, recipe: bytes, config: LaunchConfig, cluster: Cluster, run: str
) -> dict[str, Any]:
    files = {"recipe.yaml": recipe.decode()}
    environment = {"AWS_REGION": config.region}
    if cluster.tool == "hyperpod":
        starting = _start_job(facts, official, recipe, config, cluster, run)
    else:
        starting = _hyp_commands(facts, official, recipe, config, cluster)
    commands = [command(*cluster.connecting()), *starting]
    request = {"cluster": cluster.model_dump(), "environment": environment, "files": files, "commands": commands}
    if cluster.tool == "hyp":
        request["hyp"] = hyp_job(parse_recipe(recipe), facts.method, cluster.namespace)
    return request


def command(*argv: str, folder: str = "") -> dict[str, Any]:
    """One command line and its working folder, below the job's folder.

    >>> command("hyp", "validate", folder="my-job")
    {'argv': ['hyp', 'validate'], 'folder': 'my-job'}
    """
    return {"argv": list(argv), "folder": folder}


def _start_job(
    facts: RecipeFacts, official: Official, recipe: bytes, config: LaunchConfig, cluster: Cluster, run: str
) -> list[dict[str, Any]]:
    image = config.image or image_for(facts.method, facts.model_type, platform="hyperpod", region=config.region)
    changes = {
        "instance_type": config.instance_type,
        "container": image or f"<{facts.method} image for {config.region}>",
        f"{_LABELS}.{RUN_LABEL}": run,
        f"{_LABELS}.{JOB_LABEL}": facts.name,
        **overrides(recipe, official),
    }
    text = json.dumps(changes, separators=(",", ":"))
    start = ["hyperpod", "start-job", "--namespace", cluster.namespace, "--recipe", official.path]
    return [command(*start, "--override-parameters", text)]


def _hyp_commands(
    facts: RecipeFacts, official: Official, recipe: bytes, config: LaunchConfig, cluster: Cluster
) -> list[dict[str, Any]]:
    job = hyp_job(parse_recipe(recipe), facts.method, cluster.namespace)
    init = ["hyp", "init", "hyp-recipe-job", facts.name, "--model-id", hub_model(facts.model_type)]
    init += ["--technique", job["technique"]]
    settings = job["settings"]
    configure = [part for key, value in settings.items() for part in (f"--{key.replace('_', '-')}", _plain(value))]
    return [
        command(*init, "--instance-type", config.instance_type),
        command("hyp", "configure", *configure, folder=facts.name),
        command("hyp", "validate", folder=facts.name),
        command("hyp", "create", folder=facts.name),
    ]


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _name(facts: RecipeFacts, recipe: Recipe, train: str, attempt: int) -> str:
    """A Kubernetes name with a digest of recipe and data."""
    name = job_name(facts.name[:36].lower(), {"recipe": to_mapping(recipe), "train": train}, attempt)
    return name[:MAX_NAME]


def _label(text: str) -> str:
    """A name as the value of a Kubernetes label: at most 63 letters, digits, `-`, `_` and `.`.

    >>> _label("my run (2)")
    'my-run-2'
    """
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text)[:63].strip("-_.")


def _hyp_findings(recipe: bytes, official: Official, facts: RecipeFacts, cluster: Cluster) -> list[JobFinding]:
    if cluster.tool != "hyp":
        return []
    return setting_findings(parse_recipe(recipe), to_mapping(official.recipe()), facts.method)


def _advice(facts: RecipeFacts) -> list[JobFinding]:
    """Reminders of what no API call can check before the job starts."""
    message = "Nova jobs run only in a Restricted Instance Group"
    found = [JobFinding("hyperpod-rig", "warning", message, "see that the cluster has one with enough free instances")]
    if "-smtj-" in facts.model:
        message = f"{facts.model} was made by a training job; a checkpoint runs only on the platform that made it"
        found.append(JobFinding("checkpoint-platform", "error", message, "start from a checkpoint made on HyperPod"))
    if facts.method == "rft" or EVAL_GRADER in facts.graders:
        message = "the cluster's network calls the grader"
        fix = "give its VPC an endpoint for Lambda that allows lambda:InvokeFunction, and the cluster role the same"
        found.append(JobFinding("hyperpod-network", "warning", message, fix))
    return found
