"""The whole example in one command, offline: `python -m examples.low_light`, from the root of the repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datagen.formats import Media
from examples.low_light import played, words
from examples.low_light.scenes import SEEN_FROM, Scene, draw, measured_contrast, scene_in_pixels
from examples.policies import REPEATS, all_graded, answered, trained
from examples.shown import options, run_shown, text_of, title
from rewards import load_reward
from rewards.rollouts import Record, read_records, rollout_record, write_records
from rft.project import ProjectFile, load_project

HERE = Path(__file__).parent
FALSE_ALARM, MISSED = "detections/abstention/false_positive", "detections/abstention/false_negative"
MODELS = (played.BASE, played.TUNED)


@dataclass(frozen=True)
class Size:
    """How much is made and trained; `SMALL` is for tests."""

    pictures: int = 10
    tested: int = 120
    general_rows: int = 1024
    general_steps: int = 100
    tuned_steps: int = 112  # twice through the project's rows


SMALL = Size(pictures=4, tested=4, general_rows=16, general_steps=1, tuned_steps=1)


def main() -> None:
    """Run the picture side, the word side, or both."""
    given = options(__doc__, out="runs/low-light", makes="rows")
    file, size = load_project(HERE / "project.yaml"), SMALL if given.small else Size()
    if given.rows:
        print(*words.write_rows(HERE, file.project.seed), sep="\n")
        return
    given.out.mkdir(parents=True, exist_ok=True)
    if given.only != "words":
        picture_side(given.out / "pictures", file.project.seed, size)
    if given.only != "pictures":
        word_side(given.out / "words", file, size)


def picture_side(out: Path, seed: int, size: Size) -> None:
    """Pictures of known contrast, looked at with our ruler, and played answers compared."""
    title("Pictures: drawn with a known contrast, and measured in the file")
    scenes, folder = [scene_in_pixels(seed, index) for index in range(size.pictures)], out / "seen"
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{'picture':<10} {'thing':<8}{'drawn':>6}{'measured':>10}  {'to be reported'}")
    for scene in scenes:
        draw(scene, folder / f"{scene.name}.png")
        for thing in scene.things:
            found = measured_contrast(folder / f"{scene.name}.png", thing.box)
            told = "yes" if thing.is_seen else f"no, below {SEEN_FROM}"
            print(f"{scene.name:<10} {thing.box.label:<8}{thing.contrast:>6}{found:>10.2f}  {told}")
    run_shown("data", "images", str(folder))
    title("Pictures: answers that are played, not a model's")
    judge, files = load_reward(f"{HERE / 'reward.py'}:reward"), {}
    for model in MODELS:
        files[model] = out / "answers" / f"{model}.jsonl"
        write_records(files[model], all_graded(_played(scenes, model, seed), judge))
    show(files, out, "--pictures", str(folder))


def _played(scenes: Sequence[Scene], model: str, seed: int) -> Iterator[Record]:
    asked = text_of(HERE / "question.txt")
    for scene in scenes:
        media = Media("image", "png", f"s3://my-bucket/night/{scene.name}.png", "111122223333")
        row = {
            "id": scene.name,
            "messages": [{"role": "user", "content": [media.block(), {"text": asked}]}],
            "reference_answer": played.reference(scene),
            "light": "enough" if scene.seen else "dark",
        }
        for repeat in range(REPEATS):
            turn = {"role": "assistant", "content": played.played(scene, model, repeat, seed=seed)}
            yield rollout_record(row, [turn], row_id=scene.name, sample=repeat, model=f"played {model}")


def word_side(out: Path, file: ProjectFile, size: Size) -> None:
    """Train a policy to report everything, tune it on what can be seen, and count false alarms before and after."""
    seed, data = file.project.seed, out / file.run_name / "data"
    title("Words: data, check and grader of the project")
    run_shown("run", str(HERE / "project.yaml"), "--on", "local", "--until", "package", "--runs", str(out))
    title("Words: a policy that reports everything, then tuned on what can be seen")
    words.write_all_reported(out / "all-reported.jsonl", seed, size.general_rows)
    base = trained(file, out / "all-reported.jsonl", out / "base", steps=size.general_steps)
    tuned = trained(file, data / "sft" / "train.jsonl", out / "tuned", steps=size.tuned_steps, start=base)
    title(f"Words: answers to {size.tested} scenes, {REPEATS} of each")
    words.write_questions(out / "questions.jsonl", words.scenes_of(seed, "judged", size.tested))
    judge, files = load_reward(f"{HERE / 'reward.py'}:reward"), {}
    for name, model in zip(MODELS, (base, tuned), strict=True):
        path = out / "answers" / f"{name}.jsonl"
        files[name] = answered(model, out / "questions.jsonl", path, judge, name=name, seed=seed, max_new_tokens=160)
    show(files, out)


def show(files: Mapping[str, Path], out: Path, *more: str) -> None:
    """False alarms and misses with what they were counted of, the figures, the page, and the viewer."""
    print(f"\n{'':<8}{'false alarms of answers to dark':>34}{'nothing said of answers to lit':>34}{'unreadable':>12}")
    for name, path in files.items():
        records = [record for _, record in read_records(path)]
        alarms, missed = _counted(records, "dark", FALSE_ALARM), _counted(records, "enough", MISSED)
        unreadable = sum(_metric(record, FALSE_ALARM) is None for record in records)
        print(f"{name:<8}{alarms:>34}{missed:>34}{unreadable:>12}")
    named = [f"{name}={path}" for name, path in files.items()]
    figures = ("--figures", str(out / "figures"), "--html", str(out / "compare.html"))
    run_shown("eval", "compare", *named, "--by", "light", "--worst", "0", *figures)
    run_shown("view", *named, *more, "-o", str(out / "view.html"))


def _counted(records: Sequence[Record], light: str, metric: str) -> str:
    """How many answers to scenes of this light have the error, of how many whose answer could be read."""
    values = [value for record in records if record["light"] == light if (value := _metric(record, metric)) is not None]
    share = f" ({sum(values) / len(values):.0%})" if values else ""
    return f"{sum(values):.0f} of {len(values)}{share}"


def _metric(record: Record, name: str) -> float | None:
    metrics = record.get("metrics")
    value = metrics.get(name) if isinstance(metrics, dict) else None
    return float(value) if isinstance(value, int | float) else None


if __name__ == "__main__":
    main()
