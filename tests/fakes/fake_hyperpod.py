"""The `hyperpod`, `hyp` and `kubectl` command-line tools with a cluster behind them, in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from estimators.errors import MissingExtraError
from estimators.platforms.hyperpod.cli import Finished
from tests.fakes.aws_model import moment
from tests.fakes.hub_recipes import MODEL, SPECS

PODS = 2
LIFE = ("Pending", "Running", "Running", "Succeeded")  # a pod goes on with each look


def options(argv: Sequence[str]) -> dict[str, str]:
    names = [i for i, part in enumerate(argv) if part.startswith("--")]
    return {argv[i]: argv[i + 1] if i + 1 < len(argv) else "" for i in names}


KINDS: dict[str, tuple[type, ...]] = {"integer": (int,), "float": (int, float), "string": (str,), "boolean": (bool,)}
READ: dict[str, Callable[[str], Any]] = {"integer": int, "float": float}
SPEC = ".override_spec.json"


def configured(config: Path, spec: dict[str, Any], given: dict[str, str]) -> Finished:
    """As the tool: values are converted, checked and written with Python's own spelling."""
    text = config.read_text(encoding="utf-8")
    for option, said in given.items():
        key = option.removeprefix("--").replace("-", "_")
        if key not in spec:
            return Finished(2, "", f"No such option: {option}")
        value = READ.get(spec[key]["type"], str)(said)
        if problem := out_of_range(key, value, spec[key]):
            return Finished(1, "", problem)
        text = "".join(
            f"{key}: {value}\n" if line.startswith(f"{key}:") else line for line in text.splitlines(keepends=True)
        )
    config.write_text(text, encoding="utf-8")
    return Finished(0, "", "")


def misfit(key: str, value: Any, entry: dict[str, Any]) -> str:
    if value in (None, ""):
        return f"{key}: Required field is missing or empty" if entry["required"] else ""
    if not isinstance(value, KINDS[entry["type"]]):
        return f"{key}: Expected {entry['type']}, got {type(value).__name__}"
    return out_of_range(key, value, entry)


def out_of_range(key: str, value: Any, entry: dict[str, Any]) -> str:
    if "enum" in entry and value not in entry["enum"]:
        return f"{key}: Invalid option {value!r}"
    if "min" in entry and not entry["min"] <= value <= entry["max"]:
        return f"{key}: Value {value} is out of range"
    return ""


@dataclass
class FakeCluster:
    """One cluster. A command before `connect` fails, as does what the tools do not know; kubectl needs none."""

    name: str = "my-cluster"
    connected: bool = False
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[list[str]] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    looks: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    written: dict[str, list[str]] = field(default_factory=dict)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    hub: dict[tuple[str, bool], dict[str, Any]] = field(default_factory=lambda: dict(SPECS))

    def __call__(self, argv: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> Finished:
        if argv[0] in self.missing:
            raise MissingExtraError(f"the tool {argv[0]!r} is not installed")
        self.calls.append(list(argv))
        assert environment["AWS_REGION"], "the tools fail without a region"
        verb = " ".join(argv[:2])
        if verb in self.broken:
            return Finished(1, "", f"Traceback\n{self.broken[verb]}")
        given = options(argv)
        if verb in ("kubectl get", "kubectl logs"):
            return self._kubectl(verb, given, argv)
        if verb in ("hyperpod connect-cluster", "hyp set-cluster-context"):
            self.connected = given["--cluster-name"] == self.name
            return Finished(0, "", "") if self.connected else Finished(1, "", "cluster not found")
        if not self.connected:
            return Finished(1, "", "not connected to a cluster")
        return self._connected(verb, given, folder, argv)

    def _connected(self, verb: str, given: dict[str, str], folder: Path, argv: Sequence[str]) -> Finished:
        if verb in ("hyperpod list-jobs", "hyp list"):
            return Finished(0, json.dumps({"jobs": [{"Name": name} for name in self.jobs]}), "")
        if verb == "hyperpod start-job":
            settings = json.loads(given["--override-parameters"])
            labels = "+cluster.custom_labels."
            self.labels[f"{settings['recipes.run.name']}-x7k2p"] = {
                key.removeprefix(labels): value for key, value in settings.items() if key.startswith(labels)
            }
            return self._started(settings["recipes.run.name"], {"recipe": given["--recipe"], **settings})
        if verb in ("hyperpod cancel-job", "hyp delete"):
            gone = self.jobs.pop(given["--job-name"], None)
            return Finished(1, "", "no such job") if gone is None else Finished(0, "", "")
        if verb == "hyp init":
            return self._init(folder / argv[3], given)
        if verb in ("hyp configure", "hyp validate", "hyp create") and (folder / SPEC).exists():
            return self._in_project(verb.split()[1], folder, given)
        return Finished(2, "", f"unknown command {verb!r} in {folder}")

    # --- hyp: a folder with the hub's settings, a file of values, and checks of types and ranges
    def _init(self, project: Path, given: dict[str, str]) -> Finished:
        if (project / "config.yaml").exists():
            return Finished(1, "Override? [y/N]: ", "Aborted!")  # nobody is there to say yes
        spec = next((self.hub[key] for key in self.hub if key[0] == given["--technique"]), None)
        project.mkdir(parents=True, exist_ok=True)
        if spec is None or given["--model-id"] != MODEL:
            return Finished(0, "No recipe found", "")  # the tool's own status for it
        (project / SPEC).write_text(json.dumps(spec), encoding="utf-8")
        lines = [f"{key}: {'' if entry['default'] is None else entry['default']}" for key, entry in spec.items()]
        (project / "config.yaml").write_text("\n".join(["# template: hyp-recipe-job", *lines, ""]), encoding="utf-8")
        return Finished(0, "", "")

    def _in_project(self, verb: str, project: Path, given: dict[str, str]) -> Finished:
        spec, config = json.loads((project / SPEC).read_text()), project / "config.yaml"
        if verb == "configure":
            return configured(config, spec, given)
        values = yaml.safe_load(config.read_text()) or {}
        wrong = [problem for key, entry in spec.items() if (problem := misfit(key, values.get(key), entry))]
        if wrong:
            return Finished(1, "", "; ".join(wrong))
        return Finished(0, "", "") if verb == "validate" else self._started(values["name"], values)

    def _started(self, name: str, settings: dict[str, Any]) -> Finished:
        release = f"{name}-x7k2p"
        self.jobs[release] = settings
        return Finished(0, f"NAME: {release}\nSTATUS: deployed\n", "")

    # --- Kubernetes
    def write(self, pod: str, *lines: str) -> None:
        """One line a minute, as `kubectl logs --timestamps` shows them."""
        self.written.setdefault(pod, []).extend(f"{_stamp(60 * i)} {line}" for i, line in enumerate(lines))

    def _kubectl(self, verb: str, given: dict[str, str], argv: Sequence[str]) -> Finished:
        assert "--all-namespaces" in given or given["--namespace"] == "kubeflow"
        if verb == "kubectl logs":
            return self._lines(argv[2], given.get("--since-time", ""))
        assert argv[2] == "pods"
        assert given["--output"] == "json"
        key, _, value = given.get("--selector", "").partition("=")
        chosen = [job for job in self.jobs if not key or self.labels.get(job, {}).get(key) == value]
        items = [self._pod(job, index) for job in chosen for index in range(PODS)]
        for job in self.jobs:
            self.looks[job] = self.looks.get(job, 0) + 1
        return Finished(0, json.dumps({"items": items}), "")

    def _lines(self, pod: str, since: str) -> Finished:
        job = pod.rsplit("-worker-", 1)[0]
        if self._phase(job) == "Pending":
            return Finished(1, "", f'container "pytorch" in pod "{pod}" is waiting to start: ContainerCreating')
        lines = [line for line in self.written.get(pod, []) if line >= since.rstrip("Z")]
        return Finished(0, "".join(f"{line}\n" for line in lines), "")

    def _phase(self, job: str) -> str:
        return "Failed" if job in self.failed else LIFE[min(self.looks.get(job, 0), len(LIFE) - 1)]

    def _pod(self, job: str, index: int) -> dict[str, Any]:
        phase = self._phase(job)
        states: dict[str, dict[str, Any]] = {
            "Pending": {"waiting": {"reason": "ContainerCreating"}},
            "Running": {"running": {"startedAt": _stamp(60)}},
            "Succeeded": {"terminated": {"exitCode": 0, "reason": "Completed", "finishedAt": _stamp(180)}},
            "Failed": {"terminated": {"exitCode": 1, "message": self.failed.get(job), "finishedAt": _stamp(180)}},
        }
        return {
            "metadata": {
                "name": f"{job}-worker-{index}",
                "namespace": "kubeflow",
                "labels": self.labels.get(job, {}),
                "creationTimestamp": _stamp(0),
            },
            "status": {"phase": phase, "containerStatuses": [{"state": states[phase]}]},
        }


def _stamp(second: int) -> str:
    return moment(second).strftime("%Y-%m-%dT%H:%M:%SZ")
