"""What is found in texts of ten languages beside figures that are nobody's, and identity numbers by check digits."""

from __future__ import annotations

from random import Random

import pytest

from datagen.documents.national_ids import is_national_id
from datagen.documents.pii import find, mask

TEXTS = [
    ("田中の電話は０９０−１２３４−５６７８です。", ["PHONE"]),
    ("連絡先：03-1234-5678（内線123）まで", ["PHONE"]),
    ("TEL(03)3456-7890 FAX(03)3456-7891", ["PHONE", "PHONE"]),
    ("お問い合わせは0120-123-456へ", ["PHONE"]),
    ("メールはtaro.yamada@example.co.jpまで。", ["EMAIL"]),
    ("カード番号4111 1111 1111 1111を使用", ["CARD"]),
    ("型番はJIS X 0208-1997、版は3.10.12です", []),
    ("2024年10月11日から2025-03-31まで", []),
    ("口座番号1234567、支店123", []),
    ("请拨打13812345678或+86 138-1234-5678联系", ["PHONE", "PHONE"]),
    ("身份证号11010519491231002X已登记", ["CN_ID"]),
    ("座机010-62345678，分机801", ["PHONE"]),
    ("客服热线400-810-1234", ["PHONE"]),
    ("标准GB/T 22239-2019和GB 11643-1999", []),
    ("订单号202410110001234567，金额1,234.56元", []),
    ("邮箱zhang.wei@公司.中国", ["EMAIL"]),
    ("Tel. 0171 2345678, Fax. 030 1234567", ["PHONE", "PHONE"]),
    ("Phone model 12345678901 is out", []),
    ("Call 2024-10-11 the year", []),
    ("call sqrt(1234567.0) and mobile 4G 100 Mbit", []),
    ("Tel Aviv 1998 2000 2004 population", []),
    ("服务器192.168.1.10上的版本2.3.4.5", ["IP"]),
    ("ISBN 978-7-302-51158-8", []),
    ("전화번호는 010-1234-5678입니다", ["PHONE"]),
    ("주민등록번호 900101-1234568 확인", ["KR_ID"]),
    ("사무실 02-345-6789로 연락 주세요", ["PHONE"]),
    ("2023-12-31 기준 1,234,567명", []),
    ("رقم الهاتف +966 50 123 4567 للتواصل", ["PHONE"]),
    ("الهاتف ٠٥٠١٢٣٤٥٦٧ الآن", ["PHONE"]),
    ("البريد: ahmed@example.com", ["EMAIL"]),
    ("في عام ٢٠٢٤ بلغ العدد ١٢٣٤٥", []),
    ("الآيبان SA03 8000 0000 6080 1016 7519", ["IBAN"]),
    ("اتصل على 0501234567", ["PHONE"]),
    ("โทร 081-234-5678 ได้ทุกวัน", ["PHONE"]),
    ("เบอร์โทรศัพท์02-123-4567ต่อ12", ["PHONE"]),
    ("เลขประจำตัวประชาชน 1-1017-00203-45-0", ["TH_ID"]),
    ("โทร ๐๘๑-๒๓๔-๕๖๗๘", ["PHONE"]),
    ("อีเมลsomchai@example.co.thครับ", ["EMAIL"]),
    ("พ.ศ. 2567 จำนวน 12,345 คน", []),
    ("मेरा नंबर +91 98765 43210 है", ["PHONE"]),
    ("फोन 9876543210 पर कॉल करें", ["PHONE"]),
    ("आधार संख्या 2345 6789 0124", ["IN_ID"]),
    ("मोबाइल: ९८७६५४३२१०", ["PHONE"]),
    ("वर्ष 2023-24 में 1,23,456 रुपये", []),
    ("ईमेल priya@example.in पर भेजें", ["EMAIL"]),
    ("Call (212) 555-0147 ext. 22 or 1-800-555-0199.", ["PHONE", "PHONE"]),
    ("SSN: 123-45-6789; passport unknown", ["SSN"]),
    ("See RFC 2119, ISO/IEC 27001:2022, NIST SP 800-53 Rev. 5", []),
    ("ISBN 978-0-13-468599-1, DOI 10.1000/182", []),
    ("commit 3f2a9c1d4e5b6a7f8091a2b3c4d5e6f708192a3b", []),
    ("sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", []),
    ("uuid 123e4567-e89b-12d3-a456-426614174000", []),
    ("Table: 1234 5678 9012 | 55.2 | 100.000.000", []),
    ("Python 3.11.7, OpenSSL 1.1.1w, kernel 6.1.0.13", []),
    ("2024-10-11T12:34:56Z epoch 1728650096", []),
    ("invoice 2024-000123-45 total 12,345,678.90", []),
    ("key AKIAIOSFODNN7EXAMPLE token ghp_abcdefghijklmnopqrstuvwxyz0123456789", ["AWS_KEY", "TOKEN"]),
    ("Rufen Sie 0171 2345678 oder +49 (0)30 123456-78 an", ["PHONE", "PHONE"]),
    ("IBAN DE89 3704 0044 0532 0130 00, BIC COBADEFFXXX", ["IBAN"]),
    ("DIN EN ISO 9001:2015-11, Artikel-Nr. 4711-0815", []),
    ("Am 01.02.2024 um 10.30 Uhr, 1.234.567,89 EUR", []),
    ("Tél. : 06 12 34 56 78 ou 01.23.45.67.89", ["PHONE", "PHONE"]),
    ("NIR 1 84 12 76 451 089 46", ["FR_ID"]),
    ("Loi n° 78-17 du 6 janvier 1978, art. L. 121-1", []),
    ("Телефон: +7 (495) 123-45-67, моб. 8 916 123-45-67", ["PHONE", "PHONE"]),
    ("почта: иван@пример.рф или ivan@mail.ru", ["EMAIL", "EMAIL"]),
    ("ГОСТ Р 7.0.97-2016, 1 234 567 руб.", []),
    ("Llame al 612 345 678 o al +34 912 345 678", ["PHONE", "PHONE"]),
    ("DNI 12345678Z, NIE X1234567L", ["ES_ID", "ES_ID"]),
    ("CPF 123.456.789-09, tel. (11) 98765-4321", ["BR_ID", "PHONE"]),
    ("UK: 020 7946 0958, NI number QQ 12 34 56 C", ["PHONE"]),
    ("IPv6 2001:db8::1 and 10.0.0.1:8080; section 1.2.3.4", ["IP", "IP"]),
    ("ratio 16:9, time 12:34:56, MAC 00:1A:2B:3C:4D:5E", []),
    ("전화 1588-1234", ["PHONE"]),
    ("고객센터: 1544-9999", ["PHONE"]),
    ("문의는 02)555-1234", ["PHONE"]),
    ("연락처: 01012345678", ["PHONE"]),
    ("팩스 031)123-4567", ["PHONE"]),
    ("GSM no: 0532 123 45 67", ["PHONE"]),
    ("Telefon: (0212) 555 12 34", ["PHONE"]),
    ("05321234567", ["PHONE"]),
    ("T.C. Kimlik No: 10000000146", ["TR_ID"]),
    ("SĐT: 0912345678", ["PHONE"]),
    ("điện thoại 0283 8221234", ["PHONE"]),
    ("gọi 1900 1234", ["PHONE"]),
    ("Số CCCD: 001190012345", ["VN_ID"]),
    ("Zalo 0987.654.321", ["PHONE"]),
    ("telemóvel 912 345 678", ["PHONE"]),
    ("contacto: 212345678", ["PHONE"]),
    ("CPF 52998224725", ["BR_ID"]),
    ("CPF: 529.982.247-25", ["BR_ID"]),
    ("NIF 123456789", ["PT_ID"]),
    ("contribuinte 501 964 843", ["PT_ID"]),
    ("СНИЛС 112-233-445 95", ["RU_ID"]),
    ("ИНН 500100732259", ["RU_ID"]),
    ("тел. 8 800 555 35 35", ["PHONE"]),
    ("моб: 89161234567", ["PHONE"]),
    ("+7 (916) 123-45-67", ["PHONE"]),
    ("जन सेवा 1800-180-1551", ["PHONE"]),
    ("आधार 2345 6789 0124", ["IN_ID"]),
    ("फोन: 011 23456789", ["PHONE"]),
    ("جوال: 0551234567", ["PHONE"]),
    ("واتساب +971501234567", ["PHONE"]),
    ("الهاتف 00201001234567", ["PHONE"]),
    ("هاتف: 02-27941234", ["PHONE"]),
    ("โทร. 1800-123-456", ["PHONE"]),
    ("มือถือ 0812345678", ["PHONE"]),
    ("เบอร์ 0 2123 4567", ["PHONE"]),
    ("โทร 02 123 4567", ["PHONE"]),
    ("อีเมล:a.b@c.co.th", ["EMAIL"]),
    ("иван@пример.рф", ["EMAIL"]),
    ("uğur@şirket.com.tr", ["EMAIL"]),
]


@pytest.mark.parametrize(("text", "kinds"), TEXTS, ids=[f"text {at}" for at in range(len(TEXTS))])
def test_what_is_found_in_a_text(text, kinds):
    assert [found.kind for found in find(text)] == kinds


NOBODY = [
    "ISBN 0521880688",
    "ISBN-10: 0596007973",
    "EAN 4006381333931",
    "IMEI 356938035643809",
    "заказ № 123456789012 от 2024",
    "накладная 5901234123457",
    "01) 1990-2000 예산",
    "02) 2000-2010 실적",
    "0.123.456",
    "지번 123-456",
    "ИНН не указан, 12 345",
    "КПП 770101001",
    "ОГРН 1027700132195",
    "БИК 044525225",
    "счёт 40702810900000012345",
    "TC Kimlik hariç 12345678900",
    "vergi no 1234567890",
    "sicil 0123456789",
    "fatura 2023000000123",
    "mã số thuế 0101234567",
    "số hiệu 012345678901 là mã vạch",
    "hóa đơn 0001234",
    "CNPJ 11.222.333/0001-81",
    "CEP 01310-100",
    "código de barras 7891234567895",
    "processo 0001234-55.2020.8.26.0100",
    "NIPC, artigo 123 456",
    "code postal 1000-205",
    "पिन कोड 110001",
    "खाता संख्या 012345678901",
    "GSTIN 27AAPFU0939F1ZV",
    "बिल 2023-24/0012",
    "รหัสไปรษณีย์ 10110",
    "เลขที่ใบกำกับ 2566-001234",
    "หน้า 1-20, 1800-1900",
    "1800-1850 م",
    "الرقم الضريبي 300012345600003",
    "المرجع 0512-2023",
    "ص.ب 12345",
    "رقم الطلب 100023456789",
    "우편번호 06236",
    "계좌 110-123-456789",
    "주문번호 20240101-0001234",
    "고시 제2020-1588호",
    "1588-1599년",
    "1544-1600년 사이",
    "пункт 3.12.145.2",
    "0.9.123.456",
    "серия 4509 № 123456",
    "от 8 912 000 000 руб.",
    "8 912 907 935 единиц",
    "R$ 0.123.456,00",
    "12.345.678.901 nüfus",
    "010.10.2024",
    "v0.123.4567",
    "1,900 200 3000",
    "1900 200 3000 4000",
    "between 1800 123 and 4567",
    "CPF: inválido; 12345678900 registros",
    "NIF do artigo, 2023 2024",
]


def test_numbers_of_books_accounts_orders_laws_and_years_are_nobodys():
    assert {text: found for text in NOBODY if (found := list(find(text)))} == {}


VALID = {
    "CN_ID": "11010519491231002X",
    "TH_ID": "1-1017-00203-45-0",
    "IN_ID": "2345 6789 0124",
    "FR_ID": "1 84 12 76 451 089 46",
    "ES_ID": "12345678Z",
    "BR_ID": "123.456.789-09",
    "TR_ID": "10000000146",
    "RU_ID": "112-233-445 95",
}


@pytest.mark.parametrize("kind", VALID)
def test_a_number_with_another_digit_is_wrong(kind):
    value = VALID[kind]
    assert is_national_id(kind, value)
    places = [at for at, char in enumerate(value) if char.isdigit()]
    changed = [value[:at] + digit + value[at + 1 :] for at in places for digit in "0123456789" if digit != value[at]]
    taken = sum(is_national_id(kind, other) for other in changed)
    collapses = kind in ("TH_ID", "BR_ID")  # their remainders 0 and 10 of 11 have one digit
    assert taken <= (len(changed) / 10 if collapses else 0)


def test_the_digits_of_all_scripts_are_the_same_number():
    rng = Random("digits")
    for zero in (0x660, 0x6F0, 0x966, 0xE50, 0x17E0, 0xFF10):
        number = "050" + "".join(rng.choices("123456789", k=7))
        spelled = "".join(chr(zero + int(digit)) for digit in number)
        assert mask(f"phone {spelled}").text == mask(f"phone {number}").text


@pytest.mark.parametrize("years", ["2019", "2019 2020", "1998 2000 2004", "2019-2020"])
def test_years_behind_a_phone_are_years(years):
    assert not list(find(f"phone {years}"))
