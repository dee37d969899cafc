"""`rft audit`: one grader, its exit status, and every way to name a grader."""

import json
import logging
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rft.cli import main, rft
from rft.graders.deployed import GraderError
from rft.graders.lambda_grader import lambda_grader

FIXTURES = Path(__file__).parents[2] / "fixtures"
ROWS = [
    {"id": str(n), "messages": [{"role": "user", "content": f"{a} and {b}?"}], "reference_answer": {"calls": calls}}
    for n, (a, b, calls) in enumerate(
        (a, b, [{"name": tool, "arguments": {"of": a, "n": n}} for n, tool in enumerate(tools)])
        for a, b, tools in [("ant", "bee", ("see",)), ("cow", "dog", ("hear", "see")), ("elk", "fox", ("feed",)),
                            ("gnu", "hen", ("call", "feed")), ("ibis", "jay", ("hear",)), ("kea", "lynx", ("call",))]
    )
]  # fmt: skip
FAST = ("--set", "law_examples=20", "--set", "hostile_bytes=5000", "--set", "attack_rows=6")
REWARD = """
from rewards import CallFormat, gated, json_parse, tool_calls, weighted

reward = weighted({
    "format": (json_parse("object"), 0.05),
    "calls": (gated(tool_calls(CallFormat(calls="calls")), by=json_parse("object"), threshold=0.75), 0.95),
})
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    (tmp_path / "my_reward.py").write_text(REWARD, encoding="utf-8")
    for name in ("good_graders/honest.py", "bad_graders/exits.py", "bad_graders/empties_messages.py"):
        shutil.copy(FIXTURES / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rft, ["audit", "--data", "rows.jsonl", *FAST, *arguments])


def test_a_sound_reward_passes_with_status_0(folder: Path):
    result = run("--reward", "my_reward.py:reward")
    assert result.exit_code == 0, result.output
    assert result.output.rstrip().endswith("passed")


def test_rows_whose_answer_stands_in_an_unknown_column_prove_nothing(folder: Path):
    rows = [{"id": str(n), "prompt": f"Pulse {n}?", "label": "urgent"} for n in range(6)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "any.py").write_text(
        "from rewards import Score\n\ndef reward(sample, completion):\n    return Score(0.5)\n"
    )
    result = run("--reward", "any.py:reward")
    assert "--prompt COLUMN --answer COLUMN" in result.output.replace("\n", " ")
    assert result.output.rstrip().splitlines()[-1].startswith("not proven: without right answers")


def test_an_unsound_reward_fails_with_status_1_and_says_why(folder: Path):
    (folder / "length.py").write_text(
        "from rewards import Score\n\n"
        "def reward(sample, completion):\n    return Score(min(1.0, len(completion.text) / 500))\n"
    )
    result = run("--reward", "length.py:reward", "--html", "report.html")
    assert result.exit_code == 1
    assert "attack-above-gold" in result.output
    assert "attack-above-gold" in (folder / "report.html").read_text()


def test_a_page_that_cannot_be_written_costs_no_figure_of_the_audit(folder: Path, capsys):
    taking = "open('taken', 'w').close()  # a file where the page wants its folder\n"
    (folder / "taking.py").write_text(REWARD + taking)
    with pytest.raises(SystemExit) as left:
        main(["audit", "--data", "rows.jsonl", *FAST, "--reward", "taking.py:reward", "--html", "taken/page.html"])
    printed = capsys.readouterr()
    assert left.value.code == 2
    assert printed.out.rstrip().endswith("passed")
    assert "taken" in printed.err


def test_rows_without_messages_are_refused_before_anything_else(folder: Path, capsys):
    (folder / "rows.jsonl").write_text('{"id": "a", "reference_answer": "4"}\n')
    with pytest.raises(SystemExit) as left:
        main(["audit", "--data", "rows.jsonl", "--reward", "my_reward.py:reward"])
    assert left.value.code == 2
    assert "line 1 has no list of 'messages'" in capsys.readouterr().err


def test_a_declared_answer_is_said(folder: Path):
    rows = [{**row, "reference_answer": row["id"] * 3, "gold": f"Thus <plan>{row['id'] * 3}</plan>"} for row in ROWS]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "tagged.py").write_text(
        "from rewards import AnswerFormat, exact_match\n\nreward = exact_match(AnswerFormat(tag='plan'))\n"
    )
    result = run("--reward", "tagged.py:reward")
    assert "answer            at tag:plan (declared)" in result.output


def test_the_place_that_a_refusal_names_is_one_that_passes(folder: Path):
    """A reader of the first word, on labels with no word behind them: the report says which option to try."""
    labels = ("positive", "negative", "neutral", "mixed", "unclear", "sarcastic")
    rows = [
        {"id": str(n), "messages": [{"role": "user", "content": f"Review {n}"}], "reference_answer": labels[n % 6]}
        for n in range(12)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "word.py").write_text(
        "import re\nfrom rewards import Score\n\ndef reward(sample, completion):\n"
        "    found = re.match(r'\\W*(\\w+)', completion.text[:200])\n"
        "    return Score(float(bool(found) and found[1].lower() == sample.reference))\n"
    )
    refused = run("--reward", "word.py:reward")
    assert refused.exit_code == 1
    told = " ".join(refused.output.split())
    assert "law-answer-place" in told
    assert "--answer 'first-word', 0 of the" in told
    passed = run("--reward", "word.py:reward", "--answer", "first-word")
    assert passed.exit_code == 0, passed.output


def test_json_is_for_machines(folder: Path):
    report = json.loads(run("--reward", "my_reward.py:reward", "--json", "--seed", "3").output)
    assert report["passed"] is True
    assert report["config"]["seed"] == 3
    assert report["config"]["hostile_bytes"] == 5000


def test_a_handler_file_runs_in_lambda_with_its_siblings(folder: Path):
    result = run("--lambda", "honest.py")
    assert result.exit_code == 0, result.output


def test_a_handler_that_exits_hurts_nobody_here(folder: Path):
    result = run("--lambda", "exits.py")
    assert result.exit_code == 1
    assert "contract-raises" in result.output


def test_a_changed_event_is_seen_through_the_lambda_border(folder: Path):
    result = run("--lambda", "empties_messages.py")
    assert result.exit_code == 1
    assert "contract-input" in result.output


def test_saved_rollouts_take_the_place_of_simulated_ones(folder: Path):
    rows = [
        {**row, "messages": [*row["messages"], {"role": "assistant", "content": text}]}
        for row in ROWS
        for text in (json.dumps(row["reference_answer"]), "{}")
    ]
    (folder / "rollouts.jsonl").write_text("\n".join(map(json.dumps, rows)))
    report = json.loads(run("--reward", "my_reward.py:reward", "--rollouts", "rollouts.jsonl", "--json").output)
    assert (report["signal"]["source"], report["signal"]["groups"]) == ("rollouts", len(ROWS))


def test_right_answers_may_come_from_a_function(folder: Path):
    (folder / "gold.py").write_text("def answer(row):\n    return 'wrong'\n")
    report = json.loads(run("--reward", "my_reward.py:reward", "--gold", "gold.py:answer", "--json").output)
    assert report["gold"]["sources"] == {"--gold function": len(ROWS)}
    assert report["gold"]["below"] == len(ROWS)


def test_a_recipe_sets_the_step_the_cost_is_projected_to(folder: Path):
    from recipes import dump, nova_lite_2_rft_lora

    recipe = nova_lite_2_rft_lora()
    (folder / "recipe.yaml").write_text(dump(recipe))
    report = json.loads(run("--reward", "my_reward.py:reward", "--recipe", "recipe.yaml", "--json").output)
    assert report["config"]["step"]["samples"] == recipe.training_config.global_batch_size
    assert "64 answers a step" in report["cost"]["plan"]


def test_warnings_fail_only_when_asked(folder: Path):
    (folder / "binary.py").write_text(
        "from rewards import exact_match, json_parse, product, tool_calls, CallFormat, expression\n"
        "from rewards import Score\nBASE = tool_calls(CallFormat(calls='calls'))\n"
        "def reward(sample, completion):\n    return Score(float(BASE(sample, completion).value == 1))\n"
    )
    assert run("--reward", "binary.py:reward").exit_code == 0  # signal-sparse is a warning
    assert run("--reward", "binary.py:reward", "--strict").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name one grader"),
        (("--reward", "my_reward.py:reward", "--lambda", "x.zip"), "name one grader"),
        (("--lambda", "nowhere.zip"), "no such file"),
        (("--lambda", "arn:aws:lambda:nowhere"), "not the ARN"),
        (("--lambda", "rows.jsonl"), "no such file"),
        (("--reward", "my_reward.py:rewrad"), "rewrad"),
        (("--reward", "my_reward.py:reward", "--set", "wrongmax=1"), "did you mean 'wrong_max'"),
        (("--reward", "my_reward.py:reward", "--bounds", "1"), "2 numbers"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(arguments, message, folder, capsys):
    with pytest.raises(SystemExit) as left:
        main(["audit", "--data", "rows.jsonl", *arguments])
    assert left.value.code == 2
    assert message in capsys.readouterr().err


def test_a_file_that_is_no_zip_is_refused(folder: Path):
    (folder / "fake.zip").write_bytes(b"not a zip")
    with pytest.raises(GraderError, match="not a zip"), lambda_grader("fake.zip", handler="a.b", timeout_s=1):
        pass


@pytest.mark.parametrize("consumer", ["batch", "input", "trajectories", "byo-metrics"])
def test_a_reward_is_audited_through_the_envelope_of_its_consumer(folder: Path, consumer: str):
    report = json.loads(run("--reward", "my_reward.py:reward", "--consumer", consumer, "--json").output)
    assert [one for one in report["findings"] if one["severity"] == "error"] == []
    assert consumer in report["asked"]
    assert logging.getLogger("lambda_package.handler").level == logging.NOTSET
    assert report["asked"].endswith("(declared)")


def test_a_lambda_that_answers_single_records_only_is_audited_with_those(folder: Path):
    (folder / "records.py").write_text(
        "def lambda_handler(event, context):\n"
        "    data = event['data']\n"
        "    record = data[0] if isinstance(data, list) else data\n"
        "    if event['process_type'] == 'preprocess':\n"
        "        return {'statusCode': 200, 'body': record}\n"
        "    value = float(record['inference_output'] == record['gold'])\n"
        "    return {'statusCode': 200, 'body': [{'metric': 'accuracy', 'value': value}]}\n"
    )
    rows = [{**row, "reference_answer": f"answer {row['id']}"} for row in ROWS]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    result = run("--lambda", "records.py")
    assert result.exit_code == 0, result.output
    assert "contract-envelope" in result.output
    assert "asked as          byo-metrics, one record a call, judged by its metric 'accuracy'" in result.output
