"""Something that happens to a ticket: who or what did it, and how to recognise it when it comes again."""

from dataclasses import dataclass

from bot.desk.actions import Happening
from bot.desk.ticket import TicketId
from bot.messages import ArrivalId


@dataclass(frozen=True, slots=True)
class TicketArrival:
    """One happening at one ticket; the id is the same each time the same thing arrives."""

    ticket: TicketId
    id: ArrivalId
    happening: Happening
