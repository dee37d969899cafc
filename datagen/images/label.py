"""Label images with a teacher, concurrently, and upload them for a training job."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, get_args

from datagen.decode import stopped_early, value_in
from datagen.errors import ConfigError, FormatError
from datagen.executors import run_all
from datagen.formats import Media, MediaKind, compact, read_jsonl, sft_row
from datagen.images.facts import problems_of_file
from datagen.teachers import Teacher
from datagen.teachers.aws import aws_failures
from datagen.teachers.journal import Journal
from datagen.teachers.runner import Asked, Patience, Progress, ask
from datagen.types import Document, Passage, Request
from datagen.validate.blocks import FORMATS
from rewards.types import JSON, Message, Sample

_LOOKS_AT_ONCE, _SHOWN = 16, 20


class Label(NamedTuple):
    """One line of a label file: the picture, where it lies for training, and what the teacher saw in it."""

    image: str
    uri: str
    answer: JSON


def label_requests(images: Sequence[Path], prompt: str, *, system: str = "", max_tokens: int = 1024) -> list[Request]:
    """One request per picture. Raises `FormatError` naming every picture that a job would not take."""
    wrong = [f"{path} {problem}" for path in images for problem in problems_of_file(path)]
    if wrong:
        raise FormatError("\n".join([*wrong, "`rft data images` writes pictures that are fit"]))
    return [
        Request(_passage(path), 1, "", system=system, prompt=prompt, max_tokens=max_tokens, image=path)
        for path in images
    ]


def label(
    teacher: Teacher,
    requests: Sequence[Request],
    journal: Journal,
    patience: Patience,
    *,
    place: Callable[[Path], str] = str,
    progress: Progress | None = None,
) -> tuple[list[Label], Asked]:
    """The labels in the order of the requests; `place` puts a picture somewhere and says where, such as `S3Place`.

    Answers are kept in the journal, so a run that stops goes on where it was. An answer is the JSON in it, without
    fences and thoughts, or its text. One that was cut off, refused or empty is no label and counts as failed; the
    reasons are those of pictures.
    """
    asked = ask(teacher, requests, journal, patience, progress=progress)
    pictures = {request.key(teacher.identity): str(request.image) for request in requests}
    asked.reasons = {pictures[key]: reason for key, reason in asked.reasons.items()}
    labelled: list[tuple[Path, JSON]] = []
    for request in requests:
        answer = journal.answer(request.key(teacher.identity))
        if request.image is None or answer is None:
            continue
        value = value_in(answer.text)
        stopped = stopped_early(answer)
        if stopped or value == "":
            asked.failed += 1
            asked.reasons[str(request.image)] = stopped.problem if stopped else "the reply says nothing"
        else:
            labelled.append((request.image, value))
    uris = run_all(place, [image for image, _ in labelled], on="threads", workers=patience.workers)
    return [Label(str(image), uri, value) for (image, value), uri in zip(labelled, uris, strict=True)], asked


@dataclass(frozen=True, slots=True)
class S3Place:
    """Uploads pictures under ``s3://bucket/prefix/``, named by their content, and does not upload the same twice."""

    client: Any
    address: str

    def __call__(self, path: Path, /) -> str:
        """Upload unless it is there; returns the URI."""
        bucket, _, prefix = self.address.removeprefix("s3://").partition("/")
        data = path.read_bytes()
        name = f"{hashlib.sha256(data).hexdigest()[:16]}{path.suffix.lower()}"
        key = f"{prefix.rstrip('/')}/{name}" if prefix else name
        if not exists(self.client, bucket, key):
            with aws_failures():
                self.client.put_object(Bucket=bucket, Key=key, Body=data)
        return f"s3://{bucket}/{key}"


def merge(
    files: Sequence[Path], *, question: str, system: str, bucket_owner: str, there: Callable[[str], bool] | None = None
) -> Iterator[dict[str, JSON]]:
    """SFT rows of all label files; a picture, video or PDF that occurs again must have the same answer.

    `there` says whether a URI exists, and is asked for all of them before the first row; `ConfigError` names those that
    do not. Raises `FormatError` with file and line.
    """
    if there:
        _all_exist(files, there)
    seen: dict[str, JSON] = {}
    for path in files:
        for number, row in read_jsonl(path):
            uri, answer = row.get("uri"), row.get("answer")
            if not isinstance(uri, str) or answer is None:
                raise FormatError(f"{path}:{number}: expected image, uri and answer")
            if uri in seen:
                if seen[uri] != answer:
                    raise FormatError(f"{path}:{number}: {uri} has another answer in an earlier line")
                continue
            seen[uri] = answer
            if not uri.startswith("s3://"):
                hint = "`rft data label --upload s3://…` puts pictures where a job finds them"
                raise FormatError(f"{path}:{number}: a job reads pictures in S3, and {uri!r} is not there; {hint}")
            media = _media(uri, bucket_owner)
            if media is None:
                known = ", ".join(sorted(_KINDS))
                raise FormatError(f"{path}:{number}: {uri} ends in none of {known}")
            yield _row(media, answer, question, system)


def _all_exist(files: Sequence[Path], there: Callable[[str], bool]) -> None:
    """Raise `ConfigError` with every address that leads nowhere; many are asked for at once."""
    places: dict[str, str] = {}
    for path in files:
        for number, row in read_jsonl(path):
            places.setdefault(str(row.get("uri")), f"{path}:{number}")
    found = run_all(there, list(places), on="threads", workers=_LOOKS_AT_ONCE)
    missing = [
        f"{places[uri]}: {uri} does not exist" for uri, is_there in zip(places, found, strict=True) if not is_there
    ]
    if missing:
        more = f"\nand {len(missing) - _SHOWN:,} more" if len(missing) > _SHOWN else ""
        raise ConfigError("\n".join(missing[:_SHOWN]) + more)


def exists(client: Any, bucket: str, key: str) -> bool:
    """Whether an object is in S3; `TeacherError` where one may not look, or S3 cannot be reached."""
    from botocore.exceptions import ClientError

    with aws_failures():
        try:
            client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
                return False
            raise
    return True


_KINDS: dict[str, MediaKind] = {name: kind for kind in get_args(MediaKind) for name in FORMATS[kind]}


def _media(uri: str, owner: str) -> Media | None:
    """What lies at the address, by its suffix."""
    suffix = Path(uri).suffix.lower().lstrip(".").replace("jpg", "jpeg")
    return Media(_KINDS[suffix], suffix, uri, owner) if suffix in _KINDS else None


def _row(media: Media, answer: JSON, question: str, system: str) -> dict[str, JSON]:
    turns = (*((Message("system", system),) if system else ()), Message("user", question))
    return sft_row(Sample(media.uri, turns, answer if isinstance(answer, str) else compact(answer)), media=[media])


def _passage(path: Path) -> Passage:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Passage(Document(str(path), "", digest, "image"), 0, 0, 0)
