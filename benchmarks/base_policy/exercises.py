"""What the base policy practises: English, JSON, and copying from the prompt into a key.

Nothing here knows an answer format, tool or label of our examples: keys are random words, values are random
identifiers, numbers, words and phrases. Exercise `index` of a seed is the same whether ten or ten million are made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

# Never read: the families the example's documents come from, so that its titles and sentences are new to the base.
HELD_OUT_FAMILIES = frozenset({"ac", "au", "ca", "cm", "ia", "ir", "sc", "si"})


class Exercise(NamedTuple):
    """A prompt and the one right answer; `values` are the parts of the answer that were copied from the prompt."""

    prompt: str
    answer: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Text:
    """English to draw from: sentences, their distinct words, and titles (empty where phrases shall be made up)."""

    sentences: tuple[str, ...]
    words: tuple[str, ...]
    titles: tuple[str, ...]


def read_text(path: Path, *, held_out: bool) -> Text:
    """The controls that may be read, or those of HELD_OUT_FAMILIES, as sentences of 4 to 40 words."""
    controls = json.loads(path.read_text(encoding="utf-8"))
    chosen = [control for control in controls if (control["family_id"] in HELD_OUT_FAMILIES) is held_out]
    sentences = tuple(sentence for control in chosen for sentence in sentences_of(control))
    words = {word for sentence in sentences for word in re.findall(r"[A-Za-z]{2,}", sentence)}
    titles = {control["title"] for control in chosen if control["title"].isascii()}
    return Text(sentences=sentences, words=tuple(sorted(words)), titles=tuple(sorted(titles)))


def sentences_of(control: Mapping[str, Any]) -> list[str]:
    """Sentences of title, statement and guidance, in ASCII, without the brackets of assignment clauses."""
    raw = f"{control['title']}. {control['statement']} {control['guidance']}"
    plain = re.sub(r"\s+", " ", re.sub(r"\(#[^)]*\)|[\[\]]", "", raw)).encode("ascii", "ignore").decode()
    return [sentence for sentence in re.split(r"(?<=[.;:]) ", plain) if 4 <= len(sentence.split()) <= 40]


# --- values -----------------------------------------------------------------------------------------------------------


def an_id(rng: Random) -> str:
    """Return an identifier such as AC-2, CMP-17 or SI-10(3)."""
    letters = "".join(rng.choices("ABCDEFGHIJKLMNOPRSTUVWX", k=rng.choice((1, 2, 2, 2, 2, 3))))
    suffix = f"({rng.randint(1, 19)})" if rng.random() < 0.35 else ""
    return f"{letters}-{rng.randint(1, 60)}{suffix}"


def a_number(rng: Random) -> str:
    """Return one to five digits."""
    return str(rng.randint(0, int(10 ** rng.randint(1, 4))))


def a_made_up_word(rng: Random) -> str:
    """Return a pronounceable word nobody has seen, so that copying cannot lean on a dictionary."""
    syllables = (
        rng.choice("bcdfghjklmnprstvwz") + rng.choice("aeiou") + rng.choice(("", "", "n", "r", "s", "t"))
        for _ in range(rng.randint(1, 3))
    )
    return "".join(syllables)


def in_some_case(rng: Random, phrase: str) -> str:
    """Return the phrase in Title Case, lower case or as it is."""
    draw = rng.random()
    if draw < 0.4:
        return phrase.title()
    return phrase.lower() if draw < 0.8 else phrase


def a_span(rng: Random, text: Text, low: int, high: int) -> str:
    """Return `low` to `high` neighbouring words of one sentence, without the punctuation at the ends."""
    words = rng.choice(text.sentences).split()
    length = min(rng.randint(low, high), len(words))
    start = rng.randint(0, len(words) - length)
    return " ".join(words[start : start + length]).strip(".,;:()\"' ") or a_made_up_word(rng)


def some_words(rng: Random, text: Text) -> str:
    """Return one to six words that need not belong together: hard to guess, hence good to copy."""
    made_up = rng.random() < 0.3
    count = rng.choice((1, 2, 2, 3, 3, 4, 5, 6))
    return " ".join(a_made_up_word(rng) if made_up else rng.choice(text.words) for _ in range(count))


def a_phrase(rng: Random, text: Text) -> str:
    """Return one to six words, real or made up, in some case."""
    phrase = some_words(rng, text) if rng.random() < 0.5 else a_span(rng, text, 1, 6)
    return in_some_case(rng, phrase)


def a_title(rng: Random, text: Text) -> str:
    """Return Title Case Words: a real title now and then, else any words."""
    if text.titles and rng.random() < 0.1:
        return rng.choice(text.titles)
    return (some_words(rng, text) if rng.random() < 0.6 else a_span(rng, text, 2, 5)).title()


def a_value(rng: Random, text: Text) -> str:
    """Return an identifier, a number, a made-up word or a phrase."""
    draw = rng.random()
    if draw < 0.35:
        return an_id(rng)
    if draw < 0.45:
        return a_number(rng)
    return in_some_case(rng, a_made_up_word(rng)) if draw < 0.55 else a_phrase(rng, text)


def as_json(rng: Random, value: object) -> str:
    """Return JSON on one line, mostly without spaces, as training files are written."""
    return json.dumps(value, separators=(",", ":") if rng.random() < 0.75 else None)


def some_keys(rng: Random, text: Text, count: int) -> list[str]:
    """Return `count` distinct keys of one or two words."""
    found: dict[str, None] = {}
    while len(found) < count:
        key = rng.choice((" ", "_")).join(rng.choice(text.words).lower() for _ in range(rng.choice((1, 1, 2))))
        found[key.capitalize() if rng.random() < 0.4 else key] = None
    return list(found)


def shuffled(rng: Random, items: Iterable[T]) -> list[T]:
    """Return the items in random order."""
    rows = list(items)
    rng.shuffle(rows)
    return rows


# --- exercises --------------------------------------------------------------------------------------------------------


def repeat(rng: Random, text: Text) -> Exercise:
    """Say again what was said: the shortest way to an induction head."""
    value = " ".join(a_value(rng, text) for _ in range(rng.randint(1, 4)))
    return Exercise(value, value, (value,))


def repeat_noise(rng: Random, text: Text) -> Exercise:
    """Repeat word fragments in no order, so that every token is copied at some time."""
    pieces = [rng.choice(text.words)[: rng.randint(1, 4)] for _ in range(rng.randint(3, 12))]
    noise = rng.choice(("", " ", "-")).join(in_some_case(rng, piece) for piece in pieces)
    return Exercise(noise, noise, (noise,))


def continue_sentence(rng: Random, text: Text) -> Exercise:
    """Plain English: the second half of a sentence."""
    words = rng.choice(text.sentences).split()
    cut = rng.randint(1, len(words) - 1)
    return Exercise(" ".join(words[:cut]), " " + " ".join(words[cut:]))


def pairs_to_object(rng: Random, text: Text) -> Exercise:
    """Write `key: value` pairs as one object, in the order asked for."""
    names = some_keys(rng, text, rng.randint(1, 4))
    record = {name: a_value(rng, text) for name in names}
    sign, end = rng.choice(((": ", "; "), (" = ", ", "), (" is ", ". ")))
    given = end.join(f"{name}{sign}{record[name]}" for name in shuffled(rng, names))
    asked = names[: rng.randint(1, len(names))]
    return Exercise(
        f"{given}. Give {', '.join(asked)}",
        as_json(rng, {name: record[name] for name in asked}),
        tuple(record[name] for name in asked),
    )


def list_to_array(rng: Random, text: Text) -> Exercise:
    """Write a list of values as an array of strings or of one-key objects."""
    values = [a_value(rng, text) for _ in range(rng.randint(1, 4))]
    given = rng.choice(("; ", " | ", "\n")).join(values)
    if rng.random() < 0.5:
        return Exercise(f"array: {given}", as_json(rng, values), tuple(values))
    key = some_keys(rng, text, 1)[0]
    return Exercise(f"array of {key}: {given}", as_json(rng, [{key: value} for value in values]), tuple(values))


def follow_mapping(rng: Random, text: Text) -> Exercise:
    """Find which of the listed words occurs in a sentence and give the label that the prompt ties to it."""
    count = rng.randint(2, 4)
    cues, labels = some_keys(rng, text, count), some_keys(rng, text, count)
    chosen, key = rng.randrange(count), some_keys(rng, text, 1)[0]
    rules = "; ".join(f"{cue} -> {label}" for cue, label in zip(cues, labels, strict=True))
    sentence = f"{a_span(rng, text, 1, 5)} {cues[chosen]} {a_span(rng, text, 1, 5)}"
    return Exercise(f"{rules}. {key} of: {sentence}?", as_json(rng, {key: labels[chosen]}), (labels[chosen],))


class Slot(NamedTuple):
    """A placeholder of a template and the value that fills it."""

    name: str
    value: str


def some_slots(rng: Random, text: Text) -> list[Slot]:
    """Return one to three values of distinct kinds, as they follow each other in a sentence."""
    slots = [Slot("id", an_id(rng)), Slot("title", a_title(rng, text)), Slot("number", a_number(rng))]
    slots.append(Slot("id 2", an_id(rng)))
    kinds = {"id", "title"} if rng.random() < 0.4 else set(rng.sample(("id", "title", "number"), rng.randint(1, 2)))
    if "id" in kinds and rng.random() < 0.3:
        kinds.add("id 2")
    chosen = shuffled(rng, [slot for slot in slots if slot.name in kinds])
    return in_reading_order(chosen)


def in_reading_order(slots: Sequence[Slot]) -> list[Slot]:
    """Name the first identifier `id` and the second `id 2`, whatever order they were drawn in."""
    ids = iter(("id", "id 2"))
    return [Slot(next(ids), slot.value) if slot.name.startswith("id") else slot for slot in slots]


def sentence_with(rng: Random, text: Text, slots: Sequence[Slot]) -> str:
    """Return lower-case English, up to about forty words, with the values between its words."""
    longest = rng.choice((4, 7, 10, 14))
    parts = [a_span(rng, text, 1, longest).lower()]
    for slot in slots:
        parts += [slot.value + rng.choice(("", "", "", ",")), a_span(rng, text, 1, longest).lower()]
    last = parts if rng.random() < 0.7 else parts[:-1]
    sentence = " ".join(last).strip(",")
    sentence = sentence[0].upper() + sentence[1:] + rng.choice((".", "?", "?", ""))
    if rng.random() < 0.3:
        sentence += " " + rng.choice(text.sentences).split(",")[0].lower().capitalize()
    return sentence


def fill_template(rng: Random, text: Text) -> Exercise:
    """Fill a JSON template, named in the prompt, with the identifiers, titles and numbers of a sentence."""
    slots = some_slots(rng, text)
    template = nested(rng, text, [f"<{slot.name}>" for slot in slots])
    answer = template
    for slot in slots:
        answer = answer.replace(f"<{slot.name}>", slot.value)
    used = tuple(slot.value for slot in slots if f"<{slot.name}>" in template)
    return Exercise(f"{template} {sentence_with(rng, text, slots)}", answer, used)


def nested(rng: Random, text: Text, values: Sequence[str]) -> str:
    """Return JSON that holds the values flat, in a list of objects, or one level down, in random order."""
    ordered = shuffled(rng, values)[: rng.randint(1, len(values))]
    if rng.random() < 0.3:
        ordered.append(rng.choice(ordered))
    names = some_keys(rng, text, len(ordered) + 3)
    shape = rng.random()
    if shape < 0.35:
        return as_json(rng, dict(zip(names, ordered, strict=False)))
    if shape < 0.6:
        return as_json(rng, {names[-1]: dict(zip(names, ordered, strict=False))})
    objects = [
        {names[-1]: a_word(rng, text), names[-2]: {name: value}} for name, value in zip(names, ordered, strict=False)
    ]
    return as_json(rng, objects if shape < 0.75 else {names[-3]: objects})


def a_word(rng: Random, text: Text) -> str:
    """Return one word of the text in some case."""
    return in_some_case(rng, rng.choice(text.words))


def random_json(rng: Random, text: Text) -> Exercise:
    """Any JSON at all, so that brackets close and strings end."""
    values = [a_value(rng, text) for _ in range(rng.randint(1, 4))]
    return Exercise("json", nested(rng, text, values))


def find_by_kind(rng: Random, text: Text) -> Exercise:
    """Name one kind of value; the answer holds the first of that kind in the sentence."""
    slots = some_slots(rng, text)
    wanted = rng.choice(slots)
    key = some_keys(rng, text, 1)[0]
    prompt = f"{sentence_with(rng, text, slots)} {key} <{wanted.name}>"
    return Exercise(prompt, as_json(rng, {key: wanted.value}), (wanted.value,))


EXERCISES: Mapping[str, Callable[[Random, Text], Exercise]] = {
    "repeat": repeat,
    "repeat_noise": repeat_noise,
    "continue_sentence": continue_sentence,
    "pairs_to_object": pairs_to_object,
    "list_to_array": list_to_array,
    "follow_mapping": follow_mapping,
    "fill_template": fill_template,
    "find_by_kind": find_by_kind,
    "random_json": random_json,
}

# Shares per phase of the curriculum: plain repetition until copying exists, then everything.
CURRICULUM: Sequence[tuple[float, Mapping[str, float]]] = (
    (0.13, {"repeat": 5, "repeat_noise": 4, "find_by_kind": 1}),
    (
        1.0,
        {
            "repeat": 1,
            "repeat_noise": 1,
            "continue_sentence": 1.2,
            "pairs_to_object": 2,
            "list_to_array": 1,
            "follow_mapping": 1,
            "fill_template": 4,
            "find_by_kind": 2,
            "random_json": 0.5,
        },
    ),
)


def exercise(seed: int, index: int, *, progress: float, text: Text) -> Exercise:
    """Return exercise `index` of the phase that `progress` in [0, 1] falls into."""
    rng = Random(f"{seed}/exercise/{index}")
    shares = next(shares for end, shares in CURRICULUM if progress <= end)
    name = rng.choices(list(shares), weights=list(shares.values()))[0]
    return EXERCISES[name](rng, text)
