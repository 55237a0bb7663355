"""What a turn asks the world to do, in order, and the turn itself."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from bot.desk.letters import Original, ToTicket
from bot.desk.ticket import Ticket, TicketId
from bot.dialogue.conversation import Conversation
from bot.messages import Language, Message


@dataclass(frozen=True, slots=True)
class Send:
    """Show a message. One that replaces may take the place of the message whose button was pressed.

    One with a `ref` is staff's, and its fate is reported; `copies` says of what it is a copy; `silent` rings no phone;
    `edits` is the door's id of the message that it changes.

    One that covers is harmless and stands in place of whatever was there; each door covers as well as it can.
    The id of one that is `noted` is kept for the quick exit.
    """

    message: Message
    replaces: bool = False
    covers: bool = False
    ref: str = ""
    copies: Original | None = None
    silent: bool = False
    edits: str | None = None
    noted: bool = False


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


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep a message until the person asks for it. Of one that is a copy, `copies` says of what."""

    message: Message | None
    ref: str = ""
    copies: Original | None = None


@dataclass(frozen=True, slots=True)
class Unveil:
    """Show all that was held, before what this turn shows."""


@dataclass(frozen=True, slots=True)
class DropHeld:
    """Forget all that was held, unshown."""


@dataclass(frozen=True, slots=True)
class Delete:
    """Take these messages (the door's ids) away from the chat."""

    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """Open this ticket in the same commit."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class WriteTo:
    """Send a letter to the person's ticket."""

    ticket: TicketId
    letter: ToTicket


@dataclass(frozen=True, slots=True)
class UseCode:
    """Find the ticket that goes with this return code, and join it."""

    code: str
    language: Language


Effect: TypeAlias = (
    Send | Wake | Hush | Count | Wonder | Hold | Unveil | DropHeld | Delete | OpenTicket | WriteTo | UseCode
)


@dataclass(frozen=True, slots=True)
class Turn:
    """Where the person stands now, and what is to be done; a conversation of None is forgotten."""

    conversation: Conversation | None
    effects: tuple[Effect, ...] = ()

    @property
    def covers(self) -> bool:
        """Whether it puts something harmless in the place of all that was there."""
        return any(isinstance(effect, Send) and effect.covers for effect in self.effects)

    @property
    def messages(self) -> tuple[Message, ...]:
        """Only what is shown."""
        return tuple(effect.message for effect in self.effects if isinstance(effect, Send))
