"""Plan a serverless evaluation: `CreateTrainingJob` whose `ServerlessJobConfig` has the job type `Evaluation`.

SDK v3's evaluators send the same request as a step of a pipeline, beside steps that record lineage. Sources: botocore
1.44.5, service model `sagemaker`; sagemaker-python-sdk @a248126, train/evaluate/pipeline_templates.py,
custom_scorer_evaluator.py and benchmark_evaluator.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from datagen.validate import Target
from estimators.config import placeholders_in
from estimators.errors import PlanError
from estimators.findings import JobFinding
from estimators.job_names import job_name
from estimators.plan import JobPlan
from estimators.planning.checks import data_findings, media_findings, placeholder_findings
from estimators.planning.data import Data, Located, locate
from estimators.planning.hub import hub_model
from estimators.platforms.serverless.plan import PACKAGE, ServerlessConfig, job_tags, own_grader_findings
from recipes import Recipe, to_mapping

SCORER: Final = "gen_qa"
_RUNTIME_S: Final = 86_400  # what the SDK asks for
_SAMPLED: Final = ("max_new_tokens", "temperature", "top_k", "top_p")
_OTHERS: Final = {
    "rft_eval": "say --task gen_qa, whose grader is asked about the same rows",
    "llm_judge": "say --on sagemaker",
    "rubric_llm_judge": "say --on sagemaker",
}


def plan_serverless_evaluation(
    recipe: Recipe,
    *,
    config: ServerlessConfig,
    data: Data | None,
    attempt: int = 1,
    digests: Mapping[str, str] | None = None,
) -> JobPlan:
    """The plan of a serverless evaluation: of the base model, or of the model package that the recipe names.

    `gen_qa` lets the project's grader (or `evaluator_arn`) score completions of `data`; a benchmark brings its own
    questions. Raises `PlanError` for a task that serverless jobs do not have.

    >>> from recipes import nova_lite_2_eval_byod
    >>> recipe, rows = nova_lite_2_eval_byod(), Data("s3://my-data/gen_qa.jsonl")
    >>> plan = plan_serverless_evaluation(recipe, config=ServerlessConfig(), data=rows)
    >>> plan.request["ServerlessJobConfig"]["EvaluationType"], plan.request["HyperParameters"]["aggregation"]
    ('CustomScorerEvaluation', 'mean')
    """
    mapping = to_mapping(recipe)
    run, scored = mapping["run"], _is_scored(mapping)
    rows = [Located("train", *locate(data.train, "gen_qa.jsonl", config))] if scored and data else []
    model = hub_model(run["model_type"])
    tags = job_tags(run["name"], model, rows, config, digests or {}, registers=scored)
    request = _request(mapping, config.base_model(model), rows, config)
    request["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    request["TrainingJobName"] = job_name(run["name"], request, attempt)
    return JobPlan(
        platform="serverless",
        operation="CreateTrainingJob",
        method="eval",
        name=request["TrainingJobName"],
        region=config.region,
        request=request,
        uploads=tuple(item.upload for item in rows if item.upload),
        tags=tags,
        findings=(
            *placeholder_findings(request),
            *_findings(run["model_name_or_path"], scored, data, config),
        ),
    )


def _is_scored(mapping: Mapping[str, Any]) -> bool:
    """Whether a grader scores the completions, rather than a benchmark. Raises `PlanError` for any other task."""
    task = mapping["evaluation"]["task"]
    if task in _OTHERS:
        raise PlanError(f"a serverless evaluation has no task {task}: {_OTHERS[task]}")
    if mapping.get("processor", {}).get("lambda_type") == "custom_metrics":
        raise PlanError("a serverless evaluation calls a grader, not a Lambda of metrics: say --on sagemaker")
    return bool(task == SCORER)


def _request(
    mapping: Mapping[str, Any], base_model: str, rows: list[Located], config: ServerlessConfig
) -> dict[str, Any]:
    scored, model = _is_scored(mapping), mapping["run"]["model_name_or_path"]
    job: dict[str, Any] = {
        "BaseModelArn": base_model,
        "JobType": "Evaluation",
        "EvaluationType": "CustomScorerEvaluation" if scored else "BenchmarkEvaluation",
    }
    if config.accept_eula:
        job["AcceptEula"] = True
    if scored:
        job["EvaluatorArn"] = config.evaluator()
    request: dict[str, Any] = {
        "HyperParameters": {key: str(value) for key, value in _settings(mapping, scored=scored).items()},
        "RoleArn": config.role(),
        "OutputDataConfig": {"S3OutputPath": config.output(), "CompressionType": "NONE"}
        | ({"KmsKeyId": config.output_kms_key} if config.output_kms_key else {}),
        "ServerlessJobConfig": job,
        "StoppingCondition": {"MaxRuntimeInSeconds": config.max_run_s or _RUNTIME_S},
        **config.around(),
    }
    if PACKAGE in model:
        request["ModelPackageConfig"] = {"ModelPackageGroupArn": _group(model, config), "SourceModelPackageArn": model}
    elif "MlflowConfig" in request:  # without a group, the SDK's comment says, AWS wants an experiment
        request["MlflowConfig"].setdefault("MlflowExperimentName", mapping["run"]["name"])
    if rows:
        source = {"S3DataType": "S3Prefix", "S3Uri": rows[0].uri}
        request["InputDataConfig"] = [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}]
    return request


def _group(package: str, config: ServerlessConfig) -> str:
    """The group that is set, else the one that the package is in."""
    if config.model_package_group:
        return config.group()
    return package.replace(PACKAGE, ":model-package-group/").rpartition("/")[0]


def _settings(mapping: Mapping[str, Any], *, scored: bool) -> dict[str, Any]:
    """What the SDK's templates take over; of a recipe, no other key has a place in the request."""
    evaluation, processor = mapping["evaluation"], mapping.get("processor", {})
    found = {key: evaluation[key] for key in ("task", "strategy", "metric")}
    found |= {key: mapping["inference"][key] for key in _SAMPLED}
    if evaluation.get("subtask"):
        found["subtask"] = evaluation["subtask"]
    if scored:
        aggregation = processor["aggregation"]
        found |= {"lambda_type": "rft", "postprocessing": True}
        found["aggregation"] = "mean" if aggregation == "average" else aggregation  # one thing under two names
    return found


def _findings(model: str, scored: bool, data: Data | None, config: ServerlessConfig) -> Iterator[JobFinding]:
    if PACKAGE not in model and not model.endswith("/prod") and not placeholders_in(model):
        fix = "give the folder of a serverless job's `rft train collect`, or say --on sagemaker"
        message = f"a serverless evaluation takes a model package or a base model, not {model!r}"
        yield JobFinding("checkpoint-platform", "error", message, fix)
    if scored:
        yield from own_grader_findings(config)
    if scored and data:
        yield from data_findings(data.train, Target.GEN_QA)
        yield from media_findings(data.train, config.bucket)
