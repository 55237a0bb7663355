"""What people see is clean, and what reads the same compares as the same."""

import pytest

from bot.language.normal import LONGEST, normal, readable, readings, skeleton
from bot.language.zawgyi import to_unicode, zawgyi_probability


def test_controls_and_direction_overrides_are_dropped_and_joiners_stay() -> None:
    assert readable("a\x00b\u202ec\u2066d\u200be\u200cf\u200dg\ufeff") == "abcd\u200be\u200cf\u200dg"


def test_line_breaks_stay_and_other_white_controls_become_spaces() -> None:
    assert readable("one\ntwo\tthree\r") == "one\ntwo three"


def test_zawgyi_is_shown_in_unicode() -> None:
    assert readable("ထုိင္းမွာ အလုပ္လုပ္ခ်င္တယ္") == "ထိုင်းမှာ အလုပ်လုပ်ချင်တယ်"


@pytest.mark.parametrize("text", ["ထိုင်းမှာ အလုပ်လုပ်ချင်တယ်", "မႂ်ႇသုင်ၶႃႈ ၵိၼ်ၶဝ်ႈယဝ်ႉႁႃႉ", "အမ်တောံမံၚ်ကျာ", "မင်္ဂလာပါ"])
def test_unicode_of_burmese_shan_and_mon_is_left_as_it_is(text: str) -> None:
    assert readable(text) == text


def test_a_short_text_that_could_be_either_has_two_readings() -> None:
    undecided = next(
        text for text in ("လစာ", "ပတ္စပို႔", "လက္", "ပြဲ", "အလုပ", "ငါး", "ကြမ်း") if 0.02 < zawgyi_probability(text) < 0.98
    )

    assert readings(undecided) == (undecided, to_unicode(undecided))


def test_the_readable_text_is_bounded() -> None:
    assert len(readable("ក" * 100_000)) == LONGEST


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ខ្ញុំឲ្យ", "ខ្ញុំឱ្យ"),
        ("ឱ្យ", "អោយ"),
        ("បណ្ដុះ", "បណ្តុះ"),
        ("លិខិត\u200bឆ្លងដែន", "លិខិតឆ្លងដែន"),
        ("ນໍ້າ", "ນ້ຳ"),
        ("ຫນີ້", "ໜີ້"),
        ("ຫຼາຍ", "ຫລາຍ"),
        ("ເເຮງງານ", "ແຮງງານ"),
        ("ใช้เเรงงาน", "ใช้แรงงาน"),
        ("ทํางาน", "ทำงาน"),
        ("ခေါ်", "ခော်"),
        ("၀င်", "ဝင်"),
        ("PASSPORT!!", "passport"),
        ("don’t", "dont"),
        ("៩០ ថ្ងៃ", "90 ថ្ងៃ"),
        ("ｗｏｒｋ", "work"),
        ("ဘယ် မှာ လဲ", "ဘယ်မှာလဲ"),
    ],
)
def test_two_spellings_of_one_word_compare_as_the_same(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("one", "other"), [("พาสปอร์ต", "พาสปอต"), ("ใบอนุญาต", "ไบอนุญาต"), ("ວ່າງ", "ວາງ"), ("ဖြတ်", "ဖျတ်")]
)
def test_the_skeleton_forgives_tones_and_silent_letters(one: str, other: str) -> None:
    assert skeleton(normal(one)) == skeleton(normal(other))


def test_words_that_differ_in_one_sign_stay_apart_in_the_normal_text() -> None:
    assert normal("កាត់") != normal("កាត")
