"""Whether something that arrived is a call for help or a way out, told without knowing who it is from."""

from typing import Final

from bot.dialogue.events import Event, Opened, Pressed, Shared, Typed, Wish, Wished
from bot.dialogue.nodes import FLOW_PART
from bot.dialogue.presses import Answer, AnswerCard, LookIn, Open, read_press
from bot.dialogue.script import Script
from bot.dialogue.steps import FlowId
from bot.language import Level

_URGENT: Final = frozenset({Wish.PERSON, Wish.HELP, Wish.EXIT, Wish.STOP})


def is_urgent(event: Event, script: Script) -> bool:
    """Rather one too many than one too few."""
    match event:
        case Wished(wish):
            return wish in _URGENT
        case Pressed(press):
            return _is_urgent_press(press, script)
        case Typed(words) | Shared(words=words):
            if not words:
                return False
            understood = script.understanding.understand(words, None, {})
            return understood.danger.level is not Level.NONE or understood.wish in _URGENT
        case Opened(_, flow):
            return flow is not None and _is_sensitive(FlowId(flow), script)
        case _:
            return False


def _is_urgent_press(press: str, script: Script) -> bool:
    read = read_press(press)
    match None if read is None else read.wants:
        case Answer(node):
            return _begins_sensitive(node[:FLOW_PART], script)
        case Open(beginning):
            return _begins_sensitive(beginning, script)
        case LookIn() | AnswerCard():
            return True
        case Wish() as wish:
            return wish in _URGENT
        case _:
            return False


def _begins_sensitive(beginning: str, script: Script) -> bool:
    flow = script.beginnings.get(beginning)
    return flow is not None and _is_sensitive(flow, script)


def _is_sensitive(flow: FlowId, script: Script) -> bool:
    found = script.flows.get(flow)
    return found is not None and found.sensitive
