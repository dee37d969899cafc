"""Downloads what a job left in S3: nothing outside the folder, bounded in size, nothing half written."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from estimators.aws import Session, bucket_and_key, code_of
from estimators.errors import JobError, OutputError
from estimators.job_names import belongs_to
from estimators.results.unpack import MAX_BYTES, MAX_FILES, extract
from rewards.writing import drafting_folder


def fetch_outputs(uri: str, out: Path, session: Session) -> None:
    """Bring into `out` what a job left in S3: the content of an archive, or the files whose keys begin with `uri`.

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
        raise JobError(f"there is nothing under {uri} yet; has the job ended?")


def download(uri: str, target: Path, session: Session) -> None:
    """Fetch one object; the file is there whole or not at all. Raises `JobError` where S3 does not give it."""
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
    """Fetch every object of the folder, or of the folders of the job, that `uri` names; returns how many there are.

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
    """A key as a path below the folder in which `prefix` ends.

    >>> str(below("out/job-7/manifest.json", "out/job"))
    'job-7/manifest.json'
    """
    path = PurePosixPath(key[prefix.rfind("/") + 1 :])
    if path.is_absolute() or ".." in path.parts or "\\" in key or "\0" in key:
        raise OutputError(f"the key {key!r} would be written outside its folder")
    return path
