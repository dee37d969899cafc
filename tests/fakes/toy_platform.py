"""A platform in one file, as a package of somebody else's would bring it: jobs are JSON files in a queue's folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from estimators.errors import JobError
from estimators.job_names import job_name
from estimators.monitoring.follow import LogLine, Status
from estimators.plan import JobPlan
from estimators.platforms.platform import Launched, Launching, Platform, Verb, Work
from tests.fakes.aws_model import moment


class ToySettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    queue: str = "queue"


@dataclass(frozen=True)
class ToyJob:
    name: str
    folder: Path
    platform: str = "toy"
    session: None = None

    def status(self) -> Status:
        return Status(self.name, self._read()["state"], "toying", created=moment(0), changed=moment(60))

    def logs(self, since: datetime | None = None) -> Iterator[LogLine]:
        for step in (1, 2):
            yield LogLine(moment(step), "toy", f"global_step:{step} critic/rewards/mean:{step / 4}")

    def total_steps(self) -> int:
        return 4

    def stop(self) -> bool:
        ran = self._read()["state"] == "InProgress"
        (self.folder / f"{self.name}.json").write_text(json.dumps({"state": "Stopped"}))
        return ran

    def fetch(self, out: Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "manifest.json").write_text(json.dumps({"checkpoint_s3_bucket": f"s3://toys/{self.name}"}))

    def model_arn(self) -> None:
        return None

    def _read(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.folder / f"{self.name}.json").read_text())
        except FileNotFoundError as error:
            raise JobError(f"no toy job {self.name!r} in {self.folder}") from error
        return found


class Toy(Platform):
    name: ClassVar[str] = "toy"
    Settings: ClassVar[type[ToySettings]] = ToySettings
    lacks: ClassVar[Mapping[Verb, str]] = {
        "run": "add --plan, then `rft train launch --on toy`",
        "recipe": "toys follow no recipe",
        "evaluate": "play with it",
        "clean": "empty the queue's folder",
        "sdk": "leave --sdk out",
    }

    options: ClassVar[Mapping[str, str]] = {"queue": "the queue's folder"}

    def plan(self, work: Work) -> JobPlan:
        queue = work.settings["toy"].queue
        request = {"queue": queue, "data": str(work.data and work.data.train), "changes": dict(work.changes)}
        name = job_name(work.name, request, work.attempt)
        return JobPlan("toy", "Enqueue", work.method or "sft", name, "nursery", request)

    def launch(self, plan: JobPlan, session: Any, how: Launching) -> Launched:
        job = Path(plan.request["queue"]) / f"{plan.name}.json"
        job.parent.mkdir(exist_ok=True)
        fresh = not job.exists()
        if fresh:
            job.write_text(json.dumps({"state": "InProgress"}))
        return Launched(plan.name, str(job), fresh)

    def job(self, name: str, session: Any, plan: JobPlan | None, where: Mapping[str, str]) -> ToyJob:
        known = {**ToySettings().model_dump(), **(self.address(plan) if plan else {}), **where}
        return ToyJob(name, Path(known["queue"]))

    def address(self, plan: JobPlan) -> Mapping[str, str]:
        return {"queue": plan.request["queue"]}
