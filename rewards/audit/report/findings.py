"""All finding codes of an audit, each with its meaning and its fix.

`docs/audit.md` is generated from this table. A code never changes its meaning; a new fault gets a new code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from rewards.types import JSON

Section: TypeAlias = Literal["contract", "total", "gold", "laws", "attacks", "signal", "cost"]
Severity: TypeAlias = Literal["error", "warning", "note"]

SECTIONS: tuple[Section, ...] = ("contract", "total", "gold", "laws", "attacks", "signal", "cost")


class Rule(NamedTuple):
    """What a finding of this code means, why it harms training, and how to fix it."""

    severity: Severity
    meaning: str
    why: str
    remedy: str


RULES: Mapping[str, Rule] = {
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
    "gold-missing": Rule(
        "warning",
        "No right answers are known, so nothing could be said about gold, laws and attacks.",
        "Most faults of a grader only show beside an answer known to be right.",
        "Add a field `gold` or a final assistant turn to the rows, or pass `--gold file.py:function`.",
    ),
    "gold-below-max": Rule(
        "error",
        "Some right answers do not get the maximum.",
        "The policy is pushed away from the answers you call right.",
        "If it is a few rows, mend the rows; if it is many, the grader disagrees with your references.",
    ),
    "gold-ceiling": Rule(
        "warning",
        "Right answers all get (nearly) the same score, and that is below the declared maximum.",
        "A judge seldom gives full marks; what right answers get is taken for the maximum from here on.",
        "Declare the range with `--bounds`, or ask the judge for whole grades with what each of them means.",
    ),
    "law-damage-pays": Rule(
        "error",
        "A damaged answer scores higher than the right one.",
        "The policy will learn the damage.",
        "The right answer must be the maximum; look at the smallest example.",
    ),
    "law-repair-lowers": Rule(
        "error",
        "Repairing one mistake lowers the score.",
        "Gradients point away from the right answer on the way to it.",
        "Every part of the aggregate must fall, or stay, when something is damaged.",
    ),
    "law-mistake-free": Rule(
        "error",
        "A wrong value costs nothing.",
        "The policy stops where the score does: what is forgiven is never learnt.",
        "Compare whole values, and let no rounding, capping or clamping turn nearly right into right.",
    ),
    "law-tolerance": Rule(
        "error",
        "A number that is clearly off keeps full marks: by a share of itself, or by a unit.",
        "The policy learns to be about right, and whoever reads the figure next takes it for exact.",
        "Compare numbers exactly, or within the precision of the reference.",
    ),
    "law-nearness": Rule(
        "error",
        "Of two wrong numbers the farther one keeps full marks and the nearer one does not.",
        "That is rounding or cutting of digits, not a tolerance: which error is free depends on the row.",
        "Compare the distance with a tolerance instead of comparing rounded numbers.",
    ),
    "law-omission-free": Rule(
        "error",
        "A field of the answer can be left out, or be null, at no cost.",
        "The policy learns to answer only what it is sure of, in the end nothing.",
        "Divide by the fields of both sides, not by those that were given.",
    ),
    "law-invention-free": Rule(
        "error",
        "A field that the reference does not have costs nothing, where it names the fields one by one.",
        "The policy is free to add what nobody asked for, and readers with a schema will reject it.",
        "Divide by the fields of both sides, not by those of the reference.",
    ),
    "law-pair-free": Rule(
        "error",
        "Two values changed together keep full marks.",
        "Only a sum, a difference or a set of values is compared; which value belongs where is free.",
        "Compare each value with the one at its own place.",
    ),
    "law-damage-free": Rule(
        "error",
        "An answer with several mistakes keeps full marks.",
        "What is forgiven is never learnt.",
        "Let every part that is wrong lower the score.",
    ),
    "attack-claims": Rule(
        "error",
        "A wrong answer that says of itself that it is right is paid as one.",
        "One key, the same in every answer, is the easiest thing to learn.",
        "Read nothing from the answer but the answer.",
    ),
    "law-threshold": Rule(
        "error",
        "Any part of the answer can be wrong at no cost, as long as not all are.",
        "The policy stops where the score does: the last share of the parts is never learnt.",
        "Pay for every part; let no threshold turn most of them into all.",
    ),
    "law-all-blind": Rule(
        "error",
        "No part of the answer changes the score.",
        "Whatever is being paid for, it is not what the references say.",
        "Compare the answer with the reference; check that the right answers reach the grader in its format.",
    ),
    "law-blind-reference": Rule(
        "error",
        "Parts that the references have values for can be replaced by junk without any change of the score.",
        "The policy is free to fill them with anything, although your data says what is right.",
        "Add a component for them, or declare them as not graded with `--ignore`.",
    ),
    "law-key-order": Rule(
        "error",
        "The order of the keys in a JSON object changes the score.",
        "Key order has no meaning; half the right answers are punished.",
        "Compare parsed objects, not texts.",
    ),
    "law-whitespace": Rule(
        "error",
        "White space between JSON tokens changes the score.",
        "White space has no meaning; half the right answers are punished.",
        "Compare parsed values, not texts.",
    ),
    "law-bool-int": Rule(
        "error",
        "true and 1 (or false and 0) are taken for the same value.",
        "The API behind the call rejects what the reward accepts; in Python `True == 1`.",
        "Compare the JSON type before the value.",
    ),
    "law-bool-planted": Rule(
        "warning",
        "true and 1 are taken for the same value in rows where the audit put a boolean; your data has none.",
        "Once a reference holds one, the grader accepts what the reader of the answer rejects.",
        "Compare the JSON type before the value.",
    ),
    "law-call-spelling": Rule(
        "warning",
        "Native calls score differently with their arguments as JSON text and as an object.",
        "OpenAI's interface sends text, some servers and data sets an object; one of them would train on nothing.",
        "Parse `arguments` where it is a string.",
    ),
    "law-call-order": Rule(
        "error",
        "The order of list items matters although it was declared free, or does not although it was declared fixed.",
        "The reward contradicts the task.",
        "Align items one to one for free order; compare sequences for fixed order.",
    ),
    "law-part-lowers": Rule(
        "error",
        "One part of the score rises, all others stay, and the aggregate falls once and rises another time.",
        "A component without a fixed sign cannot be read, weighted or tuned.",
        "Combine parts with fixed weights, products, minima or gates.",
    ),
    "law-blind": Rule(
        "warning",
        "Parts of the answer can be replaced by junk without any change of the score.",
        "The policy is free to fill them with anything.",
        "Add a component for them, or declare them as not graded with `--ignore`.",
    ),
    "attack-full-marks": Rule(
        "error",
        "A wrong answer gets (nearly) the score of a right one.",
        "This is what the policy will write after some hundred steps.",
        "See the example; align items one to one and divide by the longer side.",
    ),
    "attack-search": Rule(
        "error",
        "A wrong answer that a search of the grader's own code came upon is paid as a right one.",
        "A magic word, a bonus or a forgotten branch is found by a policy too: it tries millions of answers.",
        "Remove the branch; nothing but the reference may make an answer right.",
    ),
    "attack-above-gold": Rule(
        "error",
        "An answer of another form scores higher than the right answer.",
        "Length or decoration is being rewarded.",
        "Nothing but being right may raise the score.",
    ),
    "attack-word-order": Rule(
        "warning",
        "Texts with their words reversed get full marks.",
        "A bag of words cannot tell who pays whom.",
        "Compare normalised strings, or an edit ratio capped below 1.",
    ),
    "attack-near-miss": Rule(
        "warning",
        "Values that are nearly right get full marks.",
        "230144 is another rule than 230.144, and 3.15 is not 3: whoever reads the answer next may not forgive it.",
        "Compare exactly; where a tolerance is meant, declare it for the field that needs it.",
    ),
    "attack-invented-keys": Rule(
        "note",
        "Keys that no reference has cost nothing.",
        "Whoever reads the answer next may reject them, and a policy may hide what it likes in them.",
        "Compare whole objects (`field_f1`), or check the answer against a schema (`schema_valid`).",
    ),
    "attack-mean": Rule(
        "error",
        "Wrong answers are paid too much on average.",
        "Little is left to be gained by being right, and noise decides.",
        "Multiply instead of adding: a wrong tool should cost its parameters too.",
    ),
    "attack-constant": Rule(
        "error",
        "One constant answer, written without reading the query, is paid well.",
        "It is the easiest thing to learn, and where training collapses to.",
        "Lower the weight of format and of parts shared by all answers; divide by the longer side.",
    ),
    "signal-zero-std-groups": Rule(
        "error",
        "All answers to one prompt get the same score, for (nearly) every prompt.",
        "GRPO learns from differences inside a group; there are none.",
        "Grade in degrees, or sample with more variety.",
    ),
    "signal-sparse": Rule(
        "warning",
        "Groups without a right answer carry no signal.",
        "At the start of training nearly all groups are of this kind.",
        "Add graded components, or start from a policy that is sometimes right.",
    ),
    "signal-saturated": Rule(
        "warning",
        "Most answers already get the maximum.",
        "There is nothing left to learn from these prompts.",
        "Use harder prompts, or a stricter grader.",
    ),
    "signal-inversion": Rule(
        "error",
        "Inside a group a worse answer outscores a better one.",
        "The advantage has the wrong sign.",
        "Look at the pair shown, and at the laws that fail with it.",
    ),
    "signal-dead-part": Rule(
        "note",
        "A component has the same value for all answers tried.",
        "It adds a constant, which GRPO subtracts again.",
        "Drop it, or check that it does what its name says.",
    ),
    "signal-twin-parts": Rule(
        "note",
        "Two components move together.",
        "Their weights add up to one opinion counted twice.",
        "Keep one, or join their weights knowingly.",
    ),
    "cost-slow": Rule(
        "error",
        "One call takes longer than allowed.",
        "The training step waits for the slowest reward call on eight GPUs a node.",
        "Remove waiting; fan out model judges in threads; or allow it with `--call-max-s`.",
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


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: its code, a sentence with the figures, the evidence and the smallest failing example."""

    code: str
    message: str
    evidence: Mapping[str, JSON] = field(default_factory=dict)
    example: Mapping[str, JSON] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in RULES:
            raise ValueError(f"no rule explains the finding {self.code!r}; add it to RULES")

    @property
    def severity(self) -> Severity:
        """The severity: an error fails the audit, a warning needs a look, a note is for information."""
        return RULES[self.code].severity

    @property
    def section(self) -> Section:
        """The part of the audit it belongs to, from the first word of its code."""
        first = self.code.split("-")[0]
        return {"law": "laws", "attack": "attacks"}.get(first, first)  # type: ignore[return-value]  # pinned by a test
