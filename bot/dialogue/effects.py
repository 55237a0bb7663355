"""What a turn asks the world to do, in order, and the turn itself."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from bot.dialogue.conversation import Conversation
from bot.messages import Message


@dataclass(frozen=True, slots=True)
class Send:
    """Show a message. One that replaces may take the place of the message whose button was pressed.

    One that covers is harmless and stands in place of whatever was there; each door covers as well as it can.
    """

    message: Message
    replaces: bool = False
    covers: bool = False


@dataclass(frozen=True, slots=True)
class Wake:
    """Come back with Elapsed(node) after this time, unless the person has walked on by then."""

    node: str
    after: timedelta


@dataclass(frozen=True, slots=True)
class Hush:
    """Let none of these timers ring any more, unless this turn sets it anew: nobody writes to who wants to be left."""

    nodes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Count:
    """Add one to a figure that points at nobody, such as `topic_opened`."""

    what: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Wonder:
    """Note that somebody asked what nobody here knows; the words point at no person."""

    text: str
    language: str


Effect: TypeAlias = Send | Wake | Hush | Count | Wonder


@dataclass(frozen=True, slots=True)
class Turn:
    """Where the person stands now, and what is to be done; a conversation of None is forgotten."""

    conversation: Conversation | None
    effects: tuple[Effect, ...] = ()

    @property
    def messages(self) -> tuple[Message, ...]:
        """Only what is shown."""
        return tuple(effect.message for effect in self.effects if isinstance(effect, Send))
