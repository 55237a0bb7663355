"""Whoever looks for the lowest wage where they work finds it: each of the legal rates, once, in every language."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

import pytest

from bot.dialogue import Conversation
from bot.dialogue.effects import Turn
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Event, Opened, Pressed
from bot.dialogue.phrasebook import FactSlot, TextId
from bot.dialogue.presses import Answer, read_press
from bot.dialogue.script import Script
from bot.dialogue.steps import Choose, FlowId
from bot.dialogue.wording import Wording, written_date
from bot.facts import Amount, Caller, FactId
from bot.messages import Button, Language, words_of
from tests.conftest import CONTENT
from tests.dialogue.little_world import NOW

FLOW: Final = "wage-by-province"
LANGUAGES: Final = ("km", "lo", "my", "th", "en")
MOST_OPTIONS: Final = 7
MOST_TAPS: Final = 4
ONE_RATE: Final = re.compile(r'- fact: th-wage-(\S+)\n {2}about: "?Legal minimum wage per day in ')


@dataclass(frozen=True)
class Shown:
    """A screen of the flow as one person sees it, and the values of the buttons that led there."""

    path: tuple[str, ...]
    turn: Turn
    screen: str
    options: tuple[tuple[str, Button], ...]

    @property
    def words(self) -> str:
        return "\n".join(words_of(message.text) for message in self.turn.messages)


Walked: TypeAlias = Mapping[str, tuple[Shown, ...]]
"""What was seen, by language."""


@cache
def rates() -> tuple[str, ...]:
    """Every place whose rate the facts know."""
    return tuple(ONE_RATE.findall((CONTENT / "facts" / "thailand.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def walked(real_script: Script) -> Walked:
    """Every screen of the flow, by every way of buttons that leads there; a rate is the end of a way."""
    people = {language: Conversation(Language(language), {"origin": "mm", "here": "th"}) for language in LANGUAGES}
    return {name: tuple(_walk(real_script, person, Opened(flow=FLOW), ())) for name, person in people.items()}


def _walk(script: Script, person: Conversation, event: Event, path: tuple[str, ...]) -> Iterator[Shown]:
    turn = take_turn(script, person, event, NOW)
    assert turn.conversation is not None
    spot = script.spots[turn.conversation.frames[-1].node]
    assert spot.flow == FLOW, f"{path} leaves the flow"
    shown = Shown(path, turn, spot.screen, tuple(_answers(turn)))
    yield shown
    if spot.screen != "rate":
        for value, button in shown.options:
            yield from _walk(script, turn.conversation, Pressed(button.press), (*path, value))


def _answers(turn: Turn) -> Iterator[tuple[str, Button]]:
    for message in turn.messages:
        for button in (button for row in message.rows for button in row):
            press = read_press(button.press)
            if press is not None and isinstance(press.wants, Answer):
                yield press.wants.value, button


def rates_of(shown: tuple[Shown, ...]) -> list[Shown]:
    return [each for each in shown if each.screen == "rate"]


def test_the_facts_know_the_rates_of_all_provinces_and_three_districts() -> None:
    assert len(rates()) == len(set(rates())) == 77 + 3


def test_every_rate_is_reached_exactly_once(walked: Walked) -> None:
    reached = Counter(shown.path[-1] for shown in rates_of(walked["en"]))

    assert reached == Counter(rates())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rate_is_shown_as_its_fact_says_and_no_other(real_script: Script, walked: Walked, language: str) -> None:
    speaking = Wording(real_script, Language(language), Caller("mm", "th", Language(language)), NOW)
    beginnings = _beginnings(real_script, language)
    for shown in rates_of(walked[language]):
        place = shown.path[-1]
        fact = real_script.facts[FactId(f"th-wage-{place}")]
        first_line = shown.words.partition("\n")[0]
        assert isinstance(fact.value, Amount)
        assert first_line.endswith(speaking.tell(fact)), place
        assert str(fact.value.number) in first_line, place
        phrase, _ = real_script.phrasebook.find(TextId(f"{FLOW}.rate.{place}"), Language(language))
        assert [part for part in phrase if not isinstance(part, str)] == [FactSlot(fact.id)], "many rates are alike"
        lines = shown.words.split("\n")
        assert [other for other in rates() if any(line.startswith(beginnings[other]) for line in lines)] == [place]


def _beginnings(script: Script, language: str) -> dict[str, str]:
    """The words in front of each figure, by place."""
    phrases = {
        place: script.phrasebook.find(TextId(f"{FLOW}.rate.{place}"), Language(language))[0] for place in rates()
    }
    return {place: phrase[0] for place, phrase in phrases.items() if isinstance(phrase[0], str)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rate_names_the_place_that_was_pressed(walked: Walked, language: str) -> None:
    before = {shown.path: dict(shown.options) for shown in walked[language]}
    for shown in rates_of(walked[language]):
        pressed = before[shown.path[:-1]][shown.path[-1]].label
        assert shown.words.startswith(pressed), shown.path


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rate_says_since_when_it_holds(real_script: Script, walked: Walked, language: str) -> None:
    for shown in rates_of(walked[language]):
        fact = real_script.facts[FactId(f"th-wage-{shown.path[-1]}")]
        assert fact.valid_from is not None
        assert written_date(fact.valid_from) in shown.words, shown.path


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_screen_has_more_than_seven_buttons_and_no_two_alike(walked: Walked, language: str) -> None:
    for shown in walked[language]:
        labels = [button.label for _, button in shown.options]
        assert 2 <= len(labels) <= MOST_OPTIONS, shown.path
        assert len(set(labels)) == len(labels), shown.path
        assert len(shown.path) <= MOST_TAPS


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_in_groups_names_every_place_that_lies_behind_it(walked: Walked, language: str) -> None:
    every = walked[language]
    labels = {(*shown.path, value): button.label for shown in every for value, button in shown.options}
    grouped = [shown for shown in every if any(button.label[0] in "🔵💚🔶" for _, button in shown.options)]

    assert len(grouped) == 3
    for shown in grouped:
        for value, button in shown.options:
            line = next(line for line in shown.words.split("\n") if line[:1] == button.label[0])
            behind = [path for path in labels if path[:-1] == (*shown.path, value)]
            assert 2 <= len(behind) <= MOST_OPTIONS
            assert [labels[path] for path in behind if labels[path] not in line] == []


def test_every_button_of_the_flow_is_seen_by_somebody_who_looks_everywhere(real_script: Script, walked: Walked) -> None:
    seen = {(shown.screen, value) for shown in walked["en"] for value, _ in shown.options}
    written = {
        (str(screen.id), option.value)
        for screen in real_script.flows[FlowId(FLOW)].screens.values()
        for step in screen.steps
        if isinstance(step, Choose)
        for option in step.options
    }

    assert seen == written
