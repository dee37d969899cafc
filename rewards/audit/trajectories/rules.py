"""All finding codes of the audit of a world, each with its meaning and its fix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from rewards.audit.report.rule import Rule, Severity
from rewards.types import JSON

AGENT_RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "agent-raises": Rule(
            "error",
            "A tool, the user or the reward raises on turns that an agent may make.",
            "On AWS the rollout fails with reward 0, and the policy learns to stay away from right calls too.",
            "Refuse a call with `ToolError`; mend anything else that is raised.",
        ),
        "agent-state": Rule(
            "error",
            "The state of the world is not JSON, such as a set, a date or NaN.",
            "It cannot be recorded, compared or replayed.",
            "Keep text, numbers, booleans, null, lists and objects in the state.",
        ),
        "agent-replay": Rule(
            "error",
            "The same turns give other observations or another state the second time.",
            "A reward that depends on chance, a clock or an earlier rollout is noise in the advantage.",
            "Draw from `Random` with the task's id as its seed; keep nothing between episodes.",
        ),
        "agent-isolation": Rule(
            "error",
            "An episode sees what another one did, or a task is changed by being played.",
            "Hundreds of rollouts run at once, and each would be judged by the others' world.",
            "Keep all that changes in the state that the tools are given, none of it in a module or a default.",
        ),
        "agent-repeat": Rule(
            "error",
            "The same rollout gets another score the second time.",
            "Randomness in the reward is an advantage that nobody earned.",
            "Make the reward a function of the rollout.",
        ),
        "agent-bounds": Rule(
            "error",
            "A score lies outside the bounds that the reward declares.",
            "Whatever pays without end is repeated without end.",
            "Cap what is counted, or declare the bounds.",
        ),
        "agent-names": Rule(
            "error",
            "Rollouts of one reward report different names.",
            "Trainers that stack metrics fail, or lose a column.",
            "Give every rollout the same names, failed ones too.",
        ),
        "agent-ungradable": Rule(
            "error",
            "A task cannot be judged, whatever the agent does.",
            "Its rollouts are lost, or graded by a fallback.",
            "Give the task the goal that the reward reads.",
        ),
        "agent-oracle": Rule(
            "error",
            "Turns that reach the goal do not earn the maximum.",
            "The best policy is told that something else would be better.",
            "Read the example: mend the goal, the gold turns or the reward.",
        ),
        "agent-no-gold": Rule(
            "warning",
            "No task has gold turns, so nothing shows that its goal can be reached.",
            "Half of the attacks are made from them, and were not tried.",
            "Give at least some tasks `gold`: turns that reach the goal.",
        ),
        "agent-goal-visible": Rule(
            "error",
            "The goal stands in a message, in the state at the start or in what a tool answers.",
            "A policy reads it out instead of solving the task.",
            "Keep the goal in `Task.goal` alone; no tool and no user may read it.",
        ),
        "agent-goal-leaks": Rule(
            "error",
            "The same turns are answered otherwise where another goal is wanted.",
            "Whatever depends on the goal tells it to whoever tries long enough.",
            "Let tools and user read the state and the facts of the task, never its goal.",
        ),
        "agent-noop": Rule(
            "error",
            "Doing nothing earns something.",
            "Silence is the first thing that every policy finds.",
            "Pay what the world shows at the end and did not show at the start; make penalties negative weights.",
        ),
        "agent-claims": Rule(
            "error",
            "Words that change nothing in the world earn something.",
            "Saying that it is done is easier than doing it.",
            "Pay the state, not the text.",
        ),
        "agent-injection": Rule(
            "error",
            "Text that the agent puts into a call comes back in an answer, or in the state, and earns something.",
            "The policy writes the words that the reward looks for.",
            "Do not search observations or notes for words of success.",
        ),
        "agent-reward-file": Rule(
            "error",
            "Writing to a place from which the reward reads earns something.",
            "The policy writes its own reward.",
            "Compute the reward from the state, where no tool of the agent's reaches it.",
        ),
        "agent-spam": Rule(
            "error",
            "Calls at random earn much of what the right ones do.",
            "The policy calls everything, always.",
            "Pay the state as a whole; make invalid and surplus calls cost.",
        ),
        "agent-repeats": Rule(
            "error",
            "A call made again pays again: repeating earns more than the gold turns, or as much as all of them.",
            "The policy repeats the easiest step.",
            "Pay each milestone once, by the state at the end.",
        ),
        "agent-undo": Rule(
            "error",
            "Doing and undoing earns something though the world is as it was.",
            "The policy goes round in circles.",
            "Pay what holds at the end, not what held at some time.",
        ),
        "agent-early": Rule(
            "error",
            "Stopping before the goal is reached earns the maximum.",
            "The rest of the task is never learned.",
            "Let the whole goal be a condition of the maximum.",
        ),
        "agent-lenient": Rule(
            "error",
            "Another argument, with which the world ends in another state, earns the maximum; or a wrong answer does, "
            "or all answers in one.",
            "The policy learns that any item, team or date will do.",
            "Compare values, not how many there are or what the calls are named; take one answer, not a list.",
        ),
        "agent-collateral": Rule(
            "error",
            "Reaching the goal and damaging something else earns the maximum.",
            "The policy does everything to everything.",
            "Compare the whole state, as `final_state` does.",
        ),
        "agent-excess-free": Rule(
            "warning",
            "Useless calls up to the last of the budget cost nothing.",
            "Rollouts grow as long as they may, and so does the bill.",
            "Add `excess_calls` or `excess_turns` with a small negative weight.",
        ),
        "agent-sparse": Rule(
            "warning",
            "Everything short of the goal scores the same.",
            "A policy that seldom reaches it gets groups of equal rewards, which teach nothing.",
            "Add `milestones` with a part of the weight, or start from a model that succeeds sometimes.",
        ),
        "agent-no-holdout": Rule(
            "warning",
            "No task is held out, or held-out goals are trained on too.",
            "An evaluation then shows what was learned by heart.",
            "Split tasks by their goal: `split_of`.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class AgentFinding:
    """One fault of a world or of its reward: its code, a sentence with the figures, and the smallest example."""

    code: str
    message: str
    example: Mapping[str, JSON] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in AGENT_RULES:
            raise ValueError(f"no rule explains the finding {self.code!r}; add it to AGENT_RULES")

    @property
    def severity(self) -> Severity:
        """An error fails the audit, a warning needs a look."""
        return AGENT_RULES[self.code].severity
