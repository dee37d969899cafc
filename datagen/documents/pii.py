"""Mask personal data before a teacher sees it: the kinds that have a structure, in any script, and consistently.

Found: e-mail addresses, phone numbers of the US, Europe, Russia, Turkey, East Asia, India and the Gulf with their
extension, payment cards (Luhn), IBANs (mod 97), US social security numbers, identity numbers of China, Korea, Thailand,
India, France, Spain, Brazil, Turkey and Russia (by their check digits) and of Portugal and Vietnam (by their name), IP
addresses, AWS access keys, tokens of other services and private keys; digits may be Arabic, Devanagari, Thai or of
another script. Other rows of digits are phone numbers behind a word that says so. Where the pattern alone says too
little, a word before it decides: nine digits are a social security number behind `SSN`, and forty characters an AWS
secret behind `secret` or the key that they belong to.
**Not found: names, postal addresses, dates of birth, or anything without a pattern.** Those need a model; `Finder` is
where one plugs in (`presidio_finder` with the extra `pii`).
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple, Protocol, TypeAlias

from datagen.documents.national_ids import SHAPES, is_national_id
from datagen.errors import ConfigError, MissingExtraError


class Found(NamedTuple):
    """Personal data of one kind at characters [start, end)."""

    kind: str
    start: int
    end: int


Finder: TypeAlias = Callable[[str], Iterator[Found]]

# Full-width letters, digits and marks, and the dashes of other keyboards, one for one, so that places stay the same.
_WIDTHS = {0xFF01 + offset: 0x21 + offset for offset in range(94)} | dict.fromkeys(
    map(ord, "\u2010\u2011\u2012\u2013\u2212\u30fc\uff0d\uff70"), "-"
) | {0x3000: " ", 0xA0: " ", 0x202F: " "} | {
    zero + digit: str(digit) for digit in range(10) for zero in (  # Arabic, Persian, India's scripts, Thai to Khmer
        0x660, 0x6F0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xE50, 0xED0, 0xF20, 0x1040, 0x17E0
    )
}  # fmt: skip
# A value stands alone where no Latin letter, digit or underscore goes on; a character of another script may touch it.
_START, _END = r"(?<![A-Za-z0-9_\u00c0-\u024f])", r"(?![A-Za-z0-9_\u00c0-\u024f])"
_NO_FIGURES = r"(?<![\d.,][ .,-])(?<!\d[.,/-])"  # nor in the middle of a row of figures
_NO_MORE = r"(?![ .,/-]\d|[.,]\d)"
_NOT_A_DATE = r"(?!\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d)(?!(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}(?!\d))"
_PHONES = (  # one digit at a time, so that a long row of digits is refused in linear time
    r"(?:\+|00)[1-9]\d{0,2}(?:[ .-]?\(0?\d{0,4}\))?(?:[ ./-]?\d){5,13}",  # international
    r"(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}",  # United States and Canada
    r"\(0\d{1,5}\)(?:[ ./-]?\d){5,11}",  # (030) 1234 5678
    r"0[1-9]\d{0,4}[ /-]\d(?:[ -]?\d){4,10}",  # Germany, the United Kingdom, Italy, Japan, China's land lines
    r"0[1-9](?:[ .]\d\d){4}",  # France
    r"0[1-9]0\d{8}|0[67]\d{8}",  # Japan's and France's mobiles without marks
    r"0\d{1,4}\(\d{1,4}\)\d{3,4}",  # Japan, the area or exchange in brackets
    r"(?:86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}|400[ -]\d{3}[ -]\d{4}",  # China's mobiles and service numbers
    r"8[ -]?\(?\d{3}\)?[ -]?\d{3}[ -]\d\d[ -]\d\d",  # Russia
    r"0 ?\(\d{3}\) ?\d{3} ?\d\d ?\d\d",  # Turkey
    r"0\d{1,3}\.\d{3,4}\.\d{3,4}",  # Vietnam and Korea, with dots
    r"0(?:2|[3-6]\d)\) ?(?!(?:19|20)\d\d-)\d{3,4}-\d{4}",  # Korea, with half a bracket
    r"1[89]00[ -]\d{3}[ -]\d{3,4}",  # free of charge in India, Thailand and Vietnam
    r"05\d{8,9}",  # mobiles of Saudi Arabia, the Emirates and Turkey
    r"\([1-9]\d\) ?9?\d{4}-\d{4}",  # Brazil
)
_EXTENSION = r"(?:,? ?(?:ext(?:ension|n)?\b\.?|x|App\.|Durchwahl|DW|poste|\u5185\u7dda|\u5206\u673a):? ?\d{1,6})"
_SECRETS = (
    r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}|glpat-[A-Za-z0-9_-]{20,}"
    r"|sk-(?:[A-Za-z]{2,10}-)*[A-Za-z0-9_-]{20,}|(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{16,}|hf_[A-Za-z0-9]{30,}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}|AIza[A-Za-z0-9_-]{35}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}"
    r"|SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}|ya29\.[A-Za-z0-9_-]{20,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"
)
_SPACED = r"A-Za-z0-9\u00c0-\u024f\u0400-\u04ff"  # letters of scripts that put spaces between words
# A name in Chinese before an @ begins behind the words that lead to it: please, contact, mailbox, is, to, from and.
_LEADING = "\u8bf7\u7cfb\u7bb1\u662f\u4e3a\u5230\u81f3\u7ed9\u5740\u5411\u8acb\u7d66\u70ba"
_CHINESE = rf"(?:(?![{_LEADING}])[\u4e00-\u9fff\u00b7])"
_KANA = "-\u3041-\u30ff\u3005"  # and the mark of a long sound, which was taken for a dash
_BEFORE_KANA = re.compile(
    r"[^@]*(?:[\u30a1-\u30ff\u4e00-\u9fff\u308c-](?<![\u662f\u7cfb\u7ed9\u4e3a])[\u306f\u3092\u3078\u304c\u306b]"
    r"|[\u662f\u7cfb\u7ed9\u4e3a])(?=[^@]{3})"
)
"""What ends in a particle before a name in kana, or in such a Chinese word; without one it is masked with the name."""
_IDN = rf"{_SPACED}\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3"  # right behind the @ there is no other word
_DOMAIN = (
    rf"@(?:[{_IDN}](?:[{_IDN}-]{{0,61}}[{_IDN}])?\.)(?:[{_SPACED}](?:[{_SPACED}-]{{0,61}}[{_SPACED}])?\.){{0,4}}"
    rf"(?:[A-Za-z]{{2,24}}|[\u0400-\u04ff]{{2,24}}|\u4e2d\u56fd|\u4e2d\u570b|\u516c\u53f8|\u7f51\u7edc)(?![{_SPACED}])"
)
_NAMED_PHONE = "PHONE by its name"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("EMAIL", re.compile(
        rf"(?:(?<![{_SPACED}_.+%'-])[{_SPACED}_+%](?:[{_SPACED}_.+%'-]{{0,63}})|(?<!{_CHINESE}){_CHINESE}{{1,16}}){_DOMAIN}"
    )),
    ("EMAIL", re.compile(rf"[\u3041-\u30ff\u4e00-\u9fff][{_KANA}\u4e00-\u9fff]{{0,15}}(?<=[{_KANA}]){_DOMAIN}")),
    ("PRIVATE_KEY", re.compile(
        r"-----BEGIN (?:[A-Z]{2,12} )?PRIVATE KEY-----[A-Za-z0-9+/=\s\\:,.-]{0,16384}?"
        r"-----END (?:[A-Z]{2,12} )?PRIVATE KEY-----"
    )),
    ("AWS_KEY", re.compile(rf"{_START}(?:AKIA|ASIA)[A-Z0-9]{{16}}{_END}")),
    ("AWS_KEY", re.compile(r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")),
    ("TOKEN", re.compile(rf"{_START}(?:{_SECRETS})(?![A-Za-z0-9])")),
    ("IBAN", re.compile(
        rf"{_START}[A-Za-z]{{2}}\d{{2}}(?:[A-Za-z0-9]{{11,30}}|(?: [A-Za-z0-9]{{4}}){{2,7}}(?: [A-Za-z0-9]{{1,3}})?)"
        rf"{_END}"
    )),
    *((kind, re.compile(rf"{_START}{_NO_FIGURES}(?:{shape}){_END}{_NO_MORE}")) for kind, shape in SHAPES.items()),
    ("CARD", re.compile(rf"{_START}(?<![\d.])\d(?:[ -]?\d){{12,18}}{_END}(?!\.\d)")),
    ("SSN", re.compile(rf"{_START}(?<!\d-)(?!000|666|9\d\d)\d{{3}}-(?!00)\d{{2}}-(?!0000)\d{{4}}{_END}(?!-\d)")),
    ("SSN", re.compile(
        rf"{_START}{_NO_FIGURES}(?!000|666|9\d\d)\d{{3}}( ?)(?!00)\d{{2}}\1(?!0000)\d{{4}}{_END}{_NO_MORE}"
    )),
    ("IP", re.compile(
        rf"{_START}(?:(?<!\.)(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?!\.\d)"
        rf"|(?<![0-9A-Fa-f:]:)(?:::|[0-9A-Fa-f]{{1,4}}:)[0-9A-Fa-f:.]*[0-9A-Fa-f:]){_END}(?!:(?!\d{{1,5}}\b))"
    )),
    ("PHONE", re.compile(
        rf"(?:{_START}(?<!-){_NO_FIGURES}|(?=\())(?<!\d){_NOT_A_DATE}(?:{'|'.join(_PHONES)}){_EXTENSION}?{_END}{_NO_MORE}"
    )),
    (_NAMED_PHONE, re.compile(
        rf"{_START}(?<!-)(?<!\d[ .,/-]){_NOT_A_DATE}\+?(?:\(\d{{1,5}}\) ?)?\d(?:[ ./-]?\d){{6,12}}{_END}{_NO_MORE}"
    )),
)  # fmt: skip
_NUMBERED = re.compile(
    r"(?:\b(?:sections?|sect?\.?|clauses?|chapters?|tables?|fig(?:ure)?s?\.?|appendix|versions?|ver\.?|release|rev\.?|v"
    r"|kernel|build|firmware|версия|сборка|пункт|п\.|раздел|статья|madde|điều|mục|artigo|seção|item"
    r"|versión|versão|sürüm|phiên bản|wersja|verze|версія|الإصدار|المادة|البند"
    r"|संस्करण|धारा)|[§第版节章条]|版本|バージョン|버전|เวอร์ชัน)[ :：]*$",
    re.IGNORECASE,
)  # fmt: skip
"""What stands before a number of a section or version, which looks like an address."""
_PHONE_NAMED = re.compile(  # the name, and at most three words that lead from it to the number
    r"(?:\b(?:tel|phone|mobile|cell|fax|call|whatsapp|t[ée]l[ée]phone|tel[ée]fono|m[óo]vil|llame|telefone|celular|ligue"
    r"|telefon|handy|mobil|rufen sie|тел|телефон|моб|факс|звоните"
    r"|cep (?:tel|no)|gsm|faks|arayın|telem[óo]vel|fone|contac?to|điện thoại|s?đt|di động|gọi|zalo)\b"
    r"|電話|电话|手机|携帯|전화|휴대폰|연락처|문의|팩스|고객센터|대표번호|มือถือ"
    r"|هاتف|الهاتف|جوال|اتصل|फोन|फ़ोन|मोबाइल|नंबर|โทร|เบอร์|โทรศัพท์)[\s.:：#(-]{0,4}"
    r"(?:(?:numbers?|no|nr|num|numéro|número|номеру?|is|at|us|me|al|a|au|para|on|ist|unter|é|em|số|là|по|на"
    r"|على|رقم|संख्या|नंबर|है|पर"
    r"|หมายเลข|ศัพท์|号码|番号|번호|は|是|为|는|은)[\s.:：]{0,3}){0,3}$",
    re.IGNORECASE,
)
_SSN_NAMED = re.compile(
    r"(?:\bSSN|\bSS ?#|\bsocial security|社会保障|社会安全|ソーシャルセキュリティ)[^\d\n]{0,24}$", re.IGNORECASE
)
_SECRET_NAMED = re.compile(
    r"(?:secret|\baws|(?:AKIA|ASIA)[A-Z0-9]{16}|密钥|シークレット)[^\n]{0,30}\n?[^\n]{0,30}$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Masked:
    """A text whose personal data is replaced, and how many of each kind were."""

    text: str
    counts: Counter[str] = field(default_factory=Counter)


def mask(text: str, *, finder: Finder | None = None, key: str = "") -> Masked:
    """Replace personal data by surrogates such as ``[EMAIL_3f2a]``: the same value gets the same surrogate everywhere.

    The surrogate is a keyed hash: with a secret `key` nobody can find the value by trying candidates.

    >>> mask("Write to ann@example.com or call +1 (555) 010-9999.").text
    'Write to [EMAIL_aa98ec] or call [PHONE_b785a4].'
    """
    masked, counts, done = [], Counter[str](), 0
    for kind, start, end in _without_overlap([*find(text), *(finder(text) if finder else ())]):
        value = text[start:end].translate(_WIDTHS).casefold()
        value = value if kind == "EMAIL" else re.sub(r"[\s().-]", "", value)
        surrogate = hashlib.blake2b(value.encode(), key=key.encode()[:64], digest_size=3).hexdigest()
        masked += [text[done:start], f"[{kind}_{surrogate}]"]
        counts[kind] += 1
        done = end
    return Masked("".join([*masked, text[done:]]), counts)


def find(text: str) -> Iterator[Found]:
    """Personal data with a structure, checked where it has a check digit; no two overlap."""
    yield from _without_overlap([*_matches(text)])


def _matches(text: str) -> Iterator[Found]:
    plain = text if text.isascii() else text.translate(_WIDTHS)
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(plain):
            size = _iban_size(match[0]) if kind == "IBAN" else len(match[0])
            before = plain[max(0, match.start() - 90) : match.start()]
            if kind in SHAPES and not is_national_id(kind, match[0], before):
                continue
            if size and _CHECKS.get(kind, _always)(match[0], before):
                words = _BEFORE_KANA.match(match[0]) if kind == "EMAIL" else None
                yield Found(kind.partition(" ")[0], match.start() + (words.end() if words else 0), match.start() + size)


@cache
def presidio_finder(language: str = "en") -> Finder:
    """Names, places and more by Microsoft Presidio, made once per process.

    It needs the extra `pii` and a language model of spaCy's, which is not on PyPI: without one Presidio tries to
    download it. `from_engine` takes an engine of your own. Raises `ConfigError` where there is no model.
    """
    try:
        from presidio_analyzer import AnalyzerEngine  # type: ignore[import-not-found] # untyped, and an extra
    except ImportError as error:
        raise MissingExtraError("presidio-analyzer", "pii") from error
    try:
        return from_engine(AnalyzerEngine(supported_languages=[language]), language)
    except (SystemExit, OSError, ValueError) as error:  # spaCy's download ends the program where it fails
        raise ConfigError(f"Presidio found no model for {language!r} ({error}); install one of spaCy's") from error


def from_engine(engine: Analyzer, language: str = "en") -> Finder:
    """A finder around an analyzer engine that was set up elsewhere."""
    return _Presidio(engine, language)


class Analyzer(Protocol):
    """What we need of Presidio's engine."""

    def analyze(self, *, text: str, language: str) -> Sequence[Any]:
        """Results with `entity_type`, `start`, `end` and `score`."""
        ...


@dataclass(frozen=True, slots=True)
class _Presidio:
    engine: Analyzer
    language: str

    def __call__(self, text: str, /) -> Iterator[Found]:
        for result in self.engine.analyze(text=text, language=self.language):
            yield Found(result.entity_type, result.start, result.end)


def _without_overlap(found: list[Found]) -> Iterator[Found]:
    """From left to right; of two that overlap the one that starts first, then the longer, then the surer kind."""
    done = 0
    for item in sorted(found, key=lambda item: (item.start, -item.end)):  # `find` names the surer kinds first
        if item.start >= done:
            yield item
            done = item.end


def _always(value: str, before: str) -> bool:
    return True


_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[0-8]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|35\d{14}|6\d{15,18}"
)


def _is_card(value: str, before: str) -> bool:
    """The Luhn check over 13 to 19 digits, of an issuer's range: not 978, which begins a book's number."""
    digits = [int(char) for char in value if char.isdigit()]
    if not _ISSUED.fullmatch("".join(map(str, digits))):
        return False
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


# SWIFT IBAN Registry: how long a country's number is, so that it ends where the next word begins.
_IBAN_SIZES = {
    country: size
    for size, countries in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU XK", 21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST", 26: "IS TR", 27: "FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HU LB PL SV",
        29: "BR EG PS QA UA", 30: "JO KW MU", 31: "MT SC", 32: "LC",
    }.items()
    for country in countries.split()
}  # fmt: skip


def _iban_size(value: str) -> int:
    """How many characters of `value` are an IBAN, 0 where none is: ISO 13616, letters as numbers, remainder 1 by 97."""
    ends = [index + 1 for index, char in enumerate(value) if char != " "]
    size = _IBAN_SIZES.get(value[:2].upper(), len(ends) if value.isupper() else 0)
    if not 15 <= size <= len(ends) or value[ends[size - 1] : ends[size - 1] + 1].strip():
        return 0
    plain = value[: ends[size - 1]].replace(" ", "")
    return ends[size - 1] if int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1 else 0


def _is_ssn(value: str, before: str) -> bool:
    """With hyphens it is one; with spaces unless it ends in a year, and then, as without marks, if it is called so."""
    if "-" in value or (" " in value and value[-4:-2] not in ("19", "20")):
        return True
    return _SSN_NAMED.search(before) is not None


def _is_aws_key(value: str, before: str) -> bool:
    """A key's id says itself what it is; a secret mixes its letters, as no digest does, and is called one."""
    if len(value) == 20:
        return True
    mixed = any(map(str.islower, value)) and any(map(str.isupper, value)) and any(map(str.isdigit, value))
    return mixed and _SECRET_NAMED.search(before) is not None


def _is_phone(value: str, before: str) -> bool:
    """Seven digits at least after a country's code, nine with an area, and at most fifteen: E.164; no old ISBN."""
    if _BOOK.search(before):
        return False
    digits = sum(map(str.isdigit, _EXTENDED.sub("", value)))
    return (8 if value.startswith("+") else 9) <= digits <= 15


def _is_named_phone(value: str, before: str) -> bool:
    """Any row of seven digits or more that is called a phone number."""
    years = re.fullmatch(r"(?:(?:19|20)\d\d[ ./-]?)+", value)
    return years is None and _PHONE_NAMED.search(before[-40:]) is not None


_BOOK = re.compile(r"\bISBN[-: 10]*$", re.IGNORECASE)
_EXTENDED = re.compile(f"{_EXTENSION}$")


def _is_ip(value: str, before: str) -> bool:
    if _NUMBERED.search(before[-12:]):
        return False
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return value not in ("::", "::1")


_CHECKS: dict[str, Callable[[str, str], bool]] = {
    "AWS_KEY": _is_aws_key,
    "CARD": _is_card,
    "IP": _is_ip,
    "PHONE": _is_phone,
    _NAMED_PHONE: _is_named_phone,
    "SSN": _is_ssn,
}
