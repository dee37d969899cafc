"""A reward whose score tells what it was given: two doors that read a row differently give two scores."""

from __future__ import annotations

from hashlib import blake2b

from rewards import Completion, Sample, Score


def probe(sample: Sample, completion: Completion, /) -> Score:
    """A number in [0, 1) made from everything but the sample's id, which a training job makes unique by a suffix."""
    given = repr((sample.messages, sample.reference, sample.tools, _sorted(sample.metadata), completion))
    digest = int.from_bytes(blake2b(given.encode("utf-8", "surrogatepass"), digest_size=6).digest())
    return Score(digest / 2**48, given, {"chars": float(len(completion.text))})


def _sorted(value: object) -> object:
    """Metadata as pairs in one order: a door may list the keys of a row in another."""
    if isinstance(value, dict):
        return sorted((key, _sorted(inner)) for key, inner in value.items())
    return value


probe.metric_names = ("chars",)  # type: ignore[attr-defined]  # functions may bear attributes
