"""A screen may have a picture, and can be heard where somebody has read it out in the person's language."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from bot.compiler.translations import hash_of
from bot.dialogue.events import Opened, Pressed
from bot.dialogue.menu import HEAR_ICON
from bot.dialogue.script import Script
from bot.messages import Language, words_of
from tests.dialogue.laws import keeps_limits, stands_somewhere
from tests.dialogue.little_world import FLOWS, little_script
from tests.dialogue.talker import Talker, at_home

CHECK: Final = FLOWS["check"].replace("    - say: Must", "    - show: coin\n    - say: Must")
RECORDINGS: Final = f"""\
recordings:
  check.first.say: {{file: first.ogg, from: {hash_of("Must you pay first?")}}}
  money.wage.ask: {{file: first.ogg, from: {hash_of("What is your wage a month?")}}}
  topic.violence.answer.default: {{file: first.ogg, from: {hash_of("Call now.")}}}
  home.menu.say: {{file: first.ogg, from: 00000000}}
"""


@pytest.fixture
def script(tmp_path: Path) -> Script:
    (tmp_path / "media" / "en").mkdir(parents=True)
    (tmp_path / "media" / "coin.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "media" / "en" / "first.ogg").write_bytes(b"OggS" + bytes(24) + b"OpusHead")
    (tmp_path / "media" / "en" / "recordings.yaml").write_text(RECORDINGS)
    return little_script(tmp_path, check=CHECK)


def test_a_picture_goes_with_its_screen_and_not_with_the_next(script: Script) -> None:
    talker = at_home(script)
    shown = [talker.shown[-1].picture]

    for label in ("Check an offer", "No", "Back"):
        talker.press(label)
        shown.append(talker.shown[-1].picture)

    assert shown == [None, "coin", None, "coin"]


def test_only_a_screen_that_was_read_out_can_be_heard(script: Script) -> None:
    talker = at_home(script)
    assert HEAR_ICON not in talker.labels, "the words of the menu have changed since they were read out"

    talker.press("Check an offer")
    assert HEAR_ICON in talker.labels

    talker.press("No")
    assert HEAR_ICON not in talker.labels


def test_who_asks_hears_the_same_screen_in_its_place(script: Script) -> None:
    talker = at_home(script)
    talker.press("Check an offer")
    silent = talker.shown[-1]

    turn = talker.press(HEAR_ICON)

    [heard] = turn.messages
    assert (silent.recording, heard.recording) == (None, "check.first.say")
    assert (heard.text, heard.picture) == (silent.text, silent.picture)
    assert HEAR_ICON not in talker.labels
    talker.press("No")
    assert talker.shown[-1].recording is None


@pytest.mark.parametrize(("label", "text"), [("Money", "money.wage.ask"), ("hurts", "topic.violence.answer.default")])
def test_questions_and_answers_can_be_heard_too(script: Script, label: str, text: str) -> None:
    talker = at_home(script)
    if label == "hurts":
        talker.type("#violence")
    else:
        talker.press(label)

    talker.press(HEAR_ICON)

    assert talker.shown[-1].recording == text


def test_in_a_language_without_the_recording_there_is_no_button_for_it(script: Script) -> None:
    talker = Talker(script, replace(at_home(script).conversation, language=Language("km")))
    talker.take(Opened(flow="check"))

    assert "Must you pay first?" in talker.words
    assert HEAR_ICON not in talker.labels


def test_the_button_of_an_earlier_screen_reads_nothing_out(script: Script) -> None:
    talker = at_home(script)
    talker.press("Check an offer")
    earlier = talker.button(HEAR_ICON)
    talker.press("No")

    turn = talker.take(Pressed(earlier.press))

    assert turn.messages[-1].recording is None
    assert words_of(turn.messages[-1].text).endswith("Is there a contract?")


def test_whatever_is_heard_every_turn_keeps_the_laws(script: Script) -> None:
    talker = at_home(script)
    stands_somewhere(script, talker.take(Pressed("hen0000000000")))
    talker.press("Check an offer")

    turn = talker.press(HEAR_ICON)

    keeps_limits(turn)
    stands_somewhere(script, turn)
