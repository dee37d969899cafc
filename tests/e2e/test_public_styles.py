"""Graders in the styles of public ones: those that work in AWS pass, with warnings; the others say why they do not."""

from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import pytest

from lambda_package.errors import BuildError
from lambda_package.packaging.build import build
from lambda_package.verify import Verification, verify
from rewards.audit import Case, case_of

ROWS: list[Case] = [
    case_of({"id": name, "messages": [{"role": "user", "content": question}], "reference_answer": answer}, index)
    for index, (name, question, answer) in enumerate(
        [("a", "2 + 2?", "4"), ("b", "3 + 4?", "7"), ("c", "4 * 3?", "12")]
    )
]
# What all of them share: rows of an event, and the text of the model's last turn.
ROWS_OF = """
def text_of(row):
    turns = [turn for turn in row.get("messages") or [] if isinstance(turn, dict)] if isinstance(row, dict) else []
    content = turns[-1].get("content") if turns and turns[-1].get("role") in ("assistant", "nova_assistant") else ""
    if isinstance(content, list):
        content = "".join(str(block.get("text", "")) for block in content if isinstance(block, dict))
    return str(content or "")

def gold_of(row):
    found = row.get("reference_answer") if isinstance(row, dict) else None
    return str(found.get("answer", "") if isinstance(found, dict) else found)

def answered(event, grade):
    rows = event if isinstance(event, list) else [event]
    return [{"id": str(row.get("id", i)) if isinstance(row, dict) else str(i),
             "aggregate_reward_score": float(grade(text_of(row), gold_of(row))), "metrics_list": []}
            for i, row in enumerate(rows)]
"""


class Style(NamedTuple):
    files: dict[str, str]
    grader: str = "grader.py:lambda_handler"
    options: dict[str, Any] = {}  # noqa: RUF012  a tuple's default, never changed


def handler(code: str, **options: Any) -> Style:
    return Style({"grader.py": dedent(code), "shared.py": ROWS_OF}, options=options)


WORKS = {
    "a sample of AWS's: json, logging, a list of results": handler(
        """
        import json, logging
        from shared import answered
        logger = logging.getLogger()
        logger.setLevel(logging.INFO)
        def lambda_handler(event, context):
            logger.info("received %d rows", len(event))
            return answered(event, lambda text, gold: text.strip() == gold)
        """
    ),
    "the last number of a worked solution": handler(
        r"""
        import re
        from shared import answered
        NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
        def last_number(text):
            return (NUMBER.findall(text.rpartition("####")[2].replace(",", "")) or [None])[-1]
        def lambda_handler(event, context):
            return answered(event, lambda text, gold: last_number(text) == last_number(gold))
        """
    ),
    "compute_score with a data source, as verl calls it": handler(
        """
        from shared import answered
        def compute_score(data_source, solution_str, ground_truth, extra_info=None):
            return {"score": float(solution_str.strip() == ground_truth), "source": data_source}["score"]
        def lambda_handler(event, context):
            return answered(event, lambda text, gold: compute_score("gsm8k", text, gold))
        """
    ),
    "accuracy and format over lists of completions, as open-r1 has them": handler(
        r"""
        import re
        from shared import answered
        def accuracy_reward(completions, solution, **kwargs):
            return [float(c[0]["content"].strip() == s) for c, s in zip(completions, solution)]
        def format_reward(completions, **kwargs):
            return [float(re.fullmatch(r"[^<>]*", c[0]["content"]) is not None) for c in completions]
        def lambda_handler(event, context):
            def grade(text, gold):
                asked = [[{"role": "assistant", "content": text}]]
                return accuracy_reward(asked, [gold])[0] * format_reward(asked)[0]
            return answered(event, grade)
        """
    ),
    "boto3 at the top, a judge that is asked only where exact match fails": handler(
        """
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.config import Config
        from shared import answered
        judge = boto3.client("bedrock-runtime", config=Config(retries={"total_max_attempts": 1}, connect_timeout=1))
        def lambda_handler(event, context):
            return answered(event, lambda text, gold: text.strip() == gold)
        """
    ),
    "a package with relative imports, shipped from its root": Style(
        {
            "graders/__init__.py": "",
            "graders/shared.py": ROWS_OF,
            "graders/maths/__init__.py": "from .compare import same\n",
            "graders/maths/compare.py": "def same(a, b): return a.strip() == b\n",
            "graders/main.py": "from .maths import same\nfrom .shared import answered\n"
            "def lambda_handler(event, context): return answered(event, same)\n",
        },
        "graders/main.py:lambda_handler",
        {"root": ".", "handler": "graders.main.lambda_handler"},
    ),
    "plugins found by pkgutil, shipped with --include": Style(
        {
            "checks/__init__.py": "",
            "checks/exact.py": "def grade(text, gold): return float(text.strip() == gold)\n",
            "shared.py": ROWS_OF,
            "grader.py": "import importlib, pkgutil, checks\nfrom shared import answered\n"
            "ALL = [importlib.import_module(f'checks.{m.name}') for m in pkgutil.iter_modules(checks.__path__)]\n"
            "def lambda_handler(event, context):\n"
            "    return answered(event, lambda t, g: sum(c.grade(t, g) for c in ALL) / len(ALL))\n",
        },
        options={"include": ["checks"]},
    ),
    "a data file opened in the working directory": Style(
        {
            "weights.json": '{"exact": 1.0}',
            "shared.py": ROWS_OF,
            "grader.py": "import json\nfrom shared import answered\nWEIGHTS = json.load(open('weights.json'))\n"
            "def lambda_handler(event, context):\n"
            "    return answered(event, lambda t, g: WEIGHTS['exact'] * (t.strip() == g))\n",
        },
        options={"include": ["weights.json"]},
    ),
    "an object of a class as handler": handler(
        """
        from shared import answered
        class Grader:
            def __init__(self): self.calls = 0
            def grade(self, text, gold): return text.strip() == gold
            def __call__(self, event, context):
                self.calls += 1
                return answered(event, self.grade)
        lambda_handler = Grader()
        """
    ),
    "a time limit of its own by signal.alarm": handler(
        """
        import signal
        from shared import answered
        class Late(Exception): ...
        def late(number, frame): raise Late
        def grade(text, gold):
            signal.signal(signal.SIGALRM, late)
            signal.alarm(5)
            try: return text.strip() == gold
            except Late: return 0.0
            finally: signal.alarm(0)
        def lambda_handler(event, context): return answered(event, grade)
        """
    ),
    "a cache that outlives the call": handler(
        """
        import functools
        from shared import answered
        @functools.lru_cache(maxsize=None)
        def grade(text, gold): return float(text.strip() == gold)
        def lambda_handler(event, context): return answered(event, grade)
        """
    ),
    "a progress line for each row": handler(
        """
        from shared import answered
        def grade(text, gold):
            print("graded", repr(text)[:200], "against", gold, "." * 2000)
            return text.strip() == gold
        def lambda_handler(event, context): return answered(event, grade)
        """
    ),
}


class Fails(NamedTuple):
    style: Style
    words: str


FAILS = {
    "an async handler": Fails(
        handler(
            """
            from shared import answered
            async def lambda_handler(event, context): return answered(event, lambda t, g: t == g)
            """
        ),
        "Lambda does not await its handler",
    ),
    "a handler that yields": Fails(
        handler(
            "from shared import answered\ndef lambda_handler(event, context): yield from answered(event, str.__eq__)\n"
        ),
        "return a list",
    ),
    "a pool of processes": Fails(
        handler(
            """
            import multiprocessing
            from shared import answered
            def lambda_handler(event, context):
                with multiprocessing.Pool(2) as pool:
                    return answered(event, lambda t, g: pool.apply(str.__eq__, (t, g)))
            """
        ),
        "no semaphores",
    ),
    "a cache beside the code": Fails(
        handler(
            """
            import os
            from shared import answered
            CACHE = open(os.path.join(os.path.dirname(__file__), "cache.txt"), "a")
            def lambda_handler(event, context): return answered(event, str.__eq__)
            """
        ),
        "write to /tmp only",
    ),
    "a key from the environment": Fails(
        handler(
            """
            import os
            from shared import answered
            KEY = os.environ["OPENAI_API_KEY"]
            def lambda_handler(event, context): return answered(event, str.__eq__)
            """
        ),
        "--env NAME=VALUE",
    ),
    "a download at import": Fails(
        handler(
            """
            import urllib.request
            from shared import answered
            TABLE = urllib.request.urlopen("http://192.0.2.1/table.json", timeout=3).read()
            def lambda_handler(event, context): return answered(event, str.__eq__)
            """
        ),
        "--allow-network",
    ),
    "a data file left at home": Fails(
        handler(
            """
            from shared import answered
            TABLE = open("terms.txt").read()
            def lambda_handler(event, context): return answered(event, str.__eq__)
            """
        ),
        "add it with --include",
    ),
    "plugins left at home": Fails(
        Style(
            {
                "checks/__init__.py": "",
                "checks/exact.py": "def grade(text, gold): return float(text.strip() == gold)\n",
                "shared.py": ROWS_OF,
                "grader.py": "import importlib, pkgutil, checks\nfrom shared import answered\n"
                "ALL = [importlib.import_module(f'checks.{m.name}') for m in pkgutil.iter_modules(checks.__path__)]\n"
                "def lambda_handler(event, context):\n"
                "    return answered(event, lambda t, g: sum(c.grade(t, g) for c in ALL))\n",
            }
        ),
        "answers are not graded as by the source",
    ),
    "text for a score": Fails(
        handler(
            """
            from shared import answered
            def lambda_handler(event, context):
                return [{**row, "aggregate_reward_score": str(row["aggregate_reward_score"])}
                        for row in answered(event, lambda t, g: t == g)]
            """
        ),
        "score",
    ),
}


def verified(style: Style, folder: Path) -> Verification:
    for name, text in style.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    options = {**style.options, **({"root": folder} if "root" in style.options else {})}
    package = build(f"{folder / style.grader}", folder / "grader.zip", **options)
    return verify(package.path, ROWS, timeout_s=30)


@pytest.mark.parametrize("style", WORKS.values(), ids=WORKS)
def test_what_works_in_aws_passes(style: Style, tmp_path: Path):
    verification = verified(style, tmp_path)
    assert verification.problems == {}
    statuses = {check.name: check.status for check in verification.checks}
    assert statuses["same as the source"] == "ok"


@pytest.mark.parametrize("fails", FAILS.values(), ids=FAILS)
def test_what_does_not_says_why(fails: Fails, tmp_path: Path):
    verification = verified(fails.style, tmp_path)
    assert not verification.ok
    assert fails.words in "\n".join(check.detail for check in verification.checks)


@pytest.mark.parametrize(
    ("imported", "words"),
    [
        ("import numpy as np", r"'numpy' \(grader\.py, line 1\); ship a package with --with"),
        ("from math_verify import parse, verify", "'math_verify'"),
        ("from pydantic import BaseModel", "'pydantic'"),
    ],
)
def test_a_package_that_is_not_shipped_is_named_by_the_build(tmp_path: Path, imported: str, words: str):
    (tmp_path / "grader.py").write_text(f"{imported}\ndef lambda_handler(event, context): return []\n")
    with pytest.raises(BuildError, match=words):
        build(f"{tmp_path / 'grader.py'}:lambda_handler", tmp_path / "grader.zip")
