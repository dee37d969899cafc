"""Every lint: a recipe that it complains about, and a neighbour that it leaves alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from recipes import Context, DataFacts, GraderFacts, Platform, catalogue, check, dump, official, replace
from recipes.catalogue.find import choose
from recipes.checking.lints.all import LINTS

RFT, RFT_POD = "nova_lite_v2_smtj_p5_p5en_gpu_lora_rft", "nova_lite_2_0_p5_gpu_lora_rft"
SFT, TEXT = "nova_lite_2_0_p5_gpu_lora_sft", "nova_lite_2_0_p5_48xl_gpu_general_text_benchmark_eval"
PPO = "nova_micro_1_0_p5_gpu_ppo"
MTRL, BYOO = "mtrl_nova_lite_2_0_lora", "rft-byoo"
CPT = "nova_lite_2_0_p5x8_gpu_pretrain"
MULTIMODAL = "nova_lite_2_0_p5_48xl_gpu_general_multi_modal_benchmark_eval"
TASK, SUBTASK = "evaluation.task", "evaluation.subtask"
TRAINER, ROLLOUT = "training_config.trainer", "training_config.rollout"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:grader"
ENDPOINT = f"{ROLLOUT}.rewards.api_endpoint"
IMAGE = "708977205387.dkr.ecr.us-east-1.amazonaws.com/nova-fine-tune-repo"
JOB, POD = Context(platform=Platform.SAGEMAKER), Context(platform=Platform.HYPERPOD)
S3 = {"run.data_s3_path": "s3://bucket/train.jsonl", "run.output_s3_path": "s3://bucket/out/"}
FIRST_ARN, SECOND_ARN = "run.reward_lambda_arn", f"{ENDPOINT}.lambda_arn"
LAMBDA_BATCH, CONCURRENCY = f"{ENDPOINT}.lambda_batch_size", f"{ENDPOINT}.lambda_concurrency_limit"
GROUP, NEW_TOKENS = f"{ROLLOUT}.advantage_strategy.number_generation", f"{ROLLOUT}.generator.max_new_tokens"
SCHEDULE = "training_config.lr_scheduler"
MLFLOW = "arn:aws:sagemaker:us-east-1:123456789012:mlflow-tracking-server/experiments"
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/SageMaker-q"
QUEUES = ("run.rollout_response_sqs_url", "run.generate_request_sqs_url", "run.generate_response_sqs_url")
LORA_PLUS, VAL = f"{TRAINER}.peft.lora_tuning.lora_plus_lr_ratio", f"{TRAINER}.val_check_interval"
VALIDATED = {"run.validation_data_s3_path": "s3://bucket/val.jsonl"}
MODEL, LR = "run.model_name_or_path", f"{TRAINER}.optim_config.lr"
NOVA_DATA, CUSTOMER = "data_mixing.sources.nova_data", "data_mixing.sources.customer_data.percent"


def rows(count: int, longest: int = 0, *, reasoning: bool | None = None) -> Context:
    return Context(data=DataFacts(count, longest, has_reasoning=reasoning))


class Case(NamedTuple):
    code: str
    recipe: str
    wrong: Mapping[str, Any]
    right: Mapping[str, Any]
    context: Context = Context()
    right_context: Context | None = None


CASES = (
    Case("placeholder", RFT, {}, {"run.data_s3_path": "", FIRST_ARN: ARN, SECOND_ARN: ARN}),
    Case("grader-missing", RFT_POD, {}, {FIRST_ARN: ARN}),
    Case("grader-places", RFT, {FIRST_ARN: ARN}, {FIRST_ARN: ARN, SECOND_ARN: ARN}),
    Case("ignored-on-training-job", SFT, S3, {"run.data_s3_path": "", "run.output_s3_path": ""}, JOB),
    Case("needed-on-hyperpod", RFT_POD, {"run.output_s3_path": ""}, S3, POD),
    Case("validation-ignored", SFT, {"run.validation_data_s3_path": "s3://bucket/val.jsonl"}, {}),
    Case(
        "mlflow-names",
        SFT,
        {"run.mlflow_tracking_uri": MLFLOW, "run.mlflow_run_name": ""},
        {"run.mlflow_tracking_uri": MLFLOW},
    ),
    Case("hyperpod-name", SFT, {"run.name": "My-Run"}, {"run.name": "my-run"}, POD),
    Case("hyperpod-eval-replicas", TEXT, {"run.replicas": 2}, {"run.replicas": 1}, POD),
    Case("orchestrator-missing", BYOO, {}, dict.fromkeys(QUEUES, QUEUE)),
    Case("implausible", RFT_POD, {"run.generation_replicas": 65}, {"run.generation_replicas": 64}),
    Case("implausible", PPO, {"run.am_replicas": 10**9}, {}),
    Case("implausible", RFT, {LORA_PLUS: 0}, {LORA_PLUS: 1}),
    Case("implausible", CPT, {"training_config.optim.eps": 1e-3}, {"training_config.optim.eps": 1e-8}),
    Case("implausible", RFT, {f"{TRAINER}.kl_loss_coef": 100}, {f"{TRAINER}.kl_loss_coef": 0}),
    Case(
        "space-around", SFT, {"run.data_s3_path": "s3://bucket/a.jsonl "}, {"run.data_s3_path": "s3://bucket/a b.jsonl"}
    ),
    Case("space-around", SFT, {"run.mlflow_run_name": "\tmine"}, {"run.mlflow_run_name": ""}),
    Case("ppo-shared", PPO, {"ppo_reward.trainer.num_nodes": 5}, {"run.rm_replicas": 2}),
    Case("ppo-shared", PPO, {"ppo_reward.max_length": 4096}, {}),
    Case("validation-after-end", CPT, VALIDATED | {VAL: 11}, VALIDATED | {VAL: 10}),
    Case("validation-after-end", CPT, VALIDATED | {VAL: 11}, {VAL: 11}),
    Case("validation-after-end", RFT, {f"{TRAINER}.test_steps": 6}, {f"{TRAINER}.test_steps": 5}),
    Case("no-variance", RFT_POD, {f"{ROLLOUT}.generator.top_k": 1}, {f"{ROLLOUT}.generator.top_k": 0}),
    Case("no-variance", MTRL, {"sampling_params.top_p": 0}, {"val_sampling_params.top_p": 0}),
    Case("eval-replicas", TEXT, {"run.replicas": 2}, {"run.replicas": 2}, right_context=JOB),
    Case("odd-window", CPT, {"training_config.max_length": 123}, {"training_config.max_length": 16_384}),
    Case("odd-window", PPO, {"ppo_reward.max_length": 8191}, {}),
    Case("wrong-platform", CPT, {}, {}, JOB, POD),
    Case("instance-type", SFT, {}, {}, Context(instance_type="ml.g5.xlarge"), Context(instance_type="ml.p5.48xlarge")),
    Case(
        "image-mismatch",
        SFT,
        {},
        {},
        Context(image=f"{IMAGE}:SM-TJ-RFT-V2-latest", expected_image=f"{IMAGE}:SM-TJ-SFT-V2-latest"),
        Context(image=f"{IMAGE}:SM-TJ-SFT-V2-latest", expected_image=f"{IMAGE}:SM-TJ-SFT-V2-latest"),
    ),
    Case("no-variance", RFT, {f"{ROLLOUT}.generator.top_k": 1}, {f"{ROLLOUT}.generator.top_k": 0}),
    Case("no-variance", RFT_POD, {f"{ROLLOUT}.generator.temperature": 0}, {f"{ROLLOUT}.generator.temperature": 0.7}),
    Case(
        "no-variance",
        "mtrl_nova_lite_2_0_lora",
        {"sampling_params.temperature": 0.0},
        {"val_sampling_params.temperature": 0.0},
    ),
    Case("one-answer", RFT, {GROUP: 1}, {}),
    Case(
        "one-answer",
        "mtrl_nova_lite_2_0_lora",
        {"batch.group_size": 1},
        {"batch.group_size": 1, "rl.advantage_method": "monte_carlo"},
    ),
    Case("base-model", SFT, {MODEL: "s3://bucket/"}, {MODEL: "s3://bucket/job/step-4"}),
    Case("data-file", RFT, {"run.data_s3_path": "s3://bucket/t.CSV"}, {"run.data_s3_path": "s3://bucket/t.jsonl"}),
    Case(
        "data-file",
        SFT,
        {"run.validation_data_s3_path": "s3://bucket/t.parquet"},
        {"run.data_s3_path": "s3://bucket/t.d/"},
    ),
    Case(
        "output-is-a-file",
        SFT,
        {"run.output_s3_path": "s3://bucket/o.jsonl"},
        {"run.output_s3_path": "s3://bucket/v1.2/"},
    ),
    Case(
        "adam-decay",
        SFT,
        {"training_config.optim_config.adam_beta1": 1.0},
        {"training_config.optim_config.adam_beta1": 0.999},
    ),
    Case(
        "adam-decay",
        "nova_micro_1_0_p5_gpu_ppo",
        {"ppo_critic.model.optim.betas": [0.9, 1]},
        {"ppo_critic.model.optim.betas": [0.9, 0.99]},
    ),
    Case("base-model", SFT, {MODEL: "nova-lite-2/prodx"}, {MODEL: "nova-lite-2/pretraining-text-RD"}),
    Case("base-model", SFT, {MODEL: "NOVA-LITE-2/PROD"}, {MODEL: "s3://customer-escrow-123456789012-smtj-a/job"}),
    Case("base-model", "nova_pro_1_0_p5_gpu_sft", {MODEL: "nova-lite/prod"}, {MODEL: "nova-pro/prod"}),
    Case("checkpoint-platform", SFT, {MODEL: "s3://customer-escrow-123456789012-smtj-a/job"}, {}, POD),
    Case("needs-nova-forge", SFT, {NOVA_DATA: {"code": 100}}, {}),
    Case("mixing-sum", SFT, {NOVA_DATA: {"code": 50, "math": 49}}, {NOVA_DATA: {"code": 99.9, "math": 0.1}}),
    Case("mixing-sum", CPT, {NOVA_DATA: {"code": 0.5, "math": 0.4}}, {NOVA_DATA: {"code": 50, "math": 50}}),
    Case("mixing-fractions", CPT, {NOVA_DATA: {"code": 0.5, "math": 0.5}}, {NOVA_DATA: {"code": 50, "math": 50}}),
    Case("mixing-fractions", SFT, {CUSTOMER: 0.5}, {CUSTOMER: 50}),
    Case("mixing-category", SFT, {NOVA_DATA: {"legal": 100}}, {NOVA_DATA: {"code": 100}}),
    Case("published-lr", RFT_POD, {LR: 9e-6}, {LR: 1.1e-5}),
    Case("unusual-lr", RFT_POD, {LR: 2e-8}, {LR: 1e-4}),  # far from the file's 7e-7 and from AWS's finding
    Case("save-after-end", RFT, {f"{TRAINER}.save_steps": 6}, {f"{TRAINER}.save_steps": 5}),
    Case("answer-over-window", RFT, {NEW_TOKENS: 8192}, {NEW_TOKENS: 8191}),
    Case("prompt-over-window", RFT, {}, {}, rows(100, 2193), rows(100, 2192)),
    Case("batch-not-divisible", RFT, {GROUP: 3}, {GROUP: 4}),
    Case("long-warmup", SFT, {f"{SCHEDULE}.warmup_steps": 51}, {f"{SCHEDULE}.warmup_steps": 50}),
    Case("min-lr-over-lr", SFT, {f"{SCHEDULE}.min_lr": 1e-5}, {f"{SCHEDULE}.min_lr": 9e-6}),
    Case("unusual-lr", SFT, {"training_config.optim_config.lr": 3.1e-4}, {"training_config.optim_config.lr": 2.9e-4}),
    Case("few-reasoning-tokens", RFT, {NEW_TOKENS: 4095}, {NEW_TOKENS: 4096}),
    Case("fewer-rows-than-batch", SFT, {}, {}, rows(31), rows(32)),
    Case("fewer-rows-than-batch", RFT, {}, {}, rows(31), rows(32)),  # 64 answers / 2
    Case("few-rows", RFT, {}, {}, rows(99), rows(100)),
    Case("epochs", SFT, {}, {}, rows(319), rows(320)),  # 100 steps x 32 rows
    Case("epochs", RFT, {}, {}, rows(161), rows(160)),  # 5 steps x 32 prompts
    Case("reasoning-data", SFT, {}, {}, rows(3200, reasoning=False), rows(3200, reasoning=True)),
    Case("grader-timeout", RFT, {LAMBDA_BATCH: 31}, {LAMBDA_BATCH: 30}, Context(grader=GraderFacts(3, 0.1))),
    Case("grader-concurrency", RFT_POD, {CONCURRENCY: 63}, {CONCURRENCY: 64}),
    Case(
        "grader-concurrency",
        RFT,
        {},
        {},
        Context(grader=GraderFacts(concurrency=11)),
        Context(grader=GraderFacts(concurrency=12)),
    ),
    Case("grader-payload", RFT, {LAMBDA_BATCH: 263}, {LAMBDA_BATCH: 262}),  # 6 MiB / 24,000 B
    Case("baseline", RFT, {}, {}, Context(baseline=0.96), Context(baseline=0.5)),
    Case("baseline", RFT, {}, {}, Context(baseline=0.0), Context(baseline=0.05)),
    Case("task-metric", TEXT, {"evaluation.task": "ifeval"}, {"evaluation.task": "mmlu"}),
    Case("subtask", TEXT, {SUBTASK: "abstract_algebr"}, {SUBTASK: "abstract_algebra, anatomy"}),
    Case("subtask", TEXT, {SUBTASK: "algebra"}, {SUBTASK: "ALL"}),  # of another benchmark
    Case("subtask", TEXT, {TASK: "gpqa", SUBTASK: "all"}, {TASK: "strong_reject", SUBTASK: "violence"}),
    Case("subtask-of-a-sample", TEXT, {SUBTASK: "mathematics"}, {SUBTASK: "college_mathematics"}),
    Case("subtask", TEXT, {SUBTASK: "mathematic"}, {SUBTASK: "mathematics"}),
    Case(
        "bucket-name", SFT, {"run.output_s3_path": "s3://Old_Bucket/o/"}, {"run.output_s3_path": "s3://new.bucket-1/o/"}
    ),
    Case("bucket-name", SFT, {MODEL: "s3://a..b/c/"}, {MODEL: "s3://escrow_bucket/model_location"}),
    Case("subtask", MULTIMODAL, {SUBTASK: "accounting"}, {SUBTASK: "Accounting"}),
)


def test_a_recipe_of_all_weights_is_said_not_to_be_served_on_demand():
    said = {entry.name for entry in catalogue() if "full-rank-on-demand" in found_in(dump(entry.recipe()))}
    assert said == {
        entry.name for entry in catalogue() if entry.method.endswith("-full") or entry.method in ("cpt", "ppo")
    }


def found_in(text: str) -> set[str]:
    return {problem.code for problem in check(text)}


def codes(case: Case, changes: Mapping[str, Any], context: Context) -> set[str]:
    text = dump(replace(choose(case.recipe).recipe(), changes))
    return {problem.code for problem in check(text, context=context)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_the_lint_complains(case: Case):
    assert case.code in codes(case, case.wrong, case.context)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_the_lint_leaves_its_neighbour_alone(case: Case):
    assert case.code not in codes(case, case.right, case.right_context or case.context)


def test_every_lint_has_a_case():
    assert {lint.code for lint in LINTS} == {case.code for case in CASES} | {"full-rank-on-demand"}


def test_every_code_is_used_once():
    assert len({lint.code for lint in LINTS}) == len(LINTS)


def test_a_finding_names_its_path_its_numbers_and_a_fix():
    text = dump(replace(official(RFT).recipe(), {f"{TRAINER}.save_steps": 9}))
    (problem,) = [problem for problem in check(text) if problem.code == "save-after-end"]
    assert (problem.path, problem.value, problem.severity) == (f"{TRAINER}.save_steps", 9, "error")
    assert "every 9 steps in a run of 5" in problem.message
    assert problem.fix == "set it to at most max_steps"


def test_lints_still_judge_a_file_with_a_wrong_value_elsewhere():
    text = dump(official(RFT).recipe()).replace("name: my-rft-run", "name: [1]")
    assert {"wrong-value", "no-variance"} <= {problem.code for problem in check(text)}
