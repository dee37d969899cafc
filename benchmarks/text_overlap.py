"""How far `rouge_l`, `bleu` and `chrf` are from rouge-score and sacrebleu, on generated texts.

    pip install rouge-score==0.1.2 sacrebleu==2.6.0
    python benchmarks/text_overlap.py                      # the largest difference of each
    python benchmarks/text_overlap.py --json COUNT         # that many pairs with the packages' numbers

Texts hold what tokenisers disagree about: punctuation beside digits, entities, hyphens at the end of a line, other
scripts, line separators. A fifth of the answers equal a reference. The packages bring numpy, lxml and nltk with them,
so they are no dependency of the tests; `tests/fixtures/text_overlap.json` holds the output of the second command.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from random import Random
from typing import Any

from rewards import Completion, Reward, Sample, bleu, chrf, rouge_l

BUDGET = 1e-9
PIECES = (
    *("the", "cat", "Sat", "on", "a", "mat", ".", ",", "3.5", "1,000", "-", "x-y", "10-12", "&quot;", "&amp;lt;", "!"),
    *("(hi)", "don't", "東京", "é", "\n", "-\n", "\t", "<skipped>", "U.S.", "$5", "%", "~", "`", "[a]", "—", "\u2028"),
)
REWARDS: dict[str, Reward] = {"rouge_l": rouge_l(), "bleu": bleu(), "chrf": chrf()}


def pairs(count: int) -> Iterator[tuple[str, list[str]]]:
    """Answers, each with one to three references."""
    for index in range(count):
        rng = Random(f"text_overlap/{index}")
        references = [_text(rng) for _ in range(rng.randint(1, 3))]
        yield (references[0] if rng.random() < 0.2 else _text(rng)), references


def _text(rng: Random) -> str:
    return "".join(rng.choice(PIECES) + rng.choice((" ", "", " ")) for _ in range(rng.randint(0, 14)))


def of_the_packages(answer: str, references: list[str]) -> dict[str, float]:
    """The numbers of the reference implementations."""
    import sacrebleu  # type: ignore[import-not-found]  # not of the project
    from rouge_score import rouge_scorer  # type: ignore[import-not-found]  # not of the project

    scorer = rouge_scorer.RougeScorer(["rougeL"])
    return {
        "rouge_l": max(scorer.score(reference, answer)["rougeL"].fmeasure for reference in references),
        "bleu": sacrebleu.sentence_bleu(answer, references).score / 100,
        "chrf": sacrebleu.sentence_chrf(answer, references).score / 100,
    }


def ours(answer: str, references: list[str]) -> dict[str, float]:
    """Our numbers."""
    sample = Sample("s", (), reference={"$any_of": [*references]})
    return {name: reward(sample, Completion(answer)).value for name, reward in REWARDS.items()}


def main() -> int:
    """Print the differences, or pairs with the packages' numbers."""
    if "--json" in sys.argv[1:]:
        rows: list[dict[str, Any]] = [
            {"answer": answer, "references": references, **of_the_packages(answer, references)}
            for answer, references in pairs(int(sys.argv[-1]))
        ]
        print(json.dumps(rows, indent=1))
        return 0
    largest = dict.fromkeys(REWARDS, 0.0)
    for answer, references in pairs(20_000):
        theirs = of_the_packages(answer, references)
        for name, value in ours(answer, references).items():
            largest[name] = max(largest[name], abs(value - theirs[name]))
    for name, difference in largest.items():
        print(f"{name:<8} {difference:.1e}  (budget {BUDGET:g})")
    return int(max(largest.values()) > BUDGET)


if __name__ == "__main__":
    sys.exit(main())
