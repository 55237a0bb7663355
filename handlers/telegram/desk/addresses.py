"""Where the desk's messages go, as the store keeps it: `topic:<helpline> <ticket>`, `call:<helpline> <ticket>`, or
`member:<staff> <ticket>`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.desk.ticket import TicketId

DESK: Final = "desk"
"""The name of the door to helplines' groups and to their staff."""


class Place(StrEnum):
    """A ticket's own topic, the group as a whole, or one of the staff alone."""

    TOPIC = "topic"
    CALL = "call"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class DeskAddress:
    """One of these; `name` is a helpline's id, or that of a member."""

    place: Place
    name: str
    ticket: TicketId


def read_address(chat: str) -> DeskAddress | None:
    """An address of the desk, or nothing where it is none."""
    target, _, ticket = chat.partition(" ")
    place, mark, name = target.partition(":")
    found = next((one for one in Place if one.value == place), None)
    if found is None or not mark or not name or not ticket:
        return None
    return DeskAddress(found, name, TicketId(ticket))
