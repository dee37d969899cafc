"""Instructions of IFEval and IFBench about sentences and tokens; NLTK's models are replaced by `sentences`."""

from __future__ import annotations

import re
import string
from itertools import pairwise

from rewards.comparing.instructions.classic import compared
from rewards.comparing.instructions.sentences import sentences_of, tokens_of

_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)
_EDGES = string.punctuation + " "
_EMOJI = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf\u2934-\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff]"
)
_PRONOUNS = frozenset(re.findall("[a-z]+", """
    i me we us you he him she her it they them my mine our ours your yours his hers its their theirs myself ourselves
    yourself yourselves himself herself itself themselves this that these those who whom whose which what whoever
    whomever whatever whichever anybody anyone anything everybody everyone everything nobody nothing somebody someone
    something each either neither both all some any none
"""))  # fmt: skip


def number_sentences(text: str, *, num_sentences: int, relation: str) -> bool:
    """So many sentences."""
    return compared(len(sentences_of(text)), relation, num_sentences)


def capital_words(text: str, *, capital_frequency: int, capital_relation: str) -> bool:
    """So many words in capitals."""
    return compared(sum(token.isupper() for token in tokens_of(text)), capital_relation, capital_frequency)


def two_statements_a_question(text: str) -> bool:
    """Twice as many sentences that end in a full stop as in a question mark."""
    ends = _ends(text)
    return ends.count(".") == 2 * ends.count("?")


def balanced_sentences(text: str) -> bool:
    """As many full stops as question and exclamation marks at the ends of sentences."""
    ends = _ends(text)
    return ends.count(".") == ends.count("?") == ends.count("!")


def _ends(text: str) -> list[str]:
    """The mark of each sentence, inside a closing quote or bracket."""
    return [sentence.rstrip("\"')]")[-1:] for sentence in sentences_of(text)]


def three_equal_sentences(text: str) -> bool:
    """Three sentences with the same number of characters."""
    lengths = [len(sentence) for sentence in sentences_of(text)]
    return len(lengths) == 3 and len(set(lengths)) == 1


def more_alliteration(text: str) -> bool:
    """Each sentence has more words in runs of one first letter than the sentence before."""
    counts = [_alliterating(sentence) for sentence in sentences_of(text)]
    return all(before < after for before, after in pairwise(counts))


def _alliterating(sentence: str) -> int:
    letters = [word[0] for word in (word.lstrip(_EDGES) for word in sentence.lower().split()) if word]
    same = [one == other for one, other in pairwise(letters)]
    return sum(2 - (place > 0 and same[place - 1]) for place, alike in enumerate(same) if alike)


def keyword_in_sentence(text: str, *, word: str, N: int) -> bool:  # noqa: N803  # the name in the rows
    """The nth sentence has the word, letter case ignored."""
    sentences = sentences_of(text)
    return len(sentences) >= N and re.search(rf"\b{re.escape(word)}\b", sentences[N - 1], re.IGNORECASE) is not None


def growing_sentences(text: str, *, small_n: int) -> bool:
    """Each sentence has so many more words than the one before."""
    counts = [len(sentence.translate(_WITHOUT_PUNCTUATION).split()) for sentence in sentences_of(text)]
    return all(after == before + small_n for before, after in pairwise(counts))


def chained_sentences(text: str) -> bool:
    """Each sentence starts with the last word of the one before."""
    return all(
        bool(last) and bool(first) and last[-1].lower() == first[0].lower()
        for last, first in (
            (before.rstrip(_EDGES).split(), after.lstrip(_EDGES).split())
            for before, after in pairwise(sentences_of(text))
        )
    )


def keyword_at_place(text: str, *, keyword: str, n: int, m: int) -> bool:
    """The mth word of the nth sentence is the keyword."""
    sentences = sentences_of(text)
    if len(sentences) < n:
        return False
    words = [token for token in tokens_of(sentences[n - 1]) if any(map(str.isalnum, token))]
    return len(words) >= m and words[m - 1].lower() == keyword.lower()


def keyword_second_and_second_last(text: str, *, keyword: str) -> bool:
    """The second word and the last but one are the keyword; a mark at the end does not count."""
    words = [token.lower() for token in tokens_of(text)]
    end = 3 if words and words[-1] in string.punctuation else 2
    return len(words) >= end and words[1] == words[-end] == keyword.lower()


def sentences_then_bullets(text: str) -> bool:
    """At least two sentences, then at least two lines that start with a star, and nothing behind them."""
    sentences = bullets = 0
    for line in text.split("\n"):
        if line.strip().startswith("*"):
            bullets += 1
            if sentences < 2:
                return False
        elif bullets:
            return False
        else:
            sentences += len(sentences_of(line.strip()))
    return bullets >= 2


def alphabet_of_sentences(text: str) -> bool:
    """Twenty-six sentences, from A to Z."""
    return [sentence[0].lower() for sentence in sentences_of(text)] == [*string.ascii_lowercase]


def emoji_after_each(text: str) -> bool:
    """Each sentence has an emoji at its end, or the next one at its start."""
    bare = [sentence.translate(_WITHOUT_PUNCTUATION).strip() for sentence in sentences_of(text)]
    return all(
        bool(one) and bool(_EMOJI.search(one[-2:]) or (following and _EMOJI.match(following)))
        for one, following in pairwise([*bare, ""])
    )


def pronouns(text: str, *, N: int) -> bool:  # noqa: N803  # the name in the rows
    """At least so many pronouns."""
    return sum(token in _PRONOUNS for token in tokens_of(text.replace("/", " ").lower())) >= N


def title_case(text: str) -> bool:
    """No word is in lower case, and none has a small first letter and a large rest."""
    return not any(
        token[0].islower() and (len(token) == 1 or token[1:].isupper() or token[1:].islower())
        for token in tokens_of(text)
        if token[0].isalpha()
    )
