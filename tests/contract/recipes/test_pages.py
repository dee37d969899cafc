"""What AWS's pages and older official files show is accepted, and what a file names decides how it is judged."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes import Context, Platform, catalogue, check, dump, load, official, to_mapping
from recipes.catalogue.find import choose
from recipes.checking.check import checked_as
from recipes.editing.replace import set_value
from recipes.model.base import flatten, keys_of
from recipes.yaml.read import Document, read_yaml

PAGES = sorted((Path(__file__).parent / "pages").glob("*.yaml"))
SFT = dump(official("nova_lite_2_0_p5_gpu_lora_sft").recipe())
MTRL = dump(official("mtrl_nova_lite_2_0_lora").recipe())


def errors(text: str, **context: object) -> list[str]:
    return [str(problem) for problem in check(text, **context) if problem.severity == "error"]  # type: ignore[arg-type]


def method_of(text: str) -> str:
    found = checked_as(read_yaml(text), Context())
    assert found is not None
    return found.method


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_sample_of_a_page_has_no_error(page: Path):
    assert errors(page.read_text("utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_sample_of_a_page_reads_back_equal(page: Path):
    recipe = load(page)
    assert load(dump(recipe)) == recipe


@pytest.mark.parametrize(
    ("page", "path", "sources"),
    [
        ("eval_parameters", "run.name", ("Understanding the recipe parameters", "CreateTrainingJob")),
        ("eval_parameters", "evaluation.subtask", ("Understanding the recipe parameters", "sagemaker-train")),
        ("eval_parameters", "run.output_s3_path", ("bucket naming rules",)),
        ("eval_parameters_mlflow", "mlflow", ("Understanding the recipe parameters",)),
        ("eval_picture_judge", "evaluation.task", ("Evaluating your SageMaker AI-trained model", "official YAML")),
    ],
)
def test_what_one_source_of_aws_shows_and_another_refuses_is_a_warning_with_both(
    page: str, path: str, sources: tuple[str, ...]
):
    text = (Path(__file__).parent / "pages" / f"{page}.yaml").read_text("utf-8")
    (found,) = [problem for problem in check(text) if problem.path == path]
    assert found.severity == "warning"
    assert [source for source in sources if source not in f"{found.message} {found.source}"] == []


@pytest.mark.parametrize(("model", "counts"), [("micro", (1, 2)), ("lite", (1, 2, 4)), ("pro", (3, 6, 12))])
def test_ppo_takes_the_machines_of_aws_s_page(model: str, counts: tuple[int, ...]):
    (entry,) = [entry for entry in catalogue() if entry.method == "ppo" and entry.model.name == f"nova-{model}"]
    text = dump(entry.recipe())
    for count in counts:
        assert errors(text.replace("actor_train_replicas: ", f"actor_train_replicas: {count} #")) == []
    assert errors(text.replace("actor_train_replicas: ", "actor_train_replicas: 5 #")) != []


def test_what_the_page_calls_optional_may_be_left_out_of_an_evaluation():
    text = "\n".join(
        line
        for line in (Path(__file__).parent / "pages" / "eval_job.yaml").read_text("utf-8").splitlines()
        if not line.startswith("inference") and "mlflow" not in line and not line.startswith("  to")
    )
    assert [p.path for p in check(text) if p.path.startswith(("inference", "run.mlflow"))] == []


def test_an_unfilled_place_of_a_template_is_told_as_one():
    (found,) = [p for p in check(SFT.replace("name: my-lora-sft-run", "name: {job_name}", 1)) if p.path == "run.name"]
    assert "{job_name} is a place in a template that nothing was filled into" in found.message


@pytest.mark.parametrize("name", [
    "group_based", "monte_carlo", "group_based_per_turn", "rloo", "reinforce_pp", "reinforce_pp_baseline", "opo",
    "grpo_passk", "gpg",
])  # fmt: skip
def test_every_advantage_method_of_the_page_is_allowed(name: str):
    text = MTRL.replace("advantage_method: group_based", f"advantage_method: {name}")
    assert errors(text) == []
    assert [problem for problem in check(text) if problem.path == "rl.advantage_method"] == []


def test_the_source_that_aws_s_tools_write_is_accepted():
    text = SFT.replace("run:\n", "run:\n  source: hub\n")
    assert [problem for problem in check(text) if problem.path == "run.source"] == []


def test_no_validation_is_written_as_null():
    assert errors(SFT.replace("val_check_interval: 2500", "val_check_interval: null")) == []


@pytest.mark.parametrize(
    "text",
    [
        SFT.replace("    lora_tuning:", "#").replace("      alpha:", "#").replace("      lora_plus_lr_ratio:", "#"),
        SFT.replace("  model_type: amazon.nova-2-lite-v1:0:256k", "  model_type: amazon.nova-2-lite-v1:0:265k"),
        SFT.replace("training_config:", "trainng_config:"),
        SFT.replace("  optim_config:", "  optimizer:"),
        "run: {model_type: amazon.nova-2-lite-v1:0:256k}\ntraining_config: {max_steps: 9, peft: {peft_scheme: lora}}",
    ],
    ids=["no lora_tuning", "model misspelt", "block misspelt", "block of another trainer", "few keys"],
)
def test_what_names_the_method_decides_whatever_is_missing(text: str):
    assert method_of(text) == "sft-lora"


# What names each method; a CPT recipe of Nova 1.0 has nothing of the kind and is told by its keys alone.
NAMING = ("model_type", "peft_scheme", "task", "task_type", "teacherModelId", "max_new_tokens", "beta", "gamma")
NAMED = [entry for entry in catalogue() if entry.method not in ("cpt", "ppo")]


@settings(max_examples=200)
@given(st.data())
def test_leaving_keys_out_does_not_make_it_another_method(data: st.DataObject):
    entry = data.draw(st.sampled_from(NAMED))
    values = flatten(to_mapping(entry.recipe(), resolve=False), keys_of(entry.family))
    named = [path for path in values if path.rpartition(".")[2] in NAMING]
    kept = data.draw(st.sets(st.sampled_from(sorted(values))))
    mapping: dict[str, Any] = {}
    for path in (path for path in values if path in named or path in kept):
        set_value(mapping, path, values[path])
    found = checked_as(Document(mapping), Context())
    assert found is not None
    assert found.method == entry.method


def test_as_checks_a_file_as_what_the_user_says():
    full = choose("sft-full")
    found = check(SFT, context=Context(recipe=full))
    assert any(problem.path == "training_config.peft.lora_tuning" for problem in found)


def test_a_block_of_unknown_keys_is_one_finding():
    found = [
        p for p in check(SFT + "wandb:\n  project: a\n  entity: b\n  tags: {x: 1, y: 2}\n") if p.code == "unknown-key"
    ]
    assert [problem.path for problem in found] == ["wandb"]
    assert "block (of 4 keys)" in found[0].message


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("training_config.num_epochs", "training_config.max_steps"),
        ("training_config.optim_config.learning_rate", "training_config.optim_config.lr"),
        ("training_config.batch_size", "training_config.global_batch_size"),
        ("training_config.peft.lora_tuning.lora_alpha", "training_config.peft.lora_tuning.alpha"),
        ("run.instance_count", "run.replicas"),
        ("training_config.MAX_STEPS", "training_config.max_steps"),
    ],
)
def test_another_trainer_s_name_leads_to_ours(written: str, meant: str):
    from recipes.editing.structure import meant as meaning

    assert meaning(written, type(load(SFT))) == meant


def test_a_text_of_a_closed_domain_that_is_misspelt_is_named_with_what_was_meant():
    (found,) = [p for p in check(MTRL.replace("loss_fn: ppo", "loss_fn: pop")) if p.path == "rl.loss_fn"]
    assert "'importance_sampling' or 'ppo' or 'cispo'" in found.allowed


def test_a_name_says_the_rule_in_words():
    (found,) = [p for p in check(SFT.replace("name: my-lora-sft-run", "name: my_run", 1)) if p.path == "run.name"]
    assert "letters, digits and hyphens (no underscore" in str(found)
    long = SFT.replace("name: my-lora-sft-run", f"name: {'a' * 64}", 1)
    (found,) = [p for p in check(long) if p.path == "run.name"]
    assert "(64 characters)" in found.message


def test_official_files_have_only_warnings_that_a_user_can_act_on():
    """Each asks for a value of the user's own, or for a choice that AWS's file leaves badly made."""
    codes = {p.code for entry in catalogue() for p in check(dump(entry.recipe())) if p.severity == "warning"}
    actionable = {"placeholder", "grader-missing", "no-variance", "outside-limits", "long-warmup", "published-lr"}
    assert codes <= actionable


def test_an_exponent_without_a_dot_is_said_and_written_back_with_one():
    text = SFT.replace("lr: 1.0e-05", "lr: 1e-5")
    (found,) = [problem for problem in check(text) if problem.code == "yaml-exponent"]
    assert (found.severity, found.path) == ("note", "training_config.optim_config.lr")
    assert "lr: 1.0e-05" in dump(load(text))


def test_a_checkpoint_of_a_training_job_is_refused_on_hyperpod_only():
    text = SFT.replace("nova-lite-2/prod", "s3://customer-escrow-123456789012-smtj-x/job")
    codes = {platform: {p.code for p in check(text, platform=platform)} for platform in Platform}
    assert [platform for platform, found in codes.items() if "checkpoint-platform" in found] == [Platform.HYPERPOD]


def test_a_block_that_only_pages_show_is_one_finding():
    text = (Path(__file__).parent / "pages" / "rft_job.yaml").read_text("utf-8")
    found = [p.path for p in check(text) if p.code == "documented-only"]
    assert "training_config.trainer.adaptive_curriculum" in found
    assert len(found) == len(set(found))
    assert not [path for path in found if path.startswith("training_config.trainer.adaptive_curriculum.")]
