"""Build a teacher from its settings."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, assert_never

from datagen.config import (
    BatchTeacherConfig,
    BedrockTeacherConfig,
    CommandTeacherConfig,
    FaultsTeacherConfig,
    ModelTeacherConfig,
    OpenAITeacherConfig,
    ReplayTeacherConfig,
    SageMakerTeacherConfig,
    TeacherConfig,
    TemplateTeacherConfig,
)
from datagen.teachers import Teacher
from datagen.teachers.aws import aws_client
from datagen.teachers.batch import Batch
from datagen.teachers.bedrock import BedrockTeacher
from datagen.teachers.command import CommandTeacher
from datagen.teachers.faults import FaultyTeacher, Rates
from datagen.teachers.openai import OpenAITeacher, SageMakerTeacher
from datagen.teachers.pace import Pace
from datagen.teachers.replay import replay_teacher
from datagen.teachers.runner import Patience, Price
from datagen.teachers.template import template_teacher


def is_free(config: TeacherConfig) -> bool:
    """Whether replies are free, so that they need no journal on disk."""
    return isinstance(_without_faults(config), TemplateTeacherConfig | ReplayTeacherConfig)


def is_template(config: TeacherConfig) -> bool:
    """Whether the samples come from templates and not from a model."""
    return isinstance(_without_faults(config), TemplateTeacherConfig)


def _without_faults(config: TeacherConfig) -> TeacherConfig:
    return config.of if isinstance(config, FaultsTeacherConfig) else config


def identity_of(config: TeacherConfig, *, root: Path) -> str:
    """The identity that the teacher would have; needs no credentials and no region."""
    return build_teacher(config, root=root, seed="", client_of=_no_client).identity


def build_teacher(
    config: TeacherConfig, *, root: Path, seed: str, client_of: Callable[..., Any] = aws_client
) -> Teacher | Batch:
    """The teacher, not yet asked anything. `client_of` makes the clients of AWS, as `aws_client` does."""
    match config:
        case TemplateTeacherConfig():
            return template_teacher(root / config.templates)
        case ReplayTeacherConfig():
            return replay_teacher(root / config.answers)
        case FaultsTeacherConfig():
            return _faulty(config, root, seed)
        case BedrockTeacherConfig():
            client = client_of("bedrock-runtime", region=config.region, workers=workers_of(config), attempts=1)
            return BedrockTeacher(client, config.model, config.temperature)
        case BatchTeacherConfig():
            return _batch(config, client_of)
        case OpenAITeacherConfig():
            return OpenAITeacher(config.url, config.model, config.temperature, config.key_env)
        case SageMakerTeacherConfig():
            client = client_of("sagemaker-runtime", region=config.region, workers=workers_of(config), attempts=1)
            return SageMakerTeacher(client, config.endpoint, config.model, config.temperature)
        case CommandTeacherConfig():
            return CommandTeacher(config.command, config.timeout_s)
    assert_never(config)


def patience_of(config: TeacherConfig) -> Patience:
    """How many calls at once, and what they may cost."""
    if isinstance(config, TemplateTeacherConfig | ReplayTeacherConfig):
        return Patience(workers=1)
    if isinstance(config, FaultsTeacherConfig):
        return Patience(workers=4, sleep=_no_pause)
    price = Price(config.price.input, config.price.output) if config.price else None
    pace = Pace(requests_per_minute=config.requests_per_minute, tokens_per_minute=config.tokens_per_minute)
    return Patience(workers=workers_of(config), price=price, max_cost_usd=config.max_cost_usd, pace=pace)


_LONG_ANSWER_S = 30
_TOKENS_OF_A_CALL = 2000


def workers_of(config: ModelTeacherConfig) -> int:
    """Calls under way at once: those of the project, else as many as use the quota up with answers that take long."""
    by_tokens = (config.tokens_per_minute or 0) / _TOKENS_OF_A_CALL
    calls_per_minute = min(config.requests_per_minute or by_tokens, by_tokens or config.requests_per_minute or 0)
    if "workers" in config.model_fields_set or not calls_per_minute:
        return config.workers
    return max(config.workers, min(256, math.ceil(calls_per_minute * _LONG_ANSWER_S / 60)))


def _no_client(service: str, **settings: object) -> None:
    """In place of a client where nothing is asked."""


def _no_pause(seconds: float) -> None:
    """Faults are drawn, so waiting does not help."""


def _faulty(config: FaultsTeacherConfig, root: Path, seed: str) -> Teacher:
    inner = build_teacher(config.of, root=root, seed=seed)
    assert not isinstance(inner, Batch)
    rates = Rates(**{name: getattr(config, name) for name in Rates.__dataclass_fields__})
    return FaultyTeacher(inner, rates, seed)


def _batch(config: BatchTeacherConfig, client_of: Callable[..., Any]) -> Batch:
    bedrock, s3 = (client_of(service, region=config.region) for service in ("bedrock", "s3"))
    runtime = client_of("bedrock-runtime", region=config.region, workers=workers_of(config), attempts=1)
    on_demand = BedrockTeacher(runtime, config.model, config.temperature)
    return Batch(bedrock, s3, on_demand, config.role_arn, config.place)
