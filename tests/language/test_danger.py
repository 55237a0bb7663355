"""Danger, in the words of people who are in it. None of these lines is an example of the content."""

import pytest

from bot.language import Kind, Level, Understanding
from tests.language.zawgyi_writer import zawgyi


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("they locked the door, we cannot leave the house", Kind.HELD_AGAINST_WILL),
        ("my husband beats me every night", Kind.VIOLENCE),
        ("i was raped yesterday", Kind.VIOLENCE),
        ("i wil kill my self", Kind.SUICIDE),
        ("she fainted and does not breathe", Kind.MEDICAL_EMERGENCY),
        ("គេចាក់សោទ្វារ យើងចេញមិនរួច", Kind.HELD_AGAINST_WILL),
        ("ប្តីខ្ញុំវាយដំខ្ញុំរាល់យប់", Kind.VIOLENCE),
        ("ខ្ញុំចង់ស្លាប់ណាស់", Kind.SUICIDE),
        ("នាងសន្លប់ហើយ អត់ដកដង្ហើម", Kind.MEDICAL_EMERGENCY),
        ("ເຂົາລັອກປະຕູ ພວກເຮົາອອກບໍ່ໄດ້", Kind.HELD_AGAINST_WILL),
        ("ຜົວທຸບຕີຂ້ອຍທຸກຄືນ", Kind.VIOLENCE),
        ("ຢາກຕາຍຫຼາຍ", Kind.SUICIDE),
        ("ລາວສະລົບ ບໍ່ຫາຍໃຈແລ້ວ", Kind.MEDICAL_EMERGENCY),
        ("တံခါးသော့ခတ်ထားလို့ ထွက်မရဘူး", Kind.HELD_AGAINST_WILL),
        ("ယောက်ျားက ညတိုင်းရိုက်တယ်", Kind.VIOLENCE),
        ("သေချင်လိုက်တာ", Kind.SUICIDE),
        ("သူမေ့လဲပြီး အသက်မရှူဘူး", Kind.MEDICAL_EMERGENCY),
        ("เขาล็อกประตู พวกเราออกไปไม่ได้", Kind.HELD_AGAINST_WILL),
        ("สามีทุบตีฉันทุกคืน", Kind.VIOLENCE),
        ("อยากตายมากเลย", Kind.SUICIDE),
        ("เธอหมดสติ ไม่หายใจแล้ว", Kind.MEDICAL_EMERGENCY),
        ("khao khang wai mai hai ok", Kind.HELD_AGAINST_WILL),
        ("yak kha tua tai", Kind.SUICIDE),
        ("thay chin tal", Kind.SUICIDE),
    ],
)
def test_a_call_for_help_is_certain(understanding: Understanding, text: str, kind: Kind) -> None:
    danger = understanding.understand(text).danger

    assert (danger.level, danger.kind) == (Level.CERTAIN, kind)


@pytest.mark.parametrize(
    "text",
    [
        "what is the phone number of the police",
        "my boss is rude but never hits",
        "my documents are locked in the office",
        "how much compensation for an accident last year",
        "hello",
        "ဘတ်စ်ကားဂိတ်ဘယ်မှာလဲ",
        "ນາຍຈ້າງບໍ່ເຄີຍຕີ",
        "ถ้าประสบอุบัติเหตุปีที่แล้วได้เงินทดแทนไหม",
        "ត្រូវបង់ប៉ុន្មានសម្រាប់លិខិតឆ្លងដែន",
    ],
)
def test_calm_questions_are_not_certain(understanding: Understanding, text: str) -> None:
    assert understanding.understand(text).danger.level is not Level.CERTAIN


@pytest.mark.parametrize("text", ["သေချင်တယ်", "ယောက်ျားက ရိုက်နှက်တယ်", "အပြင်မထွက်ခိုင်းဘူး ပိတ်ထားတယ်", "သွေးထွက်နေတယ် မြန်မြန်လာပါ"])
def test_zawgyi_calls_are_heard(understanding: Understanding, text: str) -> None:
    assert understanding.understand(zawgyi(text)).danger.level is Level.CERTAIN


def test_danger_at_the_end_of_a_long_message_is_heard(understanding: Understanding) -> None:
    text = (
        "hello, i came here last week with my cousin and we eat rice and fish every day. " * 20
        + "please help they beat me and lock me in"
    )

    assert understanding.understand(text).danger.level is Level.CERTAIN


def test_the_signs_that_were_heard_are_named(understanding: Understanding) -> None:
    assert "beat" in understanding.understand("my boss beat me").danger.because
