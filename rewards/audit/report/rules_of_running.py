"""Codes of how a grader answers: its contract, what makes it fail, what it costs."""

from __future__ import annotations

from collections.abc import Mapping

from rewards.audit.report.rule import Rule

RUNNING: Mapping[str, Rule] = {
    "contract-raises": Rule(
        "error",
        "The grader raises, exits or hangs on ordinary rows.",
        "One exception loses the rewards of the whole batch.",
        "Fix the exception shown; the rest of the audit could not run.",
    ),
    "contract-shape": Rule(
        "error",
        "The reply is not a list of objects with `id` and `aggregate_reward_score`.",
        "The trainer stops with a format error, or reads nothing.",
        "Return a bare list, one object for each row; wrap it only for the consumer that wants an envelope.",
    ),
    "contract-json": Rule(
        "error",
        "The reply cannot be written as JSON (NaN, a numpy number, a set, half a surrogate pair).",
        "Lambda fails after the handler has returned, where no `try` of yours can catch it.",
        "Return plain `float`, `str`, `list` and `dict`; never echo model text into names.",
    ),
    "contract-count": Rule(
        "error",
        "The reply holds more or fewer results than there were rows.",
        "Rewards land on the wrong answers or the step fails.",
        "Return exactly one result for each row, also for the ones you cannot judge.",
    ),
    "contract-ids": Rule(
        "error",
        "The ids of the results are not the ids of the rows.",
        "The trainer joins rewards to answers by id.",
        "Copy `id` from the row, unchanged, as a string.",
    ),
    "contract-order": Rule(
        "error",
        "The results come back in another order.",
        "A consumer that joins by position gives every answer somebody else's reward.",
        "Keep the order of the rows.",
    ),
    "contract-types": Rule(
        "error",
        "A score is a boolean, a string or null instead of a number.",
        "Booleans and numeric strings pass lax checks and fail, or change meaning, later.",
        "Return `float(score)`.",
    ),
    "contract-finite": Rule(
        "error",
        "A score or metric is NaN or infinite.",
        "One NaN poisons the mean and deviation of its group, and the whole update learns nothing.",
        "Check with `math.isfinite` before any clamping: `max(0, min(1, nan))` is 1.",
    ),
    "contract-bounds": Rule(
        "error",
        "A score lies outside the declared bounds.",
        "Group statistics, KL weights and dashboards are tuned for the declared range.",
        "Scale the score, or declare its range with `--bounds LOW,HIGH`.",
    ),
    "contract-metrics": Rule(
        "error",
        "`metrics_list` is malformed, or names a metric twice.",
        "Verifiers reject the reply, or the last of two equal names silently wins.",
        'Each entry is {"name": str, "value": number, "type": "Metric" or "Reward"}, each name once.',
    ),
    "contract-metric-names": Rule(
        "error",
        "Different rows carry different metric names.",
        "Trainers that stack metrics fail with a KeyError or lose the column.",
        "Give every row the same names, also on the error path.",
    ),
    "contract-parts": Rule(
        "error",
        "The aggregate does not follow from the components reported beside it.",
        "Nobody can tell from the logs what the policy is being paid for.",
        "Report every part the aggregate is made of, and compute it from them.",
    ),
    "contract-input": Rule(
        "error",
        "The grader changes the rows it was given.",
        "Retries and later rows in the same process are judged on damaged data.",
        "Read the event, never write to it.",
    ),
    "contract-repeat": Rule(
        "error",
        "The same rows get other scores the second time.",
        "Lambda retries, so one answer can be graded twice; randomness is noise in the advantage.",
        "Remove randomness, clocks and state kept between calls.",
    ),
    "contract-noise": Rule(
        "warning",
        "The same rows get slightly other scores each time, as with a model for a judge.",
        "Noise inside a group is an advantage that nobody earned; small differences between answers mean nothing.",
        "Ask the judge at temperature 0, or several times, and take the mean; use whole grades.",
    ),
    "contract-batch": Rule(
        "error",
        "A score depends on how the rows are split into batches, or on their order.",
        "Batches are cut by the platform; the reward must be a function of one row.",
        "Judge each row alone; keep no state between rows.",
    ),
    "contract-no-answer": Rule(
        "error",
        "A row without a model turn, or an empty list of rows, makes the grader fail.",
        "Launch checks send raw training rows; a failing grader blocks the job before it starts.",
        "Answer such rows with the lowest score, the row's id if it has one, and the usual metric names.",
    ),
    "contract-raw-rows": Rule(
        "warning",
        "Raw rows (without a model turn, or without an id) do not get one proper result each.",
        "The launch check of serverless jobs sends them, and blocks the job; no other job does.",
        "Answer such rows with the lowest score, the row's id if it has one, and the usual metric names.",
    ),
    "contract-last-turn": Rule(
        "error",
        "An earlier assistant turn is graded instead of the final one.",
        "Every few-shot prompt earns the score of its own example.",
        "Grade the last message whose role is assistant (or nova_assistant).",
    ),
    "contract-unchecked": Rule(
        "note",
        "The reward holds something that looks like a rule and is none, such as `format` in a schema.",
        "An answer that breaks it is paid in full, and the policy learns that it may.",
        "Pass `formats=Formats()` to `schema_valid`; write other rules as the draft of the schema has them.",
    ),
    "contract-hedging": Rule(
        "warning",
        "A combinator of the reward can pay hedging though none of its parts does, such as `minimum`.",
        "A policy that is unsure names several answers, and learns to.",
        "Add the parts with `weighted`, multiply them with `product`, or open a gate at the best score only.",
    ),
    "contract-hedging-part": Rule(
        "note",
        "A component of the reward can pay hedging by what it measures, such as `keyword_jaccard` or `rouge_l`.",
        "A policy that is unsure names several answers; by how much it gains, docs/rewards.md says of each.",
        "Where a definition without it serves, take that: `label_match(multi=True)` for lists, `field_f1` for fields.",
    ),
    "contract-eval-shape": Rule(
        "warning",
        "The same answer sent as `rft_eval` sends it (role nova_assistant, content in blocks) scores otherwise.",
        "Evaluation after training reports figures of another grader.",
        "Accept both roles, and content as a string or as a list of text blocks.",
    ),
    "contract-envelope": Rule(
        "warning",
        "The grader answers rows in another envelope only, and not in the bare list that training jobs send.",
        "A training job, rft_eval and Bedrock RFT would get no reward from it.",
        "Accept a bare list as well; or name the consumer it is made for with --consumer.",
    ),
    "contract-records": Rule(
        "warning",
        "An event of an evaluation with your own metrics, other than the ordinary one, is not answered properly.",
        "Preprocessing, where the recipe enables it, or the shape of AWS's second example would fail the evaluation.",
        'Answer "preprocess" with the record it came with; take `data` as an object and as a list of one.',
    ),
    "total-raises": Rule(
        "error",
        "A hostile completion makes the grader raise, exit or hang.",
        "An untrained policy writes all of this; each time the whole batch is lost.",
        "A wrong, empty or absurd completion is a low score with a reason.",
    ),
    "total-costly": Rule(
        "error",
        "A short answer that costs a fortune to work out, such as 9**9**9**9, makes the grader hang or crash.",
        "No deadline inside Python ends all of it, and a policy rewarded for arithmetic tries powers early.",
        "Never `eval`: parse with `ast`, allow numbers and + - * / only; bound length and depth before computing.",
    ),
    "total-neighbours": Rule(
        "error",
        "A hostile completion changes the score of the rows beside it.",
        "One degenerate answer spoils the group statistics of others.",
        "Judge each row alone, inside its own error handling.",
    ),
    "total-rare-text": Rule(
        "warning",
        "A completion that only a policy far gone would write makes the grader raise.",
        "Endless brackets and digits do occur when a training run derails; then the whole batch is lost.",
        "Cap the length before parsing; catch `RecursionError` and `ValueError` around `json.loads` and `int`.",
    ),
    "total-odd-row": Rule(
        "warning",
        "A row of a shape that nobody documents, and your data does not hold, makes the grader fail.",
        "Data sets change; one such row then loses the rewards of its whole batch.",
        "Isolate each row: one that cannot be judged gets the fallback score and a metric that says so.",
    ),
    "total-event": Rule(
        "error",
        "A row in a shape that AWS documents, or that your data holds, makes the grader fail or hurts its neighbours.",
        "Training, evaluation and Bedrock spell the same row differently, and each will be sent.",
        "Isolate each row: one that cannot be judged gets the fallback score and a metric that says so.",
    ),
    "total-time": Rule(
        "error",
        "Time grows faster than length, and one long completion takes more than `call_max_s`.",
        "One answer that repeats itself then stalls the training step, and looks like a network failure.",
        "Look for nested quantifiers, lazy-dot patterns, `\\s+$`, difflib or nested loops; cap lengths first.",
    ),
    "total-growth": Rule(
        "warning",
        "Time grows faster than length, in a bearable way or on a text that only a derailed policy writes.",
        "A Lambda with little memory has a fraction of a core, and a batch of such answers takes minutes.",
        "Cap the length first; find tags with `str.rfind`, not by a lazy dot; strip with `str.strip`, not by `\\s*`.",
    ),
    "total-search": Rule(
        "error",
        "An answer made from constants of the grader's own code makes it raise, exit or hang.",
        "A branch that no ordinary answer takes is taken one day, and the whole batch is lost.",
        "A wrong, empty or absurd completion is a low score with a reason.",
    ),
    "cost-slow": Rule(
        "error",
        "One call takes longer than allowed.",
        "The training step waits for the slowest reward call on eight GPUs a node.",
        "Remove waiting; fan out model judges in threads; or allow it with `--call-max-s`.",
    ),
    "cost-partial": Rule(
        "warning",
        "The grader is slow, so that only a part of the audit could be tried in its time.",
        "What was not tried may hold a fault; a slow grader is also what a training step waits for.",
        "Give it more time with `--set audit_s=600`, or all it needs with `--set audit_s=0`; or make it faster.",
    ),
    "cost-timeout": Rule(
        "warning",
        "A full batch would come close to the Lambda timeout.",
        "A timed-out batch has no rewards at all.",
        "Lower `lambda_batch_size`, raise the timeout, or make the grader faster.",
    ),
    "cost-payload": Rule(
        "warning",
        "A full batch could exceed Lambda's 6 MB payload.",
        "The call is refused before the grader sees it.",
        "Lower `lambda_batch_size` or `max_new_tokens`, or keep big fields out of the rows.",
    ),
}
