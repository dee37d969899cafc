"""The formats of JSON Schema: values of each, and their nearest neighbours that are none."""

import pytest

from rewards import Formats

RIGHT = {
    "date": ("2024-02-29", "0001-01-01", "9999-12-31"),
    "time": (
        "00:00:00Z",
        "23:59:59z",
        "08:30:06.283185+23:59",
        "23:59:60Z",
        "15:59:60-08:00",
        "01:29:60+01:30",
        "00:29:60+00:30",
    ),
    "date-time": ("1963-06-19T08:30:06.28Z", "1963-06-19t08:30:06z", "1998-12-31T23:59:60Z"),
    "duration": ("P1D", "P4Y", "PT0S", "P1M", "PT1M", "P2W", "P1Y2M3DT4H5M6S"),
    "hostname": (
        "a",
        "www.example.com",
        "xn--4gbwdl.xn--wgbh1c",
        "a-1.b2",
        "a" * 63,
        ".".join(["a" * 50] * 4 + ["a" * 49]),
    ),
    "idn-hostname": ("example.com", "실례.테스트", "a\u3002b", "a\uff0eb", "a\uff61b", "bücher.de"),
    "ipv4": ("0.0.0.0", "255.255.255.255", "192.168.10.1"),
    "ipv6": ("::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2::7:8", "::ffff:192.168.0.1", "1:2:3:4:5:6:1.2.3.4", "ABCD::"),
    "email": ("a@b.c", "a.b+c@d.example", '"a b"@c.d', "a@[127.0.0.1]", "a@[IPv6:::1]", '"a\\"b"@c.d', "a@b"),
    "idn-email": ("실례@실례.테스트", "ü@bücher.de", "a@b.c"),
    "uri": (
        "http://a.b/c?d=e#f",
        "urn:oasis:names",
        "http://user:pw@a:80/",
        "http://[::1]:80/",
        "http://[v1.a]/",
        "mailto:a@b.c",
        "a:",
        "http://a?/?",
    ),
    "uri-reference": ("/a", "a/b", "#f", "//a/b", "", "http://a", "?q", "./a:b"),
    "iri": ("http://ƒøø.ßår/?∂éœ=πîx#πîüx", "http://a.b"),
    "iri-reference": ("/âππ", "#ƒ", "http://ƒ"),
    "uri-template": ("http://a/{b}{?c*,d:3}", "a%20{+x}", "{x.y}", ""),
    "json-pointer": ("", "/a/b~0~1", "/", "//"),
    "relative-json-pointer": ("0", "1/a", "12#", "0/"),
    "regex": ("^a+$", "[a-z]{2,3}", "(?:a|b)"),
    "uuid": ("2EB8AA08-aa98-11ea-b4aa-73b441d16380", "00000000-0000-0000-0000-000000000000"),
}
WRONG = {
    "date": ("2023-02-29", "2024-13-01", "2024-2-29", "20240229", "2024-02-30", "2024-W09-1", "٢024-02-29"),
    "time": (
        "24:00:00Z",
        "00:60:00Z",
        "00:00:61Z",
        "00:00:00",
        "00:00:00+24:00",
        "00:00:00+00:60",
        "22:59:60Z",
        "23:58:60Z",
        "23:59:60+01:00",
        "01:29:60-01:30",
        "8:30:06Z",
    ),
    "date-time": (
        "1963-06-19 08:30:06Z",
        "1963-06-19",
        "1963-06-31T08:30:06Z",
        "1963-06-19T24:00:00Z",
        "1963-06-19T",
        "T08:30:06Z",
    ),
    "duration": ("P", "PT", "1D", "P1", "P1D2H", "P2W1D", "PT1D", "P1Y1D", "P1H"),
    "hostname": ("", "-a", "a-", "a..b", "a_b", "a" * 64, "ab--c", "xn--\u00fc", ".a", ".".join(["a" * 50] * 5)),
    "idn-hostname": ("-a\u3002b", "a_ü", "a\u3002\u3002b"),
    "ipv4": ("256.0.0.0", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4.", "a.b.c.d", "1.2.3.4\n"),
    "ipv6": (
        "",
        "1",
        ":1",
        "1:",
        ":::",
        "1::2::3",
        "12345::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4::5:6:7:8",
        "g::",
        "1.2.3.4",
        "1.2.3.4::",
        "::1.2.3.256",
        "1:2:3:4:5:6:7:1.2.3.4",
    ),
    "email": ("a", "@b", "a@", ".a@b", "a.@b", "a..b@c", "a b@c", "a@b_c", "a@[1.2.3]", "a@[127.0.0.1", "a@127.0.0.1]"),
    "idn-email": ("ü", "ü@", "ü ü@a.b", "@ü", "\u00fc..a@b"),
    "uri": (
        "",
        "/a",
        "//a",
        "1a:b",
        ":a",
        "http://a b",
        "http://[::1",
        "http://[1]",
        "http://[::1]80",
        "http://a:b",
        "http://a/%zz",
        "http://us[er@a",
        "http://ƒ",
        "a:#b#c",
        "http://[::1]:b",
    ),
    "uri-reference": ("a:b c", "1:b", "\\a", "%z", "ƒ"),
    "iri": ("/ƒ", "http://ƒ ø", "\ue000"),
    "iri-reference": ("\\\\ƒ", "ƒ ø"),
    "uri-template": ("http://a/{b", "{}", "a b", "%zz", "{x:0}", "{x:10000}", "{x,}"),
    "json-pointer": ("a", "/~2", "/~", "#"),
    "relative-json-pointer": ("", "01", "-1", "1a", "1##", "/a", "0/~2"),
    "regex": ("(", "[a", "a{2,1}", "*a"),
    "uuid": (
        "2eb8aa08aa9811eab4aa73b441d16380",
        "2eb8aa08-aa98-11ea-b4aa-73b441d1638",
        "geb8aa08-aa98-11ea-b4aa-73b441d16380",
    ),
}


def holding(formats: Formats, name: str, texts: tuple[str, ...]) -> list[str]:
    return [text for text in texts if formats.holds(name, text)]


@pytest.mark.parametrize("name", RIGHT)
def test_values_of_a_format_hold(name):
    assert holding(Formats(), name, RIGHT[name]) == [*RIGHT[name]]
    assert holding(Formats(only=(name,)), name, RIGHT[name]) == [*RIGHT[name]]


@pytest.mark.parametrize("name", WRONG)
def test_their_neighbours_do_not(name):
    assert holding(Formats(), name, WRONG[name]) == []
    other = next(one for one in RIGHT if one != name)
    assert holding(Formats(only=(other,)), name, WRONG[name]) == [*WRONG[name]], "not asked for, so an annotation"


def test_both_tables_hold_every_format():
    with pytest.raises(ValueError, match="no format 'none'") as caught:
        Formats(only=("none",))
    known = str(caught.value).partition("known: ")[2].split(", ")
    assert known == sorted(RIGHT) == sorted(WRONG)
