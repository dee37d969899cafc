"""OpenAI: a `python` grader, whose source carries this library and the reward in itself.

The source runs without a network, and without packages of ours, so it holds `rewards` as a zip. Limits and call:
OpenAI API reference, "Graders", Python grader (`grade(sample, item)`, at most 256 kB of source); OpenAI has announced
its deprecation.
"""

from __future__ import annotations

import base64
import io
import json
import lzma
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from rewards.errors import SpecError
from rewards.rows import column_reference, rollout_of
from rewards.spec import to_spec
from rewards.types import Reward

MAX_SOURCE_BYTES = 256_000
_NOT_SHIPPED = frozenset({"audit", "grading", "rollouts", "testing"})
"""The folders of `rewards` that no grader needs."""
_SOURCE = """\
import base64, json, lzma, os, sys, tempfile

_path = os.path.join(tempfile.mkdtemp(), "rewards.zip")
with open(_path, "wb") as _file:
    _file.write(lzma.decompress(base64.b85decode({package!r})))
sys.path.insert(0, _path)

from rewards import from_spec
from rewards.export.openai import OpenAIGrader

_grader = OpenAIGrader(from_spec(json.loads({spec!r})), {reference!r}, {json_reference!r})


def grade(sample, item):
    return _grader(sample, item)
"""


def to_openai_grader(
    reward: Reward,
    *,
    name: str = "reward",
    image_tag: str = "2025-05-08",
    reference: str = "reference_answer",
    json_reference: bool = False,
) -> dict[str, str]:
    """The definition of an OpenAI python grader that scores as `reward` does. `reference` names the field of the item.

    Raises SpecError for a reward that has no specification, or whose source is longer than OpenAI takes.
    """
    source = _SOURCE.format(
        package=base64.b85encode(lzma.compress(_package())).decode(),
        spec=json.dumps(to_spec(reward)),
        reference=reference,
        json_reference=json_reference,
    )
    if len(source) > MAX_SOURCE_BYTES:
        raise SpecError(f"the grader's source has {len(source):,} bytes, OpenAI takes {MAX_SOURCE_BYTES:,}")
    return {"type": "python", "name": name, "image_tag": image_tag, "source": source}


@dataclass(frozen=True)
class OpenAIGrader:
    """What runs inside the source: takes OpenAI's `sample` and `item`, returns a number or raises UngradableError."""

    reward: Reward
    reference: str
    json_reference: bool

    def __call__(self, sample: Mapping[str, Any], item: Mapping[str, Any]) -> float:
        """The score of one completion."""
        completion = {
            "role": "assistant",
            "content": sample.get("output_text"),
            "tool_calls": sample.get("output_tools"),
        }
        reference = item.get(self.reference)
        row = {key: value for key, value in item.items() if key != self.reference}
        row["messages"] = [*(item.get("messages") or ()), completion]
        row["reference_answer"] = column_reference(reference, self.json_reference)
        rollout = rollout_of(row)
        return self.reward(rollout.sample, rollout.completion).value


def _package() -> bytes:
    """The modules of `rewards` that a grader needs, as a zip that is the same for the same modules. Its files are not
    compressed, so that all of it can be, at once: by a third more than file by file."""
    root = Path(str(resources.files("rewards")))
    modules = [file.relative_to(root) for file in root.rglob("*.py")]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for module in sorted(module for module in modules if module.parts[0] not in _NOT_SHIPPED):
            entry = zipfile.ZipInfo(f"rewards/{module.as_posix()}", (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, (root / module).read_bytes())
    return buffer.getvalue()
