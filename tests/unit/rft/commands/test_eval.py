"""`rft eval run|compare|converse`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from estimators.errors import EstimatorError
from rft.commands import eval as eval_command
from rft.errors import RftError
from rft.jobs.evaluation_plans import TASKS
from tests.unit.estimators.rows import rft_rows
from tests.unit.rft.commands.shell import CHECKPOINT, Shell, graded


def evaluated(shell: Shell, task: str, *more: str) -> str:
    done = shell("eval", "run", "project.yaml", "--model", CHECKPOINT, "--task", task, "--plan", *more)
    assert done.exit_code == 0, done.output
    assert CHECKPOINT in done.output
    assert shell.connected == 0
    return done.output


def test_every_task_of_the_library_is_offered():
    assert eval_command.TASKS == TASKS


@pytest.mark.parametrize("task", [task for task in TASKS if task != "judge"])
def test_an_evaluation_is_planned_without_a_call_and_without_findings(shell: Shell, task: str):
    assert "Note     error" not in evaluated(shell, task)


def test_gen_qa_is_asked_the_held_out_rows_in_its_own_form(shell: Shell):
    evaluated(shell, "gen_qa")
    shell("eval", "run", "project.yaml", "--model", CHECKPOINT, "--task", "gen_qa", "--yes")
    [job] = shell.sagemaker.jobs.values()
    uri = job.request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
    assert uri.endswith("/gen_qa.jsonl")
    stored = shell.aws.client("s3").get_object(Bucket="my-bucket", Key=uri.removeprefix("s3://my-bucket/"))
    first = json.loads(stored["Body"].read().splitlines()[0])
    assert first == {"query": "What is 0 + 0?", "response": '{"sum":0}', "metadata": '{"id":"q-0"}'}


def test_metrics_of_your_own_name_their_own_lambda(shell: Shell):
    own = "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-metrics"
    shown = evaluated(shell, "gen_qa", "--metrics-lambda", own)
    assert "lambda_type: custom_metrics" in shown
    assert f'"eval_lambda_arn": "{own}"' in shown
    assert "grader-mismatch" not in shown


def test_a_judge_gets_both_answers_to_each_prompt(shell: Shell):
    first, second = (judged(shell.folder / f"{name}.jsonl", name) for name in ("base", "rft"))
    shown = evaluated(shell, "judge", "--pair", first, second)
    assert "/llm_judge.jsonl" in shown
    shell("eval", "run", "project.yaml", "--model", CHECKPOINT, "--task", "judge", "--pair", first, second, "--yes")
    [key] = [key for key in shell.stored() if key.endswith("/llm_judge.jsonl")]
    body = shell.aws.client("s3").get_object(Bucket="my-bucket", Key=key)["Body"].read()
    expected = {"prompt": "What is 0 + 0?", "response_A": "base says 0", "response_B": "rft says 0"}
    assert json.loads(body.splitlines()[0]) == expected


def judged(path: Path, name: str) -> str:
    rows = (
        {
            "id": f"q-{i}",
            "messages": [{"role": "user", "content": str(i)}, {"role": "assistant", "content": f"{name} says {i}"}],
            "score": 1,
        }
        for i in range(100)
    )
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return str(path)


def test_a_judge_without_answers_is_refused(shell: Shell):
    with pytest.raises(RftError, match="give --pair"):
        shell("eval", "run", "project.yaml", "--model", CHECKPOINT, "--task", "judge", "--plan")


def test_rows_that_gen_qa_cannot_read_are_found(shell: Shell):
    rows = str(rft_rows(shell.folder / "mine.jsonl"))
    done = shell("eval", "run", "project.yaml", "--model", CHECKPOINT, "--task", "gen_qa", "--data", rows, "--plan")
    assert done.exit_code == 1
    assert "[data-missing-key]" in done.output
    assert "file-name" not in done.output  # it is stored under the right one


def test_an_evaluation_is_started(shell: Shell):
    done = shell("eval", "run", "project.yaml", "--model", CHECKPOINT, "--yes")
    assert done.exit_code == 0, done.output
    assert len(shell.sagemaker.jobs) == 1


def test_models_are_compared_with_interval_slices_and_changed_rows(shell: Shell):
    base, tuned = graded(shell.folder / "base.jsonl", 0, 0.5), graded(shell.folder / "rft.jsonl", 1, 0.5)
    done = shell("eval", "compare", f"base={base}", f"rft={tuned}", "--by", "kind")
    assert done.exit_code == 0
    for expected in ("2 rows", "+0.500", "0: 0 -> 1", "odd"):
        assert expected in done.output
    data = json.loads(shell("eval", "compare", f"base={base}", f"rft={tuned}", "--json").output)
    assert data["models"][1]["against_baseline"]["score"]["wins"] == 1


def test_an_argument_that_names_no_file_or_a_name_twice_is_wrong_use(shell: Shell):
    assert shell("eval", "compare", "base=nowhere.jsonl").exit_code == 2
    base = graded(shell.folder / "base.jsonl", 0)
    assert "two models are called 'a'" in shell("eval", "compare", f"a={base}", f"a={base}").output


def test_a_slice_by_a_key_that_no_row_has_names_the_keys(shell: Shell):
    base = graded(shell.folder / "base.jsonl", 0)
    with pytest.raises(EstimatorError, match=r"no row has the key 'tpye'.*'kind'"):
        shell("eval", "compare", f"a={base}", "--by", "tpye")


def test_answers_of_a_deployed_model_are_collected(shell: Shell):
    rows = str(rft_rows(shell.folder / "rows.jsonl", 3))
    arn = "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/0123456789ab"
    done = shell("eval", "answers", rows, "--model", arn, "-o", "out.jsonl")
    assert done.exit_code == 0
    assert done.output.startswith("3 completions, ")


@pytest.mark.parametrize("sdk", ["boto3", "pytorch", "model-trainer"])
def test_an_evaluation_is_saved_compared_and_the_same_job_under_every_sdk(shell: Shell, sdk: str):
    run = ("eval", "run", "project.yaml", "--model", CHECKPOINT)
    assert shell(*run, "--save", "first.json").exit_code == 0
    done = shell(*run, "--sdk", sdk, "--diff", "first.json")
    assert done.exit_code == 0
    assert '"TrainingJobName"' not in done.output  # whatever changed, it is not the job
    changed = shell(*run, "--attempt", "2", "--diff", "first.json").output
    assert '+  "TrainingJobName"' in changed
    assert shell.connected == 0


def test_a_comparison_is_drawn_and_written_as_a_page(shell: Shell):
    base, tuned = graded(shell.folder / "base.jsonl", 0, 0.5), graded(shell.folder / "rft.jsonl", 1, 0.5)
    page, figures = shell.folder / "page.html", shell.folder / "figures"
    done = shell("eval", "compare", f"base={base}", f"rft={tuned}", "--html", str(page), "--figures", str(figures))
    assert done.exit_code == 0, done.output
    assert "score ≥ 1" in done.output
    assert "Content-Security-Policy" in page.read_text(encoding="utf-8")
    assert {path.name for path in figures.iterdir()} >= {"parts.svg", "parts.csv", "four-panel.svg", "scatter-rft.csv"}


def test_any_number_of_results_from_aws_become_a_page_with_slices_and_labels(shell: Shell):
    models = [
        f"{name}={evaluation_output(shell.folder / name, *found)}"
        for name, found in {"base": "bb", "SFT": "ab", "RFT": "ab"}.items()
    ]
    page, figures = shell.folder / "page.html", shell.folder / "figures"
    by = ("--by", "reference_answer")
    done = shell("eval", "compare", *models, *by, "--html", str(page), "--figures", str(figures))
    assert done.exit_code == 0, done.output
    labels = (figures / "labels.csv").read_text("utf-8").splitlines()
    assert [line.split(",")[:4] for line in labels if line.startswith("a,")] == [
        ["a", "base", "1", "0.0"],
        ["a", "SFT", "1", "1.0"],
        ["a", "RFT", "1", "1.0"],
    ]
    assert all(f"Confusion matrix of {name}" in page.read_text("utf-8") for name in ("base", "SFT", "RFT"))
    assert (figures / "slices.csv").is_file()


def evaluation_output(folder: Path, *written: str) -> Path:
    """What an evaluation job leaves where the right labels are a and b, in this order."""
    arrow = pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'rftkit[local]'")
    from pyarrow import parquet

    rows = [
        {
            "predictions": [answer],
            "metrics": {"rft_eval_lambda_metric": float(answer == wanted)},
            "specifics": {"sample_id": wanted},
            "full_prompt": f"Which is {wanted}?",
            "gold": wanted,
        }
        for wanted, answer in zip("ab", written, strict=True)
    ]
    folder.mkdir()
    parquet.write_table(arrow.Table.from_pylist(rows), folder / "details_rft_eval_#_1.parquet")
    return folder


def test_the_threshold_of_accuracy_is_an_option(shell: Shell):
    base = graded(shell.folder / "base.jsonl", 0, 0.5)
    metrics = json.loads(shell("eval", "compare", f"base={base}", "--success-threshold", "0.5", "--json").output)[
        "models"
    ][0]["metrics"]
    assert metrics["score ≥ 0.5"]["mean"] == 0.5  # one of two


def penalised(path: Path, *waste: float) -> str:
    """One row each that is right and wastes so much; the waste lowers the score."""
    turn = {"role": "assistant", "content": "a completion"}
    rows = (
        {
            "id": str(place),
            "messages": [{"role": "user", "content": str(place)}, turn],
            "score": right - 0.2 * wasted,
            "parts": {"right": right, "waste": wasted},
            "desk": "sales" if place % 2 else "law",
        }
        for place, wasted in enumerate(waste)
        for right in [float(place % 3 > 0)]
    )
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return str(path)


def test_a_rise_of_a_penalty_is_a_loss(shell: Shell):
    models = (
        f"base={penalised(shell.folder / 'base.jsonl', 0, 0, 0.5, 0)}",
        f"rft={penalised(shell.folder / 'rft.jsonl', 1, 1, 0, 0)}",
    )
    [line] = [line for line in shell("eval", "compare", *models).output.splitlines() if "waste" in line and "+" in line]
    assert line.split()[:3] == ["waste", "(a", "penalty)"]
    assert line.split()[-3:] == ["1", "2", "1"]  # the third row wastes less, the first two more, the last as much
    found = json.loads(shell("eval", "compare", *models, "--json").output)
    waste = found["models"][1]["against_baseline"]["waste"]
    assert (found["penalties"], waste["wins"], waste["losses"], waste["mean"]) == (["waste"], 1, 2, 0.375)


def test_where_chooses_the_rollouts_that_are_compared(shell: Shell):
    models = (
        f"base={penalised(shell.folder / 'base.jsonl', 0, 0, 0.5, 0)}",
        f"rft={penalised(shell.folder / 'rft.jsonl', 1, 1, 0, 0)}",
    )
    page, figures = shell.folder / "page.html", shell.folder / "figures"
    drawn = ("--html", str(page), "--figures", str(figures))
    for more in ((), drawn):
        done = shell("eval", "compare", *models, "--where", 'desk == "law"', *more)
        assert "2 rows that all models completed; baseline: base" in done.output
    with pytest.raises(EstimatorError, match="share no row"):
        shell("eval", "compare", *models, "--where", 'model == "base"')
    refused = shell("eval", "compare", *models, "--where", "desk = 1")
    assert (refused.exit_code, "--where, character 6" in refused.output) == (2, True)
    assert shell("eval", "compare", *models, "--where", "score > 2").exit_code == 1
