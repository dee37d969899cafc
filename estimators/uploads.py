"""Uploads a job's inputs to S3. Keys hold the digest of the content, so nothing is stored twice or overwritten."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection
from typing import Any

from estimators.aws import Session, bucket_and_key
from estimators.errors import JobError
from estimators.plan import Upload
from rewards.aws import code_of, message_of


def upload_all(uploads: Collection[Upload], session: Session) -> None:
    """Store each upload unless its key exists: the key holds the digest, so the content is the same."""
    s3 = session.client("s3")
    for upload in uploads:
        _store(upload, s3)


def _store(upload: Upload, s3: Any) -> None:
    from botocore.exceptions import ClientError

    content = upload.read()
    digest = hashlib.sha256(content)
    if digest.hexdigest() != upload.sha256:
        raise JobError(f"{upload.path} has changed since the plan was made; plan again")
    bucket, key = bucket_and_key(upload.uri)
    checksum = base64.b64encode(digest.digest()).decode()
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=content, IfNoneMatch="*", ChecksumSHA256=checksum)
    except ClientError as error:
        # 412: the key exists. 409: somebody else is writing it this moment, and it is the same content.
        if code_of(error) not in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise JobError(f"cannot store {upload.uri}: {code_of(error)}: {message_of(error)}") from error
