"""Encodings that nobody named: read where the bytes prove one, refused where they do not."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.documents.encodings import decoded
from datagen.documents.parse import parse
from datagen.errors import FormatError

EAST = {
    "ja": (
        "利用者の口座を見直します。",
        "訪問者は受付で名前を書きます。",
        "記録は三年間保存されます。",
        "パスワードは十二文字以上です。",
    ),
    "zh": ("每九十天审查一次用户账户。", "访客必须在前台登记姓名，", "所有记录保存三年。", "密码至少应有十二个字符。"),
    "tw": (
        "每九十天審查一次使用者帳戶。",
        "訪客必須在櫃檯登記姓名，",
        "所有紀錄保存三年。",
        "密碼至少應有十二個字元。",
    ),
    "ko": ("사용하지 않는 계정을 중지합니다. ", "방문자는 이름을 적습니다. ", "기록은 삼 년 동안 보관합니다. "),
}
CODECS = [
    *(("ja", codec) for codec in ("shift_jis", "cp932", "euc_jp", "utf-16-le", "utf-16-be")),
    *(("zh", codec) for codec in ("gb2312", "gbk", "gb18030", "utf-16-le", "utf-16-be")),
    *(("tw", codec) for codec in ("big5", "cp950", "utf-16-le")),
    *(("ko", codec) for codec in ("euc_kr", "cp949", "utf-16-be")),
]
WEST = {
    "cp1252": "les règles exigent vérifier où accès déjà Größe für müssen Gäste prüfen",
    "cp850": "les règles exigent vérifier où accès déjà Größe für müssen Gäste prüfen",
    "mac_roman": "les règles exigent vérifier où accès déjà Größe für müssen Gäste prüfen",
    "cp1250": "zasady spółki wymagają sprawdzania goście muszą się zgłosić każdą zmianę",
    "cp1251": "правила компании требуют проверять учётные записи ежедневно отключать",
    "koi8_r": "правила компании требуют проверять учётные записи ежедневно отключать",
    "iso8859_5": "правила компании требуют проверять учётные записи ежедневно отключать",
    "cp1253": "οι κανόνες της εταιρείας απαιτούν έλεγχο των λογαριασμών",
    "cp1255": "כללי החברה מחייבים לבדוק את החשבונות כל תשעים יום",
    "cp1256": "تتطلب قواعد الشركة مراجعة الحسابات كل تسعين يوما",
    "cp874": "กฎของบริษัท กำหนดให้ตรวจสอบ บัญชีทุกเก้าสิบวัน",
}


@pytest.mark.parametrize(("language", "codec"), CODECS)
@given(data=st.data())
def test_what_the_bytes_prove_is_read_as_it_was_written(language, codec, data):
    sentences = st.sampled_from(EAST[language]) | st.sampled_from(["AC-7 ", "API 3.5 ", "\n"])
    text = EAST[language][0] + EAST[language][1] + "".join(data.draw(st.lists(sentences, max_size=20)))
    assert decoded(text.encode(codec)) == text


@pytest.mark.parametrize("codec", WEST)
@given(data=st.data())
def test_letters_of_one_byte_are_never_read_as_others(codec, data):
    words = st.sampled_from(WEST[codec].split()).flatmap(
        lambda word: st.sampled_from([word, word.upper(), word.title()])
    )
    text = data.draw(st.sampled_from([" ", "", "\n"])).join(data.draw(st.lists(words, min_size=1, max_size=60)))
    encoded = text.encode(codec, "ignore")
    with contextlib.suppress(FormatError):  # refused, or right: ASCII alone is UTF-8
        assert decoded(encoded) == text


@pytest.mark.parametrize("text", ["SPÓŁKI", "SPÓŁKI\nSPÓŁKI", "SPÓŁ i SPÓŁKI"])
def test_letters_of_one_byte_that_happen_to_be_utf_8_are_not_taken_for_it(text):
    with pytest.raises(FormatError, match="iconv"):
        decoded(text.encode("cp1250"))
    assert decoded(text.encode("cp1250"), otherwise="windows-1250") == text
    assert decoded(text.encode()) == text


def test_a_page_that_names_a_wrong_encoding_is_read_in_the_one_it_proves(tmp_path):
    (tmp_path / "a.html").write_bytes(('<meta charset="utf-8"><p>' + "".join(EAST["ja"])).encode("cp932"))
    assert parse(tmp_path / "a.html", "a").documents[0].text.strip() == "".join(EAST["ja"])


def test_a_table_in_shift_jis_is_read(tmp_path):
    (tmp_path / "a.csv").write_bytes("規則,内容\nAC-7,利用者の口座を見直します。\n".encode("cp932"))
    assert parse(tmp_path / "a.csv", "a").documents[0].text == "規則: AC-7; 内容: 利用者の口座を見直します。"


def test_a_page_that_is_in_neither_is_listed_with_what_it_names(tmp_path):
    (tmp_path / "a.html").write_bytes(b"<meta charset=ascii>caf\xe9")
    (problem,) = parse(tmp_path / "a.html", "a").unreadable
    assert problem.reason.startswith("line 1: b'\\xe9' is not UTF-8 or 'ascii', which it names; convert the file")
