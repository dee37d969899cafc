"""What a calibration says of judges whose faults are known."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from random import Random

import pytest

from rewards import clipped, exact_match, gated, judge, rubric, weighted
from rewards.errors import JudgeError
from rewards.reward_tree import leaves_of
from rewards.testing import ScriptedJudge
from rewards.testing.judges import verdict
from rft.judging import RecordedJudge, calibrate, read_labelled, requests_of
from rft.judging.calibrate import with_client
from rft.judging.figures import Pair, auroc, estimated, kappa, mean_change, rank_correlation
from rft.judging.labelled import LabelError
from rft.judging.text import lines_of


def rows(prompts: int = 16, samples: int = 4) -> list[dict]:
    random, made = Random("rows"), []
    for number in range(prompts * samples):
        good, prompt, sample = random.random() < 0.5, *divmod(number, samples)
        turns = [{"role": "user", "content": f"Question {prompt}?"}]
        turns.append({"role": "assistant", "content": f"{'right' if good else 'wrong'} {sample}."})
        told = {"row_id": f"q{prompt}", "sample": sample, "reference_answer": "right", "label": good}
        made.append({"rollout_version": 1, "messages": turns, **told})
    return made


@pytest.fixture
def answers(tmp_path: Path) -> list:
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows()), encoding="utf-8")
    return read_labelled(path)


class Model:
    """A judge with declared faults; its noise is a function of what it is asked and how often, not of threads."""

    def __init__(self, noise: float = 0.0, **moves: float) -> None:
        self.noise, self.moves, self.asked = noise, moves, 0
        self.seen: dict[str, int] = {}

    def converse(self, **request):
        self.asked += 1
        text = request["messages"][0]["content"][0]["text"]
        parts, said = json.loads(text), json.loads(text)["answer"]
        time = self.seen[text] = self.seen.get(text, 0) + 1
        drawn = Random(hashlib.sha256(f"{text}{time}".encode()).digest()).gauss(0, 1)
        score = 0.7 if "right" in said else 0.3
        there = {"longer": len(said) > 20, "obeys": "SYSTEM" in said, "first": next(iter(parts)) != "rubric"}
        score += self.noise * drawn + sum(move for name, move in self.moves.items() if there[name])
        return {**verdict(min(1.0, max(0.0, score))), "usage": {"inputTokens": 100, "outputTokens": 10}}


def calibrated(answers: list, tmp_path: Path, model: Model, reward=None, rounds: int = 3):
    recorded = RecordedJudge(tmp_path / "verdicts.jsonl", model)
    return calibrate(reward or judge("Is it right?", workers=1), answers, recorded, rounds=rounds)


def test_nothing_stands_against_a_judge_without_faults(answers: list, tmp_path: Path) -> None:
    found = calibrated(answers, tmp_path, Model())
    assert found.findings == []
    assert found.agreement["auroc"].value == found.agreement["kappa"].value == 1.0
    assert found.noise["noise_std"] == 0
    assert found.tokens == (100, 10)


@pytest.mark.parametrize(
    ("model", "finding"),
    [
        (Model(noise=0.3), "its own noise leaves"),
        (Model(longer=0.2), "saying it twice moves scores by"),
        (Model(longer=-0.2), "saying it twice moves scores by"),
        (Model(first=0.15), "the answer before the rubric moves scores"),
        (Model(obeys=0.5), "gives the judge orders gains"),
    ],
    ids=["noise", "likes length", "dislikes length", "order", "obeys"],
)
def test_each_fault_has_its_finding(answers: list, tmp_path: Path, model: Model, finding: str) -> None:
    findings = calibrated(answers, tmp_path, model).findings
    assert any(finding in one for one in findings), findings


def test_a_judge_that_says_the_same_of_all_ranks_nothing(answers: list, tmp_path: Path) -> None:
    recorded = RecordedJudge(tmp_path / "verdicts.jsonl", ScriptedJudge(0.5))
    found = calibrate(judge("Is it right?"), answers, recorded, rounds=1)
    assert found.agreement["auroc"].value == 0.5
    assert any("50% of pairs" in one for one in found.findings)
    assert found.noise == {"repeats": 0}
    assert found.tokens is None


def test_what_was_recorded_is_not_asked_again(answers: list, tmp_path: Path) -> None:
    model = Model(noise=0.1)
    first = calibrated(answers, tmp_path, model)
    asked = model.asked
    again = calibrate(judge("Is it right?"), answers, RecordedJudge(tmp_path / "verdicts.jsonl"), rounds=3)
    assert (again, model.asked) == (first, asked)


def test_the_questions_are_known_before_any_is_asked(answers: list, tmp_path: Path) -> None:
    reward, path = judge("Is it right?", workers=1), tmp_path / "verdicts.jsonl"
    missing = RecordedJudge(path).missing(requests_of(reward, answers, 2))
    model = Model()
    calibrated(answers, tmp_path, model, rounds=2)
    assert missing == model.asked == len(path.read_text(encoding="utf-8").splitlines())
    assert RecordedJudge(path).missing(requests_of(reward, answers, 2)) == 0
    assert RecordedJudge(path).missing(requests_of(reward, answers, 3)) > 0
    assert RecordedJudge(path).missing(requests_of(judge("Another rubric"), answers, 1)) > 0


def test_an_interrupted_recording_goes_on(answers: list, tmp_path: Path) -> None:
    whole = calibrated(answers, tmp_path, Model())
    path = tmp_path / "verdicts.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:100]))
    assert calibrated(answers, tmp_path, Model()) == whole
    assert len(path.read_bytes().splitlines()) == len(lines)


@pytest.mark.parametrize("line", ["", "{}", "[]", "{", '{"request": "x", "round": 0}'])
def test_a_line_that_is_no_verdict_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "verdicts.jsonl"
    path.write_text(f'{{"request": "a", "round": 0, "output": {{}}}}\n{line}\n', encoding="utf-8")
    with pytest.raises(JudgeError, match=r"verdicts.jsonl:2: no recorded verdict"):
        RecordedJudge(path)


def test_a_missing_verdict_is_an_error_without_a_model(answers: list, tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match="holds no verdict for a question"):
        calibrate(judge("Is it right?"), answers, RecordedJudge(tmp_path / "none.jsonl"))


def test_a_reward_without_a_judge_is_refused(answers: list, tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match="asks no judge"):
        calibrate(exact_match(), answers, RecordedJudge(tmp_path / "none.jsonl"))


def test_every_judge_of_a_tree_asks_the_client_that_is_given() -> None:
    client = ScriptedJudge(1.0)
    criteria = {"a": "Names it.", "b": {"text": "Is short.", "weight": 2}}
    trees = [
        judge("x"),
        rubric(criteria),
        gated(judge("x"), by=exact_match(), threshold=0.5),
        clipped(weighted({"rule": (exact_match(), 0.5), "judge": (judge("x"), 0.5)}), high=0.9),
    ]
    for tree in trees:
        changed = with_client(tree, client)
        assert changed == tree
        judges = [leaf for leaf in leaves_of(changed) if hasattr(leaf, "client")]
        assert judges
        assert all(leaf.client is client for leaf in judges)
    assert with_client(exact_match(), client) == exact_match()


def test_a_judge_inside_a_larger_reward_counts_by_its_weight(answers: list, tmp_path: Path) -> None:
    alone = calibrated(answers, tmp_path, Model(longer=0.2))
    half = weighted({"judge": (judge("Is it right?", workers=1), 0.5), "rule": (exact_match(), 0.5)})
    within = calibrated(answers, tmp_path, Model(longer=0.2), half)
    assert within.biases["length"].change.value == pytest.approx(alone.biases["length"].change.value / 2)


@pytest.mark.parametrize("label", [None, "yes", 1.5, -0.1, [1]])
def test_a_label_that_is_none_is_named_with_its_line(tmp_path: Path, label: object) -> None:
    given = rows(2)
    given[3]["label"] = label
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in given), encoding="utf-8")
    with pytest.raises(LabelError, match="line 4"):
        read_labelled(path)


def test_labels_may_stand_in_metadata_under_another_name(tmp_path: Path) -> None:
    given = [{**row, "metadata": {"expert": float(row.pop("label"))}} for row in rows(3)]
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in given), encoding="utf-8")
    assert len(read_labelled(path, "expert")) == 12


def test_labels_of_one_side_only_tell_nothing(tmp_path: Path) -> None:
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps({**row, "label": 0.5}) + "\n" for row in rows(2)), encoding="utf-8")
    with pytest.raises(LabelError, match="all 8 are on one side"):
        read_labelled(path)


def test_figures_agree_with_their_definitions() -> None:
    random = Random(4)
    pairs = [Pair(round(random.random(), 1), random.choice([0, 0.3, 0.6, 1]), number % 7) for number in range(60)]
    good = [p.score for p in pairs if p.label > 0.5]
    bad = [p.score for p in pairs if p.label <= 0.5]
    by_hand = sum((g > b) + 0.5 * (g == b) for g in good for b in bad) / (len(good) * len(bad))
    assert auroc(pairs) == pytest.approx(by_hand)
    assert rank_correlation([Pair(-p.score, p.label, 1) for p in pairs]) == pytest.approx(-rank_correlation(pairs))
    assert kappa([Pair(p.label, p.label, 1) for p in pairs]) == 1
    low, high = estimated(auroc, pairs, seed="1")[1:]
    assert low < auroc(pairs) < high


def test_answers_to_one_prompt_do_not_narrow_an_interval() -> None:
    few = mean_change([(0.1, 1), (0.3, 2), (0.2, 3)])
    assert mean_change([(change, prompt) for change, prompt in [(0.1, 1), (0.3, 2), (0.2, 3)] * 10]) == few


def answers_of_models(tmp_path: Path, better: float) -> list:
    """Answers of two models to the same prompts; the first is right in a share of `better`, the second in a half."""
    random, made = Random("models"), []
    for number in range(120):
        prompt, model = number // 4, ("nova-pro", "qwen3")[number % 2]
        good = random.random() < (better if model == "nova-pro" else 0.5)
        turns = [{"role": "user", "content": f"Question {prompt}?"}]
        turns.append({"role": "assistant", "content": f"{'right' if good else 'wrong'} {number} by {model}."})
        told = {"row_id": f"q{prompt}", "sample": number % 4, "reference_answer": "right", "label": good}
        made.append({"rollout_version": 1, "messages": turns, "model": model, **told})
    path = tmp_path / "models.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in made), encoding="utf-8")
    return read_labelled(path)


@pytest.mark.parametrize("better", [0.5, 0.9, 0.2])
@pytest.mark.parametrize("favour", [0.0, 0.2, -0.2])
def test_a_judge_that_favours_a_model_is_told_by_how_much_whatever_that_model_is_worth(
    tmp_path: Path, better: float, favour: float
) -> None:
    class Favouring(Model):
        def converse(self, **request):
            own = "nova-pro" in json.loads(request["messages"][0]["content"][0]["text"])["answer"]
            self.moves = {"longer": favour if own else 0.0}
            return super().converse(**request)

    found = calibrated(answers_of_models(tmp_path, better), tmp_path, Favouring(), rounds=1)
    own, other = found.models["nova-pro"], found.models["qwen3"]
    assert (own.own, other.own, own.answers) == (True, False, 60)
    assert own.change.value == pytest.approx(favour, abs=0.04)
    assert other.change.value == pytest.approx(-own.change.value)
    told = [one for one in found.findings if "answers of its own model nova-pro score" in one]
    assert len(told) == bool(favour)
    assert any("* the judge's own model" in line for line in lines_of(found))


def test_answers_of_one_model_tell_nothing_of_favours(answers: list, tmp_path: Path) -> None:
    assert calibrated(answers, tmp_path, Model(), rounds=1).models == {}
