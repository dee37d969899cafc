"""The formats of JSON Schema as assertions, each from the RFC that defines it.

Apart from the rest, so that a grader without them does not carry them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from rewards.comparing.linear_regex import PatternError, searcher
from rewards.types import JSON

_MAX_CHARS = 8_192  # no address, date or host name is longer


@dataclass(frozen=True)
class Formats:
    """Makes `format` an assertion: of all names that the standard defines, or of those in `only`.

    Other names stay annotations. An internationalised host name is checked as IDNA 2003 has it, without the rules of
    IDNA 2008 for characters in context.

    >>> Formats().holds("date", "2024-02-30"), Formats().holds("date", "2024-02-29"), Formats().holds("colour", "?")
    (False, True, True)
    """

    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "only", tuple(self.only))
        unknown = sorted(set(self.only) - _FORMATS.keys())
        if unknown:
            raise ValueError(f"no format {unknown[0]!r}; known: {', '.join(sorted(_FORMATS))}")

    def asserts(self, name: str) -> bool:
        """Whether a value that is not of the format is invalid."""
        return name in (self.only or _FORMATS)

    def holds(self, name: str, value: JSON) -> bool:
        """Whether a value is as the format says. Formats are about text."""
        if not isinstance(value, str) or not self.asserts(name):
            return True
        return len(value) <= _MAX_CHARS and _FORMATS[name](value)


def _matching(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None


_is_date_shaped = _matching(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[zZ]|([+-])(\d\d):(\d\d))", re.ASCII)


def _is_date(text: str) -> bool:
    if not _is_date_shaped(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_time(text: str) -> bool:
    """RFC 3339; a leap second is the last of a day in UTC."""
    found = _TIME.fullmatch(text)
    if not found:
        return False
    hour, minute, second = int(found[1]), int(found[2]), int(found[3])
    off_hour, off_minute = int(found[5] or 0), int(found[6] or 0)
    if hour > 23 or minute > 59 or second > 60 or off_hour > 23 or off_minute > 59:
        return False
    offset = (60 * off_hour + off_minute) * (-1 if found[4] == "-" else 1)
    return second < 60 or (60 * hour + minute - offset) % 1440 == 1439


def _is_date_time(text: str) -> bool:
    return text[10:11] in ("T", "t") and _is_date(text[:10]) and _is_time(text[11:])


_is_duration = _matching(
    r"P(?:\d+W|(?=[\dT])(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)?"
    r"(?:T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))?)"
)

_is_label = _matching(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def _is_hostname(text: str) -> bool:
    """RFC 1123; a label of the form xn--… must be one that IDNA decodes."""
    labels = text.split(".")
    return len(text) <= 253 and all(_is_label(label) and _is_plain_or_idna(label) for label in labels)


def _is_plain_or_idna(label: str) -> bool:
    if label[2:4] != "--":
        return True
    if label[:4].lower() != "xn--":
        return False
    try:
        return bool(label[4:].encode("ascii").decode("punycode"))
    except UnicodeError:
        return False


def _is_idn_hostname(text: str) -> bool:
    for dot in "\u3002\uff0e\uff61":
        text = text.replace(dot, ".")
    try:
        return _is_hostname(text.encode("idna").decode("ascii"))
    except UnicodeError:
        return False


_is_ipv4 = _matching(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}")


def _is_ipv6(text: str) -> bool:
    """RFC 4291, 2.2: eight groups, one run of zeros written as ::, the last 32 bits perhaps as IPv4."""
    head, is_short, tail = text.partition("::")
    groups = [*(head.split(":") if head else ()), *(tail.split(":") if tail else ())]
    if groups and _is_ipv4(groups[-1]) and (tail or not is_short):
        groups[-1:] = ["0", "0"]
    if not all(map(_is_group, groups)):
        return False
    return len(groups) <= 7 if is_short else len(groups) == 8


_is_group = _matching(r"[0-9A-Fa-f]{1,4}")
_is_quoted = _matching(r'"(?:[ !#-\[\]-~]|\\[ -~])*"')
_is_dot_atom = _matching(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


def _is_email(text: str) -> bool:
    """The Mailbox of RFC 5321, 4.1.2."""
    local, at, domain = text.rpartition("@")
    return bool(at) and (_is_dot_atom(local) or _is_quoted(local)) and _is_mail_domain(domain, _is_hostname)


def _is_idn_email(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    plain = re.sub(r"[^\x00-\x7f]", "x", local)
    return bool(at) and (_is_dot_atom(plain) or _is_quoted(plain)) and _is_mail_domain(domain, _is_idn_hostname)


def _is_mail_domain(domain: str, is_host: Callable[[str], bool]) -> bool:
    if domain.startswith("[") and domain.endswith("]"):
        inner = domain[1:-1]
        return _is_ipv6(inner[5:]) if inner[:5].lower() == "ipv6:" else _is_ipv4(inner)
    return is_host(domain)


_SEGMENT = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_is_path = _matching(rf"(?:{_SEGMENT}|/)*")
_is_query = _matching(rf"(?:{_SEGMENT}|[/?])*")
_is_scheme = _matching(r"[A-Za-z][A-Za-z0-9+.-]*")
_is_user = _matching(r"(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*")
_is_name = _matching(r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
_is_future_ip = _matching(r"[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+")
_is_port = _matching(r"\d*")


def _is_uri(text: str) -> bool:
    """RFC 3986, 3."""
    scheme, colon, rest = text.partition(":")
    return bool(colon) and _is_scheme(scheme) and _is_relative(rest, has_scheme=True)


def _is_uri_reference(text: str) -> bool:
    return _is_uri(text) or _is_relative(text, has_scheme=False)


def _is_relative(text: str, *, has_scheme: bool) -> bool:
    text, _, fragment = text.partition("#")
    path, _, query = text.partition("?")
    if path.startswith("//"):
        authority, slash, path = path[2:].partition("/")
        if not _is_authority(authority):
            return False
        path = slash + path
    elif not has_scheme and ":" in path.partition("/")[0]:
        return False
    return _is_path(path) and _is_query(query) and _is_query(fragment)


def _is_authority(text: str) -> bool:
    user, at, host = text.rpartition("@")
    if at and not _is_user(user):
        return False
    if host.startswith("["):
        inner, bracket, port = host[1:].partition("]")
        is_right = bool(bracket) and (_is_ipv6(inner) or _is_future_ip(inner))
        return is_right and (not port or (port.startswith(":") and _is_port(port[1:])))
    name, _, port = host.partition(":")
    return _is_name(name) and _is_port(port)


def _is_iri(text: str) -> bool:
    """RFC 3987: a URI with the characters beyond ASCII that it allows."""
    return _is_uri(_without_ucs(text))


def _is_iri_reference(text: str) -> bool:
    return _is_uri_reference(_without_ucs(text))


def _without_ucs(text: str) -> str:
    return re.sub("[\u00a0-\ud7ff\ue000-\ufdcf\ufdf0-\uffef\U00010000-\U000efffd]", "x", text)


_is_template = _matching(
    r"(?:[^\x00-\x20\x7f\"%<>\\^`{|}]|%[0-9A-Fa-f]{2}|"
    r"\{[+#./;?&=,!@|]?(?:\w|%[0-9A-Fa-f]{2})(?:\.?(?:\w|%[0-9A-Fa-f]{2}))*(?::[1-9]\d{0,3}|\*)?"
    r"(?:,(?:\w|%[0-9A-Fa-f]{2})(?:\.?(?:\w|%[0-9A-Fa-f]{2}))*(?::[1-9]\d{0,3}|\*)?)*\})*"
)
_is_json_pointer = _matching(r"(?:/(?:[^~/]|~[01])*)*")
_is_relative_pointer = _matching(r"(?:0|[1-9]\d*)(?:#|(?:/(?:[^~/]|~[01])*)*)")


def _is_regex(text: str) -> bool:
    try:
        searcher(text)
    except PatternError:
        return False
    return True


_FORMATS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "date": _is_date,
        "date-time": _is_date_time,
        "time": _is_time,
        "duration": _is_duration,
        "email": _is_email,
        "idn-email": _is_idn_email,
        "hostname": _is_hostname,
        "idn-hostname": _is_idn_hostname,
        "ipv4": _is_ipv4,
        "ipv6": _is_ipv6,
        "iri": _is_iri,
        "iri-reference": _is_iri_reference,
        "json-pointer": _is_json_pointer,
        "relative-json-pointer": _is_relative_pointer,
        "regex": _is_regex,
        "uri": _is_uri,
        "uri-reference": _is_uri_reference,
        "uri-template": _is_template,
        "uuid": _matching(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
    }
)
