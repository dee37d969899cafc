"""Graders as container images: built, verified, in ECR, deployed, and away again."""

import json
from contextlib import suppress
from pathlib import Path

import pytest

from lambda_package.checks import Status
from lambda_package.deploy import DeployConfig, DeployPlan, apply, destroy, plan_deploy
from lambda_package.deploy.image import push_with_docker
from lambda_package.errors import BuildError, DeployError, ZipError
from lambda_package.packaging.archive import write_zip
from lambda_package.packaging.build import build
from lambda_package.runtime import Runtime
from lambda_package.verify import verify
from rewards.audit import case_of
from tests.fakes.aws_model import AwsError, Fault
from tests.unit.lambda_package.deploy.account import ACCOUNT, FakeDocker, account

ROLE = f"arn:aws:iam::{ACCOUNT}:role/training"
NAME = "SageMaker-securities"
REPOSITORY = "rftkit/sagemaker-securities"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "reward.py").write_text("from rewards import label_match\nreward = label_match()\n")
    return build(f"{tmp_path / 'reward.py'}:reward", tmp_path / "grader.image", image=True).path


def planned(package: Path, **options: object) -> DeployPlan:
    return plan_deploy(package, DeployConfig("securities", "sagemaker", training_role=ROLE, **options))  # type: ignore[arg-type]


def test_an_image_passes_verify_with_the_files_that_docker_will_copy(folder: Path):
    row = case_of({"id": "a", "messages": [{"role": "user", "content": "?"}], "reference_answer": "red"}, 0)
    verification = verify(folder, [row])
    assert [check for check in verification.checks if check.status is Status.PROBLEM] == []
    (size,) = [check.detail for check in verification.checks if check.name == "size"]
    assert "limit of an image is 10 GB" in size
    assert [check.status for check in verification.checks if check.name == "same as the source"] == [Status.OK]


def test_the_dockerfile_names_base_platform_and_handler(tmp_path: Path):
    (tmp_path / "app.py").write_text("def grade(event, context): return []\n")
    options = {"image": True, "handler": "app.grade", "architecture": "arm64", "runtime": "python3.12"}
    folder = build(f"{tmp_path / 'app.py'}:grade", tmp_path / "g.image", **options).path  # type: ignore[arg-type]
    text = (folder / "Dockerfile").read_text()
    assert "FROM public.ecr.aws/lambda/python:3.12" in text
    assert "--platform linux/arm64" in text
    assert 'CMD ["app.grade"]' in text


def test_an_image_does_not_know_the_variable_that_only_zips_have(tmp_path: Path):
    (tmp_path / "app.py").write_text("import os\ndef grade(event, context): return 'AWS_EXECUTION_ENV' in os.environ\n")
    folder = build(f"{tmp_path / 'app.py'}:grade", tmp_path / "g.image", image=True, handler="app.grade").path
    with Runtime(folder, handler="app.grade") as runtime:
        assert runtime.invoke({}).payload is False


def test_a_first_deploy_makes_repository_image_and_function(folder: Path):
    with account() as aws:
        plan, docker = planned(folder), FakeDocker(aws.aws.client("ecr"))
        deployment = apply(plan, aws.session, sleep=aws.sleep, push=docker)
        function, state = aws.functions.functions[NAME], aws.state()
    assert plan.image is not None
    assert docker.pushed == [plan.image.tag]
    assert state["repositories"] == [REPOSITORY]
    assert function.image.startswith(f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/{REPOSITORY}@sha256:")
    assert deployment.code_sha256 == function.code_sha256
    assert {"Runtime", "Handler", "Layers"} & function.settings.keys() == set()


def test_deploying_an_image_again_pushes_and_changes_nothing(folder: Path):
    with account() as aws:
        docker = FakeDocker(aws.aws.client("ecr"))
        first = apply(planned(folder), aws.session, sleep=aws.sleep, push=docker)
        aws.functions.calls.clear()
        second = apply(planned(folder), aws.session, sleep=aws.sleep, push=docker)
        changing = {name for name, _ in aws.functions.calls if not name.startswith("Get")}
    assert second == first
    assert (len(docker.pushed), changing) == (1, {"PublishVersion"})


def test_a_changed_image_becomes_a_new_version_behind_the_same_alias(folder: Path):
    with account(settles_after=2) as aws:
        docker = FakeDocker(aws.aws.client("ecr"))
        apply(planned(folder), aws.session, sleep=aws.sleep, push=docker)
        (folder / "app" / "reward.py").write_text("from rewards import exact_match\nreward = exact_match()\n")
        deployment = apply(planned(folder), aws.session, sleep=aws.sleep, push=docker)
        function = aws.functions.functions[NAME]
    assert (len(docker.pushed), deployment.version, function.aliases) == (2, "2", {"live": "2"})


@pytest.mark.parametrize(
    "operation", ["CreateFunction", "PublishVersion", "CreateAlias", "PutFunctionConcurrency", "AddPermission"]
)
def test_a_failed_deploy_of_an_image_is_completed_by_the_next(folder: Path, operation: str):
    with account() as aws:
        docker = FakeDocker(aws.aws.client("ecr"))
        aws.functions.faults.append(Fault(operation, AwsError("AccessDeniedException", "no", 403)))
        with suppress(DeployError):
            apply(planned(folder), aws.session, sleep=aws.sleep, push=docker)
        apply(planned(folder), aws.session, sleep=aws.sleep, push=docker)
        assert len(docker.pushed) == 1
        assert aws.functions.functions[NAME].aliases == {"live": "1"}


def test_without_docker_the_commands_are_told_and_the_next_deploy_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", "")
    with account() as aws:
        docker = FakeDocker(aws.aws.client("ecr"))
        with pytest.raises(DeployError, match=r"docker login .* docker buildx build --platform linux/amd64 .*--push"):
            apply(planned(folder), aws.session, sleep=aws.sleep, push=push_with_docker)
        assert NAME not in aws.functions.functions
        apply(planned(folder), aws.session, sleep=aws.sleep, push=docker)
        assert NAME in aws.functions.functions


def test_docker_is_given_the_password_on_its_input_and_a_failure_is_one_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    tool = tmp_path / "bin" / "docker"
    tool.parent.mkdir()
    tool.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/said\nif [ "$1" = login ]; then cat >> {tmp_path}/said; exit 0; fi\n'
        'echo "no space left" >&2; exit 1\n'
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:/usr/bin:/bin")
    plan = planned(folder)
    assert plan.image is not None
    with pytest.raises(DeployError, match="docker buildx build failed: no space left; deploy again"):
        push_with_docker(plan.image, plan.config, "secret")
    said = (tmp_path / "said").read_text()
    assert said.startswith("login --username AWS --password-stdin 123456789012.dkr.ecr.us-east-1.amazonaws.com\nsecret")
    assert plan.image.uri(plan.config) in said


def test_a_repository_of_somebody_else_is_left_alone(folder: Path):
    with account() as aws:
        aws.aws.client("ecr").create_repository(repositoryName=REPOSITORY)
        with pytest.raises(DeployError, match=f"repository {REPOSITORY} exists and was not made by the deployment"):
            apply(planned(folder), aws.session, sleep=aws.sleep)
        destroy(DeployConfig("securities", "sagemaker"), aws.session, sleep=aws.sleep)
        assert aws.state()["repositories"] == [REPOSITORY]


def test_destroy_removes_the_images_too(folder: Path):
    with account() as aws:
        before = aws.state()
        apply(planned(folder), aws.session, sleep=aws.sleep, push=FakeDocker(aws.aws.client("ecr")))
        deleted = destroy(DeployConfig("securities", "sagemaker"), aws.session, sleep=aws.sleep)
        assert aws.state() == before
    assert f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{REPOSITORY}" in deleted


def test_a_function_of_the_other_kind_is_not_turned_into_an_image(folder: Path, tmp_path: Path):
    package = write_zip(tmp_path / "g.zip", {"lambda_function.py": b"def lambda_handler(e, c): return []\n"})
    with account() as aws:
        apply(planned(package.path), aws.session, sleep=aws.sleep)
        with pytest.raises(DeployError, match=r"of the kind Zip.* rft package delete securities"):
            apply(planned(folder), aws.session, sleep=aws.sleep, push=FakeDocker(aws.aws.client("ecr")))


def test_the_plan_shows_what_is_sent_and_who_may_do_it(folder: Path):
    plan = planned(folder)
    shown = [(call.service, call.operation) for call in plan.calls]
    assert shown[4:9] == [
        ("ecr", "CreateRepository"),
        ("ecr", "SetRepositoryPolicy"),
        ("ecr", "GetAuthorizationToken"),
        ("docker", "buildx build"),
        ("lambda", "CreateFunction"),
    ]
    assert plan.calls[8].request["PackageType"] == "Image"
    assert "ecr:PutImage" in json.dumps(plan.policies["for whoever deploys"])
    assert "lambda.amazonaws.com" in json.dumps(plan.policies["of the image repository"])


def test_an_image_has_no_layers(folder: Path, tmp_path: Path):
    layer = str(write_zip(tmp_path / "layer.zip", {"python/words.py": b""}).path)
    with pytest.raises(DeployError, match="no layers"):
        planned(folder, layers=(layer,))
    with pytest.raises(BuildError, match="no layers"):
        build(f"{tmp_path / 'reward.py'}:reward", tmp_path / "b.image", image=True, layers=[layer])


def test_a_folder_that_is_no_build_context_is_refused(tmp_path: Path):
    with pytest.raises(ZipError, match="--image"):
        verify(tmp_path)
