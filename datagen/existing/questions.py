"""Rows of a question and its answer under names of their own, with choices, contexts or labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from datagen.errors import FormatError
from datagen.existing.conversation import (
    ANSWERS,
    CONTEXTS,
    REFERENCES,
    Conversation,
    contexts_of,
    reply_of,
    rest_of,
    system_of,
    text_of,
    transcript,
    turns_of,
    with_tools,
)
from rewards.parsing.references import structured

_TWO = ("user", "assistant")


def alpaca(row: Mapping[str, Any]) -> Conversation:
    """An instruction with its input, and earlier turns in pairs."""
    given = (row.get(key) for key in ("instruction", "input", "context"))
    asked = "\n\n".join(text_of(value) for value in given if value and value != "<noinput>")
    answer = next(key for key in ("output", "response") if key in row)
    earlier = structured(row.get("history")) or []
    told = isinstance(earlier, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in earlier)
    before = [
        {"role": role, "content": text_of(text)} for pair in earlier for role, text in zip(_TWO, pair, strict=True)
    ]
    messages = [*system_of(row.get("system")), *(before if told else ()), {"role": "user", "content": asked}]
    used = ("instruction", "input", "context", answer, "system", *(("history",) if told else ()))
    return Conversation("Alpaca", messages, row[answer], extra=rest_of(row, *used))


def choice(row: Mapping[str, Any]) -> Conversation:
    """A question with choices, whose answer is a letter; the right one is named by place, letter or text."""
    asked = next(key for key in CHOSEN_FOR if row.get(key))
    listed = next(key for key in CHOICES if row.get(key))
    choices, labels = structured(row[listed]), None
    if isinstance(choices, list) and choices and all(isinstance(one, Mapping) and "text" in one for one in choices):
        labels = [one.get("label", at) for at, one in enumerate(choices)]
        choices = [one["text"] for one in choices]
    elif isinstance(choices, Mapping):
        choices, labels = choices.get("text", list(choices.values())), choices.get("label", list(choices))
    if not isinstance(choices, list) or not choices:
        raise FormatError(f"{listed} holds no list of choices")
    letters = [chr(ord("A") + index) for index in range(len(choices))]
    labels = list(map(str, labels)) if isinstance(labels, list) else letters
    key = next((key for key in _RIGHT if row.get(key) is not None), "")
    right = _place_of(row.get(key), labels, [text_of(choice) for choice in choices])
    if right is None or right >= len(choices):
        raise FormatError(f"{row.get(key)!r} names none of the {len(choices)} choices")
    lines = [f"{letter}. {text_of(choice)}" for letter, choice in zip(letters, choices, strict=True)]
    said = "\n\n".join([*contexts_of(row), text_of(row[asked]), "\n".join(lines)])
    messages = [{"role": "user", "content": said}]
    rest = rest_of(row, asked, listed, key, *CONTEXTS, "system")
    return Conversation("multiple choice", [*system_of(row.get("system")), *messages], letters[right], extra=rest)


def is_scored(row: Mapping[str, Any]) -> bool:
    """Whether a row of BIG-bench weighs its choices."""
    scores = structured(row.get("target_scores"))
    return bool(row.get("input")) and isinstance(scores, Mapping) and len(scores) > 0


def scored(row: Mapping[str, Any]) -> Conversation:
    """A question whose choices have a score each; the highest is right."""
    scores = structured(row["target_scores"])
    if not all(isinstance(score, int | float) for score in scores.values()):
        raise FormatError("target_scores must give each choice a number")
    best = [choice for choice, score in scores.items() if score == max(scores.values())]
    if len(best) != 1:
        raise FormatError(f"target_scores names {len(best)} choices as the best, expected one")
    return choice({**rest_of(row, "target_scores"), "choices": list(scores), "answer": best[0]})


CHOSEN_FOR = ("question", "ctx", "input", "prompt", "goal", "sentence")
CHOICES = ("choices", "options", "endings")
_RIGHT = ("answerKey", "answer", "label", "correct_option", "correct_answer", "correct", "target", "gold")
_COLUMN = re.compile(r"(option|choice|op|sol)?[ _]?([a-h]|[1-8])", re.IGNORECASE)


def in_columns(row: Mapping[str, Any]) -> dict[str, list[str]]:
    """Columns that hold a choice each, by what their names begin with: A to D, `option_a`, `sol1`.

    >>> in_columns({"question": "Rome?", "A": "a city", "B": "a river", "answer": "A"})
    {'': ['A', 'B']}
    """
    found: dict[str, list[str]] = {}
    for key in row:
        if isinstance(key, str) and row[key] is not None and (named := _COLUMN.fullmatch(key)):
            found.setdefault((named[1] or "").lower(), []).append(key)
    return {name: sorted(keys) for name, keys in found.items() if len(keys) > 1}


def has_columns_of_choices(row: Mapping[str, Any]) -> bool:
    """Whether a question, columns of choices and the right one are there."""
    asked, right = (any(row.get(key) not in (None, "") for key in keys) for keys in (CHOSEN_FOR, _RIGHT))
    return asked and right and len(in_columns(row)) == 1


def choice_in_columns(row: Mapping[str, Any]) -> Conversation:
    """A question whose choices stand in a column each."""
    (keys,) = in_columns(row).values()
    labels = [key[-1] for key in keys]
    right = next(key for key in _RIGHT if row.get(key) not in (None, ""))
    given = row[right]
    if isinstance(given, int) and right != "label" and labels[0].isdigit():
        raise FormatError(
            f"{right} {given} may count from 0 or from 1; write the name of the column, such as {keys[0]!r}"
        )
    labels = [*map(str.lower, labels)] if isinstance(given, str) and given.strip() in map(str.lower, labels) else labels
    choices = {"text": [row[key] for key in keys], "label": labels}
    given = given[-1] if given in keys else given
    return choice({**rest_of(row, *keys), "choices": choices, right: given})


def _place_of(answer: Any, labels: list[str], choices: list[str]) -> int | None:
    """Which choice is meant: its number from 0, its label, its text, or its number written as text."""
    if isinstance(answer, int) and not isinstance(answer, bool):
        return answer if 0 <= answer < len(choices) else None
    said = text_of(answer).strip()
    for known in (labels, choices):
        if said in known:
            return known.index(said)
    return int(said) if said.isdigit() and int(said) < len(choices) else None


def stemmed(row: Mapping[str, Any]) -> Conversation:
    """CommonsenseQA's question, which holds its stem and its choices."""
    return choice({**rest_of(row, "question"), **rest_of(row["question"], "stem"), "question": row["question"]["stem"]})


def squad(row: Mapping[str, Any]) -> Conversation:
    """A question about a context with the answers that count as right."""
    answers = structured(row["answers"])
    texts = answers.get("text") if isinstance(answers, Mapping) else answers
    if not isinstance(texts, list | None):
        raise FormatError(f"answers holds {text_of(texts):.60}, expected texts")
    texts = [item.get("text") if isinstance(item, Mapping) else item for item in (texts or [])]
    right = list(dict.fromkeys(text_of(text) for text in texts if text_of(text).strip()))
    if not right:
        raise FormatError("answers holds no answer; a question without one needs an answer that says so")
    asked = "\n\n".join([*contexts_of(row), text_of(row["question"])])
    messages = [*system_of(row.get("system")), {"role": "user", "content": asked}]
    rest = rest_of(row, "question", "answers", *CONTEXTS, "system")
    if isinstance(answers, Mapping) and answers.get("answer_start"):
        rest["answer_start"] = answers["answer_start"]
    return Conversation("SQuAD", messages, right[0] if len(right) == 1 else {"$any_of": right}, extra=rest)


FINAL = ("answer", "expected_answer")


def math(row: Mapping[str, Any]) -> Conversation:
    """A problem with its worked solution, the answer in a box, or beside it."""
    solution = row.get("solution")
    boxed = _BOXED.findall(solution) if isinstance(solution, str) else []
    named = next((key for key in FINAL if row.get(key) is not None), "")
    final = row[named] if named else boxed[-1] if boxed else None
    reply = {"role": "assistant", "content": solution} if isinstance(solution, str) and final is not None else None
    messages = [*system_of(row.get("system")), *turns_of(row["problem"])]
    rest = rest_of(row, "problem", named, "solution", "system")
    return Conversation("problem and solution", messages, solution if final is None else final, reply, extra=rest)


_BOXED = re.compile(r"\\boxed\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")


def pair(row: Mapping[str, Any]) -> Conversation:
    """Two columns that are known to be what is asked and what is answered."""
    asked, answered = next(pair for pair in PAIRS if all(row.get(key) is not None for key in pair))
    said, answer = structured(row[asked]), structured(row[answered])
    system = next((key for key in ("system", "system_prompt") if row.get(key)), "system")
    contexts = contexts_of(rest_of(row, asked)) if isinstance(said, str) else []
    said = "\n\n".join([*contexts, said]) if contexts else said
    messages = [*system_of(row.get(system)), *turns_of(said)]
    rest = rest_of(row, asked, answered, system, *(CONTEXTS if contexts else ()))
    found = Conversation(f"{asked} and {answered}", messages, answer, extra=rest)
    if _are_turns(answer):
        before, found.reply = reply_of(answer)
        found.messages += before
        found.reference = None
    return (
        with_tools(found, structured(row.get("tools")))
        if "tools" in found.extra and found.extra.pop("tools")
        else found
    )


def _are_turns(value: Any) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(one, Mapping) and {"role", "from", "type"} & one.keys() for one in value)


PAIRS = (
    ("input", "output"),
    ("input", "target"),
    ("inputs", "targets"),
    ("text_input", "output"),
    ("input_text", "output_text"),
    ("user_input", "reference"),
    ("question", "response"),
    ("question", "output"),
    ("question", "ground_truth"),
    ("question", "correct_answer"),
    ("question", "best_answer"),
    ("query", "answer"),
    ("source", "target"),
    ("document", "summary"),
    ("dialogue", "summary"),
    ("article", "highlights"),
    ("text", "summary"),
    ("text", "code"),
    ("human", "assistant"),
    ("human", "bot"),
    ("user", "assistant"),
)


def about_a_story(row: Mapping[str, Any]) -> Conversation:
    """CoQA: questions about a story, each after the answer to the one before."""
    answers = structured(row["answers"])
    said = answers.get("input_text") if isinstance(answers, Mapping) else answers
    asked = structured(row["questions"])
    if not isinstance(asked, list) or not isinstance(said, list) or len(asked) != len(said) or not said:
        raise FormatError("questions and answers are no lists of the same length")
    texts = [
        [text_of(one.get("input_text") if isinstance(one, Mapping) else one) for one in some] for some in (asked, said)
    ]
    texts[0][0] = f"{text_of(row['story'])}\n\n{texts[0][0]}"
    turns = [
        {"role": role, "content": text}
        for pair in zip(*texts, strict=True)
        for role, text in zip(_TWO, pair, strict=True)
    ]
    rest = rest_of(row, "story", *(key for key in ("questions", "answers") if _is_said_by(structured(row[key]))))
    return Conversation("CoQA", turns[:-1], None, turns[-1], extra=rest)


def _is_said_by(told: Any) -> bool:
    """Whether the texts are all that is there, without spans and numbers of turns."""
    return all(isinstance(one, str) for one in told) if isinstance(told, list) else set(told) == {"input_text"}


_FINAL = re.compile(r"####\s*(\S.*?)\s*\Z")


def question(row: Mapping[str, Any]) -> Conversation:
    """A question and its answer, with or without the text that it is about; GSM8K's ends with `####`."""
    answer = structured(row["answer"])
    asked = structured(row["question"])
    used = CONTEXTS if isinstance(asked, str) else ()
    asked = "\n\n".join([*contexts_of(row), asked]) if isinstance(asked, str) else asked
    messages = [*system_of(row.get("system")), *turns_of(asked)]
    rest = rest_of(row, "question", "answer", "system", *used)
    if isinstance(answer, str) and (final := _FINAL.search(answer)):
        return Conversation("GSM8K", messages, final[1], {"role": "assistant", "content": answer}, extra=rest)
    if isinstance(answer, Mapping) and isinstance(names := answer.get("aliases"), list) and "value" in answer:
        beside = rest_of(answer, "value", "aliases", "normalized_value", "normalized_aliases")
        rest |= {f"answer.{key}": value for key, value in beside.items()}
        rest |= {key: answer[key] for key in ("normalized_value", "normalized_aliases") if key in answer}
        accepted = list(dict.fromkeys([text_of(answer["value"]), *map(text_of, names)]))
        answer = {"$any_of": accepted} if len(accepted) > 1 else accepted[0]
    return Conversation("question and answer", messages, answer, extra=rest)


def gen_qa(row: Mapping[str, Any]) -> Conversation:
    """Nova's own rows for evaluation: `query`, `response`, `system`."""
    messages = [*system_of(row.get("system")), *turns_of(row["query"])]
    return Conversation("gen_qa", messages, row["response"], extra=rest_of(row, "query", "response", "system"))


def prompt(row: Mapping[str, Any]) -> Conversation:
    """A prompt, as text or turns, with a completion, a reference, or neither."""
    if isinstance(asked := structured(row["prompt"]), Mapping) and not {"content", "parts", "value"} & asked.keys():
        inside = ", ".join(f"prompt.{key}" for key in asked)
        tree = "; a tree of replies has many answers: write the branch that is right" if "replies" in asked else ""
        raise FormatError(f"prompt is an object; name the column inside it, one of {inside}, with --prompt{tree}")
    messages = [*system_of(row.get("system")), *turns_of(transcript(structured(row["prompt"])))]
    judged = structured(row.get("reward_model"))
    truths = [judged.get("ground_truth")] if isinstance(judged, Mapping) else []
    named = next((key for key in REFERENCES if row.get(key) is not None), "")
    reference = row[named] if named else truths[0] if truths else None
    answered = next((key for key in ANSWERS if row.get(key) is not None), "")
    said = structured(row[answered]) if answered else None
    found = Conversation("prompt and completion", messages, reference)
    if isinstance(said, str | list) and said:
        before, found.reply = reply_of(said)
        found.messages += before
    elif reference is None:
        found.reference = said
    elif answered:
        found.lost[answered] = said
    found.extra = rest_of(row, "prompt", "system", "reward_model", "tools", named, answered)
    if (isinstance(judged, Mapping) and len(judged) > 1) or (judged and not isinstance(judged, Mapping)) or named:
        found.extra |= {"reward_model": judged} if judged else {}
    return with_tools(found, structured(row.get("tools")))


def intent(row: Mapping[str, Any]) -> Conversation:
    """What someone says, with its intent, slots, entities or label."""
    if isinstance(words := structured(row.get("tokens")), list) and not any(row.get(key) for key in UTTERANCES):
        row = {**row, "text": " ".join(map(text_of, words))}
    key = next((key for key in UTTERANCES if isinstance(row.get(key), str)), "")
    if not key:
        raise FormatError(f"none of {', '.join(UTTERANCES)} holds text")
    truth = {name: structured(row[name]) for name in LABELS if row.get(name) is not None}
    tags = next((name for name in TAGS if row.get(name) is not None), "") if "tokens" in row else ""
    if tags:
        truth["slots"] = row[tags]
    return Conversation("intent and slots", turns_of(row[key]), truth, extra=rest_of(row, key, tags, "tokens", *truth))


LABELS = ("intent", "slots", "entities", "label", "labels")
TAGS = ("tags", "ner_tags", "slot_tags")
UTTERANCES = ("text", "utterance", "utt", "sentence", "query")
