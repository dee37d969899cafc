"""Lints about whether training can learn: variance, steps, rates, lengths."""

from __future__ import annotations

from collections.abc import Iterator

from recipes.catalogue.limits import broken, limits_of
from recipes.checking.context import View
from recipes.checking.lints.lint import Lint, LintFinding
from recipes.model.base import keys_of

LOW_EFFORT_TOKENS = 1024  # below this a completion after reasoning is often cut off; our judgement, no AWS figure
HIGH_EFFORT_TOKENS = 4096  # AWS's own recipes give high effort 6000 and 8192
# "Reinforcement fine-tuning on Amazon Bedrock: Best practices" (AWS Machine Learning Blog, 2026-04-08): 1e-4 works
# for LoRA, where the official HyperPod file has 7e-7.
PUBLISHED_RATES = {"rft-lora": 1e-4}
PUBLISHED_FACTOR = 10  # an order of magnitude off; our judgement
RATE_FACTOR = 30  # how far from the official learning rate is suspicious; our judgement
WARMUP_SHARE = 0.5  # AWS recommends 15 % of max_steps (comment in the SFT recipe)
# Multi-turn methods that compare a completion with a baseline of its own rather than with its group.
WITHOUT_GROUPS = ("monte_carlo", "reinforce_pp")
WINDOWS = ("max_length", "max_sequence_length")  # ends of keys; BYOO's own sample has a max_seq_length of 9392
WINDOW_STEP = 1024
GROUP_SIZES = ("number_generation", "group_size")
POLICY_GRADIENT = "GRPO, Shao et al. 2024, section 4.1: advantages are differences within a group"


def _group(view: View) -> tuple[str, int] | None:
    return next((found for name in GROUP_SIZES if (found := view.named(name))), None)


def _no_variance(view: View) -> Iterator[LintFinding]:
    group = _group(view)
    if group is None or group[1] < 2:
        return
    # In the multi-turn recipe the validation sampler is greedy on purpose; the training one comes first.
    for path, value in view.values.items():
        name, validation = path.rpartition(".")[2], path.startswith("val_")
        if not validation and (name, value) in (("temperature", 0), ("top_k", 1), ("top_p", 0)):
            yield LintFinding(
                path, f"{name} {value} makes all {group[1]} completions to a prompt equal, read literally"
            )


def _one_answer(view: View) -> Iterator[LintFinding]:
    group = _group(view)
    if group is None or group[1] >= 2 or view.value("advantage_method") in WITHOUT_GROUPS:
        return
    yield LintFinding(group[0], f"{group[1]} completion per prompt")


def _save_after_end(view: View) -> Iterator[LintFinding]:
    save, steps = view.named("save_steps") or view.named("save_every"), view.value("max_steps")
    if save and isinstance(save[1], int) and isinstance(steps, int) and save[1] > steps:
        yield LintFinding(save[0], f"a checkpoint every {save[1]} steps in a run of {steps}")


def _answer_over_window(view: View) -> Iterator[LintFinding]:
    new, window = view.named("max_new_tokens"), view.value("max_length")
    if new and isinstance(window, int) and new[1] >= window:
        yield LintFinding(
            new[0], f"completions of up to {new[1]} tokens in a window of {window} leave no room for a prompt"
        )


def _odd_window(view: View) -> Iterator[LintFinding]:
    outside = {limit.path for limit in broken(limits_of(view.official), view.values)}
    for path, value in view.values.items():
        is_window = path.endswith(WINDOWS) and isinstance(value, int) and path not in outside
        if is_window and value % WINDOW_STEP:
            yield LintFinding(path, f"a window of {value} tokens")


def _prompt_over_window(view: View) -> Iterator[LintFinding]:
    new, window, data = view.named("max_new_tokens"), view.named("max_length"), view.context.data
    if data is None or window is None:
        return
    room = window[1] - (new[1] if new else 0)
    if 0 < room < data.longest_prompt_tokens:
        longest = data.longest_prompt_tokens
        yield LintFinding(window[0], f"the longest prompt has about {longest} tokens, the window has room for {room}")


def _batch_not_divisible(view: View) -> Iterator[LintFinding]:
    batch, group = view.named("global_batch_size"), _group(view)
    if batch and group and batch[1] % group[1]:
        yield LintFinding(batch[0], f"{batch[1]} is not a multiple of the {group[1]} completions per prompt")


def _warmup(view: View) -> Iterator[LintFinding]:
    warmup, steps = view.named("warmup_steps"), view.value("max_steps")
    if warmup and isinstance(steps, int) and warmup[1] > WARMUP_SHARE * steps:
        yield LintFinding(warmup[0], f"{warmup[1]} of {steps} steps are warm-up")


def _min_lr(view: View) -> Iterator[LintFinding]:
    low, high = view.named("min_lr"), view.value("lr")
    if view.family.METHOD == "rft-byoo":  # AWS's own sample has 1e-5 over 1e-7
        return
    if low and high is not None and low[1] >= high:
        yield LintFinding(low[0], f"min_lr {low[1]} is not below lr {high}")


def _decays(view: View) -> Iterator[LintFinding]:
    for path, value in view.values.items():
        listed = value if path.endswith(".betas") and isinstance(value, list | tuple) else [value]
        if path.rpartition(".")[2] in ("adam_beta1", "adam_beta2", "betas") and 1 in listed:
            yield LintFinding(path, f"a decay of {value}")


def _rate(view: View) -> Iterator[LintFinding]:
    for path, value in _rates(view):
        if _is_unusual(view, path, value):
            yield LintFinding(path, f"learning rate {value} is far from the official {_official_rate(view, path)}")


def _official_rate(view: View, path: str) -> object:
    return view.official.changes.get(path, keys_of(view.family)[path].default)


def _is_unusual(view: View, path: str, value: float) -> bool:
    """Far from the official file's rate, and from what AWS's own runs found best."""
    rates = (_official_rate(view, path), PUBLISHED_RATES.get(view.family.METHOD))
    known = [rate for rate in rates if isinstance(rate, float)]
    return bool(known) and not any(rate / RATE_FACTOR <= value <= rate * RATE_FACTOR for rate in known)


def _rates(view: View) -> Iterator[tuple[str, float]]:
    return (
        (path, value)
        for path, value in view.values.items()
        if path.rpartition(".")[2] in ("lr", "learning_rate") and isinstance(value, (int, float))
    )


def _published_rate(view: View) -> Iterator[LintFinding]:
    best = PUBLISHED_RATES.get(view.family.METHOD)
    for path, value in _rates(view) if best else ():
        far = best and not best / PUBLISHED_FACTOR <= value <= best * PUBLISHED_FACTOR
        if far and not _is_unusual(view, path, value):  # which says so already
            yield LintFinding(path, f"learning rate {value}, while AWS's own runs of LoRA RFT were best near {best}")


def _reasoning_tokens(view: View) -> Iterator[LintFinding]:
    new, effort = view.named("max_new_tokens"), view.value("reasoning_effort")
    least = {"low": LOW_EFFORT_TOKENS, "high": HIGH_EFFORT_TOKENS}.get(effort or "")
    if new and least and new[1] < least:
        yield LintFinding(new[0], f"{new[1]} tokens for reasoning and completion at effort {effort}")


LINTS = (
    Lint(
        "no-variance",
        "warning",
        "equal completions have equal rewards, every advantage is 0, nothing is learned",
        "use temperature 1 and top_k 0, as AWS's HyperPod recipe does",
        POLICY_GRADIENT,
        _no_variance,
    ),
    Lint(
        "one-answer",
        "error",
        "advantages compare completions to one prompt; with one completion there is nothing to compare",
        "use 2 to 16 completions per prompt; AWS's HyperPod recipe has 8",
        POLICY_GRADIENT,
        _one_answer,
    ),
    Lint(
        "save-after-end",
        "error",
        "no checkpoint falls inside the run",
        "set it to at most max_steps",
        "comment in the official SFT recipe",
        _save_after_end,
    ),
    Lint(
        "answer-over-window",
        "error",
        "max_length counts prompt and completion together",
        "lower max_new_tokens or raise max_length",
        "comment in the official RFT recipe",
        _answer_over_window,
    ),
    Lint(
        "odd-window",
        "warning",
        f"every window that AWS documents is a multiple of {WINDOW_STEP}",
        "take 8192, as AWS's own files, or another multiple",
        "the official files, their comments and the template's ranges",
        _odd_window,
    ),
    Lint(
        "prompt-over-window",
        "warning",
        "what does not fit is cut off or dropped",
        "raise max_length, lower max_new_tokens, or shorten the prompts",
        "token counts estimated at 4 characters a token",
        _prompt_over_window,
    ),
    Lint(
        "batch-not-divisible",
        "warning",
        "the remainder is dropped or the job stops",
        "choose a multiple",
        "global_batch_size counts completions (Custom reward functions in your AWS environment, AWS page)",
        _batch_not_divisible,
    ),
    Lint(
        "long-warmup",
        "warning",
        "the learning rate hardly reaches its peak",
        "use about 15 % of max_steps",
        "comment in the official SFT recipe",
        _warmup,
    ),
    Lint(
        "min-lr-over-lr",
        "error",
        "the learning rate has to fall towards min_lr",
        "set min_lr to about a tenth of lr",
        "comment in the official CPT recipe",
        _min_lr,
    ),
    Lint(
        "adam-decay",
        "error",
        "a mean that forgets nothing stays 0, and Adam divides by 1 - 1",
        "take the official 0.9 and 0.95",
        "Kingma and Ba, Adam (arXiv:1412.6980), algorithm 1: both lie in [0, 1)",
        _decays,
    ),
    Lint(
        "unusual-lr",
        "warning",
        f"it differs by more than a factor of {RATE_FACTOR}",
        "start from the official value",
        "the official recipe of this model and method",
        _rate,
    ),
    Lint(
        "published-lr",
        "warning",
        f"it differs by more than a factor of {PUBLISHED_FACTOR}, and a rate too low learns nothing within the steps",
        "try 1.0e-04, or keep yours knowingly",
        "Reinforcement fine-tuning on Amazon Bedrock: Best practices (AWS Machine Learning Blog, 2026-04-08)",
        _published_rate,
    ),
    Lint(
        "few-reasoning-tokens",
        "warning",
        "reasoning counts against max_new_tokens, and a completion cut off scores 0",
        f"allow {LOW_EFFORT_TOKENS} tokens or more at effort low, {HIGH_EFFORT_TOKENS} at high; or lower the effort",
        "AWS's recipes pair effort high with 6000 and 8192 tokens",
        _reasoning_tokens,
    ),
)
