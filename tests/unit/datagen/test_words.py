"""Words in every script, and what is built on them: doubles, leaks, decontamination, grounding."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.config import SplitConfig
from datagen.quality.grounding import grounding, inventions
from datagen.quality.similarity import clusters, leaks, long_runs, shared_runs
from datagen.splits.files import split
from datagen.tokens import estimate
from datagen.words import words

SCRIPTS = {
    "Latin": "abcdefghij",
    "Chinese": "安全措施包括访问控制审计问责配置管理应急规划标识鉴别",
    "Japanese": "あいうえおかきくけこさしすせそアカサタナ設定管理権限",
    "Thai": "กขคงจฉชซญดตถทธนบปผพฟภมยรลวศสหอ",
    "Korean": "가나다라마바사아자차카타파하거너더러머버",
}
LATIN_WORDS = [
    "river",
    "mountain",
    "city",
    "harbour",
    "bridge",
    "castle",
    "garden",
    "market",
    "tower",
    "island",
    "road",
]


def sentence(script, number, size=60):
    """A text of `size` characters of the script, or that many letters in words."""
    rng = Random(f"{script}/{number}")
    if script == "Latin":
        return " ".join(rng.choice(LATIN_WORDS) + str(rng.randint(0, 99)) for _ in range(size))
    size *= 3 if script == "Korean" else 1  # which has spaces: three letters are a word here
    text = "".join(rng.choice(SCRIPTS[script]) for _ in range(size))
    return " ".join(text[at : at + 3] for at in range(0, size, 3)) if script == "Korean" else text


def changed(text, number):
    """The text with one character in the middle replaced."""
    middle = len(text) // 2
    return f"{text[:middle]}{'XYZQWV'[number % 6]}{text[middle + 1 :]}"


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_near_double_is_found_in_every_script_and_another_text_is_not(script):
    texts = [sentence(script, number) for number in range(20)]
    twins = [changed(text, number) for number, text in enumerate(texts)]
    assert clusters([*texts, *twins], threshold=0.8) == [*range(20), *range(20)]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_twin_in_the_other_split_is_a_leak_in_every_script(script):
    train = [sentence(script, number) for number in range(40)]
    test = [changed(text, number) for number, text in enumerate(train[:32])] + [
        sentence(script, n) for n in range(90, 98)
    ]
    assert leaks({"train": train, "test": test}) == {"test": 32}


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_a_test_file_holds_is_found_for_decontamination(script):
    held = sentence(script, 1)
    inside = f"{sentence(script, 2, 30)} {held} {sentence(script, 3, 30)}"
    assert [bool(found) for found in shared_runs([inside, sentence(script, 4)], [held])] == [True, False]


@pytest.mark.parametrize("script", ["Chinese", "Japanese", "Thai"])
def test_twins_stay_on_one_side_of_a_split(tmp_path, script):
    rows = [
        text for number in range(40) for text in (sentence(script, number), changed(sentence(script, number), number))
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"query": text}) + "\n" for text in rows))
    divided = split(path, tmp_path / "out", SplitConfig(train=0.5, test=0.5), seed="1")
    assert divided.leaks == {"test": 0}
    assert divided.sources == 80


def test_thirteen_words_are_twenty_characters():
    text = SCRIPTS["Chinese"]
    assert (len(long_runs(text[:19])), len(long_runs(text[:20])), len(long_runs(text[:21]))) == (0, 1, 2)


@given(st.lists(st.sampled_from(["a", "b", "限", "额", "ก"]), max_size=60))
def test_a_text_shares_its_own_runs_whatever_stands_around_it(units):
    text = " ".join(units)
    assert long_runs(text) <= long_runs(f"x {text} y")


@pytest.mark.parametrize(
    "text", ["आगंतुकों को प्रवेश पर हस्ताक्षर करना चाहिए", "يَجِبُ عَلَى الزُّوَّارِ", "한도는 백 원입니다", "naïve cafe\u0301"]
)
def test_signs_on_letters_divide_no_word_of_a_script_with_spaces(text):
    assert len(words(text)) == len(text.split())


@given(st.text(max_size=60))
def test_words_of_words_are_the_same(text):
    once = words(text)
    assert words(" ".join(once)) == once


@pytest.mark.parametrize(
    ("claim", "text", "invented"),
    [
        ("限额为5000元", "限额为100元", ("5000",)),
        ("限额为100元", "限额为100元", ()),
        ("限额为100元", "限额为1000元", ("100",)),
        ("上限は５０００円です", "上限は100円です", ("5000",)),
        ("上限は１００円です", "上限は100円です", ()),
        ("按AC-2(3)执行", "按AC-7执行", ("AC-2(3)",)),
        ("ขั้นต่ำ500บาท", "ขั้นต่ำ300บาท", ("500",)),
        ("AA-1A", "AA-1A", ()),
        ("한도는 5000원입니다", "한도는 100원입니다", ("5000",)),
        ("한도는 100원입니다", "한도는 100원입니다", ()),
    ],
)
def test_numbers_and_citations_are_held_against_the_text_in_every_script(claim, text, invented):
    assert inventions(claim, text) == invented


@pytest.mark.parametrize("script", ["Chinese", "Japanese", "Thai"])
def test_grounding_tells_a_claim_from_the_text_from_one_without(script):
    text, other = sentence(script, 1), sentence(script, 2)
    assert grounding(text[10:40], text) == 1.0
    assert grounding(other, text) < 0.3


def test_spaceless_text_costs_about_a_token_a_character():
    for script in ("Chinese", "Japanese", "Thai"):
        text = sentence(script, 1)
        low, mid, high = estimate(text)
        assert len(text) / 2 <= low <= mid <= high <= len(text)
