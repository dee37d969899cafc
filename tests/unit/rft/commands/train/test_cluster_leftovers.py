"""A run's jobs on a cluster are found by their labels and cancelled, and no other job is."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from estimators.errors import JobError
from estimators.platforms.hyperpod.clean import _VALUE
from estimators.platforms.hyperpod.plan import _label
from rft.cli import rft
from tests.unit.rft.commands.shell import Shell, on_the_cluster


def test_a_job_of_the_run_is_listed_and_cancelled_and_its_neighbour_stays(shell: Shell):
    name = on_the_cluster(shell)
    shell.cluster.jobs["tools-sft-0123456789-x7k2p"] = {}
    shell.cluster.labels["tools-sft-0123456789-x7k2p"] = {
        "rftkit-run": "tools-sft",
        "rftkit-job": "tools-sft-0123456789",
    }
    listed = shell("train", "delete", "tools-rft", "--plan")
    assert listed.stdout == f"would cancel cluster-job kubeflow/{name}\n"
    done = shell("train", "delete", "tools-rft", "--on", "hyperpod", "--yes")
    assert f"done: cancel cluster-job kubeflow/{name}" in done.output
    assert list(shell.cluster.jobs) == ["tools-sft-0123456789-x7k2p"]
    assert "nothing is there" in shell("train", "delete", "tools-rft", "--yes").output


def test_a_finished_job_is_listed_too(shell: Shell):
    name = on_the_cluster(shell)
    for _ in range(4):
        shell("train", "status", name)
    assert f"kubeflow/{name}" in shell("train", "delete", "tools-rft", "--plan").output


def test_what_start_job_is_given_are_labels_as_hydra_adds_them(shell: Shell):
    shown = shell("train", "plan", "project.yaml", "--on", "hyperpod", "--checkpoint", "nova-lite-2/prod", "--json")
    plan = json.loads(shown.output)
    settings = json.loads(plan["request"]["commands"][1]["argv"][-1])
    assert settings["+cluster.custom_labels.rftkit-run"] == "tools-rft"
    assert settings["+cluster.custom_labels.rftkit-job"] == plan["name"]


def test_without_kubectl_the_other_platforms_are_cleaned_and_the_cluster_is_named(shell: Shell):
    name = shell.launched()
    shell.cluster.missing.add("kubectl")
    done = CliRunner().invoke(rft, ["train", "delete", "tools-rft", "--yes"])
    assert "note: hyperpod was not looked at: the tool 'kubectl' is not installed" in done.stderr
    assert f"training-job/{name}" in done.stdout


def test_the_cluster_alone_cannot_be_cleaned_unseen(shell: Shell):
    shell.cluster.broken["kubectl get"] = "Unable to connect to the server"
    with pytest.raises(JobError, match="Unable to connect"):
        shell("train", "delete", "tools-rft", "--on", "hyperpod")


@given(st.text(max_size=80))
def test_every_name_becomes_a_label_or_nothing(name: str):
    label = _label(name)
    assert label == "" or _VALUE.fullmatch(label)
    assert _label(label) == label
