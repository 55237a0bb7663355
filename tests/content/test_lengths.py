"""An answer fits on the screen of a small phone in every language: at most 600 letters, as people see letters."""

import unicodedata
from typing import Final

import pytest

from bot.dialogue.script import Script
from bot.dialogue.wording import Wording
from bot.facts import Caller
from bot.messages import Language
from tests.dialogue.little_world import NOW

LANGUAGES: Final = ("km", "lo", "my", "th", "en")
LONGEST: Final = 600

# Burmese vowels and tones with a place of their own in the line (Unicode, UAX 29); the other marks stand at their letter.
STANDS_ALONE: Final = frozenset(
    "\u102b\u102c\u1038\u1062\u1063\u1064\u1067\u1068\u1069\u106a\u106b\u106c\u106d\u1083"
    "\u1087\u1088\u1089\u108a\u108b\u108c\u108f\u109a\u109b\u109c"
)
AT_THEIR_LETTER: Final = frozenset("\u0e33\u0eb3")


def letters(text: str) -> int:
    """What people see as one letter each: a mark above, below or beside its letter takes no room of its own."""
    return sum(
        1
        for character in text
        if character in STANDS_ALONE
        or (character not in AT_THEIR_LETTER and unicodedata.category(character) not in {"Mn", "Mc", "Me", "Cf"})
    )


@pytest.mark.parametrize(
    ("text", "seen"),
    [("pay day", 7), ("ក្រុម", 3), ("ນ້ຳ", 1), ("မြန်မာ", 4), ("น้ำ", 1), ("a\u200bb", 2)],
)
def test_letters_are_counted_as_people_see_them(text: str, seen: int) -> None:
    assert letters(text) == seen


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_answer_is_longer_than_a_small_screen(real_script: Script, language: str) -> None:
    speaking = Wording(real_script, Language(language), Caller("mm", "th", Language(language)), NOW)
    told = {
        variant.text: letters(f"{speaking.words(topic.title)}\n\n{speaking.words(variant.text)}")
        for topic in real_script.topics.values()
        for variant in topic.variants
    }

    assert {text: length for text, length in told.items() if length > LONGEST} == {}
