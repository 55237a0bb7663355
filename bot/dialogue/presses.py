"""What a button carries: known by value, never by translated words.

A press names its wait, so that a late one asks again instead of answering another question; and its language, so that
information can be shown even while the store is away. Anybody can forge a press, so it can do no more than its button
could: show public words, or answer the wait at which this very person stands.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from bot.desk.phrases import CardId
from bot.dialogue.conversation import NodeToken
from bot.dialogue.events import Wish
from bot.dialogue.nodes import FLOW_PART, WHOLE
from bot.messages import PRESS_BYTES, Language

_NO_LANGUAGE: Final = "--"
_WISHES: Final = {
    Wish.BACK: "b",
    Wish.HOME: "h",
    Wish.LANGUAGE: "l",
    Wish.PERSON: "p",
    Wish.EXIT: "x",
    Wish.HELP: "e",
    Wish.STOP: "s",
}
_WISH_OF: Final = {letter: wish for wish, letter in _WISHES.items()}


@dataclass(frozen=True, slots=True)
class Answer:
    """Answers one wait with a value."""

    node: NodeToken
    value: str


@dataclass(frozen=True, slots=True)
class Open:
    """Opens a flow from wherever the person stands; by the first four characters of its tokens."""

    beginning: str


@dataclass(frozen=True, slots=True)
class Switch:
    """Goes on in this press's language."""


@dataclass(frozen=True, slots=True)
class Again:
    """Shows again where the person stands."""


@dataclass(frozen=True, slots=True)
class Return:
    """Ends a detour and goes back to the flow that it was called from, known by four characters like Open."""

    beginning: str


@dataclass(frozen=True, slots=True)
class Hear:
    """Shows one wait again with somebody reading it out."""

    node: NodeToken


@dataclass(frozen=True, slots=True)
class LookIn:
    """Shows what the ticket has that is new."""


@dataclass(frozen=True, slots=True)
class AnswerCard:
    """Answers a sentence of the phrasebook that staff sent."""

    card: CardId
    answer: str


Wanting: TypeAlias = Answer | Open | Switch | Again | Return | Hear | LookIn | AnswerCard | Wish


@dataclass(frozen=True, slots=True)
class Press:
    """What a button asks for, in which language it was shown, and whether its message is one that stays."""

    wants: Wanting
    language: Language | None
    kept: bool = False


def write_press(press: Press) -> str:
    """A press as at most 64 bytes of text."""
    match press.wants:
        case Answer(node, value):
            kind, rest = "a", node + value
        case Open(beginning):
            kind, rest = "o", beginning
        case Switch():
            kind, rest = "s", ""
        case Again():
            kind, rest = "r", ""
        case Return(beginning):
            kind, rest = "u", beginning
        case Hear(node):
            kind, rest = "h", node
        case LookIn():
            kind, rest = "n", ""
        case AnswerCard(card, answer):
            kind, rest = "c", f"{card}:{answer}"
        case wish:
            kind, rest = "w", _WISHES[wish]
    return f"{kind.upper() if press.kept else kind}{press.language or _NO_LANGUAGE}{rest}"


def read_press(written: str) -> Press | None:
    """The press behind such a text, or nothing where no button of ours says that."""
    if len(written) < 3 or len(written.encode()) > PRESS_BYTES:
        return None
    kind, code, rest = written[0], written[1:3], written[3:]
    wants = _read_wanting(kind.lower(), rest)
    if wants is None:
        return None
    language = None if code == _NO_LANGUAGE else Language(code)
    return Press(wants, language, kept=kind.isupper())


def _read_wanting(kind: str, rest: str) -> Wanting | None:
    match kind:
        case "a" if len(rest) > WHOLE:
            return Answer(NodeToken(rest[:WHOLE]), rest[WHOLE:])
        case "o" if len(rest) == FLOW_PART:
            return Open(rest)
        case "s" if not rest:
            return Switch()
        case "r" if not rest:
            return Again()
        case "u" if len(rest) == FLOW_PART:
            return Return(rest)
        case "h" if len(rest) == WHOLE:
            return Hear(NodeToken(rest))
        case "n" if not rest:
            return LookIn()
        case "c" if rest.count(":") == 1:
            card, _, answer = rest.partition(":")
            return AnswerCard(CardId(card), answer)
        case "w":
            return _WISH_OF.get(rest)
        case _:
            return None
