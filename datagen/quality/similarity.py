"""Exact duplicates, near duplicates and shared passages of texts, for deduplication and leak detection."""

from __future__ import annotations

import hashlib
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from datagen.words import runs, words

SHARED_WORDS = 13  # as in the decontamination of GPT-3 (Brown et al. 2020, appendix C)
_BANDS, _ROWS = 16, 4  # pairs of similarity 0.9 are candidates with probability 1 - (1 - 0.9^4)^16 > 0.9999
_PRIME = (1 << 61) - 1


def normalised(text: str) -> str:
    """Words in lower case and compatibility form, one space between them: what two doubles have in common."""
    return " ".join(words(text))


def word_grams(text: str, size: int) -> set[str]:
    """Every run of `size` words; the whole text where it is shorter."""
    units = words(text)
    return {" ".join(units[start : start + size]) for start in range(max(1, len(units) - size + 1))} if units else set()


def clusters(texts: Sequence[str], *, threshold: float, size: int = 3) -> list[int]:
    """For each text the index of the first text that it equals or nearly equals: itself where it is the first.

    Nearly means that the sets of `size`-word runs have a Jaccard similarity of `threshold` or more. Candidates come
    from MinHash bands and are compared exactly, so nothing dissimilar is joined.
    """
    grams = [word_grams(text, size) for text in texts]
    first = list(range(len(texts)))
    for left, right in _candidates(grams):
        union = len(grams[left] | grams[right])
        if _root(first, left) != _root(first, right) and (
            not union or len(grams[left] & grams[right]) / union >= threshold
        ):
            roots = sorted((_root(first, left), _root(first, right)))
            first[roots[1]] = roots[0]
    return [_root(first, index) for index in range(len(texts))]


def shared_runs(texts: Iterable[str], others: Iterable[str], *, size: int = SHARED_WORDS) -> list[set[str]]:
    """For each text the runs of `size` words that any of the others has too. Shorter texts share nothing."""
    known: set[str] = set()
    for other in others:
        known |= long_runs(other, size)
    return [long_runs(text, size) & known for text in texts]


def long_runs(text: str, size: int = SHARED_WORDS) -> set[str]:
    """Every run of `size` words, or of as many characters as make them up in a script without spaces."""
    return runs(words(text), size)


def _candidates(grams: Sequence[set[str]]) -> Iterator[tuple[int, int]]:
    """Pairs that share a band of their MinHash; each text is paired with the first of its bucket."""
    buckets: dict[tuple[int, tuple[int, ...]], int] = {}
    for index, own in enumerate(grams):
        signature = _signature(own)
        for band in range(_BANDS):
            key = (band, signature[band * _ROWS : (band + 1) * _ROWS])
            other = buckets.setdefault(key, index)
            if other != index:
                yield other, index


def _signature(grams: set[str]) -> tuple[int, ...]:
    """MinHash by 64 affine functions of one strong hash, the same in every process."""
    hashes = [struct.unpack("<Q", hashlib.blake2b(gram.encode(), digest_size=8).digest())[0] % _PRIME for gram in grams]
    if not hashes:
        return (0,) * (_BANDS * _ROWS)
    return tuple(min((a * value + b) % _PRIME for value in hashes) for a, b in _AFFINE)


def _root(first: list[int], index: int) -> int:
    while first[index] != index:
        first[index] = first[first[index]]
        index = first[index]
    return index


def _affine() -> list[tuple[int, int]]:
    wide = hashlib.blake2b(b"minhash", digest_size=64)
    words = [
        hashlib.blake2b(wide.digest() + bytes([index]), digest_size=16).digest() for index in range(_BANDS * _ROWS)
    ]
    return [
        (int.from_bytes(word[:8], "little") % _PRIME or 1, int.from_bytes(word[8:], "little") % _PRIME)
        for word in words
    ]


_AFFINE = _affine()


def groups_of(labels: Iterable[tuple[str, object]]) -> dict[str, str]:
    """Join sources that have a label in common: the name of each source's group, its first source by name.

    >>> groups_of([("a", 1), ("b", 2), ("c", 1)])
    {'a': 'a', 'b': 'b', 'c': 'a'}
    """
    members: dict[object, set[str]] = defaultdict(set)
    for source, cluster in labels:
        members[cluster].add(source)
    names = sorted({source for sources in members.values() for source in sources})
    place = {name: index for index, name in enumerate(names)}
    first = list(range(len(names)))
    for sources in members.values():
        roots = sorted(_root(first, place[source]) for source in sources)
        for root in roots:
            first[_root(first, root)] = _root(first, roots[0])
    return {name: names[_root(first, place[name])] for name in names}
