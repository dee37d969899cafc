"""Service Quotas in memory, one quota a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.fakes.aws_model import FakeService


@dataclass
class FakeQuotas(FakeService):
    service: ClassVar[str] = "service-quotas"

    values: dict[str, float] = field(default_factory=dict)  # of SageMaker
    others: dict[str, dict[str, float]] = field(default_factory=dict)

    def list_service_quotas(self, **request: Any) -> dict[str, Any]:
        values = self.others.get(request["ServiceCode"], {}) if request["ServiceCode"] != "sagemaker" else self.values
        start, names = int(request.get("NextToken", 0)), sorted(values)
        page = [{"QuotaName": name, "Value": values[name]} for name in names[start : start + 1]]
        return {"Quotas": page} | ({"NextToken": str(start + 1)} if start + 1 < len(names) else {})
