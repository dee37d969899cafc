"""CloudWatch Logs in memory, two events a page: moto refuses events of a fixed date once they are two weeks old."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.fakes.aws_model import AwsError, FakeService, moment

PAGE = 2


@dataclass
class FakeLogs(FakeService):
    service: ClassVar[str] = "logs"

    groups: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def write(self, group: str, stream: str, *lines: str) -> None:
        """One line a minute."""
        start = int(moment(0).timestamp() * 1000)
        self.groups.setdefault(group, []).extend(
            {"logStreamName": stream, "timestamp": start + 60_000 * i, "message": f"{line}\n"}
            for i, line in enumerate(lines)
        )

    def filter_log_events(self, **request: Any) -> dict[str, Any]:
        if request["logGroupName"] not in self.groups:
            raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
        prefix, earliest = request.get("logStreamNamePrefix", ""), request.get("startTime", 0)
        phrase = request.get("filterPattern", "").strip('"')
        found = sorted(
            (
                event
                for event in self.groups[request["logGroupName"]]
                if event["logStreamName"].startswith(prefix)
                and event["timestamp"] >= earliest
                and phrase in event["message"]
            ),
            key=lambda event: event["timestamp"],
        )
        start = int(request.get("nextToken", 0))
        page: dict[str, Any] = {"events": found[start : start + PAGE]}
        return page | ({"nextToken": str(start + PAGE)} if start + PAGE < len(found) else {})
