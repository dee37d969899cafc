"""`rft model import|deploy|invoke|delete`: a model comes and goes."""

from __future__ import annotations

import json

import pytest

from tests.unit.rft.commands.shell import CHECKPOINT, Shell


@pytest.mark.parametrize(
    ("arguments", "operation"),
    [
        (("import", "project.yaml", "--name", "tools", "--checkpoint", CHECKPOINT), "CreateCustomModel"),
        (("deploy", "project.yaml", "--name", "tools"), "CreateCustomModelDeployment"),
        (("deploy", "project.yaml", "--name", "tools", "--units", "1"), "CreateProvisionedModelThroughput"),
    ],
)
def test_a_model_s_request_is_shown_without_a_call(shell: Shell, arguments: tuple[str, ...], operation: str):
    done = shell("model", *arguments, "--plan")
    assert json.loads(done.output)["operation"] == operation
    assert shell.connected == 0


def test_a_model_comes_and_goes(shell: Shell):
    imported = shell("model", "import", "project.yaml", "--name", "tools", "--checkpoint", CHECKPOINT)
    deployed = shell("model", "deploy", "project.yaml", "--name", "tools")
    assert imported.output.strip() in shell.bedrock.models
    answer = shell("model", "invoke", deployed.output.strip(), "Hello?")
    assert answer.output == "echo Hello?\n"
    listed = shell("model", "delete", "tools", "--plan").output
    assert len(shell.bedrock.models) == 1
    deleted = shell("model", "delete", "tools", "--yes").output
    assert (deleted.count("deleted"), listed.replace("would delete", "deleted")) == (2, deleted)
    assert shell("model", "delete", "tools", "--plan").output.startswith("there is no custom model 'tools'")
    assert (shell.bedrock.models, shell.bedrock.deployments) == ({}, {})


def test_a_model_on_reserved_units_comes_and_goes(shell: Shell):
    shell("model", "import", "project.yaml", "--name", "tools", "--checkpoint", CHECKPOINT)
    deployed = shell("model", "deploy", "project.yaml", "--name", "tools", "--units", "1")
    assert list(shell.bedrock.provisioned) == [deployed.output.strip()]
    assert shell("model", "deploy", "project.yaml", "--name", "tools", "--commitment", "OneMonth").exit_code == 2
    assert shell("model", "delete", "tools", "--yes").output.count("deleted") == 2


def test_a_model_that_is_not_there_cannot_be_deployed(shell: Shell):
    done = shell("model", "deploy", "project.yaml", "--name", "nobody")
    assert done.exit_code == 2
    assert "import it first" in done.output
