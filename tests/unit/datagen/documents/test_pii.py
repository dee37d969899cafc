"""Personal data with a structure is found; what has none is not, and we say so."""

from __future__ import annotations

from importlib.util import find_spec
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.config import MaskConfig
from datagen.documents.pii import Found, find, from_engine, mask, presidio_finder
from datagen.errors import ConfigError, MissingExtraError
from datagen.generation.drafts import read_sources

KINDS = {
    "EMAIL": ["ann.b+c@example.co.uk", "x_1@mail.example.com"],
    "CARD": ["4111 1111 1111 1111", "5500-0000-0000-0004", "340000000000009"],
    "IBAN": ["DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819"],
    "SSN": ["078-05-1120"],
    "IP": ["192.168.10.1", "2001:db8::8a2e:370:7334"],
    "AWS_KEY": ["AKIAIOSFODNN7EXAMPLE"],
    "PHONE": ["+1 (555) 010-9999", "(030) 1234 5678", "+49 30 1234567"],
}


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in KINDS.items() for value in values])
def test_a_value_is_found_as_what_it_is(kind, value):
    masked = mask(f"Take {value}, please.")
    assert dict(masked.counts) == {kind: 1}
    assert value not in masked.text
    assert masked.text.startswith(f"Take [{kind}_")
    assert masked.text.endswith("], please.")


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112 fails the Luhn check",
        "DE89 3704 0044 0532 0130 01 fails the remainder",
        "Revision 5, Section 3.2.1, page 1234",
        "AC-02a.[01] and AC-2 (3) of SP 800-53",
        "at 12:30:45 on 2026-11-21",
        "999.999.999.999 is no address",
        "000-12-3456 was never given out",
        "::",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text):
    assert mask(text).text == text


def test_the_same_value_has_the_same_surrogate_and_another_value_another():
    first, second, other = mask("ann@example.com Ann@Example.com bob@example.com").text.split()
    assert first == second != other


def test_a_secret_key_changes_the_surrogates():
    assert mask("ann@example.com").text != mask("ann@example.com", key="secret").text


@given(st.text())
def test_masking_twice_changes_nothing(text):
    once = mask(text).text
    assert mask(once).text == once


@given(st.text())
def test_what_is_found_lies_in_the_text(text):
    assert all(0 <= found.start < found.end <= len(text) for found in find(text))


def test_a_finder_of_names_plugs_in():
    def names(text):
        start = text.index("Ann")
        yield Found("PERSON", start, start + 3)

    assert mask("Dear Ann, ann@example.com", finder=names).counts == {"PERSON": 1, "EMAIL": 1}


def test_names_are_not_found_without_one():
    assert mask("Dear Ann Miller, 12 Main Street").text == "Dear Ann Miller, 12 Main Street"


class Engine:
    """Presidio's engine, as far as it is asked."""

    def analyze(self, *, text, language):
        start = text.index("Ann Miller")
        return [SimpleNamespace(entity_type="PERSON", start=start, end=start + len("Ann Miller"), score=0.85)]


def test_what_presidio_finds_is_masked_beside_what_has_a_structure():
    masked = mask("Dear Ann Miller, ann@example.com", finder=from_engine(Engine()))
    assert masked.counts == {"PERSON": 1, "EMAIL": 1}
    assert "Ann Miller" not in masked.text


@pytest.mark.skipif(find_spec("presidio_analyzer") is None, reason="needs the extra pii")
def test_presidio_itself_adds_kinds_that_we_do_not_know():
    import spacy
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    nlp = SpacyNlpEngine()
    nlp.nlp = {"en": spacy.blank("en")}  # no language model, so its patterns alone
    finder = from_engine(AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"]))
    assert set(mask("ITIN 912-70-1234, ann@example.com", finder=finder).counts) == {"US_ITIN", "EMAIL"}


@pytest.mark.skipif(find_spec("presidio_analyzer") is not None, reason="Presidio is installed")
def test_without_presidio_the_extra_is_named():
    with pytest.raises(MissingExtraError, match=r"pip install 'rftkit\[pii\]'"):
        presidio_finder()


def test_a_project_masks_before_the_teacher_sees_anything(project, config, monkeypatch):
    (project / "documents" / "R-1.md").write_text("# R-1 Topic 1\n\nThe clerk answers at ann@example.com each day.\n")
    masking = config.model_copy(update={"mask": MaskConfig(key_env="SECRET")})
    monkeypatch.setenv("SECRET", "one")
    one = read_sources(masking, project)
    monkeypatch.setenv("SECRET", "two")
    two = read_sources(masking, project)
    assert one.masked == two.masked == {"EMAIL": 1}
    assert "example.com" not in one.documents[0].text != two.documents[0].text


def test_a_secret_that_is_not_set_is_named(project, config, monkeypatch):
    monkeypatch.delenv("SECRET", raising=False)
    with pytest.raises(ConfigError, match="environment variable 'SECRET', which is not set"):
        read_sources(config.model_copy(update={"mask": MaskConfig(key_env="SECRET")}), project)
