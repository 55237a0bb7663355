"""What can still be told while the store is away: whatever a button shows without asking who pressed it.

A press carries its language and the wait it answers, so a menu can be walked from its buttons alone. Flows that count
or remember answers are left out: without the earlier answers their advice would be wrong.
"""

from datetime import datetime

from bot.dialogue import Conversation, Frame
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Event, Pressed, Wish
from bot.dialogue.presses import Answer, Open, read_press
from bot.dialogue.script import Script
from bot.dialogue.steps import Ask, Checklist, Choose, Flow, Set
from bot.messages import Language, Message


def answer_from_memory(script: Script, event: Event, now: datetime) -> tuple[Message, ...]:
    """The messages that answer a press for everybody alike; none where there is no such answer."""
    if not isinstance(event, Pressed):
        return ()
    press = read_press(event.press)
    if press is None or press.language not in script.tongues:
        return ()
    standing = Conversation(language=press.language)
    match press.wants:
        case Open():
            pass
        case Wish.HOME | Wish.HELP | Wish.PERSON:
            pass
        case Answer(node, _):
            spot = script.spots.get(node)
            if spot is None or _remembers(script.flows[spot.flow]):
                return ()
            standing = Conversation(language=press.language, frames=(Frame(node),))
        case _:
            return ()
    return take_turn(script, standing, event, now).messages


def language_of_press(script: Script, written: str | None) -> Language | None:
    """The language in which a button was shown."""
    press = read_press(written) if written else None
    return press.language if press and press.language in script.tongues else None


def _remembers(flow: Flow) -> bool:
    return any(
        isinstance(step, Set | Ask | Checklist)
        or (isinstance(step, Choose) and (step.save is not None or any(option.adds for option in step.options)))
        for screen in flow.screens.values()
        for step in screen.steps
    )
