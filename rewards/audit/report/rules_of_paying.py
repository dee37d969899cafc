"""Codes of what a grader pays for: right answers, laws, attacks, and the signal in groups."""

from __future__ import annotations

from collections.abc import Mapping

from rewards.audit.report.rule import Rule

PAYING: Mapping[str, Rule] = {
    "gold-missing": Rule(
        "warning",
        "No right answers are known, so nothing could be said about gold, laws and attacks.",
        "Most faults of a grader only show beside an answer known to be right.",
        "Add `reference_answer`, `gold` or a final assistant turn to the rows, or pass `--gold file.py:function`. "
        "`rft data convert FILE --to rft -o rows.jsonl --prompt COLUMN --answer COLUMN` takes it from a column.",
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
        "Compare numbers exactly, or within the precision of the reference; where the task allows more, say so: "
        "`--set forgiven_share=0.05`.",
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
    "law-list-order": Rule(
        "error",
        "A list that is in order, by its key or by the prompts, keeps full marks in another order.",
        "The policy learns which items, and never where they belong.",
        "Compare the lists as sequences; where any order will do, say so with `--order free`.",
    ),
    "law-order-unsaid": Rule(
        "note",
        "The items of a list can stand in any order, and nothing says whether they may.",
        "Where order means something, half of the answer is never learnt.",
        "Declare `--order free` or `--order fixed`; either is then tested.",
    ),
    "law-answer-place": Rule(
        "note",
        "Errors go away if the answer is declared to be only a part of the completion.",
        "Nothing in the data says that other text may stand around it, so the audit takes all of it for the answer.",
        "Where such text may stand there, pass the `--answer` shown; where it may not, the errors are right.",
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
    "attack-shape": Rule(
        "error",
        "An answer in which every value is wrong is paid for its shape: its keys, or the number of its items.",
        "The shape is learnt first, and what is paid for it is missing from what being right can earn.",
        "Let the shape open the gate and pay nothing by itself, or little; multiply by the share that is right.",
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
}
