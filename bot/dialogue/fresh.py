"""What a turn cannot make by itself, since it is pure: names and codes that nobody can guess."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.desk.ticket import TicketId
from bot.dialogue.secrets import DEAR, Effort
from bot.messages import ConversationId


@dataclass(frozen=True, slots=True)
class Fresh:
    """Whose turn it is, the id that a ticket opened in it gets, and the return code of a ticket.

    Both are worked out where they are needed, which is hardly ever.
    """

    conversation: ConversationId
    ticket: Callable[[], TicketId]
    code_of: Callable[[TicketId], str]
    effort: Effort = DEAR
    """What it costs to guess pictures that are chosen in this turn."""


def _no_code(ticket: TicketId) -> str:  # noqa: ARG001 - called like the others
    return ""


NOBODY: Final = Fresh(ConversationId(""), lambda: TicketId(""), _no_code)
"""For turns that open nothing."""
