"""The instructions of IFBench (arXiv 2507.02833) about words, counts and ratios; allenai/IFBench says what each
means."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)
_EDGES = string.punctuation + " "
_CONJUNCTIONS = frozenset(("and", "but", "for", "nor", "or", "so", "yet"))
_CONSONANTS = frozenset("bcdfghjklmnpqrstvwxyz")
_PRIMES = frozenset(n for n in range(2, 98) if all(n % divisor for divisor in range(2, n)))
_KEYWORD_COUNTS = (1, 2, 3, 5, 7)
_NAMES = [
    "Emma",
    "Liam",
    "Sophia",
    "Jackson",
    "Olivia",
    "Noah",
    "Ava",
    "Lucas",
    "Isabella",
    "Mason",
    "Mia",
    "Ethan",
    "Charlotte",
    "Alexander",
    "Amelia",
    "Benjamin",
    "Harper",
    "Leo",
    "Zoe",
    "Daniel",
    "Chloe",
    "Samuel",
    "Lily",
    "Matthew",
    "Grace",
    "Owen",
    "Abigail",
    "Gabriel",
    "Ella",
    "Jacob",
    "Scarlett",
    "Nathan",
    "Victoria",
    "Elijah",
    "Layla",
    "Nicholas",
    "Audrey",
    "David",
    "Hannah",
    "Christopher",
    "Penelope",
    "Thomas",
    "Nora",
    "Andrew",
    "Aria",
    "Joseph",
    "Claire",
    "Ryan",
    "Stella",
    "Jonathan",
]
# The English stop words of NLTK that can be a run of letters, so without those that have an apostrophe.
_STOP_WORDS = frozenset(
    [
        "i",
        "me",
        "my",
        "myself",
        "we",
        "our",
        "ours",
        "ourselves",
        "you",
        "your",
        "yours",
        "yourself",
        "yourselves",
        "he",
        "him",
        "his",
        "himself",
        "she",
        "her",
        "hers",
        "herself",
        "it",
        "its",
        "itself",
        "they",
        "them",
        "their",
        "theirs",
        "themselves",
        "what",
        "which",
        "who",
        "whom",
        "this",
        "that",
        "these",
        "those",
        "am",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "have",
        "has",
        "had",
        "having",
        "do",
        "does",
        "did",
        "doing",
        "a",
        "an",
        "the",
        "and",
        "but",
        "if",
        "or",
        "because",
        "as",
        "until",
        "while",
        "of",
        "at",
        "by",
        "for",
        "with",
        "about",
        "against",
        "between",
        "into",
        "through",
        "during",
        "before",
        "after",
        "above",
        "below",
        "to",
        "from",
        "up",
        "down",
        "in",
        "out",
        "on",
        "off",
        "over",
        "under",
        "again",
        "further",
        "then",
        "once",
        "here",
        "there",
        "when",
        "where",
        "why",
        "how",
        "all",
        "any",
        "both",
        "each",
        "few",
        "more",
        "most",
        "other",
        "some",
        "such",
        "no",
        "nor",
        "not",
        "only",
        "own",
        "same",
        "so",
        "than",
        "too",
        "very",
        "s",
        "t",
        "can",
        "will",
        "just",
        "don",
        "should",
        "now",
        "d",
        "ll",
        "m",
        "o",
        "re",
        "ve",
        "y",
        "ain",
        "aren",
        "couldn",
        "didn",
        "doesn",
        "hadn",
        "hasn",
        "haven",
        "isn",
        "ma",
        "mightn",
        "mustn",
        "needn",
        "shan",
        "shouldn",
        "wasn",
        "weren",
        "won",
        "wouldn",
    ]
)


def word_count_range(text: str, *, min_words: int, max_words: int) -> bool:
    """From so many to so many words."""
    return min_words <= len(re.findall(r"\w+", text)) <= max_words


def unique_words(text: str, *, N: int) -> bool:  # noqa: N803  # the name in the rows
    """At least so many different words."""
    return len({word.strip(_EDGES) for word in text.lower().split()}) >= N


def stop_words(text: str, *, percentage: int) -> bool:
    """At most so many words of a hundred are stop words."""
    words = re.findall(r"\w+", text)
    stops = sum(word.lower() in _STOP_WORDS for word in words)
    return bool(words) and stops / len(words) * 100 <= percentage


def conjunctions(text: str, *, small_n: int) -> bool:
    """At least so many different coordinating conjunctions; as IFBench counts, "And" and "and," differ from "and"."""
    return len({word for word in text.split() if word.strip(_EDGES).lower() in _CONJUNCTIONS}) >= small_n


def person_names(text: str, *, N: int) -> bool:  # noqa: N803  # the name in the rows
    """At least so many of the fifty names of IFBench."""
    return sum(re.search(rf"\b{name}\b", text) is not None for name in _NAMES) >= N


def overlap(text: str, *, reference_text: str, percentage: int) -> bool:
    """So many of a hundred runs of three characters, give or take two, are in the reference text."""
    runs, wanted = (set(zip(one, one[1:], one[2:], strict=False)) for one in (text, reference_text))
    return bool(runs) and percentage - 2 <= len(runs & wanted) / len(runs) * 100 <= percentage + 2


def numbers(text: str, *, N: int) -> bool:  # noqa: N803  # the name in the rows
    """Exactly so many numbers."""
    return len(re.findall(r"\d+", text.translate(_WITHOUT_PUNCTUATION))) == N


def alphabet(text: str) -> bool:
    """Each word starts with the letter after that of the word before."""
    letters = [word[0].lower() for word in text.translate(_WITHOUT_PUNCTUATION).split()]
    if not letters or letters[0] not in string.ascii_lowercase:
        return False
    first = string.ascii_lowercase.index(letters[0])
    return all(letter[0] == string.ascii_lowercase[(first + place) % 26] for place, letter in enumerate(letters[1:], 1))


def three_vowels(text: str) -> bool:
    """One paragraph with at most three of the vowels."""
    text = text.strip()
    return "\n" not in text and len(set(text.lower()) & set("aeiou")) <= 3


def consonant_clusters(text: str) -> bool:
    """Each word has two consonants in a row."""
    return all(any({*pair} <= _CONSONANTS for pair in pairwise(word)) for word in text.lower().split())


def palindromes(text: str) -> bool:
    """At least ten words of five or more letters that read the same backwards."""
    words = text.translate(_WITHOUT_PUNCTUATION).lower().split()
    return sum(len(word) >= 5 and word == word[::-1] for word in words) >= 10


def prime_lengths(text: str) -> bool:
    """The length of each word is a prime below 100."""
    return all(len(word) in _PRIMES for word in text.translate(_WITHOUT_PUNCTUATION).split())


def limited_repeats(text: str, *, small_n: int) -> bool:
    """No word is there more often."""
    words = Counter(text.lower().translate(_WITHOUT_PUNCTUATION).split())
    return max(words.values(), default=0) <= small_n


def japanese_words(text: str, *, N: int) -> bool:  # noqa: N803  # the name in the rows
    """Every nth word has a Japanese character, or is a number."""
    every = [word.strip(_EDGES) for word in text.split()[N - 1 :: N]]
    return all(re.search("[\u3040-\u30ff\u4e00-\u9fff]", word) for word in every if word and not word.isdigit())


def same_first_and_last_word(text: str) -> bool:
    """Each line ends with the word that it starts with."""
    lines = [line.strip().lower().strip(_EDGES).split() for line in text.split("\n")]
    return all(words[0] == words[-1] for words in lines if words)


def no_shared_first_letter(text: str) -> bool:
    """No two words in a row start with the same letter."""
    words = text.lower().translate(_WITHOUT_PUNCTUATION).split()
    return all(left[0] != right[0] for left, right in pairwise(words))


def keywords_multiple(text: str, *, keyword1: str, keyword2: str, keyword3: str, keyword4: str, keyword5: str) -> bool:
    """The keywords are in it 1, 2, 3, 5 and 7 times, also inside words."""
    keywords: Sequence[str] = (keyword1, keyword2, keyword3, keyword4, keyword5)
    found = [text.lower().count(keyword.strip().lower()) for keyword in keywords]
    return found == [*_KEYWORD_COUNTS]
