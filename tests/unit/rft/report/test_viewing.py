"""The viewer's data: every rollout is in it, with its advantage and its reasons, and nothing in it is markup."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rewards import Completion, Sample, Score
from rft.errors import RftError
from rft.report.judged import Judged, judged
from rft.report.serving import HOST, server_of
from rft.report.viewing import data_of, page_of, text_of, view_rows
from rft.report.worst import worst_of

scores = st.lists(st.floats(0, 1, allow_nan=False), min_size=2, max_size=8)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def rollout(row: str, score: float | None, **more: Any) -> dict[str, Any]:
    turns = [{"role": "user", "content": f"asks {row}"}, {"role": "assistant", "content": f"says {row}"}]
    grade = {} if score is None else {"score": score, "parts": {"part": score}, "metrics": {"chars": None}}
    return {"rollout_version": 1, "row_id": row, "messages": turns, "reference_answer": "right", **grade, **more}


def rows(*records: dict[str, Any]) -> Any:
    return view_rows({"m": [Judged(line, record) for line, record in enumerate(records, 1)]})


def embedded(page: str) -> Any:
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(data)


@example([0.3, 0.1 + 0.2])  # equal up to rounding, as everywhere
@given(scores)
def test_the_advantages_of_a_group_add_up_to_0_and_follow_its_scores(found: list[float]) -> None:
    made = rows(*(rollout("a", score, sample=n) for n, score in enumerate(found)))
    advantages = [row.advantage for row in made]
    assert sum(advantages) == pytest.approx(0, abs=1e-6)
    if max(found) - min(found) > 1e-6:
        assert advantages.index(max(advantages)) == found.index(max(found))
    else:
        assert advantages == [0.0] * len(found)


def test_groups_are_of_one_prompt_and_one_step() -> None:
    made = rows(*(rollout("a", score, step=step) for step in (1, 2) for score in (0.0, 1.0)), rollout("b", 0.5))
    assert [row.group for row in made].count(made[0].group) == 2
    assert made[-1].advantage is None  # alone in its group


@given(JSON_VALUES, st.text())
def test_whatever_a_rollout_holds_the_page_keeps_it_as_data(value: Any, text: str) -> None:
    hostile = f"</script><script>alert(1)</script><!--<script>{text}"
    turns = [{"role": "user", "content": hostile}, {"role": "assistant", "content": value}]
    made = rows(
        {"rollout_version": 1, "row_id": text, "messages": turns, "reference_answer": value, "score": 0.5, "x": text}
    )
    page = page_of(made, hostile)
    assert page.encode("utf-8")
    assert page.count("<script") == 2  # the data and ours
    assert "<!--" not in page
    (row,) = embedded(page)["rows"]
    assert row["score"] == 0.5


def test_a_prompt_is_kept_once_however_many_rollouts_it_has() -> None:
    data = data_of(rows(*(rollout("a", 0.5, sample=n) for n in range(5)), rollout("b", 1.0)), "t")
    assert (len(data["prompts"]), len(data["rows"])) == (2, 6)
    assert data["prompts"][0]["reference"] == "right"


def test_a_row_that_was_asked_in_two_ways_shows_each_completion_its_own_prompt() -> None:
    one, other = rollout("a", 0.5), rollout("a", 1.0)
    other["messages"] = [{"role": "user", "content": "asks otherwise"}, other["messages"][1]]
    first, second = data_of(rows(one, other), "t")["rows"]
    assert first["p"] == second["p"]
    assert ("asked" in first, second["asked"][0]["text"]) == (False, "asks otherwise")


@given(st.sampled_from(["text", "native"]), st.dictionaries(st.text(max_size=5), st.integers(), max_size=2))
def test_calls_are_laid_out_as_the_reference_however_they_were_written(how: str, arguments: dict[str, int]) -> None:
    call = {"name": "find", "arguments": arguments}
    said = {"content": f"<tool_call>{json.dumps(call)}</tool_call>"} if how == "text" else {"tool_calls": [call]}
    made = rollout("a", 1.0, reference_answer={"tool_calls": [call]})
    made["messages"][1] = {"role": "assistant", **said}
    data = data_of(rows(made), "t")
    assert data["rows"][0]["calls"] == data["prompts"][0]["reference"]


def test_ungraded_rollouts_are_shown_without_a_score() -> None:
    (row,) = data_of(rows(rollout("a", None)), "t")["rows"]
    assert (row["score"], row["adv"], row["signals"]) == (None, None, {})


def test_keys_of_the_row_and_its_metadata_are_slices_and_texts_are_not() -> None:
    made = rows(rollout("a", 1.0, kind="odd", metadata={"level": 3}, notes="long " * 40))
    assert data_of(made, "t")["rows"][0]["slices"] == {"kind": "odd", "level": "3"}


def by_parts(sample: Sample, completion: Completion, /) -> Score:
    return Score(0.25, parts={"outer": Score(0.25, "half of it", parts={"inner": Score(0.5, "one of two")})})


def test_a_reward_gives_every_part_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(json.dumps(rollout("a", 1.0)), encoding="utf-8")
    (row,) = view_rows({"m": judged(path, by_parts)})
    assert row.reasons == {"outer": "half of it", "outer/inner": "one of two"}
    assert row.score == 0.25


def test_the_terminal_shows_the_worst_of_each_prompt() -> None:
    made = rows(rollout("a", 0.1), rollout("a", 0.2), rollout("b", 0.3), rollout("c", 0.9), rollout("d", None))
    lines = list(text_of(made, limit=2))
    assert [line.split()[0] for line in lines if "  m:" in line] == ["0.100", "0.300"]
    assert lines[-2:] == [
        "2 of 5 rollouts, the worst of each prompt first",
        "1 rollouts have no score: grade them with --reward",
    ]


def test_the_server_answers_this_machine_by_its_own_names_only() -> None:
    from threading import Thread
    from urllib.error import HTTPError

    pages = iter(("one", "two"))
    with server_of(lambda: next(pages), 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        address = f"http://{HOST}:{server.server_address[1]}/"
        try:
            assert urlopen(address).read() == b"one"
            with pytest.raises(HTTPError, match="403"):
                urlopen(Request(address, headers={"Host": "evil.example:80"}))
            with pytest.raises(HTTPError, match="404"):
                urlopen(f"{address}etc/passwd")
            with pytest.raises(RftError, match=f"port {server.server_address[1]} of"):
                server_of(lambda: "", server.server_address[1])
            assert urlopen(address).read() == b"two"
        finally:
            server.shutdown()
            thread.join()


def test_what_an_agent_did_is_read_in_every_place_that_shows_a_completion() -> None:
    calls = [{"id": "c1", "function": {"name": "move", "arguments": '{"bay": "east"}'}}]
    turns = [
        {"role": "user", "content": "The tiles must go out."},
        {"role": "assistant", "content": "", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "c1", "name": "move", "content": "P8 is in east"},
        {"role": "assistant", "content": ""},
    ]
    record = {"rollout_version": 1, "row_id": "a", "messages": turns, "completion_turns": 3, "score": 0.2}
    (row,) = data_of(rows(record), "t")["rows"]
    assert [(turn["role"], turn["text"]) for turn in row["said"]] == [
        ("assistant", '→ move {"bay": "east"}'), ("tool move", "P8 is in east"), ("assistant", ""),
    ]  # fmt: skip
    (worst,) = worst_of([(1, record)], "m")
    assert (worst.prompt, worst.completion) == ("The tiles must go out.", '→ move {"bay": "east"}')
