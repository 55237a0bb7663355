"""Days as people type them: in figures or words, by the Buddhist or the common calendar."""

import re
from datetime import date, timedelta
from typing import Final

from bot.language.digits import plain_figures

_WORD: Final = re.compile(r"[a-z]+")
_MONTHS: Final = {
    "en": "jan january|feb february|mar march|apr april|may|jun june|jul july|aug august|sep sept "
    "september|oct october|"
    "nov november|dec december",
    "km": "មករា|កុម្ភៈ កុម្ភះ|មីនា|មេសា|ឧសភា|មិថុនា|កក្កដា|សីហា|កញ្ញា|តុលា|វិច្ឆិកា|ធ្នូ",
    "lo": "ມັງກອນ ມ.ກ|ກຸມພາ ກ.ພ|ມີນາ ມ.ນ|ເມສາ ມ.ສ|ພຶດສະພາ ພ.ພ|ມິຖຸນາ ມິ.ຖ|ກໍລະກົດ ກ.ລ|ສິງຫາ ສ.ຫ|ກັນຍາ ກ.ຍ|ຕຸລາ ຕ.ລ|ພະຈິກ "
    "ພ.ຈ|ທັນວາ ທ.ວ",
    "my": "ဇန်နဝါရီ ဇန်နဝါရီလ|ဖေဖော်ဝါရီ|မတ်|ဧပြီ|မေ|ဇွန်|ဇူလိုင်|ဩဂုတ် သြဂုတ်|စက်တင်ဘာ|အောက်တိုဘာ|နိုဝင်ဘာ|ဒီဇင်ဘာ",
    "th": "มกรา ม.ค|กุมภา ก.พ|มีนา มี.ค|เมษา เม.ย|พฤษภา พ.ค|มิถุนา มิ.ย|กรกฎา กรกฏา ก.ค|สิงหา ส.ค|กันยา ก.ย|ตุลา "
    "ต.ค|พฤศจิกา พ.ย|ธันวา ธ.ค",
}  # fmt: skip
_MONTH_OF_WORD: Final = {
    word: month
    for names in _MONTHS.values()
    for month, spellings in enumerate(names.split("|"), 1)
    for word in spellings.split()
}
_NATIVE_MONTHS: Final = sorted((word for word in _MONTH_OF_WORD if not word.isascii()), key=len, reverse=True)
_DAY_WORDS: Final = {
    0: "today now ថ្ងៃនេះ ມື້ນີ້ ဒီနေ့ ယနေ့ วันนี้",
    -1: "yesterday ម្សិលមិញ ម្សិល ມື້ວານນີ້ ມື້ວານ မနေ့က เมื่อวาน",
    1: "tomorrow ស្អែក ມື້ອື່ນ မနက်ဖြန် พรุ่งนี้",
    2: "ខានស្អែក ມື້ຮື မနက်ဖန်ခါ สန်ဘက်ခါ มะรืน",
    -2: "ម្សិលម្ង៉ៃ ມື້ກ່ອນ တနေ့က เมื่อวานซืน",
}
_DAYS_BY_LENGTH: Final = sorted(
    ((word, distance) for distance, words in _DAY_WORDS.items() for word in words.split()),
    key=lambda entry: -len(entry[0]),
)
_ISO: Final = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_DAY_FIRST: Final = re.compile(r"(?<!\d)(\d{1,2})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(\d{4}|\d{2})(?!\d)")
_MONTH_AND_YEAR: Final = re.compile(r"(?<!\d)(\d{1,2})[-/](\d{4})(?!\d)")
_FIGURES: Final = re.compile(r"\d+")
_BUDDHIST_AHEAD: Final = 543
_FAR_AHEAD: Final = 20


def read_date(text: str, language: str, today: date) -> date | None:
    """A day: written in figures or with the month's name, by the Buddhist or the common calendar, or a word
    like "yesterday".
    """
    plain = plain_figures(text)
    return (
        _relative_day(plain, today) or _named_month(plain, language, today) or _day_in_figures(plain, language, today)
    )


def _relative_day(plain: str, today: date) -> date | None:
    if _FIGURES.search(plain):
        return None
    words = set(_WORD.findall(plain))
    for word, distance in _DAYS_BY_LENGTH:
        if word in words if word.isascii() else word in plain:
            return today + timedelta(days=distance)
    return None


def _named_month(plain: str, language: str, today: date) -> date | None:
    month = next((_MONTH_OF_WORD[word] for word in _WORD.findall(plain) if word in _MONTH_OF_WORD), None)
    if month is None:
        month = next((_MONTH_OF_WORD[word] for word in _NATIVE_MONTHS if word in plain), None)
    if month is None:
        return None
    figures = [int(figure) for figure in _FIGURES.findall(plain) if len(figure) <= 4]
    days = [figure for figure in figures if figure <= 31]
    years = [figure for figure in figures if figure > 31]
    if len(days) == 2 and not years and days[1] >= 20:
        days, years = days[:1], days[1:]  # "5 Dec 26"
    if len(days) > 1 or len(years) > 1 or not figures:
        return None
    day = days[0] if days else 1
    if years:
        return _date(_year(years[0], language, today), month, day)
    near = [_date(today.year + step, month, day) for step in (-1, 0, 1)]
    return min((found for found in near if found), key=lambda found: abs(found - today), default=None)


def _day_in_figures(plain: str, language: str, today: date) -> date | None:
    iso = _ISO.findall(plain)
    if len(iso) == 1:
        year, month, day = map(int, iso[0])
        return _date(_year(year, language, today), month, day)
    days = _DAY_FIRST.findall(plain)
    if len(days) == 1:
        day, month, year = map(int, days[0])
        if month > 12 >= day:
            day, month = month, day
        return _date(_year(year, language, today), month, day)
    months = _MONTH_AND_YEAR.findall(plain)
    if len(months) == 1:
        month, year = map(int, months[0])
        return _date(_year(year, language, today), month, 1)
    return None


def _year(written: int, language: str, today: date) -> int:
    if written >= 2400:
        return written - _BUDDHIST_AHEAD
    if written >= 100:
        return written
    year = 2500 + written - _BUDDHIST_AHEAD if language == "th" else 2000 + written
    return year - 100 if year > today.year + _FAR_AHEAD else year


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
