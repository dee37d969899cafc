"""Lints about how a recipe fits its data, its grader and the model's baseline."""

from __future__ import annotations

from collections.abc import Iterator

from recipes.catalogue.subtasks import ONLY_IN_A_SAMPLE, SOURCE, SUBTASKS, unknown_subtasks
from recipes.checking.context import View
from recipes.checking.estimates import answers_per_step, prompts_per_step, samples_seen
from recipes.checking.lints.lint import Lint, LintFinding
from recipes.problems import shown
from rewards.did_you_mean import did_you_mean

LEAST_RFT_ROWS = 100  # "Preparing data for RFT on Amazon Nova 2"
LEAST_SFT_ROWS = 200  # recommended per task, "Preparing data for SFT on Amazon Nova 2"; 8 is the hard minimum
MANY_EPOCHS = 10  # beyond this a small data set is learned by heart; our judgement
SATURATED, SPARSE = 0.95, 0.05  # "RFT with Amazon Nova models": not needed above, too sparse below
LAMBDA_PAYLOAD_BYTES = 6_291_456  # Lambda quota for a synchronous invocation, both ways
LAMBDA_TIMEOUT_S = 900  # Lambda quota
LEAST_PER_WORKER = 64  # comment in the official HyperPod RFT recipe
BYTES_PER_TOKEN = 4
TASK_METRICS = {
    "mmlu": ("zs_cot", "accuracy"),
    "mmlu_pro": ("zs_cot", "accuracy"),
    "mmlu_pt": ("zs_cot", "accuracy"),
    "gpqa": ("zs_cot", "accuracy"),
    "mmmu": ("zs_cot", "accuracy"),
    "bbh": ("fs_cot", "accuracy"),
    "math": ("zs_cot", "exact_match"),
    "strong_reject": ("zs", "deflection"),
    "ifeval": ("zs", "accuracy"),
    "aime_2024": ("zs_cot", "exact_match"),
    "calendar_scheduling": ("fs", "exact_match"),
    "humaneval": ("zs", "pass@1"),
}


# --- data --------------------------------------------------------------------------------------------------------
def _fewer_rows_than_batch(view: View) -> Iterator[LintFinding]:
    data, batch, prompts = view.context.data, view.named("global_batch_size"), prompts_per_step(view.values)
    if data and batch and prompts and data.rows < prompts:
        yield LintFinding(batch[0], f"{data.rows} rows for {prompts} prompts a step")


TASK = "evaluation.task"


def _few_rows(view: View) -> Iterator[LintFinding]:
    data, method = view.context.data, view.family.METHOD
    least = LEAST_RFT_ROWS if method.startswith("rft") else LEAST_SFT_ROWS if method.startswith("sft") else 0
    if data and data.rows < least:
        yield LintFinding("", f"{data.rows} rows of data, AWS asks for {least}")


def _epochs(view: View) -> Iterator[LintFinding]:
    data, steps, seen = view.context.data, view.named("max_steps"), samples_seen(view.values)
    if not (data and data.rows and steps and seen):
        return
    passes = seen / data.rows
    if passes > MANY_EPOCHS:
        yield LintFinding(
            steps[0], f"{steps[1]} steps are {passes:.1f} passes over {data.rows} rows, which learns them by heart"
        )
    elif passes < 1:
        yield LintFinding(steps[0], f"{steps[1]} steps see {seen} of {data.rows} rows, so the rest is never used")


def _reasoning_data(view: View) -> Iterator[LintFinding]:
    data, enabled = view.context.data, view.named("reasoning_enabled")
    if data is None or data.has_reasoning is None or enabled is None:
        return
    if enabled[1] and not data.has_reasoning:
        yield LintFinding(enabled[0], "true, while no row holds reasoningContent")
    elif not enabled[1] and data.has_reasoning:
        yield LintFinding(enabled[0], "false, while rows hold reasoningContent")


# --- grader ------------------------------------------------------------------------------------------------------
def _grader_timeout(view: View) -> Iterator[LintFinding]:
    limit, grader = view.named("lambda_concurrency_limit"), view.context.grader
    if limit is None or grader is None or grader.timeout_s is None:
        return
    batch = view.value("lambda_batch_size") or 1
    if grader.timeout_s > LAMBDA_TIMEOUT_S:
        yield LintFinding(limit[0], f"a timeout of {grader.timeout_s:g} s, over Lambda's {LAMBDA_TIMEOUT_S} s")
    seconds = batch * (grader.seconds_per_answer or 0)
    if seconds > grader.timeout_s:
        yield LintFinding(
            limit[0], f"a batch of {batch} takes about {seconds:g} s, the timeout is {grader.timeout_s:g} s"
        )


def _grader_concurrency(view: View) -> Iterator[LintFinding]:
    limit, grader = view.named("lambda_concurrency_limit"), view.context.grader
    workers = view.value("rollout_worker_replicas")
    if limit is None:
        return
    if isinstance(workers, int) and limit[1] < LEAST_PER_WORKER * workers:
        yield LintFinding(limit[0], f"{limit[1]} for {workers} rollout workers of {LEAST_PER_WORKER} requests each")
    if grader and grader.concurrency is not None and grader.concurrency < limit[1]:
        yield LintFinding(limit[0], f"{limit[1]} invocations at once, the function is reserved {grader.concurrency}")


def _grader_payload(view: View) -> Iterator[LintFinding]:
    batch, data, new = view.named("lambda_batch_size"), view.context.data, view.value("max_new_tokens")
    if batch is None or not batch[1] or not isinstance(new, int):
        return
    row_bytes = (data.largest_row_bytes if data else 0) + new * BYTES_PER_TOKEN
    if batch[1] * row_bytes > LAMBDA_PAYLOAD_BYTES:
        size = batch[1] * row_bytes / 2**20
        yield LintFinding(
            batch[0], f"{batch[1]} completions of up to {row_bytes} bytes are {size:.1f} MiB, Lambda takes 6"
        )


# --- baseline ----------------------------------------------------------------------------------------------------
def _baseline(view: View) -> Iterator[LintFinding]:
    mean = view.context.baseline
    if mean is None or answers_per_step(view.values) is None:
        return
    if mean > SATURATED:
        yield LintFinding("", f"the model already earns {mean:.3g} of 1 on average; RFT is not needed")
    elif mean == 0:
        yield LintFinding("", "every completion of the model earns 0, so there is nothing to reinforce")
    elif mean < SPARSE:
        yield LintFinding("", f"the model earns {mean:.3g} of 1 on average; rewards are too sparse")


def _task_metric(view: View) -> Iterator[LintFinding]:
    task = view.values.get(TASK)
    right = TASK_METRICS.get(task or "")
    chosen = (view.values.get("evaluation.strategy"), view.values.get("evaluation.metric"))
    if right and chosen != right:
        message = f"{task} with {' and '.join(map(str, chosen))}; AWS runs it with {' and '.join(right)}"
        yield LintFinding("evaluation.metric", message)


def _subtask(view: View) -> Iterator[LintFinding]:
    task, said = str(view.values.get(TASK)), view.values.get("evaluation.subtask") or ""
    for name in unknown_subtasks(task, said):
        if (task, name) in ONLY_IN_A_SAMPLE:
            continue
        known = SUBTASKS[task]
        hint = did_you_mean(name, known) if known else "it has none; leave it empty"
        yield LintFinding("evaluation.subtask", f"{task} has no subtask {shown(name)} ({hint})")


def _sample_subtask(view: View) -> Iterator[LintFinding]:
    task, said = str(view.values.get(TASK)), view.values.get("evaluation.subtask") or ""
    for name in unknown_subtasks(task, said):
        if page := ONLY_IN_A_SAMPLE.get((task, name)):
            message = (
                f"{shown(name)} of {task} stands in a sample of AWS's ({page}) and in none of its lists ({SOURCE})"
            )
            yield LintFinding("evaluation.subtask", message)


LINTS = (
    Lint(
        "fewer-rows-than-batch",
        "error",
        "a step needs a whole batch",
        "lower global_batch_size or add data",
        "amzn-nova-forge validator",
        _fewer_rows_than_batch,
    ),
    Lint(
        "few-rows",
        "warning",
        "small sets teach little and measure worse",
        "make more data",
        "Preparing data for RFT / SFT on Amazon Nova 2 (AWS pages)",
        _few_rows,
    ),
    Lint(
        "epochs",
        "warning",
        "steps times batch should be one to a few passes over the data",
        "change max_steps or global_batch_size",
        "samples per step as in Custom reward functions in your AWS environment (AWS page)",
        _epochs,
    ),
    Lint(
        "reasoning-data",
        "warning",
        "the model learns to reason, or not to, from what the rows show",
        "set reasoning_enabled to what the data holds",
        "comment in the official SFT recipe",
        _reasoning_data,
    ),
    Lint(
        "grader-timeout",
        "error",
        "an invocation that times out grades nothing",
        "raise the function's timeout, or send fewer completions at once",
        "Lambda quotas (AWS page)",
        _grader_timeout,
    ),
    Lint(
        "grader-concurrency",
        "warning",
        "invocations above the limit are throttled, and generation waits",
        "raise the function's reserved concurrency or the recipe's limit to match",
        "comment in the official HyperPod RFT recipe",
        _grader_concurrency,
    ),
    Lint(
        "grader-payload",
        "error",
        "Lambda refuses larger synchronous events",
        "lower lambda_batch_size or max_new_tokens",
        "Lambda quotas (AWS page)",
        _grader_payload,
    ),
    Lint(
        "baseline",
        "warning",
        "RFT learns from completions that are sometimes right",
        "above 0.95 stop here; at 0 run SFT first; in between, grade parts of a completion",
        "RFT with Amazon Nova models (AWS page)",
        _baseline,
    ),
    Lint(
        "task-metric",
        "warning",
        "a benchmark has one strategy and one metric",
        "use AWS's pair",
        "Evaluating your SageMaker AI-trained model (AWS page)",
        _task_metric,
        rests_on=(TASK,),
    ),
    Lint(
        "subtask",
        "error",
        "the evaluation would have no questions to ask",
        "use a subtask of the benchmark, or leave it empty for all",
        SOURCE,
        _subtask,
        rests_on=(TASK,),
    ),
    Lint(
        "subtask-of-a-sample",
        "warning",
        "the evaluation may have no questions to ask",
        "use a subtask of the lists, or leave it empty for all",
        SOURCE,
        _sample_subtask,
        rests_on=(TASK,),
    ),
)
