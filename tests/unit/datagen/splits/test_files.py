"""Splitting and describing files that were made elsewhere."""

from __future__ import annotations

import json

import pytest

from datagen.config import SplitConfig
from datagen.describe_file import card
from datagen.errors import FormatError, SplitError
from datagen.quality.similarity import leaks
from datagen.splits.files import prompt_of, split

SHARES = SplitConfig(train=0.75, test=0.25)


def rft(number, text, source="a"):
    return {
        "id": str(number),
        "messages": [{"role": "user", "content": text}],
        "reference_answer": "x",
        "source": source,
    }


def written(tmp_path, rows):
    path = tmp_path / "all.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def prompts(path):
    return [prompt_of(json.loads(line)) for line in path.read_text().splitlines()]


def test_rows_of_one_source_stay_together(tmp_path):
    rows = [rft(number, f"q{number} r{number} s{number}", source=str(number % 5)) for number in range(40)]
    divided = split(written(tmp_path, rows), tmp_path / "out", SHARES, seed="1", by="source")
    sides = [
        {json.loads(line)["source"] for line in divided.files[name].read_text().splitlines()} for name in divided.files
    ]
    assert not sides[0] & sides[1]
    assert sum(divided.rows.values()) == 40
    assert divided.sources == 5


def test_rows_whose_prompts_nearly_agree_stay_together_without_a_source(tmp_path):
    long = "tell me what the rule says about visitors who come at night without any escort or badge please"
    rows = [rft(number, f"{long}{'!' * number}") for number in range(5)]
    rows += [rft(9, "something else entirely here"), rft(10, "and yet another thing")]
    divided = split(written(tmp_path, rows), tmp_path / "out", SHARES, seed="1")
    assert sorted(divided.rows.values()) == [2, 5]


def test_nothing_is_shared_unless_that_was_asked_for(tmp_path):
    shared = " ".join(f"w{index}" for index in range(13))
    rows = [rft(number, f"{shared} {' '.join(f'x{number}y{index}' for index in range(30))}") for number in range(4)]
    rows += [rft(number, f"other{number} words{number}") for number in range(4, 8)]
    counted = SHARES.model_copy(update={"shared_text": "report"})
    apart = [split(written(tmp_path, rows), tmp_path / "a", counted, seed=str(seed)) for seed in range(5)]
    together = [split(written(tmp_path, rows), tmp_path / "b", SHARES, seed=str(seed)) for seed in range(5)]
    assert max(divided.leaks["test"] for divided in apart) > 0
    assert [divided.leaks for divided in together] == [{"test": 0}] * 5
    assert leaks({name: prompts(path) for name, path in together[-1].files.items()}) == {"test": 0}


def test_rows_with_pictures_are_divided_by_their_pictures_and_not_by_what_is_asked(tmp_path):
    def shown(uri):
        place = {"image": {"format": "png", "source": {"s3Location": {"uri": f"s3://bucket/prefix/{uri}.png"}}}}
        return {"messages": [{"role": "user", "content": [place, {"text": "What is in this picture?"}]}]}

    rows = [shown(number // 2) for number in range(16)]
    divided = split(written(tmp_path, rows), tmp_path / "out", SHARES, seed="1")
    assert divided.rows == {"train": 12, "test": 4}
    assert divided.sources == 8


def test_what_cannot_be_divided_is_refused(tmp_path):
    path = written(tmp_path, [rft(1, "a b c"), rft(2, "a b c")])
    with pytest.raises(SplitError, match="2 of 2 sources share text"):
        split(path, tmp_path / "out", SHARES, seed="1")


def test_a_row_without_its_source_is_named(tmp_path):
    path = written(tmp_path, [rft(1, "a"), {"messages": []}])
    with pytest.raises(FormatError, match=r"all.jsonl:2: no source under 'source'"):
        split(path, tmp_path / "out", SHARES, seed="1", by="source")


@pytest.mark.parametrize(
    ("row", "prompt"),
    [
        (rft(1, "Q"), "Q"),
        ({"query": "Q", "response": "A"}, "Q"),
        ({"prompt": "Q"}, "Q"),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"text": "Q"}]},
                    {"role": "assistant", "content": [{"text": "A"}]},
                ]
            },
            "Q",
        ),
        ({}, ""),
    ],
)
def test_the_prompt_of_each_format_is_found(row, prompt):
    assert prompt_of(row) == prompt


def test_a_file_is_described_in_numbers(tmp_path):
    found = card(written(tmp_path, [rft(1, "one"), rft(2, "ONE!"), rft(3, "three four")]))
    assert found.rows == 3
    assert found.same_prompt == 1  # "ONE!" repeats "one"
    assert found.fields["id"] == 3
    assert found.prompt_characters == (3, 4, 10)
    assert found.tokens.low <= found.tokens.mid <= found.tokens.high


@pytest.mark.parametrize("config", [SplitConfig(train=0.5, test=0.5), SplitConfig(train=30, test=10)], ids=str)
def test_the_passes_over_the_rows_are_told_and_reach_their_end(tmp_path, config):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"query": f"word{n} other{n * 7}", "response": "x"}) + "\n" for n in range(60)))
    told = []
    split(path, tmp_path / "out", config, seed="1", progress=lambda done, of: told.append((done, of)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert all(done <= of for done, of in told)
    assert told[-1][0] > 0.9 * told[-1][1]
