"""The IAM policy documents of a deployment. Each names its resources; only ECR's login is granted on `*`."""

from __future__ import annotations

from typing import Any

from lambda_package.deploy.config import Consumer, DeployConfig, partition_of

Document = dict[str, Any]
_SOURCE_ARNS = {
    Consumer.SAGEMAKER: "sagemaker:{region}:{account}:training-job/*",
    Consumer.HYPERPOD: "sagemaker:{region}:{account}:cluster/*",
    Consumer.BEDROCK: "bedrock:{region}:{account}:model-customization-job/*",
}


def execution_trust(config: DeployConfig) -> Document:
    """Trust policy of the execution role: Lambda, for this one function of this account."""
    return _trust("lambda.amazonaws.com", config, config.function_arn)


def execution_policy(config: DeployConfig) -> Document:
    """Permissions of the function: write its own log, and invoke its judge models, if any."""
    statements = [_allow("WriteOwnLog", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{config.log_group_arn}:*")]
    if config.judge_models:
        statements.append(_allow("AskJudge", ["bedrock:InvokeModel"], *config.judge_models))
    return _document(*statements)


def training_trust(config: DeployConfig) -> Document:
    """Trust policy of the training role: the calling service, for jobs of this account."""
    consumer = Consumer(config.consumer)
    service = "bedrock.amazonaws.com" if consumer is Consumer.BEDROCK else "sagemaker.amazonaws.com"
    source = _SOURCE_ARNS[consumer].format(region=config.region, account=config.account_id)
    return _trust(service, config, f"arn:{config.function_arn.split(':')[1]}:{source}")


def invoke_policy(config: DeployConfig) -> Document:
    """Permission of the training role to invoke this function. Qualified and unqualified ARNs differ to IAM."""
    return _document(_allow("InvokeGrader", ["lambda:InvokeFunction"], config.function_arn, config.alias_arn))


def endpoint_policy(config: DeployConfig) -> Document:
    """Policy of the Lambda endpoint in a HyperPod cluster's VPC: only the training role may call this function."""
    statement = _allow("InvokeGrader", ["lambda:InvokeFunction"], config.function_arn, config.alias_arn)
    return _document({**statement, "Principal": {"AWS": config.training_role or "<training-role-arn>"}})


def deployer_policy(config: DeployConfig, *, image: bool = False) -> Document:
    """Permissions of the deploying person or pipeline, limited to the names of this deployment."""
    function = [config.function_arn, f"{config.function_arn}:*"]
    pass_role = _allow("PassRoleToLambda", ["iam:PassRole"], config.role_arn)
    pass_role["Condition"] = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    return _document(
        _allow("Function", [f"lambda:{action}" for action in _FUNCTION_ACTIONS], *function),
        _allow("Role", [f"iam:{action}" for action in _ROLE_ACTIONS], config.role_arn),
        pass_role,
        _allow("Log", [f"logs:{action}" for action in _LOG_ACTIONS], config.log_group_arn, f"{config.log_group_arn}:*"),
        *([_allow("Code", ["s3:PutObject", "s3:GetObject"], _code_arn(config))] if config.bucket else []),
        _allow("Repository", ["ecr:ListTagsForResource"], config.repository_arn),  # whether destroy finds images
        *_layer_permissions(config),
        *(_image_permissions(config) if image else []),
    )


def repository_policy(config: DeployConfig) -> Document:
    """Policy of the image repository: Lambda may pull for this function."""
    statement = _allow("PullForFunction", ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
    del statement["Resource"]  # the policy of a repository is about that repository
    condition = {"StringLike": {"aws:sourceArn": config.function_arn}}
    return _document({**statement, "Principal": {"Service": "lambda.amazonaws.com"}, "Condition": condition})


def _layer_permissions(config: DeployConfig) -> list[Document]:
    arns = [layer for layer in config.layers if layer.startswith("arn:")]
    own = [f"lambda:{action}" for action in _LAYER_ACTIONS] if len(arns) < len(config.layers) else []
    return [
        *([_allow("Layers", ["lambda:GetLayerVersion"], *arns)] if arns else []),
        *([_allow("OwnLayers", own, config.layers_arn)] if own else []),
    ]


def _image_permissions(config: DeployConfig) -> list[Document]:
    """The login is for a whole registry: IAM knows no resource for it."""
    return [
        _allow("Image", [f"ecr:{action}" for action in _IMAGE_ACTIONS], config.repository_arn),
        _allow("ImageLogin", ["ecr:GetAuthorizationToken"], "*"),
    ]


def _code_arn(config: DeployConfig) -> str:
    return f"arn:{partition_of(config.region)}:s3:::{config.bucket}/rftkit/graders/*"


_FUNCTION_ACTIONS = (
    "AddPermission",
    "CreateAlias",
    "CreateFunction",
    "DeleteFunction",
    "GetAlias",
    "GetFunction",
    "GetFunctionConcurrency",
    "GetFunctionConfiguration",
    "GetPolicy",
    "InvokeFunction",
    "ListTags",
    "PublishVersion",
    "PutFunctionConcurrency",
    "RemovePermission",
    "TagResource",
    "UpdateAlias",
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
)
_ROLE_ACTIONS = (
    "CreateRole",
    "DeleteRole",
    "DeleteRolePolicy",
    "GetRole",
    "GetRolePolicy",
    "PutRolePolicy",
    "TagRole",
    "UpdateAssumeRolePolicy",
)
_LAYER_ACTIONS = ("DeleteLayerVersion", "GetLayerVersion", "ListLayerVersions", "PublishLayerVersion")
_IMAGE_ACTIONS = (
    "BatchCheckLayerAvailability",
    "BatchGetImage",
    "CompleteLayerUpload",
    "CreateRepository",
    "DeleteRepository",
    "DescribeImages",
    "GetDownloadUrlForLayer",
    "GetRepositoryPolicy",
    "InitiateLayerUpload",
    "ListTagsForResource",
    "PutImage",
    "SetRepositoryPolicy",
    "TagResource",
    "UploadLayerPart",
)
_LOG_ACTIONS = ("CreateLogGroup", "DeleteLogGroup", "ListTagsForResource", "PutRetentionPolicy", "TagResource")


def _trust(service: str, config: DeployConfig, source_arn: str) -> Document:
    """Without these conditions any customer of the service could have it act with our role ("confused deputy")."""
    condition: Document = {"StringEquals": {"aws:SourceAccount": config.account_id}}
    if not config.relaxed_trust:
        condition["ArnLike"] = {"aws:SourceArn": source_arn}
    return _document(
        {
            "Sid": "AssumeForOwnJobs",
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": condition,
        }
    )


def _allow(sid: str, actions: list[str], *resources: str) -> Document:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": list(resources)}


def _document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}
