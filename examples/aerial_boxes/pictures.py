"""The picture side: draw, make fit, label with a recorded teacher, upload to a folder that stands in for S3, merge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from datagen.errors import ConfigError
from datagen.formats import compact, write_jsonl
from datagen.images import Box, inspect, normalised
from datagen.images.label import S3Place, exists, label, label_requests, merge
from datagen.teachers.journal import open_journal
from datagen.teachers.replay import replay_teacher
from datagen.teachers.runner import Patience
from examples.aerial_boxes.scenes import HEIGHT, WIDTH, Scene, draw, scene_in_pixels
from rewards.types import JSON

BUCKET, OWNER = "s3://my-bucket/aerial", "111122223333"
MPO_EVERY = 6  # pictures; this many come as a phone or a drone writes them
MISSING = "s3://my-bucket/aerial/never-uploaded.jpg"


def draw_all(scenes: Sequence[Scene], folder: Path) -> Path:
    """Draw the scenes into `folder`; returns the file with the boxes of all vehicles, in pixels."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, scene in enumerate(scenes):
        draw(scene, folder / f"{scene.name}.jpg", as_mpo=index % MPO_EVERY == 1)
    known = folder.with_name(f"{folder.name}-boxes.jsonl")
    write_jsonl(known, ({"image": f"{scene.name}.jpg", "boxes": _objects(scene.vehicles)} for scene in scenes))
    return known


def scenes_of(seed: int, split: str, count: int) -> list[Scene]:
    """The first scenes of a split, with 1 to 150 vehicles each."""
    return [scene_in_pixels(seed, split, index) for index in range(count)]


def on_novas_scale(boxes: Sequence[Box]) -> list[JSON]:
    """Boxes in pixels of a picture as objects on the scale from 0 to 1000, which no resizing changes."""
    return _objects([normalised(box, WIDTH, HEIGHT) for box in boxes])


def record_teacher(scenes: Sequence[Scene], folder: Path, prompt: str, recording: Path) -> None:
    """Write a teacher's answers in the form of a recording. Ours are computed from the scenes: no model was asked."""
    by_name = {scene.name: scene for scene in scenes}
    requests = label_requests(sorted(folder.glob("*.jpg")), prompt)
    rows = []
    for request in requests:
        scene = by_name[Path(request.passage.document.path).stem]
        rows.append({"about": request.subject, "answer": compact({"boxes": on_novas_scale(scene.asked)})})
    write_jsonl(recording, rows)


def label_and_upload(pictures: Sequence[Path], prompt: str, recording: Path, bucket: FolderS3, out: Path) -> str:
    """Label with the recorded teacher, four at once, upload, and write the label file; returns what was done."""
    requests = label_requests(pictures, prompt)
    before = len(bucket.keys())
    with open_journal(out.with_suffix(".sqlite")) as journal:
        place = S3Place(bucket, BUCKET)
        labels, asked = label(replay_teacher(recording), requests, journal, Patience(workers=4), place=place)
    write_jsonl(out, (one._asdict() for one in labels))
    size = sum(path.stat().st_size for path in pictures)
    return (
        f"{out.name}: {len(labels)} labels ({asked.answered} asked for, {asked.failed} failed), "
        f"{len(bucket.keys()) - before} of {len(pictures)} pictures uploaded ({size / 1e6:.1f} MB in all)"
    )


def merge_checked(files: Sequence[Path], bucket: FolderS3, *, question: str, system: str, out: Path) -> int:
    """Write the SFT file of all label files; each picture must be in the bucket. Returns how many rows."""
    rows = merge(files, question=question, system=system, bucket_owner=OWNER, there=bucket.has)
    return write_jsonl(out, rows)


def refusal_of_missing(files: Sequence[Path], bucket: FolderS3, folder: Path) -> str:
    """What merging says where a label's picture was never uploaded."""
    lost = folder / "labels-lost.jsonl"
    write_jsonl(lost, [{"image": "never-uploaded.jpg", "uri": MISSING, "answer": {"boxes": []}}])
    try:
        merge_checked([*files, lost], bucket, question="", system="", out=folder / "refused.jsonl")
    except ConfigError as error:
        return str(error).replace(f"{folder}/", "")
    raise AssertionError("a missing picture was not noticed")


def size_of(folder: Path) -> tuple[int, int]:
    """Width and height of the pictures in a folder, which all have one size."""
    facts = inspect(next(iter(sorted(folder.glob("*.jpg")))))
    return facts.width, facts.height


@dataclass(frozen=True, slots=True)
class FolderS3:
    """A folder that answers as S3 does, so that the code which uploads and looks is the real one."""

    root: Path

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803  # the names of boto3
        """Keep an object."""
        path = self.root / Bucket / Key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(Body)

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, JSON]:  # noqa: N803  # the names of boto3
        """The size of an object; `ClientError` 404 where there is none."""
        path = self.root / Bucket / Key
        if not path.is_file():
            raise ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadObject")
        return {"ContentLength": path.stat().st_size}

    def has(self, uri: str, /) -> bool:
        """Whether there is an object at the address."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return exists(self, bucket, key)

    def keys(self) -> list[str]:
        """The keys of all objects."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())


def read_labels(path: Path) -> dict[str, str]:
    """Name of the picture -> its address."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {Path(row["image"]).name: row["uri"] for row in rows}


def _objects(boxes: Sequence[Box]) -> list[JSON]:
    return [{"label": box.label, "bbox": [round(side) for side in box[:4]]} for box in boxes]
