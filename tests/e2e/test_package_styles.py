"""A zip grades as the reward does in this process, to the last bit, in whatever style the reward is written."""

import json
from pathlib import Path

import pytest

from lambda_package.handler import handler_for
from lambda_package.packaging.build import build
from lambda_package.runtime import Runtime
from rewards import load_reward

CALLS = [{"name": "track", "arguments": {"order": "B-204", "amount": 0.1}}]
TEXTS = [
    json.dumps(CALLS),
    json.dumps(CALLS[:0]),
    "",
    "{",
    "<think>a</think>42",
    "0.30000000000000004",
    "\ud800",
    "x" * 99,
]
EVENT = [
    {"id": str(index), "messages": [{"role": "nova_assistant", "content": text}], "reference_answer": reference}
    for index, (text, reference) in enumerate((text, reference) for text in TEXTS for reference in (CALLS, "42", None))
]

FIELDS = """
from __future__ import annotations
from dataclasses import InitVar, dataclass, field
from typing import ClassVar
from rewards import Score, tool_calls

@dataclass(frozen=True, slots=True)
class Base:
    kind: ClassVar[str] = "base"
    scale: float = 1.0

@dataclass(frozen=True, slots=True, kw_only=True)
class Long(Base):
    words: list[str] = field(default_factory=lambda: ["42", "track"])
    seed: InitVar[int] = 3
    thirds: dict[int, float] = field(default_factory=dict, repr=False)
    def __post_init__(self, seed):
        self.thirds.update({n: n / seed for n in range(seed)})
    def __call__(self, sample, completion, /):
        hits = sum(word in completion.text for word in self.words)
        parts = {"calls": tool_calls()(sample, completion)}
        return Score(self.thirds[hits] * self.scale, reason=repr(self), parts=parts)

reward = Long(scale=0.7)
"""

EXTENDED = """
from dataclasses import asdict, dataclass, fields, replace
from rewards import Score, json_parse
from rewards.components.structure import JsonParse

@dataclass(frozen=True)
class Half(JsonParse):
    share: float = 0.5
    def __call__(self, sample, completion, /):
        score = super().__call__(sample, replace(completion, text=completion.text.strip()))
        return replace(score, value=score.value * self.share / len(asdict(score)))

reward = Half(**{field.name: getattr(json_parse(), field.name) for field in fields(JsonParse) if field.init})
"""

MATCHED = """
from rewards import Completion, Sample, Score

def reward(sample, completion, /):
    match sample, completion:
        case Sample(reference=[{"name": str(name)}]), Completion(text) if text:
            return Score(1 / (len(name) + len(text)), metrics={})
        case Sample(_, _, str(reference)), Completion(text=text):
            return Score(float(reference in text))
    return Score(len(Score.__dataclass_fields__) / 10)
"""

TYPED = """
import enum
from abc import ABC, abstractmethod
from collections import Counter
from functools import cache, singledispatch, wraps
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar, runtime_checkable
from rewards import Score, best_of, json_parse

T = TypeVar("T")
Text: TypeAlias = str

class Level(enum.IntEnum):
    LOW = 1
    HIGH = enum.auto()

class Grade(NamedTuple):
    value: float
    level: Level = Level.LOW

@runtime_checkable
class Grades(Protocol):
    def __call__(self, sample, completion, /) -> Score: ...

@singledispatch
def weight(reference) -> float:
    return 0.25
@weight.register
def _(reference: list) -> float:
    return 1 / 3

@cache
def graded(text: Text) -> Grade:
    return Grade(0.4, Level.HIGH) if "42" in text else Grade(0.1)

def weighted_by_reference(reward):
    @wraps(reward)
    def inner(sample, completion, /):
        score = reward(sample, completion)
        return Score(score.value * weight(sample.reference), parts={"inner": score})
    return inner

class Measure(ABC, Generic[T]):
    made: list[type] = []
    def __init_subclass__(cls, **options):
        Measure.made.append(cls)
    @abstractmethod
    def of(self, text: T) -> float: ...
    def __call__(self, sample, completion, /):
        return Score(self.of(completion.text) / len(Measure.made))

class Letters(Measure[str]):
    def of(self, text):
        return (most := max(Counter(text).values(), default=0)) / (most + 1)

@weighted_by_reference
def mine(sample, completion, /):
    grade = graded(completion.text)
    return Score(grade.value * grade.level)

assert isinstance(mine, Grades)
reward = best_of({"mine": mine, "letters": Letters(), "json": json_parse()})
"""

LOOKED_UP = """
import importlib
import rewards

inner = getattr(rewards, "weighted")({name: (getattr(rewards, name)(), 0.5) for name in ("json_parse", "tool_calls")})
helpers = importlib.import_module("helpers.words")

def reward(sample, completion, /):
    score = inner(sample, completion)
    return rewards.Score(score.value * helpers.share(completion.text), parts=score.parts)
"""

STAR = """
from rewards import *
reward = weighted({"a": (exact_match(), 0.1), "b": (json_parse(), 0.2), "c": (minimum({"c": json_parse()}), 0.7)})
"""

INSIDE = """
def reward(sample, completion, /):
    from rewards import gated, json_parse, tool_calls
    return gated(tool_calls(), by=json_parse(), threshold=0.5)(sample, completion)
"""

STYLES = {
    "dataclasses of every kind": FIELDS,
    "a subclass of ours": EXTENDED,
    "match over our classes": MATCHED,
    "enums, protocols, caches, decorators": TYPED,
    "names looked up while it runs": LOOKED_UP,
    "a star import": STAR,
    "imports inside the function": INSIDE,
}


@pytest.mark.parametrize("source", STYLES.values(), ids=STYLES)
def test_a_zip_grades_as_its_reward_does_here(source: str, tmp_path: Path):
    (tmp_path / "reward.py").write_text(source)
    (tmp_path / "helpers").mkdir()
    (tmp_path / "helpers" / "words.py").write_text("def share(text):\n    return 1 / (1 + len(text.split()))\n")
    grader = f"{tmp_path / 'reward.py'}:reward"
    with Runtime(build(grader, tmp_path / "grader.zip").path) as runtime:
        results = runtime.invoke(EVENT).payload
    assert results == handler_for(load_reward(grader))(EVENT)
    assert len({result["aggregate_reward_score"] for result in results}) > 1
