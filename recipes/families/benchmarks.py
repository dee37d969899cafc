"""Evaluation of Nova models on public benchmarks and by model judges.

Source: recipes_src/evaluation/nova in aws/sagemaker-hyperpod-recipes, commit 2631995; tasks that are newer than it are
from the page "Evaluating your SageMaker AI-trained model" (nova-model-evaluation).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from recipes.families.evaluation import (
    AllMetrics,
    EvalRun,
    Evaluation,
    Inference,
    Nova1EvalRun,
    ReasoningInference,
    TopK,
    TopLogprobs,
)
from recipes.model import fields as f
from recipes.model.base import Part

TextTask: TypeAlias = Literal[
    "mmlu",
    "mmlu_pro",
    "mmlu_pt",
    "gpqa",
    "bbh",
    "math",
    "strong_reject",
    "ifeval",
    "aime_2024",
    "calendar_scheduling",
    "humaneval",
]
MetricName: TypeAlias = Literal["accuracy", "exact_match", "deflection", "pass@1"]
StrategyName: TypeAlias = Literal["zs_cot", "fs_cot", "zs", "fs"]
Subtask: TypeAlias = Annotated[
    str, Field(description="One subtask of the benchmark, or several separated by commas; empty for all")
]
Strategy: TypeAlias = Annotated[
    StrategyName, Field(description="Prompting: zero- or few-shot, with or without chain of thought")
]
Metric: TypeAlias = Annotated[MetricName, Field(description="Metric of the benchmark")]


# --- public benchmarks -------------------------------------------------------------------------------------------
class TextBenchmark(Part):
    """Which text benchmark."""

    task: Annotated[TextTask, Field(description="Benchmark")] = "mmlu"
    strategy: Strategy = "zs_cot"
    metric: Metric = "accuracy"
    subtask: Subtask = ""


class MultimodalBenchmark(Part):
    """Which benchmark with images."""

    task: Annotated[Literal["mmmu"], Field(description="Benchmark")] = "mmmu"
    strategy: Strategy = "zs_cot"
    metric: Metric = "accuracy"
    subtask: Subtask = ""


class Nova1TextEval(Evaluation):
    """Nova 1.0 on a text benchmark."""

    TITLE: ClassVar[str] = "Nova 1.0 evaluation on a text benchmark"
    METHOD: ClassVar[str] = "eval-text"

    run: Nova1EvalRun = Nova1EvalRun(name="nova-lite-mmlu-eval-job")
    evaluation: TextBenchmark = TextBenchmark()
    inference: Inference = Inference()


class TextEval(Evaluation):
    """Nova 2 Lite on a text benchmark."""

    TITLE: ClassVar[str] = "Nova 2 Lite evaluation on a text benchmark"
    METHOD: ClassVar[str] = "eval-text"

    run: EvalRun = EvalRun(name="nova-lite-v2-mmlu-eval-job")
    evaluation: TextBenchmark = TextBenchmark()
    inference: ReasoningInference = ReasoningInference()


class Nova1MultimodalEval(Evaluation):
    """Nova 1.0 Lite or Pro on a benchmark with images."""

    TITLE: ClassVar[str] = "Nova 1.0 evaluation on a multimodal benchmark"
    METHOD: ClassVar[str] = "eval-multimodal"

    run: Nova1EvalRun = Nova1EvalRun(name="nova-lite-mmlu-eval-job")
    evaluation: MultimodalBenchmark = MultimodalBenchmark()
    inference: Inference = Inference()


class MultimodalEval(Evaluation):
    """Nova 2 Lite on a benchmark with images."""

    TITLE: ClassVar[str] = "Nova 2 Lite evaluation on a multimodal benchmark"
    METHOD: ClassVar[str] = "eval-multimodal"

    run: EvalRun = EvalRun(name="nova-lite-v2-mmlu-eval-job")
    evaluation: MultimodalBenchmark = MultimodalBenchmark()
    inference: ReasoningInference = ReasoningInference()


# --- model judges ------------------------------------------------------------------------------------------------
JudgeStrategy: TypeAlias = Annotated[Literal["judge"], Field(description="A model compares two completions; fixed")]


class LlmJudge(Part):
    """Pairwise preference by a model."""

    task: Annotated[
        Literal["llm_judge", "mm_llm_judge"], Field(description="Prefer one of two completions, of a picture with mm_")
    ] = "llm_judge"
    strategy: JudgeStrategy = "judge"
    metric: AllMetrics = "all"


class RubricJudge(Part):
    """Pairwise preference by a model that first writes a rubric."""

    task: Annotated[
        Literal["rubric_llm_judge", "llm_judge", "mm_llm_judge"], Field(description="Prefer one of two, by a rubric")
    ] = "rubric_llm_judge"
    strategy: JudgeStrategy = "judge"
    metric: AllMetrics = "all"


class JudgeInference(Part):
    """How the Nova 1.0 judge samples; it has no length of its own."""

    top_k: TopK = 50
    top_p: f.TopP = 1.0
    temperature: f.Temperature = 0
    top_logprobs: TopLogprobs = 0


class RubricInference(JudgeInference):
    """How the Nova 2 Lite judge samples."""

    max_new_tokens: f.MaxNewTokens = 32_768


class Nova1JudgeEval(Evaluation):
    """Nova 1.0 as a judge of two completions."""

    TITLE: ClassVar[str] = "Nova 1.0 evaluation by a model judge"
    METHOD: ClassVar[str] = "eval-judge"

    run: Nova1EvalRun = Nova1EvalRun(name="nova-lite-llm-judge-eval-job")
    evaluation: LlmJudge = LlmJudge()
    inference: JudgeInference = JudgeInference()


class RubricJudgeEval(Evaluation):
    """Nova 2 Lite as a judge with a rubric."""

    TITLE: ClassVar[str] = "Nova 2 Lite evaluation by a rubric judge"
    METHOD: ClassVar[str] = "eval-judge"

    run: EvalRun = EvalRun(name="nova-lite-v2-rubric-llm-judge-eval-job")
    evaluation: RubricJudge = RubricJudge()
    inference: RubricInference = RubricInference()
