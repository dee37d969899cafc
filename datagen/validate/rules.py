"""Every rule for a training or evaluation file, and who demands it.

Sources, read 2026-11: *docs* are the pages "Preparing data for SFT on Amazon Nova 2", "Preparing data for RFT on Amazon
Nova 2", "Preparing data for multimodal fine-tuning" (Nova 1), "Direct preference optimization" and "Evaluating your
SageMaker AI-trained model"; *script* is nova_ft_dataset_validator.py of aws-samples/amazon-nova-samples, commit
1e88f24; *forge* is the data set validation of aws/nova-forge-sdk, commit a4d5b3d. They disagree, so each column says
what its source does, and `severity_of` decides once. The verdicts of both validators on thousands of damaged rows are
kept, and a contract test holds these columns to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

from datagen.validate.findings import Severity

Verdict: TypeAlias = Literal["refuses", "accepts", "silent", "disagrees"]
REFUSES: Final = "refuses"
ACCEPTS: Final = "accepts"
SILENT: Final = "silent"
DISAGREES: Final = "disagrees"  # one page with another, or one version with another


class Target(StrEnum):
    """What the file is for."""

    BEDROCK_SFT = "bedrock-sft"
    TRAINING_JOB_SFT = "training-job-sft"
    BEDROCK_RFT = "bedrock-rft"
    RFT = "rft"
    RFT_MULTITURN = "rft-multiturn"
    RFT_MULTITURN_SERVERLESS = "rft-multiturn-serverless"
    DPO = "dpo"
    CPT = "cpt"
    GEN_QA = "gen-qa"
    RFT_EVAL = "rft-eval"
    JUDGE = "judge"
    DISTILLATION = "distillation"


SFT = (Target.BEDROCK_SFT, Target.TRAINING_JOB_SFT)
RFT = (Target.BEDROCK_RFT, Target.RFT, Target.RFT_EVAL)
_PROMPTS = (*RFT, Target.RFT_MULTITURN, Target.RFT_MULTITURN_SERVERLESS)
SCRIPT_READS = frozenset({*SFT, *RFT, Target.DPO, Target.CPT})
FORGE_READS = frozenset({*SFT, *RFT, Target.RFT_MULTITURN, Target.GEN_QA, Target.CPT})
_JUDGED_BY_SCRIPT = frozenset({Target.BEDROCK_SFT, Target.BEDROCK_RFT, Target.DPO})  # Forge has no validator for DPO


class Verdicts(NamedTuple):
    """What each source does with a file that breaks a rule."""

    docs: Verdict = SILENT
    script: Verdict = SILENT
    forge: Verdict = SILENT


class Rule(NamedTuple):
    """A rule, what each source does with a file that breaks it, and ours where none of them decides.

    `elsewhere` holds the verdicts for formats in which a source judges otherwise.
    """

    code: str
    means: str
    docs: Verdict = SILENT
    script: Verdict = SILENT
    forge: Verdict = SILENT
    ours: Severity = Severity.WARNING
    fixable: bool = False
    elsewhere: Mapping[Target, Verdicts] = MappingProxyType({})


def verdicts_of(rule: Rule, target: Target) -> Verdicts:
    """What each source does with a file for `target`; a validator that does not know the format is silent."""
    docs, script, forge = rule.elsewhere.get(target, Verdicts(rule.docs, rule.script, rule.forge))
    return Verdicts(
        docs,
        script if target in SCRIPT_READS or target is Target.DISTILLATION else SILENT,
        forge if target in FORGE_READS else SILENT,
    )


def severity_of(rule: Rule, target: Target) -> Severity:
    """An error where the documentation refuses, or the platform's own validator where no page allows it; else our
    own judgement.

    Bedrock's own validator is the script; that of training jobs and HyperPod is the Forge SDK. Both run at the
    customer's: a row that a page allows and they refuse is a warning, which says who refuses it.
    """
    docs, script, forge = verdicts_of(rule, target)
    own = script if target in _JUDGED_BY_SCRIPT else forge
    return Severity.ERROR if docs == REFUSES or (own == REFUSES and docs != ACCEPTS) else rule.ours


@cache
def judged(code: str, target: Target) -> tuple[Severity, str]:
    """The severity of a rule for `target`, and who disagrees on it."""
    return severity_of(RULES[code], target), disagreement(RULES[code], target)


def disagreement(rule: Rule, target: Target) -> str:
    """Who refuses and who accepts, where AWS's own sources disagree; empty where they do not.

    >>> disagreement(RULES["id-type"], Target.RFT)
    ''
    >>> disagreement(RULES["content-blocks"], Target.RFT)
    'refused by the Bedrock script 1e88f24, accepted by the Forge SDK a4d5b3d'
    """
    verdicts = dict(zip(_SOURCES, verdicts_of(rule, target), strict=True))
    split = {name for name, verdict in verdicts.items() if verdict == DISAGREES}
    words = {REFUSES: "refused", ACCEPTS: "accepted"}
    said = {word: [name for name, its in verdicts.items() if its == verdict] for verdict, word in words.items()}
    if not split and not all(said.values()):
        return ""
    parts = [f"{word} by {' and '.join(names)}" for word, names in said.items() if names]
    return ", ".join(parts + [f"{_SPLITS.get(rule.code, 'its pages disagree')}" for _ in split])


_SOURCES = ("the documentation", "the Bedrock script 1e88f24", "the Forge SDK a4d5b3d")
_SPLITS = {
    "tools-missing": "refused by the Bedrock script 1e88f24 and not by another version of it",
    "reserved-word-eos": "refused by the Bedrock script 8c76875 and not by 1e88f24",
    "reserved-word-forge": "refused by the Bedrock script 8c76875 and not by 1e88f24",
    "schema-version-missing": "demanded on one page of the documentation and absent on another",
    "tools-on-bedrock": "discouraged on one page of the documentation and shown on another",
    "webp": "listed on one page of the documentation and not on another",
    "webm": "listed on one page of the documentation and not on another",
}


_VERDICTS: Final[Mapping[str, Verdict]] = {"R": REFUSES, "A": ACCEPTS, "-": SILENT, "?": DISAGREES}
_NOT_IN_GEN_QA = {Target.GEN_QA: Verdicts(SILENT, SILENT, ACCEPTS)}


def _rule(
    code: str,
    means: str,
    said: str = "---",
    *,
    ours: Severity = Severity.WARNING,
    fixable: bool = False,
    elsewhere: Mapping[Target, Verdicts] = MappingProxyType({}),
) -> Rule:
    """`said`: one letter each for docs, script and forge; R refuses, A accepts, ? disagrees in itself, - silent."""
    docs, script, forge = (_VERDICTS[letter] for letter in said)
    return Rule(code, means, docs, script, forge, ours, fixable, elsewhere)


def _error(code: str, means: str, said: str, *, fixable: bool = False) -> Rule:
    return _rule(code, means, said, ours=Severity.ERROR, fixable=fixable)


def _word(code: str, means: str, said: str) -> Rule:
    """A reserved word: the pages name them for fine-tuning with answers, and Forge looks for them there alone."""
    elsewhere = dict.fromkeys(_PROMPTS, Verdicts(SILENT, _VERDICTS[said[1]], ACCEPTS))
    return _rule(code, means, said, fixable=True, elsewhere=elsewhere)


_TABLE = (
    # the file
    _error("empty-file", "the file holds no row", "RRA"),
    _error("not-utf8", "a line is not UTF-8", "RRR"),
    _error("json-syntax", "a line is not JSON", "RRA"),
    _error("not-an-object", "a line is JSON, but not an object", "RRR"),
    _error("byte-order-mark", "the file starts with a byte order mark; SDK v3 refuses it too", "-RA", fixable=True),
    _rule("blank-line", "a line is empty", fixable=True),
    _rule("context", "a row longer than the model's context, even by the lowest estimate of its tokens"),
    _rule("duplicate-row", "a line is byte for byte the same as one before"),
    _rule("rows-too-few", "fewer rows than the platform takes", "RR-"),
    _rule("rows-too-many", "more rows than the platform takes", "RR-"),
    _rule("mixed-fields", "a field is present in some rows and absent in others", "-AR"),
    _rule("mixed-media", "rows of several kinds of media in one file", "R-R"),
    # any row
    _error("duplicate-key", "a key that one object has twice; readers silently keep the last", "-AA", fixable=True),
    _error("missing-key", "a required key is absent", "RRR"),
    _error("wrong-type", "a value has the wrong JSON type", "RRR", fixable=True),
    _error("not-a-number", "NaN or Infinity, which are not JSON, or a number too large to hold", "-AA"),
    _error("lone-surrogate", "half of a surrogate pair, which is not text", "-A-", fixable=True),
    _error("misspelt-key", "a key that is nearly a known one", "---", fixable=True),
    _rule("unknown-key", "a key that a row or turn does not know", "-AR", fixable=True, elsewhere=_NOT_IN_GEN_QA),
    _rule("extra-key", "a key that a part of a turn does not know, and that is not read", "-AA"),
    _rule("letter-case", "a word of the format in another case than the documentation writes it", "-AA", fixable=True),
    _error("role", "a role that the format does not know", "RRR", fixable=True),
    _error("empty", "a text, list or object that must not be empty is", "RRR", fixable=True),
    _rule("blank", "a text of white space, or an empty list, that says nothing", "-AA"),
    _error("too-few-turns", "a conversation without a question and an answer", "RRR"),
    _error("first-turn", "the first turn is not the user's", "RRR"),
    _error("last-turn", "the last turn is not the assistant's", "RRR"),
    _error("alternation", "two turns in a row have the same role", "RRR"),
    _word("reserved-word", "a word that the documentation reserves", "RRR"),
    _word("reserved-word-eos", "[EOS], which the documentation reserves", "R?R"),
    _word("reserved-word-upper", "USER:, BOT:, ASSISTANT:, SYSTEM: or <unk>, which only the validators reserve", "-RR"),
    _word("reserved-word-forge", "Thought:, which Forge reserves", "-?R"),
    _word("reserved-word-case", "a reserved word in another case", "-RA"),
    _word("reserved-word-result", "a reserved word in the result of a tool", "RAR"),
    _rule("thinking-tag", "a <thinking> tag, which the documentation advises against", "-AA"),
    # supervised fine-tuning
    _rule("schema-version-missing", "no schemaVersion", "?AR", fixable=True),
    _rule("schema-version", "a schemaVersion that Forge does not know", "-AR", fixable=True),
    _error("block", "a content block of no known kind, or of two that exclude each other", "RRR"),
    _rule("block-mixed", "a content block of two kinds at once; Converse has one each", "-AA", fixable=True),
    _error("block-role", "a kind of block that its role must not use", "RRR"),
    _error("content-empty", "a turn without blocks, or reasoning without text", "-RA"),
    _rule("answer-empty", "reasoning or a document with an empty text", "-AR"),
    _rule("reasoning-alone", "a turn of reasoning and nothing else", "-RA"),
    _error("media-model", "media for a model that takes text only", "RRR"),
    _error("document-model", "a document for a model that reads none in fine-tuning", "RAR"),
    _error("media-count", "more images or videos than one turn may have", "RRR"),
    _error("media-count-row", "more images or videos than one row may have, in several turns", "RAA"),
    _error("document-count", "more than one document", "RRA"),
    _error("media-together", "a video beside other media in one turn", "RRR"),
    _error("document-together", "a document beside images in one turn", "RAR"),
    _error("media-kinds", "several kinds of media in one row", "RAA"),
    _error("media-format", "a file format that the model does not read", "RRR", fixable=True),
    _rule("webp", "webp, which the documentation's pages and the validators disagree on", "?RA"),
    _rule("webm", "webm, which the documentation's pages and the validators disagree on", "?RA"),
    _error("s3-uri", "a media address that is not a plain s3:// URI", "RRR"),
    _rule("bucket-owner", "no bucketOwner", "-AR"),
    _rule("bucket-owner-digits", "a bucketOwner that is not the twelve digits of an account", "-AA"),
    _rule("several-buckets", "media in several buckets; all must lie in the data set's own", "R--"),
    _error("reasoning-model", "reasoning for a model without it", "RRR"),
    _error("reasoning-media", "reasoning in a row with images or video", "RAA"),
    _error("tool-config", "a toolConfig without a proper list of tools", "RRR"),
    _rule("tool-config-missing", "calls or results in a row that declares no tools", "-AA"),
    _error("tool-description", "a tool without a description", "-RR", fixable=True),
    _rule("tool-schema", "parameters that are no JSON Schema of an object, or require what they do not declare", "-AA"),
    _error("tool-unknown", "a call of a tool that is not declared", "-RR"),
    _error("tool-use-id", "a toolUseId that is used twice, or a result without its call", "RRR"),
    _rule("call-arguments", "a call whose arguments do not fit the schema of its tool", "-AA"),
    _rule("call-unanswered", "a call without a result in the turn after it", "-AA"),
    _rule("call-unknown", "a call in the history, or in the reference, of a tool that is not declared", "-AA"),
    _rule("tools-on-bedrock", "tools, which Bedrock's Nova 2 SFT page says may fail the job", "?AA"),
    # reinforcement fine-tuning
    _error("role-missing", "a turn without a role, which no chat template can write", "-AA"),
    _error("content-missing", "a turn with neither content nor calls", "-AA"),
    _error("system-not-first", "a system turn, and the first is not one", "RRR", fixable=True),
    _rule("system-again", "a second system turn", "-AA"),
    _error("no-user-turn", "no turn of the user", "RRR"),
    _rule("answer-leak", "the prompt ends with the assistant's turn: an answer is shown", "-AA", fixable=True),
    _error("reference-missing", "no reference_answer", "RAA", fixable=True),
    _error("reference-broken", "a reference that looks like JSON text and does not parse", "-AA"),
    _rule("reference-type", "a reference that is neither text nor object", "ARR", fixable=True),
    _rule("id-missing", "no id, so that a grader's result cannot be matched to its row", "-AA", fixable=True),
    _error("id-duplicate", "an id that an earlier row has", "-AA", fixable=True),
    _rule("id-type", "an id that is not text", "-RR", fixable=True),
    _rule("content-blocks", "content as a list of blocks instead of text", "-RA", fixable=True),
    _rule("content-parts", "a part of the content that is no text block", "-RA"),
    _rule("tools-missing", "no tools, which one version of the script demands; AWS's own RFT set has none", "A?A"),
    _error("tool-definition", "a tool that is not an OpenAI function definition", "RRR"),
    _error("tool-parameters", "a function without parameters, or parameters without properties", "-RR", fixable=True),
    _error("tool-duplicate", "two tools of the same name", "-RR"),
    _rule("tool-calls", "tool_calls or tool_call_id that are not in OpenAI's form", "-AR"),
    _rule("role-tool", "a tool turn, which the script refuses", "-RA"),
    _rule("role-forge", "a role that Forge alone knows: bot or developer", "-RA", fixable=True),
    _rule("prompt-only", "a key beside prompt: the serverless service reads the prompt alone"),
    # preference pairs
    _error("candidates", "not a preferred and a non-preferred answer", "RR-"),
    _error("model-method", "a method that the model does not offer", "RR-"),
    # evaluation
    _rule("file-name", "a file that the evaluation does not find under this name", "R--"),
    _error("metadata-type", "metadata that is not text", "R-R", fixable=True),
    _rule("info-json", "info as text that is not JSON", "--R"),
    _error("image-data", "an image that is not a base64 data address", "R-R"),
)  # fmt: skip

RULES: dict[str, Rule] = {rule.code: rule for rule in _TABLE}
