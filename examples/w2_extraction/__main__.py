"""The whole example in one command, offline: `python -m examples.w2_extraction`, from the root of the repository."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from datagen.formats import read_jsonl
from datagen.images import image_tokens
from examples.shown import run_shown, text_of, title
from examples.w2_extraction.forms import HEIGHT, WIDTH, write_forms, write_pictures
from rewards.writing import write_text

HERE = Path(__file__).parent
SPLITS = ("train", "validation", "test")
QUESTION = "Which values does this form hold?"
PLACE, OWNER = "s3://my-bucket/w2", "123456789012"  # yours, before you launch
ANSWER_TOKENS = 150  # of Nova's for one form, estimated: 350 characters, most of them digits and quotes


def main() -> None:
    """Make everything, train, and show what it changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/w2"), help="default: %(default)s")
    parser.add_argument("--people", type=int, default=275, help="with four forms each; default: %(default)s")
    parser.add_argument("--pictures", type=int, default=20, help="forms that are drawn; default: %(default)s")
    parser.add_argument("--until", choices=("data", "eval_sft"), default="eval_sft", help="default: %(default)s")
    given = parser.parse_args()
    project = given.out / "project"
    shutil.copytree(HERE, project, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    title(f"Forms and scans, in {project}")
    write_pictures(write_forms(project / "forms.jsonl", given.people)[: given.pictures], project / "scans")
    title("On the text of the forms: rows, split by person, and what SFT teaches a stand-in")
    run = ("--runs", str(given.out))
    run_shown("run", str(project / "project.yaml"), *run, "--until", given.until)
    title("With pictures: the rows for Nova Lite, and what a page costs")
    picture_rows(given.out / "w2-extraction" / "data" / "rft", text_of(HERE / "system.txt"), given.out / "pictures")
    if given.until == "eval_sft":
        title("Before and after")
        models = [f"{name}={given.out}/w2-extraction/eval_sft/{name}.greedy.jsonl" for name in ("base", "SFT")]
        run_shown("eval", "compare", *models, "--worst", "0", "--figures", str(given.out / "figures"))
        run_shown("report", str(project / "project.yaml"), *run)


def picture_rows(data: Path, system: str, out: Path) -> None:
    """The SFT rows of the pictures, picture first and then the question, with the same split by person."""
    out.mkdir(parents=True, exist_ok=True)
    asked = ("--question", QUESTION, "--system", system, "--bucket-owner", OWNER)
    for split in SPLITS:
        labels, rows = out / f"labels-{split}.jsonl", out / f"{split}.jsonl"
        write_text(labels, "".join(json.dumps(row) + "\n" for row in labels_of(data / f"{split}.jsonl")))
        run_shown("data", "merge", str(labels), "-o", str(rows), *asked)
        run_shown("data", "check", str(rows), "--for", "bedrock-sft", "--model", "nova-lite")
    tokens = image_tokens(WIDTH, HEIGHT, "nova-lite") + len(system + QUESTION) // 4
    page = ("--input-tokens", str(tokens), "--output-tokens", str(ANSWER_TOKENS))
    run_shown("model", "cost", "nova-lite", "--queries", "1000", *page)


def labels_of(rows: Path) -> Iterator[dict[str, object]]:
    """A label for each scan of each form: where its picture will be, and the right reading."""
    for _, row in read_jsonl(rows):
        for scan in ("clean.png", "noisy.jpg"):
            name = f"{row['id']}-{scan}"
            yield {"image": name, "uri": f"{PLACE}/{name}", "answer": row["reference_answer"]}


if __name__ == "__main__":
    main()
