"""The whole example in one command, offline: `python -m examples.image_keywords`, from the root of the repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, quantiles

from datagen.formats import compact, write_jsonl
from datagen.images import image_tokens, inspect
from datagen.images.label import label, label_requests, merge
from datagen.teachers.journal import open_journal
from datagen.teachers.replay import replay_teacher
from datagen.teachers.runner import Patience
from examples.image_keywords import rows
from examples.image_keywords.scenes import Scene, draw, scene_in_pixels
from examples.policies import answered, trained
from examples.shown import options, run_shown, text_of, title
from rewards import load_reward
from rewards.rollouts import read_records
from rft.project import ProjectFile, load_project

HERE = Path(__file__).parent
MODEL = "nova-lite"  # the first generation bills pictures by their size; Nova 2 Lite by their number
MAX_SIDE = 640  # pixels that keywords need
BUCKET, OWNER = "s3://my-bucket/keywords", "111122223333"
MIN_ROWS = 200  # of SFT on Bedrock, as `rft data check` says
JACCARD = "keywords"  # the part of the score that is the agreement with the teacher


@dataclass(frozen=True)
class Size:
    """How much is made and trained; `SMALL` is for tests. Taught: samples of the teacher, and steps on them."""

    pictures: int = 200
    tested: int = 120
    general_rows: int = 1024
    general_steps: int = 80
    taught: tuple[tuple[int, int], ...] = ((300, 38), (900, 112))  # twice through each, 16 rows a step


SMALL = Size(pictures=4, tested=4, general_rows=16, general_steps=1, taught=((16, 1), (32, 1)))


def main() -> None:
    """Run the picture side, the word side, or both."""
    given = options(__doc__, out="runs/image-keywords", makes="rows")
    file, size = load_project(HERE / "project.yaml"), SMALL if given.small else Size()
    if given.rows:
        print(*rows.write_rows(HERE, file.project.seed), sep="\n")
        return
    given.out.mkdir(parents=True, exist_ok=True)
    if given.only != "words":
        picture_side(given.out / "pictures", file.project.seed, size)
    if given.only != "pictures":
        word_side(given.out / "words", file, size)


# --- pictures ----------------------------------------------------------------------------------------------------
def picture_side(out: Path, seed: int, size: Size) -> None:
    """Pictures made smaller, with what that saves, and labelled by a recorded teacher."""
    title("Pictures: made smaller, and what that saves")
    scenes, large, small = [scene_in_pixels(seed, n) for n in range(size.pictures)], out / "large", out / "small"
    large.mkdir(parents=True, exist_ok=True)
    for scene in scenes:
        draw(scene, large / f"{scene.name}.jpg")
    run_shown("data", "images", str(large), "-o", str(small), "--max-side", str(MAX_SIDE), "--model", MODEL)
    before, after = _tokens(large), _tokens(small)
    print(f"tokens of a picture: {before:,.0f} -> {after:,.0f} ({1 - after / before:.0%} less)")
    for tokens in (before, after):
        run_shown(
            "model", "cost", MODEL, "--rows", str(size.pictures), "--row-tokens", f"{tokens + 60:.0f}", "--epochs", "2",
            "--queries", "1000", "--input-tokens", f"{tokens + 40:.0f}", "--output-tokens", "20",
        )  # fmt: skip
    title("Pictures: labelled by a recorded teacher, merged, checked")
    _labelled(scenes, small, out)
    run_shown("data", "check", str(out / "sft.jsonl"), "--for", "bedrock-sft", expected=int(len(scenes) < MIN_ROWS))


def _tokens(folder: Path) -> float:
    facts = [inspect(path) for path in sorted(folder.glob("*.jpg"))]
    return fmean(image_tokens(one.width, one.height, MODEL) for one in facts)


def _labelled(scenes: Sequence[Scene], folder: Path, out: Path) -> None:
    """Labels of a recording that is ours: computed from the scenes, no model was asked."""
    prompt, by_name = text_of(HERE / "question.txt"), {scene.name: scene for scene in scenes}
    requests = label_requests(sorted(folder.glob("*.jpg")), prompt)
    recording = [
        {
            "about": request.subject,
            "answer": compact({"keywords": by_name[Path(request.passage.document.path).stem].keywords}),
        }
        for request in requests
    ]
    write_jsonl(out / "teacher.jsonl", recording)
    with open_journal(out / "labels.sqlite") as journal:
        labels, asked = label(replay_teacher(out / "teacher.jsonl"), requests, journal, Patience(), place=_address)
    write_jsonl(out / "labels.jsonl", (one._asdict() for one in labels))
    made = merge([out / "labels.jsonl"], question=prompt, system="", bucket_owner=OWNER)
    print(f"{len(labels)} labels, {asked.failed} failed; sft.jsonl: {write_jsonl(out / 'sft.jsonl', made)} rows")


def _address(path: Path) -> str:
    return f"{BUCKET}/{path.name}"


# --- words -------------------------------------------------------------------------------------------------------
def word_side(out: Path, file: ProjectFile, size: Size) -> None:
    """A policy that repeats what it is told, then taught by 300 and by 900 samples, compared by its agreement."""
    seed = file.project.seed
    title("Words: data, check and grader of the project")
    run_shown("run", str(HERE / "project.yaml"), "--on", "local", "--until", "package", "--runs", str(out))
    title("Words: a policy that names what it is told, then taught by a teacher's keywords")
    rows.write_literal(out / "literal.jsonl", seed, size.general_rows)
    base = trained(file, out / "literal.jsonl", out / "base", steps=size.general_steps)
    models = {"before": base}
    for count, steps in size.taught:
        rows.write_taught(out / f"taught-{count}.jsonl", seed, count)
        name = f"after-{count}"
        models[name] = trained(file, out / f"taught-{count}.jsonl", out / name, steps=steps, start=base)
    title(f"Words: keywords of {size.tested} scenes, 5 answers of each")
    write_jsonl(out / "questions.jsonl", rows.questions(rows.scenes_of(seed, "test", size.tested)))
    judge, files = load_reward(f"{HERE / 'reward.py'}:reward"), {}
    for name, model in models.items():
        path = out / "answers" / f"{name}.jsonl"
        files[name] = answered(model, out / "questions.jsonl", path, judge, name=name, seed=seed, max_new_tokens=80)
    show(files, out)


def show(files: Mapping[str, Path], out: Path) -> None:
    """The agreement with its quartiles, the histogram and other figures, the page, and the viewer."""
    print(f"\n{'Jaccard index':<16}{'mean':>8}{'quarter below':>15}{'quarter above':>15}{'answers':>9}")
    for name, path in files.items():
        found = [float(record["parts"][JACCARD]) for _, record in read_records(path)]
        low, _, high = quantiles(found, n=4)
        print(f"{name:<16}{fmean(found):>8.3f}{low:>15.3f}{high:>15.3f}{len(found):>9}")
    named = [f"{name}={path}" for name, path in files.items()]
    figures = ("--figures", str(out / "figures"), "--html", str(out / "compare.html"))
    run_shown("eval", "compare", *named, "--metric", JACCARD, "--by", "theme", "--worst", "0", *figures)
    run_shown("view", *named, "-o", str(out / "view.html"))


if __name__ == "__main__":
    main()
