"""The project file: one model for everything a run needs; every problem in it is reported at once, with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, create_model
from pydantic_core import ErrorDetails

from datagen import DataConfig, RowsConfig
from estimators.config import LaunchConfig
from estimators.platforms.bedrock.plan import BedrockConfig
from estimators.platforms.hyperpod.plan import Cluster
from estimators.platforms.local import Overlay
from estimators.platforms.registry import BUILT_IN, names, platform_of
from estimators.platforms.serverless.plan import ServerlessConfig
from recipes.errors import OverrideError
from rewards.did_you_mean import did_you_mean
from rewards.yaml_text import Location, YamlProblem, YamlText, dotted, read_yaml_text, yaml_text_of
from rft.errors import ProjectError

M = TypeVar("M", bound=BaseModel)
MAX_VALUES = 10_000  # of a project file; the longest template has about 60
Model = Literal["nova-2-lite"]
NAME_PATTERN = r"^[a-zA-Z0-9]([a-zA-Z0-9-]{0,47}[a-zA-Z0-9])?$"


class Section(BaseModel):
    """A part of the project file: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TrainingConfig(Section):
    """One training job: the preset of its method, changed by dotted recipe keys."""

    set: Mapping[str, JsonValue] = Field(default_factory=dict, description="recipe keys to change, dotted: value")


class Project(Section):
    """A project: its data, its reward, two trainings and where they run."""

    name: str = Field(pattern=NAME_PATTERN, description="name of jobs and runs", examples=["w2-forms"])
    model: Model = Field("nova-2-lite", description="the Nova model to customise")
    seed: int = Field(0, ge=0, lt=2**31, description="every random choice of the run is derived from it")
    reward: str = Field(description="the reward, as FILE.py:NAME, relative to the project file")
    data: DataConfig | RowsConfig = Field(description="documents to make samples of, or rows that exist")
    sft: TrainingConfig = Field(default_factory=TrainingConfig)
    rft: TrainingConfig = Field(default_factory=TrainingConfig)
    local: Overlay = Field(
        default_factory=Overlay, description="where a local run departs from the recipes, and why it may"
    )
    sagemaker: LaunchConfig = Field(default_factory=LaunchConfig)
    serverless: ServerlessConfig = Field(default_factory=ServerlessConfig)
    hyperpod: Cluster = Field(default_factory=Cluster, description="the cluster; place and hardware are `sagemaker`'s")
    bedrock: BedrockConfig = Field(default_factory=BedrockConfig)


TAKEN: Final = frozenset(Project.model_fields) - set(BUILT_IN)  # sections that are no platform's


@dataclass(frozen=True)
class ProjectFile:
    """A project and the file it was read from; relative paths in it start at `root`."""

    path: Path
    project: Project
    run_name: str
    allow_network: bool = False  # of the person who runs it, for a grader that asks a judge; never of the file

    @property
    def root(self) -> Path:
        """The folder of the project file."""
        return self.path.parent

    def settings(self, platform: str) -> dict[str, Any]:
        """The sections of all platforms by name; for `platform` its defaults where the file has no section for it."""
        fields = type(self.project).model_fields
        if platform in fields and platform in TAKEN:
            raise ProjectError(
                f"no platform can be called {platform!r}: a project file has another section of that name"
            )
        found = {name: getattr(self.project, name) for name in names() if name in fields and name not in TAKEN}
        return found if platform in found else {**found, platform: platform_of(platform).Settings()}

    def with_seed(self, seed: int | None) -> ProjectFile:
        """The same project with another seed, and a run folder of its own; unchanged for None."""
        if seed is None:
            return self
        project = self.project.model_copy(update={"seed": seed})
        return replace(self, project=project, run_name=f"{self.project.name}-seed-{seed}")


def load_project(path: Path) -> ProjectFile:
    """Read a project file; raise `ProjectError` naming every problem with its line and, for a key, the closest one."""
    read = read_sections(path)
    sections = sections_in(read)
    if "env" in sections:
        raise ProjectError(
            f"{path}:{read.line_of(('env',))}: `env` makes it an agent's project, for `rft run` and `rft agent`; "
            "its world is audited by `rft audit --env`"
        )
    project = validated(path, read, _model_with(sections))
    return ProjectFile(path, project, project.name)


def read_sections(path: Path) -> YamlText:
    """The sections of a project file with their lines; raises `ProjectError` where it is no mapping."""
    read = read_yaml_text(_text_of(path), max_nodes=MAX_VALUES)
    if read.errors:
        raise ProjectError("\n".join(problem.at(path) for problem in read.errors))
    if not isinstance(read.value, Mapping):
        raise ProjectError(f"{path}:1: a project file is a mapping with keys such as name, got {read.value!r:.100}")
    return read


def sections_in(read: YamlText) -> Mapping[str, Any]:
    """The sections of a text that `read_sections` has read."""
    assert isinstance(read.value, Mapping), "read_sections refuses anything else"
    return read.value


def validated(path: Path, read: YamlText, model: type[M]) -> M:
    """The sections as their model; raises `ProjectError` with every problem and its line."""
    try:
        return model.model_validate(read.value)
    except ValidationError as error:
        raise ProjectError("\n".join(_problems(path, read, error, model))) from None


@contextmanager
def by_line(file: ProjectFile, section: Literal["sft", "rft"]) -> Iterator[None]:
    """Raise what is wrong with the recipe keys that a section sets as `ProjectError`, with file and line."""
    try:
        yield
    except OverrideError as error:
        read = read_yaml_text(_text_of(file.path), max_nodes=MAX_VALUES)
        keys = getattr(file.project, section).set
        told = (_at_key(read, section, keys, problem) for problem in str(error).splitlines())
        raise ProjectError(
            "\n".join(f"{file.path}:{line}: {section}.set: {problem}" for line, problem in told)
        ) from error


def _at_key(read: YamlText, section: str, keys: Mapping[str, Any], problem: str) -> tuple[int, str]:
    """The line of the key that a problem is about, which begins with it, and the problem."""
    key = next((key for key in sorted(keys, key=len, reverse=True) if problem.startswith(key)), None)
    return read.line_of((section, "set") if key is None else (section, "set", key)), problem


def _model_with(sections: Mapping[str, Any]) -> type[Project]:
    """The model of this project file: its data are documents or rows, and a package may bring a platform's section."""
    data = sections.get("data")
    has_rows = isinstance(data, Mapping) and "train" in data and "documents" not in data
    others = [name for name in names() if name in sections and name not in Project.model_fields]
    fields: dict[str, Any] = {name: (platform_of(name).Settings, ...) for name in others}
    return create_model("Project", __base__=Project, data=(RowsConfig if has_rows else DataConfig, ...), **fields)


def _text_of(path: Path) -> str:
    try:
        return yaml_text_of(path)
    except OSError as error:
        raise ProjectError(f"{path}: cannot be read: {error.strerror}") from None


def _problems(path: Path, read: YamlText, error: ValidationError, model: type[BaseModel]) -> Iterator[str]:
    found = ((read.line_of(detail["loc"]), detail) for detail in error.errors())
    for line, detail in sorted(found, key=lambda pair: pair[0]):
        where = dotted(detail["loc"]) or "the file"
        yield YamlProblem(detail["type"], _message(detail, model), line, where).at(path)


def _message(detail: ErrorDetails, model: type[BaseModel]) -> str:
    if detail["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        return f"unknown key; {did_you_mean(detail['loc'][-1], _keys_at(model, detail['loc'][:-1]), cutoff=0.5)}"
    if detail["type"] == "missing":
        return "is missing"
    if detail["type"] == "address":
        return detail["msg"]  # without the value, which may hold a key
    if detail["type"] == "string_pattern_mismatch" and (example := _example_at(model, detail["loc"])):
        return f"should look like {example!r}, got {detail['input']!r}"
    return f"{detail['msg'][0].lower()}{detail['msg'][1:]}, got {detail['input']!r:.200}"


def _example_at(root: type[BaseModel], location: Location) -> object:
    """The example that the field at `location` gives, None where it has none."""
    fields = getattr(_model_at(root, location[:-1]), "model_fields", None) or {}
    examples = fields[location[-1]].examples if location[-1] in fields else None
    return examples[0] if examples else None


def _keys_at(root: type[BaseModel], location: Location) -> list[str]:
    """Keys that the model at `location` knows."""
    model = _model_at(root, location)
    known = getattr(model, "model_fields", None) or getattr(model, "__dataclass_fields__", {})
    return list(known)


def _model_at(root: type[BaseModel], location: Location) -> object:
    model: object = root
    for part in location:
        fields = getattr(model, "model_fields", None) or {}
        if part in fields:
            model = fields[part].annotation
            options = [option for option in get_args(model) if hasattr(option, "model_fields")]
            model = options[0] if options else model
    return model
