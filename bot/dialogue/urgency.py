"""Whether something that arrived is a call for help or a way out, told without knowing who it is from.

Each kind has a name, so that one call is not taken for the repetition of another.
"""

from typing import Final

from bot.dialogue.conversation import NodeToken
from bot.dialogue.events import Event, Opened, Pressed, Shared, Typed, Wish, Wished
from bot.dialogue.nodes import FLOW_PART
from bot.dialogue.presses import Answer, AnswerCard, LookIn, Open, read_press
from bot.dialogue.script import Script
from bot.dialogue.steps import Choose, FlowId
from bot.language import Level

_URGENT: Final = frozenset({Wish.PERSON, Wish.HELP, Wish.EXIT, Wish.STOP})


def urgency_of(event: Event, script: Script) -> str:
    """What kind of call it is; empty where it is none. Rather one too many than one too few."""
    match event:
        case Wished(wish):
            return _of_wish(wish)
        case Pressed(press):
            return _of_press(press, script)
        case Typed(words) | Shared(words=words):
            return _of_words(words, script) if words else ""
        case Opened(_, flow):
            return f"open {flow}" if flow is not None and _is_sensitive(FlowId(flow), script) else ""
        case _:
            return ""


def _of_wish(wish: str | None) -> str:
    return f"wish {wish}" if wish in _URGENT else ""


def _of_words(words: str, script: Script) -> str:
    understood = script.understanding.understand(words, None, {})
    if understood.danger.level is Level.NONE:
        return _of_wish(understood.wish)
    return f"{understood.danger.level} {understood.danger.kind}"


def _of_press(press: str, script: Script) -> str:
    read = read_press(press)
    match None if read is None else read.wants:
        case Answer(node, value):
            return _of_answer(node, value, script) if _begins_sensitive(node[:FLOW_PART], script) else ""
        case Open(beginning):
            return f"open {beginning}" if _begins_sensitive(beginning, script) else ""
        case LookIn() | AnswerCard():
            return "look"
        case Wish() as wish:
            return _of_wish(wish)
        case _:
            return ""


def _of_answer(node: NodeToken, value: str, script: Script) -> str:
    """Only what stands in the content tells answers apart: anybody can make up a node or a value."""
    spot = script.spots.get(node)
    if spot is None:
        return f"answer {node[:FLOW_PART]}"
    step = script.flows[spot.flow].screens[spot.screen].steps[spot.index]
    is_option = isinstance(step, Choose) and any(option.value == value for option in step.options)
    return f"answer {node} {value}" if is_option else f"answer {node}"


def _begins_sensitive(beginning: str, script: Script) -> bool:
    flow = script.beginnings.get(beginning)
    return flow is not None and _is_sensitive(flow, script)


def _is_sensitive(flow: FlowId, script: Script) -> bool:
    found = script.flows.get(flow)
    return found is not None and found.sensitive
