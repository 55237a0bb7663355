"""Load, decide, commit: what turns an arrival into a stored turn."""

from bot.turns.arrival import Arrival
from bot.turns.letters import Letters
from bot.turns.ticket_arrival import TicketArrival
from bot.turns.tickets import Tickets
from bot.turns.turns import Messengers, Names, Turns

__all__ = ["Arrival", "Letters", "Messengers", "Names", "TicketArrival", "Tickets", "Turns"]
