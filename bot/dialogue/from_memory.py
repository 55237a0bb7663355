"""What can still be told while the store is away: whatever a button shows without asking who pressed it.

A press carries its language and the wait it answers, so a menu can be walked from its buttons alone. Flows that count
or remember answers are left out: without the earlier answers their advice would be wrong.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.dialogue.conversation import Conversation, Frame
from bot.dialogue.effects import Count, Hush, OpenTicket, Send, Turn, Wake, Wonder
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Event, Pressed, Typed, Wish, Wished
from bot.dialogue.presses import Answer, Open, read_press
from bot.dialogue.script import Script
from bot.dialogue.steps import ActOnTicket, Ask, CallHelpline, Checklist, Choose, Flow, FlowId, Set
from bot.dialogue.urgency import urgency_of
from bot.dialogue.wording import BLANK_LINE, Wording
from bot.facts import Caller
from bot.messages import Language, Message, plain

_WAYS_OUT: Final = frozenset({Wish.EXIT, Wish.STOP})
_HARMLESS: Final = (Send, Count, Hush, Wake, Wonder)


def turn_from_memory(script: Script, event: Event, now: datetime) -> Turn | None:
    """The turn that answers a press for everybody alike; none where there is no such answer."""
    turn = _turn_of(script, event, now)
    # What would only seem to be done is not said: no helpline called, nothing forgotten.
    return turn if turn is not None and all(isinstance(one, _HARMLESS) for one in turn.effects) else None


def would_call(script: Script, event: Event, now: datetime) -> bool:
    """Whether a press by somebody of whom nothing is known would call a helpline, however it leads there."""
    turn = _turn_of(script, event, now)
    return turn is not None and any(isinstance(one, OpenTicket) for one in turn.effects)


def _turn_of(script: Script, event: Event, now: datetime) -> Turn | None:
    if not isinstance(event, Pressed):
        return None
    press = read_press(event.press)
    if press is None or press.language not in script.tongues:
        return None
    standing = Conversation(language=press.language)
    match press.wants:
        case Open():
            pass
        case Wish.HOME | Wish.HELP | Wish.PERSON:
            pass
        case Answer(node, _):
            spot = script.spots.get(node)
            if spot is None or _remembers(script.flows[spot.flow]):
                return None
            standing = Conversation(language=press.language, frames=(Frame(node),))
        case _:
            return None
    turn = take_turn(script, standing, event, now)
    return turn if turn.conversation is not None else None


def calls_for_help(script: Script, event: Event) -> bool:
    """Whether somebody must hear of it, though nobody knows who it is from: rather once too often."""
    if is_way_out(script, event):
        return False
    return bool(urgency_of(event, script)) or (isinstance(event, Pressed) and may_call_helpline(script, event.press))


def is_way_out(script: Script, event: Event) -> bool:
    """Whether somebody wants to be gone from here, or to be left alone."""
    match event:
        case Wished(wish):
            return wish in _WAYS_OUT
        case Pressed(press):
            read = read_press(press)
            return read is not None and read.wants in _WAYS_OUT
        case Typed(words):
            return script.understanding.understand(words, None, {}).wish in _WAYS_OUT
        case _:
            return False


def may_call_helpline(script: Script, written: str) -> bool:
    """Whether a button belongs to a flow that can call a helpline."""
    press = read_press(written)
    flow: FlowId | None = None
    match None if press is None else press.wants:
        case Answer(node, _):
            spot = script.spots.get(node)
            flow = None if spot is None else spot.flow
        case Open(beginning):
            flow = script.beginnings.get(beginning)
        case Wish.PERSON:
            flow = script.special.person
    steps = () if flow is None else [step for one in script.flows[flow].screens.values() for step in one.steps]
    return any(isinstance(step, CallHelpline | ActOnTicket) for step in steps)


def answer_from_memory(script: Script, event: Event, now: datetime) -> tuple[Message, ...]:
    """Its messages."""
    turn = turn_from_memory(script, event, now)
    return () if turn is None else turn.messages


def home_from_memory(script: Script, language: Language, now: datetime) -> tuple[Message, ...]:
    """Where everything begins, below a word that what was pressed does not work now."""
    busy = _wording(script, language, now).phrase("page-busy")
    first, *others = take_turn(script, Conversation(language=language), Wished(Wish.HOME), now).messages
    return (replace(first, text=(*plain(busy), BLANK_LINE, *first.text)), *others)


def numbers_from_memory(script: Script, language: Language | None, now: datetime) -> tuple[Message, ...]:
    """Whom to call, and that what is written waits; in all languages where theirs is not known."""
    turn = take_turn(script, Conversation(language=language), Wished(Wish.HELP), now)
    # A page that would call a helpline says that it did; nobody did.
    is_true = not any(isinstance(effect, OpenTicket) for effect in turn.effects)
    shown = tuple(effect.message for effect in turn.effects if isinstance(effect, Send)) if is_true else ()
    tongues = (language,) if language is not None else tuple(script.tongues)
    kept = dict.fromkeys(_wording(script, tongue, now).phrase("call-kept") for tongue in tongues)
    return (*shown, Message(plain("\n\n".join(kept)), keep=True, language=language))


def language_of_press(script: Script, written: str | None) -> Language | None:
    """The language in which a button was shown."""
    press = read_press(written) if written else None
    return press.language if press and press.language in script.tongues else None


def _wording(script: Script, language: Language, now: datetime) -> Wording:
    return Wording(script, language, Caller(None, None, language), now)


def _remembers(flow: Flow) -> bool:
    return any(
        isinstance(step, Set | Ask | Checklist)
        or (isinstance(step, Choose) and (step.save is not None or any(option.adds for option in step.options)))
        for screen in flow.screens.values()
        for step in screen.steps
    )
