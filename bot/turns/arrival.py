"""Something that came in through a door: who, what, and how to recognise it when it comes again."""

from dataclasses import dataclass
from datetime import datetime

from bot.desk.ticket import TicketId
from bot.dialogue.events import Event
from bot.messages import ArrivalId, ConversationId
from bot.store.contract import Address


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event of one conversation.

    `tapped` is the door's id of the message whose button was pressed, `acknowledges` the door's id of the press.
    `pushed` is False where the door fetches its messages itself. `raw` is what arrived, to be kept, sealed, only if it
    cannot be handled. `due` is the moment that has come, if that is what happens: it is not decided upon for an earlier
    one, even if the clock was set back meanwhile, or else it would be set for the very same moment once more. A letter
    is `about` the ticket that wrote it.
    """

    conversation: ConversationId
    id: ArrivalId
    address: Address
    event: Event
    tapped: str | None = None
    acknowledges: str | None = None
    pushed: bool = True
    raw: bytes = b""
    due: datetime | None = None
    about: TicketId | None = None
