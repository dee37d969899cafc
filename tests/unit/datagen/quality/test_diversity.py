"""How varied a data set is, in every script, and the same whatever the order of its rows."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from datagen.existing.diversity import diversity
from datagen.quality.diversity import Said, lines, measured
from rft.commands.data import command

TEXTS = st.text("ab 限额为百元", max_size=20)
SAID = st.builds(Said, TEXTS, TEXTS, st.lists(st.sampled_from("xyz"), max_size=2).map(tuple), st.sampled_from("pq"))


def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@given(st.lists(SAID, max_size=10))
def test_the_order_of_the_rows_does_not_matter(rows):
    assert measured(rows) == measured(list(reversed(rows)))


@given(st.lists(SAID, min_size=1, max_size=10))
def test_writing_every_row_twice_makes_a_set_less_varied(rows):
    once, twice = measured(rows), measured([*rows, *rows])
    assert twice.near_duplicates == once.near_duplicates + len(rows)
    assert all(twice.distinct[size] == pytest.approx(once.distinct[size] / 2) for size in (1, 2, 3))
    assert {name: 2 * count for name, count in once.intents.items()} == twice.intents


@pytest.mark.parametrize("asked", ["please show me the limit of card {}", "请显示信用卡{}的限额", "カード{}の限度額は"])
def test_a_set_of_one_template_is_told_from_a_varied_one_in_every_script(asked):
    template = [Said(asked.format(number), "", ()) for number in range(50)]
    varied = [Said(" ".join(f"{chr(0x4E00 + 50 * at + number)}" for at in range(9)), "", ()) for number in range(50)]
    assert measured(template).distinct[2] < 0.3 < 0.9 < measured(varied).distinct[2]


def test_tools_are_counted_once_a_row_and_intents_are_read_from_the_reference(tmp_path):
    call = {"id": "c", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    path = write(
        tmp_path / "rows.jsonl",
        [
            {"messages": [{"role": "user", "content": "a"}], "reference_answer": {"tool_calls": [call, call]}},
            {"messages": [{"role": "user", "content": "b"}, {"role": "assistant", "tool_calls": [call]}]},
            {"messages": [{"role": "user", "content": "c"}], "reference_answer": {"intent": "refund"}},
            {"messages": [{"role": "user", "content": "d"}], "reference_answer": "x", "metadata": {"topic": "cards"}},
            {"odd": 1},
        ],
    )
    found = diversity(path)
    assert (found.rows, found.unread) == (4, 1)
    assert found.tools == {"(none)": 2, "find": 2}
    assert found.intents == {"refund": 1}
    assert diversity(path, by="metadata.topic").intents == {"cards": 1}


def test_near_duplicates_are_counted_in_clusters():
    text = "how do I raise the limit of my credit card for a week"
    found = measured([Said(text, "", ()), Said(f"{text}?", "", ()), Said(text.upper(), "", ()), Said("else", "", ())])
    assert (found.near_duplicates, found.clusters, found.largest_cluster) == (2, 1, 3)


def test_the_command_shows_every_file_and_what_it_could_not_read(tmp_path):
    train = write(tmp_path / "train.jsonl", [{"prompt": "限额是多少", "completion": "一百元"}, {"odd": 1}])
    test = write(tmp_path / "test.jsonl", [{"prompt": "what is it", "completion": "ten", "intent": "ask"}])
    shown = CliRunner().invoke(command, ["diversity", str(train), str(test)])
    assert shown.exit_code == 0
    assert f"| {train} | 1.00, 1.00, 1.00 | 5 to 5, median 5 | 3 to 3, median 3 | none |" in shown.output
    assert f"{train}: 1 rows of no known shape were left out" in shown.output
    assert f"{test}: ask 1." in shown.output
    found = json.loads(CliRunner().invoke(command, ["diversity", str(train), str(test), "--json"]).output)
    assert found[str(train)]["distinct"] == {"1": 1.0, "2": 1.0, "3": 1.0}


def test_a_long_histogram_says_how_many_values_it_leaves_out():
    found = {"train": measured([Said(f"text {name}", "", (name,)) for name in "abcdefghij"])}
    assert list(lines(found))[-1] == "train: a 1, b 1, c 1, d 1, e 1, f 1, g 1, h 1, and 2 more."
