"""Listed words, however they are spelt."""

import pytest

from bot.language.lexicon import Lexicon, Typed, sound

LEXICON = Lexicon.build(
    {
        "wage": ["salary", "prak khae", "ប្រាក់ខែ", "လစာ", "เงินเดือน"],
        "unpaid": ["no salary", "ไม่จ่ายเงินเดือน"],
        "boss": ["boss", "thao kae", "ນາຍຈ້າງ", "သူဌေး"],
        "month": ["လ"],
        "card": ["កាត"],
        "phone": ["app"],
        "cut": ["កាត់", "deduct"],
        "held": ["ไม่ยอมให้ออก", "not allowed to leave"],
    },
    forgiven=["held"],
)


def ideas(text: str) -> list[str]:
    return [find.idea for find in LEXICON.find(Typed.of(text))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("my SALARY", ["wage"]),
        ("two salaries", []),
        ("sallary and bosses", ["wage", "boss"]),
        ("deducted", ["cut"]),
        ("where to apply the apps", ["phone"]),
        ("prakkhae", ["wage"]),
        ("prak khe thaokae", ["boss", "wage"]),
        ("no salary", ["unpaid"]),
        ("นายไม่จ่ายเงินเดือน", ["unpaid"]),
        ("เงนเดือน", []),
        ("เงินเดื่อน", ["wage"]),
        ("ນາຍຈາງ", ["boss"]),
        ("လစာ", ["wage"]),
        ("လာ", []),
        ("တစ်လ", ["month"]),
        ("កាត", ["card"]),
        ("កាត់", ["cut"]),
        ("", []),
    ],
)
def test_words_are_found_whole(text: str, found: list[str]) -> None:
    assert ideas(text) == found


@pytest.mark.parametrize("text", ["ไม่ยอให้ออก", "ไม่ยอมมให้ออก", "not alowed to leave", "notallowed to laeve"])
def test_a_forgiven_idea_is_found_with_a_slip_inside(text: str) -> None:
    finds = LEXICON.find(Typed.of(text))

    assert [find.idea for find in finds] == ["held"]


def test_a_find_with_a_slip_says_so() -> None:
    assert [find.slipped for find in LEXICON.find(Typed.of("ไม่ยอให้ออก"))] == [True]


@pytest.mark.parametrize(("one", "other"), [("chai", "jai"), ("thaw", "to"), ("prakk", "prak"), ("ngoen", "ngon")])
def test_habits_of_romanising_sound_the_same(one: str, other: str) -> None:
    assert sound(one) == sound(other)
