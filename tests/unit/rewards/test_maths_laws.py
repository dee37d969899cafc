"""What is equal in mathematics, as laws over tables: classes of spellings, equal within one and unequal across two."""

from __future__ import annotations

import math
from itertools import combinations, product

import pytest

from rewards import Completion, Sample, math_equal


def is_right(answer: str, reference: str) -> bool:
    return math_equal()(Sample("a", (), reference=reference), Completion(answer)).value == 1.0


def mistaken(classes: list[tuple[str, ...]]) -> list[tuple[str, str]]:
    """Pairs that are judged otherwise than the classes say, in either direction."""
    within = [pair for one in classes for pair in product(one, one) if not is_right(*pair)]
    across = (pair for left, right in combinations(classes, 2) for pair in product(left, right))
    return within + [(one, other) for one, other in across if is_right(one, other) or is_right(other, one)]


SETS: list[tuple[str, ...]] = [
    (r"\mathbb{R}", "(-\\infty, \\infty)", r"\mathbb{Q}\cup\mathbb{R}"),
    (r"\mathbb{Q}", r"\mathbb{R}\cap\mathbb{Q}", r"\mathbb{Q}\cup\mathbb{Z}"),
    (r"\mathbb{R}\setminus\mathbb{Q}", r"\mathbb{R} \setminus (\mathbb{Q}\cup\mathbb{Z})"),
    (r"\mathbb{Z}", r"\mathbb{Z}\cap\mathbb{Q}"),
    (r"\mathbb{N}", r"\mathbb{Z}\cap(0,\infty)", r"\mathbb{N}\cap[1,\infty)"),
    (r"\mathbb{R}\setminus\mathbb{Z}", r"\mathbb{R}\setminus(\mathbb{Z}\cup\mathbb{N})"),
    ("x \\neq 0", r"\mathbb{R}\setminus\{0\}", r"(-\infty,0)\cup(0,\infty)", "x<0 or x>0"),
    ("x \\neq 1", r"\mathbb{R}\setminus\{1\}", r"(-\infty,1)\cup(1,\infty)"),
    ("[0,1)", "0 \\le x < 1", r"\{0\}\cup(0,1)", "1 > x \\ge 0"),
    ("(0,1]", "0 < x \\le 1", "1 \\ge x > 0"),
    (r"[0,1)\cap\mathbb{Q}", r"\mathbb{Q}\cap[0,1)"),
    ("[0, 1.000001)", r"[0,1)\cup[1,1.000001)"),
    (r"[0,\sqrt2)", r"0\le x<\sqrt{2}"),
    (r"[0,\sqrt2)\cap\mathbb{Q}",),
    (r"[0,2)\setminus\{1\}", r"[0,1)\cup(1,2)"),
    (r"[0,2)\setminus\{\sqrt2\}", r"[0,\sqrt2)\cup(\sqrt2,2)"),
    ("x > 1000", r"(1000,\infty)"),
    ("x \\ge 1000", r"[1000,\infty)"),
    ("x < -1000", r"(-\infty,-1000)"),
    ("-3 < x < 5", "(-3,1)\\cup[1,5)", "5 > x > -3"),
    ("(-3,5]", "-3 < x \\le 5"),
    ("[5, 7)\\cup[5,6]", "[5,7)"),
]  # fmt: skip


def test_sets_of_numbers_are_equal_where_they_hold_the_same_numbers() -> None:
    assert mistaken(SETS) == []


UNITS: list[tuple[str, ...]] = [
    ("5 m", "5 meters", "5 metres", "5 meter"), ("5 cm", "5 centimeters", "5 centimetre"), ("5 mm", "5 millimeters"),
    ("5 km", "5 kilometers", "5 kilometres"), ("5 kg", "5 kilograms"), ("5 grams", r"5\text{ g}", "5 gram"),
    ("5 liters", "5 litres", "5 L"), ("5 miles", "5 mi"), ("5 seconds", "5 sec", r"5\text{ s}"),
    ("5 minutes", r"5\text{ min}", "5 minute"), ("5 hours", "5 hrs", "5 hr", r"5\text{ h}"),
    ("5 feet", "5 ft", "5 foot"), ("5 inches", "5 in.", "5 inch"), ("5 yards", "5 yd"),
    ("5 ounces", "5 oz"), ("5 milliliters", "5 ml"), ("5 milligrams", "5 mg"), ("5 ms", "5 milliseconds"),
    ("5 square meters", "5 m^2", "5 sq m"), ("5 cubic meters", "5 m^3", "5 cu m"),
    ("5 mph", "5 miles per hour", r"5\text{ mi/h}"), ("5 km/h", "5 kph", "5 kilometers per hour"),
    ("5 apples", "5 apple", r"5\text{ apples}"), ("5 euros", "5 EUR", "5€", "€5"),
    (r"\$5", "5 dollars", "5 USD", "5 dollar"),
    ("5 yen",), ("5 CHF", "CHF 5", "5 chf", r"5\text{ CHF}"), ("5 GBP", "£5"),
]  # fmt: skip


def test_units_are_equal_where_they_are_one_unit() -> None:
    assert mistaken(UNITS) == []


@pytest.mark.parametrize("unit", [unit for one in UNITS for unit in one])
def test_a_unit_may_be_left_out(unit: str) -> None:
    assert is_right("5", unit)
    assert is_right(unit, "5")
    assert not is_right("6", unit)


RELATIONS: list[tuple[str, ...]] = [
    ("a < b", "b > a"), ("a \\le b", "b \\ge a"), ("a > b", "b < a"), ("a \\ge b", "b \\le a"),
    ("a < b \\le c", "c \\ge b > a"), ("a \\le b < c", "c > b \\ge a"), ("a \\ne b", "b \\ne a"),
    ("y = 2x + 1", "2x + 1 = y", "2y = 4x + 2", "y - 2x = 1", "0 = 2x - y + 1"), ("y = 2x - 1", "y + 1 = 2x"),
    ("x^2 + y^2 = 4", "4 = y^2 + x^2", "x^2 + y^2 - 4 = 0"), ("x^2 - y^2 = 4", "y^2 - x^2 = -4"),
]  # fmt: skip


def test_relations_are_equal_turned_round_and_as_multiples() -> None:
    assert mistaken(RELATIONS) == []


POWERS: list[tuple[str, ...]] = [
    ("ab^2", "a b^{2}", "b^2 a", "a \\cdot b \\cdot b"), ("(ab)^2", "a^2 b^2"), ("a^2 b",),
    ("x^{-1}", "1/x", r"\frac1x"),
    ("x^{-2}", r"\frac{1}{x^2}"), ("x^2", "x \\cdot x", "x²"), ("2^{10}", "1024"), ("2^{-3}", "1/8", "0.125"),
    ("(-2)^3", "-8", "-2^3"), ("(-2)^2", "4", "8^{2/3}", "\\sqrt[3]{64} + 0 \\cdot x"), ("-2^2", "-4"),
    ("2^{1/2}", r"\sqrt2"),
    ("10^{100}", "10^{50} \\cdot 10^{50}"), ("10^{100} + 1",), ("7^{77}", "7 \\cdot 7^{76}"), ("7^{77} + 1",),
    ("0.1^{20}", "10^{-20}"), ("\\arctan(-1)", "-\\frac{\\pi}{4}", "-\\pi/4"), ("\\arctan 1", "\\pi/4"),
    ("\\arctan 0", "0"),
    ("\\ln(-1)", "i\\pi"), ("\\ln(i)", "i\\pi/2"), ("\\ln(-i)", "-i\\pi/2"), ("\\sqrt{-4}", "2i"), ("i^2", "-1"),
    ("e^{i\\pi/2}", "i"),
]  # fmt: skip


def test_powers_and_functions_are_equal_where_their_values_are() -> None:
    assert mistaken(POWERS) == []


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (r"\frac{2}{3}", 2 / 3), (r"\frac{1}{7}", 1 / 7), (r"\frac{\pi}{6}", math.pi / 6), (r"\sqrt{2}", math.sqrt(2)),
        (r"-\sqrt{3}", -math.sqrt(3)), ("e^2", math.exp(2)), (r"\ln 10", math.log(10)), (r"100\pi", 100 * math.pi),
        (r"\frac{1000}{3}", 1000 / 3), (r"\frac{1}{3000}", 1 / 3000),
    ],
)  # fmt: skip
def test_a_value_is_its_floating_point_number_as_programs_print_it(written: str, value: float) -> None:
    assert is_right(repr(value), written)
    assert is_right(written, repr(value))
    assert not is_right(repr(value * (1 + 1e-14)), written)
    assert not is_right(f"{value:.5f}", written)


def test_decimals_that_can_say_a_number_exactly_are_not_rounded() -> None:
    assert not is_right("0.1234567890123456", "0.1234567890123457")
    assert not is_right("0.30000000000000004", "3/10")


JOINED: list[tuple[str, ...]] = [
    ("5, 6", "6 and 5", r"5\text{ and }6", r"5 \text{ or } 6", r"5\text{, }6", r"\{6, 5\}", r"\$5 and \$6"),
    ("5",), ("6",), ("5, 6, 7", "5, 6 and 7", r"7, 6, \text{ and } 5"),
    ("x = 5, y = 6", "y = 6, x = 5"), ("x = 6, y = 5",), ("x = 5 or x = 6", "x = 6, x = 5"),
]  # fmt: skip


def test_items_are_equal_in_any_order_and_points_in_theirs() -> None:
    classes = [one for one in JOINED if "=" not in one[0]]
    assert mistaken(classes) == []
    assert mistaken([one for one in JOINED if "y" in one[0]]) == []
    assert is_right("5, 6", "x = 5 or x = 6")
    assert [is_right(one, "(5, 6)") for one in ("(5, 6)", "5, 6", "(6, 5)", "6, 5")] == [True, True, False, False]


NAMED: list[tuple[str, ...]] = [
    ("x_1 + 1", "1 + x_{1}"), ("x_2 + 1",), ("x + 1",), ("x_1 + x_2", "x_2 + x_1"), ("2x_1", "x_1 + x_1"),
    ("a_n", "a_{n}"),
    ("a_{n+1}",), ("101_2", "101_{2}", "101"), ("101_3 + 0",), ("x_{10} - 1",), ("T_{max} + 1",), ("T_{min} + 1",),
]  # fmt: skip


def test_an_index_is_part_of_a_name() -> None:
    assert mistaken(NAMED) == []


MIXED: list[tuple[str, ...]] = [
    ("2 1/2", r"2\frac12", r"2 \frac{1}{2}", "5/2", "2.5", "2½"), ("2/2", "1"),
    ("-2 1/2", r"-2\frac{1}{2}", "-5/2", "-2.5"),
    ("2 1/2 + 1", "3 1/2", "3.5"), ("(2 1/2, 3)", "(5/2, 3)"), ("(21/2, 3)",), ("2 1/2 \\text{ cups}", "2.5 cups"),
    ("1 3/4", r"1\tfrac34", "7/4"), ("13/4",), ("x = 4 1/2", "4.5"),
]  # fmt: skip


def test_mixed_numbers_are_sums() -> None:
    assert mistaken([one for one in MIXED if "cups" not in one[0]]) == []
    assert mistaken([one for one in MIXED if "cups" in one[0] or "2/2" in one[0]]) == []


EQUATIONS: list[tuple[str, ...]] = [
    ("x = 5", "5 = x", "5"), ("x = -5", "-5 = x"),
    ("f(x) = x + 1", "x + 1 = f(x)"), ("f(x) = x - 1",), ("f(2) = 7", "7 = f(2)", "7"),
    ("x = 2 + 4 = 6", "6 = x", "x = 6"), ("x = y", "y = x"), ("x = -y", "y = -x", "x + y = 0"),
    ("x + y = 1", "1 - x = y"),
    ("x^2 = 4", "4 = x^2", "x^2 - 4 = 0"), ("x^2 = 9",), ("xy = 1", "1 = yx", "2xy = 2"),
    ("x^2 + y = 1", "y = 1 - x^2"),
]  # fmt: skip


def test_equations_are_equal_from_either_side() -> None:
    assert mistaken(EQUATIONS) == []


DOUBLE_SIGNS: list[tuple[str, ...]] = [
    (r"\pm 2", "2, -2", r"x = \pm 2", "x = 2 or x = -2"), (r"1 \pm \sqrt2", r"1 + \sqrt2, 1 - \sqrt2", r"1 \mp \sqrt2"),
    (r"(\pm 1, 2)", "(1, 2), (-1, 2)"), (r"(\pm 1, \pm 2)", "(1, 2), (-1, -2)"),
    (r"(\pm 1, \mp 2)", "(1, -2), (-1, 2)"),
    (r"\pm 3 \text{ cm}", "3 cm, -3 cm"), (r"\pm\frac{1}{2}", "0.5, -0.5"), (r"\pm 2i", "2i, -2i"), ("2",),
]  # fmt: skip


def test_a_double_sign_is_two_answers() -> None:
    assert mistaken(DOUBLE_SIGNS) == []


POINTS_AND_SETS: list[tuple[str, ...]] = [
    (r"[0,1]\cup\{\sqrt2\}", r"\{\sqrt2\}\cup[0,1]"), ("[0,1]", r"0 \le x \le 1"),
    (r"[0,1]\cup\{2\}", r"[0,1] \cup \{2\}"),
    (r"[0,\sqrt2]", r"[0,\sqrt2)\cup\{\sqrt2\}"), (r"[0,\sqrt2)",), (r"(0,\sqrt2]",), (r"[0,\pi]",), (r"[0,\pi)",),
    (r"(-\infty,\sqrt2)\cup(\sqrt2,\infty)", r"x \ne \sqrt2", r"\mathbb{R}\setminus\{\sqrt2\}"),
    (r"\{x \mid x > 0\}", "x > 0", r"(0,\infty)"), ("x < 0", r"(-\infty,0)"), (r"x \ge 0", r"[0,\infty)"),
    ("y > 0 \\text{ and } y < \\sqrt2", r"(0,\sqrt2)"), ("1 < x < 2 or 3 < x < 4", r"(1,2)\cup(3,4)"), ("(1,4)",),
]  # fmt: skip


def test_ends_that_are_no_fractions_count() -> None:
    assert mistaken(POINTS_AND_SETS) == []
