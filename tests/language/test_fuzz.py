"""Whatever is typed, nothing breaks and nothing takes long. FUZZ_TEXTS=100000 types more."""

import os
import random
import time
from collections.abc import Sequence
from datetime import date

import pytest

from bot.language import (
    LANGUAGES,
    Understanding,
    clusters,
    foreign_letters,
    read_date,
    read_money,
    read_number,
    read_phone,
    read_yes_no,
)
from bot.language.scoring import Question

TEXTS = int(os.environ.get("FUZZ_TEXTS", "5000"))
# The goal is 50 ms of our own work; what other tests do meanwhile is not counted, and slows us down all the same.
LONGEST = 0.05
TRIES = 4
TODAY = date(2026, 11, 25)
ALPHABETS = (
    (0x20, 0x7E),
    (0xE00, 0xE5B),
    (0xE80, 0xEDF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x0, 0x24F),
    (0x300, 0x36F),
    (0x2000, 0x206F),
    (0x1F600, 0x1F64F),
    (0xFF00, 0xFFEF),
    (0xD800, 0xDFFF),
    (0x0, 0x10FFFF),
)


def test_no_text_breaks_it_and_none_takes_long(understanding: Understanding, questions: Sequence[Question]) -> None:
    hand = random.Random(7)
    slow = []
    for _ in range(TEXTS):
        text = _anything(hand, questions)
        taken = _time_to_read(understanding, text, hand.choice(LANGUAGES))
        for _ in range(TRIES):
            if taken > LONGEST:
                taken = min(taken, _time_to_read(understanding, text, "en"))
        if taken > LONGEST:
            slow.append((taken, text[:80]))

    assert slow == []


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "ก",
        "่",
        "ເ",
        "ຂ້າ",
        "ြ",
        "္",
        "္ေျ",
        "្រ",
        "ខ",
        "1,",
        "1 ",
        "+1",
        "no salary ",
        "ไม่ให้ออก",
        "ສາມ",
        "\u200b",
        "x\u0301",
        "= ",
        "01/",
    ],
)
def test_a_long_text_of_one_piece_takes_no_longer(understanding: Understanding, piece: str) -> None:
    text = piece * (200_000 // len(piece))

    assert min(_time_to_read(understanding, text, language) for language in ("en", "km", "my") * 2) < 4 * LONGEST


def _time_to_read(understanding: Understanding, text: str, language: str) -> float:
    started = time.thread_time()
    understanding.understand(text, language, {"stage": "work"})
    taken = time.thread_time() - started
    read_number(text, language)
    read_money(text, language)
    read_date(text, language, TODAY)
    read_yes_no(text, language)
    read_phone(text)
    clusters(text[:500])
    foreign_letters(text[:500], language)
    return taken


def _anything(hand: random.Random, questions: Sequence[Question]) -> str:
    if hand.random() < 0.5:
        letters = list(hand.choice(questions).text)
        for _ in range(hand.randrange(1, 8)):
            place = hand.randrange(len(letters) + 1)
            if hand.random() < 0.5:
                letters[place : place + hand.randrange(4)] = []
            else:
                letters[place:place] = _letters(hand, hand.randrange(1, 4))
        return "".join(letters)
    return "".join(_letters(hand, hand.choice((0, 1, 3, 10, 40, 200, 1000))))


def _letters(hand: random.Random, count: int) -> list[str]:
    first, last = hand.choice(ALPHABETS)
    return [chr(hand.randint(first, last)) for _ in range(count)]
