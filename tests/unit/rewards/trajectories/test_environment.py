"""What an agent sees, what its turns change, and how an episode becomes a rollout."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards import SpecError, UngradableError, final_state, signals_of, tool_choice
from rewards.rollouts import completion_turns, read_records, record_of, schema, write_records
from rewards.rows import rollout_of
from rewards.trajectories import (
    EpisodeOverError,
    State,
    Task,
    environment,
    load_environment,
    play,
    play_turns,
    tool_of,
    trajectory_of,
)
from tests.unit.rewards.trajectories.worlds import DONE, add, call, drop, say, shop


def scored(*turns: Mapping[str, Any], task: str = "t0") -> float:
    judged = shop().judge(play_turns(shop(), task, turns).row())
    assert judged.score is not None
    return judged.score.value


def test_the_gold_turns_earn_the_maximum_in_any_order() -> None:
    assert all(scored(*task.gold, task=task.id) == 1.0 for task in shop().tasks.values())
    assert scored(call("add", item="milk"), call("add", item="tea"), DONE) == 1.0


def test_silence_and_claims_earn_nothing() -> None:
    assert scored() == scored(say("Both items are in your cart.")) == 0.0


def test_a_refused_call_changes_nothing_and_is_told() -> None:
    episode = shop().start("t0")
    (seen,) = episode.step(call("add", item="gold"))
    assert (seen["content"], episode.state) == ("error: no item 'gold'", {"cart": []})
    (unknown,) = episode.step(call("ad", item="tea"))
    assert unknown["content"] == "error: no tool 'ad'; did you mean 'add'?"
    (misfit,) = episode.step(call("add", item="tea", count="two"))
    assert misfit["content"].startswith("error: add: count must fit")
    assert trajectory_of(*pair(episode)).invalid == 3


def pair(episode: Any) -> tuple[Any, Any]:
    rollout = rollout_of(episode.row())
    return rollout.sample, rollout.completion


def test_a_call_that_fails_half_way_leaves_the_state_as_it_was() -> None:
    def spoil(state: State) -> str:
        """Change, then refuse."""
        from rewards.trajectories import ToolError

        state["cart"].append("tea")
        raise ToolError("no")

    world = shop(tools=[spoil])
    episode = world.start("t0")
    episode.step(call("spoil"))
    assert episode.state == {"cart": []}


def test_the_user_tells_a_fact_once_and_nothing_that_was_not_asked() -> None:
    episode = shop().start("t0")
    (told,) = episode.step(say("What is on your list?"))
    assert told["content"].endswith("tea and milk")
    assert episode.step(say("Please just tell me what to do about the list.")) == []
    assert episode.stop == "completed"


def test_the_wording_of_the_user_depends_on_the_seed_alone() -> None:
    def told(seed: int) -> str:
        return str(shop().start("t0", seed=seed).step(say("the list?"))[0]["content"])

    assert [told(3), told(3)] == [told(3)] * 2
    assert len({told(seed) for seed in range(20)}) > 1


def test_an_episode_ends_by_its_turns_or_calls() -> None:
    turns = play_turns(shop(max_turns=2), "t0", [call("add", item="tea")] * 5)
    calls = play_turns(shop(max_calls=3), "t0", [call("add", item="tea")] * 5)
    assert (turns.stop, calls.stop) == ("turns", "calls")
    with pytest.raises(EpisodeOverError, match=r"has ended \(turns\)"):
        turns.step(DONE)


def test_calls_beyond_the_budget_in_one_turn_do_nothing() -> None:
    many = {"role": "assistant", "tool_calls": [{"name": "add", "arguments": {"item": "tea"}}] * 5}
    episode = play_turns(shop(max_calls=2), "t0", [many])
    assert (episode.state, trajectory_of(*pair(episode)).invalid) == ({"cart": ["tea", "tea"]}, 3)


def test_a_policy_that_raises_is_a_failed_rollout_of_score_0_apart_from_what_cannot_be_judged() -> None:
    def crash(messages: Sequence[Any], tools: Sequence[Any]) -> dict[str, Any]:
        if len(messages) > 2:
            raise OSError("no model")
        return call("add", item="tea")

    failed = play(shop(), "t0", crash).record()
    assert (failed["score"], failed["turn_rewards"]) == (0.0, [0.0])
    assert failed["reason"] == "the rollout failed: OSError: no model"
    ungradable = play(shop(reward=final_state(reference_key="goal")), "t0", lambda *_: DONE).record()
    assert "score" not in ungradable
    assert "no reference at 'goal'" in str(ungradable["ungradable"])


def test_a_failed_and_a_finished_rollout_report_the_same_names() -> None:
    world = shop()
    done = play_turns(world, "t0", world.task("t0").gold).record()
    broken = play(world, "t0", lambda *_: 1).record()  # type: ignore[return-value,arg-type]  # a policy's mistake
    names = [set(record["parts"]) | set(record["metrics"]) for record in (done, broken)]  # type: ignore[arg-type]
    assert names[0] == names[1] == {signal.name for signal in signals_of(world.reward)}


def test_episodes_do_not_share_a_state() -> None:
    world = shop()
    first, second = world.start("t0"), world.start("t0")
    first.step(call("add", item="tea"))
    assert (second.state, world.task("t0").initial) == ({"cart": []}, {"cart": []})


def test_what_an_observer_changes_is_not_the_episodes() -> None:
    episode = shop().start("t0")
    seen = episode.step(call("add", item="tea"))
    seen[0]["content"] = "cart: everything"
    assert episode.messages[-1]["content"] == "cart: tea"


def test_an_episode_is_a_record_of_the_one_rollout_file(tmp_path: Path) -> None:
    import jsonschema

    record = play_turns(shop(), "t0", shop().task("t0").gold).record(sample=3, model="oracle")
    write_records(tmp_path / "r.jsonl", [record])
    ((_, read),) = read_records(tmp_path / "r.jsonl")
    jsonschema.validate(read, schema())
    assert read == record_of(json.loads(json.dumps(record)))
    assert [turn["role"] for turn in completion_turns(read)] == ["assistant", "tool", "assistant", "tool", "assistant"]  # type: ignore[index,call-overload]
    assert shop().judge(read).score == shop().judge(play_turns(shop(), "t0", shop().task("t0").gold).row()).score


def test_every_door_gives_a_trajectory_the_same_score() -> None:
    from lambda_package.handler import handler_for
    from rewards import judged
    from rewards.rollouts import row_of

    world = shop()
    records = [play_turns(world, "t0", world.task("t0").gold[:count]).record(sample=count) for count in range(4)]
    scores = [record["score"] for record in records]
    assert len(set(map(str, scores))) >= 3
    rows: list[Any] = [json.loads(json.dumps(record)) for record in records]
    assert [result["aggregate_reward_score"] for result in handler_for(world.reward)(rows, None)] == scores
    found = [judged(world.reward, rollout_of(row_of(record))).score for record in rows]
    assert [score.value for score in found if score is not None] == scores


actions = st.one_of(
    st.builds(call, st.sampled_from(["add", "drop", "none", ""]), item=st.sampled_from(["tea", "milk", "x"])),
    st.builds(say, st.sampled_from(["", "the list?", "Done."])),
    st.just({"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "add", "arguments": "{"}}]}),
    st.just({"role": "assistant", "tool_calls": ["no call", None, {}]}),
)


@settings(max_examples=60)
@given(turns=st.lists(actions, max_size=6), seed=st.integers(0, 3))
def test_whatever_an_agent_does_can_be_replayed_and_its_turn_rewards_add_up_to_its_score(
    turns: list[dict[str, Any]], seed: int
) -> None:
    world = shop()
    episode = play_turns(world, "t1", turns, seed=seed)
    said = [message for message in episode.messages if message["role"] == "assistant"]
    again = play_turns(world, "t1", said, seed=seed)
    assert again.row() == episode.row()
    record = episode.record()
    assert sum(record["turn_rewards"]) == pytest.approx(record["score"])  # type: ignore[arg-type]
    assert len(record["turn_rewards"]) == len(said)  # type: ignore[arg-type]
    assert trajectory_of(*pair(episode)).state == episode.state


def test_doing_and_undoing_comes_to_nothing() -> None:
    record = play_turns(shop(), "t0", [call("add", item="tea"), call("drop", item="tea"), DONE]).record()
    assert record["turn_rewards"] == [0.25, -0.25, 0.0]  # one of two milestones at half the weight


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tools": []}, "has no tools"),
        ({"tools": [add, add]}, "two tools called 'add'"),
        ({"tasks": [Task("a", "b"), Task("a", "c")]}, "two tasks called 'a'"),
        ({"max_turns": 0}, "max_turns and max_calls must be at least 1, got 0 and 32"),
    ],
)
def test_an_environment_that_cannot_be_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        shop(**settings)
    with pytest.raises(SpecError, match="no task 'to'; known: t0, t1, t2"):
        shop().task("to")


def untyped(state, item):  # type: ignore[no-untyped-def]
    """Has no types."""


def odd(state: State, when: complex) -> str:
    """Takes what no schema has."""
    return str(when)


def rest(state: State, **items: str) -> str:
    """Takes anything."""
    return str(items)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (untyped, "'untyped' is no tool: 'item' needs a type"),
        (odd, "no schema for when: <class 'complex'>"),
        (rest, "is no argument that a schema can name"),
        (lambda state: "", "it needs a docstring"),
    ],
)
def test_a_function_that_is_no_tool_is_refused_with_its_place(function: Any, message: str) -> None:
    with pytest.raises(SpecError, match=rf"test_environment.py:\d+: .*{message}"):
        tool_of(function)


def test_the_schema_of_a_tool_is_what_transformers_makes_of_its_method() -> None:
    utils = pytest.importorskip("transformers.utils")

    def take(item: str, count: int = 1, tags: list[str] | None = None) -> str:
        """Take an item.

        Args:
            item: Name of the item.
            count: How many.
            tags: Its tags.
        """
        return item

    def take_from(state: State, item: str, count: int = 1, tags: list[str] | None = None) -> str:
        """Take an item.

        Args:
            item: Name of the item.
            count: How many.
            tags: Its tags.
        """
        return item

    theirs = utils.get_json_schema(take)["function"]["parameters"]
    ours: Any = tool_of(take_from).definition["function"]
    assert ours["parameters"]["properties"].keys() == theirs["properties"].keys()
    assert ours["parameters"]["required"] == theirs["required"]
    for name in ("item", "count"):
        assert ours["parameters"]["properties"][name] == theirs["properties"][name]


def test_a_row_whose_trajectory_cannot_be_read_is_ungradable() -> None:
    row: Any = play_turns(shop(), "t0", [DONE]).row()
    for key, value in {"start": 9, "turns": [1], "stop": "won"}.items():
        rollout = rollout_of({**row, "trajectory": {**row["trajectory"], key: value}})
        with pytest.raises(UngradableError, match="the 'trajectory' of sample 't0' cannot be read"):
            trajectory_of(rollout.sample, rollout.completion)


def test_an_environment_is_opened_by_file_and_function(tmp_path: Path) -> None:
    file = tmp_path / "env.py"
    file.write_text(
        "from tests.unit.rewards.trajectories.worlds import shop\n"
        "def load_environment(max_turns=8):\n    return shop(max_turns=max_turns)\n"
        "def other():\n    return 3\n"
    )
    assert load_environment(file, max_turns=3).max_turns == load_environment(f"{file}:load_environment").max_turns - 5
    for where, given_settings, message in (
        (f"{file}:load_env", {}, "did you mean 'load_environment'"),
        (f"{file}:other", {}, "must return an Environment"),
        (file, {"turns": 3}, "does not fit its settings"),
        ("env.yaml", {}, "named as file.py:function"),
    ):
        with pytest.raises(SpecError, match=message):
            load_environment(where, **given_settings)


def test_a_component_of_single_turns_grades_the_last_one() -> None:
    world = environment(
        "calls", tools=[add, drop], tasks=[Task("a", "?", {"cart": []}, [{"name": "add"}])], reward=tool_choice()
    )
    episode = play_turns(world, "a", [say("list?"), call("add", item="tea")])
    assert world.judge(episode.row()).score is not None
