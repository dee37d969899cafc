"""The whole example in one command, offline: `python -m examples.aerial_boxes`, from the root of the repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from datagen.formats import Media
from examples.aerial_boxes import pictures, played, words
from examples.aerial_boxes.scenes import Scene, scene_in_words
from examples.policies import REPEATS, all_graded, answered, trained
from examples.shown import options, run_shown, text_of, title
from rewards import load_reward
from rewards.rollouts import Record, read_records, rollout_record, write_records
from rft.project import ProjectFile, load_project

HERE = Path(__file__).parent
MIN_ROWS = 200  # of SFT on Bedrock, as `rft data check` says
BOXES = "boxes/count/boxes"  # the metric that counts boxes
MODELS, PROMPTS = (played.BASE, played.TUNED), (played.FEW, played.EACH)


@dataclass(frozen=True)
class Size:
    """How much is made and trained; `SMALL` is for tests."""

    labelled: int = 200  # pictures that the teacher labels; fewer rows Bedrock does not take
    tested: int = 20  # pictures, and scenes in words, that every model answers with every prompt
    general_rows: int = 1024
    general_steps: int = 100
    tuned_rows: int = 300  # of each prompt, beside the project's
    tuned_steps: int = 140  # three times through them

    @property
    def answers(self) -> int:
        """How many answers there are on either side."""
        return self.tested * REPEATS * len(MODELS) * len(PROMPTS)


SMALL = Size(labelled=7, tested=3, general_rows=16, general_steps=1, tuned_rows=4, tuned_steps=1)


def main() -> None:
    """Run the picture side, the word side, or both."""
    given = options(__doc__, out="runs/aerial-boxes", makes="documents")
    file, size = load_project(HERE / "project.yaml"), SMALL if given.small else Size()
    if given.documents:
        print(f"{words.write_documents(HERE / 'documents', file.project.seed)} documents")
        return
    given.out.mkdir(parents=True, exist_ok=True)
    if given.only != "words":
        picture_side(given.out / "pictures", file.project.seed, size)
    if given.only != "pictures":
        word_side(given.out / "words", file, size)


# --- pictures ----------------------------------------------------------------------------------------------------
def picture_side(out: Path, seed: int, size: Size) -> None:
    """From drawn pictures to Bedrock's SFT file, and 400 played answers compared."""
    title("Pictures: drawn, made fit, labelled, uploaded, merged")
    train, test = pictures.scenes_of(seed, "train", size.labelled), pictures.scenes_of(seed, "test", size.tested)
    for name, scenes in (("train", train), ("test", test)):
        known = pictures.draw_all(scenes, out / name)
        counts = [len(scene.vehicles) for scene in scenes]
        print(f"{name}: {len(scenes)} pictures with {min(counts)} to {max(counts)} vehicles, mean {fmean(counts):.1f}")
        run_shown("data", "images", str(out / name), "-o", str(out / f"{name}-fit"), "--boxes", str(known))
    run_shown("data", "sheet", str(out / "test-fit"), "-o", str(out / "vehicles.html"), *_boxes(out / "test-fit"))
    label_side(out, train)
    title(f"Pictures: {size.answers} answers that are played, not a model's")
    judge = load_reward(f"{HERE / 'reward.py'}:reward")
    uris = {scene.name: f"{pictures.BUCKET}/test/{scene.name}.jpg" for scene in test}
    files = {}
    for model, prompt in ((model, prompt) for prompt in PROMPTS for model in MODELS):
        path = out / "answers" / f"{model}-{prompt}.jsonl"
        write_records(path, all_graded(_played(test, uris, model, prompt, seed), judge))
        files[f"{model}-{prompt}"] = path
    show(files, out, "--pictures", str(out / "test-fit"))


def label_side(out: Path, train: Sequence[Scene]) -> None:
    """Two label files of a recorded teacher, which share some pictures, become one SFT file."""
    prompt, recording = text_of(HERE / "few.txt"), out / "teacher.jsonl"
    pictures.record_teacher(train, out / "train-fit", prompt, recording)
    bucket, fit = pictures.FolderS3(out / "s3"), sorted((out / "train-fit").glob("*.jpg"))
    half = len(fit) // 2
    print()
    labels = [out / "labels-1.jsonl", out / "labels-2.jsonl"]
    for path, batch in zip(labels, (fit[: half + 2], fit[half:]), strict=True):
        print(pictures.label_and_upload(batch, prompt, recording, bucket, path))
    print(f"refused as it should be: {pictures.refusal_of_missing(labels, bucket, out)}")
    rows = pictures.merge_checked(
        labels, bucket, question=prompt, system=text_of(HERE / "system.txt"), out=out / "sft.jsonl"
    )
    print(f"sft.jsonl: {rows} rows of {len(fit)} pictures")
    few = int(len(fit) < MIN_ROWS)  # in the small size, which the check finds
    run_shown("data", "check", str(out / "sft.jsonl"), "--for", "bedrock-sft", expected=few)


def _played(scenes: Sequence[Scene], uris: Mapping[str, str], model: str, prompt: str, seed: int) -> Iterator[Record]:
    asked = text_of(HERE / f"{prompt}.txt")
    for scene in scenes:
        media = Media("image", "jpeg", uris[scene.name], pictures.OWNER)
        row = {
            "id": scene.name,
            "messages": [{"role": "user", "content": [media.block(), {"text": asked}]}],
            "reference_answer": {"boxes": pictures.on_novas_scale(scene.vehicles)},
        }
        for repeat in range(REPEATS):
            answer = played.played(scene, model, prompt, repeat, seed=seed)
            turn = {"role": "assistant", "content": answer}
            yield rollout_record(row, [turn], row_id=scene.name, sample=repeat, model=f"played {model}")


# --- words -------------------------------------------------------------------------------------------------------
def word_side(out: Path, file: ProjectFile, size: Size) -> None:
    """Train a policy to draw a box for each vehicle, tune it to draw few where told, and ask both in both ways."""
    seed, data = file.project.seed, out / file.run_name / "data"
    title("Words: data, check and grader of the project")
    run_shown("run", str(HERE / "project.yaml"), "--on", "local", "--until", "package", "--runs", str(out))
    title("Words: a policy that draws a box for each vehicle, then tuned to draw few where it is told to")
    words.write_one_box_each(out / "one-box-each.jsonl", seed, size.general_rows)
    base = trained(file, out / "one-box-each.jsonl", out / "base", steps=size.general_steps)
    words.write_tuning(out / "few-where-told.jsonl", seed, data / "sft" / "train.jsonl", size.tuned_rows)
    tuned = trained(file, out / "few-where-told.jsonl", out / "tuned", steps=size.tuned_steps, start=base)
    title(f"Words: {size.answers} answers, 2 prompts x 2 models x {REPEATS} repeats x {size.tested} scenes")
    scenes = [scene_in_words(seed, "test", index) for index in range(size.tested)]
    judge, files = load_reward(f"{HERE / 'reward.py'}:reward"), {}
    for prompt, instruction in zip(PROMPTS, (words.FEW_WORDS, words.EACH_WORDS), strict=True):
        questions = out / f"questions-{prompt}.jsonl"
        words.write_questions(questions, scenes, instruction)
        for name, model in zip(MODELS, (base, tuned), strict=True):
            path = out / "answers" / f"{name}-{prompt}.jsonl"
            files[f"{name}-{prompt}"] = answered(
                model, questions, path, judge, name=name, seed=seed, max_new_tokens=160
            )
    show(files, out)


# --- both --------------------------------------------------------------------------------------------------------
def show(files: Mapping[str, Path], out: Path, *more: str) -> None:
    """The table of mean boxes, the figures, the page of the comparison, and the viewer."""
    print(f"\n{'boxes per answer':<18}{'mean':>8}{'median':>8}{'most':>6}{'answers':>9}{'readable':>10}")
    for name, path in files.items():
        print(f"{name:<18}{_counted([record for _, record in read_records(path)])}")
    named = [f"{name}={path}" for name, path in files.items()]
    figures = ("--figures", str(out / "figures"), "--html", str(out / "compare.html"))
    run_shown("eval", "compare", *named, "--metric", BOXES, "--worst", "0", *figures)
    run_shown("view", *named, *more, "-o", str(out / "view.html"))


def _counted(records: Sequence[Record]) -> str:
    """A row of the table; the mean is that of the means of the scenes, as in the figures."""
    by_scene: dict[str, list[float]] = {}
    for record in records:
        if (count := _count(record)) is not None:
            by_scene.setdefault(str(record["row_id"]), []).append(count)
    counts = sorted(count for found in by_scene.values() for count in found)
    if not counts:
        return f"{'-':>8}{'-':>8}{'-':>6}{len(records):>9}{0:>10}"
    mean, middle = fmean(map(fmean, by_scene.values())), median(counts)
    return f"{mean:>8.2f}{middle:>8g}{counts[-1]:>6g}{len(records):>9}{len(counts):>10}"


def _count(record: Record) -> float | None:
    metrics = record.get("metrics")
    value = metrics.get(BOXES) if isinstance(metrics, dict) else None
    return float(value) if isinstance(value, int | float) else None


def _boxes(folder: Path) -> tuple[str, str]:
    return "--boxes", str(folder / "boxes.jsonl")


if __name__ == "__main__":
    main()
