"""Stage `data`: from documents or rows to checked samples, split by their source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from datagen import Made, RowsConfig, make, make_from_rows
from datagen.teachers.runner import Progress
from rewards import load_reward
from rewards.parsing.tool_calls import plan_of
from rewards.rows import gold_completion
from rewards.types import JSON, Reward, Sample
from rft.errors import StageError
from rft.pipeline import digest_of_file
from rft.progress import bar
from rft.project import ProjectFile

TRAIN, TEST = "train", "test"
ROWS_AT_LEAST = (
    100  # Nova RFT needs 100 training and 100 evaluation rows; AWS, "Preparing data for RFT on Amazon Nova 2"
)


def data_inputs(file: ProjectFile) -> JSON:
    """What the data depends on: its settings, the seed, and every file they name."""
    config = file.project.data
    return {
        "config": config.model_dump(mode="json"),
        "seed": file.project.seed,
        "files": {path.relative_to(file.root).as_posix(): digest_of_file(path) for path in source_files(file)},
    }


def source_files(file: ProjectFile) -> list[Path]:
    """Every file below the project that the `data:` section names, and the reward's own folder of Python files."""
    named = _paths_in(file.project.data.model_dump(mode="json"), file.root)
    inside = [path for folder in named if folder.is_dir() for path in sorted(folder.rglob("*")) if path.is_file()]
    return sorted({*inside, *(path for path in named if path.is_file()), *reward_files(file)})


def reward_files(file: ProjectFile) -> list[Path]:
    """The Python files beside the reward: it may import them."""
    return sorted((file.root / file.project.reward.partition(":")[0]).parent.glob("*.py"))


def make_data(file: ProjectFile, out: Path) -> Mapping[str, JSON]:
    """Make the data set; a row whose reference answer the reward does not give 1 is refused and listed."""
    made = made_data(file, out)
    rows = {split: made.rows[f"rft/{split}"] for split in (TRAIN, TEST)}
    few = {split: count for split, count in rows.items() if count < ROWS_AT_LEAST}
    if few:
        found = " and ".join(f"{count} {split} rows" for split, count in few.items())
        rows_given = isinstance(file.project.data, RowsConfig)
        hint = "add rows" if rows_given else "add documents or raise data.samples_per_passage"
        raise StageError(f"only {found}; Nova RFT needs at least {ROWS_AT_LEAST} of each: {hint}")
    return {**rows, "refused": made.rows["rejects"]}


def made_data(file: ProjectFile, out: Path, *, progress: Progress | None = None) -> Made:
    """The data set of a project, from its documents or its rows."""
    config, root, seed, gold = file.project.data, file.root, file.project.seed, gold_score_of(file)
    if isinstance(config, RowsConfig):
        plan = plan_of(gold.reward)
        with bar("data", None, "rows") as passes:
            return make_from_rows(config, root=root, seed=seed, out=out, gold_score=gold, plan=plan, progress=passes)
    return make(config, root=root, seed=seed, out=out, gold_score=gold, progress=progress)


@dataclass(frozen=True)
class GoldScore:
    """What a reward gives a sample's own right answer; picklable, so that other processes can ask it."""

    spec: str

    @cached_property
    def reward(self) -> Reward:
        """The reward, loaded once where it is asked."""
        return load_reward(self.spec)

    def __reduce__(self) -> tuple[type[GoldScore], tuple[str]]:
        return GoldScore, (self.spec,)  # a reward from a file cannot travel, its name can

    def __call__(self, sample: Sample, /) -> float:
        """Grade the right answer, in [0, 1]."""
        return self.reward(sample, gold_completion(sample)).value


def gold_score_of(file: ProjectFile) -> GoldScore:
    """What the project's reward gives a sample's own right answer; a reward that cannot be loaded raises here."""
    score = GoldScore(reward_spec(file))
    assert callable(score.reward)
    return score


def reward_spec(file: ProjectFile) -> str:
    """The project's reward as `load_reward` takes it, independent of the working directory."""
    return f"{file.root}/{file.project.reward}"


def _paths_in(value: JSON, root: Path) -> list[Path]:
    """Every string in `value` that names an existing file or folder below `root`."""
    if isinstance(value, dict):
        return [path for item in value.values() for path in _paths_in(item, root)]
    if isinstance(value, list):
        return [path for item in value for path in _paths_in(item, root)]
    return [root / value] if value and isinstance(value, str) and (root / value).exists() else []
