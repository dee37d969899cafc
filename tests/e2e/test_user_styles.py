"""Rewards as people lay them out: files, folders, packages, threads, state. The zip grades as the source does."""

from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import pytest

from lambda_package.by_source import grade_by_source
from lambda_package.packaging.build import build
from lambda_package.packaging.record import record_of
from lambda_package.packaging.sbom import handler_in
from lambda_package.runtime import Runtime

SCORE = "from rewards.types import Score\n"
SAME = "def same(a, b): return float(a == b)\n"
EVENT = [
    {"id": f"{reference}-{text}", "messages": [{"role": "assistant", "content": text}], "reference_answer": reference}
    for reference in ("red", "blue")
    for text in ("red", "blue", "", "red blue")
]


class Style(NamedTuple):
    files: dict[str, str]
    grader: str = "reward.py:reward"
    options: dict[str, Any] = {}  # noqa: RUF012  a tuple's default, never changed
    environment: dict[str, str] = {}  # noqa: RUF012


def one(code: str, **files: str) -> Style:
    return Style({"reward.py": SCORE + dedent(code), **files})


def write_files(files: dict[str, str], folder: Path) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


STYLES = {
    "a package beside it, with relative imports of its own": Style(
        {
            "colours/__init__.py": "from .compare import same\n",
            "colours/compare.py": "from . import weight\ndef same(a, b): return weight.FULL * float(a == b)\n",
            "colours/weight.py": "FULL = 0.75\n",
            "reward.py": SCORE
            + "from colours import same\ndef reward(s, c): return Score(same(c.text, s.reference))\n",
        }
    ),
    "a folder without __init__": Style(
        {
            "lib/deep/compare.py": SAME,
            "reward.py": SCORE
            + "import lib.deep.compare as how\ndef reward(s, c): return Score(how.same(c.text, s.reference))\n",
        }
    ),
    "inside a package, shipped from its root": Style(
        {
            "grading/__init__.py": "",
            "grading/words.py": SAME,
            "grading/colour/__init__.py": "",
            "grading/colour/reward.py": SCORE
            + "from ..words import same\ndef reward(s, c): return Score(same(c.text, s.reference))\n",
        },
        "grading/colour/reward.py:reward",
        {"root": "."},
    ),
    "a partial": one(
        """
        from functools import partial
        def scaled(s, c, *, by): return Score(by * float(c.text == s.reference))
        reward = partial(scaled, by=0.5)
        """
    ),
    "a lambda": one("reward = lambda s, c: Score(len(c.text) / 100)\n"),
    "an object with __call__ and a copy of itself": one(
        """
        import copy
        class Length:
            def __init__(self, longest): self.longest = longest
            def __call__(self, s, c): return Score(min(1.0, len(c.text) / self.longest))
        reward = copy.deepcopy(Length(9))
        """
    ),
    "asyncio inside": one(
        """
        import asyncio
        async def ask(text):
            await asyncio.sleep(0)
            return float("red" in text)
        def reward(s, c): return Score(asyncio.run(ask(c.text)))
        """
    ),
    "a pool of threads made at import": one(
        """
        from concurrent.futures import ThreadPoolExecutor
        POOL = ThreadPoolExecutor(4)
        def reward(s, c): return Score(sum(POOL.map(lambda n: float(c.text == s.reference) / 4, range(4))))
        """
    ),
    "logging to standard error": one(
        """
        import logging, sys
        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, force=True)
        def reward(s, c):
            logging.getLogger("mine").info("graded %s", s.id)
            return Score(0.5)
        """
    ),
    "state kept from row to row": one(
        """
        import itertools
        seen, order = {}, itertools.count(1)
        def reward(s, c): return Score(1 / seen.setdefault(c.text, next(order)))
        """
    ),
    "data files found beside the module": Style(
        {
            "terms.json": '["red"]',
            "more/terms.txt": "blue\n",
            "reward.py": SCORE
            + dedent(
                """
                import json
                from pathlib import Path
                HERE = Path(__file__).parent
                MORE = (HERE / "more" / "terms.txt").read_text().split()
                TERMS = {*json.loads((HERE / "terms.json").read_text()), *MORE}
                def reward(s, c): return Score(float(c.text in TERMS))
                """
            ),
        },
        options={"include": ["terms.json", "more"]},
    ),
    "resources of a package": Style(
        {
            "lists/__init__.py": "",
            "lists/colours.txt": "red\nblue\n",
            "reward.py": SCORE
            + dedent(
                """
                from importlib.resources import files
                COLOURS = (files("lists") / "colours.txt").read_text().split()
                def reward(s, c): return Score(float(c.text in COLOURS))
                """
            ),
        },
        options={"include": ["lists"]},
    ),
    "plugins loaded by name": Style(
        {
            "plugins/__init__.py": "",
            "plugins/exact.py": "from shared import WEIGHT\n"
            "def grade(s, c): return WEIGHT * float(c.text == s.reference)\n",
            "shared.py": "WEIGHT = 0.5\n",
            "reward.py": SCORE
            + dedent(
                """
                import importlib
                def reward(s, c): return Score(importlib.import_module("plugins." + "exact").grade(s, c))
                """
            ),
        },
        options={"include": ["plugins"]},
    ),
    "a variable of the environment": Style(
        {
            "reward.py": SCORE
            + 'import os\nWEIGHT = float(os.environ["GRADER_WEIGHT"])\ndef reward(s, c): return Score(WEIGHT)\n'
        },
        environment={"GRADER_WEIGHT": "0.25"},
    ),
    "a database in a temporary folder": one(
        """
        import os, sqlite3, tempfile
        def reward(s, c):
            with tempfile.TemporaryDirectory() as folder:
                base = sqlite3.connect(os.path.join(folder, "a.db"))
                base.execute("create table words (word)")
                base.executemany("insert into words values (?)", [(word,) for word in c.text.split()])
                count = base.execute("select count(*) from words").fetchone()[0]
                base.close()
            return Score(count / 10)
        """
    ),
    "an alarm of its own": one(
        """
        import signal
        def reward(s, c):
            signal.alarm(5)
            signal.alarm(0)
            return Score(float(c.text == s.reference))
        """
    ),
    "a truth value for a score": one("def reward(s, c): return Score(c.text == s.reference)\n"),
    "a number instead of a Score, which cannot be judged": one("def reward(s, c): return 0.5\n"),
    "enums and dataclasses with slots": one(
        """
        from dataclasses import dataclass, replace
        from enum import Enum
        class Grade(Enum):
            GOOD = 1.0
            BAD = 0.0
        @dataclass(frozen=True)
        class Config:
            weight: float = 0.5
        @dataclass(frozen=True, slots=True)
        class Mine:
            config: Config = Config()
            def __call__(self, s, c):
                grade = Grade.GOOD if c.text == s.reference else Grade.BAD
                return replace(Score(grade.value), value=grade.value * self.config.weight)
        reward = Mine(replace(Config(), weight=0.75))
        """
    ),
    "our rewards pickled, copied and compared": one(
        """
        import copy, pickle
        from rewards import label_match, weighted
        base = weighted({"label": (label_match(), 1.0)})
        again = copy.deepcopy(pickle.loads(pickle.dumps(base)))
        def reward(s, c):
            same = hash(again) == hash(base) and again == base
            return Score(again(s, c).value if same else 0.125)
        """
    ),
    "an async reward, which cannot be judged": one("async def reward(s, c): return Score(1.0)\n"),
    "a variable with a default": one(
        """
        import os
        WEIGHT = float(os.environ.get("GRADER_WEIGHT", "0.5"))
        def reward(s, c): return Score(WEIGHT * (c.text == s.reference))
        """
    ),
    "plugins found in their folder": Style(
        {
            "plugins/__init__.py": "",
            "plugins/exact.py": "def grade(s, c): return float(c.text == s.reference)\n",
            "reward.py": SCORE
            + dedent(
                """
                import importlib, pkgutil, plugins
                ALL = [importlib.import_module("plugins." + m.name) for m in pkgutil.iter_modules(plugins.__path__)]
                def reward(s, c): return Score(sum(module.grade(s, c) for module in ALL))
                """
            ),
        },
        options={"include": ["plugins"]},
    ),
    "signatures and hints read while it runs": one(
        """
        import inspect, typing
        from rewards import label_match
        inner = label_match()
        PARAMETERS = list(inspect.signature(inner.__call__).parameters)
        def reward(s, c): return Score(inner(s, c).value / len(PARAMETERS))
        """
    ),
    "a Score of its own kind": one(
        """
        from dataclasses import dataclass
        @dataclass(frozen=True)
        class Rich(Score):
            note: str = ""
        def reward(s, c): return Rich(float(c.text == s.reference), note="x")
        """
    ),
    "a file named lambda_function that is the handler": Style(
        {
            "lambda_function.py": "import os\ndef lambda_handler(event, context):\n"
            '    score = float(os.path.isdir(os.environ["LAMBDA_TASK_ROOT"]))\n'
            '    return [{"id": s["id"], "aggregate_reward_score": score} for s in event]\n',
        },
        "lambda_function.py:lambda_handler",
    ),
    "a file of the working directory": Style(
        {
            "terms.txt": "red",
            "reward.py": SCORE + 'RIGHT = open("terms.txt").read()\n'
            "def reward(s, c): return Score(float(c.text == RIGHT))\n",
        },
        options={"include": ["terms.txt"]},
    ),
    "decimals and fractions": one(
        """
        from decimal import Decimal
        from fractions import Fraction
        def reward(s, c): return Score(float(Fraction(len(c.text), 9)) * float(Decimal("0.1") * 3))
        """
    ),
    "exceptions for what cannot be judged": one(
        """
        from rewards import UngradableError
        def reward(s, c):
            if not c.text: raise UngradableError("an empty answer")
            if c.text == "red blue": raise ValueError("two colours")
            return Score(1.0)
        """
    ),
    "a handler under a name of its own": Style(
        {
            "app.py": "from shared import K\ndef grade(event, context):\n"
            '    return [{"id": s["id"], "aggregate_reward_score": K / 4} for s in event]\n',
            "shared.py": "K = 2\n",
        },
        "app.py:grade",
        {"handler": "app.grade"},
    ),
}


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_the_zip_grades_as_the_source_does(style: Style, tmp_path: Path):
    write_files(style.files, tmp_path)
    options = {**style.options, **({"root": tmp_path} if "root" in style.options else {})}
    package = build(f"{tmp_path / style.grader}", tmp_path / "grader.zip", **options)
    record = record_of(package.path)
    assert record is not None
    source = grade_by_source(record, [[*EVENT]], timeout_s=60, environment=style.environment)
    with Runtime(package.path, handler=handler_in(package.path), environment=style.environment) as runtime:
        zipped = runtime.invoke(EVENT)
    assert (source.problem, zipped.error) == ("", None)
    assert zipped.payload == source.answers[0]
    assert len(zipped.payload) == len(EVENT)
