"""What is put together once for everybody says the same as what is put together anew for each."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

from bot.dialogue import Conversation
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Event, Opened, Pressed
from bot.dialogue.script import Script
from tests.dialogue.little_world import NOW, little_script
from tests.dialogue.talker import at_home

CHECK = """\
flow: check
title: Check an offer
screens:
  first:
    - say: What do you want to know?
    - choose:
        own: {label: "Work in {origin}"}
"""

MOMENTS = (timedelta(), timedelta(hours=10), timedelta(days=2), timedelta(days=300), timedelta(days=900))
PEOPLE = 60
PRESSES = 12


def test_everybody_is_answered_as_if_they_were_the_first(real_script: Script) -> None:
    random = Random(1)
    for number in range(PEOPLE):
        language = random.choice([None, *real_script.tongues])
        told = {field: random.choice(values) for field, values in real_script.profile.items() if random.random() < 0.5}
        conversation = Conversation(language, told)
        event: Event = Opened()
        now = NOW + MOMENTS[number % len(MOMENTS)]
        for _ in range(PRESSES):
            turn = take_turn(real_script, conversation, event, now)
            assert turn == take_turn(replace(real_script), conversation, event, now)
            conversation = turn.conversation or Conversation()
            event = Pressed(random.choice([button.press for row in turn.messages[-1].rows for button in row]))


def test_what_somebody_told_stands_on_no_button_of_another(tmp_path: Path) -> None:
    script = little_script(tmp_path, check=CHECK)
    at_home(script, origin="kh").press("Check an offer")

    other = at_home(script, origin="mm")
    other.press("Check an offer")

    assert "Work in Myanmar" in other.labels


def test_a_button_for_some_is_shown_to_nobody_else(tmp_path: Path) -> None:
    script = little_script(
        tmp_path, check=CHECK.replace(" in {origin}", "") + "        law: {label: The law, if: {origin: kh}}\n"
    )
    somebody = at_home(script, origin="kh")
    somebody.press("Check an offer")
    assert "The law" in somebody.labels

    other = at_home(script, origin="mm")
    other.press("Check an offer")

    assert "The law" not in other.labels


def test_a_fact_is_dated_from_the_day_on_which_it_must_be(script: Script) -> None:
    reader = at_home(script)
    reader.press("What is the lowest wage?")
    assert "400 baht" in reader.words
    assert "as of" not in reader.words

    later = at_home(script)
    later.now = NOW + timedelta(days=200)
    later.press("What is the lowest wage?")

    assert "(as of 11/2026)" in later.words
