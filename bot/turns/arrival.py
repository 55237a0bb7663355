"""Something that came in through a door: who, what, and how to recognise it when it comes again."""

from dataclasses import dataclass

from bot.dialogue.events import Event
from bot.messages import ArrivalId, ConversationId
from bot.store.contract import Address


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event of one conversation.

    `tapped` is the door's id of the message whose button was pressed, `acknowledges` the door's id of the press.
    `pushed` is False where the door fetches its messages itself. `raw` is what arrived, to be kept, sealed, only if it
    cannot be handled.
    """

    conversation: ConversationId
    id: ArrivalId
    address: Address
    event: Event
    tapped: str | None = None
    acknowledges: str | None = None
    pushed: bool = True
    raw: bytes = b""
