"""Prompts are checked before they cost anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.errors import ConfigError
from datagen.generation.prompts import JUDGING, TEACHING, load_prompt


def prompt_of(tmp_path, text, **values):
    path = tmp_path / "prompt.md"
    path.write_text(text)
    return load_prompt(path, TEACHING, **values)


def test_the_built_in_prompt_shows_passage_tools_and_schema():
    prompt = load_prompt(
        None, TEACHING, guidelines="Be exact.", tools='[{"name": "read"}]', examples="", schema="{}", keys="{}"
    )
    text = prompt.render(passage="The passage {text}.", document="a.md", count="3")
    assert "The passage {text}." in text
    assert "Write 3 training samples" in text
    assert '"name": "read"' in text


@given(st.text())
def test_the_passage_is_in_the_prompt_word_for_word(passage):
    assert passage in load_prompt(None, JUDGING, rubric="").render(passage=passage, document="a", sample="{}")


def test_braces_of_a_passage_are_not_places(tmp_path):
    prompt = prompt_of(tmp_path, "{{passage}} {{count}}")
    assert prompt.render(passage="{{count}}", document="", count="2") == "{{count}} 2"


@pytest.mark.parametrize("place", TEACHING.places)
@pytest.mark.parametrize("braces", ["{%s}", "{{{%s}}}"])
def test_miscounted_braces_are_refused(tmp_path, place, braces):
    with pytest.raises(ConfigError, match="malformed placeholder"):
        prompt_of(tmp_path, "{{passage}} " + braces % place)


def test_a_prompt_without_the_passage_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="the model would not see the passage"):
        prompt_of(tmp_path, "Write {{count}} samples.")


def test_an_unknown_place_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"unknown placeholders \['chunk'\]; known are passage"):
        prompt_of(tmp_path, "{{passage}} {{chunk}}")


def test_json_in_a_prompt_needs_no_escaping(tmp_path):
    text = 'Answer {"samples": [{"question": "..."}]} about {{passage}}'
    assert (
        prompt_of(tmp_path, text)
        .render(passage="x", document="", count="1")
        .startswith('Answer {"samples": [{"question"')
    )


@pytest.mark.parametrize("place", JUDGING.needed)
def test_a_judge_sees_rubric_passage_and_sample(tmp_path, place):
    path = tmp_path / "judge.md"
    path.write_text(JUDGING.default.read_text().replace(f"{{{{{place}}}}}", ""))
    with pytest.raises(ConfigError, match=f"the model would not see the {place}"):
        load_prompt(path, JUDGING, rubric="Be strict.")


def test_a_prompt_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"the prompt cannot be read: .*nowhere\.md"):
        load_prompt(tmp_path / "nowhere.md", TEACHING)
