"""Profile of the data set: which JSON paths the grader reads, where tool calls are, and other rows' references.

Attacks need this. It is inferred from the rows, so that no format has to be declared to the audit.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from statistics import median

from rewards.audit.rows.cases import Answer, Case, folded, sample_of
from rewards.audit.rows.find_span import Framing, How, framed
from rewards.audit.rows.forgiven import NOTHING, Forgiven
from rewards.audit.rows.formulas import is_same_formula
from rewards.audit.rows.json_tree import Path, at, dumps, leaves, mapped, pattern, same, walk
from rewards.audit.rows.shapes import quantity_in
from rewards.audit.rows.spans import JUNK, WHOLE_COMPLETION, Span, is_right, number_in
from rewards.audit.scoring import Scorer
from rewards.comparing.values import canonical
from rewards.types import JSON

NEAR = 0.1  # numbers this close are no two different answers; the laws look for tolerance one number at a time
SHORT = 6  # words; longer texts in a reference are rationales, unless their key says that they are cited
CITED = frozenset({"quote", "quotation", "citation", "citations", "excerpt"})
WHOLE = pattern(())
NAMES_MAX = 40  # a name is drawn from a small set; values beyond that are free text


def junk_like(value: JSON) -> JSON:
    """A value of the same JSON type that is certainly not `value`.

    >>> junk_like("stock price"), junk_like(3), junk_like(True), junk_like(None)
    ('zqx zqx', 7922, 'zqx', 'zqx')
    """
    if isinstance(value, str):
        return " ".join([JUNK] * max(1, len(value.split())))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value + 7919
    return JUNK


def junk_text(text: str) -> str:
    """A text that is certainly not `text`; a number for a number.

    >>> junk_text("12.50"), junk_text("stock price")
    ('7931.50', 'zqx zqx')
    """
    number = number_in(text)
    if number is None:
        return str(junk_like(text))
    places = len(text.partition(".")[2])
    return f"{number + 7919:.{places}f}"


@dataclass(frozen=True, slots=True)
class CallList:
    """The location of tool calls in an answer: the path to the list, and the keys of a call's name and arguments."""

    path: Path
    name: str
    arguments: str | None


NATIVE_CALLS = CallList(("tool_calls",), "name", "arguments")


@dataclass
class World:
    """All cases with a right answer, and the profile inferred from them."""

    cases: Sequence[Case]
    seed: int
    graded: frozenset[str] = frozenset()
    """Patterns of the leaves whose value changes the score."""
    blind: tuple[str, ...] = ()
    """Patterns of the leaves that can be anything."""
    spared: tuple[str, ...] = ()
    """Patterns of leaves that can be anything one at a time, but not all at once: some threshold lies between."""
    span: Span = WHOLE_COMPLETION
    """Where the answers stand in the completions."""
    how: How = "nothing around it"
    """How that is known."""
    forgiven: Forgiven = NOTHING
    """How far off a number may be on purpose."""
    _pools: dict[int, list[Case]] = field(default_factory=dict)
    _essences: dict[int, frozenset[tuple[str, str]]] = field(default_factory=dict)

    @cached_property
    def golds(self) -> list[str]:
        """The distinct right answers, in order of first appearance."""
        return list(dict.fromkeys(case.gold for case in self.cases if case.gold is not None))

    @cached_property
    def commonest_share(self) -> float:
        """Share of the rows with the most frequent right answer: the legitimate score of a constant policy."""
        counts = Counter(case.gold for case in self.cases if case.gold is not None)
        return max(counts.values()) / sum(counts.values()) if counts else 0.0

    @cached_property
    def lookalikes(self) -> dict[str, list[str]]:
        """Right answers that recur and differ in case or punctuation only, by each of them: labels like C and C#."""
        counts = Counter(case.gold for case in self.cases if case.gold is not None)
        groups: dict[str, list[str]] = {}
        for gold, count in counts.items():
            if count > 1 and number_in(gold) is None:
                groups.setdefault(folded(gold), []).append(gold)
        return {gold: [one for one in alike if one != gold] for alike in groups.values() for gold in alike}

    @cached_property
    def calls(self) -> CallList | None:
        """The list of calls in the answers, None where they have no list of objects with a name."""
        if any(case.spelling != "text" for case in self.cases):
            return NATIVE_CALLS
        return call_list([case.tree for case in self.cases if case.tree is not None])

    @cached_property
    def few(self) -> list[Case]:
        """A few of the cases, from which examples are drawn."""
        return sample_of(self.cases, 60, f"{self.seed}/few")

    @cached_property
    def items(self) -> dict[str, JSON]:
        """One call of each name that occurs in the data, by name."""
        found: dict[str, JSON] = {}
        for case in self.cases:
            for item in calls_in(case.tree, self.calls):
                found.setdefault(str(item[self.calls.name]) if self.calls else "", item)
        return found

    @cached_property
    def common_values(self) -> dict[str, list[JSON]]:
        """The two most frequent values at each graded place."""
        counts: dict[str, Counter[str]] = {}
        for case in self.cases:
            for path, leaf in leaves(case.tree) if case.tree is not None else ():
                if self.is_graded(path):
                    counts.setdefault(pattern(path), Counter())[dumps(leaf)] += 1
        return {name: [json.loads(one) for one, _ in counter.most_common(2)] for name, counter in counts.items()}

    def others(self, case: Case, count: int) -> list[str]:
        """Right answers of other rows that have less than half of their graded content in common with this one's."""
        mine = self._inner.get(id(case), case)
        pool = self._pools.get(id(mine))
        if pool is None:
            some = Random(f"{self.seed}/others/{case.id}").sample(self.cases, min(64, len(self.cases)))
            pool = self._pools[id(mine)] = [other for other in some if self._are_unlike(mine, other)]
        golds = (other.gold if mine is case else other.outer.gold if other.outer else None for other in pool)
        return list(dict.fromkeys(gold for gold in golds if gold is not None))[:count]

    @cached_property
    def _inner(self) -> dict[int, Case]:
        """The answer in its frame, by the whole completion it was taken from."""
        return {id(case.outer): case for case in self.cases if case.outer is not None}

    def _are_unlike(self, case: Case, other: Case) -> bool:
        if is_right(other.gold or "", case.gold or "") or are_near(other.gold or "", case.gold or ""):
            return False
        if case.tree is None or other.tree is None:
            return True
        if case.reference is not None and same(case.reference, other.reference):
            return False
        mine, theirs = self._essence(case), self._essence(other)
        near = sum(
            name == place and leaf != one and are_near(leaf, one) for name, leaf in mine for place, one in theirs
        )
        return len(mine & theirs) + near < max(len(mine), len(theirs)) / 2

    def _essence(self, case: Case) -> frozenset[tuple[str, str]]:
        """The graded content of an answer: which value stands under which pattern."""
        known = self._essences.get(id(case))
        if known is None:
            found = ((pattern(path), dumps(leaf)) for path, leaf in leaves(case.tree))
            known = self._essences[id(case)] = frozenset(one for one in found if one[0] in self.graded)
        return known

    @property
    def is_framed(self) -> bool:
        """Whether the answers are parts of the completions."""
        return self.span != WHOLE_COMPLETION

    def is_wrong(self, case: Case, text: str) -> bool:
        """Whether the answer in a completion differs from the right one."""
        parted = self.span.parted(case.frame.around(text))
        gold = self.span.parted(case.gold or "") if case.outer is None else None
        if parted is None:
            return True
        wanted = gold.answer if gold else case.gold or ""
        right = is_right(parted.answer, wanted) or self.forgiven.excuses(parted.answer, wanted)
        if case.lines and _unnumbered(parted.answer) == _unnumbered(case.gold or ""):
            return False
        return not right and folded(parted.answer) not in case.aliases and not is_same_formula(parted.answer, wanted)

    @property
    def names_are_graded(self) -> bool:
        """Whether the grader reads the names of calls."""
        return self.calls is not None and self.is_graded((*self.calls.path, 0, self.calls.name))

    @property
    def arguments_are_graded(self) -> bool:
        """Whether the grader reads any argument of a call."""
        calls = self.calls
        return calls is not None and any(f".{calls.arguments}." in f".{name}." for name in self.graded)

    def is_graded(self, path: Path) -> bool:
        """Whether the grader was observed to read this leaf."""
        return pattern(path) in self.graded


def _unnumbered(text: str) -> list[str]:
    """The lines of a list without their numbers or bullets, which are no part of its items.

    >>> _unnumbered("1. Rome\\n2) Oslo\\n- Bern")
    ['Rome', 'Oslo', 'Bern']
    """
    return [re.sub(r"^\s*(?:\d+[.):]|[-*•])\s+", "", line).strip() for line in text.split("\n")]


def call_list(trees: Sequence[JSON]) -> CallList | None:
    """The location of tool calls in this data set: the first list of objects that share a key with few values.

    >>> call_list([{"Tools": [{"Tool": "search", "Parameters": {"q": "x"}}]}])
    CallList(path=('Tools',), name='Tool', arguments='Parameters')
    """
    by_path: dict[Path, list[dict[str, JSON]]] = {}
    for tree in trees:
        for path, value in walk(tree):
            if not any(isinstance(step, int) for step in path):
                by_path.setdefault(path, []).extend(_objects(value))
    for path, items in by_path.items():
        name = _name_key(items)
        if name is not None:
            arguments = next((key for key in items[0] if any(isinstance(item.get(key), dict) for item in items)), None)
            return CallList(path, name, arguments)
    return None


def _objects(value: JSON) -> list[dict[str, JSON]]:
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


def _name_key(items: Sequence[dict[str, JSON]]) -> str | None:
    """The key present in every item whose string values are fewest."""
    keys = [key for key in (items[0] if items else {}) if all(isinstance(item.get(key), str) for item in items)]
    counts = {key: len({item[key] for item in items if isinstance(item[key], str)}) for key in keys}
    best = min(counts, key=lambda key: counts[key], default=None)
    return best if best is not None and counts[best] <= NAMES_MAX else None


def calls_in(tree: JSON, calls: CallList | None) -> list[dict[str, JSON]]:
    """The calls of one answer; empty where it has none."""
    if calls is None or tree is None:
        return []
    try:
        return _objects(at(tree, calls.path))
    except (KeyError, IndexError):
        return []


def are_near(a: str, b: str) -> bool:
    """Whether two numbers, or quantities of one unit, are so close that a tolerance may take one for the other.

    >>> are_near("100", "105"), are_near("747.98 km", "746.40 km"), are_near("747.98 km", "747.98 mi")
    (True, True, False)
    """
    one, other = quantity_in(a), quantity_in(b)
    if one and other:
        return one.unit == other.unit and are_near(one.number, other.number)
    x, y = number_in(a), number_in(b)
    return x is not None and y is not None and abs(x - y) <= NEAR * max(abs(x), abs(y))


def survey(scorer: Scorer, cases: Sequence[Case], framing: Framing | None = None) -> World:
    """Find the graded leaves: replace all leaves of one pattern with junk, and see whether the score changes.

    `framing` says where in the completions of `cases` the answers stand; without it that is found out.
    """
    config, framing = scorer.config, framing or framed(scorer, cases)
    world = World(framing.cases, config.seed, span=framing.span, how=framing.how, forgiven=config.forgiven)
    sampled = sample_of(world.cases, min(24, config.attack_rows), f"{config.seed}/survey")
    probes = list(_probes(sampled))
    values = scorer.values([Answer(case, text) for _, case, text in probes])
    honest = scorer.values([Answer(case, case.gold or "") for _, case, _ in probes])
    seen: dict[str, bool] = {}
    for (name, _, _), value, gold in zip(probes, values, honest, strict=True):
        moved = value is None or gold is None or abs(value - gold) > config.tolerance
        seen[name] = seen.get(name, False) or moved
    world.graded = frozenset(name for name, moved in seen.items() if moved)
    world.blind = tuple(name for name, moved in seen.items() if not moved)
    if len(world.blind) > 1 and _all_junk_costs(scorer, sampled, frozenset(world.blind)):
        world.spared = world.blind
    return world


def _all_junk_costs(scorer: Scorer, cases: Sequence[Case], names: frozenset[str]) -> bool:
    def junk_of(path: Path, leaf: JSON) -> JSON:
        return junk_at(path, leaf) if pattern(path) in names else leaf

    trees = [(case, case.tree) for case in cases if case.tree is not None]
    junk = [Answer(case, dumps(mapped(tree, junk_of))) for case, tree in trees]
    values = scorer.values(junk)
    honest = scorer.values([Answer(case, case.gold or "") for case, _ in trees])
    return any(a is not None and b is not None and a < b - scorer.config.tolerance
               for a, b in zip(values, honest, strict=True))  # fmt: skip


def in_reference(world: World, name: str) -> bool:
    """Whether references hold short values at this JSON path; a long rationale is not meant to be compared."""
    values: list[str] = []
    for case in world.few:
        wanted = {pattern(path): leaf for path, leaf in leaves(canonical(case.reference))}
        if name.removeprefix("tool_calls") in wanted or name in wanted:
            values.append(str(wanted.get(name, wanted.get(name.removeprefix("tool_calls")))))
    is_cited = name.replace("[]", "").rpartition(".")[2].casefold() in CITED
    return bool(values) and (is_cited or median(len(value.split()) for value in values) <= SHORT)


def _probes(cases: Sequence[Case]) -> Iterator[tuple[str, Case, str]]:
    for case in cases:
        if case.tree is None:
            yield WHOLE, case, junk_text(case.gold or "")
            continue
        for name in dict.fromkeys(pattern(path) for path, _ in leaves(case.tree)):
            yield name, case, dumps(junked(case.tree, name))


def junked(tree: JSON, name: str) -> JSON:
    """`tree` with junk in every leaf of the pattern `name`."""
    return mapped(tree, lambda path, leaf: junk_at(path, leaf) if pattern(path) == name else leaf)


def junk_at(path: Path, leaf: JSON) -> JSON:
    """Junk that moves no two numbers of a list alike: a box that is only moved keeps its area, a vector its
    differences, and a grader of these would seem to read none of it."""
    junk = junk_like(leaf)
    if isinstance(junk, int | float) and isinstance(leaf, int | float) and path and isinstance(path[-1], int):
        return leaf + (junk - leaf) * (1 + path[-1] * (1 + path[-1]))
    return junk
