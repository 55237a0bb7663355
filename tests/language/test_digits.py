"""Numbers, money, dates, phone numbers, yes and no."""

from datetime import date
from decimal import Decimal

import pytest

from bot.language import Money, read_date, read_money, read_number, read_phone, read_yes_no

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "language", "number"),
    [
        ("12", "en", "12"),
        ("២០", "km", "20"),
        ("໑໒", "lo", "12"),
        ("၁၂", "my", "12"),
        ("๑๒", "th", "12"),
        ("about 1,500", "en", "1500"),
        ("1.500", "lo", "1500"),
        ("1 500", "en", "1500"),
        ("10.5", "en", "10.5"),
        ("10,5", "en", "10.5"),
        ("2k", "en", "2000"),
        ("2 months", "en", "2"),
        ("three", "en", "3"),
        ("twenty five thousand", "en", "25000"),
        ("ប្រាំមួយ", "km", "6"),
        ("ដប់ពីរ", "km", "12"),
        ("ពីររយ", "km", "200"),
        ("ຊາວຫ້າ", "lo", "25"),
        ("ສາມສິບ", "lo", "30"),
        ("သုံးသောင်း", "my", "30000"),
        ("သိန်း ၃၀", "my", "3000000"),
        ("၂ နှစ်", "my", "2"),
        ("สามหมื่นห้าพัน", "th", "35000"),
        ("3 แสน", "th", "300000"),
        ("-4", "en", "-4"),
    ],
)
def test_a_number_is_read_in_digits_and_words(text: str, language: str, number: str) -> None:
    assert read_number(text, language) == Decimal(number)


@pytest.mark.parametrize("text", ["", "many", "3 or 4", "5-10", "1" * 40, "พัน"])
def test_no_number_or_several_are_no_number(text: str) -> None:
    assert read_number(text, "en") is None


@pytest.mark.parametrize(
    ("text", "language", "money"),
    [
        ("៥០០ ដុល្លារ", "km", Money(Decimal(500), "USD")),
        ("1,500 baht", "en", Money(Decimal(1500), "THB")),
        ("1500฿", "en", Money(Decimal(1500), "THB")),
        ("$300", "en", Money(Decimal(300), "USD")),
        ("၃ သောင်း", "my", Money(Decimal(30000), None)),
        ("ကျပ် ၅ သိန်း", "my", Money(Decimal(500000), "MMK")),
        ("3 ล้าน", "th", Money(Decimal(3000000), None)),
        ("3 ລ້ານກີບ", "lo", Money(Decimal(3000000), "LAK")),
        ("5k", "en", Money(Decimal(5000), None)),
        ("12000", "th", Money(Decimal(12000), None)),
        ("10.000 บาท", "th", Money(Decimal(10000), "THB")),
    ],
)
def test_money_is_read_with_its_currency(text: str, language: str, money: Money) -> None:
    assert read_money(text, language) == money


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("2 months", "en"),
        ("၂ လ", "my"),
        ("2 ខែ", "km"),
        ("2 เดือน", "th"),
        ("3 ຄົນ", "lo"),
        ("no", "en"),
        ("-5 baht", "en"),
    ],
)
def test_a_number_of_other_things_is_no_money(text: str, language: str) -> None:
    assert read_money(text, language) is None


@pytest.mark.parametrize(
    ("text", "language", "day"),
    [
        ("5/12/2026", "en", date(2026, 12, 5)),
        ("2026-12-05", "en", date(2026, 12, 5)),
        ("05.12.26", "lo", date(2026, 12, 5)),
        ("៥/១២/២០២៦", "km", date(2026, 12, 5)),
        ("5/12/2569", "th", date(2026, 12, 5)),
        ("5/12/69", "th", date(2026, 12, 5)),
        ("๕ ธันวาคม ๒๕๖๙", "th", date(2026, 12, 5)),
        ("5 ธ.ค. 69", "th", date(2026, 12, 5)),
        ("12/25/2026", "en", date(2026, 12, 25)),
        ("5 Dec 2026", "en", date(2026, 12, 5)),
        ("Dec 5, 2026", "en", date(2026, 12, 5)),
        ("5 dec", "en", date(2026, 12, 5)),
        ("3 january", "en", date(2027, 1, 3)),
        ("၅ ဒီဇင်ဘာ ၂၀၂၆", "my", date(2026, 12, 5)),
        ("5 ທັນວາ 2026", "lo", date(2026, 12, 5)),
        ("ថ្ងៃទី៥ ខែធ្នូ ឆ្នាំ២០២៦", "km", date(2026, 12, 5)),
        ("12/2026", "en", date(2026, 12, 1)),
        ("yesterday", "en", date(2026, 11, 24)),
        ("มะรืนนี้", "th", date(2026, 11, 27)),
        ("ມື້ອື່ນ", "lo", date(2026, 11, 26)),
        ("14/02/1995", "en", date(1995, 2, 14)),
        ("14/02/95", "en", date(1995, 2, 14)),
    ],
)
def test_a_day_is_read_in_either_calendar(text: str, language: str, day: date) -> None:
    assert read_date(text, language, TODAY) == day


@pytest.mark.parametrize("text", ["", "soon", "31/02/2026", "2026", "1/2/2026 or 3/2/2026", "99/99/9999"])
def test_what_is_no_single_day_is_none(text: str) -> None:
    assert read_date(text, "en", TODAY) is None


@pytest.mark.parametrize(
    ("text", "language", "answer"),
    [
        ("Yes!", "en", True),
        ("no", "km", False),
        ("yes please", "en", True),
        ("nope", "en", False),
        ("បាទ", "km", True),
        ("អត់ទេ", "km", False),
        ("មិនមានទេ", "km", False),
        ("ເຈົ້າ", "lo", True),
        ("ບໍ່ມີ", "lo", False),
        ("ဟုတ်ကဲ့", "my", True),
        ("မပေးဘူး", "my", False),
        ("ใช่ค่ะ", "th", True),
        ("ไม่เคย", "th", False),
        ("mai chai", "th", False),
        ("otte", "km", False),
        ("bo men", "lo", False),
        ("ma hote bu", "my", False),
        ("👍🏽", "en", True),
        ("❌", "th", False),
    ],
)
def test_yes_and_no_are_read(text: str, language: str, *, answer: bool) -> None:
    assert read_yes_no(text, language) is answer


@pytest.mark.parametrize(
    ("text", "language"),
    [("maybe", "en"), ("", "th"), ("มีอะไรไหม", "th"), ("my boss took my passport", "en")],
)
def test_neither_yes_nor_no_is_none(text: str, language: str) -> None:
    assert read_yes_no(text, language) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("my number is 081-234-5678", "0812345678"),
        ("+66 81 234 5678", "+66812345678"),
        ("0066812345678", "+66812345678"),
        ("០១២ ៣៤៥ ៦៧៨", "012345678"),
        ("(02) 141-9889", "021419889"),
        ("call 1300", None),
        ("none", None),
        ("1" * 60, None),
    ],
)
def test_a_phone_number_is_read_as_it_is_dialled(text: str, number: str | None) -> None:
    assert read_phone(text) == number
