"""The planned job as an estimator object of SageMaker's SDKs.

`pytorch_estimator` needs SDK v2 (extra `sagemaker`), `model_trainer` SDK v3 (extra `sagemaker-v3`); the two cannot be
installed together. Either object uploads what the plan uploads, sends the request of the plan, and refuses to send
any other. Telemetry is off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from estimators.aws import bucket_and_key
from estimators.errors import JobError, MissingExtraError, PlanError
from estimators.plan import JobPlan
from estimators.platforms.sagemaker.plan import RECIPE_FILE
from estimators.uploads import upload_all
from rewards.scratch import scratch_folder

if TYPE_CHECKING:
    import boto3
    from sagemaker.pytorch import PyTorch
    from sagemaker.train import ModelTrainer

NO_TELEMETRY: Final = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}


def pytorch_estimator(plan: JobPlan, session: boto3.Session) -> PyTorch:
    """A `sagemaker.pytorch.PyTorch` whose `fit()` runs the plan; it needs no arguments but takes its usual ones.

    Raises `PlanError` for a plan of flavour v3 and `MissingExtraError` without the SDK.
    """
    if "RemoteDebugConfig" not in plan.request:
        raise PlanError("the PyTorch estimator sends requests of flavour 'v2'; plan with flavour='v2'")
    base = _pytorch()

    class PlannedPyTorch(base):  # type: ignore[misc, valid-type]  # the SDK is untyped and imported on demand
        """Uploads the plan's files, then fits on the plan's channels under the plan's name."""

        def fit(self, inputs: Any = None, wait: bool = True, logs: Any = "All", job_name: str | None = None) -> None:
            upload_all(plan.uploads, session)
            super().fit(inputs or _inputs(plan), wait, logs, job_name or plan.name)

    with scratch_folder("recipe") as folder:
        recipe = Path(folder, RECIPE_FILE)
        recipe.write_bytes(plan.recipe)
        estimator = PlannedPyTorch(**_estimator_arguments(plan, session), training_recipe=str(recipe))
    # The SDK would store the recipe under a random name; its own hook for an uploaded recipe points it to ours.
    estimator.recipe_s3_uri = _recipe_uri(plan)
    estimator.training_recipe_file = SimpleNamespace(name=RECIPE_FILE)
    return estimator


def model_trainer(plan: JobPlan, session: boto3.Session) -> ModelTrainer:
    """A `sagemaker.train.ModelTrainer` whose `train()` runs the plan.

    Raises `PlanError` for a plan of flavour v2 and `MissingExtraError` without the SDK.
    """
    if "RemoteDebugConfig" in plan.request:
        raise PlanError("ModelTrainer sends requests of flavour 'v3'; plan with flavour='v3'")
    base = _model_trainer()

    class PlannedModelTrainer(base):  # type: ignore[misc, valid-type]  # the SDK is imported on demand
        """Uploads the plan's files, then trains on the plan's channels under the plan's name."""

        def create_input_data_channel(self, channel_name: str, data_source: Any, **more: Any) -> Any:
            # The SDK would upload the recipe a second time, under a name with a timestamp.
            source = _recipe_uri(plan) if channel_name == "recipe" else data_source
            return super().create_input_data_channel(channel_name, source, **more)

        def _create_training_job_args(self, *arguments: Any, **more: Any) -> dict[str, Any]:
            # The only way to choose the job's name, without which a second run would start a second job.
            found: dict[str, Any] = super()._create_training_job_args(*arguments, **more)
            found["TrainingJobName" if "TrainingJobName" in found else "training_job_name"] = plan.name
            return found

        def train(self, *arguments: Any, **more: Any) -> None:
            upload_all(plan.uploads, session)
            super().train(*arguments, **more)

    with scratch_folder("recipe") as folder:
        recipe = Path(folder, RECIPE_FILE)
        recipe.write_bytes(plan.recipe)
        return PlannedModelTrainer.from_recipe(training_recipe=str(recipe), **_trainer_arguments(plan, session))


def only_as_planned(plan: JobPlan) -> Callable[..., None]:
    """A botocore handler that raises `JobError` when the job of this name is asked for with another request."""

    def check(params: Mapping[str, Any], **_: Any) -> None:
        if params.get("TrainingJobName") != plan.name:
            return
        different = sorted(
            key
            for key in {*params, *plan.request}
            if _comparable(params.get(key)) != _comparable(plan.request.get(key))
        )
        if different:
            values = "; ".join(f"{key}: {params.get(key)!r}, planned {plan.request.get(key)!r}" for key in different)
            raise JobError(f"the SDK would send another request than the planned one: {values}")

    return check


def _comparable(value: Any) -> Any:
    """Lists of named things (channels, tags) mean the same in any order."""
    if isinstance(value, list):
        return sorted((_comparable(item) for item in value), key=repr)
    if isinstance(value, Mapping):
        return {key: _comparable(value[key]) for key in sorted(value)}
    return value


def _recipe_uri(plan: JobPlan) -> str:
    return next(upload.uri for upload in plan.uploads if upload.content == plan.recipe)


def _data_channels(plan: JobPlan) -> dict[str, Mapping[str, Any]]:
    channels = plan.request["InputDataConfig"]
    return {c["ChannelName"]: c["DataSource"]["S3DataSource"] for c in channels if c["ChannelName"] != "recipe"}


def _guard(plan: JobPlan, session: boto3.Session) -> boto3.Session:
    """The session, whose later clients send the planned request or none under the plan's name."""
    session.events.register("provide-client-params.sagemaker.CreateTrainingJob", only_as_planned(plan))
    return session


# --- SDK v2 ------------------------------------------------------------------------------------------------------
def _pytorch() -> Any:
    try:
        from sagemaker.pytorch import PyTorch
    except ImportError as error:
        raise MissingExtraError("the PyTorch estimator needs SDK v2: pip install 'rftkit[sagemaker]'") from error
    return PyTorch


def _inputs(plan: JobPlan) -> dict[str, Any]:
    from sagemaker.inputs import TrainingInput

    return {
        name: TrainingInput(s3_data=source["S3Uri"], s3_data_type=source["S3DataType"], distribution="FullyReplicated")
        for name, source in _data_channels(plan).items()
    }


def _estimator_arguments(plan: JobPlan, session: boto3.Session) -> dict[str, Any]:
    from sagemaker.session import Session as SageMakerSession

    request = plan.request
    vpc = request.get("VpcConfig", {})
    return {
        "image_uri": request["AlgorithmSpecification"]["TrainingImage"],
        "role": request["RoleArn"],
        "instance_type": request["ResourceConfig"]["InstanceType"],
        "volume_size": request["ResourceConfig"]["VolumeSizeInGB"],
        "training_plan": request["ResourceConfig"].get("TrainingPlanArn"),
        "output_path": request["OutputDataConfig"]["S3OutputPath"],
        "output_kms_key": request["OutputDataConfig"].get("KmsKeyId"),
        "max_run": request["StoppingCondition"]["MaxRuntimeInSeconds"],
        "tags": request["Tags"],
        "subnets": vpc.get("Subnets"),
        "security_group_ids": vpc.get("SecurityGroupIds"),
        "disable_profiler": True,
        "debugger_hook_config": False,
        "sagemaker_session": SageMakerSession(
            boto_session=_guard(plan, session),
            default_bucket=bucket_and_key(_recipe_uri(plan))[0],
            sagemaker_config=NO_TELEMETRY,
        ),
    }


# --- SDK v3 ------------------------------------------------------------------------------------------------------
def _model_trainer() -> Any:
    try:
        from sagemaker.train import ModelTrainer
    except ImportError as error:
        raise MissingExtraError("ModelTrainer needs SDK v3: pip install 'rftkit[sagemaker-v3]'") from error
    return ModelTrainer


def _trainer_arguments(plan: JobPlan, session: boto3.Session) -> dict[str, Any]:
    from sagemaker.core.helper.session_helper import Session as SageMakerSession
    from sagemaker.core.shapes import OutputDataConfig, StoppingCondition, Tag
    from sagemaker.core.training.configs import Compute, InputData, Networking, S3DataSource

    request = plan.request
    resources, output, vpc = request["ResourceConfig"], request["OutputDataConfig"], request.get("VpcConfig")
    return {
        "training_image": request["AlgorithmSpecification"]["TrainingImage"],
        "role": request["RoleArn"],
        "base_job_name": plan.name,
        "compute": Compute(
            instance_type=resources["InstanceType"],
            instance_count=resources["InstanceCount"],
            volume_size_in_gb=resources["VolumeSizeInGB"],
            **({"training_plan_arn": resources["TrainingPlanArn"]} if "TrainingPlanArn" in resources else {}),
        ),
        "networking": Networking(subnets=vpc["Subnets"], security_group_ids=vpc["SecurityGroupIds"]) if vpc else None,
        "stopping_condition": StoppingCondition(
            max_runtime_in_seconds=request["StoppingCondition"]["MaxRuntimeInSeconds"]
        ),
        "output_data_config": OutputDataConfig(
            s3_output_path=output["S3OutputPath"],
            compression_type=output["CompressionType"],
            **({"kms_key_id": output["KmsKeyId"]} if "KmsKeyId" in output else {}),
        ),
        "input_data_config": [
            InputData(
                channel_name=name,
                data_source=S3DataSource(
                    s3_data_type=source["S3DataType"],
                    s3_uri=source["S3Uri"],
                    s3_data_distribution_type=source["S3DataDistributionType"],
                ),
            )
            for name, source in _data_channels(plan).items()
        ],
        "tags": [Tag(key=tag["Key"], value=tag["Value"]) for tag in request["Tags"]],
        "sagemaker_session": SageMakerSession(
            boto_session=_guard(plan, session),
            default_bucket=bucket_and_key(_recipe_uri(plan))[0],
            sagemaker_config=NO_TELEMETRY,
        ),
    }
