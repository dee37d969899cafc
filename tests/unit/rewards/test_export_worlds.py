"""The same 50 recorded lists of turns give the same observations and the same reward through every adapter."""

from __future__ import annotations

import asyncio
import inspect
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from rewards import RewardError, UngradableError, final_state
from rewards.export.agentcore import as_agentcore_rollout
from rewards.export.nemo_gym_world import NemoGymWorld, rows_for_nemo_gym
from rewards.export.worlds import OpenEnvWorld, as_trl_environment, as_verifiers_environment, rows_for_trl
from rewards.trajectories import Environment, Task, call, load_environment, play_turns, say
from tests.unit.rewards.trajectories.worlds import shop

ROOT = Path(__file__).parents[3]
WORLD = load_environment(ROOT / "rft/templates/agent/env.py")


def recorded(number: int) -> tuple[str, list[dict[str, Any]]]:
    """A task and turns of an agent that is sometimes wrong; each turn has one call or none."""
    rng = Random(f"recorded/{number}")
    task, other = (rng.choice(list(WORLD.tasks.values())) for _ in range(2))
    turns = [dict(rng.choice(other.gold) if rng.random() < 0.25 else turn) for turn in task.gold]
    return task.id, [*turns[: rng.choice((len(turns), rng.randint(1, len(turns))))], say("Done.")]


LISTS = [recorded(number) for number in range(50)]


def direct(task: str, turns: list[dict[str, Any]]) -> tuple[list[str], float]:
    episode = WORLD.start(task)
    seen = []
    for turn in turns:
        if episode.stop is None:
            seen += [str(message["content"]) for message in episode.step(turn)]
    score = WORLD.judge(play_turns(WORLD, task, turns).row()).score
    assert score is not None
    return seen, score.value


def through_openenv(task: str, turns: list[dict[str, Any]]) -> tuple[list[str], float]:
    world = OpenEnvWorld(WORLD)
    assert world.reset(task)["done"] is False
    seen, reply = [], {"reward": None, "done": False}
    for turn in [*turns, *[say("")] * 8]:
        if not reply["done"]:
            reply = world.step(turn)
            seen += [str(message["content"]) for message in reply["observation"]["messages"]]
    assert world.state()["episode_id"] == task
    return seen, reply["reward"]


def through_trl(task: str, turns: list[dict[str, Any]]) -> tuple[list[str], float]:
    """As TRL does it: methods are called; a turn without a call asks the user."""
    world = as_trl_environment(WORLD)()
    world.reset(task=task, prompt=[])
    seen = []
    for turn in turns:
        calls = turn.get("tool_calls")
        said = getattr(world, calls[0]["name"])(**calls[0]["arguments"]) if calls else world.ask_user(turn["content"])
        if said and said != "error: the conversation is over":
            seen.append(said)
    return seen, world.get_reward()


def through_agentcore(task: str, turns: list[dict[str, Any]]) -> tuple[list[str], float]:
    """As the runtime does it: a payload in, a result in JSON out."""
    made = iter([*turns, *[say("")] * 8])
    entry = as_agentcore_rollout(WORLD, lambda payload: lambda messages, tools: next(made))
    result = json.loads(json.dumps(entry({"task": task, "_rollout": {"base_url": "http://localhost"}}, None)))
    assert abs(sum(result["rewards"]) - result["reward"]) < 1e-9
    seen = [str(each["content"]) for each in result["rollout_data"] if each["role"] in ("tool", "user")]
    return seen[1:], result["reward"]


def through_nemo_gym(task: str, turns: list[dict[str, Any]]) -> tuple[list[str], float]:
    """As Gym's simple agent does it: a route for each call; a turn without one asks the user."""
    world = NemoGymWorld(WORLD)
    world.seed_session("s", {"task": task})
    seen = []
    for turn in turns:
        calls = turn.get("tool_calls")
        name, given = (
            (calls[0]["name"], calls[0]["arguments"]) if calls else ("ask_user", {"question": turn["content"]})
        )
        said = world.call("s", name, given)
        if said and said != "error: the conversation is over":
            seen.append(said)
    return seen, world.verify("s", {"task": task})["reward"]


async def _through_verifiers(world: Any, task: str, turns: list[dict[str, Any]]) -> tuple[list[str], float]:
    vf = pytest.importorskip("verifiers")
    state = vf.State(input={}) if hasattr(vf, "State") else {}
    state["info"], state["trajectory"], state["error"] = {"task": task}, [], None
    await world.setup_state(state)
    seen: list[str] = []
    messages: list[Any] = []
    for turn in [*turns, *[say("")] * 8]:
        if await world.has_final_env_response(state):
            break
        reply = await world.env_response([*messages, turn], state)
        seen += [str(message["content"]) for message in reply]
    (reward,) = (function for function in world.rubric.rubrics[0].funcs if function.__name__ == "reward")
    return seen, await reward(state)


@pytest.mark.parametrize(("task", "turns"), LISTS, ids=map(str, range(50)))
def test_every_adapter_gives_the_same(task: str, turns: list[dict[str, Any]]) -> None:
    seen, reward = direct(task, turns)
    assert through_openenv(task, turns) == (seen, reward)
    assert through_trl(task, turns) == (seen, reward)
    assert through_agentcore(task, turns) == (seen, reward)
    assert through_nemo_gym(task, turns) == (seen, reward)


def test_the_recorded_lists_differ_in_what_they_earn() -> None:
    rewards = [direct(task, turns)[1] for task, turns in LISTS]
    assert sum(reward == 1.0 for reward in rewards) >= 5
    assert sum(reward < 0.5 for reward in rewards) >= 10


def test_verifiers_gives_the_same() -> None:
    vf = pytest.importorskip("verifiers", reason="needs verifiers before 0.2")
    if not hasattr(vf, "MultiTurnEnv"):
        pytest.skip("needs verifiers before 0.2")
    world = as_verifiers_environment(WORLD)
    assert isinstance(world, vf.MultiTurnEnv)
    assert len(world.get_dataset()) == len(WORLD.of("train"))
    for task, turns in LISTS:
        assert asyncio.run(_through_verifiers(world, task, turns)) == direct(task, turns)


def test_the_tools_of_a_trl_world_are_those_of_the_environment() -> None:
    utils = pytest.importorskip("transformers.utils")
    world = as_trl_environment(WORLD)()
    for name, tool in WORLD.tools.items():
        theirs, ours = utils.get_json_schema(getattr(world, name))["function"], tool.definition["function"]
        assert theirs["name"] == ours["name"]  # type: ignore[index,call-overload]
        assert theirs["parameters"]["properties"].keys() == ours["parameters"]["properties"].keys()  # type: ignore[index,call-overload,union-attr]
        assert theirs["parameters"]["required"] == ours["parameters"]["required"]  # type: ignore[index,call-overload]
    assert utils.get_json_schema(world.ask_user)["function"]["name"] == "ask_user"


def test_all_instances_of_a_trl_factory_are_of_one_class() -> None:
    factory = as_trl_environment(WORLD)
    assert type(factory()) is type(factory())  # TRL 1.16 gives the others no reward


def test_rows_for_trl_name_their_task() -> None:
    rows = rows_for_trl(WORLD, "test")
    assert [row["task"] for row in rows] == [task.id for task in WORLD.of("test")]
    assert rows[0]["prompt"][-1]["content"] == WORLD.of("test")[0].instruction


def ungradable() -> Environment:
    return shop(tasks=[Task("a", "?", {"cart": []})], reward=final_state())


def test_what_cannot_be_judged_is_no_silent_0() -> None:
    world = as_trl_environment(ungradable())()
    world.reset(task="a")
    assert world.get_reward() is None
    other = OpenEnvWorld(ungradable())
    other.reset("a")
    with pytest.raises(UngradableError):
        other.step(say("Done."))


def test_a_call_before_reset_and_one_behind_the_end_are_told() -> None:
    world, other = as_trl_environment(WORLD)(), OpenEnvWorld(WORLD)
    for early in (world.get_reward, other.state):
        with pytest.raises(RewardError, match="reset"):
            early()
    world.reset(task="desk-001")
    assert world.ask_user("Good bye.") == ""
    assert world.close(ticket=1) == "error: the conversation is over"


def test_verifiers_that_has_no_multi_turn_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import ModuleType

    monkeypatch.setitem(sys.modules, "verifiers", ModuleType("verifiers"))
    with pytest.raises(RewardError, match=r"verifiers before 0\.2"):
        as_verifiers_environment(WORLD)


def test_parallel_calls_are_one_turn_each_through_trl() -> None:
    world = as_trl_environment(shop())()
    world.reset(task="t0")
    assert [world.add(item="tea"), world.add(item="milk")] == ["cart: tea", "cart: tea, milk"]
    assert (world.get_reward(), call("add", item="tea")["role"]) == (1.0, "assistant")


def test_an_agent_of_agentcore_that_raises_is_a_failed_rollout() -> None:
    def raises(messages: Any, tools: Any) -> Any:
        raise OSError("no disk")

    result = as_agentcore_rollout(WORLD, lambda payload: raises)({"task": "desk-001"})
    assert (result["reward"], set(result["rewards"]), result["stop_reason"]) == (0.0, {0.0}, "OSError: no disk")
    with pytest.raises(RewardError, match="no 'task', only prompt"):
        as_agentcore_rollout(WORLD, lambda payload: raises)({"prompt": "x"})
    with pytest.raises(UngradableError):
        as_agentcore_rollout(ungradable(), lambda payload: lambda messages, tools: say("Done."))({"task": "a"})


def test_the_entry_point_has_what_the_toolkit_looks_at() -> None:
    entry = as_agentcore_rollout(WORLD, lambda payload: lambda messages, tools: say("Done."))
    assert [*inspect.signature(entry).parameters] == ["payload", "context"]
    assert entry.__name__ == "support-desk"


def test_sessions_of_nemo_gym_do_not_see_each_other_and_end_when_verified() -> None:
    world = NemoGymWorld(shop())
    for session in ("a", "b"):
        world.seed_session(session, {"task": "t0"})
    assert [world.call("a", "add", {"item": "tea"}), world.call("b", "add", {"item": "rice"})] == [
        "cart: tea",
        "cart: rice",
    ]
    assert world.call("a", "get_reward", {}).startswith("error: no tool 'get_reward'")
    assert world.verify("b", {"x": 1})["x"] == 1
    with pytest.raises(RewardError, match="no session 'b'"):
        world.verify("b", {})
    other = NemoGymWorld(ungradable())
    other.seed_session("s", {"task": "a"})
    assert other.verify("s", {})["mask_sample"] is True


def test_rows_for_nemo_gym_hold_every_tool_in_the_shape_of_responses() -> None:
    row = rows_for_nemo_gym(WORLD, "test")[0]
    tools = row["responses_create_params"]["tools"]
    assert [tool["name"] for tool in tools] == [*WORLD.tools, "ask_user"]
    assert all(tool["type"] == "function" and tool["parameters"]["type"] == "object" for tool in tools)
    assert row["task"] == WORLD.of("test")[0].id
