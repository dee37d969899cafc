"""Every rule for a training or evaluation file, and who demands it.

Sources, read 2026-11: *docs* are the pages "Preparing data for SFT on Amazon Nova 2", "Preparing data for RFT on Amazon
Nova 2", "Preparing data for multimodal fine-tuning" (Nova 1), "Direct preference optimization" and "Evaluating your
SageMaker AI-trained model"; *script* is nova_ft_dataset_validator.py of aws-samples/amazon-nova-samples, commit
1e88f24; *forge* is the data set validation of aws/nova-forge-sdk, commit a4d5b3d. They disagree, so each column says
what its source does, and `severity_of` decides once.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal, NamedTuple, TypeAlias

from datagen.validate.findings import Severity

Verdict: TypeAlias = Literal["refuses", "accepts", "silent"]
REFUSES: Final = "refuses"
ACCEPTS: Final = "accepts"
SILENT: Final = "silent"


class Target(StrEnum):
    """What the file is for."""

    BEDROCK_SFT = "bedrock-sft"
    TRAINING_JOB_SFT = "training-job-sft"
    BEDROCK_RFT = "bedrock-rft"
    RFT = "rft"
    RFT_MULTITURN = "rft-multiturn"
    DPO = "dpo"
    CPT = "cpt"
    GEN_QA = "gen-qa"
    RFT_EVAL = "rft-eval"
    JUDGE = "judge"
    DISTILLATION = "distillation"


class Rule(NamedTuple):
    """A rule, what each source does with a file that breaks it, and ours where none of them decides."""

    code: str
    means: str
    docs: Verdict = "silent"
    script: Verdict = "silent"
    forge: Verdict = "silent"
    ours: Severity = Severity.WARNING
    fixable: bool = False


def severity_of(rule: Rule, target: Target) -> Severity:
    """An error where the documentation, or the validator of the platform itself, refuses; else our own judgement.

    Bedrock's own validator is the script; that of training jobs and HyperPod is the Forge SDK.
    """
    own = rule.script if target in (Target.BEDROCK_SFT, Target.BEDROCK_RFT) else rule.forge
    return Severity.ERROR if "refuses" in (rule.docs, own) else rule.ours


def _error(code: str, means: str, docs: Verdict, script: Verdict, forge: Verdict, *, fixable: bool = False) -> Rule:
    return Rule(code, means, docs, script, forge, Severity.ERROR, fixable)


_TABLE = (
    # the file
    _error("empty-file", "the file holds no row", REFUSES, REFUSES, ACCEPTS),
    _error("not-utf8", "a line is not UTF-8", REFUSES, REFUSES, REFUSES),
    _error("json-syntax", "a line is not JSON", REFUSES, REFUSES, ACCEPTS),
    _error("not-an-object", "a line is JSON, but not an object", REFUSES, REFUSES, REFUSES),
    Rule("byte-order-mark", "the file starts with a byte order mark, which SageMaker SDK v3 refuses", fixable=True),
    Rule("blank-line", "a line is empty", fixable=True),
    Rule("context", "a row longer than the model's context, even by the lowest estimate of its tokens"),
    Rule("duplicate-row", "a line is byte for byte the same as one before"),
    Rule("rows-too-few", "fewer rows than the platform takes", REFUSES, REFUSES, SILENT),
    Rule("rows-too-many", "more rows than the platform takes", REFUSES, REFUSES, SILENT),
    Rule("mixed-fields", "a field is present in some rows and absent in others", SILENT, ACCEPTS, REFUSES),
    Rule("mixed-media", "rows of several kinds of media in one file", REFUSES, SILENT, REFUSES),
    # any row
    _error("missing-key", "a required key is absent", REFUSES, REFUSES, REFUSES),
    _error("wrong-type", "a value has the wrong JSON type", REFUSES, REFUSES, REFUSES, fixable=True),
    _error("not-a-number", "NaN or Infinity, which are not JSON", REFUSES, ACCEPTS, ACCEPTS),
    _error("lone-surrogate", "half of a surrogate pair, which is not text", SILENT, ACCEPTS, SILENT, fixable=True),
    _error("misspelt-key", "a key that is nearly a known one", SILENT, ACCEPTS, SILENT, fixable=True),
    Rule("unknown-key", "a key that the format does not know", SILENT, ACCEPTS, REFUSES),
    _error("role", "a role that the format does not know", REFUSES, REFUSES, REFUSES, fixable=True),
    _error("empty", "a text, list or object that must not be empty is", REFUSES, REFUSES, REFUSES),
    _error("too-few-turns", "a conversation without a question and an answer", REFUSES, REFUSES, REFUSES),
    _error("first-turn", "the first turn is not the user's", REFUSES, REFUSES, REFUSES),
    _error("last-turn", "the last turn is not the assistant's", REFUSES, REFUSES, REFUSES),
    _error("alternation", "two turns in a row have the same role", REFUSES, REFUSES, REFUSES),
    _error("reserved-word", "a word that the documentation reserves", REFUSES, REFUSES, REFUSES, fixable=True),
    Rule("reserved-word-forge", "a word that only the validators reserve", SILENT, SILENT, REFUSES, fixable=True),
    Rule("reserved-word-case", "a reserved word in another case", SILENT, REFUSES, ACCEPTS, fixable=True),
    Rule("thinking-tag", "a <thinking> tag, which the documentation advises against"),
    # supervised fine-tuning
    Rule("schema-version-missing", "no schemaVersion", REFUSES, ACCEPTS, REFUSES, fixable=True),
    Rule("schema-version", "a schemaVersion that Forge does not know", ACCEPTS, ACCEPTS, REFUSES, fixable=True),
    _error("block", "a content block that is not exactly one known kind", REFUSES, REFUSES, REFUSES),
    _error("block-role", "a kind of block that its role must not use", REFUSES, REFUSES, REFUSES),
    _error("media-model", "media for a model that takes text only", REFUSES, REFUSES, SILENT),
    _error("media-count", "more images, videos or documents than one row may have", REFUSES, REFUSES, REFUSES),
    _error("media-together", "kinds of media that exclude each other in one row", REFUSES, REFUSES, REFUSES),
    _error("media-format", "a file format that the model does not read", REFUSES, REFUSES, REFUSES, fixable=True),
    Rule("webp", "webp, which the documentation's pages and the validators disagree on", SILENT, REFUSES, ACCEPTS),
    Rule("webm", "webm, which the documentation's pages disagree on", SILENT, ACCEPTS, ACCEPTS),
    _error("s3-uri", "a media address that is not a plain s3:// URI", REFUSES, REFUSES, REFUSES),
    Rule("bucket-owner", "no bucketOwner", SILENT, ACCEPTS, REFUSES),
    Rule("several-buckets", "media in several buckets; all must lie in the data set's own", REFUSES, SILENT, SILENT),
    _error("reasoning-model", "reasoning for a model without it", REFUSES, REFUSES, SILENT),
    _error("reasoning-media", "reasoning in a row with images or video", REFUSES, REFUSES, REFUSES),
    _error("tool-config", "a toolConfig without a proper list of tools", REFUSES, REFUSES, REFUSES),
    _error("tool-unknown", "a call of a tool that is not declared", REFUSES, REFUSES, SILENT),
    _error("tool-use-id", "a toolUseId that is used twice, or a result without its call", REFUSES, REFUSES, SILENT),
    Rule("tools-on-bedrock", "tools, which Bedrock's Nova 2 SFT page says may fail the job", SILENT, ACCEPTS, ACCEPTS),
    # reinforcement fine-tuning
    _error("system-not-first", "a system turn that is not the first", REFUSES, REFUSES, REFUSES, fixable=True),
    _error("no-user-turn", "no turn of the user", REFUSES, REFUSES, REFUSES),
    Rule("answer-leak", "the prompt ends with the assistant's turn: an answer is shown", fixable=True),
    _error("reference-missing", "no reference_answer", REFUSES, REFUSES, ACCEPTS),
    _error("reference-broken", "a reference that looks like JSON text and does not parse", SILENT, ACCEPTS, ACCEPTS),
    Rule("reference-type", "a reference that is neither text nor object", ACCEPTS, REFUSES, REFUSES),
    Rule("id-missing", "no id, so that a grader's result cannot be matched to its row", fixable=True),
    _error("id-duplicate", "an id that an earlier row has", SILENT, ACCEPTS, ACCEPTS, fixable=True),
    Rule("id-type", "an id that is not text", SILENT, SILENT, REFUSES, fixable=True),
    Rule("content-blocks", "content as a list of blocks instead of text", SILENT, REFUSES, ACCEPTS, fixable=True),
    Rule("tools-missing", "no tools, which the script alone demands", ACCEPTS, REFUSES, ACCEPTS),
    _error("tool-definition", "a tool that is not an OpenAI function definition", REFUSES, REFUSES, REFUSES),
    _error("tool-duplicate", "two tools of the same name", SILENT, REFUSES, REFUSES),
    _error("tool-required", "a required parameter that the tool does not declare", SILENT, ACCEPTS, ACCEPTS),
    Rule("role-tool", "a tool turn, which the script refuses", SILENT, REFUSES, ACCEPTS),
    # preference pairs
    _error("candidates", "not a preferred and a non-preferred answer", REFUSES, REFUSES, SILENT),
    _error("model-method", "a method that the model does not offer", REFUSES, REFUSES, SILENT),
    # evaluation
    Rule("file-name", "a file that the evaluation does not find under this name", REFUSES, SILENT, SILENT),
    _error("metadata-type", "metadata that is not text", REFUSES, SILENT, SILENT, fixable=True),
    _error("image-data", "an image that is not a base64 data address", REFUSES, SILENT, SILENT),
)  # fmt: skip

RULES: dict[str, Rule] = {rule.code: rule for rule in _TABLE}
