"""A job's input data: local files become uploads keyed by their digest, S3 URIs are used unchanged."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias

from estimators.config import AccountConfig
from estimators.images import Method
from estimators.plan import Upload, upload_bytes, upload_file
from estimators.planning.recipe_facts import RecipeFacts

S3DataType = Literal["Converse", "S3Prefix"]
Source: TypeAlias = Path | str | bytes

# What an evaluation's file must be called. The rubric judge reads pairs as the older judge does.
_EVAL_FILES: Final = {
    "gen_qa": "gen_qa.jsonl",
    "llm_judge": "llm_judge.jsonl",
    "rubric_llm_judge": "llm_judge.jsonl",
    "mm_llm_judge": "mm_llm_judge.jsonl",
}


@dataclass(frozen=True, slots=True)
class Data:
    """Training and validation data, each a local path, an `s3://` URI, or bytes.

    `s3_data_type` overrides what the method calls for; leave it out unless an image demands another one.
    """

    train: Source
    validation: Source | None = None
    s3_data_type: S3DataType | None = None

    def channels(self) -> tuple[tuple[str, Source], ...]:
        """Channel names as Nova's containers expect them, with their sources."""
        named = (("train", self.train), ("validation", self.validation))
        return tuple((name, source) for name, source in named if source is not None)


class Located(NamedTuple):
    """A channel, its S3 URI, and the upload of its data, if needed."""

    channel: str
    uri: str
    upload: Upload | None


def data_type_for(method: Method) -> S3DataType:
    """Converse for SFT and DPO, whose rows are Converse records; S3Prefix for RFT and evaluation.

    Source: AWS, "Fine-tuning Nova on SageMaker training jobs"; nova-forge-sdk @a4d5b3d, forge_trainer.py.
    """
    return "Converse" if method in ("sft", "dpo") else "S3Prefix"


def file_name(facts: RecipeFacts, channel: str) -> str:
    """The name a data file must have in S3: evaluations on your own data look for one of a fixed name.

    Source: AWS, "Evaluating your SageMaker AI-trained model".
    """
    return _EVAL_FILES.get(facts.task, f"{channel}.jsonl")


def locate(source: Source, name: str, config: AccountConfig) -> tuple[str, Upload | None]:
    """The S3 URI that a channel reads, and the upload of its data, if needed.

    A file that does not exist yet (a plan made before the data) gets a key with a placeholder for its digest.
    """
    if isinstance(source, str) and source.startswith("s3://"):
        return source, None
    if isinstance(source, bytes):
        upload = upload_bytes(source, config.key("data", hashlib.sha256(source).hexdigest()[:16], name))
        return upload.uri, upload
    path = Path(source)
    if not path.exists():
        return config.key("data", f"<sha256 of {path.name}>", name), None
    upload = upload_file(path, config.key("data", "{sha256}", name))
    return upload.uri, upload


def local_file(source: Source) -> Path | None:
    """The local file of a source; None for data in S3 or in memory, or not given yet."""
    if isinstance(source, bytes) or (isinstance(source, str) and source.startswith("s3://")):
        return None
    return Path(source) if Path(source).is_file() else None
