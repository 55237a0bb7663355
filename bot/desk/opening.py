"""A new ticket, as it stands at the moment of the tap that asked for it."""

from datetime import datetime

from bot.desk.routing import Asking, Chosen
from bot.desk.ticket import Copy, Ticket, TicketId, Urgency
from bot.messages import ConversationId


def open_ticket(
    ticket: TicketId, person: ConversationId, asking: Asking, chosen: Chosen, urgency: Urgency, now: datetime
) -> Ticket:
    """Somebody asked for a person: alerts begin at once."""
    return Ticket(
        ticket,
        person,
        chosen.helpline,
        asking.language,
        asked=now,
        rule=chosen.rule,
        here=asking.here,
        origin=asking.origin,
        topic=asking.topic,
        urgency=urgency,
        since=now,
        due=now,
        waits_for=now,
        copies=(Copy(chosen.helpline),),
    )
