"""Walks through the real content, drawn from a seed: what people press, and what each press must lead to.

A walk begins as a new person does and then goes round and round: home, some random presses, home again. On the round
each press leads to exactly one edit of the message whose button was pressed, so that programs can be compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final, TypeAlias

from bot.dialogue import NEW_CONVERSATION
from bot.dialogue.conversation import Conversation
from bot.dialogue.effects import Send, Turn
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Event, Opened, Pressed
from bot.dialogue.script import Script
from bot.messages import Button
from handlers.telegram.rendering import render

Screen: TypeAlias = dict[str, object]
"""What stands in a call besides the chat and the message, as the Telegram door writes it."""

START: Final = ""
ROUND_PRESSES: Final = 8
_LONGEST_INTRODUCTION: Final = 8
_LAPS_TRIED: Final = 3
_LEADS_OUT: Final = frozenset("wsru")
_HOME: Final = "h"


@dataclass(frozen=True, slots=True)
class Step:
    """One press (or the start) and how many messages it leads to; the last of them is what is pressed next."""

    press: str
    messages: int
    screen: Screen


@dataclass(frozen=True, slots=True)
class Walk:
    """The presses of a new person up to the menu, and the round that begins and ends there."""

    introduction: tuple[Step, ...]
    lap: tuple[Step, ...]


def draw_walks(script: Script, seed: int, count: int, now: datetime) -> list[Walk]:
    """So many walks, in all languages of the content."""
    random = Random(seed)
    languages = sorted(script.tongues)
    walks: list[Walk] = []
    while len(walks) < count:
        walk = _draw(script, random, languages[len(walks) % len(languages)], now)
        if walk is not None:
            walks.append(walk)
    return walks


def wander(script: Script, random: Random, presses: int, now: datetime) -> Iterator[tuple[Conversation, Event, Turn]]:
    """Press any buttons, the universal ones as often as others: each turn with what it began from."""
    conversation, event = NEW_CONVERSATION, Opened()
    turn = take_turn(script, conversation, event, now)
    yield conversation, event, turn
    for _ in range(presses):
        if turn.conversation is None:
            return
        conversation = turn.conversation
        pressed = Pressed(random.choice(_buttons(turn)).press)
        turn = take_turn(script, conversation, pressed, now)
        yield conversation, pressed, turn


def _draw(script: Script, random: Random, language: str, now: datetime) -> Walk | None:
    turn = take_turn(script, NEW_CONVERSATION, Opened(), now)
    introduction = [Step(START, len(turn.messages), {})]
    for _ in range(_LONGEST_INTRODUCTION):
        if turn.conversation is None:
            return None
        if "here" in turn.conversation.profile:
            break
        answers = [button for button in _buttons(turn) if button.press[0] not in _LEADS_OUT]
        if not answers:
            return None
        tongue = [button for button in answers if turn.conversation.language is None and button.press[13:] == language]
        button = random.choice(tongue or answers)
        turn = take_turn(script, turn.conversation, Pressed(button.press), now)
        introduction.append(Step(button.press, len(turn.messages), {}))
    home = next((button for button in _buttons(turn) if button.press.endswith(f"w{language}{_HOME}")), None)
    if home is None or turn.conversation is None:
        return None
    turn = take_turn(script, turn.conversation, Pressed(home.press), now)
    introduction.append(Step(home.press, len(turn.messages), {}))
    lap = _draw_lap(script, random, turn, home.press, now)
    return Walk(tuple(introduction), lap) if lap else None


def _draw_lap(script: Script, random: Random, at_home: Turn, home: str, now: datetime) -> tuple[Step, ...]:
    turn, lap = at_home, list[Step]()
    for place in range(ROUND_PRESSES):
        if turn.conversation is None:
            return ()
        presses = [button.press for button in _buttons(turn)]
        press = random.choice(presses) if place < ROUND_PRESSES - 1 else home
        turn = take_turn(script, turn.conversation, Pressed(press), now)
        screen = _edited(turn)
        if screen is None:
            return ()
        lap.append(Step(press, 1, screen))
    # What was answered on the way may change what comes later: only a round that stays as it is will do.
    for step in lap * _LAPS_TRIED:
        if turn.conversation is None:
            return ()
        turn = take_turn(script, turn.conversation, Pressed(step.press), now)
        if _edited(turn) is None:
            return ()
    return tuple(lap)


def _edited(turn: Turn) -> Screen | None:
    """The one edit that the turn asks for; nothing where it asks for anything else."""
    sends = [effect for effect in turn.effects if isinstance(effect, Send)]
    if len(sends) != 1 or not sends[0].replaces:
        return None
    parts = render(sends[0].message)
    if len(parts) != 1 or parts[0].markup is None:
        return None
    screen: Screen = {"text": parts[0].text, "link_preview_options": {"is_disabled": True}}
    if parts[0].entities:
        screen["entities"] = parts[0].entities
    return {**screen, "reply_markup": parts[0].markup}


def _buttons(turn: Turn) -> list[Button]:
    return [button for row in turn.messages[-1].rows for button in row if button.press]
