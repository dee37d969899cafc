"""What is wrong with a mapping as a recipe of one class: unknown and missing keys, types, choices, ranges."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import ValidationError

from recipes.editing.detect_family import blocks_of, choices_of
from recipes.families.all import FAMILIES
from recipes.model.base import Key, R, Recipe, completed, flatten, keys_of
from recipes.model.json_schema import allowed_at, family_schema, schema_at
from recipes.problems import Problem, Severity, shown
from recipes.yaml.interpolation import is_foreign
from recipes.yaml.write import to_mapping
from rewards.did_you_mean import closest

SOURCE = "aws/sagemaker-hyperpod-recipes@2631995"
# sagemaker 2.257.7, pytorch/estimator.py: a Nova recipe has both, and a model type with amazon.nova in it.
DECIDING = ("run.model_type", "run.model_name_or_path")
LONGEST_PATH = 300  # of what is compared with known keys
LIKE = 0.65  # how like a neighbouring key a misspelling of it is, by difflib
SAME_SETTING = 0.85  # how like the other platform's name of one setting is, as lora_plus_ and loraplus_lr_ratio are
_DIGITS = re.compile(r"-?\d{1,18}")
LONG = 50  # of text beyond this the length is said, as it may be what is wrong
MAX_SUGGESTED = 100  # unknown keys for which the closest known one is sought: each costs a comparison with all


def structure_problems(mapping: Mapping[str, Any], family: type[Recipe]) -> list[Problem]:
    """Every key of `mapping` that `family` does not know, lacks, or cannot hold the value of."""
    keys = keys_of(family)
    flat = flatten(mapping, keys)
    strange = [path for path in flat if path not in keys and path not in blocks_of(family)]
    unknown = dict.fromkeys(_outermost(path, family) for path in strange)
    wrong = wrong_values(mapping, family)
    missing = [key for path, key in keys.items() if path not in flat and not may_be_left_out(key, family)]
    suspects = {problem.path for problem in wrong}
    # A scalar in the place of a block is one problem, not one for each key of the block.
    lacking = (key for key in missing if not any(key.path.startswith(f"{path}.") for path in suspects))
    strangers = (path for path in unknown if path not in suspects)
    return [
        *wrong,
        *(_unknown(path, value_at(mapping, path), family, seek=i < MAX_SUGGESTED) for i, path in enumerate(strangers)),
        *(_missing(key, family) for key in lacking),
    ]


# "Understanding the recipe parameters" and "Evaluating your SageMaker AI-trained model" (AWS pages): all of inference
# and the names in MLflow are optional, and a subtask is to be removed where a benchmark has none.
LEFT_OUT_OF_EVALUATIONS = ("inference.", "evaluation.subtask", "run.mlflow_")


def may_be_left_out(key: Key, family: type[Recipe]) -> bool:
    """Whether a recipe of the class may lack a key that the official file has, by what AWS's pages say."""
    return key.optional or (family.METHOD.startswith("eval") and key.path.startswith(LEFT_OUT_OF_EVALUATIONS))


def _outermost(path: str, family: type[Recipe]) -> str:
    """The block that is unknown as a whole, for a path within one; the path itself where only the key is unknown."""
    steps = _steps(path)
    known = blocks_of(family)
    depth = next(n for n in range(1, len(steps) + 1) if n == len(steps) or ".".join(steps[:n]) not in known)
    return ".".join(steps[:depth])


def _steps(path: str) -> list[str]:
    """The steps of a dotted path; a quoted one, which holds a dot itself, is one step."""
    return re.findall(r'"[^"]*"|[^.]+', path) or [path]


def wrong_values(mapping: Mapping[str, Any], family: type[Recipe]) -> list[Problem]:
    """A problem for each path whose value has the wrong type, choice or range; unknown keys are not among them."""
    found: dict[str, Problem] = {}
    for path, value in _failures(mapping, family):
        found.setdefault(path, _wrong(path, value, family))
    return list(found.values())


def _failures(mapping: Mapping[str, Any], family: type[Recipe]) -> Iterator[tuple[str, object]]:
    """The path and value of each validation error. A union reports once per member: the path is what counts."""
    try:
        parsed(mapping, family)
    except ValidationError as error:
        keys = keys_of(family)
        for item in error.errors(include_url=False, include_context=False):
            if item["type"] != "extra_forbidden":
                path = _known_path(item["loc"], keys)
                yield path, value_at(mapping, path)


def parsed(mapping: Mapping[str, Any], family: type[R]) -> R:
    """The recipe that a mapping is, the official values filled in where it has none. Raises pydantic's error."""
    return family.model_validate(completed(mapping, _defaults(family)))


@cache
def _defaults(family: type[Recipe]) -> Mapping[str, Any]:
    return to_mapping(family(), resolve=False)


def _known_path(location: Sequence[int | str], keys: Mapping[str, Key]) -> str:
    """The key a validation error is about: its location, cut where pydantic's union tags and indices begin."""
    path = ""
    for step in location:
        longer = f"{path}.{step}" if path else str(step)
        if path in keys or not any(key == longer or key.startswith(f"{longer}.") for key in keys):
            break
        path = longer
    return path


def value_at(mapping: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, None where there is none.

    >>> value_at({"run": {"name": "a"}}, "run.name")
    'a'
    """
    value: Any = mapping
    for step in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _wrong(path: str, value: object, family: type[Recipe]) -> Problem:
    if is_foreign(value):
        message = f"{shown(value)} cannot be resolved offline; only ${{oc.select:path}} of the official files is known"
        return Problem(path, value, message, "unknown-interpolation", SOURCE, allowed=allowed_at(family, path))
    if name := _unfilled(value):
        message = f"{{{name}}} is a place in a template that nothing was filled into"
        return Problem(
            path, value, message, "wrong-value", SOURCE, allowed_at(family, path), fix="write the value there"
        )
    length = f" ({len(value)} characters)" if isinstance(value, str) and len(value) > LONG else ""
    message = f"{shown(value)} is not allowed{length}"
    fix = _choice(path, value, family) or _in_quotes(path, value, family)
    return Problem(path, value, message, "wrong-value", SOURCE, allowed_at(family, path), fix=fix)


def _unfilled(value: object) -> str:
    """The name in `{name}`, which YAML reads as a mapping of that name to nothing; empty for any other value.

    >>> _unfilled({"job_name": None}), _unfilled({"label": "s3://bucket/a"})
    ('job_name', '')
    """
    names = list(value) if isinstance(value, Mapping) and list(value.values()) == [None] else [""]
    return str(names[0])


def _choice(path: str, value: object, family: type[Recipe]) -> str:
    """The choice that a misspelt one stands for, where there is one."""
    choices = choices_of(keys_of(family)[path].field.annotation) if path in keys_of(family) else None
    close = (
        closest(str(value), [str(choice) for choice in choices or ()], cutoff=0.75) if isinstance(value, str) else None
    )
    return f"did you mean {close}?" if close else ""


def _in_quotes(path: str, value: object, family: type[Recipe]) -> str:
    """The number or truth that a text in quotes, or a float such as 100.0, stands for, where the key takes it."""
    from jsonschema import Draft202012Validator  # takes a while, and most recipes need it not

    meant: int | bool
    if isinstance(value, float) and value.is_integer():
        meant, how = int(value), ""
    elif isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
        meant, how = int(value), " without quotes"
    elif isinstance(value, str) and value.lower() in ("true", "false"):
        meant, how = value.lower() == "true", " without quotes"
    else:
        return ""
    takes = Draft202012Validator(schema_at(family_schema(family), path)).is_valid(meant)
    return f"write {json.dumps(meant)}{how}" if takes else ""


def _unknown(path: str, value: object, family: type[Recipe], *, seek: bool) -> Problem:
    if any(path in keys_of(other) for other in _twins(family)):
        return _of_other_platform(path, value, family)
    close = meant(path, family) if seek else None
    fix = f"did you mean {close}?" if close else "remove it"
    kind = f"such block (of {len(flatten(value))} keys)" if isinstance(value, Mapping) and value else "such key"
    return Problem(path, value, f"{family.TITLE} has no {kind}", "unknown-key", SOURCE, fix=fix)


# The same setting under the names that other trainers have for it (TRL, Hugging Face, verl, JumpStart's template).
OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "max_steps": ("num_epochs", "epochs", "num_train_epochs", "max_epochs", "epoch", "total_epochs", "training_steps"),
    "max_epochs": ("num_epochs", "epochs", "num_train_epochs", "max_steps", "epoch", "total_epochs"),
    "lr": ("learning_rate", "learningrate", "peak_lr", "max_lr"),
    "learning_rate": ("lr",),
    "global_batch_size": ("batch_size", "train_batch_size", "per_device_train_batch_size", "gbs", "micro_batch_size"),
    "training_batch_size": ("global_batch_size", "batch_size", "train_batch_size"),
    "alpha": ("lora_alpha", "lora_r", "lora_rank", "rank", "r"),
    "warmup_steps": ("warmup_ratio", "warmup", "num_warmup_steps", "lr_warmup_steps"),
    "number_generation": ("num_generations", "number_generations", "num_generation", "group_size", "rollout_n", "n"),
    "group_size": ("num_generations", "number_generation", "number_generations"),
    "max_length": ("max_seq_length", "max_seq_len", "max_context_length", "context_length", "seq_length"),
    "max_seq_length": ("max_length", "max_seq_len", "max_context_length"),
    "max_new_tokens": ("max_tokens", "max_completion_length", "max_response_length", "max_output_tokens"),
    "max_tokens": ("max_new_tokens", "max_completion_length"),
    "kl_loss_coef": ("kl_coef", "kl_beta", "beta", "kl_loss_coeff", "init_kl_coef"),
    "ent_coeff": ("entropy_coeff", "entropy_coef", "ent_coef"),
    "lora_plus_lr_ratio": ("loraplus_lr_ratio", "learning_rate_ratio", "loraplus_ratio"),
    "loraplus_lr_ratio": ("lora_plus_lr_ratio", "learning_rate_ratio", "loraplus_ratio"),
    "reward_lambda_arn": ("lambda_arn", "reward_arn", "grader_arn", "reward_function_arn"),
    "data_s3_path": ("train_path", "data_path", "training_data", "train_data_s3_path", "dataset"),
    "output_s3_path": ("output_path", "output_dir"),
    "replicas": ("instance_count", "num_nodes", "nodes", "num_instances"),
    "save_steps": ("save_interval", "checkpoint_steps", "save_every"),
    "test_steps": ("test_freq", "eval_steps", "val_check_interval"),
}


def meant(path: str, family: type[Recipe]) -> str | None:
    """The key or block of a family that an unknown one stands for: another trainer's name for it, or a misspelling.

    >>> from recipes import SftLora
    >>> meant("training_config.num_epochs", SftLora), meant("training_config.optim_confg", SftLora)
    ('training_config.max_steps', 'training_config.optim_config')
    """
    if len(path) > LONGEST_PATH:
        return None
    known = [block for block in (*keys_of(family), *blocks_of(family)) if block and not path.startswith(f"{block}.")]
    name = _steps(path)[-1]
    other = [key for key in known if name.lower() in OTHER_NAMES.get(key.rpartition(".")[2], ())]
    if other:
        return max(other, key=lambda key: difflib.SequenceMatcher(None, path, key).ratio())
    elsewhere = [key for key in known if _last(key) == name]
    if len(elsewhere) == 1:  # a block or key that is indented too little or too far
        return elsewhere[0]
    beside = {_spelling(key): key for key in known if key.rpartition(".")[0] == path.rpartition(".")[0]}
    close = closest(_spelling(path), beside, cutoff=0.0)
    if close and difflib.SequenceMatcher(None, _last(close), _last(_spelling(path))).ratio() >= LIKE:
        return beside[close]
    return closest(path, known, cutoff=0.75)


def _spelling(path: str) -> str:
    """A path without what is only a way of writing: upper case, hyphens."""
    return path.lower().replace("-", "_")


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _twins(family: type[Recipe]) -> list[type[Recipe]]:
    """The same method with another key set on another platform."""
    return [other for other in FAMILIES if other.METHOD == family.METHOD and other.PLATFORMS != family.PLATFORMS]


def _of_other_platform(path: str, value: object, family: type[Recipe]) -> Problem:
    owner = next(other for other in _twins(family) if path in keys_of(other))
    message = f"this key belongs to {owner.TITLE}, not to {family.TITLE}"
    close = meant(path, family)
    same = close and difflib.SequenceMatcher(None, _last(close), _last(path)).ratio() >= SAME_SETTING
    fix = f"did you mean {close}?" if same else "remove it"
    severity: Severity = "warning" if value in ("", None) else "error"  # nothing, said to a container without the key
    return Problem(path, value, message, "other-platform-key", SOURCE, fix=fix, severity=severity)


def _missing(key: Key, family: type[Recipe]) -> Problem:
    message = "the official recipe has this key and the file does not"
    severity: Severity = "warning"
    # Old official distillation recipes name the teacher only.
    if key.path in DECIDING and family.METHOD != "distill":
        message, severity = "without this key AWS's SDK does not take the file for a Nova recipe", "error"
    fix = f"add it; the official value is {shown(key.default)}"
    allowed = allowed_at(family, key.path)
    return Problem(key.path, None, message, "missing-key", SOURCE, allowed, fix, severity)
