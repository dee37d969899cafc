"""More ways in which people write rewards, thirty-three of them: the zip grades as the source does, or says why not."""

import gzip
from pathlib import Path

import pytest

from lambda_package.errors import BuildError
from lambda_package.packaging.build import build
from tests.e2e.test_user_styles import SAME, SCORE, Style, one, write_files
from tests.e2e.test_user_styles import test_the_zip_grades_as_the_source_does as zip_and_source_agree

STYLES = {
    "lazy imports inside the function": one(
        """
        def reward(s, c):
            import difflib, importlib
            words = importlib.import_module("words")
            return Score(difflib.SequenceMatcher(None, c.text, words.lower(s.reference)).ratio())
        """,
        **{"words.py": "def lower(text): return text.lower()\n"},
    ),
    "lazy relative imports in a package": Style(
        {
            "pkg/__init__.py": "def judge(a, b):\n    from .inner import same\n    return same(a, b)\n",
            "pkg/inner.py": SAME,
            "reward.py": SCORE + "from pkg import judge\ndef reward(s, c): return Score(judge(c.text, s.reference))\n",
        }
    ),
    "a dataclass config read from JSON": Style(
        {
            "config.json": '{"full": 0.5, "names": ["red", "blue"]}',
            "reward.py": SCORE + "import json, pathlib\nfrom dataclasses import dataclass, fields, asdict\n"
            "@dataclass(frozen=True)\nclass Config:\n    full: float\n    names: list[str]\n"
            "CONFIG = Config(**json.loads((pathlib.Path(__file__).parent / 'config.json').read_text()))\n"
            "assert [f.name for f in fields(Config)] == ['full', 'names']\n"
            "def reward(s, c): return Score(CONFIG.full * (c.text in asdict(CONFIG)['names']))\n",
        },
        options={"include": ["config.json"]},
    ),
    "a closure made by a factory": one(
        """
        def make(weight):
            cache = {}
            def reward(s, c):
                cache[c.text] = cache.get(c.text, 0) + 1
                return Score(weight * (c.text == s.reference))
            return reward
        reward = make(0.5)
        """
    ),
    "generators and itertools": one(
        """
        from itertools import zip_longest, groupby
        def marks(a, b):
            for x, y in zip_longest(a, b):
                yield x == y
        def reward(s, c):
            found = [*marks(c.text, s.reference)]
            return Score(sum(found) / max(1, len(found)))
        """
    ),
    "sys.path tricks": Style(
        {
            "vendor/deep/judge_words.py": SAME,
            "reward.py": SCORE
            + "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), 'vendor', 'deep'))\n"
            "from judge_words import same\ndef reward(s, c): return Score(same(c.text, s.reference))\n",
        },
        options={"include": ["vendor"]},
    ),
    "a __main__ guard with argparse": one(
        """
        import argparse
        def reward(s, c): return Score(float(c.text == s.reference))
        if __name__ == "__main__":
            parser = argparse.ArgumentParser()
            parser.add_argument("file")
            print(parser.parse_args())
        """
    ),
    "a file with a non-ASCII name": Style(
        {
            "größe.py": SAME,
            "reward.py": SCORE + "from größe import same\ndef reward(s, c): return Score(same(c.text, s.reference))\n",
        }
    ),
    "data with a non-ASCII name": Style(
        {
            "daten/wörter.txt": "red\nblue\n",
            "reward.py": SCORE + "from pathlib import Path\n"
            "WORDS = set((Path(__file__).parent / 'daten' / 'wörter.txt').read_text(encoding='utf-8').split())\n"
            "def reward(s, c): return Score(float(c.text in WORDS))\n",
        },
        options={"include": ["daten"]},
    ),
    "importlib.resources of a package shipped from its root": Style(
        {
            "grading/__init__.py": "",
            "grading/data/__init__.py": "",
            "grading/data/words.csv": "red,1\nblue,2\n",
            "grading/reward.py": SCORE + "import csv, io\nfrom importlib.resources import files\nfrom . import data\n"
            "TABLE = dict(csv.reader(io.StringIO(files(data).joinpath('words.csv').read_text())))\n"
            "def reward(s, c): return Score(int(TABLE.get(c.text, 0)) / 2)\n",
        },
        "grading/reward.py:reward",
        {"root": True, "include": ["data"]},
    ),
    "logging set up by dictConfig": one(
        """
        import logging, logging.config
        logging.config.dictConfig({"version": 1, "handlers": {"out": {"class": "logging.StreamHandler"}},
                                   "root": {"handlers": ["out"], "level": "INFO"}})
        log = logging.getLogger("judge")
        def reward(s, c):
            log.info("judged %r", c.text)
            return Score(float(c.text == s.reference))
        """
    ),
    "a subprocess": one(
        """
        import subprocess, sys
        def reward(s, c):
            done = subprocess.run([sys.executable, "-c", "import sys; print(len(sys.argv[1]))", c.text],
                                  capture_output=True, text=True, check=True)
            return Score(int(done.stdout) / 10)
        """
    ),
    "a thread with a queue": one(
        """
        import queue, threading
        asked, answered = queue.Queue(), queue.Queue()
        def work():
            while True:
                a, b = asked.get()
                answered.put(float(a == b))
        threading.Thread(target=work, daemon=True).start()
        def reward(s, c):
            asked.put((c.text, s.reference))
            return Score(answered.get(timeout=5))
        """
    ),
    "a disk cache in /tmp": one(
        """
        import hashlib, json, os, tempfile
        FOLDER = os.path.join(tempfile.gettempdir(), "judged")
        os.makedirs(FOLDER, exist_ok=True)
        def reward(s, c):
            path = os.path.join(FOLDER, hashlib.sha256(c.text.encode()).hexdigest())
            if not os.path.exists(path):
                with open(path, "w") as f: json.dump(len(c.text), f)
            with open(path) as f: return Score(json.load(f) / 10)
        """
    ),
    "lru_cache over a module's function": one(
        """
        from functools import lru_cache, singledispatch, reduce
        @lru_cache(maxsize=None)
        def value(a, b): return sum(x == y for x, y in zip(a, b)) / 10
        @singledispatch
        def told(x): return 0.0
        @told.register
        def _(x: str): return 0.1
        def reward(s, c): return Score(value(c.text, s.reference) + told(c.text))
        """
    ),
    "a TypedDict, a Protocol and generics": one(
        """
        from typing import TypedDict, Protocol, Generic, TypeVar, NamedTuple
        T = TypeVar("T")
        class Row(TypedDict):
            text: str
        class Judge(Protocol):
            def __call__(self, row: Row) -> float: ...
        class Box(Generic[T]):
            def __init__(self, inner: T): self.inner = inner
        class Pair(NamedTuple):
            a: str
            b: str
        def reward(s, c):
            pair = Box(Pair(c.text, s.reference)).inner
            return Score(float(pair.a == pair.b))
        """
    ),
    "dataclasses.replace and asdict over our own Score": one(
        """
        import dataclasses
        def reward(s, c):
            first = Score(0.25, metrics={"length": float(len(c.text))})
            assert dataclasses.asdict(first)["value"] == 0.25
            return dataclasses.replace(first, value=0.5 if c.text == s.reference else 0.25)
        """
    ),
    "pattern matching and the walrus": one(
        """
        import re
        def reward(s, c):
            match c.text.split():
                case [one] if (found := re.fullmatch(r"(red|blue)", one)):
                    return Score(1.0 if found[1] == s.reference else 0.5)
                case [_, *rest]:
                    return Score(0.25)
                case _:
                    return Score(0.0)
        """
    ),
    "an exec of generated code": one(
        """
        space = {}
        exec(compile("def same(a, b): return float(a == b)", "<made>", "exec"), space)
        def reward(s, c): return Score(space["same"](c.text, s.reference))
        """
    ),
    "a metaclass that registers": one(
        """
        class Registry(type):
            known = {}
            def __new__(cls, name, bases, space):
                made = super().__new__(cls, name, bases, space)
                cls.known[name.lower()] = made
                return made
        class Red(metaclass=Registry):
            score = 1.0
        class Blue(metaclass=Registry):
            score = 0.5
        def reward(s, c):
            kind = Registry.known.get(c.text)
            return Score(kind.score if kind else 0.0)
        """
    ),
    "a context variable and a random of its own": one(
        """
        import contextvars, random
        seed = contextvars.ContextVar("seed", default=7)
        def reward(s, c): return Score(random.Random(f"{seed.get()}{c.text}").random())
        """
    ),
    "pickled data beside the module": Style(
        {
            "make.py": "",
            "table.json.gz": gzip.compress(b'{"red": 1.0, "blue": 0.5}', mtime=0).decode("latin-1"),
            "reward.py": SCORE + "import gzip, json, os\n"
            "with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'table.json.gz'), 'rb') as f:\n"
            "    TABLE = json.loads(gzip.decompress(f.read().decode('utf-8').encode('latin-1')))\n"
            "def reward(s, c): return Score(TABLE.get(c.text, 0.0))\n",
        },
        options={"include": ["table.json.gz"]},
    ),
    "a star import": Style(
        {
            "helpers/__init__.py": "from .a import *\nfrom .b import *\n__all__ = ['same', 'full']\n",
            "helpers/a.py": "__all__ = ['same']\n" + SAME,
            "helpers/b.py": "full = 0.5\n",
            "reward.py": SCORE
            + "from helpers import *\ndef reward(s, c): return Score(full * same(c.text, s.reference))\n",
        }
    ),
    "a module-level __getattr__": Style(
        {
            "lazy/__init__.py": "import importlib\ndef __getattr__(name):\n"
            "    return getattr(importlib.import_module('lazy.rules'), name)\n",
            "lazy/rules.py": SAME,
            "reward.py": SCORE + "import lazy\ndef reward(s, c): return Score(lazy.same(c.text, s.reference))\n",
        },
        options={"include": ["lazy"]},
    ),
    "a try around an import of a package that is not there": one(
        """
        try:
            import rapidfuzz_is_not_here as fuzz
        except ModuleNotFoundError:
            fuzz = None
        def reward(s, c): return Score(1.0 if fuzz else float(c.text == s.reference))
        """
    ),
    "locale, timezone and platform": one(
        """
        import datetime, locale, os, time, zoneinfo
        def reward(s, c):
            zone = zoneinfo.ZoneInfo("UTC")
            assert datetime.datetime(2026, 1, 1, tzinfo=zone).utcoffset() == datetime.timedelta(0)
            return Score(float(c.text == s.reference) if time.tzname[0] == "UTC" else 0.5)
        """
    ),
    "warnings turned into errors": one(
        """
        import warnings
        warnings.simplefilter("error")
        def reward(s, c):
            if c.text == "": warnings.warn("empty")
            return Score(float(c.text == s.reference))
        """
    ),
    "asyncio.gather under a running loop of its own": one(
        """
        import asyncio
        loop = asyncio.new_event_loop()
        async def part(a, b):
            await asyncio.sleep(0)
            return float(a == b)
        async def whole(s, c): return sum(await asyncio.gather(part(c.text, s.reference), part(c.text, "red"))) / 2
        def reward(s, c): return Score(loop.run_until_complete(whole(s, c)))
        """
    ),
    "sqlite in memory": one(
        """
        import sqlite3
        base = sqlite3.connect(":memory:")
        base.execute("create table t (word text, score real)")
        base.executemany("insert into t values (?, ?)", [("red", 1.0), ("blue", 0.5)])
        def reward(s, c):
            row = base.execute("select score from t where word = ?", (c.text,)).fetchone()
            return Score(row[0] if row else 0.0)
        """
    ),
    "doctest and unittest beside the reward": one(
        """
        import doctest, unittest
        def same(a, b):
            '''
            >>> same(1, 1)
            1.0
            '''
            return float(a == b)
        class Test(unittest.TestCase):
            def test(self): self.assertEqual(same(1, 1), 1.0)
        def reward(s, c): return Score(same(c.text, s.reference))
        """
    ),
    "inspect.getsource of its own function": one(
        """
        import inspect
        def rule(a, b):
            # compares letter by letter
            return a == b
        LONG = "letter" in inspect.getsource(rule)
        def reward(s, c): return Score(float(rule(c.text, s.reference)) if LONG else 0.5)
        """
    ),
    "docstrings read while it runs": one(
        '''
        def rule(a, b):
            """weight=0.5"""
            return float(a == b)
        WEIGHT = float(rule.__doc__.partition("=")[2])
        def reward(s, c): return Score(WEIGHT * rule(c.text, s.reference))
        '''
    ),
    "a sibling package of the grader's folder": Style(
        {
            "shared/__init__.py": "",
            "shared/rules.py": SAME,
            "graders/colour.py": SCORE
            + "import sys, pathlib\nsys.path.append(str(pathlib.Path(__file__).parent.parent))\n"
            "from shared.rules import same\ndef reward(s, c): return Score(same(c.text, s.reference))\n",
        },
        "graders/colour.py:reward",
        {"root": True},
    ),
}


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_the_zip_grades_as_the_source_does(style: Style, tmp_path: Path):
    zip_and_source_agree(style, tmp_path)


LEFT_BEHIND = {
    "below": (
        {"vendor/deep/rules.py": SAME, "reward.py": "import sys\nsys.path.append('vendor/deep')\nimport rules\n"},
        "reward.py:reward",
        "'rules' lies in vendor/deep: ship that folder with --include",
    ),
    "above": (
        {"shared/__init__.py": SAME, "graders/reward.py": "import sys\nsys.path.append('..')\nimport shared\n"},
        "graders/reward.py:reward",
        "'shared' lies in .*: ship from there with --root",
    ),
    "beside": (
        {"lib/rules.py": SAME, "graders/reward.py": "import sys\nsys.path.append('../lib')\nimport rules\n"},
        "graders/reward.py:reward",
        "'rules' lies in .*/lib: ship it with --root .* --include lib",
    ),
    "nowhere": ({"reward.py": "import nowhere_at_all\n"}, "reward.py:reward", "ship a package with --with$"),
}


@pytest.mark.parametrize(("files", "grader", "words"), LEFT_BEHIND.values(), ids=LEFT_BEHIND)
def test_a_module_that_sys_path_leads_to_is_told_how_to_ship(
    files: dict[str, str], grader: str, words: str, tmp_path: Path
):
    reward = "from rewards import json_parse\nreward = json_parse()\n"
    write_files({name: text + reward if name in grader else text for name, text in files.items()}, tmp_path)
    with pytest.raises(BuildError, match=words):
        build(f"{tmp_path / grader}", tmp_path / "grader.zip")
