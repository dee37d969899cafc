"""What goes to disk comes back the same, and joined numbers are the connected parts."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from datagen.quality.spill import Joined, Names, NumbersByKey, SpilledItems, SpilledSets

KEYS = st.lists(st.sets(st.integers(0, 2**61 - 1) | st.integers(0, 9), max_size=8), max_size=30)


def groups(sets, most_held):
    spilled = NumbersByKey(most_held)
    for number, keys in enumerate(sets):
        spilled.add(keys, number)
    return sorted(spilled.groups())


@given(KEYS, st.integers(0, 20))
def test_disk_and_memory_find_what_a_dictionary_finds(sets, most_held):
    holders = defaultdict(list)
    for number, keys in enumerate(sets):
        for key in keys:
            holders[key].append(number)
    wanted = sorted(some for some in holders.values() if len(some) > 1)
    assert groups(sets, most_held) == groups(sets, 10**6) == wanted


@given(st.lists(st.sets(st.integers(0, 2**64 - 1), max_size=5), max_size=10))
def test_sets_come_back_from_disk(sets):
    held = SpilledSets()
    for some in sets:
        held.append(some)
    assert [held[place] for place in reversed(range(len(held)))] == list(reversed(sets))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_joined_numbers_have_the_least_of_their_part_as_root(pairs):
    joined = Joined()
    joined.grow(10)
    for one, other in pairs:
        joined.join(one, other)
    part = {number: {number} for number in range(10)}
    for one, other in pairs:
        whole = part[one] | part[other]
        part.update(dict.fromkeys(whole, whole))
    assert [joined.root(number) for number in range(10)] == [min(part[number]) for number in range(10)]


def test_items_are_gone_through_again_while_others_are_added():
    items = SpilledItems()
    for number in range(3):
        items.append({"n": number})
    first, second = iter(items), iter(items)
    assert (next(first), next(second), next(first)) == ({"n": 0}, {"n": 0}, {"n": 1})
    items.append({"n": 3})
    assert [*first] == [{"n": 2}]
    assert [item["n"] for item in items] == [0, 1, 2, 3]


@given(st.lists(st.text(max_size=3)), st.integers(0, 4))
def test_names_keep_their_places_in_memory_and_on_disk(said, held):
    names = Names(held)
    places = [names.place(name) for name in said]
    known = list(dict.fromkeys(said))
    assert places == [known.index(name) for name in said]
    assert list(names) == [names[place] for place in range(len(names))] == known
    assert all(name in names for name in known)
    assert "a name that is longer" not in names


def test_a_name_that_no_encoding_has_is_kept():
    names = Names(0)
    assert [names.place(name) for name in ("\ud800", "a", "\ud800")] == [0, 1, 0]
    assert list(names) == ["\ud800", "a"]
