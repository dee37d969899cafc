"""Parse a row of any documented shape as one conversation: prompt, reference, and right completion.

Inside, turns are OpenAI's: they say most. What a row holds beyond the conversation stays beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from datagen.errors import FormatError
from datagen.existing import chats, exports, functions, preferences, questions
from datagen.existing.account import unsaid
from datagen.existing.conversation import ANSWERS, Conversation, rest_of, system_of, text_of, turns_of
from datagen.existing.pictures import with_pictures
from datagen.existing.templates import key_of_turns
from rewards.parsing.references import structured

__all__ = ["Columns", "Conversation", "conversation_of"]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of prompt, answer, system prompt and id, if their names are not recognised.

    Several columns of the answer are the fields of one object.
    """

    prompt: str = ""
    answer: str | Sequence[str] = ""
    system: str = ""
    id: str = ""

    @property
    def answers(self) -> tuple[str, ...]:
        """The columns of the answer, each once."""
        return (
            tuple(dict.fromkeys([self.answer] if isinstance(self.answer, str) else self.answer)) if self.answer else ()
        )

    def __bool__(self) -> bool:
        return bool(self.prompt)


def conversation_of(row: Mapping[str, Any], columns: Columns | None = None) -> Conversation:
    """The conversation in a row. Raises `FormatError`, naming the row's keys, if no shape fits.

    Names of keys may have capitals and blanks, as those of tables do, and be question and answer in another language.

    >>> found = conversation_of({"question": "2 + 2?", "answer": "Two and two is four. #### 4"})
    >>> found.shape, found.messages, found.reference
    ('GSM8K', [{'role': 'user', 'content': '2 + 2?'}], '4')
    """
    if exports.is_refused(row):
        exports.refuse(row)
    if columns:
        return _by_columns(row, columns)
    if found := _known(row):
        return found
    plain = {_in_english(str(key).strip(" :?").lower().replace(" ", "_")): key for key in row}
    differ = len(plain) == len(row) and list(plain) != list(row)
    if differ and (found := _known({name: row[key] for name, key in plain.items()})):
        found.extra = {plain.get(name, name): value for name, value in found.extra.items()}
        return found
    if found := _held(row):
        return found
    raise FormatError(_no_shape(row))


def _in_english(name: str) -> str:
    """The name of a question or an answer in English; any other name as it is.

    >>> _in_english("frage"), _in_english("答案"), _in_english("item")
    ('question', 'answer', 'item')
    """
    return next((english for english, names in _NAMES.items() if name in names), name)


_NAMES: Mapping[str, frozenset[str]] = {
    "question": frozenset(
        {"frage", "pregunta", "pergunta", "domanda", "vraag", "pytanie", "вопрос", "问题", "問題", "提问", "質問",
         "질문", "سؤال", "soru"}
    ),
    "answer": frozenset(
        {"antwort", "réponse", "reponse", "respuesta", "resposta", "risposta", "antwoord", "odpowiedź",
         "ответ", "答案", "回答", "解答", "답변", "정답", "جواب", "cevap"}
    ),
}  # fmt: skip


def _held(row: Mapping[str, Any]) -> Conversation | None:
    """The conversation in the one object of a row that holds one, as `item` of OpenAI's evals or a nested column."""
    fitting = [key for key, value in row.items() if isinstance(value, dict) and any(fits(value) for fits, _ in _SHAPES)]
    if len(fitting) > 1:
        raise FormatError(f"{' and '.join(map(repr, fitting))} both hold a conversation; name the columns inside one")
    return _unwrapped((row[fitting[0]], rest_of(row, *fitting)), f"inside {fitting[0]!r}") if fitting else None


def _known(row: Mapping[str, Any]) -> Conversation | None:
    """The conversation by the first shape that fits."""
    read = next((read for fits, read in _SHAPES if fits(row)), None)
    if read is None:
        return None
    found = exports.with_expected(_with_id(read(row), row))
    if preferences.is_unwanted(row) and found.reference is None and found.worse is None:
        found.reply, found.worse = None, found.reply
    for place, values in unsaid(dict(row), found).items():
        found.lost.setdefault(place, values)
    return _thought_apart(with_pictures(found))


def _unwrapped(held: tuple[dict[str, Any], dict[str, Any]], shape: str) -> Conversation:
    """The conversation in the row that another row holds; what else that one holds stands beside."""
    told, beside = held
    found = conversation_of(told)
    found.shape = shape
    found.extra |= beside
    return found


def _no_shape(row: Mapping[str, Any]) -> str:
    if not row:
        return "an empty row"
    null = [key for key, value in row.items() if value is None]
    if null and len(null) < len(row):
        values = f"; {', '.join(map(repr, null))} hold{'s' if len(null) == 1 else ''} null"
    elif asked := next((key for key in _ASKED if row.get(key)), ""):
        values = f", and none is the answer to {asked!r}"
    elif message := exports.why_not(row):
        return message
    elif lists := _lists_of_rows(row):
        values = f"; {', '.join(map(repr, lists))} hold rows: save the list that is meant as a file of its own"
    else:
        unnamed = any(key.count(" ") > 2 or key[-1:] in "?.!" or not any(map(str.isalpha, key)) for key in row)
        values = "; a table needs a line of column names first" if unnamed else ""
        if any(map(_UNNAMED.fullmatch, row)):
            values = "; columns without a name: write one line that names each of them at the top"
    return (
        f"no shape fits the keys {', '.join(map(repr, row))}{values}; name the columns: --prompt COLUMN --answer COLUMN"
    )


def _lists_of_rows(row: Mapping[str, Any]) -> list[str]:
    """Where lists of rows stand in a row, at its root or one level below."""
    held = {key: value for key, value in row.items() if isinstance(value, Mapping)}
    below = [(f"{key}.{name}", value) for key, inner in held.items() for name, value in inner.items()]
    return [place for place, value in (*row.items(), *below) if _are_rows(value)]


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(isinstance(one, Mapping) for one in value)


def _by_columns(row: Mapping[str, Any], columns: Columns) -> Conversation:
    needed = (columns.prompt, *columns.answers)
    named = (*needed, *filter(None, (columns.system, columns.id)))
    row = dict(row)
    for column in named:
        if column not in row and (value := _inside(row, column)) is not None:
            row[column] = value
    if missing := [column for column in needed if column not in row]:
        raise FormatError(f"no value in the column {missing[0]!r}; the row has {', '.join(map(repr, row))}")
    said = structured(row[columns.prompt])
    messages = [*system_of(row.get(columns.system)), *turns_of(said)]
    values = {column: structured(row[column]) for column in columns.answers}
    answer = values if len(values) > 1 else next(iter(values.values()), None)
    found = Conversation("columns", messages, answer, extra=rest_of(row, *named))
    found.id = text_of(row[columns.id]) if columns.id and columns.id in row else ""
    return found if columns.id else _with_id(found, row)


def _inside(row: Mapping[str, Any], column: str) -> Any:
    """What stands under a dotted name, such as `inputs.question` or `responses.0.value`, taken out of the objects."""
    first, _, rest = column.partition(".")
    value = row.get(first)
    if not rest or not isinstance(row, dict) or not isinstance(value := structured(value), dict | list):
        return None
    row[first] = value = value.copy()
    for step in rest.split(".")[:-1]:
        key: Any = int(step) if isinstance(value, list) and step.isdigit() else step
        if not (key in value if isinstance(value, dict) else isinstance(key, int) and key < len(value)):
            return None
        if not isinstance(value[key], dict | list):
            return None
        value[key] = value[key].copy()
        value = value[key]
    last = rest.rpartition(".")[2]
    if isinstance(value, list):
        return value[int(last)] if last.isdigit() and int(last) < len(value) else None
    return value.pop(last, None)


_ASKED = ("question", "prompt", "instruction", "query", "problem")
_UNNAMED = re.compile(r"column \d+")  # what a table calls them
_THOUGHT = re.compile(
    r"\s*(?:<(?P<tag>think|thinking|thought|reasoning)>(?P<thought>.*?)</(?P=tag)>"
    r"|<\|begin_of_thought\|>(?P<aloud>.*?)<\|end_of_thought\|>)\s*",
    re.DOTALL,
)
_SOLUTION = re.compile(r"\s*<\|begin_of_solution\|>\s*(.*?)\s*(?:<\|end_of_solution\|>)?\s*\Z", re.DOTALL)
_THOUGHTS = ("reasoning", "reasoning_content", "reasoning_trace", "thinking", "thought", "chain_of_thought", "cot")


def _thought_apart(found: Conversation) -> Conversation:
    """What the assistant thinks aloud between tags before it answers, or in a column, is not part of the answer."""
    replies = [turn for turn in (*found.messages, found.reply, found.worse) if turn and turn["role"] == "assistant"]
    for turn in replies:
        if isinstance(said := turn.get("content"), str) and (apart := _apart(said)):
            thought, said = apart
            turn["content"] = said or (None if turn.get("tool_calls") else said)
            thoughts = (turn.get("reasoning_content"), thought)
            turn["reasoning_content"] = "\n".join(text_of(some) for some in thoughts if some)
    if isinstance(found.reference, str) and (apart := _apart(found.reference)):
        found.lost["reasoning"], found.reference = apart
    beside = next((key for key in _THOUGHTS if isinstance(said := found.extra.get(key), str) and said.strip()), "")
    if beside and found.reply is None and isinstance(found.reference, str) and found.reference.strip():
        found.reply, found.reference = {"role": "assistant", "content": found.reference}, None
    if beside and found.reply and not found.reply.get("reasoning_content"):
        found.reply["reasoning_content"] = found.extra.pop(beside)
    return found


def _apart(said: str) -> tuple[str, str] | None:
    """What is thought before an answer, and the answer; None where nothing is."""
    thought = _THOUGHT.match(said)
    if thought is None:
        return None
    rest = said[thought.end() :]
    solution = _SOLUTION.match(rest) if thought["aloud"] is not None else None
    return (thought["thought"] or thought["aloud"] or "").strip(), solution[1] if solution else rest


def _with_id(found: Conversation, row: Mapping[str, Any]) -> Conversation:
    name = row.get("id")
    if not found.id and isinstance(name, str | int) and not isinstance(name, bool):
        found.id = str(name)
        found.extra.pop("id", None)
    return found


def _has(*keys: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda row: all(row.get(key) is not None for key in keys)


def _lists(*keys: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda row: any(isinstance(structured(row.get(key)), list) for key in keys)


def _is_templated(row: Mapping[str, Any]) -> bool:
    return bool(key_of_turns(row)) and not any(row.get(key) for key in ANSWERS)


def _offers_choices(row: Mapping[str, Any]) -> bool:
    return any(map(row.get, questions.CHOICES)) and any(map(row.get, questions.CHOSEN_FOR))


def _is_labelled(row: Mapping[str, Any]) -> bool:
    if isinstance(row.get("tokens"), list | str) and any(row.get(key) is not None for key in questions.TAGS):
        return True
    said = any(map(row.get, questions.UTTERANCES)) or bool(row.get("tokens"))
    return said and any(row.get(key) is not None for key in questions.LABELS if key != "slots")


_Fits: TypeAlias = Callable[[Mapping[str, Any]], bool]
_Read: TypeAlias = Callable[[Mapping[str, Any]], Conversation]
_SHAPES: tuple[tuple[_Fits, _Read], ...] = (
    (exports.is_label_studio, exports.label_studio),
    (exports.is_argilla, exports.argilla),
    (exports.is_harness, exports.harness),
    (exports.is_trace, lambda row: _unwrapped(exports.inside_trace(row), "trace of a run")),
    (exports.is_labelbox, exports.labelbox),
    (exports.is_prodigy, exports.prodigy),
    (_has("chosen", "rejected"), preferences.chosen),
    (preferences.is_ranked, preferences.ranked),
    (_lists("messages"), chats.chat),
    (_has("preferred_output", "non_preferred_output", "input"), preferences.preferred),
    (_lists("conversations", "conversation"), chats.share_gpt),
    (_lists("contents"), chats.gemini),
    (lambda row: chats.logged_request(row) is not None, lambda row: _unwrapped(chats.unlogged(row), "log of calls")),
    (chats.is_talk, chats.said_in_turn),
    (lambda row: isinstance(row.get("mapping"), Mapping) and "current_node" in row, chats.chat_gpt),
    (_lists("chat_messages"), chats.claude_ai),
    (chats.is_glaive, chats.glaive),
    (lambda row: "instruction" in row and ("output" in row or "response" in row), questions.alpaca),
    (_is_templated, chats.templated),
    (_has("question", "function"), functions.function_calling),
    (_has("query", "tools", "answers"), functions.xlam),
    (_has("story", "questions", "answers"), questions.about_a_story),
    (lambda row: isinstance(row.get("question"), Mapping) and "stem" in row["question"], questions.stemmed),
    (_offers_choices, questions.choice),
    (questions.is_scored, questions.scored),
    (questions.has_columns_of_choices, questions.choice_in_columns),
    (exports.is_evaluated, lambda row: _unwrapped(exports.as_expected(row), "expected output")),
    (_has("question", "answers"), questions.squad),
    (_has("question", "answer"), questions.question),
    (_has("query", "response"), questions.gen_qa),
    (lambda row: any(_has("problem", key)(row) for key in ("solution", *questions.FINAL)), questions.math),
    (_has("prompt"), questions.prompt),
    (lambda row: isinstance(row.get("metadata"), Mapping) and "prompt" in row["metadata"], chats.multi_turn),
    (_is_labelled, questions.intent),
    (lambda row: any(_has(*pair)(row) for pair in questions.PAIRS), questions.pair),
)
