"""The Resource Groups Tagging API over the fakes of one account, one resource a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.fakes.aws_model import FakeService
from tests.fakes.fake_bedrock_models import FakeBedrock
from tests.fakes.fake_sagemaker import FakeSageMaker


@dataclass
class FakeTagging(FakeService):
    service: ClassVar[str] = "resourcegroupstaggingapi"

    sagemaker: FakeSageMaker = field(default_factory=FakeSageMaker)
    bedrock: FakeBedrock = field(default_factory=FakeBedrock)

    def get_resources(self, **request: Any) -> dict[str, Any]:
        filters = {entry["Key"]: entry["Values"] for entry in request["TagFilters"]}
        found = [
            {"ResourceARN": arn, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
            for arn, tags in self._resources()
            if all(tags.get(key) in values for key, values in filters.items())
        ]
        start = int(request.get("PaginationToken") or 0)
        token = str(start + 1) if start + 1 < len(found) else ""
        return {"ResourceTagMappingList": found[start : start + 1], "PaginationToken": token}

    def _resources(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        for name, job in self.sagemaker.jobs.items():
            yield self.sagemaker.arn(f"training-job/{name}"), {t["Key"]: t["Value"] for t in job.request["Tags"]}
        yield from self.sagemaker.tagged_of_agents()
        things = (
            (self.bedrock.jobs, "jobTags"),
            (self.bedrock.models, "modelTags"),
            (self.bedrock.deployments, "tags"),
            (self.bedrock.provisioned, "tags"),
        )
        for group, key in things:
            for thing in group.values():
                yield thing.arn, {tag["key"]: tag["value"] for tag in thing.request[key]}
