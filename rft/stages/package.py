"""Stage `package`: the reward as a Lambda zip that answered a real event under AWS's runtime client."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datagen import formats
from lambda_package.packaging.build import build
from lambda_package.runtime import Runtime
from rewards.rows import gold_text, with_completion
from rewards.types import JSON
from rewards.writing import write_text
from rft.errors import StageError
from rft.pipeline import digest_of_file
from rft.project import ProjectFile
from rft.stages.data import TEST, reward_files, reward_spec

ZIP = "grader.zip"
PROOF_ROWS = 8
TIMEOUT_S = 300.0  # of a rule grader; what `rft package deploy` sets


def package_inputs(file: ProjectFile) -> JSON:
    """What the zip depends on: the reward and the Python files beside it."""
    return {"reward": file.project.reward, "files": {path.name: digest_of_file(path) for path in reward_files(file)}}


@dataclass(frozen=True)
class PackagedGrader:
    """The zip as a function from an event to its results, the one grader of trainings and evaluations alike."""

    runtime: Runtime

    def __call__(self, event: Sequence[Mapping[str, JSON]]) -> list[dict[str, Any]]:
        """Grade a batch; raise `StageError` where the function fails or does not answer with a list."""
        invocation = self.runtime.invoke([dict(sample) for sample in event])
        if invocation.error or not isinstance(invocation.payload, list):
            said = invocation.error or f"{invocation.payload!r:.300}"
            raise StageError(f"the packaged grader failed on {len(event)} samples: {said}")
        return invocation.payload


@contextmanager
def packaged_grader(zip_path: Path, *, allow_network: bool = False) -> Iterator[PackagedGrader]:
    """Start the zip under AWS's runtime client, enclosed, for as long as the block lasts."""
    with Runtime(zip_path, timeout_s=TIMEOUT_S, offline=not allow_network) as runtime:
        yield PackagedGrader(runtime)


def grader_digest(zip_path: Path) -> str:
    """What rollout records call the grader that a zip holds."""
    return f"sha256:{digest_of_file(zip_path)}"


def package_reward(file: ProjectFile, data: Path, out: Path) -> Mapping[str, JSON]:
    """Build the zip and let it grade the first held-out references in an isolated interpreter; each must get 1."""
    package = build(reward_spec(file), out / ZIP)
    samples = list(itertools.islice(formats.read_rft(data / "rft" / f"{TEST}.jsonl"), PROOF_ROWS))
    event = [with_completion(formats.rft_row(sample), gold_text(sample)) for sample in samples]
    with packaged_grader(package.path, allow_network=file.allow_network) as grader:
        response = grader(event)
    proof = {"event": event, "response": response}
    write_text(out / "proof.json", json.dumps(proof, indent=2, ensure_ascii=False) + "\n")
    _require_gold(response, event)
    return {"bytes": package.size_bytes, "rows answered": len(event), "sha256": package.sha256[:12]}


def _require_gold(response: list[dict[str, Any]], event: list[dict[str, JSON]]) -> None:
    scores = {result["id"]: result["aggregate_reward_score"] for result in response}
    wrong = [f"{sample['id']}: {scores.get(sample['id'])}" for sample in event if scores.get(sample["id"]) != 1.0]
    if wrong:
        raise StageError(f"the packaged grader does not give gold answers 1, but {', '.join(wrong)}")
