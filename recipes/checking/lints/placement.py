"""Lints about where a recipe runs: platform, instances, image, names, the grader's address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recipes.checking.context import View
from recipes.checking.lints.lint import Lint, LintFinding
from recipes.families.mixing import CATEGORIES
from recipes.model.base import Platform
from recipes.model.graders import EVAL_GRADER, GRADER, GRADER_ENDPOINT
from rewards.did_you_mean import closest

# The official files write these where a value of your own belongs.
PLACEHOLDER = re.compile(r"<[a-z _-]+>|^s3://(my-bucket-name|example-bucket)/|^s3://escrow_bucket/")
KUBERNETES_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?")  # RFC 1123 label; Helm release names end at 53
HYPERPOD_ONLY = (
    "run.data_s3_path",
    "run.output_s3_path",
    "run.validation_data_s3_path",
    "run.mlflow_tracking_uri",
)
MODEL, MODEL_PATH = "run.model_type", "run.model_name_or_path"
# The folder of each model's checkpoints, by the beginning of its model_type. Beside prod, Nova Forge has pretraining-*
# ("Supervised Fine-Tuning" of Nova Forge names nova-lite-2/pretraining-text-RD and nova-lite-2/pretraining-text-CE).
BASES = {
    "amazon.nova-2-lite-": "nova-lite-2",
    "amazon.nova-2-micro-": "nova-micro-2",
    "amazon.nova-micro-v1": "nova-micro",
    "amazon.nova-lite-v1": "nova-lite",
    "amazon.nova-pro-v1": "nova-pro",
}
CATALOG, NOVA_DATA = "data_mixing.dataset_catalog", "data_mixing.sources.nova_data"
CUSTOMER_SHARE = "data_mixing.sources.customer_data.percent"
ROUNDING = 0.01  # shares such as 0.1 and 0.4 do not add up exactly
ORCHESTRATOR = (
    "run.rollout_request_arn",
    "run.rollout_response_sqs_url",
    "run.generate_request_sqs_url",
    "run.generate_response_sqs_url",
)
DOCUMENTED_INSTANCES = {"rft": ("ml.p5e.48xlarge",)}  # AWS's RFT pages add p5e; the recipes' metadata lacks it


def is_placeholder(value: object) -> bool:
    """Whether a value is an example of AWS's, to be replaced by one's own."""
    return isinstance(value, str) and PLACEHOLDER.search(value) is not None


def _placeholders(view: View) -> Iterator[LintFinding]:
    ignored = HYPERPOD_ONLY if view.context.platform is Platform.SAGEMAKER else ()
    for path, value in view.values.items():
        if is_placeholder(value) and path not in ignored:
            yield LintFinding(path, f"{value} still stands in for your own value")


def _base_model(view: View) -> Iterator[LintFinding]:
    """A base that is misspelt, or that of another model: the job would look for a folder that does not exist."""
    model, path = view.values.get("run.model_type"), view.values.get(MODEL_PATH)
    base = next((base for start, base in BASES.items() if str(model).startswith(start)), None)
    address = path if path and path.startswith("s3://") and "<" not in path else ""  # a `<checkpoint …>` is yet to come
    if address and not address.removeprefix("s3://").rstrip("/").partition("/")[2]:
        yield LintFinding(MODEL_PATH, f"{path} is a whole bucket, and a checkpoint is a folder in one")
    if base is None or not path or path.startswith("s3://") or is_placeholder(path):
        return
    name, _, checkpoint = path.partition("/")
    if name != base:
        yield LintFinding(MODEL_PATH, f"{path!r} is no base of {model}, which has {base}/prod")
    elif checkpoint != "prod" and not checkpoint.startswith("pretraining-"):
        yield LintFinding(MODEL_PATH, f"{base} has no checkpoint {checkpoint!r}; it has {base}/prod")


def _checkpoint_platform(view: View) -> Iterator[LintFinding]:
    path = view.values.get(MODEL_PATH) or ""
    if view.context.platform is Platform.HYPERPOD and "-smtj-" in path:
        yield LintFinding(MODEL_PATH, f"{path} was made by a training job")


def _full_rank(view: View) -> Iterator[LintFinding]:
    method = view.family.METHOD
    if method.endswith("-full") or method in ("cpt", "ppo"):
        yield LintFinding("", f"{view.family.TITLE} trains all weights")


# --- data mixing (Nova Forge) ------------------------------------------------------------------------------------
def _forge(view: View) -> Iterator[LintFinding]:
    if NOVA_DATA in view.values or view.family.METHOD == "rft-byoo":
        what = "data_mixing" if NOVA_DATA in view.values else "an orchestrator of your own"
        yield LintFinding(
            "data_mixing" if NOVA_DATA in view.values else "", f"{what} is read by Nova Forge's containers"
        )


def _mixing_sum(view: View) -> Iterator[LintFinding]:
    shares = view.values.get(NOVA_DATA)
    if shares is None or (not shares and view.values.get(CUSTOMER_SHARE) == 100):
        return
    total = sum(shares.values())
    if abs(total - 100) > ROUNDING and abs(total - 1) > ROUNDING:
        yield LintFinding(NOVA_DATA, f"the shares of nova_data add up to {total:g}")


def _mixing_fractions(view: View) -> Iterator[LintFinding]:
    share, total = view.values.get(CUSTOMER_SHARE), sum((view.values.get(NOVA_DATA) or {}).values())
    if share is not None and 0 < share < 1:
        yield LintFinding(CUSTOMER_SHARE, f"{share:g} is {share:g} percent of your own data")
    if abs(total - 1) <= ROUNDING:
        yield LintFinding(
            NOVA_DATA, "the shares add up to 1, as one of AWS's pages says, and its samples add up to 100"
        )


def _mixing_category(view: View) -> Iterator[LintFinding]:
    catalog, shares = view.values.get(CATALOG), view.values.get(NOVA_DATA) or {}
    known = CATEGORIES.get(catalog or "", frozenset())
    for name in shares if known else ():
        if name not in known:
            close = closest(name, known, cutoff=0.75)
            hint = f"; did you mean {close}?" if close else ""
            yield LintFinding(NOVA_DATA, f"{catalog} has no category {name!r}{hint}")


def _grader_missing(view: View) -> Iterator[LintFinding]:
    if view.values.get("training_config.rollout.rewards.preset_reward_function"):
        return
    for path in (GRADER, EVAL_GRADER):
        if view.values.get(path) == "":
            yield LintFinding(path, "no grader is named")


def _orchestrator_missing(view: View) -> Iterator[LintFinding]:
    for path, value in view.values.items():
        if path in ORCHESTRATOR and not value:
            yield LintFinding(path, "the way to your orchestrator is empty")


def _grader_places(view: View) -> Iterator[LintFinding]:
    first, second = view.values.get(GRADER), view.values.get(GRADER_ENDPOINT)
    if GRADER_ENDPOINT in view.values and first != second:
        yield LintFinding(GRADER_ENDPOINT, f"{second!r} here and {first!r} in {GRADER}")


def _ignored(view: View) -> Iterator[LintFinding]:
    if view.context.platform is not Platform.SAGEMAKER:
        return
    for path in HYPERPOD_ONLY:
        value = view.values.get(path)
        # Not where the family is for training jobs only: then AWS's own file has the key.
        if value and not is_placeholder(value) and Platform.HYPERPOD in view.family.PLATFORMS:
            yield LintFinding(path, f"{value!r} is read on HyperPod only")


def _needed_on_hyperpod(view: View) -> Iterator[LintFinding]:
    if view.context.platform is not Platform.HYPERPOD:
        return
    benchmark = view.family.METHOD in ("eval-text", "eval-multimodal")  # these bring their own data
    for path in ("run.output_s3_path",) if benchmark else ("run.data_s3_path", "run.output_s3_path"):
        if view.values.get(path) == "":
            yield LintFinding(path, "it is empty")


def _validation(view: View) -> Iterator[LintFinding]:
    for path in ("run.validation_data_s3_path", "run.validation_data_s3_path_list"):
        if view.values.get(path) and view.family.METHOD.startswith("sft"):
            yield LintFinding(path, "validation data in an SFT recipe of Nova 2")


def _mlflow(view: View) -> Iterator[LintFinding]:
    if not view.values.get("run.mlflow_tracking_uri"):
        return
    for path in ("run.mlflow_experiment_name", "run.mlflow_run_name"):
        if view.values.get(path) == "":
            yield LintFinding(path, "empty, while mlflow_tracking_uri is set")


def _hyperpod_name(view: View) -> Iterator[LintFinding]:
    name = view.values.get("run.name", "")
    if view.context.platform is Platform.HYPERPOD and not KUBERNETES_NAME.fullmatch(name):
        yield LintFinding("run.name", f"{name!r} is not a Kubernetes name")


def _hyperpod_replicas(view: View) -> Iterator[LintFinding]:
    replicas = view.values.get("run.replicas")
    if view.context.platform is Platform.HYPERPOD and view.family.METHOD.startswith("eval") and replicas != 1:
        yield LintFinding("run.replicas", f"{replicas} replicas for an evaluation on HyperPod")


def _evaluation_replicas(view: View) -> Iterator[LintFinding]:
    replicas, both = view.values.get("run.replicas"), Platform.HYPERPOD in view.family.PLATFORMS
    if view.context.platform is None and both and view.family.METHOD.startswith("eval") and replicas != 1:
        yield LintFinding("run.replicas", f"{replicas} replicas, and where the evaluation runs is not said")


def _platform(view: View) -> Iterator[LintFinding]:
    platform = view.context.platform
    if platform is not None and platform not in view.family.PLATFORMS:
        runs_on = " or ".join(view.family.PLATFORMS)
        yield LintFinding("", f"{view.family.TITLE} runs on {runs_on}, not on {platform}")


def _instance(view: View) -> Iterator[LintFinding]:
    wanted, known = view.context.instance_type, view.official.instance_types
    documented = DOCUMENTED_INSTANCES.get(view.family.METHOD.partition("-")[0], ())
    if wanted and known and wanted not in (*known, *documented):
        yield LintFinding("", f"{view.official.name} is not published for {wanted}; it runs on {', '.join(known)}")


def _image(view: View) -> Iterator[LintFinding]:
    image, expected = view.context.image, view.context.expected_image
    if image and expected and image != expected:
        yield LintFinding("", f"the image is {image}, AWS publishes {expected} for this recipe and region")


LINTS = (
    Lint(
        "base-model",
        "error",
        "the job would start from a model that does not exist",
        "write the base of run.model_type, or the s3:// URI of a checkpoint",
        "the official files; Supervised Fine-Tuning (Nova Forge, AWS page)",
        _base_model,
        rests_on=(MODEL,),
    ),
    Lint(
        "checkpoint-platform",
        "error",
        "a checkpoint can be used only on the platform that made it",
        "start from a checkpoint made on HyperPod",
        "Evaluating your SageMaker AI-trained model (AWS page)",
        _checkpoint_platform,
    ),
    Lint(
        "full-rank-on-demand",
        "note",
        "Bedrock serves such a model on reserved units (rft model deploy --units) only, not on demand",
        "train a LoRA adapter to be served on demand",
        "On-demand inference on Custom Models (AWS page)",
        _full_rank,
    ),
    Lint(
        "needs-nova-forge",
        "note",
        "other containers ignore or refuse it",
        "subscribe to Nova Forge, and use its images and its HyperPod command line",
        "Supervised Fine-Tuning; Reinforcement Learning (Nova Forge, AWS pages)",
        _forge,
    ),
    Lint(
        "mixing-sum",
        "error",
        "the categories share what customer_data leaves, in percent",
        "make them add up to 100",
        "Supervised Fine-Tuning and Continued Pre-Training (Nova Forge, AWS pages)",
        _mixing_sum,
    ),
    Lint(
        "mixing-fractions",
        "warning",
        "shares are in percent",
        "write 75 for three quarters",
        "Continued Pre-Training (Nova Forge, AWS page)",
        _mixing_fractions,
    ),
    Lint(
        "mixing-category",
        "warning",
        "no page of AWS's names it",
        "use a category of this catalogue",
        "Supervised Fine-Tuning and Continued Pre-Training (Nova Forge, AWS pages)",
        _mixing_category,
    ),
    Lint(
        "placeholder",
        "warning",
        "the job would look for something that does not exist",
        "fill in your own",
        "the official files",
        _placeholders,
    ),
    Lint(
        "grader-missing",
        "warning",
        "completions cannot be graded",
        "write the ARN of your grader",
        "the official files",
        _grader_missing,
    ),
    Lint(
        "orchestrator-missing",
        "warning",
        "rollouts are left to it, and rewards come back from it alone",
        "write the ARN and the three queues of the stack that you deployed",
        "Reinforcement Learning (Nova Forge, AWS page)",
        _orchestrator_missing,
    ),
    Lint(
        "grader-places",
        "error",
        "the container reads the ARN in both places",
        "write the same ARN in both",
        "RFT on Nova 2.0 on SageMaker Training Jobs (AWS page)",
        _grader_places,
    ),
    Lint(
        "ignored-on-training-job",
        "warning",
        "a training job takes data from its channel and has its own output setting",
        "empty it, and name the data in the job's input channel",
        "comments in the official files",
        _ignored,
    ),
    Lint(
        "needed-on-hyperpod",
        "error",
        "HyperPod jobs read and write where the recipe says",
        "write the s3:// URI",
        "comments in the official files",
        _needed_on_hyperpod,
    ),
    Lint(
        "validation-ignored",
        "warning",
        "AWS's SFT page says that validation data is not supported, while the recipe has the keys",
        "measure on held-out data with an evaluation job",
        "Fine-tune Nova 2.0 (AWS page)",
        _validation,
    ),
    Lint(
        "mlflow-names",
        "warning",
        "logging to MLflow needs both names",
        "give the experiment and the run a name",
        "comments in the official files",
        _mlflow,
    ),
    Lint(
        "hyperpod-name",
        "error",
        "HyperPod names Kubernetes objects after the run",
        "use lower-case letters, digits and hyphens, at most 53",
        "Kubernetes object names (RFC 1123)",
        _hyperpod_name,
    ),
    Lint(
        "hyperpod-eval-replicas",
        "error",
        "evaluation runs on one instance there",
        "set 1",
        "comments in the official evaluation files",
        _hyperpod_replicas,
    ),
    Lint(
        "eval-replicas",
        "warning",
        "HyperPod evaluates on one instance; only a training job takes more",
        "set 1, or say where it runs: --on sagemaker",
        "comments in the official evaluation files",
        _evaluation_replicas,
    ),
    Lint(
        "wrong-platform",
        "error",
        "the container for it does not exist there",
        "choose a recipe with rft recipe list --on PLATFORM",
        "aws/sagemaker-hyperpod-recipes@2631995",
        _platform,
    ),
    Lint(
        "instance-type",
        "error",
        "AWS refuses other instances, or they lack the memory",
        "use one of the listed types, or another recipe",
        "nova_metadata.json",
        _instance,
    ),
    Lint(
        "image-mismatch",
        "error",
        "each method, platform and region has its own image",
        "use the published image",
        "nova_regional_parameters.json",
        _image,
    ),
)
