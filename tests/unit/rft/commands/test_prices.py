"""`--prices FILE`: every command that shows a cost takes the user's prices in place of ours."""

from __future__ import annotations

import pytest

from tests.unit.rft.commands.shell import CHECKPOINT, Shell

OURS = """
read: 2026-11-29
prices: [{instance_type: ml.p5.48xlarge, low: 7, high: 7, basis: our contract, sources: [mine]}]
models: [{model: nova-2-lite, train: [0.5, 0.5], sources: [mine]}]
"""
RFT = f"project.yaml --checkpoint {CHECKPOINT}"
LINES = {
    f"train plan {RFT}": "(our contract; read 2026-11-29)",
    f"train launch {RFT}": "(our contract; read 2026-11-29)",
    "train plan project.yaml --on bedrock --stage sft": "at 0.5",
    "train plan project.yaml --on hyperpod --stage sft": "(our contract; read 2026-11-29)",
    "eval run project.yaml --model nova-lite-2/prod --plan": "(our contract; read 2026-11-29)",
    "model cost nova-2-lite --rows 10 --row-tokens 100": "0.5",
}


@pytest.mark.parametrize("line", LINES)
def test_a_cost_is_shown_at_the_prices_of_the_file(line: str, shell: Shell):
    (shell.folder / "mine.yaml").write_text(OURS)
    priced = shell(*line.split(), "--prices", "mine.yaml")
    assert LINES[line] in priced.output, priced.output


def test_a_finished_job_is_billed_at_the_prices_of_the_file(shell: Shell):
    (shell.folder / "mine.yaml").write_text(OURS)
    name = shell.launched()
    shell("train", "logs", name, "--follow")
    assert "(our contract; read 2026-11-29)" in shell("train", "status", name, "--prices", "mine.yaml").output


def test_prices_change_the_cost_alone(shell: Shell):
    (shell.folder / "mine.yaml").write_text(OURS)
    shell("train", "plan", *RFT.split(), "--save", "ours.json")
    changed = shell("train", "plan", *RFT.split(), "--prices", "mine.yaml", "--diff", "ours.json").output
    lines = [line for line in changed.splitlines() if line[:1] in "+-" and line[:3] not in ("---", "+++")]
    assert [line[:5] for line in lines] == ["-Cost", "+Cost"]


def test_a_wrong_file_of_prices_is_named_with_its_line(shell: Shell, capsys: pytest.CaptureFixture[str]):
    from rft.cli import main

    (shell.folder / "mine.yaml").write_text("read: 2026-11-29\nprices: [{instance_type: ml.p5.48xlarge}]\n")
    with pytest.raises(SystemExit) as end:
        main(["train", "plan", *RFT.split(), "--prices", "mine.yaml"])
    assert end.value.code == 2
    assert "mine.yaml:2" in capsys.readouterr().err
