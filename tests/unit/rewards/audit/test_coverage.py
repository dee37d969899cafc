"""Branches of a grader's own code, and the constants in it."""

import re
from dataclasses import dataclass
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from rewards.audit.coverage import MAX_CONSTANTS, Coverage, constants_of

SECRETS = {"swordfish": 3, "friend": [0.25]}
PATTERN = re.compile("^OVERRIDE-[0-9]+")


def both(a: bool, b: bool) -> bool:
    return a and b


def library(text: str) -> list[str]:
    return re.split("[,;]", text)


def nested(text: str) -> bool:
    """A sentence that no answer has to hold."""

    def inner(word: str) -> bool:
        return word in SECRETS or word == "deep down"

    return any(inner(word) for word in text.split()) or PATTERN.search(text) is not None


@dataclass(frozen=True)
class Magic:
    word: str

    def __call__(self, text: str) -> bool:
        return self.word in text or text in {"open", "sesame"}


def test_two_ways_through_one_line_are_two_branches():
    coverage = Coverage()
    new = []
    for a, b in ((False, False), (False, True), (True, False), (True, True), (True, True)):
        coverage.run(both, a, b)
        new.append(coverage.new > 0)
    assert new == [True, False, True, False, False]


def test_what_libraries_do_is_no_branch_of_the_grader():
    coverage = Coverage()
    coverage.run(library, "a")
    first = len(coverage.seen)
    coverage.run(library, "a,b;c" * 50)
    assert len(coverage.seen) == first


def test_an_exception_passes_and_its_branch_counts():
    coverage = Coverage()
    try:
        coverage.run(int, "x")
        coverage.run(lambda: {}["missing"])
    except (ValueError, KeyError):
        pass
    assert coverage.run(both, True, False) is False
    assert coverage.new > 0


def test_constants_are_found_inside_functions_by_name_and_in_patterns_but_not_in_docstrings():
    found = constants_of(nested)
    assert {"deep down", "swordfish", 3, "friend", 0.25, "^OVERRIDE-[0-9]+"} <= set(found)
    assert not any(isinstance(one, str) and one.startswith("A sentence") for one in found)


def test_constants_are_found_in_objects_closures_and_partials():
    word = "in a cell"

    def closed(text: str) -> bool:
        return word in text

    assert {"mellon", "open", "sesame"} <= set(constants_of(Magic("mellon")))
    assert word in constants_of(closed)
    assert "bound" in constants_of(partial(both, "bound"))


def test_a_container_that_holds_itself_is_no_endless_search():
    loop: list[object] = ["once"]
    loop.append(loop)
    assert constants_of(loop) == ["once"]


@given(st.lists(st.text(min_size=1, max_size=5) | st.integers(-9, 9)))
def test_there_are_never_more_than_so_many_and_none_twice(values: list[object]):
    found = constants_of(values * 3)
    assert len(found) <= MAX_CONSTANTS
    assert len({(type(one), one) for one in found}) == len(found)
