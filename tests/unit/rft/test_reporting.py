"""The report of a run: what it says is read from the stages that are finished."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from rft.cli import rft
from rft.errors import StageError
from rft.project import ProjectFile, load_project
from rft.report import render
from rft.stages.reporting import collect, require_finished
from rft.stages.trainings import Training, curves_of, more_curves_of, trainings_beside

LOAD = runpy.run_path(str(Path(__file__).parents[3] / "benchmarks" / "load.py"))
ROWS = 40


@pytest.fixture
def run(tmp_path: Path) -> Path:
    root: Path = LOAD["write_run"](tmp_path, ROWS)
    return root


def project(run: Path) -> ProjectFile:
    return load_project(run.parent / "demo" / "project.yaml")


def test_a_run_without_rft_is_reported_as_what_it_is(run: Path) -> None:
    for stage in ("rft", "eval_rft"):
        shutil.rmtree(run / stage)
    require_finished(run)
    report = collect(project(run), run)
    page = render(report)
    assert list(report.comparisons[0][1]["score"]) == ["base", "SFT"]
    assert {gain.after for gain in report.gains} == {"SFT"}
    assert "RFT" not in " ".join((*report.constructed, *report.not_told, *report.verdict.unsure))
    assert "The worst completions of SFT" in page


def test_every_number_that_a_training_logged_is_in_one_curve() -> None:
    sft = [{"step_number": 1, "training_loss": 2.0, "grad_norm": 1.0, "note": "a text"}]
    rft = [
        {"step_number": 1, "critic/rewards/mean": 0.5, "metric/names": 0.4, "actor/lr": None},
        {"step_number": 2, "actor/lr": 1},
    ]
    trainings = [Training("SFT", Path(), sft, ()), Training("RFT", Path(), rft, ())]
    main, more = ([curve.title for curve in of(trainings)] for of in (curves_of, more_curves_of))
    assert main == ["SFT: loss (nats per token)", "RFT: mean reward"]
    assert more == ["SFT: grad_norm", "RFT: names", "RFT: actor/lr"]


def test_the_command_writes_the_page_again_or_elsewhere(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(run.parent)
    Path("runs").mkdir()
    run.rename("runs/demo")
    again = CliRunner().invoke(rft, ["report", "demo/project.yaml"])
    elsewhere = CliRunner().invoke(rft, ["report", "demo/project.yaml", "-o", "new/page.html"])
    assert (again.exception, elsewhere.exception) == (None, None)
    assert again.output == "Report: runs/demo/report/report.html\n"
    assert Path("new/page.html").read_bytes() == Path("runs/demo/report/report.html").read_bytes()


def test_the_curves_of_other_runs_lie_beside_those_of_the_run(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(run.parent)
    Path("runs").mkdir()
    run.rename("runs/demo")
    other = Path("runs/demo-seed-7/rft")
    other.mkdir(parents=True)
    metrics = [{"step_number": step, "critic/rewards/mean": 0.25} for step in (1, 2)]
    (other / "metrics.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in metrics), encoding="utf-8")
    (curve,) = curves_of([], trainings_beside({"seed-7": other.parent}))
    assert curve.points == ()
    done = CliRunner().invoke(
        rft, ["report", "demo/project.yaml", "--beside", "seed-7=runs/demo-seed-7", "-o", "p.html"]
    )
    assert done.exception is None
    assert "seed-7: step 2: 0.25" in Path("p.html").read_text(encoding="utf-8")
    for wrong in ("seed-7=nowhere", "nowhere"):
        assert CliRunner().invoke(rft, ["report", "demo/project.yaml", "--beside", wrong]).exit_code == 2
    with pytest.raises(StageError, match="holds no curves"):
        trainings_beside({"x": run.parent})


def test_a_run_without_an_evaluation_has_no_report(run: Path) -> None:
    shutil.rmtree(run / "eval_sft")
    with pytest.raises(StageError, match="no finished eval_sft"):
        require_finished(run)


def test_accuracy_stands_below_the_mean_and_counts_completions_that_are_right(run: Path) -> None:
    path = run / "eval_rft" / "RFT.greedy.jsonl"
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    written = [{**record, "score": 1.0 if number < 10 else 0.9} for number, record in enumerate(records)]
    path.write_text("".join(f"{json.dumps(record)}\n" for record in written), encoding="utf-8")
    comparison = collect(project(run), run).comparisons[0][1]
    assert list(comparison)[:2] == ["score", "score ≥ 1"]
    assert comparison["score ≥ 1"]["RFT"].mean == 0.25  # 10 of 40


def test_what_was_made_for_the_run_is_read_from_it(run: Path) -> None:
    before = collect(project(run), run)
    notes = [
        {"key": "training_config.max_steps", "status": "scaled", "recipe_value": 60, "local_value": 39, "why": "fits"}
    ]
    (run / "sft" / "notes.json").write_text(json.dumps(notes))
    (run / "data" / "provenance").mkdir()
    (run / "data" / "provenance" / "train.jsonl").write_text('{"id": "a", "teacher": "template/1"}\n' * 3)
    after = collect(project(run), run)
    assert "SFT took 39 steps; its recipe asks for 60 (fits)." in after.constructed
    assert not any("recipe asks" in line for line in before.constructed)
    assert any(line.startswith("3 samples were") and "template/1" in line for line in after.constructed)
    assert any("of 1 keys this run scaled 1 (max_steps)" in line for line in after.not_told)
