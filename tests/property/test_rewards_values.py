"""Laws of comparing values, texts and fields."""

from __future__ import annotations

import json
import unicodedata
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rewards import JSON, AnswerFormat, Comparison, Completion, Sample, canonical, field_f1, numeric_match, similarity
from rewards.comparing.edit_distance import edit_ratio, token_f1
from rewards.comparing.normalise import NORMALISERS, nfc
from rewards.comparing.numbers import read_number
from rewards.comparing.values import object_similarity
from rewards.comparing.words import items_of, words_of
from rewards.limits import MAX_DEPTH

scalars = (
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-2, 2, width=16) | st.sampled_from(["", "a", "b", "A"])
)
keys = st.sampled_from(["p", "q", "r"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=10
)
objects = st.dictionaries(keys, values, max_size=3)
lists = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=10)
short = st.text("ab é", max_size=12)


def canonical_text(value: object) -> str:
    """Equal for equal JSON values: 1 and 1.0 are one number, true is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, dict):
        return json.dumps({key: canonical_text(value[key]) for key in sorted(value)})
    return json.dumps([canonical_text(item) for item in value]) if isinstance(value, list) else json.dumps(value)


@given(values, values)
def test_similarity_is_1_only_for_equal_values(left, right) -> None:  # type: ignore[no-untyped-def]
    assert 0 <= similarity(left, right) <= 1
    assert (similarity(left, right) == 1.0) == (canonical_text(left) == canonical_text(right))


@given(lists, lists)
def test_the_similarity_of_lists_is_symmetric(left, right) -> None:  # type: ignore[no-untyped-def]
    assert similarity(left, right) == pytest.approx(similarity(right, left), abs=1e-12)


@given(values, values, st.sampled_from([*NORMALISERS]))
def test_a_looser_normaliser_never_lowers_below_the_strict_one(left, right, name) -> None:  # type: ignore[no-untyped-def]
    assert similarity(left, right, Comparison(text=name)) >= similarity(left, right, Comparison(text="strict"))


@given(st.lists(values, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_a_list_matters_only_where_it_is_declared(items, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = random.sample(items, len(items))
    assert similarity(shuffled, items, Comparison(ordered=False)) == pytest.approx(1.0)
    assert similarity(shuffled, items) <= similarity(shuffled, items, Comparison(ordered=False)) + 1e-12


def test_what_is_not_finite_equals_nothing() -> None:
    assert similarity(float("nan"), float("nan")) == similarity(float("inf"), float("inf")) == 0.0
    assert similarity({"a": float("nan")}, {"a": 1}) == 0.0


def test_numbers_are_equal_within_the_tolerance_and_near_ones_earn_nothing() -> None:
    assert similarity(10.05, 10, Comparison(rel_tol=0.01)) == 1.0
    assert similarity(10.2, 10, Comparison(rel_tol=0.01)) == 0.0


def test_long_lists_are_compared_at_their_ends() -> None:
    long = list(range(9000))
    assert similarity([*long, -1], long) == pytest.approx(9000 / 9001)
    assert similarity([-1, *long], long) == pytest.approx(9000 / 9001)


@given(values)
def test_the_canonical_answer_is_accepted(value) -> None:  # type: ignore[no-untyped-def]
    reference = {"x": {"$any_of": [value, "other"]}, "y": {"$any_of": [1], "$optional": True}}
    assert similarity(canonical(reference), reference) == 1.0


@given(st.text())
def test_composed_and_decomposed_text_are_the_same(text: str) -> None:
    assert nfc(unicodedata.normalize("NFD", text)) == nfc(text)


@given(
    st.text(max_size=20) | st.from_regex(r"[-(]?[0-9]{1,4}[.,][0-9]{1,4}\)?", fullmatch=True),
    st.sampled_from([*NORMALISERS]),
)
def test_normalising_twice_changes_nothing(text: str, name: str) -> None:
    once = NORMALISERS[name](text)
    assert NORMALISERS[name](once) == once


@given(short, short)
def test_the_edit_ratio_is_bounded_symmetric_and_1_only_for_equal_texts(left: str, right: str) -> None:
    ratio = edit_ratio(left, right)
    assert 0 <= ratio <= 1
    assert ratio == edit_ratio(right, left)
    assert (ratio == 1.0) == (left == right)


@given(short, short)
def test_the_common_subsequence_is_at_least_what_difflib_matches(left: str, right: str) -> None:
    if max(len(left), len(right)) <= 10 * min(len(left), len(right)):
        assert edit_ratio(left, right) >= SequenceMatcher(None, left, right, autojunk=False).ratio() - 1e-12


def longest_common(left: str, right: str) -> int:
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@given(short.filter(bool), short.filter(bool))
def test_the_edit_ratio_is_that_of_the_textbook_table(left: str, right: str) -> None:
    if max(len(left), len(right)) <= 10 * min(len(left), len(right)):
        assert edit_ratio(left, right) == pytest.approx(2 * longest_common(left, right) / (len(left) + len(right)))


@given(short, short)
def test_token_f1_is_bounded_and_symmetric(left: str, right: str) -> None:
    assert 0 <= token_f1(left, right) <= 1
    assert token_f1(left, right) == token_f1(right, left)


@pytest.mark.parametrize(
    "text", ["5 or 6", "five or six", "0x5", "1,00", "1 2", "", "--5", "5 kg", "1e999", "1" * 400, "$5%"]
)
def test_what_is_not_exactly_one_number_is_none(text: str) -> None:
    assert read_number(text) is None


def extraction(reference: object, answer: object, **options: object) -> float:
    reward = field_f1(**options)  # type: ignore[arg-type]
    return reward(Sample("s", (), reference=reference), Completion(json.dumps(answer))).value  # type: ignore[arg-type]


@given(objects, objects, st.booleans())
def test_field_f1_is_1_only_for_equal_objects(reference, answer, ordered) -> None:  # type: ignore[no-untyped-def]
    equal = similarity(answer, reference, Comparison(ordered=ordered)) == 1.0
    assert (extraction(reference, answer, values=Comparison(ordered=ordered)) == pytest.approx(1.0)) == equal


@given(objects.filter(bool), objects, st.data())
def test_repairing_a_field_never_lowers_field_f1(reference, answer, data) -> None:  # type: ignore[no-untyped-def]
    key = data.draw(st.sampled_from(sorted(reference)))
    assert extraction(reference, {**answer, key: reference[key]}) >= extraction(reference, answer) - 1e-12


@given(objects, objects, values)
def test_an_invented_field_never_raises_field_f1(reference, answer, value) -> None:  # type: ignore[no-untyped-def]
    assert extraction(reference, {**answer, "invented": value}) <= extraction(reference, answer)


@given(objects, objects)
def test_taking_an_invented_field_out_never_lowers_field_f1(reference, answer) -> None:  # type: ignore[no-untyped-def]
    kept = {key: value for key, value in answer.items() if key in reference}
    assert extraction(reference, kept) >= extraction(reference, answer)


def leaf_count(fields: dict[str, JSON]) -> int:
    return sum(len(value) if isinstance(value, list) else 1 for value in fields.values())


def without_one_leaf(fields: dict[str, JSON]) -> list[dict[str, JSON]]:
    """`fields` less one leaf, for each leaf; the last item of a list takes the list with it."""
    less = []
    for key, value in fields.items():
        rest = {other: kept for other, kept in fields.items() if other != key}
        several = value if isinstance(value, list) and len(value) > 1 else []
        less += [{**rest, key: [*several[:index], *several[index + 1 :]]} for index in range(len(several))]
        less += [] if several else [rest]
    return less


COMPARISONS = [
    Comparison(),
    Comparison("bfcl"),
    Comparison(near=0.5),
    Comparison("amount", abs_tol=1),
    Comparison(abs_tol=1),
]
few_values = st.sampled_from(
    ["Rule 144", "rule 144", "rule-144", "5", "$5", 5, 5.0, 6, True, None, [1], [1, 2], {"a": 1}]
)


@given(few_values, st.lists(few_values, max_size=4), st.sampled_from(COMPARISONS), st.booleans())
def test_the_best_accepted_value_counts_in_an_object_as_alone(value, accepted, how, optional) -> None:  # type: ignore[no-untyped-def]
    """The quick ways that an object takes with `$any_of` are the slow one: each value tried, and the best kept."""
    best = max((similarity(value, one, how) for one in accepted), default=0.0)
    found = object_similarity({"k": value}, {"k": {"$any_of": accepted, "$optional": optional}}, how, key_credit=0.1)
    wanted = float(best == 1) if optional else 0.1 + 0.9 * best
    assert found == pytest.approx(wanted)


documents = st.dictionaries(keys, st.integers(0, 1) | st.lists(st.integers(0, 1), min_size=1, max_size=2), min_size=1)


@given(st.lists(st.tuples(documents, st.integers(1, 5)), min_size=1, max_size=4), documents)
def test_more_leaves_than_any_reference_never_pay(belief, answer) -> None:  # type: ignore[no-untyped-def]
    """A document of more leaves than any possible one is never better than its best part of one leaf less."""
    lacking = 1 + max(leaf_count(reference) for reference, _ in belief) - leaf_count(answer)
    answer = answer | {f"surplus {number}": 0 for number in range(lacking)}

    def expected(fields: dict[str, JSON]) -> float:
        return sum(weight * extraction(reference, fields) for reference, weight in belief)

    assert expected(answer) <= max(map(expected, without_one_leaf(answer))) + 1e-9


def test_an_invented_field_costs_one_place_for_a_missing_one_and_two_beyond() -> None:
    reference = {"ein": "12-3", "wages": 10}
    assert extraction(reference, {"ein": "12-3", "tips": 1}) == pytest.approx(1 / 3)  # 1 / (max(2, 2) + 1)
    assert extraction(reference, {**reference, "tips": 1}) == pytest.approx(2 / 4)  # 2 / (max(2, 3) + 1)
    assert extraction(reference, {"ein": "12-3"}) == pytest.approx(1 / 2)


def test_an_invented_argument_halves_and_two_leave_a_third() -> None:
    reference: JSON = {"city": "Bern", "days": 2}
    assert similarity({"city": "Bern", "days": 2, "unit": "C"}, reference) == pytest.approx(1 / 2)
    assert similarity({"city": "Bern", "days": 2, "unit": "C", "lang": "de"}, reference) == pytest.approx(1 / 3)
    assert similarity({"city": "Bern", "unit": "C"}, reference) == pytest.approx(1 / 4)  # half of the keys, halved


def test_groups_report_accuracy_precision_recall_and_f1_of_their_fields() -> None:
    reference = {"ein": "12-3", "employer": "ACME", "wages": 10, "tips": 2}
    reward = field_f1(groups={"who": ("ein", "employer"), "pay": ("wages", "tips")})
    answer = json.dumps({"ein": "12-3", "employer": "ACME", "wages": 11})
    metrics = reward(Sample("s", (), reference=reference), Completion(answer)).metrics
    assert (metrics["who_f1"], metrics["pay_f1"], metrics["accuracy"]) == (1.0, 0.0, 0.5)
    assert metrics["recall"] == 0.5  # 2 of 4
    assert metrics["precision"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("answer", ["{}", '{"wages": 10}', '{"tips": 1}'])
def test_a_group_of_which_nothing_was_given_has_no_precision(answer: str) -> None:
    reward = field_f1(groups={"who": ("ein", "employer")})
    metrics = reward(
        Sample("s", (), reference={"ein": "12-3", "employer": "ACME", "wages": 10}), Completion(answer)
    ).metrics
    assert [metrics[f"who_{name}"] for name in ("accuracy", "precision", "recall", "f1")] == [0.0, None, 0.0, 0.0]


def test_a_group_of_which_nothing_was_wanted_and_nothing_given_is_right() -> None:
    metrics = field_f1(groups={"who": ("ein",)})(Sample("s", (), reference={"wages": 10}), Completion("{}")).metrics
    assert [metrics[f"who_{name}"] for name in ("accuracy", "precision", "recall", "f1")] == [1.0] * 4


@pytest.mark.parametrize("reference", [{"ein": "12-3"}, {}])
def test_an_answer_that_is_no_object_has_no_right_field_and_no_precision(reference: dict[str, JSON]) -> None:
    score = field_f1(groups={"who": ("ein",)})(Sample("s", (), reference=reference), Completion("unreadable"))
    measures = {"accuracy": 0.0, "precision": None, "recall": 0.0, "f1": 0.0}
    assert score.metrics == measures | {f"who_{name}": value for name, value in measures.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[(text, "-5") for text in ("-$5", "$-5", "($5)", "(5)", "\u22125", "-5€", "-5 €", "－５", "€-5.0")],
        *[(text, "1234.5") for text in ("1,234.50", "$1,234.50", "1234.5 €", "１２３４．５")],
        ("9007199254740993", "9007199254740993"),
        ("1e-3", "0.001"),
        ("12.5%", "0.125"),
        (0.1, "0.1"),
        (10**4299, "1" + "0" * 4299),
    ],
)
def test_a_number_is_read_exactly_as_it_is_written(text: object, expected: str) -> None:
    assert read_number(text) == Decimal(expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["(5", "5)", "(-5)", "--5", "-$-5", "$5 kg", "$5€", "12,34", "0,1", "5²", "5/0", "1/2/3", "5 - 6"]
)
def test_what_could_be_another_number_is_none(text: str) -> None:
    assert read_number(text) is None


@given(st.integers(-(10**400), 10**400), st.integers(1, 9))
def test_two_integers_are_equal_only_where_they_are(number: int, step: int) -> None:
    keyed = numeric_match(AnswerFormat(key="a", reference_key=()))
    sample = Sample("s", (), reference=number)
    assert keyed(sample, Completion(f'{{"a": {number}}}')).value == 1.0
    assert keyed(sample, Completion(f'{{"a": {number + step}}}')).value == 0.0
    assert similarity(number, number) == 1.0 > similarity(number + step, number)


@given(st.integers(-(10**6), 10**6), st.integers(0, 99))
def test_a_tolerance_is_decimal(cents: int, off: int) -> None:
    reference, answer = Decimal(cents) / 100, Decimal(cents + off) / 100
    score = numeric_match(abs_tol=0.5)(Sample("s", (), reference=float(reference)), Completion(str(answer)))
    assert score.value == float(off <= 50)
    assert similarity(float(answer), float(reference), Comparison(abs_tol=0.5)) == float(off <= 50)
    assert similarity(float(answer), float(reference), Comparison(abs_tol=0.07)) == float(off <= 7)


@given(st.integers(300, 4299), st.sampled_from([0.0, 0.1, 1e300]), st.sampled_from([0.0, 1e-9, 0.5]))
def test_integers_beyond_floats_have_tolerances_too(digits: int, abs_tol: float, rel_tol: float) -> None:
    how = Comparison(abs_tol=abs_tol, rel_tol=rel_tol)
    number = 10**digits
    assert similarity(number, number, how) == 1.0
    assert similarity(1.5, number, how) == similarity(number, 1.5, how) == float(digits < 301 and abs_tol == 1e300)
    assert similarity(number + number // 10**6, number, how) == float(rel_tol == 0.5 or (abs_tol > number // 10**6))


amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=2)
SPELLINGS = {
    "amount": ("{:,.2f}", "{:.2f}", "${:,.2f}", "{:,.2f} €", "{:,.3f}", " {:+,.2f}"),
    "amount_comma": ("{:,.2f}", "{:.2f}", "€{:,.2f}", "{:,.2f} €"),
}


@pytest.mark.parametrize("name", SPELLINGS)
@given(amounts, amounts, st.data())
def test_amounts_are_equal_in_every_spelling_and_only_where_the_numbers_are(name, left, right, data) -> None:  # type: ignore[no-untyped-def]
    swap = str.maketrans(",.", ".,") if name == "amount_comma" else {}
    spelled = [data.draw(st.sampled_from(SPELLINGS[name])).format(number).translate(swap) for number in (left, right)]
    same, other = Comparison(text=name), Comparison(text="collapse")
    assert similarity(spelled[0], spelled[1], same) == float(left == right)
    assert similarity(spelled[0], spelled[1], other) <= similarity(spelled[0], spelled[1], same)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1.234,56", "1234.56"), ("1 234,5 €", "1234.5"), ("-3,5", "-3.5"), ("1.234", "1234"), ("1'234,5", "1234.5")],
)
def test_with_a_declared_decimal_comma_the_dot_divides_thousands(text: str, expected: str) -> None:
    assert read_number(text, decimal=",") == Decimal(expected)


@pytest.mark.parametrize("text", ["1.5", "1,234.56", "1.234.56", "1.23,4", "1.234 567", "1,2,3"])
def test_what_is_no_number_with_a_decimal_comma_is_not_guessed(text: str) -> None:
    assert read_number(text, decimal=",") is None


def test_magnitudes_multiply_where_they_are_declared() -> None:
    words = {"million": 1e6, "M": 1e6, "万": 10_000, "億": 1e8}
    read = [
        read_number(text, {"km": 1000}, magnitudes=words) for text in ("$1.5 million", "2M", "3億円", "2 million km")
    ]
    assert read == [1_500_000, 2_000_000, 300_000_000, 2_000_000_000]
    assert read_number("1.5 million") is None
    assert read_number("2 million", {"million": 3}, magnitudes=words) == 6  # a unit of that name comes first


@pytest.mark.parametrize("sizes", [{"units": {"m": 0}}, {"magnitudes": {"k": float("inf")}}, {"decimal": ";"}])
def test_sizes_and_marks_that_mean_nothing_are_refused(sizes) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"positive|decimal mark"):
        numeric_match(**sizes)


FORMS_OF_A_DATE = (
    "{d:%d-%b-%Y}", "{d:%b-%d-%Y}", "{d:%a, %d %b %Y}", "{d:%A, %B %d, %Y}", "{d:%a. %b. %d %Y}",
    "the {d.day}th of {d:%B %Y}",
    "{d.day} {d:%B}, {d:%Y}", "{d:%Y-%m-%d}", "{d:%Y%m%d}", "{d:%Y/%m/%d}",
)  # fmt: skip


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
def test_a_date_is_the_same_in_every_western_form(day: date) -> None:
    assert {NORMALISERS["date"](form.format(d=day)) for form in FORMS_OF_A_DATE} == {day.isoformat()}


@given(
    st.decimals(0, 10**9, places=2),
    st.sampled_from(["USD", "EUR", "GBP", "JPY", "CNY", "INR", "KRW", "CHF", "CAD", "AUD"]),
)
def test_an_amount_is_the_same_with_its_currency_before_or_behind(number: Decimal, code: str) -> None:
    forms = (
        f"{code} {number:,}",
        f"{number:,} {code}",
        f"{number}{code}",
        f"US${number}",
        f"$ {number}",
        f"${number} USD",
    )
    assert {NORMALISERS["amount"](form) for form in forms} == {NORMALISERS["amount"](str(number))}
    assert {NORMALISERS["amount"](f"-{form}") for form in forms} == {NORMALISERS["amount"](f"-{number}")}


@pytest.mark.parametrize("text", ["USD", "USDT 5", "5 USD EUR", "$5 €", "US 5", "USD USD 5", "5 USD €", "USD 5 EUR"])
def test_what_is_no_amount_stays(text: str) -> None:
    assert NORMALISERS["amount"](text) == text.casefold()


@given(st.dates(min_value=date(2019, 5, 1), max_value=date(2099, 12, 31)))
def test_an_east_asian_date_is_the_date(day: date) -> None:
    iso, year = NORMALISERS["date"], day.year - 2018
    wide = f"{day.year}年{day.month}月{day.day}日".translate({48 + digit: 0xFF10 + digit for digit in range(10)})
    forms = [
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year} 年 {day.month:02d} 月 {day.day:02d} 日",
        f"令和{'元' if year == 1 else year}年{day.month}月{day.day}日",
        f"民國{day.year - 1911}年{day.month}月{day.day}日",
        f"{day.year}년 {day.month}월 {day.day}일",
        f"{chinese(day.year, by_place=True)}年{chinese(day.month)}月{chinese(day.day)}日",
        wide,
    ]
    assert {iso(form) for form in forms} == {day.isoformat()}


def chinese(number: int, *, by_place: bool = False) -> str:
    digits = "〇一二三四五六七八九"
    if by_place or number < 10:
        return "".join(digits[int(digit)] for digit in str(number))
    tens, ones = divmod(number, 10)
    return ("" if tens == 1 else digits[tens]) + "十" + (digits[ones] if ones else "")


@pytest.mark.parametrize("text", ["24年3月5日", "2024年13月1日", "2024年3月", "令和6月5日", "十年十月十日"])
def test_what_is_no_whole_date_stays_as_it_is(text: str) -> None:
    assert NORMALISERS["date"](text) == text


@given(
    st.lists(st.text("abcé", min_size=1, max_size=4), max_size=5),
    st.lists(st.text("東京都カ", min_size=1, max_size=4), max_size=5),
)
def test_words_are_divided_by_spaces_or_by_the_script(spaced, spaceless) -> None:  # type: ignore[no-untyped-def]
    assert words_of(" ".join(spaced)) == " ".join(spaced).split()
    assert words_of(" ".join([*spaced, *spaceless])) == [*spaced, *"".join(spaceless)]
    assert token_f1("".join(spaceless), "".join(reversed("".join(spaceless)))) == 1.0


items = st.lists(st.text("ab東京 都", min_size=1, max_size=5).map(str.strip).filter(bool), min_size=1, max_size=5)


@given(items, st.sampled_from([", ", "; ", "、", "，", "；", "\n", ",\n", "\n\n"]))
def test_a_list_is_read_whatever_divides_it(found, divider) -> None:  # type: ignore[no-untyped-def]
    assert items_of(divider.join(found)) == found


@given(items, st.sampled_from(["- {}", "* {}", "• {}", "・{}", "{n}. {}", "{n}、{}", "（{n}）{}", "{n}) {}"]))
def test_bullets_are_no_part_of_an_item(found, form) -> None:  # type: ignore[no-untyped-def]
    assert items_of("\n".join(form.format(item, n=number) for number, item in enumerate(found, 1))) == found


@pytest.mark.parametrize("text", ["-5", "*args", "2024、", "3.5 mm", "2. tax"])
def test_what_only_looks_like_a_bullet_is_an_item(text: str) -> None:
    assert items_of(text) == [text.strip("、")]


@given(st.integers(1, 60), st.sampled_from("eao"), st.sampled_from("\u0300\u0301\u0308"))
def test_a_letter_is_composed_under_thirty_marks_and_left_alone_under_more(marks: int, letter: str, mark: str) -> None:
    text = letter + mark * marks
    assert nfc(text) == (unicodedata.normalize("NFC", text) if marks <= 30 else text)


@example(MAX_DEPTH, 1)
@given(st.integers(1, MAX_DEPTH + 5), st.sampled_from([1, "x", None]))
def test_an_object_is_compared_to_the_depth_that_any_answer_may_have(levels: int, leaf: JSON) -> None:
    inner = leaf
    for _ in range(levels):
        inner = {"a": inner}
    assert (object_similarity({"b": inner}, {"b": inner}) == 1.0) == (levels <= MAX_DEPTH)  # `b` is no level of theirs
