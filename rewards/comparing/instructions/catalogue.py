"""Every instruction by its name: what checks it, and which arguments a row gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from rewards.comparing.instructions import by_sentence, classic, form, language, wording
from rewards.did_you_mean import did_you_mean
from rewards.types import JSON


class Kind(NamedTuple):
    """What an argument must be."""

    said: str
    fits: Callable[[Any], bool]


def _is_count(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and value >= 0 and value == int(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


COUNT = Kind("a whole number from 0", _is_count)
PLACE = Kind("a whole number from 1", lambda value: _is_count(value) and value >= 1)
TEXT = Kind("text that is not empty", _is_text)
TEXTS = Kind(
    "a list of texts that are not empty",
    lambda value: isinstance(value, list) and bool(value) and all(map(_is_text, value)),
)
LETTER = Kind("a letter from a to z", lambda value: _is_text(value) and len(value) == 1 and value.isascii())
RELATION = Kind("'less than' or 'at least'", lambda value: value in ("less than", "at least"))


LANGUAGE = Kind(f"one of {', '.join(language.LANGUAGES)}", lambda value: value in language.LANGUAGES)


class Instruction(NamedTuple):
    """What checks a text, and the arguments that it takes."""

    follows: Callable[..., bool]
    takes: Mapping[str, Kind]


def checked(name: str, arguments: Mapping[str, JSON]) -> tuple[Instruction, dict[str, Any]]:
    """The instruction and its arguments, those that are null left out. Raises ValueError naming what is wrong.

    >>> checked("punctuation:no_coma", {})
    Traceback (most recent call last):
    ValueError: no instruction 'punctuation:no_coma'; did you mean 'punctuation:no_comma'?
    """
    if name in UNSUPPORTED:
        raise ValueError(f"{name!r} is not supported: checking it needs {UNSUPPORTED[name]}")
    if name not in INSTRUCTIONS:
        raise ValueError(f"no instruction {name!r}; {did_you_mean(name, INSTRUCTIONS)}")
    instruction = INSTRUCTIONS[name]
    given = {key: value for key, value in arguments.items() if value is not None}
    if given.keys() != instruction.takes.keys():
        raise ValueError(
            f"{name} takes {', '.join(instruction.takes) or 'no arguments'}, got {', '.join(given) or 'none'}"
        )
    for key, kind in instruction.takes.items():
        if not kind.fits(given[key]):
            raise ValueError(f"{key} of {name} must be {kind.said}, got {given[key]!r:.100}")
    return instruction, {key: int(v) if isinstance(v, float) else v for key, v in given.items()}


_N = {"N": COUNT}
_SMALL_N = {"small_n": COUNT}
_REQUEST = {"prompt_to_repeat": TEXT}
_NOTHING: Mapping[str, Kind] = {}

INSTRUCTIONS: Mapping[str, Instruction] = MappingProxyType(
    {
        # IFEval
        "keywords:existence": Instruction(classic.has_keywords, {"keywords": TEXTS}),
        "keywords:frequency": Instruction(
            classic.keyword_frequency, {"keyword": TEXT, "frequency": COUNT, "relation": RELATION}
        ),
        "keywords:forbidden_words": Instruction(classic.lacks_words, {"forbidden_words": TEXTS}),
        "keywords:letter_frequency": Instruction(
            classic.letter_frequency, {"letter": LETTER, "let_frequency": COUNT, "let_relation": RELATION}
        ),
        "length_constraints:number_paragraphs": Instruction(classic.starred_paragraphs, {"num_paragraphs": COUNT}),
        "length_constraints:number_words": Instruction(
            classic.number_words, {"num_words": COUNT, "relation": RELATION}
        ),
        "length_constraints:number_sentences": Instruction(
            by_sentence.number_sentences, {"num_sentences": COUNT, "relation": RELATION}
        ),
        "change_case:capital_word_frequency": Instruction(
            by_sentence.capital_words, {"capital_frequency": COUNT, "capital_relation": RELATION}
        ),
        "length_constraints:nth_paragraph_first_word": Instruction(
            classic.nth_paragraph_first_word, {"num_paragraphs": COUNT, "nth_paragraph": PLACE, "first_word": TEXT}
        ),
        "detectable_content:number_placeholders": Instruction(classic.placeholders, {"num_placeholders": COUNT}),
        "detectable_content:postscript": Instruction(classic.postscript, {"postscript_marker": TEXT}),
        "detectable_format:number_bullet_lists": Instruction(classic.bullet_lists, {"num_bullets": COUNT}),
        "detectable_format:constrained_response": Instruction(classic.constrained_response, _NOTHING),
        "detectable_format:number_highlighted_sections": Instruction(classic.highlights, {"num_highlights": COUNT}),
        "detectable_format:multiple_sections": Instruction(
            classic.sections, {"section_spliter": TEXT, "num_sections": COUNT}
        ),
        "detectable_format:json_format": Instruction(classic.is_json, _NOTHING),
        "detectable_format:title": Instruction(classic.title, _NOTHING),
        "combination:two_responses": Instruction(classic.two_responses, _NOTHING),
        "combination:repeat_prompt": Instruction(classic.repeats_prompt, _REQUEST),
        "startend:end_checker": Instruction(classic.ends_with, {"end_phrase": TEXT}),
        "startend:quotation": Instruction(classic.quoted, _NOTHING),
        "punctuation:no_comma": Instruction(classic.no_comma, _NOTHING),
        "language:response_language": Instruction(language.in_language, {"language": LANGUAGE}),
        "change_case:english_capital": Instruction(language.english_capitals, _NOTHING),
        "change_case:english_lowercase": Instruction(language.english_lower_case, _NOTHING),
        # IFBench
        "count:word_count_range": Instruction(wording.word_count_range, {"min_words": COUNT, "max_words": COUNT}),
        "count:unique_word_count": Instruction(wording.unique_words, _N),
        "count:conjunctions": Instruction(wording.conjunctions, _SMALL_N),
        "count:person_names": Instruction(wording.person_names, _N),
        "count:numbers": Instruction(wording.numbers, _N),
        "count:punctuation": Instruction(form.punctuation, _NOTHING),
        "count:words_japanese": Instruction(wording.japanese_words, {"N": PLACE}),
        "count:keywords_multiple": Instruction(
            wording.keywords_multiple, {f"keyword{number}": TEXT for number in range(1, 6)}
        ),
        "ratio:stop_words": Instruction(wording.stop_words, {"percentage": COUNT}),
        "ratio:overlap": Instruction(wording.overlap, {"reference_text": TEXT, "percentage": COUNT}),
        "ratio:sentence_type": Instruction(by_sentence.two_statements_a_question, _NOTHING),
        "ratio:sentence_balance": Instruction(by_sentence.balanced_sentences, _NOTHING),
        "ratio:sentence_words": Instruction(by_sentence.three_equal_sentences, _NOTHING),
        "sentence:alliteration_increment": Instruction(by_sentence.more_alliteration, _NOTHING),
        "sentence:keyword": Instruction(by_sentence.keyword_in_sentence, {"word": TEXT, "N": PLACE}),
        "sentence:increment": Instruction(by_sentence.growing_sentences, _SMALL_N),
        "count:pronouns": Instruction(by_sentence.pronouns, _N),
        "words:last_first": Instruction(by_sentence.chained_sentences, _NOTHING),
        "words:keywords_specific_position": Instruction(
            by_sentence.keyword_at_place, {"keyword": TEXT, "n": PLACE, "m": PLACE}
        ),
        "words:words_position": Instruction(by_sentence.keyword_second_and_second_last, {"keyword": TEXT}),
        "words:alphabet": Instruction(wording.alphabet, _NOTHING),
        "words:vowel": Instruction(wording.three_vowels, _NOTHING),
        "words:consonants": Instruction(wording.consonant_clusters, _NOTHING),
        "words:palindrome": Instruction(wording.palindromes, _NOTHING),
        "words:prime_lengths": Instruction(wording.prime_lengths, _NOTHING),
        "words:repeats": Instruction(wording.limited_repeats, _SMALL_N),
        "words:paragraph_last_first": Instruction(wording.same_first_and_last_word, _NOTHING),
        "words:no_consecutive": Instruction(wording.no_shared_first_letter, _NOTHING),
        "format:title_case": Instruction(by_sentence.title_case, _NOTHING),
        "format:emoji": Instruction(by_sentence.emoji_after_each, _NOTHING),
        "format:no_bullets_bullets": Instruction(by_sentence.sentences_then_bullets, _NOTHING),
        "custom:sentence_alphabet": Instruction(by_sentence.alphabet_of_sentences, _NOTHING),
        "format:parentheses": Instruction(form.nested_brackets, _NOTHING),
        "format:quotes": Instruction(form.nested_quotes, _NOTHING),
        "format:options": Instruction(form.one_of_options, {"options": TEXT}),
        "format:newline": Instruction(form.word_a_line, _NOTHING),
        "format:line_indent": Instruction(form.indented_stairs, _NOTHING),
        "format:quote_unquote": Instruction(form.explained_quotes, _NOTHING),
        "format:list": Instruction(form.marked_list, {"sep": TEXT}),
        "format:thesis": Instruction(form.italic_thesis, _NOTHING),
        "format:sub-bullets": Instruction(form.sub_bullets, _NOTHING),
        "format:output_template": Instruction(form.output_template, _NOTHING),
        "format:no_whitespace": Instruction(form.no_white_space, _NOTHING),
        "repeat:repeat_change": Instruction(form.repeats_changed, _REQUEST),
        "repeat:repeat_simple": Instruction(form.repeats_sentence, _NOTHING),
        "repeat:repeat_span": Instruction(form.repeats_span, {**_REQUEST, "n_start": COUNT, "n_end": COUNT}),
        "custom:multiples": Instruction(form.multiples_of_seven, _NOTHING),
        "custom:mcq_count_length": Instruction(form.choice_questions, _NOTHING),
        "custom:reverse_newline": Instruction(form.countries_backwards, _NOTHING),
        "custom:word_reverse": Instruction(form.words_backwards, _NOTHING),
        "custom:character_reverse": Instruction(form.letters_backwards, _NOTHING),
        "custom:european_capitals_sort": Instruction(form.capitals_by_latitude, _NOTHING),
        "custom:csv_city": Instruction(form.csv_of_cities, _NOTHING),
        "custom:csv_special_character": Instruction(form.csv_with_special_character, _NOTHING),
        "custom:csv_quotes": Instruction(form.csv_quoted, _NOTHING),
        "custom:date_format_list": Instruction(form.dates_of_battles, _NOTHING),
    }
)

UNSUPPORTED: Mapping[str, str] = MappingProxyType(
    {
        "words:start_verb": "NLTK's trained tagger",
        "words:odd_even_syllables": "a dictionary of syllables",
    }
)
"""What IFEval and IFBench check by a trained model or a dictionary, whose verdicts a rule would not repeat."""
