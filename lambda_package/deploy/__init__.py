"""Deploy a verified grader to an AWS account: plan, apply (idempotent), destroy.

>>> from lambda_package.deploy import DeployConfig
>>> DeployConfig("securities", "sagemaker").function_name
'SageMaker-securities'
"""

from lambda_package.deploy.apply import Deployment, apply
from lambda_package.deploy.config import Consumer, DeployConfig
from lambda_package.deploy.destroy import destroy, standing
from lambda_package.deploy.plan import DeployPlan, plan_deploy

__all__ = ["Consumer", "DeployConfig", "DeployPlan", "Deployment", "apply", "destroy", "plan_deploy", "standing"]
