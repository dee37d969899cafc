"""What our readers lose of real files, against extractors that share no code with them.

    pip install pdfminer.six==20260107 beautifulsoup4==4.15.0
    for name in pypdf==7.1.1 pikepdf==10.18.0 ocrmypdf==17.13.0 python-docx==1.2.0 python-pptx==1.0.2 odfpy==1.4.1; do
        pip download --no-deps --no-binary :all: -d sources $name
    done
    for file in sources/*.tar.gz; do tar xzf $file -C sources; done
    python benchmarks/documents.py sources /usr/share/doc [--worst 10] [--json]

PDF is compared with pdfminer.six, HTML with BeautifulSoup, and the zipped XML of Office, OpenDocument and EPUB with
every text node of their main parts. Lost is the share of the other's letters and digits, as a bag, that ours lacks; a
line that we leave out and name, such as a repeated header, is not lost. At most 200 files of a kind are read.
"""

from __future__ import annotations

import argparse
import json
import re
import time
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from datagen.documents.parse import parse
from datagen.documents.pdf import healed

MOST_FILES = 200
PARTS = {
    ".docx": r"word/(document|footnotes|endnotes)\.xml",
    ".pptx": r"ppt/(slides/slide|notesSlides/notesSlide)\d+\.xml",
    ".xlsx": r"xl/sharedStrings\.xml",
    ".odt": r"content\.xml",
    ".ods": r"content\.xml",
    ".odp": r"content\.xml",
    ".epub": r".*\.x?html?",
}
SKIPPED = re.compile(r"<w:del [^>]*>.*?</w:del>|<mc:Fallback.*?</mc:Fallback>|<w:instrText.*?</w:instrText>", re.DOTALL)


class Compared(NamedTuple):
    """One file: letters of the other extractor, how many of them ours lacks, and the parts that ours lists."""

    path: Path
    theirs: int
    lost: int
    seconds: float
    listed: str
    is_read: bool


def by_pdfminer(path: Path) -> str:
    """The text of a PDF by pdfminer.six."""
    from pdfminer.high_level import extract_text  # type: ignore[import-not-found]  # not of the project

    return healed(str(extract_text(str(path))))


def by_soup(path: Path) -> str:
    """The text of a page by BeautifulSoup."""
    from bs4 import BeautifulSoup  # type: ignore[import-not-found]  # not of the project

    page = BeautifulSoup(path.read_bytes(), "html.parser")
    for hidden in [*page(["script", "style", "template", "noscript", "svg"]), *page.select("[hidden], [style*=none]")]:
        hidden.decompose()
    return str(page.get_text(" "))


def by_text_nodes(path: Path) -> str:
    """Every text between two tags of the parts that hold the document's text."""
    import html

    wanted = re.compile(PARTS[path.suffix])
    with zipfile.ZipFile(path) as archive:
        pages = [archive.read(name).decode("utf-8", "replace") for name in archive.namelist() if wanted.fullmatch(name)]
    texts = [SKIPPED.sub("", page) for page in pages]
    if path.suffix in (".docx", ".pptx", ".xlsx"):  # whose other text nodes are settings
        texts = [" ".join(re.findall(r"<(?:\w+:)?t(?: [^>]*)?>([^<]*)<", text)) for text in texts]
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", text) for text in texts))


def other_extractor(path: Path) -> Callable[[Path], str] | None:
    """The independent one for this kind of file."""
    if path.suffix in PARTS:
        return by_text_nodes
    return {".pdf": by_pdfminer, ".html": by_soup, ".htm": by_soup}.get(path.suffix)


def compared(path: Path, other: Callable[[Path], str]) -> Compared | None:
    """Both on one file; nothing where the other cannot read it."""
    start = time.process_time()
    found = parse(path, path.name)
    seconds = time.process_time() - start
    try:
        theirs = letters(other(path))
    except Exception:  # noqa: BLE001 -- whatever the other's errors are
        return None
    ours = letters(" ".join(document.text for document in found.documents))
    lost = (theirs - ours).total()
    named = sum(item.characters for item in found.account.left_out)
    listed = "; ".join(reason for _, reason in found.unreadable)
    return Compared(path, theirs.total(), max(0, lost - named), seconds, listed, bool(found.documents))


def letters(text: str) -> Counter[str]:
    """Letters and digits in compatibility form, as a bag: order and spaces do not count."""
    return Counter(char for char in unicodedata.normalize("NFKC", text) if char.isalnum())


def files(folders: list[Path]) -> Iterator[Path]:
    """At most `MOST_FILES` of each kind, each content once."""
    kinds: dict[str, dict[bytes, Path]] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and other_extractor(path) and path.stat().st_size:
                kinds.setdefault(path.suffix, {}).setdefault(path.read_bytes()[:65_536], path)
    for kind, found in sorted(kinds.items()):
        paths = sorted(found.values())
        yield from Random(kind).sample(paths, min(len(paths), MOST_FILES))


def main() -> None:
    """Print a line per kind of file, and the files that lose most."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("folders", nargs="+", type=Path)
    options.add_argument("--worst", type=int, default=0)
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    pairs = [(path, other) for path in files(given.folders) if (other := other_extractor(path))]
    rows = [row for path, other in pairs if (row := compared(path, other))]
    kinds = {}
    for kind in sorted({row.path.suffix for row in rows}):
        some = [row for row in rows if row.path.suffix == kind]
        read = [row for row in some if row.is_read]
        theirs, lost = sum(row.theirs for row in read), sum(row.lost for row in read)
        kinds[kind] = {
            "files": len(some),
            "not_read": len(some) - len(read),
            "letters_not_read": sum(row.theirs for row in some if not row.is_read),
            "with_a_part_listed": sum(bool(row.listed) for row in read),
            "letters": theirs,
            "lost": lost / theirs if theirs else 0.0,
            "files_that_lose_over_1_percent": sum(row.lost > 0.01 * row.theirs for row in read),
            "seconds": round(sum(row.seconds for row in some), 2),
        }
    if given.json:
        print(json.dumps(kinds, indent=1))
        return
    for kind, row in kinds.items():
        print(f"{kind}: " + ", ".join(f"{name} {value:.5g}" for name, value in row.items()))
    for row in sorted((row for row in rows if row.is_read), key=lambda row: -row.lost)[: given.worst]:
        print(f"{row.lost:>8,} of {row.theirs:,}  {row.path}  {row.listed[:150]}")


if __name__ == "__main__":
    main()
