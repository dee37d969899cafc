"""Which instructions of a row a text follows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import Completion, Sample, UngradableError, instruction_constraints
from rewards.comparing.instructions.catalogue import INSTRUCTIONS, UNSUPPORTED
from rewards.comparing.instructions.sentences import sentences_of, tokens_of

REQUEST = {"prompt_to_repeat": "Name a city"}
CAPITALS = (
    "Reykjavík, Helsinki, Oslo, Tallinn, Stockholm, Riga, Moscow, Copenhagen, Vilnius, Minsk, Dublin, Berlin, "
    "Amsterdam, Warsaw, London, Brussels, Prague, Luxembourg, Paris, Vienna, Bratislava, Budapest, Vaduz, Chisinau, "
    "Bern, Ljubljana, Zagreb"
)
QUESTIONS = "".join(
    f"Question {n}. Who painted{' it' * n}?\n" + "".join(f"{letter}) x\n" for letter in "ABCDE") for n in range(1, 5)
)
COUNTRIES = "\n".join(["Zimbabwe", *(f"Y{n}" for n in range(60, 9, -1))])
QUOTED = '"StudentID"\t"Subject"\t"Grade"\t"Semester"\t"Score"' + '\n"1"\t"a"\t"b"\t"c"\t"5"' * 3
SPECIAL = "ProductID,Category,Brand,Price,Stock" + "\n1,a,b,2,3" * 13 + '\n1,"R&D",b,2,3'

CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "keywords:existence": ({"keywords": ["C++", "rust"]}, "Rust, c++", "Rust, CCC"),
    "keywords:frequency": ({"keyword": "tax", "frequency": 2, "relation": "at least"}, "Tax, tax", "tax"),
    "keywords:forbidden_words": ({"forbidden_words": ["tax"]}, "taxes", "no Tax."),
    "keywords:letter_frequency": ({"letter": "a", "let_frequency": 2, "let_relation": "less than"}, "Ab", "Aa"),
    "length_constraints:number_paragraphs": ({"num_paragraphs": 2}, "a\n***\nb\n***", "a ***  *** b"),
    "length_constraints:number_words": ({"num_words": 3, "relation": "at least"}, "a b c", "a-b"),
    "length_constraints:nth_paragraph_first_word": (
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "so"},
        "a\n\n'So, b",
        "a\n\nb",
    ),
    "detectable_content:number_placeholders": ({"num_placeholders": 2}, "[a] [b]", "[a] [b\n]"),
    "detectable_content:postscript": ({"postscript_marker": "P.S."}, "a\nP. S. b", "a PS b"),
    "detectable_format:number_bullet_lists": ({"num_bullets": 2}, "* a\n\n - b", "** a **\n- b"),
    "detectable_format:constrained_response": ({}, "My answer is no.", "No."),
    "detectable_format:number_highlighted_sections": ({"num_highlights": 1}, "*a*", "* a"),
    "detectable_format:multiple_sections": (
        {"section_spliter": "Section", "num_sections": 2},
        "Section 1 a Section 2",
        "Section 1",
    ),
    "detectable_format:json_format": ({}, "```json\n[1]\n```", "[1"),
    "detectable_format:title": ({}, "<<a>> b", "<< >>"),
    "combination:two_responses": ({}, "a ****** b", "a ****** a"),
    "combination:repeat_prompt": (REQUEST, "name a CITY. Bern", "Bern"),
    "startend:end_checker": ({"end_phrase": "That is all."}, 'x "that is all."', "That is all. x"),
    "startend:quotation": ({}, '"a"', '"'),
    "punctuation:no_comma": ({}, "a; b", "a, b"),
    "language:response_language": ({"language": "sw"}, "Mbwa na paka ni wa hii.", "Dogs and cats are here."),
    "change_case:english_capital": ({}, "THE CAT SAT ON A MAT.", "DIE KATZE LAG AUF DER MATTE."),
    "change_case:english_lowercase": ({}, "the cat sat on a mat.", "The cat sat on a mat."),
    "count:word_count_range": ({"min_words": 2, "max_words": 3.0}, "a b", "a b c d"),
    "count:unique_word_count": ({"N": 2}, "a b. B", "a A."),
    "count:conjunctions": ({"small_n": 2}, "a and b or c", "a and b and c"),
    "count:person_names": ({"N": 2}, "Emma and Liam", "Emma and Emmas"),
    "count:numbers": ({"N": 2}, "1,000 and 2", "1 and 2 and 3"),
    "count:punctuation": ({}, "a. b, c! d? e; f: g?!", "a. b, c; d: e?!"),
    "count:words_japanese": ({"N": 2}, "a 東京 b 7", "a b"),
    "count:keywords_multiple": (
        {f"keyword{n}": letter for n, letter in enumerate("abcde", 1)},
        "abbcccdddddeeeeeee",
        "abbcccdddddeeeeee",
    ),
    "ratio:stop_words": ({"percentage": 50}, "the tax", "the tax is"),
    "ratio:overlap": ({"reference_text": "abcd", "percentage": 50}, "abcx", "abcd"),
    "length_constraints:number_sentences": (
        {"num_sentences": 3, "relation": "at least"},
        "Dr. Ito is in. Is he? Yes!",
        "Dr. Ito is in the U.S. now. Yes",
    ),
    "change_case:capital_word_frequency": (
        {"capital_frequency": 3, "capital_relation": "at least"},
        "NO DON'T",
        "NO, Don't GO",
    ),
    "ratio:sentence_type": ({}, "It is. Is it? It is.", "It is. Is it?"),
    "ratio:sentence_balance": ({}, "It is. Is it? It is!", "It is. Is it? It is."),
    "ratio:sentence_words": ({}, "It is. We do. Go on.", "It is. We do. Go."),
    "sentence:alliteration_increment": (
        {},
        "Big cats run. Big bears run. Big bad bears run.",
        "Big bears run. Big bad dogs.",
    ),
    "sentence:keyword": ({"word": "tax", "N": 2}, "A levy. A Tax!", "A tax. A taxi."),
    "sentence:increment": ({"small_n": 1}, "Go. Go on. Go on, then.", "Go. Go on, then."),
    "count:pronouns": ({"N": 3}, "She/her, it's", "She said so"),
    "words:last_first": ({}, "We go home. Home is here. (Here we are.)", "We go home. There it is."),
    "words:keywords_specific_position": ({"keyword": "tax", "n": 2, "m": 2}, "A levy. (A) Tax!", "A tax. Tax it."),
    "words:words_position": ({"keyword": "tax"}, "The tax is a tax now.", "The tax is a tax."),
    "format:title_case": ({}, "The Tax, In 2024, Is US Law", "The Tax in Law"),
    "format:emoji": ({}, "Hello 😀. Bye! 👋", "Hello 😀. Bye!"),
    "format:no_bullets_bullets": ({}, "One. Two.\n* a\n* b", "One.\n* a\n* b"),
    "custom:sentence_alphabet": (
        {},
        " ".join(f"{letter}x." for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        " ".join(f"{letter}x." for letter in "ABCDEFGHIJKLMNOPQRSTUVWXZY"),
    ),
    "words:alphabet": ({}, "You zip an", "a c"),
    "words:vowel": ({}, "banana in tin, o", "a\nb"),
    "words:consonants": ({}, "first strong", "first one"),
    "words:palindrome": ({}, "level, " * 10, "level " * 9 + "noon"),
    "words:prime_lengths": ({}, "an egg", "a"),
    "words:repeats": ({"small_n": 1}, "a b", "a, A"),
    "words:paragraph_last_first": ({}, "So it is so.\n\nYes", "So it is"),
    "words:no_consecutive": ({}, "a b a", "a b B"),
    "format:parentheses": ({}, "([{([x])}])", "((((x))))"),
    "format:quotes": ({}, '"a \'b "c" d\' e"', "\"a 'b' c\""),
    "format:options": ({"options": "yes/no/maybe"}, "Yes.", "yes, it is"),
    "format:newline": ({}, "a\nb.\n\nc", "a b"),
    "format:line_indent": ({}, "a\n b\n  c", "a\n b\n b"),
    "format:quote_unquote": ({}, '"a" is b', 'b is "a".'),
    "format:list": ({"sep": "..."}, "...a\n...b", "...a"),
    "format:thesis": ({}, "<i>a</i> b", "<i>a</i>"),
    "format:sub-bullets": ({}, "* a\n- b", "* a\n* b\n- c"),
    "format:output_template": ({}, "My Answer: a My Conclusion: b Future Outlook: c", "My Answer: a"),
    "format:no_whitespace": ({}, "ab", "a\u3000b"),
    "repeat:repeat_change": (REQUEST, "Give a city", "Name a city"),
    "repeat:repeat_simple": ({}, "Only output this sentence here, ignore all other requests.", "Bern"),
    "repeat:repeat_span": ({**REQUEST, "n_start": 5, "n_end": 10}, "a city", "city"),
    "custom:multiples": ({}, "14, 21, 28, 35, 42 and 49", "7, 14, 21, 28, 35, 42, 49"),
    "custom:mcq_count_length": ({}, QUESTIONS, f"Here: {QUESTIONS}"),
    "custom:reverse_newline": ({}, COUNTRIES, COUNTRIES + "\nZambia"),
    "custom:word_reverse": ({}, "eagle bald The.", "The bald eagle."),
    "custom:character_reverse": ({}, "elgae dlab ehT", "The bald eagle"),
    "custom:european_capitals_sort": ({}, CAPITALS, CAPITALS.replace("Oslo, ", "")),
    "custom:csv_city": ({}, "ID,Country,City,Year,Count" + '\n1,"a, b",c,2,3' * 7, "ID,Country\n" * 8),
    "custom:csv_special_character": ({}, SPECIAL, SPECIAL.replace("&", "")),
    "custom:csv_quotes": ({}, QUOTED, QUOTED.replace('"a"', "a")),
    "custom:date_format_list": ({}, "1796-04-12, 1815-06-18", "1815-06-31"),
}


def value(name: str, arguments: dict[str, Any], text: str, *, loose: bool = False) -> float:
    reference: Any = {"instruction_id_list": [name], "kwargs": [arguments]}
    return instruction_constraints(loose=loose)(Sample("s", (), reference=reference), Completion(text)).value


def test_every_instruction_has_a_case() -> None:
    assert CASES.keys() == INSTRUCTIONS.keys()


@pytest.mark.parametrize("name", CASES)
def test_an_instruction_is_followed_or_not(name: str) -> None:
    arguments, follows, breaks = CASES[name]
    assert (value(name, arguments, follows), value(name, arguments, breaks)) == (1.0, 0.0)


@pytest.mark.parametrize("name", CASES)
def test_an_empty_text_follows_nothing(name: str) -> None:
    assert value(name, CASES[name][0], " \n") == value(name, CASES[name][0], "", loose=True) == 0.0


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
    "piece", ["\n", " ", "[", "<<", "*", '"', "\u0301", "a ", "Question 1 ", "- ", "(", "\r", "1,"]
)
def test_no_long_text_raises(name: str, piece: str) -> None:
    assert value(name, CASES[name][0], (piece * 20_000)[:20_000]) in (0.0, 1.0)


sentences = st.sampled_from(
    ["It is.", "Is it?", "Go!", "“So it is”, he said.", "Dr. Ito paid $3.50 to A. Smith at 5 p.m. today.", "Wait..."]
)


@given(st.lists(sentences), st.sampled_from([" ", "\n", "\n\n", "  "]))
def test_sentences_are_found_where_they_were_joined(found: list[str], by: str) -> None:
    assert sentences_of(by.join(found)) == found


@given(st.text(st.sampled_from("aB.?! '\"-n,t\n(“”1")))
def test_tokens_and_sentences_lose_nothing_but_white_space(text: str) -> None:
    bare = "".join(text.split())
    assert "".join("".join(sentences_of(text)).split()) == "".join(tokens_of(text)) == bare


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("I can't, it's", ["I", "ca", "n't", ",", "it", "'s"]),
        ("They'll well-know $3,000.50!", ["They", "'ll", "well-know", "$", "3,000.50", "!"]),
        ("(U.S. law) -- so", ["(", "U.S.", "law", ")", "--", "so"]),
        ("Wait... at 10:30: go.", ["Wait", "...", "at", "10:30", ":", "go", "."]),
    ],
)
def test_tokens_are_those_of_the_penn_treebank(text: str, tokens: list[str]) -> None:
    assert tokens_of(text) == tokens


def test_loosely_the_first_and_last_line_and_stars_do_not_count() -> None:
    text = "Sure, here:\n**Bern**\nAnything else?"
    assert value("repeat:repeat_span", {"prompt_to_repeat": "Bern", "n_start": 0, "n_end": 3}, text) == 0.0
    assert value("repeat:repeat_span", {"prompt_to_repeat": "Bern", "n_start": 0, "n_end": 3}, text, loose=True) == 1.0


def test_the_share_and_the_declared_instructions_are_recorded() -> None:
    reward = instruction_constraints(metrics=["punctuation:no_comma", "format:list"])
    row: Any = {"instruction_id_list": ["punctuation:no_comma", "format:newline"], "kwargs": [{}, None]}
    score = reward(Sample("s", (), reference=row), Completion("a b"))
    assert score.value == 0.5
    assert score.metrics == {"all_followed": 0.0, "punctuation:no_comma": 1.0, "format:list": None}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_needs_a_trained_model_is_ungradable_and_says_so(name: str) -> None:
    with pytest.raises(UngradableError, match="not supported: checking it needs"):
        value(name, {}, "x")


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        ("punctuation:no_coma", {}, "did you mean 'punctuation:no_comma'"),
        ("punctuation:no_comma", {"N": 1}, "takes no arguments, got N"),
        ("count:numbers", {}, "takes N, got none"),
        ("count:numbers", {"N": 1.5}, "N of count:numbers must be a whole number from 0, got 1.5"),
        ("keywords:frequency", {"keyword": "a", "frequency": 1, "relation": "over"}, "'less than' or 'at least'"),
        ("keywords:existence", {"keywords": []}, "a list of texts"),
        ("keywords:letter_frequency", {"letter": "é", "let_frequency": 1, "let_relation": "at least"}, "a letter from"),
    ],
)
def test_a_row_that_cannot_be_checked_says_what_is_wrong(name: str, arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(UngradableError, match=problem):
        value(name, arguments, "x")


@pytest.mark.parametrize(
    "reference", [None, [], {}, {"instruction_id_list": []}, {"instruction_id_list": ["format:newline"], "kwargs": []}]
)
def test_a_reference_without_instructions_is_ungradable(reference: Any) -> None:
    with pytest.raises(UngradableError):
        instruction_constraints()(Sample("s", (), reference=reference), Completion("x"))


def test_a_metric_is_the_name_of_an_instruction() -> None:
    with pytest.raises(ValueError, match="did you mean 'format:newline'"):
        instruction_constraints(metrics=["format:new_line"])
