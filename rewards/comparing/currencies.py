"""How currencies are written, and which of them two spellings may both mean."""

from __future__ import annotations

import re
from functools import cache

_DOLLARS = frozenset(("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN"))
_CROWNS = frozenset(("SEK", "NOK", "DKK", "ISK", "CZK"))
_CODES = frozenset(re.findall("[A-Z]{3}", """
    USD EUR GBP JPY CNY RMB INR KRW CHF CAD AUD NZD SGD HKD TWD MXN BRL ARS CLP COP ZAR SEK NOK DKK ISK CZK PLN HUF
    RON BGN TRY RUB UAH ILS AED SAR EGP NGN KES THB VND IDR MYR PHP PKR BDT
"""))  # fmt: skip
_SPELLINGS = {
    "$": _DOLLARS, "US$": {"USD"}, "USD$": {"USD"}, "U.S.$": {"USD"}, "C$": {"CAD"}, "CA$": {"CAD"}, "A$": {"AUD"},
    "AU$": {"AUD"}, "NZ$": {"NZD"}, "S$": {"SGD"}, "HK$": {"HKD"}, "NT$": {"TWD"}, "MX$": {"MXN"}, "R$": {"BRL"},
    "€": {"EUR"}, "£": {"GBP", "EGP"}, "¥": {"JPY", "CNY"}, "円": {"JPY"}, "元": {"CNY", "TWD", "HKD", "USD"},
    "圓": {"TWD", "HKD"}, "₩": {"KRW"}, "원": {"KRW"}, "₹": {"INR"}, "Rs": {"INR", "PKR"}, "Rs.": {"INR", "PKR"},
    "₽": {"RUB"}, "₪": {"ILS"}, "₫": {"VND"}, "₺": {"TRY"}, "฿": {"THB"}, "₱": {"PHP"}, "₴": {"UAH"}, "₦": {"NGN"},
    "RM": {"MYR"}, "kr": _CROWNS, "kr.": _CROWNS, "zł": {"PLN"}, "Fr.": {"CHF"}, "dollar": _DOLLARS,
    "dollars": _DOLLARS, "US dollars": {"USD"}, "euro": {"EUR"}, "euros": {"EUR"}, "pound": {"GBP", "EGP"},
    "pounds": {"GBP", "EGP"}, "pounds sterling": {"GBP"}, "yen": {"JPY"}, "yuan": {"CNY"}, "renminbi": {"CNY"},
    "rupee": {"INR", "PKR"}, "rupees": {"INR", "PKR"}, "won": {"KRW"}, "franc": {"CHF"}, "francs": {"CHF"},
    "peso": {"MXN", "ARS", "CLP", "COP", "PHP"}, "pesos": {"MXN", "ARS", "CLP", "COP", "PHP"},
    "日元": {"JPY"}, "日圓": {"JPY"}, "人民币": {"CNY"}, "人民幣": {"CNY"}, "美元": {"USD"}, "欧元": {"EUR"},
    "歐元": {"EUR"}, "英镑": {"GBP"}, "ドル": _DOLLARS, "米ドル": {"USD"}, "ユーロ": {"EUR"}, "ポンド": {"GBP"},
    "달러": _DOLLARS, "유로": {"EUR"}, "엔": {"JPY"},
}  # fmt: skip
_ALL: dict[str, frozenset[str]] = {spelling.casefold(): frozenset(codes) for spelling, codes in _SPELLINGS.items()} | {
    code.casefold(): frozenset(("CNY",) if code == "RMB" else (code,)) for code in _CODES
}


def currencies_of(spelling: str) -> frozenset[str]:
    """The ISO 4217 codes that a sign, a code or a word may stand for, letter case ignored; empty where it is none.

    >>> sorted(currencies_of("€")), sorted(currencies_of("¥")), sorted(currencies_of("kg"))
    (['EUR'], ['CNY', 'JPY'], [])
    """
    return _ALL.get(" ".join(spelling.casefold().split()), frozenset())


@cache
def currency_pattern() -> str:
    """What matches a currency, the longest spelling first, letter case as written here or all capital or small."""
    spellings = sorted(
        {form for one in (*_SPELLINGS, *_CODES) for form in (one, one.lower(), one.upper(), one.title())}
    )
    return "|".join(re.escape(one) for one in sorted(spellings, key=len, reverse=True))
