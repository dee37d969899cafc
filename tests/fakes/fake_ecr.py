"""An image registry that holds the images it is given, by account, repository and tag; all of AWS's unless told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.fakes.aws_model import AwsError, FakeService


@dataclass
class FakeEcr(FakeService):
    service: ClassVar[str] = "ecr"

    missing_repositories: set[str] = field(default_factory=set)
    missing_tags: set[str] = field(default_factory=set)

    def describe_images(self, **request: Any) -> dict[str, Any]:
        repository, [image] = request["repositoryName"], request["imageIds"]
        if repository in self.missing_repositories:
            raise AwsError("RepositoryNotFoundException", f"The repository with name '{repository}' does not exist")
        if image["imageTag"] in self.missing_tags:
            raise AwsError("ImageNotFoundException", f"The image with imageId {image} does not exist")
        detail = {"registryId": request["registryId"], "repositoryName": repository, "imageTags": [image["imageTag"]]}
        return {"imageDetails": [detail]}
