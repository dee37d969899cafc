"""Download a job's outputs from S3: atomic, bounded in size, and never outside the folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from estimators.aws import Session, bucket_and_key
from estimators.errors import JobError, OutputError
from estimators.job_names import belongs_to
from estimators.results.unpack import MAX_BYTES, MAX_FILES, extract
from rewards.aws import code_of
from rewards.writing import drafting_folder


def fetch_outputs(uri: str, out: Path, session: Session) -> None:
    """Download a job's outputs to `out`: the content of an archive, or the files whose keys begin with `uri`.

    The archive itself is kept beside `out`, so that a second call downloads nothing. Raises `JobError` where there is
    nothing yet.
    """
    if uri.endswith(".tar.gz"):
        archive = out.parent / "output.tar.gz"
        if not archive.exists():
            download(uri, archive, session)
        with drafting_folder(out, ours=("**",)) as draft:
            extract(archive, draft)
        return
    if download_all(uri, out, session) == 0:
        raise _nothing_yet(uri)


def fetch_beside_model(uri: str, out: Path, session: Session, model_arn: Callable[[], str | None]) -> None:
    """Download the files at `uri` to `out`; a job whose model stands elsewhere may have left none.

    Raises `JobError` where there is neither yet.
    """
    if download_all(uri, out, session) == 0 and model_arn() is None:
        raise _nothing_yet(uri)
    out.mkdir(parents=True, exist_ok=True)


def _nothing_yet(uri: str) -> JobError:
    """The error for a job that has left nothing."""
    return JobError(f"there is nothing under {uri} yet; has the job ended?")


def download(uri: str, target: Path, session: Session) -> None:
    """Download one object atomically. Raises `JobError` if S3 rejects the request."""
    from botocore.exceptions import ClientError

    bucket, key = bucket_and_key(uri)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.part")
    try:
        session.client("s3").download_file(bucket, key, str(partial))
    except ClientError as error:
        raise JobError(f"{uri} cannot be fetched ({code_of(error)}); has the job ended?") from error
    partial.replace(target)


def download_all(uri: str, out: Path, session: Session, *, max_bytes: int = MAX_BYTES) -> int:
    """Download every object in the folder, or the job's folders, at `uri`; returns their number.

    A job's folders may carry a suffix of the tool's behind its name. Files that are there already are kept. Raises
    `OutputError` for a key that would leave `out`, and for more than `max_bytes` or 10,000 objects.
    """
    bucket, prefix = bucket_and_key(uri)
    pages = session.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = [entry for page in pages for entry in page.get("Contents", []) if not entry["Key"].endswith("/")]
    job = prefix.rpartition("/")[2]
    objects = [entry for entry in found if not job or belongs_to(below(entry["Key"], prefix).parts[0], job)]
    if len(objects) > MAX_FILES or sum(entry["Size"] for entry in objects) > max_bytes:
        raise OutputError(f"{uri} holds more than {max_bytes:,} bytes or {MAX_FILES:,} files")
    for entry in objects:
        target = out / below(entry["Key"], prefix)
        if not target.exists():
            download(f"s3://{bucket}/{entry['Key']}", target, session)
    return len(objects)


def below(key: str, prefix: str) -> PurePosixPath:
    """A key as a path relative to the last folder of `prefix`.

    >>> str(below("out/job-7/manifest.json", "out/job"))
    'job-7/manifest.json'
    """
    path = PurePosixPath(key[prefix.rfind("/") + 1 :])
    if path.is_absolute() or ".." in path.parts or "\\" in key or "\0" in key:
        raise OutputError(f"the key {key!r} would be written outside its folder")
    return path
