"""The `data:` section of a project file."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from datagen.chunk import By
from datagen.executors import Executor
from rewards.errors import SpecError
from rewards.origins import checked_url


def _address(url: str) -> str:
    try:
        return checked_url(url)
    except SpecError as error:
        raise PydanticCustomError("address", "{said}", {"said": str(error)}) from None


Address: TypeAlias = Annotated[
    str, AfterValidator(_address), Field(json_schema_extra={"pattern": r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"})
]


class Section(BaseModel):
    """A part of a settings file: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ChunkConfig(Section):
    """How documents are cut into passages."""

    by: By = Field(default="sentences", description="unit and manner of cutting")
    size: int = Field(default=1200, ge=50, description="hard limit of a passage, in characters (or estimated tokens)")
    overlap: int = Field(default=150, ge=0, description="most that a passage repeats of the one before")

    @model_validator(mode="after")
    def _overlap_leaves_room(self) -> ChunkConfig:
        if self.overlap > self.size // 2:
            raise ValueError(f"overlap must be at most half of size={self.size}, got {self.overlap}")
        return self


class PriceConfig(Section):
    """US dollars per million tokens. Prices change, so they belong to the project and not to this library."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    source: str = Field(default="", description="where and when the price was read")


class TemplateTeacherConfig(Section):
    """The offline teacher that fills templates from the text; its data are templates, not a model's."""

    kind: Literal["template"] = "template"
    templates: PurePosixPath = Field(description="template file, relative to the project")


class ReplayTeacherConfig(Section):
    """Recorded answers."""

    kind: Literal["replay"]
    answers: PurePosixPath = Field(description="recording, relative to the project")


class ModelTeacherConfig(Section):
    """What all teachers have in common that cost time or money."""

    workers: int = Field(
        default=8,
        ge=1,
        le=256,
        description="calls under way at once; more by itself where a quota is given and this is not",
    )
    max_tokens: int = Field(default=4096, ge=1, description="most tokens of one answer")
    temperature: float = Field(default=0.0, ge=0, le=2)
    price: PriceConfig | None = None
    max_cost_usd: float | None = Field(default=None, gt=0, description="the run stops when this much is spent")
    requests_per_minute: int | None = Field(
        default=None, ge=1, description="the account's quota, which the run keeps to"
    )
    tokens_per_minute: int | None = Field(default=None, ge=1, description="the same, in and out together")

    @model_validator(mode="after")
    def _a_limit_needs_a_price(self) -> ModelTeacherConfig:
        if self.max_cost_usd is not None and self.price is None:
            raise ValueError("max_cost_usd needs the price, as price: {input: ..., output: ...} per million tokens")
        return self


class BedrockTeacherConfig(ModelTeacherConfig):
    """A model of Amazon Bedrock through Converse."""

    kind: Literal["bedrock"]
    model: str = Field(description="model or inference profile, such as us.amazon.nova-pro-v1:0")
    region: str | None = None


class BatchTeacherConfig(ModelTeacherConfig):
    """A model of Amazon Bedrock through batch inference: half the price, within hours."""

    kind: Literal["bedrock-batch"]
    model: str
    region: str | None = None
    role_arn: str = Field(description="role that lets Bedrock read and write the bucket")
    place: str = Field(pattern=r"^s3://[^/]+(/.*)?$", description="s3://bucket/prefix of inputs and outputs")


class OpenAITeacherConfig(ModelTeacherConfig):
    """A server that speaks OpenAI's chat completions, such as vLLM."""

    kind: Literal["openai"]
    url: Address = Field(description="base address, such as http://localhost:8000/v1")
    model: str
    key_env: str = Field(default="", description="environment variable that holds the key, if one is needed")


class SageMakerTeacherConfig(ModelTeacherConfig):
    """A SageMaker endpoint that speaks OpenAI's chat completions."""

    kind: Literal["sagemaker"]
    endpoint: str
    model: str = ""
    region: str | None = None


class CommandTeacherConfig(ModelTeacherConfig):
    """Any program: the request as JSON on its standard input, the answer on its standard output."""

    kind: Literal["command"]
    command: tuple[str, ...] = Field(min_length=1)
    timeout_s: float = Field(default=600, gt=0)


class FaultsTeacherConfig(Section):
    """Another teacher with faults at given rates, to see what a pipeline does about them."""

    kind: Literal["faults"]
    of: TemplateTeacherConfig | ReplayTeacherConfig | CommandTeacherConfig
    throttled: float = Field(default=0, ge=0, le=1)
    timeout: float = Field(default=0, ge=0, le=1)
    malformed: float = Field(default=0, ge=0, le=1)
    truncated: float = Field(default=0, ge=0, le=1)
    filtered: float = Field(default=0, ge=0, le=1)
    refused: float = Field(default=0, ge=0, le=1)


TeacherConfig: TypeAlias = Annotated[
    TemplateTeacherConfig
    | ReplayTeacherConfig
    | FaultsTeacherConfig
    | BedrockTeacherConfig
    | BatchTeacherConfig
    | OpenAITeacherConfig
    | SageMakerTeacherConfig
    | CommandTeacherConfig,
    Field(discriminator="kind"),
]


class PromptConfig(Section):
    """What a model teacher is told. Every path is relative to the project."""

    file: PurePosixPath | None = Field(default=None, description="template with {{passage}} in it; one is built in")
    guidelines: PurePosixPath | None = Field(default=None, description="text for {{guidelines}}")
    examples: PurePosixPath | None = Field(default=None, description="few-shot examples for {{examples}}")
    answer_schema: PurePosixPath | None = Field(default=None, description="JSON Schema of an answer, for {{schema}}")
    reasoning: bool = Field(default=False, description="ask for the reasoning before each answer (Nova 2 SFT)")
    repair: bool = Field(default=True, description="ask once more, with the problem, where an answer cannot be read")


class ChecksConfig(Section):
    """What a sample must pass besides the project's own reward."""

    grounding: float = Field(default=0.0, ge=0, le=1, description="least share of content words found in the passage")
    no_inventions: bool = Field(default=False, description="refuse names, numbers and citations that the passage lacks")
    same_script: bool = Field(default=True, description="refuse a question in another script than the passage's")


class SplitConfig(Section):
    """Train, validation and test: shares that add up to 1, or numbers of samples. Whole documents go to one side."""

    train: float = Field(default=0.8, ge=0)
    validation: float = Field(default=0.0, ge=0)
    test: float = Field(default=0.2, ge=0)
    shared_text: Literal["report", "together"] = Field(
        default="together",
        description="documents that share 13 words in a row: keep them on one side, or only count them",
    )

    def _sizes(self) -> dict[str, float]:
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @model_validator(mode="after")
    def _shares_or_counts(self) -> SplitConfig:
        total = sum(self._sizes().values())
        counts = all(value == int(value) for value in self._sizes().values()) and total > 1
        if not counts and abs(total - 1) > 1e-9:
            raise ValueError(f"train, validation and test must add up to 1 or be numbers of samples, got {total:g}")
        return self

    def shares(self) -> dict[str, float]:
        """The splits that get anything at all, in order, with their shares."""
        total = sum(self._sizes().values())
        return {name: value / total for name, value in self._sizes().items() if value > 0}

    def counts(self) -> dict[str, int] | None:
        """Numbers of samples, where those were given."""
        numbers = {name: int(value) for name, value in self._sizes().items() if value > 0}
        return numbers if sum(numbers.values()) > 1 else None


class MaskConfig(Section):
    """What personal data is found, and what stands in its place."""

    finder: Literal["patterns", "presidio"] = Field(
        default="patterns", description="kinds with a structure, or with the extra `pii` also what Presidio finds"
    )
    language: str = Field(default="en", description="of the documents, for Presidio")
    key_env: str = Field(default="", description="environment variable with a secret, so that nobody can guess values")


class JudgeConfig(Section):
    """Who grades each sample by a written rubric, and what is good enough. Paths are relative to the project."""

    rubric: PurePosixPath = Field(description="file that says in words what a good sample is, for {{rubric}}")
    threshold: float = Field(default=0.7, ge=0, le=1, description="least score of a sample that is kept")
    teacher: TeacherConfig | None = Field(default=None, description="who judges; without it, the teacher")
    prompt: PurePosixPath | None = Field(default=None, description="template with {{rubric}}, {{passage}}, {{sample}}")


class CallsConfig(Section):
    """Where a reference answer holds its tool calls; without settings, native calls (see `rewards.CallFormat`)."""

    unwrap: str = ""
    calls: str = ""
    name: str = "name"
    arguments: str = "arguments"


Format: TypeAlias = Literal["sft", "rft", "dpo", "distillation", "gen_qa", "rft_eval", "judge"]
PAIRED: frozenset[Format] = frozenset({"dpo", "judge"})  # rows that hold a worse answer beside the right one


class DataConfig(Section):
    """Everything that decides which samples are made."""

    documents: PurePosixPath = Field(description="folder of source documents, relative to the project")
    ocr: bool = Field(default=False, description="read scanned pages and pictures by text recognition, extra `ocr`")
    system: PurePosixPath = Field(description="file with the system prompt of every sample")
    tools: PurePosixPath | None = Field(default=None, description="JSON file of OpenAI function definitions, or none")
    chunk: ChunkConfig = ChunkConfig()
    teacher: TeacherConfig
    prompt: PromptConfig = PromptConfig()
    samples_per_passage: int = Field(default=4, ge=1, description="samples asked of the teacher for each passage")
    mask: MaskConfig | None = Field(default=None, description="replace personal data before the teacher sees it")
    checks: ChecksConfig = ChecksConfig()
    judge: JudgeConfig | None = Field(default=None, description="a model that grades what passed all other checks")
    near_duplicates: float | None = Field(default=None, gt=0, le=1, description="similarity above which one is dropped")
    decontaminate: tuple[PurePosixPath, ...] = Field(default=(), description="files of tests that must not be shared")
    split: SplitConfig = SplitConfig()
    tool_mode: Literal["text_json", "converse"] = Field(default="text_json", description="how SFT rows show calls")
    calls: CallsConfig = CallsConfig()
    formats: tuple[Format, ...] = Field(default=("sft", "rft"), description="what to write")
    executor: Executor = Field(default="serial", description="where documents are read and samples checked")

    @property
    def needs_worse(self) -> bool:
        """Whether each sample needs a worse answer beside the right one."""
        return bool(PAIRED & set(self.formats))

    def with_max_cost(self, usd: float) -> DataConfig:
        """The same with a limit on what the teacher, and what the judge may cost.

        Raises `ValueError` where one of them has no price.
        """
        judge = self.judge and self.judge.model_dump() | {"teacher": _limited(self.judge.teacher, usd)}
        return DataConfig.model_validate(self.model_dump() | {"teacher": _limited(self.teacher, usd), "judge": judge})

    @model_validator(mode="after")
    def _somebody_can_judge(self) -> DataConfig:
        judge = self.judge and (self.judge.teacher or self.teacher)
        inner = judge.of if isinstance(judge, FaultsTeacherConfig) else judge
        if inner and inner.kind == "template":
            raise ValueError("a template teacher cannot judge; set judge.teacher to a model, a command or a replay")
        return self


def _limited(teacher: TeacherConfig | None, usd: float) -> dict[str, object] | None:
    limit = {"max_cost_usd": usd} if isinstance(teacher, ModelTeacherConfig) else {}
    return None if teacher is None else teacher.model_dump() | limit


class ColumnsConfig(Section):
    """Which columns hold what, where the names of the columns do not say it."""

    prompt: str = Field(default="", description="the question, as text or messages")
    answer: str | tuple[str, ...] = Field(
        default="", description="the right answer, as text or JSON; a list of columns: one object with a field for each"
    )
    system: str = Field(default="", description="the system prompt")
    id: str = Field(default="", description="the name of the row")

    @model_validator(mode="after")
    def _a_prompt_comes_first(self) -> ColumnsConfig:
        if not self.prompt and (self.answer or self.system or self.id):
            raise ValueError("columns need the prompt's: prompt: COLUMN")
        return self


RowsFormat: TypeAlias = Literal["sft", "rft", "dpo", "distillation", "gen_qa", "rft_eval"]


class RowsConfig(Section):
    """Rows that exist, instead of documents: a file per split, or one that is divided."""

    train: str = Field(description="JSONL, JSON, CSV, TSV, XLSX or Parquet, relative to the project or s3://bucket/key")
    validation: str | None = None
    test: str | None = Field(default=None, description="without it, the rows of training are divided as `split` says")
    split: SplitConfig = SplitConfig()
    by: str = Field(default="", description="dotted key of a row's source; rows of one source stay on one side")
    columns: ColumnsConfig = ColumnsConfig()
    system: PurePosixPath | None = Field(default=None, description="system prompt of rows that have none")
    check_gold: bool = Field(default=True, description="refuse rows whose right answer the reward does not give 1")
    formats: tuple[RowsFormat, ...] = Field(default=("sft", "rft"), description="what to write")

    def files(self) -> dict[str, str]:
        """The file of each split that has one."""
        given = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: path for name, path in given.items() if path}

    def shares(self) -> list[str]:
        """The splits that there will be."""
        return list(dict.fromkeys([*([] if self.test else self.split.shares()), *self.files()]))
