"""Words that could be several things: a button, a wish, another language."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.compiler import compile_content
from bot.dialogue.script import Script
from bot.language import Understood
from bot.messages import Language
from tests.dialogue.little_world import TODAY, PlainEars, little_script
from tests.dialogue.talker import at_home

CROSSROADS = """\
flow: check
title: Check an offer
screens:
  first:
    - say: Which is it?
    - choose: {home: {label: Home, go: good}, stop: {label: Stop, go: good}, exit: {label: Exit, go: good}}
  good:
    - say: It was the button.
    - choose: {more: {label: More, go: home}}
"""


class WishfulEars(PlainEars):
    """Hears a wish in its own name, and else what is spelled out."""

    def understand(self, text: str, language: str | None, profile: Mapping[str, str]) -> Understood:
        """The wish of that name."""
        if text.lower() in {"home", "language", "stop", "exit", "help", "person"}:
            return Understood(text, language, wish=text.lower())
        return super().understand(text, language, profile)


@pytest.fixture
def crossroads(tmp_path: Path) -> Script:
    little_script(tmp_path, check=CROSSROADS)
    return compile_content(tmp_path, TODAY, WishfulEars).script


def test_what_stands_on_a_button_is_the_button_and_not_a_wish(crossroads: Script) -> None:
    talker = at_home(crossroads)
    talker.press("Check an offer")

    talker.type("home")

    assert talker.words == "It was the button."


def test_a_wish_that_stands_on_no_button_is_granted(crossroads: Script) -> None:
    talker = at_home(crossroads)
    talker.press("Check an offer")

    talker.type("language")

    assert talker.words == "Language"


@pytest.mark.parametrize("way_out", ["stop", "exit"])
def test_the_ways_out_win_over_any_button(crossroads: Script, way_out: str) -> None:
    talker = at_home(crossroads)
    talker.press("Check an offer")

    talker.type(way_out)

    assert "It was the button." not in talker.words
    assert "Keep a copy of your contract." in talker.words


SWITCH = "🌐 Go on in this language"


def test_another_language_is_answered_and_the_switch_is_offered_once(tmp_path: Path) -> None:
    talker = at_home(little_script(tmp_path))

    talker.type("ប្រាក់ខែ")
    assert SWITCH in talker.labels
    talker.type("ប្រាក់ខែ")

    assert SWITCH not in talker.labels
    assert talker.conversation.language == Language("en")


def test_who_takes_the_offer_goes_on_in_that_language(tmp_path: Path) -> None:
    talker = at_home(little_script(tmp_path))

    talker.type("ប្រាក់ខែ")
    talker.press(SWITCH)

    assert talker.conversation.language == Language("km")
