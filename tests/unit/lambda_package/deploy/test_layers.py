"""Layers on this machine: published once for the same bytes, changed, dropped, destroyed; ARNs stay as they are."""

import json
from pathlib import Path

import pytest

from lambda_package.deploy import DeployConfig, DeployPlan, apply, destroy, plan_deploy
from lambda_package.errors import DeployError, ZipError
from lambda_package.packaging.archive import write_zip
from lambda_package.packaging.build import build
from lambda_package.verify import verify
from rewards.audit import case_of
from tests.unit.lambda_package.deploy.account import ACCOUNT, account

NAME = "SageMaker-securities"
OWN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:{NAME}-layer-words"
FOREIGN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:shared:3"


@pytest.fixture
def zip_path(tmp_path: Path) -> Path:
    return write_zip(tmp_path / "grader.zip", {"lambda_function.py": b"def lambda_handler(e, c): return []\n"}).path


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    return write_zip(tmp_path / "words.zip", {"python/words.py": b"RIGHT = 'red'\n"}).path


def planned(zip_path: Path, *layers: object, **options: object) -> DeployPlan:
    config = DeployConfig("securities", "sagemaker", layers=tuple(map(str, layers)), **options)  # type: ignore[arg-type]
    return plan_deploy(zip_path, config)


def test_a_zip_is_published_once_and_arns_stay_in_their_place(zip_path: Path, layer: Path):
    with account() as aws:
        for _ in range(2):
            apply(planned(zip_path, FOREIGN, layer), aws.session, sleep=aws.sleep)
        assert aws.functions.functions[NAME].settings["Layers"] == [{"Arn": FOREIGN}, {"Arn": f"{OWN}:1"}]
        assert aws.functions.count("PublishLayerVersion") == 1
        (version,) = aws.functions.layers[f"{NAME}-layer-words"]
    assert (version["CompatibleRuntimes"], version["CompatibleArchitectures"]) == (["python3.13"], ["x86_64"])


def test_other_bytes_are_another_version_and_bytes_known_before_are_found_again(zip_path: Path, layer: Path):
    with account() as aws:
        first = layer.read_bytes()
        apply(planned(zip_path, layer), aws.session, sleep=aws.sleep)
        write_zip(layer, {"python/words.py": b"RIGHT = 'blue'\n"})
        apply(planned(zip_path, layer), aws.session, sleep=aws.sleep)
        assert aws.functions.functions[NAME].settings["Layers"] == [{"Arn": f"{OWN}:2"}]
        layer.write_bytes(first)
        deployment = apply(planned(zip_path, layer), aws.session, sleep=aws.sleep)
        assert aws.functions.functions[NAME].settings["Layers"] == [{"Arn": f"{OWN}:1"}]
    assert deployment.version == "3"  # the settings of a version never change


def test_a_layer_that_the_plan_no_longer_has_is_removed_and_a_foreign_one_is_not(zip_path: Path, layer: Path):
    with account() as aws:
        aws.functions.layers["shared"] = [{"LayerVersionArn": FOREIGN, "Version": 3}]
        apply(planned(zip_path, FOREIGN, layer), aws.session, sleep=aws.sleep)
        apply(planned(zip_path), aws.session, sleep=aws.sleep)
        assert {name for name, versions in aws.functions.layers.items() if versions} == {"shared"}


def test_destroy_removes_every_version_that_was_published(zip_path: Path, layer: Path):
    with account() as aws:
        apply(planned(zip_path, layer), aws.session, sleep=aws.sleep)
        write_zip(layer, {"python/words.py": b"RIGHT = 'blue'\n"})
        apply(planned(zip_path, layer), aws.session, sleep=aws.sleep)
        deleted = destroy(DeployConfig("securities", "sagemaker"), aws.session, sleep=aws.sleep)
        assert not any(aws.functions.layers.values())
    assert {f"{OWN}:1", f"{OWN}:2"} <= set(deleted)


def test_a_large_layer_goes_by_way_of_s3(zip_path: Path, layer: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lambda_package.deploy.layers.MAX_ZIP_BYTES", 10)
    with pytest.raises(DeployError, match=r"the layer .*words\.zip .*--bucket"):
        planned(zip_path, layer)
    with account() as aws:
        aws.aws.client("s3").create_bucket(Bucket="graders")
        plan = planned(zip_path, layer, bucket="graders")
        apply(plan, aws.session, sleep=aws.sleep)
        assert aws.functions.layers[f"{NAME}-layer-words"]
    assert [call.operation for call in plan.calls if call.service == "s3"] == ["PutObject", "PutObject"]


def test_the_plan_shows_the_layer_and_the_deployer_may_publish_it(zip_path: Path, layer: Path):
    plan = planned(zip_path, FOREIGN, layer)
    (call,) = [call for call in plan.calls if call.operation == "PublishLayerVersion"]
    assert call.request["LayerName"] == f"{NAME}-layer-words"
    statements = {s["Sid"]: s for s in plan.policies["for whoever deploys"]["Statement"]}
    assert statements["OwnLayers"]["Resource"] == [f"arn:aws:lambda:us-east-1:{ACCOUNT_UNKNOWN}:layer:{NAME}-layer-*"]
    assert statements["Layers"]["Resource"] == [FOREIGN]
    assert "ecr:PutImage" not in json.dumps(plan.policies)


ACCOUNT_UNKNOWN = "<account-id>"


def test_a_zip_without_a_python_folder_is_no_layer(zip_path: Path, tmp_path: Path):
    wrong = write_zip(tmp_path / "flat.zip", {"words.py": b""}).path
    with pytest.raises(ZipError, match="no folder python/"):
        planned(zip_path, wrong)


def test_what_a_layer_brings_is_imported_in_verify(tmp_path: Path, layer: Path):
    code = (
        "from rewards.types import Score\nimport words\ndef reward(s, c): return Score(float(c.text == words.RIGHT))\n"
    )
    (tmp_path / "reward.py").write_text(code)
    package = build(f"{tmp_path / 'reward.py'}:reward", tmp_path / "g.zip", layers=[str(layer)])
    row = case_of({"id": "a", "messages": [{"role": "user", "content": "?"}], "reference_answer": "red"}, 0)
    found = {check.name: check for check in verify(package.path, [row]).checks}
    assert found["cold start"].status == "ok"
    assert found["same as the source"].status == "ok", found["same as the source"].detail
