"""What a completion is worth: components, combinators and evaluation. Standard library only.

>>> from rewards import CallFormat, Completion, Sample, gated, json_parse, tool_calls, weighted
>>> reward = weighted({
...     "format": (json_parse(), 0.1),
...     "content": (gated(tool_calls(), by=json_parse(), threshold=0.75), 0.9),
... })
>>> sample = Sample("q1", (), reference=[{"name": "search", "arguments": {"topic": "bail-in"}}])
>>> reward(sample, Completion('[{"name": "search", "arguments": {"topic": "bail-in"}}]')).value
1.0
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rewards.arithmetic import expression
    from rewards.combinators import Weighted, best_of, clipped, gated, minimum, product, weighted
    from rewards.comparing.json_schema.formats import Formats
    from rewards.comparing.values import Comparison, canonical, similarity
    from rewards.components.boxes import BoxFormat, box_count, box_iou, coverage
    from rewards.components.choice import multiple_choice, regex_match
    from rewards.components.citations import citations
    from rewards.components.code import code_tests
    from rewards.components.constraints import instruction_constraints
    from rewards.components.fields import field_f1
    from rewards.components.judge import Criterion, judge, prefetch, rubric
    from rewards.components.maths import math_equal
    from rewards.components.overlap import bleu, chrf, rouge_l
    from rewards.components.schema import schema_valid
    from rewards.components.sql import sql_result
    from rewards.components.structure import abstention, has_tags, json_parse, overlong, repetition
    from rewards.components.text import exact_match, keyword_jaccard, label_match, numeric_match, text_similarity
    from rewards.components.tools import parameters, sequence, tool_calls, tool_choice
    from rewards.components.trajectories import (
        excess_calls,
        excess_turns,
        final_state,
        invalid_calls,
        milestones,
        on_turns,
    )
    from rewards.errors import InvalidScoreError, JudgeError, RewardError, SpecError, UngradableError
    from rewards.evaluation import Estimate, Evaluation, Judged, Summary, estimate, evaluate, judged
    from rewards.load import load_reward
    from rewards.parsing.answers import AnswerFormat
    from rewards.parsing.json_text import Reading, read_json
    from rewards.parsing.tool_calls import CallFormat
    from rewards.reward_tree import Bounds, Signal, bounds_of, signals_in, signals_of, silent_score
    from rewards.spec import REWARDS, from_spec, to_spec
    from rewards.types import JSON, Completion, Message, Reward, Rollout, Sample, Score, ToolCall

__all__ = [
    "JSON",
    "REWARDS",
    "AnswerFormat",
    "Bounds",
    "BoxFormat",
    "CallFormat",
    "Comparison",
    "Completion",
    "Criterion",
    "Estimate",
    "Evaluation",
    "Formats",
    "InvalidScoreError",
    "JudgeError",
    "Judged",
    "Message",
    "Reading",
    "Reward",
    "RewardError",
    "Rollout",
    "Sample",
    "Score",
    "Signal",
    "SpecError",
    "Summary",
    "ToolCall",
    "UngradableError",
    "Weighted",
    "abstention",
    "best_of",
    "bleu",
    "bounds_of",
    "box_count",
    "box_iou",
    "canonical",
    "chrf",
    "citations",
    "clipped",
    "code_tests",
    "coverage",
    "estimate",
    "evaluate",
    "exact_match",
    "excess_calls",
    "excess_turns",
    "expression",
    "field_f1",
    "final_state",
    "from_spec",
    "gated",
    "has_tags",
    "instruction_constraints",
    "invalid_calls",
    "json_parse",
    "judge",
    "judged",
    "keyword_jaccard",
    "label_match",
    "load_reward",
    "math_equal",
    "milestones",
    "minimum",
    "multiple_choice",
    "numeric_match",
    "on_turns",
    "overlong",
    "parameters",
    "prefetch",
    "product",
    "read_json",
    "regex_match",
    "repetition",
    "rouge_l",
    "rubric",
    "schema_valid",
    "sequence",
    "signals_in",
    "signals_of",
    "silent_score",
    "similarity",
    "sql_result",
    "text_similarity",
    "to_spec",
    "tool_calls",
    "tool_choice",
    "weighted",
]

# Loaded when first asked for: `import rewards` has a budget of 50 ms, and a grader in a Lambda starts cold.
_HOMES = {
    name: module
    for module, names in {
        "parsing.answers": ["AnswerFormat"],
        "components.boxes": ["BoxFormat", "box_count", "box_iou", "coverage"],
        "parsing.tool_calls": ["CallFormat"],
        "combinators": ["Weighted", "best_of", "clipped", "gated", "minimum", "product", "weighted"],
        "errors": ["InvalidScoreError", "JudgeError", "RewardError", "SpecError", "UngradableError"],
        "comparing.json_schema.formats": ["Formats"],
        "evaluation": ["Estimate", "Evaluation", "Judged", "Summary", "estimate", "evaluate", "judged"],
        "arithmetic": ["expression"],
        "components.choice": ["multiple_choice", "regex_match"],
        "components.citations": ["citations"],
        "components.code": ["code_tests"],
        "components.constraints": ["instruction_constraints"],
        "components.fields": ["field_f1"],
        "parsing.json_text": ["Reading", "read_json"],
        "components.judge": ["Criterion", "judge", "prefetch", "rubric"],
        "load": ["load_reward"],
        "components.maths": ["math_equal"],
        "components.overlap": ["bleu", "chrf", "rouge_l"],
        "components.schema": ["schema_valid"],
        "reward_tree": ["Bounds", "Signal", "bounds_of", "signals_in", "signals_of", "silent_score"],
        "spec": ["REWARDS", "from_spec", "to_spec"],
        "components.sql": ["sql_result"],
        "components.structure": ["abstention", "has_tags", "json_parse", "overlong", "repetition"],
        "components.text": ["exact_match", "keyword_jaccard", "label_match", "numeric_match", "text_similarity"],
        "components.tools": ["parameters", "sequence", "tool_calls", "tool_choice"],
        "components.trajectories": [
            "excess_calls",
            "excess_turns",
            "final_state",
            "invalid_calls",
            "milestones",
            "on_turns",
        ],
        "types": ["JSON", "Completion", "Message", "Reward", "Rollout", "Sample", "Score", "ToolCall"],
        "comparing.values": ["Comparison", "canonical", "similarity"],
    }.items()
    for name in names
}


def __getattr__(name: str) -> Any:
    """The public name `name`, from the module that defines it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'rewards' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"rewards.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return __all__
