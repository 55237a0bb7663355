"""Numbers and money, as people type them in five languages.

A reader says what it understood or None; it never guesses between two readings, since the dialogue can simply
ask again.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.language.normal import ascii_digits, normal, readable

LONGEST_ANSWER: Final = 200
_MOST_DIGITS: Final = 15

# Words that multiply, and words that count, by language; "" holds for all. Khmer, Lao and Thai share the idea
# of ten thousand.
_MULTIPLIERS: Final = {
    "": {"k": 1_000, "m": 1_000_000, "mil": 1_000_000, "thousand": 1_000, "hundred": 100,
        "million": 1_000_000, "lakh": 100_000},
    "km": {"រយ": 100, "ពាន់": 1_000, "ម៉ឺន": 10_000, "មុឺន": 10_000, "សែន": 100_000, "លាន": 1_000_000,
           "roy": 100, "poan": 1_000, "pean": 1_000, "meun": 10_000, "lean": 1_000_000},
    "lo": {"ຮ້ອຍ": 100, "ພັນ": 1_000, "ໝື່ນ": 10_000, "ແສນ": 100_000, "ລ້ານ": 1_000_000, "ຕື້": 1_000_000_000,
           "hoi": 100, "phan": 1_000, "muen": 10_000, "saen": 100_000, "lan": 1_000_000},
    "my": {"ဆယ်": 10, "ရာ": 100, "ထောင်": 1_000, "သောင်း": 10_000, "သိန်း": 100_000, "သန်း": 1_000_000,
        "ကုဋေ": 10_000_000,
           "htaung": 1_000, "thaung": 10_000, "thein": 100_000, "thain": 100_000, "than": 1_000_000},
    "th": {"สิบ": 10, "ร้อย": 100, "พัน": 1_000, "หมื่น": 10_000, "แสน": 100_000, "ล้าน": 1_000_000,
           "roi": 100, "phan": 1_000, "muen": 10_000, "saen": 100_000, "lan": 1_000_000},
}  # fmt: skip
_COUNTS: Final = {
    "": {"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
        "nine": 9, "ten": 10,
         "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
             "seventeen": 17,
         "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
             "seventy": 70,
         "eighty": 80, "ninety": 90},
    "km": {"សូន្យ": 0, "មួយ": 1, "ពីរ": 2, "បី": 3, "បួន": 4, "ប្រាំ": 5, "ប្រាំមួយ": 6, "ប្រាំពីរ": 7, "ប្រាំបី": 8,
        "ប្រាំបួន": 9,
           "ដប់": 10, "ម្ភៃ": 20, "សាមសិប": 30, "សែសិប": 40, "ហាសិប": 50, "ហុកសិប": 60, "ចិតសិប": 70, "ប៉ែតសិប": 80,
           "កៅសិប": 90},
    "lo": {"ສູນ": 0, "ໜຶ່ງ": 1, "ນຶ່ງ": 1, "ເອັດ": 1, "ສອງ": 2, "ສາມ": 3, "ສີ່": 4, "ຫ້າ": 5, "ຫົກ": 6, "ເຈັດ": 7,
        "ແປດ": 8,
           "ເກົ້າ": 9, "ສິບ": 10, "ຊາວ": 20},
    "my": {"သုည": 0, "တစ်": 1, "တ": 1, "နှစ်": 2, "သုံး": 3, "လေး": 4, "ငါး": 5, "ခြောက်": 6, "ခုနစ်": 7, "ခုနှစ်": 7,
           "ရှစ်": 8, "ကိုး": 9},
    "th": {"ศูนย์": 0, "หนึ่ง": 1, "นึง": 1, "เอ็ด": 1, "สอง": 2, "ยี่": 2, "สาม": 3, "สี่": 4, "ห้า": 5, "หก": 6,
        "เจ็ด": 7,
           "แปด": 8, "เก้า": 9},
}  # fmt: skip
# "Two" and "year" are one word in Burmese, "one" and "a" in others: counting words are read only where no
# digit stands.
_LAO_TEN: Final = "ສິບ"

_CURRENCIES: Final = {
    "THB": ("baht", "bath", "bht", "thb", "฿", "บาท", "ບາດ", "បាត", "ဘတ်", "ဘာတ်"),
    "USD": ("usd", "dollars", "dollar", "dolla", "$", "ดอลลาร์", "ดอลล่าร์", "ดอล", "ໂດລາ", "ໂດລ້າ", "ដុល្លារ",
        "ដុលា", "ដុល្លា",
            "ဒေါ်လာ"),
    "KHR": ("riels", "riel", "khr", "៛", "រៀល", "เรียล", "ຣຽນ"),
    "LAK": ("kips", "kip", "lak", "₭", "ກີບ", "กีบ", "គីប", "ကစ်ပ်"),
    "MMK": ("kyats", "kyat", "mmk", "ks", "ကျပ်", "จ๊าต", "ຈັດ"),
}  # fmt: skip
_CURRENCY_OF_WORD: Final = {normal(word) or word: code for code, words in _CURRENCIES.items() for word in words}

_OTHER_UNITS: Final = (
    "day days week weeks month months year years hour hours minute minutes people persons percent time times "
    "ថ្ងៃ សប្តាហ៍ សប្ដាហ៍ ឆ្នាំ ម៉ោង នាទី នាក់ ភាគរយ ដង ວັນ ມື້ ອາທິດ ປີ ຊົ່ວໂມງ ນາທີ ຄົນ ເປີເຊັນ ເທື່ອ "
    "ရက် ပတ် ခုနှစ် နာရီ မိနစ် ယောက် ရာခိုင်နှုန်း ကြိမ် วัน สัปดาห์ อาทิตย์ ปี ชั่วโมง นาที คน เปอร์เซ็นต์ ครั้ง"
)
# Also parts of other words ("salary" holds "month"): they count only right after the number.
_SHORT_UNITS: Final = "ខែ ເດືອນ လ နှစ် เดือน"
_NOT_MONEY: Final = tuple(map(normal, _OTHER_UNITS.split()))
_NOT_MONEY_AFTER: Final = tuple(map(normal, _SHORT_UNITS.split()))

_NUMBER: Final = re.compile(r"\d{1,3}(?:[,. ]\d{3})+(?!\d)(?:\.\d{1,2}(?!\d))?|\d+(?:[.,]\d{1,2}(?!\d))?|\d+")
_GROUPED: Final = re.compile(r"\d{1,3}(?:[,. ]\d{3})+")
_WORD: Final = re.compile(r"[a-z]+")
_DIGIT_GLUE: Final = re.compile(r"(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d)")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount; the currency is None when the person named none."""

    amount: Decimal
    currency: str | None


def read_number(text: str, language: str) -> Decimal | None:
    """The one number that the text holds, in digits or words; None when it holds none or several."""
    return _number(plain_figures(text), language)


def read_money(text: str, language: str) -> Money | None:
    """One amount of money; None for a number of days, people or other things that are not money."""
    plain = plain_figures(text)
    currency, rest = _without_currency(plain)
    amount = _number(rest, language)
    if amount is None or amount < 0 or (currency is None and _names_another_unit(rest)):
        return None
    return Money(amount, currency)


def plain_figures(text: str) -> str:
    """Small letters and ASCII digits, but punctuation and spaces as they were: they tell a date from a
    sum.
    """
    return _DIGIT_GLUE.sub(" ", ascii_digits(readable(text[:LONGEST_ANSWER])).lower())


def _number(plain: str, language: str) -> Decimal | None:
    figures = [match.group() for match in _NUMBER.finditer(plain)]
    if len(figures) > 1 or any(sum(map(str.isdigit, figure)) > _MOST_DIGITS for figure in figures):
        return None
    multipliers = {**_MULTIPLIERS[""], **_MULTIPLIERS.get(language, {})}
    counts = {} if figures else {**_COUNTS[""], **_COUNTS.get(language, {})}
    parts: list[tuple[str, Decimal]] = []
    place = 0
    start = plain.find(figures[0]) if figures else -1
    while place < len(plain):
        if place == start:
            parts.append(("count", _figure(figures[0])))
            place += len(figures[0])
            continue
        word, kind, value = _number_word(plain, place, counts, multipliers)
        if word:
            parts.append((kind, value))
        place += max(1, len(word))
    total = _sum_up(parts, has_figure=bool(figures))
    if total is not None and figures and plain[:start].rstrip().endswith("-") and not plain[:start].strip(" -"):
        return -total
    return total


def _figure(written: str) -> Decimal:
    grouped = _GROUPED.match(written)
    if grouped:
        whole = "".join(filter(str.isdigit, grouped.group()))
        return Decimal(whole + written[grouped.end() :])
    return Decimal(written.replace(",", "."))


def _number_word(
    plain: str, place: int, counts: dict[str, int], multipliers: dict[str, int]
) -> tuple[str, str, Decimal]:
    letters = _WORD.match(plain, place)
    if letters:
        word = letters.group()
        if word in multipliers:
            return word, "times", Decimal(multipliers[word])
        return word, "count" if word in counts else "", Decimal(counts.get(word, 0))
    for length in range(min(10, len(plain) - place), 0, -1):
        piece = plain[place : place + length]
        if piece in counts and piece != _LAO_TEN:
            return piece, "count", Decimal(counts[piece])
        if piece in multipliers or piece == _LAO_TEN:
            return piece, "times", Decimal(multipliers.get(piece, 10))
    return "", "", Decimal(0)


def _sum_up(parts: list[tuple[str, Decimal]], *, has_figure: bool) -> Decimal | None:
    """Two hundred thousand five: a larger multiplier takes all before it, a smaller one only what was just
    said.
    """
    said = [part for part in parts if part[0]]
    if not any(kind == "count" for kind, _ in said) and (has_figure or not said):
        return None
    if len(said) == 2 and said[0][0] == "times" and said[1][0] == "count" and has_figure:
        return said[0][1] * said[1][1]  # Burmese names the unit before a round number: "lakh 3" is three lakh.
    total = pending = Decimal(0)
    for kind, value in said:
        if kind == "count":
            pending += value
        elif total and total < value:
            total, pending = (total + pending) * value, Decimal(0)
        else:
            total, pending = total + (pending or Decimal(1)) * value, Decimal(0)
    result = total + pending
    return result if result < Decimal(10) ** _MOST_DIGITS else None


def _without_currency(plain: str) -> tuple[str | None, str]:
    for word, code in sorted(_CURRENCY_OF_WORD.items(), key=lambda entry: -len(entry[0])):
        if word.isascii() and word.isalpha():
            found = next((match for match in _WORD.finditer(plain) if match.group() == word), None)
            if found is not None:
                return code, f"{plain[: found.start()]} {plain[found.end() :]}"
        elif word in plain:
            return code, plain.replace(word, " ", 1)
    return None, plain


def _names_another_unit(plain: str) -> bool:
    words = set(_WORD.findall(plain))
    if any(unit in words if unit.isascii() else unit in plain for unit in _NOT_MONEY):
        return True
    bare = plain.strip(" 0123456789.,")
    return any(bare.startswith(unit) for unit in _NOT_MONEY_AFTER)
