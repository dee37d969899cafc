"""Laws of dates, amounts and identifiers in the fields of a document."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import Comparison, similarity
from rewards.comparing.normalise import NORMALISERS

MONTHS = {
    "{d}. {m} {y}": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "le {d} {m} {y}": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "{d} de {m} de {y}": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "{d} {m} {y}": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    " {d} de {m} de {y} ": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "{d} {m}  {y}": "januari februari maart april mei juni juli augustus september oktober november december",
    "{d} {m} {y} г.": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "{y} {m} {d}": "January February March April May June July August September October November December",
    "den {d} {m} {y}": "januari februari mars april maj juni juli augusti september oktober november december",
    "den {d}. {m} {y}": "januar februar marts april maj juni juli august september oktober november december",
    "{d}. {m} {y} ": "januar februar mars april mai juni juli august september oktober november desember",
    "{d}.  {m} {y}": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta"
    " lokakuuta marraskuuta joulukuuta",
    "{d}. {m}  {y}": "ledna února března dubna května června července srpna září října listopadu prosince",
    " {d} {m} {y}": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października November grudnia",
    "{d} {m} {y} р.": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    " {d}  {m} {y}": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie"
    " decembrie",
    "{y}. {m} {d}.": "január február március április május június július augusztus szeptember október november"
    " december",
    "{d}  {m}  {y}": "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου"
    " Νοεμβρίου Δεκεμβρίου",
    "{d} {m} {y}  ": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    "{d}  {m} {y} ": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    "{m} {d}, {y}.": "Jan. Feb. Mar. Apr. May Jun. Jul. Aug. Sept. Oct. Nov. Dec.",
}
dates = st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31))
iso = NORMALISERS["date"]


@given(st.sampled_from([*MONTHS]), dates)
def test_a_date_is_the_same_in_every_language(form: str, day: date) -> None:
    month = MONTHS[form].split()[day.month - 1]
    assert iso(form.format(d=day.day, m=month, y=day.year)) == day.isoformat()


@pytest.mark.parametrize("form", MONTHS)
def test_every_month_of_a_language_is_read(form: str) -> None:
    months = enumerate(MONTHS[form].split(), 1)
    assert [iso(form.format(d=9, m=name, y=2024)) for _, name in months] == [f"2024-{m:02d}-09" for m in range(1, 13)]


@given(dates, st.sampled_from(["{}", "**{}**", "{}T00:00:00", "{}T00:00:00Z", "{} 00:00", "{}.", "`{}`"]))
def test_a_date_is_the_same_in_every_dress(day: date, dress: str) -> None:
    assert iso(dress.format(day.isoformat())) == day.isoformat()


@given(dates, st.sampled_from("/-."))
def test_a_date_with_the_year_last_is_read_where_only_one_order_is_a_date(day: date, by: str) -> None:
    forms = [f"{day.day:02d}{by}{day.month:02d}{by}{day.year}", f"{day.month}{by}{day.day}{by}{day.year}"]
    clear = day.day > 12 or day.day == day.month
    assert [iso(form) == day.isoformat() for form in forms] == [clear, clear]


@pytest.mark.parametrize(
    "text", ["13/13/2024", "2024-13-05", "5 mars", "march 2024", "5 mars 24", "5 listopada 2024", "2024-03-05t12:00"]
)
def test_what_is_no_one_date_stays(text: str) -> None:
    assert iso(text) == text


@given(st.decimals(-(10**9), 10**9, places=2), st.decimals(-(10**9), 10**9, places=2), st.sampled_from(["{}", "${:,}"]))
def test_an_amount_as_a_number_is_the_amount_as_text(left: object, right: object, form: str) -> None:
    how, text = Comparison(text="amount"), form.format(right)
    number = float(left)  # type: ignore[arg-type]  # a Decimal
    assert similarity(number, text, how) == similarity(text, number, how) == float(left == right)
    assert similarity(text, number) == 0.0


def test_a_tolerance_holds_for_amounts_in_text_too() -> None:
    how = Comparison(text="amount", abs_tol=0.01)
    assert [similarity("$10.01", value, how) for value in ("10", 10, "10.02", "ten", "9.99", 9.99)] == [
        1,
        1,
        1,
        1,
        0,
        0,
    ]
    assert similarity(12.5, "12,5", Comparison(text="amount_comma")) == 1.0
    assert similarity(True, "1", how) == similarity("1", True, how) == 0.0


@given(
    st.text(st.sampled_from("0123456789ABCxyz"), min_size=1, max_size=12),
    st.lists(st.sampled_from(" -./()"), max_size=6),
)
def test_an_identifier_is_its_letters_and_digits(digits: str, marks: list[str]) -> None:
    spaced = "".join(f"{digit}{mark}" for digit, mark in zip(digits, [*marks, *[""] * len(digits)], strict=False))
    same = Comparison(text="identifier")
    assert similarity(spaced, digits.lower(), same) == 1.0
    assert similarity(spaced[:-1] + "*", digits, same) == 0.0


@pytest.mark.parametrize(
    ("left", "right"), [("O’Brien", "O'Brien"), ("2019–2024", "2019-2024"), ("ＡＢＣ", "abc"), ("“a”", '"a"')]
)
def test_typography_is_no_difference_where_white_space_is_none(left: str, right: str) -> None:
    assert similarity(left, right, Comparison(text="collapse")) == 1.0
    assert similarity(left, right) == 0.0
