"""Exact duplicates, near duplicates and shared passages of texts, for deduplication and leak detection."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from datagen.quality.spill import Joined, NumbersByKey, SpilledSets
from datagen.words import gram_hashes, prefix_hashes, run_hashes, runs, words

SHARED_WORDS = 13  # as in the decontamination of GPT-3 (Brown et al. 2020, appendix C)
_BANDS, _ROWS = 16, 4  # pairs of similarity 0.9 are candidates with probability 1 - (1 - 0.9^4)^16 > 0.9999
_BINS = _BANDS * _ROWS


def normalised(text: str) -> str:
    """Words in lower case and compatibility form, one space between them: what two doubles have in common."""
    return " ".join(words(text))


class NearTexts:
    """Finds texts that equal or nearly equal each other, in memory that does not grow with their length.

    Nearly means that the sets of `size`-word runs have a Jaccard similarity of `threshold` or more. Candidates come
    from MinHash bands and are compared exactly, so nothing dissimilar is joined.
    """

    def __init__(self, threshold: float, size: int = 3) -> None:
        self._threshold = threshold
        self._size = size
        self._grams = SpilledSets()
        self._bands = NumbersByKey()

    def add(self, units: list[str], sums: list[int] | None = None) -> None:
        """The words of one more text; `sums` are their `prefix_hashes`, where they are known."""
        grams = gram_hashes(units, self._size, sums)
        self._bands.add(_bands(grams), len(self._grams))
        self._grams.append(grams)

    def joined(self) -> Joined:
        """The texts by number, joined where they are near."""
        joined = Joined()
        joined.grow(len(self._grams))
        for lead, *others in self._bands.groups():
            own: set[int] | None = None
            for other in others:
                if joined.root(lead) != joined.root(other):
                    own = self._grams[lead] if own is None else own
                    if _similarity(own, self._grams[other]) >= self._threshold:
                        joined.join(lead, other)
        return joined


def clusters(texts: Iterable[str], *, threshold: float, size: int = 3) -> list[int]:
    """For each text the number of the first text that it equals or nearly equals, by `NearTexts`: its own, if none."""
    near = NearTexts(threshold, size)
    for text in texts:
        near.add(words(text))
    joined = near.joined()
    return [joined.root(number) for number in range(len(joined))]


def shared_runs(texts: Sequence[str], others: Iterable[str], *, size: int = SHARED_WORDS) -> list[set[str]]:
    """For each text the runs of `size` words that any of the others has too. Shorter texts share nothing.

    The others are gone through twice, so no iterator; none of them is kept.
    """
    held = NumbersByKey()
    for number, text in enumerate(chain(texts, others)):
        held.add(run_hashes(words(text), size), number)
    count = len(texts)
    suspects = {one for group in held.groups() if group[-1] >= count for one in group if one < count}
    mine = {one: long_runs(texts[one], size) for one in suspects}  # the words themselves, since hashes may collide
    wanted = set[str]().union(*mine.values())
    known: set[str] = set()
    for other in others if wanted else ():
        known |= long_runs(other, size) & wanted
    return [mine.get(number, set()) & known for number in range(count)]


def long_runs(text: str, size: int = SHARED_WORDS) -> set[str]:
    """Every run of `size` words, or of as many characters as make them up in a script without spaces."""
    return runs(words(text), size)


def leaks(texts: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """For each split but the first: how many of its texts share 13 words in a row with one of the first.

    >>> leaks({"train": ["a b c d e f g h i j k l m"], "test": ["a b c", "x a b c d e f g h i j k l m"]})
    {'test': 1}
    """
    held = NumbersByKey()
    ends: dict[str, int] = {}
    number = 0
    for name, some in texts.items():
        for text in some:
            held.add(run_hashes(words(text), SHARED_WORDS), number)
            number += 1
        ends[name] = number
    first, *others = ends
    shares = bytearray(number)
    for group in held.groups():
        if group[0] < ends[first]:
            for one in group:
                shares[one] = 1
    starts = dict(zip(others, ends.values(), strict=False))
    return {name: sum(shares[starts[name] : ends[name]]) for name in others}


def groups_of_texts(pieces: Iterable[tuple[int, str]], *, near: float, shared_text: bool) -> Joined:
    """The sources that belong together, by number; `pieces` are sources, each with a text of it.

    Sources are joined where texts of theirs are near, and with `shared_text` where they share 13 words in a row. Empty
    texts join nothing.

    >>> groups = groups_of_texts([(0, "One text."), (1, "Another."), (2, "one text")], near=0.8, shared_text=False)
    >>> [groups.root(source) for source in range(3)]
    [0, 1, 0]
    """
    owners = array("Q")
    joined = Joined()
    near_texts, shared = NearTexts(near), NumbersByKey()
    for source, text in pieces:
        joined.grow(source + 1)
        if not text:
            continue
        units = words(text)
        sums = prefix_hashes(units)
        near_texts.add(units, sums)
        if shared_text:
            shared.add(run_hashes(units, SHARED_WORDS, sums), len(owners))
        owners.append(source)
    together = near_texts.joined()
    for number, owner in enumerate(owners):
        joined.join(owner, owners[together.root(number)])
    for lead, *others in shared.groups():
        for other in others:
            joined.join(owners[lead], owners[other])
    return joined


def _similarity(one: set[int], other: set[int]) -> float:
    union = len(one | other)
    return len(one & other) / union if union else 1.0


def _bands(grams: set[int]) -> list[int]:
    """The bands of the MinHash signature, each as one number; the same bands in every process.

    One hash per gram, dealt to bins of which each keeps its least (Li, Owen, Zhang 2012); an empty bin takes what the
    first full bin of its own fixed order holds (Shrivastava 2017), so that short texts have as many candidates as long.
    """
    least: list[int] = [-1] * _BINS
    for gram in grams:
        bin_ = gram % _BINS
        if least[bin_] < 0 or gram < least[bin_]:
            least[bin_] = gram
    if grams and -1 in least:
        full = least.copy()
        for bin_, value in enumerate(full):
            if value < 0:
                for other in _ORDERS[bin_]:
                    if full[other] >= 0:
                        least[bin_] = full[other]
                        break
    return [hash((band, *least[band : band + _ROWS])) & _SIXTY_FOUR_BITS for band in range(0, _BINS, _ROWS)]


_SIXTY_FOUR_BITS = (1 << 64) - 1  # and the hash of numbers is no secret of a process, as that of text is


def _orders() -> list[Sequence[int]]:
    from random import Random

    return [Random(f"minhash/{bin_}").sample(range(_BINS), _BINS) for bin_ in range(_BINS)]


_ORDERS = _orders()
