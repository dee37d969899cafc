"""The platform `serverless`: SageMaker's serverless customization jobs (`--on serverless`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Final

from estimators import aws
from estimators.aws import Session
from estimators.errors import JobError, PlanError
from estimators.findings import JobFinding, refuse
from estimators.leftovers import Leftover, Sleep
from estimators.plan import JobPlan
from estimators.planning import preflight
from estimators.planning.permissions import GRADER_TAG
from estimators.planning.presets import rft_recipe, sft_recipe
from estimators.planning.recipe_facts import method_of
from estimators.platforms.platform import Launched, Launching, Platform, Verb, Work
from estimators.platforms.sagemaker import clean
from estimators.platforms.sagemaker.account import log_need
from estimators.platforms.sagemaker.launch import create_training_job
from estimators.platforms.serverless.evaluation import SCORER, plan_serverless_evaluation
from estimators.platforms.serverless.job import ServerlessJob
from estimators.platforms.serverless.plan import ServerlessConfig, evaluator_request, plan_serverless
from estimators.uploads import upload_all
from recipes import Recipe, to_mapping
from rewards.aws import code_of, refusal


class Serverless(Platform):
    """Jobs of `CreateTrainingJob` with a `ServerlessJobConfig`: SageMaker chooses machines and recipe."""

    name: ClassVar[str] = "serverless"
    graded_task: ClassVar[str] = SCORER
    Settings: ClassVar[type[ServerlessConfig]] = ServerlessConfig
    lacks: ClassVar[Mapping[Verb, str]] = {
        "distill": "say --on bedrock, whose teacher answers the prompts",
        "sdk": "leave --sdk out; boto3 sends what SDK v3's trainers send",
    }

    def connect(self, region: str, profile: str | None) -> Session:
        """A boto3 session."""
        return aws.connect(region, profile)

    def plan(self, work: Work) -> JobPlan:
        """The `CreateTrainingJob` request."""
        config: ServerlessConfig = work.settings[self.name]
        if work.recipe is not None and method_of(to_mapping(work.recipe)) == "eval":
            return plan_serverless_evaluation(
                work.recipe, config=config, data=work.data, attempt=work.attempt, digests=work.digests
            )
        if work.data is None:
            raise PlanError("a serverless job needs training data")
        return plan_serverless(
            work.recipe or _recipe(work, config),
            config=config,
            data=work.data,
            changes=work.changes,
            checkpoint=work.checkpoint,
            attempt=work.attempt,
            digests=work.digests,
        )

    def preflight(self, plan: JobPlan, session: Session) -> Iterable[JobFinding]:
        """Credentials, role, buckets, grader, base model and model package group."""
        return preflight.account_findings(
            plan,
            session,
            service="sagemaker.amazonaws.com",
            needs=[log_need(plan)],
            own=[hub_findings, group_findings],
        )

    def cost(self, plan: JobPlan) -> str:
        """Unknown: AWS bills tokens and publishes no price that this package knows."""
        return "unknown: SageMaker bills a serverless job by its tokens, at a price that we found published nowhere"

    def launch(self, plan: JobPlan, session: Session, how: Launching) -> Launched:
        """Upload the data, register the grader as an evaluator where none is given, and create the job."""
        refuse(plan.findings, how.force)
        upload_all(plan.uploads, session)
        _register(plan, session)
        return create_training_job(plan.request, session)

    def job(self, name: str, session: Session, plan: JobPlan | None, where: Mapping[str, str]) -> ServerlessJob:
        """The job, found by its name."""
        return ServerlessJob(name, session, grader_arn=plan.tags.get(GRADER_TAG) if plan else None)

    def leftovers(self, run: str, session: Session) -> Iterable[Leftover]:
        """Jobs to stop, then the files and model packages of all of them."""
        return clean.leftovers(run, session, platform=self.name)

    def remove(self, leftover: Leftover, session: Session, sleep: Sleep) -> None:
        """Stop or delete the resource."""
        clean.remove(leftover, session)


def hub_findings(plan: JobPlan, session: Session) -> Iterator[JobFinding]:
    """Whether the hub offers the base model in the region."""
    return preflight.hub_model_findings(plan.request["ServerlessJobConfig"]["BaseModelArn"], session)


def group_findings(plan: JobPlan, session: Session) -> Iterator[JobFinding]:
    """Whether the group of the trained model exists."""
    group = plan.request.get("ModelPackageConfig", {}).get("ModelPackageGroupArn")
    if group is None:  # an evaluation of a base model
        return
    name = group.rsplit("/", 1)[-1]
    client = session.client("sagemaker")
    found, problem = preflight.ask(lambda: client.describe_model_package_group(ModelPackageGroupName=name))
    if found is None:
        fix = f"create it: aws sagemaker create-model-package-group --model-package-group-name {name}"
        yield problem or JobFinding("group-missing", "error", f"there is no model package group {name!r}", fix)


def _register(plan: JobPlan, session: Session) -> None:
    """Import the grader as an evaluator, unless an earlier launch did."""
    from botocore.exceptions import ClientError

    request = evaluator_request(plan)
    if request is None:
        return
    try:
        session.client("sagemaker").import_hub_content(**request)
    except ClientError as error:
        if code_of(error) != "ResourceInUse":
            absent = f"there is no hub {request['HubName']!r} to register the grader in: create it, or name another"
            raise JobError(refusal(error, absent=absent) or str(error)) from error


def _recipe(work: Work, config: ServerlessConfig) -> Recipe:
    if work.method == "sft":
        return sft_recipe(work.project, work.changes)
    return rft_recipe(work.project, work.changes, grader=config.grader())


PLATFORM: Final = Serverless()
